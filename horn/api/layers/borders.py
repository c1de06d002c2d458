"""Layers that cut borders off, put zeros around, or enlarge by whole factors."""

from __future__ import annotations

from typing import Any

from horn.api.bounds import choice
from horn.api.layers.spatial import SpatialLayer
from horn.errors import ArgumentError, ShapeError
from horn.spec import ops
from horn.spec.sizes import Dim
from horn.spec.windows import per_axis

Border = int | tuple[int, ...] | tuple[tuple[int, int], ...]


def border(layer: str, argument: str, value: Any, count: int) -> tuple[tuple[int, int], ...]:
    """Return how much lies before and after along each of `count` axes.

    One number stands for both ends of every axis, one for each axis for both of its ends. For one
    axis, two numbers are its two ends.
    """
    if count == 1 and isinstance(value, list | tuple) and len(value) == 2:
        value = (value,)
    given = value if isinstance(value, list | tuple) else (value,) * count
    pairs = [tuple(ends) if isinstance(ends, list | tuple) else (ends, ends) for ends in given]
    numbers = [n for ends in pairs for n in ends]
    whole = all(hasattr(n, "__index__") and not isinstance(n, bool) and int(n) >= 0 for n in numbers)
    if len(pairs) != count or not whole or any(len(ends) != 2 for ends in pairs):
        example = (1, 2) if count == 1 else ((1, 2),) * count
        raise ArgumentError(
            f"{layer} was given a {argument} that does not fit {count} spatial axes.",
            expected="an integer of zero or more, one for each axis, or a pair (before, after) for each axis",
            got=f"{argument}={value!r}",
            remedy=f"write {argument}=1 or {argument}={example}",
        )
    return tuple((int(before), int(after)) for before, after in pairs)


def _written(pairs: tuple[tuple[int, int], ...]) -> Any:
    """Return the pairs as the argument has them: one axis needs no tuple around its pair."""
    return pairs[0] if len(pairs) == 1 else pairs


class Cropping(SpatialLayer):
    """What the cropping layers share: elements cut off at both ends of each spatial axis.

    Args:
        cropping: How many: one number, one for each axis, or a pair (before, after) for each axis.
        data_format: ``"channels_last"`` or ``"channels_first"``; default as set in `horn.config`.
        **kwargs: Those of `Layer`.

    Shapes:
        inputs:  (batch, *spatial, channels), or (batch, channels, *spatial) for channels first
        returns: the same with other sizes along the spatial axes

    Raises:
        ShapeError: Nothing would be left of the inputs, or their size is not known, so that this
            cannot be told.
    """

    def __init__(self, cropping: Border, data_format: str | None = None, **kwargs: Any) -> None:
        super().__init__(data_format=data_format, **kwargs)
        self._pairs = border(type(self).__name__, "cropping", cropping, self.spatial)
        self.cropping = _written(self._pairs)

    def call(self, inputs: Any) -> Any:
        """Return what is inside of the borders."""
        shape = tuple(ops.shape(inputs))
        self.check_rank(shape)
        starts, stops = [0] * len(shape), list(shape)
        for axis, (before, after) in zip(self.spatial_axes, self._pairs, strict=True):
            if not isinstance(shape[axis], Dim) and shape[axis] <= before + after:
                raise ShapeError(
                    f"{type(self).__name__} {self.name!r} leaves nothing of its inputs.",
                    expected=f"more than {before + after} elements along axis {axis}",
                    got=f"{shape[axis]}",
                    remedy="cut off less, or use larger inputs",
                )
            starts[axis], stops[axis] = before, shape[axis] - after
        return ops.slice(inputs, tuple(starts), tuple(stops))


class Cropping1D(Cropping):
    """Steps cut off a sequence at both ends.

    Args:
        cropping: How many: one number for both ends, or a pair (before, after).
        **kwargs: Those of `Layer`.

    Example:
        >>> Cropping1D((1, 2))(np.ones((2, 8, 3), "float32")).shape
        (2, 5, 3)
    """

    spatial = 1

    def __init__(self, cropping: Border = (1, 1), **kwargs: Any) -> None:
        super().__init__(cropping, data_format="channels_last", **kwargs)

    def get_config(self) -> dict[str, Any]:
        """Return the arguments that make an equal layer; the data format of a sequence is none."""
        return {key: value for key, value in super().get_config().items() if key != "data_format"}


class Cropping2D(Cropping):
    """Rows and columns cut off an image.

    Example:
        >>> Cropping2D(((1, 2), (0, 3)))(np.ones((2, 8, 8, 3), "float32")).shape
        (2, 5, 5, 3)
    """

    spatial = 2

    def __init__(
        self, cropping: Border = ((0, 0), (0, 0)), data_format: str | None = None, **kwargs: Any
    ) -> None:
        super().__init__(cropping, data_format, **kwargs)


class Cropping3D(Cropping):
    """Planes cut off a volume.

    Example:
        >>> Cropping3D((1, 2, 0))(np.ones((2, 8, 8, 8, 3), "float32")).shape
        (2, 6, 4, 8, 3)
    """

    spatial = 3

    def __init__(
        self, cropping: Border = ((1, 1), (1, 1), (1, 1)), data_format: str | None = None, **kwargs: Any
    ) -> None:
        super().__init__(cropping, data_format, **kwargs)


