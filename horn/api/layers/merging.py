"""Layers of several inputs, and the same as functions."""

from __future__ import annotations

import string
from typing import Any

from horn.api.bounds import flag
from horn.api.layers import masks
from horn.api.layers.layer import Layer
from horn.errors import ArgumentError, ShapeError
from horn.spec import ops
from horn.spec.graph import spec_of
from horn.spec.sizes import Dim, public


class Merge(Layer):
    """The base of layers that join a list of inputs place by place.

    Inputs of fewer axes get axes of size one after that of the batch; sizes of one are stretched.
    The outputs have a mask if all inputs have one: a step counts that counts in any of them.

    Shapes:
        inputs:  a list of tensors that broadcast, the batch first
        returns: what they broadcast to

    Raises:
        ArgumentError: It is called with one tensor in place of a list, or with too few or too many.
        ShapeError: The inputs do not broadcast.
    """

    supports_masking = True
    _count: int | None = None
    """How many inputs there have to be; None for one or more."""

    def call(self, inputs: Any) -> Any:
        """Return the joined inputs."""
        given = self._listed(inputs)
        shapes = [tuple(ops.shape(x)) for x in given]
        rank = max(len(shape) for shape in shapes)
        self._check(shapes, rank)
        return self._join([_with_rank(x, rank) for x in given])

    def _join(self, inputs: list[Any]) -> Any:
        """Return the joined inputs, which have equally many axes."""
        total = inputs[0]
        for x in inputs[1:]:
            total = self._merge(total, x)
        return total

    def _merge(self, total: Any, x: Any) -> Any:
        """Return what has been joined so far with one more input."""
        raise NotImplementedError(f"{type(self).__name__} has no `_merge`")

    def _listed(self, inputs: Any) -> list[Any]:
        count = self._count
        if not isinstance(inputs, list | tuple) or not inputs or (count is not None and len(inputs) != count):
            raise ArgumentError(
                f"{type(self).__name__} {self.name!r} was called with the wrong number of inputs.",
                expected="a list of tensors" if count is None else f"a list of exactly {count} tensors",
                got=f"{len(inputs)} of them"
                if isinstance(inputs, list | tuple)
                else f"one {type(inputs).__name__}",
                remedy="call it as layer([x1, x2])",
            )
        return list(inputs)

    def _check(self, shapes: list[Any], rank: int) -> None:
        """Raise unless the shapes broadcast, the first axes to one another and the others from the end."""
        padded = [(*shape[:1], *(1,) * (rank - len(shape)), *shape[1:]) for shape in shapes]
        for sizes in zip(*padded, strict=True):
            known = {size for size in sizes if size != 1 and not isinstance(size, Dim)}
            if len(known) > 1:
                raise self._refused(shapes, "sizes that are equal or one, on every axis")

    def _refused(self, shapes: list[Any], expected: str) -> ShapeError:
        return ShapeError(
            f"{type(self).__name__} {self.name!r} was called with inputs that do not fit.",
            expected=expected,
            got=" and ".join(str(public(shape)) for shape in shapes),
            remedy="change the layers before, or reshape an input",
        )

    def compute_mask(self, inputs: Any, previous_mask: Any) -> Any:
        """Return which steps count in any of the inputs; None unless all have a mask."""
        del inputs
        if not isinstance(previous_mask, list | tuple) or any(mask is None for mask in previous_mask):
            return None
        return _any(list(previous_mask))


class Add(Merge):
    """The sum of the inputs.

    Args:
        **kwargs: Those of `Layer`.

    Example:
        >>> Add()([np.array([[1.0, 2.0]], "float32"), np.array([[3.0, 4.0]], "float32")])
        array([[4., 6.]], dtype=float32)
    """

    def _merge(self, total: Any, x: Any) -> Any:
        return ops.add(total, x)


class Subtract(Merge):
    """The first input minus the second.

    Args:
        **kwargs: Those of `Layer`.

    Example:
        >>> Subtract()([np.array([[1.0, 2.0]], "float32"), np.array([[3.0, 4.0]], "float32")])
        array([[-2., -2.]], dtype=float32)
    """

    _count = 2

    def _merge(self, total: Any, x: Any) -> Any:
        return ops.subtract(total, x)


