"""Elements in the order of their size.

TensorFlow sorts by finding the largest elements, the first of equal ones first, and says nothing of
NaN. So floats are sorted by integers of the same order, and ascending ones by their complement.
"""

from __future__ import annotations

from horn_tf.tensors import BOOL, UNSIGNED, as_dtype, index, ints, number, raw, shape_of, tf

_BITS = {tf.float16: tf.int16, tf.bfloat16: tf.int16, tf.float32: tf.int32, tf.float64: tf.int64}


def argsort(x, *, axis, descending=False):
    keys = _keys(x)
    if not descending:
        keys = raw.Sub(x=number(-1, keys.dtype), y=keys)
    rank, size = len(shape_of(x)), shape_of(x)[axis]
    order = (*(i for i in range(rank) if i != axis), axis)
    moved = keys if axis == rank - 1 else raw.Transpose(x=keys, perm=ints(order))
    places = raw.TopKV2(input=moved, k=index(size), sorted=True)[1]
    if axis == rank - 1:
        return places
    return raw.Transpose(x=places, perm=ints(tuple(order.index(i) for i in range(rank))))


def _keys(x):
    """Return signed integers in the order of the elements: zeros are equal, NaN is the largest."""
    kind = x.dtype
    if kind is BOOL or kind in (tf.int8, tf.uint8, tf.int16, tf.uint16):
        return raw.Cast(x=x, DstT=tf.int32)
    if kind in UNSIGNED:
        wide = raw.Bitcast(input=x, type=tf.int32 if kind is tf.uint32 else tf.int64)
        return raw.BitwiseXor(x=wide, y=number(wide.dtype.min, wide.dtype))
    if kind not in _BITS:
        return x
    x = raw.SelectV2(condition=raw.Equal(x=x, y=number(0, kind)), t=number(0, kind), e=x)
    bits = raw.Bitcast(input=x, type=_BITS[kind])
    most = number(bits.dtype.max, bits.dtype)
    # Negative numbers have the sign bit and a size that grows as they fall.
    mirrored = raw.BitwiseXor(x=bits, y=most)
    keys = raw.SelectV2(condition=raw.Less(x=bits, y=number(0, bits.dtype)), t=mirrored, e=bits)
    keys = raw.SelectV2(condition=raw.NotEqual(x=x, y=x), t=most, e=keys)
    return as_dtype(keys, tf.int32) if bits.dtype is tf.int16 else keys


KERNELS = {"argsort": argsort}
