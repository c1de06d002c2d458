"""Elements turned around, repeated, and moved to other axes: what `shaping` makes possible."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from horn.errors import ArgumentError, ShapeError
from horn.spec.laws import show
from horn.spec.normalise import Axes, axes as all_axes, axis as one_axis
from horn.spec.op import Tensor, composite, ops


@composite
def flip(x: Tensor, axis: Axes = None):
    """Return `x` with the order of its elements reversed along `axis`.

    Example:
        >>> ops.flip(np.array([[1, 2], [3, 4]]), axis=1)
        array([[2, 1],
               [4, 3]])
    """
    for i in axis:
        x = ops.take(x, ops.subtract(x.shape[i] - 1, ops.arange(x.shape[i])), axis=i)
    return x if axis else ops.stop_gradient(x)


@flip.vjp
def _(cotangent, output, x, *, axis):
    return ops.flip(cotangent, axis=axis)


@composite
def roll(x: Tensor, shift: int | tuple[int, ...], axis: int | tuple[int, ...] | None = None):
    """Return `x` with its elements moved by `shift` places, those of the end coming in at the start.

    Args:
        x: Any tensor.
        shift: By how many places; negative ones move towards the start.
        axis: Along which axes, each with its shift; None moves through all elements.

    Example:
        >>> ops.roll(np.array([1, 2, 3]), 1)
        array([3, 1, 2])
    """
    if axis is None:
        return ops.reshape(ops.roll(ops.reshape(x, (-1,)), _total(shift), axis=0), x.shape)
    shifts = shift if isinstance(shift, tuple) else (shift,)
    along = axis if isinstance(axis, tuple) else (axis,)
    if len(shifts) != len(along) and 1 not in (len(shifts), len(along)):
        raise ArgumentError(
            "roll was given another number of shifts than of axes.",
            expected="one shift for each axis",
            got=f"shift={shift}, axis={axis}",
            remedy="pass as many of both",
        )
    count = max(len(shifts), len(along))
    moves = {}
    for step, i in zip(shifts * (count // len(shifts)), along * (count // len(along)), strict=True):
        place = one_axis(i, len(x.shape), "roll")
        moves[place] = moves.get(place, 0) + step
    for place, step in moves.items():
        x = _rolled(x, step, place)
    return x


def _total(shift):
    return sum(shift) if isinstance(shift, tuple) else shift


def _rolled(x, shift, axis):
    size = x.shape[axis]
    if size == 0:
        return x
    if not isinstance(size, int):
        return ops.take(x, ops.mod(ops.subtract(ops.arange(size), shift), size), axis=axis)
    cut = size - shift % size
    starts = tuple(cut if i == axis else 0 for i in range(len(x.shape)))
    stops = tuple(cut if i == axis else n for i, n in enumerate(x.shape))
    parts = [ops.slice(x, starts, x.shape), ops.slice(x, (0,) * len(x.shape), stops)]
    return ops.concatenate(parts, axis=axis)


@composite
def tile(x: Tensor, repeats: int | tuple[int, ...]):
    """Return `x` laid side by side with itself, so many times along each axis, from the last backwards.

    Example:
        >>> ops.tile(np.array([1, 2]), (2, 2))
        array([[1, 2, 1, 2],
               [1, 2, 1, 2]])
    """
    counts = repeats if isinstance(repeats, tuple) else (repeats,)
    rank = max(len(counts), len(x.shape))
    counts = (1,) * (rank - len(counts)) + counts
    sizes = (1,) * (rank - len(x.shape)) + tuple(x.shape)
    apart = [n for size in sizes for n in (1, size)]
    wide = [n for count, size in zip(counts, sizes, strict=True) for n in (count, size)]
    spread = ops.broadcast_to(ops.reshape(x, tuple(apart)), tuple(wide))
    return ops.reshape(spread, tuple(count * size for count, size in zip(counts, sizes, strict=True)))


@composite
def repeat(x: Tensor, repeats: int | tuple[int, ...], axis: int | None = None):
    """Return `x` with each element along `axis` so many times in a row.

    Args:
        x: Any tensor.
        repeats: How many times; one number, or one for each element along `axis`.
        axis: None repeats all elements, in the order of rows, on one axis.

    Example:
        >>> ops.repeat(np.array([1, 2]), 2), ops.repeat(np.array([1, 2]), (1, 3))
        (array([1, 1, 2, 2]), array([1, 2, 2, 2]))
    """
    if axis is None:
        return ops.repeat(ops.reshape(x, (-1,)), repeats, axis=0)
    at = one_axis(axis, len(x.shape), "repeat")
    size = x.shape[at]
    if isinstance(repeats, tuple) and len(repeats) == 1:
        repeats = repeats[0]
    if isinstance(repeats, tuple):
        if len(repeats) != size:
            raise ShapeError(
                "repeat was given another number of repeats than of elements.",
                expected=f"one number, or {size} of them",
                got=f"{len(repeats)} numbers for {show(x.shape)}",
                remedy="pass one number for each element along the axis",
            )
        return ops.take(x, np.repeat(np.arange(size, dtype=np.int32), repeats), axis=at)
    shape = (*x.shape[: at + 1], repeats, *x.shape[at + 1 :])
    spread = ops.broadcast_to(ops.expand_dims(x, at + 1), shape)
    return ops.reshape(spread, (*x.shape[:at], size * repeats, *x.shape[at + 1 :]))


@repeat.frontend
def _(x, repeats, axis=None):
    if not isinstance(repeats, int | tuple | list):
        counts = np.asarray(repeats).tolist()  # an array says how often too
        repeats = tuple(counts) if isinstance(counts, list) else counts
    return repeat.bind(x, repeats=repeats, axis=axis)


@composite
def swapaxes(x: Tensor, axis1: int, axis2: int):
    """Return `x` with two of its axes exchanged."""
    rank = len(x.shape)
    first, second = one_axis(axis1, rank, "swapaxes"), one_axis(axis2, rank, "swapaxes")
    order = list(range(rank))
    order[first], order[second] = second, first
    return ops.transpose(x, tuple(order))


@composite
def moveaxis(x: Tensor, source: int | tuple[int, ...], destination: int | tuple[int, ...]):
    """Return `x` with some axes moved to other places, the rest in their order.

    Example:
        >>> ops.moveaxis(np.zeros((2, 3, 4)), 0, -1).shape
        (3, 4, 2)
    """
    rank = len(x.shape)
    given = [value if isinstance(value, tuple) else (value,) for value in (source, destination)]
    start, end = ([one_axis(i, rank, "moveaxis") for i in value] for value in given)
    if len(start) != len(end) or len(set(start)) < len(start) or len(set(end)) < len(end):
        raise ArgumentError(
            "moveaxis was given sources that do not fit to the destinations.",
            expected="as many distinct destinations as distinct sources",
            got=f"{source} to {destination}",
            remedy="name each axis once",
        )
    order = [i for i in range(rank) if i not in start]
    for place, i in sorted(zip(end, start, strict=True)):
        order.insert(place, i)
    return ops.transpose(x, tuple(order))


@composite
def ravel(x: Tensor):
    """Return all elements of `x` on one axis, in the order of rows."""
    return ops.reshape(x, (-1,))


@composite
def unstack(x: Tensor, num: int | None = None, axis: int = 0):
    """Return the slices of `x` along an axis, which they lack.

    Args:
        x: Any tensor with an axis.
        num: How many there are; needed nowhere, and compared with the size where given.
        axis: The axis to take apart; its size has to be known.

    Example:
        >>> ops.unstack(np.array([[1, 2], [3, 4]]))
        (array([1, 2]), array([3, 4]))
    """
    at = one_axis(axis, len(x.shape), "unstack")
    size = x.shape[at]
    if not isinstance(size, int) or (num is not None and num != size):
        raise ShapeError(
            "unstack was given an axis of another size.",
            expected=f"{num} slices along axis {at}" if isinstance(size, int) else "an axis of a known size",
            got=show(x.shape),
            remedy="leave num away, or choose another axis",
        )
    parts = ops.split(x, size, axis=at) if size else ()
    return tuple(ops.squeeze(part, axis=at) for part in parts)


@composite(promote=True)
def hstack(xs: Sequence[Tensor]):
    """Return tensors joined along their second axis, or along the one that they have."""
    xs = [ops.reshape(x, (1,)) if not x.shape else x for x in xs]
    return ops.concatenate(xs, axis=min(1, len(xs[0].shape) - 1))


@composite(promote=True)
def vstack(xs: Sequence[Tensor]):
    """Return tensors joined along their first axis; those of one axis count as rows."""
    return ops.concatenate([ops.reshape(x, (1, -1)) if len(x.shape) < 2 else x for x in xs], axis=0)


@composite
def diff(a: Tensor, n: int = 1, axis: int = -1):
    """Return the differences of neighbours along `axis`, taken `n` times.

    Example:
        >>> ops.diff(np.array([1, 4, 9]))
        array([3, 5])
    """
    (at,) = all_axes(axis, len(a.shape), "diff")
    for _ in range(n):
        size, zeros = a.shape[at], (0,) * len(a.shape)
        later = ops.slice(a, tuple(int(i == at) for i in range(len(zeros))), a.shape)
        earlier = ops.slice(a, zeros, tuple(size - 1 if i == at else m for i, m in enumerate(a.shape)))
        a = ops.not_equal(later, earlier) if a.dtype == "bool" else later - earlier
    return a


@composite
def mirrored_pad(x: Tensor, pad_width: tuple[tuple[int, int], ...], mode: str = "reflect"):
    """Return `x` with its own elements put before and after it, as in a mirror at each end.

    Args:
        x: Any tensor.
        pad_width: For each axis how many to put before the first element and after the last; at
            most as many as there are elements to mirror.
        mode: ``"reflect"`` for a mirror on the last element, ``"symmetric"`` for one behind it.

    Example:
        >>> ops.mirrored_pad(np.array([1, 2, 3]), ((2, 1),))
        array([3, 2, 1, 2, 3, 2])
    """
    edge = 1 if mode == "reflect" else 0
    for i, (before, after) in enumerate(pad_width):
        if before == after == 0:
            continue
        size = x.shape[i]
        if before < 0 or after < 0 or (isinstance(size, int) and max(before, after) > size - edge):
            raise ShapeError(
                "mirrored_pad was given widths that do not fit the tensor.",
                expected=f"from 0 to {size - edge} elements on each side of axis {i}",
                got=f"{(before, after)} for {show(x.shape)}",
                remedy="pad by less, or with a constant",
            )
        first = ops.flip(_along(x, i, edge, before + edge), axis=i)
        last = ops.flip(_along(x, i, size - after - edge, size - edge), axis=i)
        x = ops.concatenate([first, x, last], axis=i)
    return ops.reshape(x, x.shape)


def _along(x, axis, start, stop):
    starts = tuple(start if i == axis else 0 for i in range(len(x.shape)))
    return ops.slice(x, starts, tuple(stop if i == axis else n for i, n in enumerate(x.shape)))