class Multiply(Merge):
    """The product of the inputs.

    A step that the mask of an input leaves out counts as a factor of one; where all inputs have a
    mask, a step that all of them leave out is zero.

    Args:
        **kwargs: Those of `Layer`.

    Example:
        >>> Multiply()([np.array([[1.0, 2.0]], "float32"), np.array([[3.0, 4.0]], "float32")])
        array([[3., 8.]], dtype=float32)
    """

    def call(self, inputs: Any) -> Any:
        """Return the product."""
        given = self._listed(inputs)
        seen = [masks.of(x) for x in given]
        places = [None if mask is None else _places(mask, x) for mask, x in zip(seen, given, strict=True)]
        product = super().call(
            [x if p is None else ops.where(p, x, 1) for p, x in zip(places, given, strict=True)]
        )
        if any(p is None for p in places):
            return product
        return ops.where(_any([p for p in places if p is not None]), product, 0)

    def _merge(self, total: Any, x: Any) -> Any:
        return ops.multiply(total, x)


class Average(Merge):
    """The mean of the inputs.

    Args:
        **kwargs: Those of `Layer`.

    Example:
        >>> Average()([np.array([[1.0, 2.0]], "float32"), np.array([[3.0, 4.0]], "float32")])
        array([[2., 3.]], dtype=float32)
    """

    def _join(self, inputs: list[Any]) -> Any:
        return ops.divide(super()._join(inputs), len(inputs))

    def _merge(self, total: Any, x: Any) -> Any:
        return ops.add(total, x)


class _Extreme(Merge):
    """What `Maximum` and `Minimum` share: a step that a mask leaves out takes no part where another does."""

    def call(self, inputs: Any) -> Any:
        """Return the extreme of the inputs that count."""
        given = self._listed(inputs)
        seen = [masks.of(x) for x in given]
        if all(mask is None for mask in seen):
            return super().call(given)
        shapes = [tuple(ops.shape(x)) for x in given]
        rank = max(len(shape) for shape in shapes)
        self._check(shapes, rank)
        count = [
            ops.ones(ops.shape(x), "bool") if m is None else _places(m, x)
            for x, m in zip(given, seen, strict=True)
        ]
        found, counted = _with_rank(given[0], rank), _with_rank(count[0], rank)
        for x, counts in zip(given[1:], count[1:], strict=True):
            x, counts = _with_rank(x, rank), _with_rank(counts, rank)
            either = ops.where(counts, ops.where(counted, self._merge(found, x), x), found)
            found, counted = either, ops.logical_or(counted, counts)
        return found


class Maximum(_Extreme):
    """The largest of the inputs.

    Where the mask of an input leaves a step out, the others decide; where all do, the first stays.

    Args:
        **kwargs: Those of `Layer`.

    Example:
        >>> Maximum()([np.array([[1.0, 5.0]], "float32"), np.array([[3.0, 4.0]], "float32")])
        array([[3., 5.]], dtype=float32)
    """

    def _merge(self, total: Any, x: Any) -> Any:
        return ops.maximum(total, x)


class Minimum(_Extreme):
    """The smallest of the inputs.

    Where the mask of an input leaves a step out, the others decide; where all do, the first stays.

    Args:
        **kwargs: Those of `Layer`.

    Example:
        >>> Minimum()([np.array([[1.0, 5.0]], "float32"), np.array([[3.0, 4.0]], "float32")])
        array([[1., 4.]], dtype=float32)
    """

    def _merge(self, total: Any, x: Any) -> Any:
        return ops.minimum(total, x)


