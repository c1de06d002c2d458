"""Products of matrices, and norms."""

from __future__ import annotations

import math

import numpy as np

from horn.errors import ArgumentError, ShapeError
from horn.spec import normalise
from horn.spec.laws import broadcast, need_rank, show
from horn.spec.normalise import axis as one_axis
from horn.spec.op import Tensor, composite, ops, primitive
from horn.spec.sizes import product


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
        count = product(x1.shape[:-1])
        rows = ops.reshape(cotangent, (count, cotangent.shape[-1]))
        flat = ops.reshape(x1, (count, x1.shape[-1]))
        return ops.matmul_nt(cotangent, x2), ops.matmul_tn(flat, rows)
    return ops.matmul_nt(cotangent, x2), ops.matmul_tn(x1, cotangent)


@composite(promote=True)
def affine(x: Tensor, kernel: Tensor, bias: Tensor):
    """Return the matrix product of `x` and `kernel`, plus `bias` in each row.

    Shapes:
        x:       (..., rows, inner)
        kernel:  (inner, columns)
        bias:    (columns,)
        returns: (..., rows, columns)

    Example:
        >>> ops.affine(np.array([[1.0, 2.0]]), np.eye(2), np.array([0.5, -0.5]))
        array([[1.5, 1.5]])
    """
    if len(x.shape) < 2 or len(kernel.shape) != 2 or bias.shape != kernel.shape[1:]:
        raise ShapeError(
            "affine was given a kernel and a bias that do not fit.",
            expected="x of two axes or more, a kernel of two, and a bias of as many numbers as the kernel has columns",
            got=f"{show(x.shape)}, {show(kernel.shape)} and {show(bias.shape)}",
            remedy="check the shapes of the weights, or use matmul and add, which broadcast",
        )
    return ops.matmul(x, kernel) + bias


@affine.vjp
def _(cotangent, output, x, kernel, bias):
    rows = tuple(range(len(cotangent.shape) - 1))
    return *_products(cotangent, x, kernel), ops.sum(cotangent, axis=rows)


@composite(promote=True)
def matmul_nt(x1: Tensor, x2: Tensor):
    """Return the matrix product with the right matrix transposed, as gradients need it.

    Shapes:
        x1:      (..., rows, inner)
        x2:      (..., columns, inner)
        returns: (..., rows, columns)
    """
    return ops.matmul(x1, _turn(x2))


@composite(promote=True)
def matmul_tn(x1: Tensor, x2: Tensor):
    """Return the matrix product with the left matrix transposed, as gradients need it.

    Shapes:
        x1:      (..., inner, rows)
        x2:      (..., inner, columns)
        returns: (..., rows, columns)
    """
    return ops.matmul(_turn(x1), x2)


def _turn(x):
    rank = len(x.shape)
    return ops.transpose(x, (*range(rank - 2), rank - 1, rank - 2))


def _drop(grad, x, axis):
    """Return a gradient without the axis that was added to a vector, summed over the batch."""
    if len(x.shape) != 1:
        return grad
    grad = ops.squeeze(grad, axis=axis)
    return ops.sum(grad, axis=tuple(range(len(grad.shape) - 1))) if len(grad.shape) > 1 else grad


@composite(to_float=True)
def norm(
    x: Tensor, ord: int | float | str | None = None, axis: int | tuple[int, ...] | None = None, keepdims: bool = False  # noqa: A002
):
    """Return a norm of the vectors along one axis, or of the matrices along two.

    Args:
        x: Any tensor.
        ord: None for the root of the sum of squares. For vectors a number p, for the p-th root of the
            sum of p-th powers; infinities for the largest and the smallest size; 0 for how many are
            not zero. For matrices ``"fro"``, 1, -1 and the infinities: the largest or smallest sum
            of sizes of a column (1) or a row (inf).
        axis: The axis of the vectors, or the two of the matrices; None for all of a tensor, which
            has one or two axes if `ord` is given.
        keepdims: Whether the reduced axes stay, with size one.

    Notes:
        The gradient of the root of a sum of squares is zero where that sum is.

    Example:
        >>> ops.norm(np.array([[3.0, 4.0], [0.0, 0.0]]), axis=1)
        array([5., 0.])
    """
    rank = len(x.shape)
    along = normalise.axes(axis, rank, "norm")
    if ord is None:
        return _root(ops.sum(x * x, axis=along, keepdims=keepdims))
    if len(along) == 1 and not isinstance(ord, str):
        return _vector_norm(x, ord, along, keepdims)
    if len(along) == 2 and ord in ("fro", 1, -1, math.inf, -math.inf):
        # The axes are sorted; which of them holds the rows is as it was given.
        rows, columns = (one_axis(i, rank, "norm") for i in axis) if axis is not None else along
        return _matrix_norm(x, ord, rows, columns, keepdims)
    raise ArgumentError(
        "norm was given an order that it does not have for these axes.",
        expected='a number for one axis; "fro", 1, -1, inf or -inf for two',
        got=f"ord={ord!r} for {len(along)} axes",
        remedy="choose another order, or name the axis of the vectors",
    )


def _root(total):
    """Return the square root, with a gradient of zero at zero."""
    is_zero = ops.equal(total, 0)
    return ops.where(is_zero, total, ops.sqrt(ops.where(is_zero, 1.0, total)))


def _vector_norm(x, order, axis, keepdims):
    size = ops.absolute(x)
    if order == math.inf:
        return ops.max(size, axis=axis, keepdims=keepdims)
    if order == -math.inf:
        return ops.min(size, axis=axis, keepdims=keepdims)
    if order == 0:
        return ops.sum(ops.cast(ops.not_equal(x, 0), x.dtype), axis=axis, keepdims=keepdims)
    if order == 1:
        return ops.sum(size, axis=axis, keepdims=keepdims)
    if order == 2:
        return _root(ops.sum(x * x, axis=axis, keepdims=keepdims))
    return ops.power(ops.sum(ops.power(size, float(order)), axis=axis, keepdims=keepdims), 1.0 / order)


def _matrix_norm(x, order, rows, columns, keepdims):
    if order == "fro":
        return _root(ops.sum(x * x, axis=(rows, columns), keepdims=keepdims))
    summed, found = (rows, columns) if order in (1, -1) else (columns, rows)
    totals = ops.sum(ops.absolute(x), axis=summed, keepdims=True)
    extreme = ops.max if order > 0 else ops.min
    result = extreme(totals, axis=found, keepdims=True)
    return result if keepdims else ops.squeeze(result, axis=(rows, columns))
