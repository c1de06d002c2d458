"""Kernels that pick elements by their number, and add up by it."""

from __future__ import annotations

import math

from horn_tf.tensors import BOOL, as_dtype, index, ints, number, raw, shape_of, tf

_NARROW = (tf.int8, tf.uint8, tf.int16, tf.uint16)


def take(x, indices, *, axis):
    size, shape = shape_of(x)[axis], shape_of(x)
    places = shape_of(indices)
    missing = number(math.nan if x.dtype.is_floating else 0, x.dtype)
    if size == 0:
        return raw.Fill(dims=ints((*shape[:axis], *places, *shape[axis + 1 :])), value=missing)
    numbers = _signed(indices)
    count, low = number(size, numbers.dtype), number(-size, numbers.dtype)
    inside = raw.LogicalAnd(x=raw.GreaterEqual(x=numbers, y=low), y=raw.Less(x=numbers, y=count))
    # The remainder is a place that exists, whatever the number is; on CPUs any other raises.
    picked = raw.GatherV2(params=x, indices=raw.FloorMod(x=numbers, y=count), axis=index(axis))
    kept = raw.Reshape(tensor=inside, shape=ints((*places, *(1,) * (len(shape) - axis - 1))))
    return raw.SelectV2(condition=kept, t=picked, e=missing)


def _signed(indices):
    """Return indices in a dtype that gathering knows and that holds the size of any axis."""
    kind = indices.dtype
    if kind in _NARROW:
        return raw.Cast(x=indices, DstT=tf.int32)
    if kind is tf.uint64:
        # What is above the largest int64 would wrap around to a legal negative index.
        indices = raw.Minimum(x=indices, y=number(2**63 - 1, kind))
    return raw.Cast(x=indices, DstT=tf.int64) if kind in (tf.uint32, tf.uint64) else indices


def segment_sum(data, segment_ids, *, num_segments):
    if num_segments == 0:  # which XLA refuses
        return raw.Fill(dims=ints((0, *shape_of(data)[1:])), value=number(0, data.dtype))
    ids = _signed(segment_ids)
    # Negative ids are dropped, but one that is too large raises on CPUs.
    legal = raw.Less(x=ids, y=number(num_segments, ids.dtype))
    ids = raw.SelectV2(condition=legal, t=ids, e=number(-1, ids.dtype))
    if data.dtype is BOOL:
        counts = segment_sum(as_dtype(data, tf.int32), ids, num_segments=num_segments)
        return raw.NotEqual(x=counts, y=number(0, tf.int32))
    return raw.UnsortedSegmentSum(data=data, segment_ids=ids, num_segments=index(num_segments))


def one_hot(x, *, num_classes, axis=-1, dtype="float32"):
    kind = tf.dtypes.as_dtype(dtype)
    at = axis % (len(shape_of(x)) + 1)
    indices = _signed(x) if x.dtype.is_integer else x
    if indices.dtype in (tf.int32, tf.int64):
        on, off = number(1, kind), number(0, kind)
        return raw.OneHot(indices=indices, depth=index(num_classes), on_value=on, off_value=off, axis=at)
    classes = raw.Cast(x=raw.Range(start=index(0), limit=index(num_classes), delta=index(1)), DstT=x.dtype)
    classes = raw.Reshape(tensor=classes, shape=ints((num_classes, *(1,) * (len(shape_of(x)) - at))))
    return as_dtype(raw.Equal(x=raw.ExpandDims(input=x, axis=index(at)), y=classes), kind)


KERNELS = {
    "take": take,
    "segment_sum": segment_sum,
    "one_hot": one_hot,
}