class Concatenate(Merge):
    """Inputs joined along an axis.

    Args:
        axis: The axis along which they are joined.
        **kwargs: Those of `Layer`.

    Shapes:
        inputs:  a list of tensors that are equal but along `axis`
        returns: the same, with the sum of the sizes along `axis`

    Masks:
        The masks are joined as the inputs are; an input without one counts everywhere.

    Raises:
        ArgumentError: `axis` is no integer, or it is called with one tensor in place of a list.
        ShapeError: The inputs differ along another axis.

    Example:
        >>> Concatenate()([np.array([[1.0]], "float32"), np.array([[2.0, 3.0]], "float32")])
        array([[1., 2., 3.]], dtype=float32)
    """

    def __init__(self, axis: int = -1, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.axis = _axis("Concatenate", "axis", axis)

    def call(self, inputs: Any) -> Any:
        """Return the joined inputs."""
        given = self._listed(inputs)
        shapes = [tuple(ops.shape(x)) for x in given]
        ranks = {len(shape) for shape in shapes}
        if len(ranks) > 1 or not -min(ranks) <= self.axis < min(ranks):
            raise self._refused(shapes, f"as many axes in each input, with an axis {self.axis}")
        (rank,) = ranks
        for axis in range(rank):
            known = {shape[axis] for shape in shapes if not isinstance(shape[axis], Dim)}
            if axis != self.axis % rank and len(known) > 1:
                raise self._refused(shapes, f"equal sizes on every axis but {self.axis}")
        return ops.concatenate(given, axis=self.axis)

    def compute_mask(self, inputs: Any, previous_mask: Any) -> Any:
        """Return the joined masks; None if no input has one."""
        if not isinstance(previous_mask, list | tuple) or all(mask is None for mask in previous_mask):
            return None
        whole = [
            ops.ones(ops.shape(x), "bool") if mask is None else _places(mask, x)
            for mask, x in zip(previous_mask, inputs, strict=True)
        ]
        return ops.any(ops.concatenate(whole, axis=self.axis), axis=-1)


class Dot(Merge):
    """The product of two inputs, summed over an axis of each, example by example.

    Args:
        axes: The axis of both inputs, or one of each; not that of the batch.
        normalize: Whether both are divided by their norms along these axes first, so that the
            product of vectors is the cosine of their angle.
        **kwargs: Those of `Layer`.

    Shapes:
        inputs:  two tensors, the batch first, of equal sizes along their axes
        returns: (batch, the other axes of the first, the other axes of the second), or (batch, 1)
            where there are no others

    Raises:
        ArgumentError: `axes` is no integer or pair of them, or names the batch; or there are not two inputs.
        ShapeError: The sizes along the axes differ.

    Example:
        >>> Dot(axes=1)([np.array([[1.0, 2.0]], "float32"), np.array([[3.0, 4.0]], "float32")])
        array([[11.]], dtype=float32)
    """

    _count = 2

    def __init__(self, axes: int | tuple[int, int], normalize: bool = False, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        pair = axes if isinstance(axes, list | tuple) else (axes, axes)
        if len(pair) != 2 or 0 in [_axis("Dot", "axes", axis) for axis in pair]:
            raise ArgumentError(
                "Dot was given axes that it cannot sum over.",
                expected="an axis, or one of each input; 0 is that of the batch",
                got=f"axes={axes!r}",
                remedy="write axes=1, or axes=(2, 1)",
            )
        self.axes = axes
        self.normalize = flag("Dot", "normalize", normalize)

    def call(self, inputs: Any) -> Any:
        """Return the sums of products."""
        given = self._listed(inputs)
        shapes = [tuple(ops.shape(x)) for x in given]
        pair = self.axes if isinstance(self.axes, list | tuple) else (self.axes, self.axes)
        if not all(-len(shape) < axis < len(shape) for axis, shape in zip(pair, shapes, strict=True)):
            raise self._refused(shapes, f"inputs with the axes {tuple(pair)} behind that of the batch")
        first, second = (axis % len(shape) for axis, shape in zip(pair, shapes, strict=True))
        summed = (shapes[0][first], shapes[1][second])
        if summed[0] != summed[1] and not any(isinstance(size, Dim) for size in summed):
            raise self._refused(shapes, f"equal sizes along the axes {tuple(pair)}")
        if self.normalize:
            given = [
                ops.normalize(x, axis=axis, epsilon=1e-6)
                for x, axis in zip(given, (first, second), strict=True)
            ]
        letters = iter(string.ascii_lowercase[2:])
        names = [["a", *(next(letters) for _ in shape[1:])] for shape in shapes]
        names[0][first] = names[1][second] = "b"
        rest = "".join(name for name in (*names[0][1:], *names[1][1:]) if name != "b")
        product = ops.einsum(f"{''.join(names[0])},{''.join(names[1])}->a{rest}", *given)
        return product if rest else ops.expand_dims(product, -1)

    def compute_mask(self, inputs: Any, previous_mask: Any) -> Any:
        """Return None: the product has no steps."""
        del inputs, previous_mask


def _axis(layer: str, argument: str, axis: Any) -> int:
    if isinstance(axis, bool) or not hasattr(axis, "__index__"):
        raise ArgumentError(
            f"{layer} was given an axis that is no integer.",
            expected=f"{argument} as the number of an axis",
            got=f"{axis!r}",
            remedy="write -1 for the last axis",
        )
    return int(axis)


def _with_rank(x: Any, rank: int) -> Any:
    for _ in range(rank - len(spec_of(x).shape)):
        x = ops.expand_dims(x, 1)
    return x


def _places(mask: Any, x: Any) -> Any:
    """Return a mask with a decision for each element of `x`."""
    shape = tuple(ops.shape(x))
    for _ in range(len(shape) - len(ops.shape(mask))):
        mask = ops.expand_dims(mask, -1)
    return ops.broadcast_to(mask, shape)


def _any(given: list[Any]) -> Any:
    found = given[0]
    for mask in given[1:]:
        found = ops.logical_or(found, mask)
    return found


def add(inputs: Any, **kwargs: Any) -> Any:
    """Return the sum of `inputs`; `Add` as a function.

    Args:
        inputs: A list of tensors.
        **kwargs: Those of `Layer`.
    """
    return Add(**kwargs)(inputs)


def subtract(inputs: Any, **kwargs: Any) -> Any:
    """Return the first of two `inputs` minus the second; `Subtract` as a function.

    Args:
        inputs: A list of tensors.
        **kwargs: Those of `Layer`.
    """
    return Subtract(**kwargs)(inputs)


def multiply(inputs: Any, **kwargs: Any) -> Any:
    """Return the product of `inputs`; `Multiply` as a function.

    Args:
        inputs: A list of tensors.
        **kwargs: Those of `Layer`.
    """
    return Multiply(**kwargs)(inputs)


def average(inputs: Any, **kwargs: Any) -> Any:
    """Return the mean of `inputs`; `Average` as a function.

    Args:
        inputs: A list of tensors.
        **kwargs: Those of `Layer`.
    """
    return Average(**kwargs)(inputs)


def maximum(inputs: Any, **kwargs: Any) -> Any:
    """Return the largest of `inputs`; `Maximum` as a function.

    Args:
        inputs: A list of tensors.
        **kwargs: Those of `Layer`.
    """
    return Maximum(**kwargs)(inputs)


def minimum(inputs: Any, **kwargs: Any) -> Any:
    """Return the smallest of `inputs`; `Minimum` as a function.

    Args:
        inputs: A list of tensors.
        **kwargs: Those of `Layer`.
    """
    return Minimum(**kwargs)(inputs)


def concatenate(inputs: Any, axis: int = -1, **kwargs: Any) -> Any:
    """Return `inputs` joined along an axis; `Concatenate` as a function.

    Args:
        inputs: A list of tensors.
        axis: As for `Concatenate`.
        **kwargs: Those of `Layer`.
    """
    return Concatenate(axis=axis, **kwargs)(inputs)


def dot(inputs: Any, axes: int | tuple[int, int] = -1, **kwargs: Any) -> Any:
    """Return the product of two `inputs`, summed over an axis of each; `Dot` as a function.

    Args:
        inputs: A list of tensors.
        axes: As for `Dot`.
        **kwargs: Those of `Layer`.
    """
    return Dot(axes=axes, **kwargs)(inputs)
