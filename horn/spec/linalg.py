"""Products of matrices."""

from __future__ import annotations

import numpy as np

from horn.errors import ShapeError
from horn.spec.laws import broadcast, need_rank, show
from horn.spec.op import Tensor, ops, primitive


@primitive(promote=True)
def matmul(x1: Tensor, x2: Tensor):
    """Return the matrix product over the last two axes; the leading axes broadcast.

    A tensor of one axis counts as a row on the left and as a column on the right, and that axis
    is dropped from the result.

    Shapes:
        x1:      (..., rows, inner)
        x2:      (..., inner, columns)
        returns: (..., rows, columns)

    Example:
        >>> ops.matmul(np.eye(2), np.array([1.0, 2.0]))
        array([1., 2.])
    """
    return np.matmul(x1, x2).astype(x1.dtype, copy=False)  # NumPy's is float32 for bfloat16


@matmul.law
def _(x1, x2):
    if x1.rank == 0 or x2.rank == 0:
        need_rank("matmul", x1 if x1.rank == 0 else x2, 1)
    rows, inner = (1, *x1.shape) if x1.rank == 1 else x1.shape[-2:]
    depth, columns = (*x2.shape, 1) if x2.rank == 1 else x2.shape[-2:]
    if inner != depth:
        raise ShapeError(
            "matmul was given matrices whose inner sizes differ.",
            expected="as many columns on the left as rows on the right",
            got=f"{show(x1.shape)} and {show(x2.shape)}",
            remedy="transpose one of them, or check which layer feeds this one",
        )
    batch = broadcast("matmul", x1.shape[:-2], x2.shape[:-2])
    tail = (() if x1.rank == 1 else (rows,)) + (() if x2.rank == 1 else (columns,))
    return x1.with_shape((*batch, *tail))


@matmul.vjp
def _(cotangent, output, x1, x2):
    rank1, rank2 = len(x1.shape), len(x2.shape)
    if rank1 == 1 or rank2 == 1:
        left = ops.expand_dims(x1, 0) if rank1 == 1 else x1
        right = ops.expand_dims(x2, 1) if rank2 == 1 else x2
        batch = left.shape[:-2] if rank2 <= rank1 else right.shape[:-2]
        shape = (*batch, left.shape[-2], right.shape[-1])
        grad1, grad2 = _products(ops.reshape(cotangent, shape), left, right)
        return _drop(grad1, x1, -2), _drop(grad2, x2, -1)
    return _products(cotangent, x1, x2)


def _products(cotangent, x1, x2):
    if len(x2.shape) == 2 and len(x1.shape) > 2:
        # One weight matrix for many rows: a single flat product, as for a Dense layer.
        rows = ops.reshape(cotangent, (-1, cotangent.shape[-1]))
        flat = ops.reshape(x1, (-1, x1.shape[-1]))
        return ops.matmul(cotangent, _turn(x2)), ops.matmul(_turn(flat), rows)
    return ops.matmul(cotangent, _turn(x2)), ops.matmul(_turn(x1), cotangent)


def _turn(x):
    rank = len(x.shape)
    return ops.transpose(x, (*range(rank - 2), rank - 1, rank - 2))


def _drop(grad, x, axis):
    """Return a gradient without the axis that was added to a vector, summed over the batch."""
    if len(x.shape) != 1:
        return grad
    grad = ops.squeeze(grad, axis=axis)
    return ops.sum(grad, axis=tuple(range(len(grad.shape) - 1))) if len(grad.shape) > 1 else grad
