"""Elements picked by their number, and added up by it."""

from __future__ import annotations

import numpy as np

from horn.errors import ShapeError
from horn.spec.laws import broadcast, need_integer, need_rank, show
from horn.spec.normalise import Axis, DType, axis as one_axis
from horn.spec.op import Tensor, composite, ops, primitive
from horn.spec.sizes import product


@primitive
def take(x: Tensor, indices: Tensor, axis: Axis = 0):
    """Return the slices of `x` along `axis` that `indices` name.

    Negative indices count from the end. An index outside of the axis yields NaN (floats), zero
    (integers) or False, and no gradient.

    Args:
        x: Any tensor.
        indices: Integers of any shape.
        axis: The axis to pick along.

    Shapes:
        returns: `x.shape` with the shape of `indices` in place of `axis`.

    Example:
        >>> ops.take(np.array([10.0, 20.0]), np.array([1, -1, 7]))
        array([20., 20., nan])
    """
    size = x.shape[axis]
    wrapped = np.where(indices < 0, indices + size, indices)
    inside = (wrapped >= 0) & (wrapped < size)
    if size == 0:
        picked = np.zeros((*x.shape[:axis], *indices.shape, *x.shape[axis + 1 :]), x.dtype)
    else:
        picked = np.take(x, np.where(inside, wrapped, 0), axis)
    missing = np.nan if x.dtype.kind not in "iub" else 0
    kept = inside.reshape(inside.shape + (1,) * (x.ndim - axis - 1))
    return np.where(kept, picked, np.asarray(missing, x.dtype))


@take.law
def _(x, indices, axis):
    need_integer("take", indices)
    if x.rank == 0:
        need_rank("take", x, 1)
    return x.with_shape((*x.shape[:axis], *indices.shape, *x.shape[axis + 1 :]))


@take.bounds
def _(x, indices, *, axis):
    return "indices", -x.shape[axis], x.shape[axis] - 1


@take.vjp
def _(cotangent, output, x, indices, *, axis):
    size, rank, places = x.shape[axis], len(x.shape), len(indices.shape)
    # Bring the picked axes to the front, add up by index, and put the axis back.
    picked = tuple(range(axis, axis + places))
    rest = tuple(i for i in range(rank - 1 + places) if i not in picked)
    moved = ops.transpose(cotangent, (*picked, *rest)) if axis else cotangent
    indices = ops.cast(indices, "int32")  # a narrow dtype may not hold the size
    wrapped = ops.where(ops.less(indices, 0), indices + size, indices)
    flat = ops.reshape(moved, (-1, *moved.shape[places:])) if places != 1 else moved
    total = ops.segment_sum(flat, ops.reshape(wrapped, (-1,)), num_segments=size)
    return (ops.transpose(total, (*range(1, axis + 1), 0, *range(axis + 1, rank))) if axis else total), None


@primitive
def segment_sum(data: Tensor, segment_ids: Tensor, num_segments: int):
    """Return the sum of the rows of `data` that share an id; ids outside of the range are dropped.

    Args:
        data: Rows along the first axis.
        segment_ids: One integer for each row, in any order.
        num_segments: How many sums to return; one that no row names is zero.

    Shapes:
        data:    (rows, ...)
        returns: (num_segments, ...)
    """
    result = np.zeros((num_segments, *data.shape[1:]), data.dtype)
    inside = (segment_ids >= 0) & (segment_ids < num_segments)
    np.add.at(result, segment_ids[inside], data[inside])
    return result


@segment_sum.law
def _(data, segment_ids, num_segments):
    need_integer("segment_sum", segment_ids)
    need_rank("segment_sum", segment_ids, 1)
    if data.rank < 1 or data.shape[0] != segment_ids.shape[0]:
        raise ShapeError(
            "segment_sum was given another number of ids than of rows.",
            expected="one id for each row of `data`",
            got=f"{show(data.shape)} and {show(segment_ids.shape)}",
            remedy="flatten both along the same axes",
        )
    return data.with_shape((num_segments, *data.shape[1:]))


@segment_sum.vjp
def _(cotangent, output, data, segment_ids, *, num_segments):
    inside = ops.logical_and(ops.less_equal(0, segment_ids), ops.less(segment_ids, num_segments))
    rows = ops.take(cotangent, ops.where(inside, segment_ids, 0), axis=0)
    kept = ops.reshape(inside, (*inside.shape, *(1,) * (len(cotangent.shape) - 1)))
    return ops.where(kept, rows, 0.0), None


@composite
def take_along_axis(x: Tensor, indices: Tensor, axis: int | None = None):
    """Return for each index the element of `x` at that place of `axis`, all other places being equal.

    Negative indices count from the end; one outside of the axis yields what it does in `take`.

    Args:
        x: Any tensor.
        indices: Integers; on every other axis `x` and `indices` broadcast.
        axis: The axis that the indices run along; None for all elements in the order of rows.

    Shapes:
        returns: the shape of `indices`, broadcast against `x` on every axis but `axis`

    Example:
        >>> x = np.array([[10, 20], [30, 40]])
        >>> ops.take_along_axis(x, np.array([[1], [0]]), axis=1)
        array([[20],
               [30]])
    """
    need_integer("take_along_axis", indices.spec)
    if axis is None:
        return ops.take(ops.reshape(x, (-1,)), ops.reshape(indices, (-1,)), axis=0)
    need_rank("take_along_axis", indices.spec, len(x.shape))
    at = one_axis(axis, len(x.shape), "take_along_axis")
    size, places = x.shape[at], indices.shape[at]
    rest = broadcast(
        "take_along_axis",
        tuple(1 if i == at else n for i, n in enumerate(x.shape)),
        tuple(1 if i == at else n for i, n in enumerate(indices.shape)),
    )
    x = ops.broadcast_to(x, (*rest[:at], size, *rest[at + 1 :]))
    shape = (*rest[:at], places, *rest[at + 1 :])
    wide = ops.broadcast_to(ops.cast(indices, "int32"), shape)
    wrapped = ops.where(ops.less(wide, 0), wide + size, wide)
    inside = ops.logical_and(ops.greater_equal(wrapped, 0), ops.less(wrapped, size))
    # One axis of all elements, in which the place on each axis counts for as much as it jumps over.
    flat, stride = ops.where(inside, wrapped, 0) * product(x.shape[at + 1 :]), 1
    for i in reversed(range(len(shape))):
        if i != at:
            spread = (shape[i], *(1,) * (len(shape) - i - 1))
            flat = flat + ops.reshape(ops.arange(shape[i]), spread) * stride
        stride = stride * x.shape[i]
    return ops.take(ops.reshape(x, (-1,)), ops.where(inside, flat, stride), axis=0)


@composite
def one_hot(x: Tensor, num_classes: int, axis: int = -1, dtype: DType = "float32"):
    """Return a new axis that is one at the place that each integer names and zero elsewhere.

    The row of an integer outside of the range, a negative one included, is all zeros.

    Example:
        >>> ops.one_hot(np.array([0, 2, 3]), 3)
        array([[1., 0., 0.],
               [0., 0., 1.],
               [0., 0., 0.]], dtype=float32)
    """
    at = axis % (len(x.shape) + 1)
    spread = ops.expand_dims(x, at)
    classes = ops.reshape(ops.arange(num_classes, dtype=x.dtype), (num_classes, *(1,) * (len(x.shape) - at)))
    return ops.cast(ops.equal(spread, classes), dtype)


@one_hot.bounds
def _(x, *, num_classes, axis, dtype):
    return "x", 0, num_classes - 1


