"""Kernels of products of matrices."""

from __future__ import annotations

from horn.spec.sizes import product
from horn_tf.shaping import transpose
from horn_tf.tensors import BOOL, as_dtype, ints, number, raw, shape_of, tf

_MULTIPLIED = (tf.float16, tf.bfloat16, tf.float32, tf.float64, tf.int32, tf.int64)


def matmul(x1, x2):
    kind = x1.dtype
    if kind in _MULTIPLIED:
        return _matmul(x1, x2)
    # int64 wraps around to the same bits as any narrower integer.
    wide = _matmul(as_dtype(x1, tf.int64), as_dtype(x2, tf.int64))
    return raw.NotEqual(x=wide, y=number(0, tf.int64)) if kind is BOOL else raw.Cast(x=wide, DstT=kind)


def matmul_nt(x1, x2):
    return _turned(x1, x2, right=True)


def matmul_tn(x1, x2):
    return _turned(x1, x2, left=True)


def _turned(x1, x2, *, left=False, right=False):
    """Return the product with one matrix transposed, which the op does while it reads it."""
    ranks = len(shape_of(x1)), len(shape_of(x2))
    if ranks == (2, 2) and x1.dtype in _MULTIPLIED:
        return raw.MatMul(a=x1, b=x2, transpose_a=left, transpose_b=right)
    if ranks[1] > 2 and x1.dtype in _MULTIPLIED:
        return raw.BatchMatMulV2(x=x1, y=x2, adj_x=left, adj_y=right)
    return matmul(_swapped(x1) if left else x1, _swapped(x2) if right else x2)


def _swapped(x):
    rank = len(shape_of(x))
    return transpose(x, axes=(*range(rank - 2), rank - 1, rank - 2))


def _matmul(x1, x2):
    left, right = shape_of(x1), shape_of(x2)
    if len(left) == len(right) == 2:
        return raw.MatMul(a=x1, b=x2)
    if len(left) == 1 or len(right) == 1:
        return _with_vector(x1, x2, left, right)
    if len(right) == 2:
        # One matrix for many rows: a single flat product.
        rows = raw.Reshape(tensor=x1, shape=ints((product(left[:-1]), left[-1])))
        return raw.Reshape(tensor=raw.MatMul(a=rows, b=x2), shape=ints((*left[:-1], right[-1])))
    return raw.BatchMatMulV2(x=x1, y=x2)


def _with_vector(x1, x2, left, right):
    row = raw.Reshape(tensor=x1, shape=ints((1, *left))) if len(left) == 1 else x1
    column = raw.Reshape(tensor=x2, shape=ints((*right, 1))) if len(right) == 1 else x2
    tail = (left[-2:-1] if len(left) > 1 else ()) + (right[-1:] if len(right) > 1 else ())
    batch = left[:-2] or right[:-2]
    return raw.Reshape(tensor=_matmul(row, column), shape=ints((*batch, *tail)))


KERNELS = {"matmul": matmul, "matmul_nt": matmul_nt, "matmul_tn": matmul_tn}
