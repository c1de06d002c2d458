"""The same elements in another arrangement."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

import numpy as np

from horn.errors import ArgumentError, ShapeError
from horn.spec.laws import broadcast, show
from horn.spec.normalise import Axes, Axis, Shape, axis as one_axis
from horn.spec.op import Tensor, composite, ops, primitive
from horn.spec.sizes import Dim, product


@primitive(aliases=True, identity=True)
def reshape(x: Tensor, newshape: Shape):
    """Return the elements of `x`, in the order of rows, in another shape.

    Args:
        x: Any tensor.
        newshape: Its new sizes; one of them may be -1 and is worked out.

    Example:
        >>> ops.reshape(np.arange(4), (2, -1))
        array([[0, 1],
               [2, 3]])
    """
    return np.reshape(x, newshape)


@reshape.law
def _(x, newshape):
    sizes = list(newshape)
    unknown = [i for i, size in enumerate(sizes) if not isinstance(size, Dim) and size == -1]
    rest = product(size for i, size in enumerate(sizes) if i not in unknown)
    fits = len(unknown) <= 1
    if fits and unknown:
        fits = rest != 0 and x.size % rest == 0
        sizes[unknown[0]] = x.size // rest if fits else -1
    if not fits or product(sizes) != x.size:
        raise ShapeError(
            "reshape was given a shape with another number of elements.",
            expected=f"sizes whose product is {x.size}, with at most one -1",
            got=f"{show(newshape)} for {show(x.shape)}",
            remedy="leave one size as -1, or check which layer feeds this one",
        )
    return x.with_shape(tuple(sizes))


@reshape.vjp
def _(cotangent, output, x, *, newshape):
    return ops.reshape(cotangent, x.shape)


@primitive(aliases=True)
def transpose(x: Tensor, axes: tuple[int, ...] | None = None):
    """Return `x` with its axes in another order: result axis i is axis ``axes[i]`` of `x`.

    Without `axes` their order is reversed.
    """
    return np.transpose(x, axes)


@transpose.law
def _(x, axes):
    order = _order(x.rank, axes)
    return x.with_shape(tuple(x.shape[i] for i in order))


def _order(rank, axes):
    order = tuple(range(rank))[::-1] if axes is None else tuple(one_axis(i, rank, "transpose") for i in axes)
    if sorted(order) != list(range(rank)):
        raise ArgumentError(
            "transpose was given axes that are no order of all axes.",
            expected=f"each of 0 to {rank - 1} once",
            got=str(axes),
            remedy="name every axis of the operand once",
        )
    return order


@transpose.vjp
def _(cotangent, output, x, *, axes):
    order = _order(len(x.shape), axes)
    return ops.transpose(cotangent, tuple(order.index(i) for i in range(len(order))))


@primitive(aliases=True, identity=True)
def broadcast_to(x: Tensor, shape: Shape):
    """Return `x` repeated along its axes of size one, and along new leading ones, to `shape`."""
    return np.broadcast_to(x, shape)


@broadcast_to.law
def _(x, shape):
    if broadcast("broadcast_to", x.shape, shape) != shape:
        raise ShapeError(
            "broadcast_to was given a shape that the operand does not stretch to.",
            expected="a shape that equals the operand's wherever that is not one",
            got=f"{show(shape)} for {show(x.shape)}",
            remedy="add axes of size one to the operand where it has to stretch",
        )
    return x.with_shape(shape)


@broadcast_to.vjp
def _(cotangent, output, x, *, shape):
    return cotangent  # the tape sums it back to the shape of x


@primitive(promote=True)
def concatenate(xs: Sequence[Tensor], axis: Axis = 0):
    """Return tensors joined along an axis that they have; their other sizes are equal."""
    return np.concatenate(xs, axis)


@concatenate.law
def _(xs, axis):
    first = xs[0]
    for other in xs[1:]:
        if other.rank != first.rank or any(
            a != b for i, (a, b) in enumerate(zip(first.shape, other.shape, strict=False)) if i != axis
        ):
            raise ShapeError(
                f"concatenate was given shapes that do not join along axis {axis}.",
                expected="equal sizes on every other axis",
                got=" and ".join(show(x.shape) for x in xs),
                remedy="reshape the tensors, or choose another axis",
            )
    joined = sum((x.shape[axis] for x in xs[1:]), first.shape[axis])
    return first.with_shape((*first.shape[:axis], joined, *first.shape[axis + 1 :]))


@concatenate.vjp
def _(cotangent, output, xs, *, axis):
    grads, start = [], 0
    for x in xs:
        stop = start + x.shape[axis]
        grads.append(_cut(cotangent, axis, start, stop))
        start = stop
    return (grads,)


def _cut(x, axis, start, stop):
    rank = len(x.shape)
    starts = tuple(start if i == axis else 0 for i in range(rank))
    stops = tuple(stop if i == axis else x.shape[i] for i in range(rank))
    return ops.slice(x, starts, stops)


@primitive(aliases=True, identity=True)
def slice(  # noqa: A001  (Keras's and NumPy's word)
    x: Tensor, starts: tuple[int, ...], stops: tuple[int, ...], strides: tuple[int, ...] | None = None
):
    """Return ``x[starts[0]:stops[0]:strides[0], ...]``, one range for each axis.

    Every range lies inside the tensor: 0 <= start <= stop <= size. Strides are positive.
    """
    steps = strides or (1,) * len(starts)
    return x[tuple(np.s_[a:b:c] for a, b, c in zip(starts, stops, steps, strict=True))]


@slice.law
def _(x, starts, stops, strides):
    steps = strides or (1,) * len(starts)
    sizes = []
    fits = len(starts) == len(stops) == len(steps) == x.rank
    for start, stop, step, size in zip(starts, stops, steps, x.shape, strict=False):
        fits = fits and start >= 0 and stop >= start and size >= stop and step >= 1
        sizes.append((stop - start + step - 1) // step if step != 0 else 0)
    if not fits:
        raise ShapeError(
            "slice was given a range outside of the tensor.",
            expected="0 <= start <= stop <= size for each axis",
            got=f"starts {starts}, stops {stops}, strides {steps} for {show(x.shape)}",
            remedy="keep every range inside the tensor",
        )
    return x.with_shape(tuple(sizes))


@slice.vjp
def _(cotangent, output, x, *, starts, stops, strides):
    steps = strides or (1,) * len(starts)
    widths = []
    for start, step, size, kept in zip(starts, steps, x.shape, output.shape, strict=True):
        # The last kept element sits at start + (kept - 1) * step; all after it is padding.
        after = size - start - (kept - 1) * step - 1
        widths.append((start, after, step - 1) if kept != 0 else (0, size, 0))
    return ops.pad(cotangent, tuple(widths))


@primitive
def pad(x: Tensor, pad_width: tuple[tuple[int, int, int], ...], constant_value: float = 0):
    """Return `x` with a constant put before, after and between its elements.

    It may be called as ``pad(x, pad_width, mode="constant", constant_values=None)`` too, with widths
    as NumPy takes them, and with the modes ``"reflect"`` and ``"symmetric"`` of `mirrored_pad`.

    Args:
        x: Any tensor.
        pad_width: For each axis how many to put before the first element, after the last, and
            between any two neighbours.
        constant_value: What to put there.

    Example:
        >>> ops.pad(np.array([1, 2]), ((1, 0, 2),)), ops.pad(np.array([1, 2]), 1)
        (array([0, 1, 0, 0, 2]), array([0, 1, 2, 0]))
    """
    shape = [
        before + after + max((size - 1) * (between + 1) + 1, 0)
        for size, (before, after, between) in zip(x.shape, pad_width, strict=True)
    ]
    result = np.full(shape, constant_value, x.dtype)
    inside = tuple(
        np.s_[before : size - after : between + 1]
        for size, (before, after, between) in zip(shape, pad_width, strict=True)
    )
    result[inside] = x
    return result


@pad.law
def _(x, pad_width, constant_value):
    if len(pad_width) != x.rank or any(len(p) != 3 or not all(n >= 0 for n in p) for p in pad_width):
        raise ShapeError(
            "pad was given widths that do not fit the tensor.",
            expected=f"{x.rank} triples (before, after, between) of sizes",
            got=str(pad_width),
            remedy="give one triple of non-negative integers for each axis",
        )
    sizes = []
    for size, (before, after, between) in zip(x.shape, pad_width, strict=True):
        spread = (size - 1) * (between + 1) + 1 if size != 0 else 0
        sizes.append(spread + before + after)
    return x.with_shape(tuple(sizes))


@pad.vjp
def _(cotangent, output, x, *, pad_width, constant_value):
    starts = tuple(before for before, _, _ in pad_width)
    stops = tuple(size - after for size, (_, after, _) in zip(output.shape, pad_width, strict=True))
    return ops.slice(cotangent, starts, stops, tuple(between + 1 for _, _, between in pad_width))


@pad.frontend
def _(x, pad_width, mode="constant", constant_values=None, constant_value=None):
    widths = _pairs(pad_width, len(ops.shape(x)))
    if mode in ("reflect", "symmetric"):
        return ops.mirrored_pad(x, pad_width=widths, mode=mode)
    if mode != "constant":
        raise ArgumentError(
            "pad was given a mode that it does not know.",
            expected='mode="constant", "reflect" or "symmetric"',
            got=f"mode={mode!r}",
            remedy="choose one of the three",
        )
    value = next((v for v in (constant_values, constant_value) if v is not None), 0)
    return pad.bind(x, pad_width=tuple((*p, 0) if len(p) == 2 else p for p in widths), constant_value=value)


def _pairs(pad_width, rank):
    """Return widths as one tuple for each axis; a number, or one pair, stands for all axes."""
    if isinstance(pad_width, int | Dim) or hasattr(pad_width, "__index__"):
        return ((pad_width, pad_width),) * rank
    widths = tuple(p if isinstance(p, int | Dim) else tuple(p) for p in pad_width)
    if len(widths) == 2 and not any(isinstance(p, tuple) for p in widths):
        return (widths,) * rank
    widths = tuple(p if isinstance(p, tuple) else (p, p) for p in widths)
    return widths * rank if len(widths) == 1 and len(widths[0]) == 2 else widths


@composite
def expand_dims(x: Tensor, axis: int):
    """Return `x` with a new axis of size one at the place `axis` of the result."""
    at = one_axis(axis, len(x.shape) + 1, "expand_dims")
    return ops.reshape(x, (*x.shape[:at], 1, *x.shape[at:]))


@composite
def squeeze(x: Tensor, axis: Axes = None):
    """Return `x` without the given axes of size one; without `axis`, without all such."""
    gone = [i for i in axis if x.shape[i] == 1]
    return ops.reshape(x, tuple(size for i, size in enumerate(x.shape) if i not in gone))


@composite(promote=True)
def stack(xs: Sequence[Tensor], axis: int = 0):
    """Return tensors of one shape joined along a new axis."""
    return ops.concatenate([ops.expand_dims(x, axis) for x in xs], axis=axis)


@composite
def split(x: Tensor, indices_or_sections: int | tuple[int, ...], axis: Axis = 0):
    """Return `x` cut along an axis: into a number of equal parts, or before the given indices."""
    size = x.shape[axis]
    if isinstance(indices_or_sections, tuple):
        points = [0, *indices_or_sections, size]
    else:
        if size % indices_or_sections != 0:
            raise ShapeError(
                "split was asked for parts that are not equal.",
                expected=f"a number that divides {size}",
                got=f"{indices_or_sections} parts",
                remedy="pass the indices to cut at in place of a number",
            )
        part = size // indices_or_sections
        points = [part * i for i in range(indices_or_sections + 1)]
    return tuple(_cut(x, axis, a, b) for a, b in pairwise(points))
