"""Layers that give the elements of each example another shape."""

from __future__ import annotations

from typing import Any

from horn.api.bounds import whole
from horn.api.layers.layer import Layer
from horn.api.layers.spatial import SpatialLayer
from horn.errors import ArgumentError, ShapeError
from horn.spec import ops
from horn.spec.sizes import product


class Flatten(SpatialLayer):
    """All axes but the batch's made into one, in the order of channels last.

    Args:
        data_format: ``"channels_first"`` moves the channels of the inputs last first, so that what
            comes after is the same for both; default as set in `horn.config`.
        **kwargs: Those of `Layer`.

    Shapes:
        inputs:  (batch, ...)
        returns: (batch, elements of one example)

    Example:
        >>> Flatten()(np.ones((2, 3, 4), "float32")).shape
        (2, 12)
    """

    def call(self, inputs: Any) -> Any:
        """Return (batch, elements of one example)."""
        shape: tuple[Any, ...] = tuple(ops.shape(inputs))
        if len(shape) < 1:
            raise ShapeError(
                f"Flatten {self.name!r} was given a scalar.",
                expected="an axis for the batch, and any others",
                got="no axes",
                remedy="add the axis of the batch, for example x[None]",
            )
        if self.channels_first and len(shape) > 2:
            inputs = ops.transpose(inputs, (0, *range(2, len(shape)), 1))
        return ops.reshape(inputs, (shape[0], product(shape[1:])))


class Reshape(Layer):
    """Another shape for each example.

    Args:
        target_shape: Without the batch; one size may be -1, or None, and is worked out.
        **kwargs: Those of `Layer`.

    Shapes:
        inputs:  (batch, ...)
        returns: (batch, *target_shape)

    Raises:
        ArgumentError: The shape is no tuple of sizes, or has more than one -1.
        ShapeError: An example has another number of elements.

    Example:
        >>> Reshape((-1, 2))(np.ones((2, 3, 4), "float32")).shape
        (2, 6, 2)
    """

    def __init__(self, target_shape: tuple[int | None, ...], **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.target_shape = _target(target_shape)

    def call(self, inputs: Any) -> Any:
        """Return (batch, *target_shape)."""
        return ops.reshape(inputs, (ops.shape(inputs)[0], *self.target_shape))


def _target(shape: Any) -> tuple[int, ...]:
    """Return a target shape with -1 for the size that is worked out."""
    is_shape = isinstance(shape, list | tuple)
    given = [-1 if n is None else n for n in shape] if is_shape else []
    fits = is_shape and all(
        hasattr(n, "__index__") and not isinstance(n, bool) and int(n) >= -1 for n in given
    )
    if not fits or given.count(-1) > 1:
        raise ArgumentError(
            "Reshape was given a target_shape that is no shape.",
            expected="a tuple of sizes without the batch, at most one of them -1",
            got=f"target_shape={shape!r}",
            remedy="write target_shape=(-1, 8), for example",
        )
    return tuple(int(n) for n in given)


class Permute(Layer):
    """The axes of each example in another order.

    Args:
        dims: Which axis of the input comes first, which second ...; they count from one, since the
            axis of the batch stays where it is.
        **kwargs: Those of `Layer`.

    Shapes:
        inputs:  (batch, ...), with as many axes behind the batch as `dims` has numbers
        returns: (batch, ...), in the order of `dims`

    Example:
        >>> Permute((2, 1))(np.ones((2, 3, 4), "float32")).shape
        (2, 4, 3)
    """

    def __init__(self, dims: tuple[int, ...], **kwargs: Any) -> None:
        super().__init__(**kwargs)
        given = tuple(dims) if isinstance(dims, list | tuple) else ()
        if (
            not given
            or any(isinstance(i, bool) for i in given)
            or set(given) != set(range(1, len(given) + 1))
        ):
            raise ArgumentError(
                "Permute was given dims that are no order of axes.",
                expected="each of 1, 2 ... once, for as many axes as an example has",
                got=f"dims={dims!r}",
                remedy="write dims=(2, 1) to exchange two axes",
            )
        self.dims = given

    def call(self, inputs: Any) -> Any:
        """Return the inputs with their axes in the order of `dims`."""
        rank = len(ops.shape(inputs))
        if rank != len(self.dims) + 1:
            raise ShapeError(
                f"Permute {self.name!r} was given inputs of {rank} axes.",
                expected=f"{len(self.dims) + 1} axes: the batch's, and one for each of dims={self.dims}",
                got=f"{rank} axes",
                remedy="name every axis but the batch's once",
            )
        return ops.transpose(inputs, (0, *self.dims))


class RepeatVector(Layer):
    """Each vector repeated as the steps of a sequence.

    Args:
        n: How many times.
        **kwargs: Those of `Layer`.

    Shapes:
        inputs:  (batch, features)
        returns: (batch, n, features)

    Example:
        >>> RepeatVector(3)(np.ones((2, 4), "float32")).shape
        (2, 3, 4)
    """

    def __init__(self, n: int, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.n = whole("RepeatVector", "n", n)

    def call(self, inputs: Any) -> Any:
        """Return (batch, n, features)."""
        shape = tuple(ops.shape(inputs))
        if len(shape) != 2:
            raise ShapeError(
                f"RepeatVector {self.name!r} was given inputs of {len(shape)} axes.",
                expected="2 axes: (batch, features)",
                got=f"{len(shape)} axes",
                remedy="put Flatten() before this layer",
            )
        return ops.broadcast_to(ops.expand_dims(inputs, 1), (shape[0], self.n, shape[1]))