class ZeroPadding(SpatialLayer):
    """What the zero-padding layers share: zeros put at both ends of each spatial axis.

    Args:
        padding: How many: one number, one for each axis, or a pair (before, after) for each axis.
        data_format: ``"channels_last"`` or ``"channels_first"``; default as set in `horn.config`.
        **kwargs: Those of `Layer`.

    Shapes:
        inputs:  (batch, *spatial, channels), or (batch, channels, *spatial) for channels first
        returns: the same with other sizes along the spatial axes
    """

    def __init__(self, padding: Border, data_format: str | None = None, **kwargs: Any) -> None:
        super().__init__(data_format=data_format, **kwargs)
        self._pairs = border(type(self).__name__, "padding", padding, self.spatial)
        self.padding = _written(self._pairs)

    def call(self, inputs: Any) -> Any:
        """Return the inputs with zeros around."""
        self.check_rank(tuple(ops.shape(inputs)))
        widths = [(0, 0, 0)] * (self.spatial + 2)
        for axis, (before, after) in zip(self.spatial_axes, self._pairs, strict=True):
            widths[axis] = (before, after, 0)
        return ops.pad(inputs, tuple(widths))


class ZeroPadding1D(ZeroPadding):
    """Zeros before and after the steps of a sequence.

    Example:
        >>> ZeroPadding1D((1, 2))(np.ones((2, 8, 3), "float32")).shape
        (2, 11, 3)
    """

    spatial = 1

    def __init__(self, padding: Border = 1, data_format: str | None = None, **kwargs: Any) -> None:
        super().__init__(padding, data_format, **kwargs)


class ZeroPadding2D(ZeroPadding):
    """Zeros around an image.

    Example:
        >>> ZeroPadding2D((1, 2))(np.ones((2, 8, 8, 3), "float32")).shape
        (2, 10, 12, 3)
    """

    spatial = 2

    def __init__(self, padding: Border = (1, 1), data_format: str | None = None, **kwargs: Any) -> None:
        super().__init__(padding, data_format, **kwargs)


class ZeroPadding3D(ZeroPadding):
    """Zeros around a volume.

    Example:
        >>> ZeroPadding3D()(np.ones((2, 8, 8, 8, 3), "float32")).shape
        (2, 10, 10, 10, 3)
    """

    spatial = 3

    def __init__(
        self, padding: Border = ((1, 1), (1, 1), (1, 1)), data_format: str | None = None, **kwargs: Any
    ) -> None:
        super().__init__(padding, data_format, **kwargs)


class UpSampling(SpatialLayer):
    """What the upsampling layers share: each spatial axis made larger by a whole factor.

    Args:
        size: The factors: one number, or one for each spatial axis.
        data_format: ``"channels_last"`` or ``"channels_first"``; default as set in `horn.config`.
        **kwargs: Those of `Layer`.

    Shapes:
        inputs:  (batch, *spatial, channels), or (batch, channels, *spatial) for channels first
        returns: the same with other sizes along the spatial axes
    """

    def __init__(
        self, size: int | tuple[int, ...] = 2, data_format: str | None = None, **kwargs: Any
    ) -> None:
        super().__init__(data_format=data_format, **kwargs)
        self.size = per_axis(size, self.spatial, "size", type(self).__name__)
        self.interpolation = "nearest"

    def call(self, inputs: Any) -> Any:
        """Return the larger inputs."""
        self.check_rank(tuple(ops.shape(inputs)))
        options = {"interpolation": self.interpolation, "data_format": self.data_format}
        return ops.upsample(inputs, self.size, **options)


class UpSampling1D(UpSampling):
    """Each step of a sequence repeated.

    Args:
        size: How many times.
        **kwargs: Those of `Layer`.

    Example:
        >>> UpSampling1D(2)(np.array([[[1.0], [3.0]]], "float32")).ravel()
        array([1., 1., 3., 3.], dtype=float32)
    """

    spatial = 1

    def __init__(self, size: int = 2, **kwargs: Any) -> None:
        super().__init__(size, data_format="channels_last", **kwargs)

    def get_config(self) -> dict[str, Any]:
        """Return the arguments that make an equal layer; the data format of a sequence is none."""
        config = super().get_config()
        del config["data_format"]
        return {**config, "size": self.size[0]}


class UpSampling2D(UpSampling):
    """Images made larger by whole factors.

    Args:
        size: The factors: one number, or one for rows and one for columns.
        data_format: ``"channels_last"`` or ``"channels_first"``; default as set in `horn.config`.
        interpolation: ``"nearest"``, which repeats rows and columns, ``"bilinear"``, ``"bicubic"``,
            ``"lanczos3"`` or ``"lanczos5"``; see `horn.ops.upsample`.
        **kwargs: Those of `Layer`.

    Example:
        >>> UpSampling2D((1, 2), interpolation="bilinear")(np.ones((2, 4, 4, 3), "float32")).shape
        (2, 4, 8, 3)
    """

    spatial = 2

    def __init__(
        self,
        size: int | tuple[int, ...] = (2, 2),
        data_format: str | None = None,
        interpolation: str = "nearest",
        **kwargs: Any,
    ) -> None:
        super().__init__(size, data_format, **kwargs)
        known = ("nearest", "bilinear", "bicubic", "lanczos3", "lanczos5")
        self.interpolation = choice("UpSampling2D", "interpolation", interpolation, known)


class UpSampling3D(UpSampling):
    """Volumes made larger: each element repeated along every axis.

    Example:
        >>> UpSampling3D((1, 2, 2))(np.ones((2, 4, 4, 4, 3), "float32")).shape
        (2, 4, 8, 8, 3)
    """

    spatial = 3

    def __init__(
        self, size: int | tuple[int, ...] = (2, 2, 2), data_format: str | None = None, **kwargs: Any
    ) -> None:
        super().__init__(size, data_format, **kwargs)
