"""Matrices by the places of their elements: triangles, diagonals, the identity."""

from __future__ import annotations

from horn import settings
from horn.errors import ArgumentError, ShapeError
from horn.spec.laws import show
from horn.spec.normalise import DType, axis as one_axis
from horn.spec.op import Tensor, composite, ops


def _places(rows, columns):
    """Return for each element of a matrix how far it is above the diagonal."""
    return ops.reshape(ops.arange(columns), (1, columns)) - ops.reshape(ops.arange(rows), (rows, 1))


@composite
def eye(N: int, M: int | None = None, k: int = 0, dtype: DType | None = None):  # noqa: N803  (Keras's names)
    """Return a matrix of zeros with ones on a diagonal, in the default float unless `dtype` says otherwise.

    Args:
        N: The number of rows.
        M: The number of columns; None for as many.
        k: Which diagonal: positive ones are above, negative ones below the main one.
        dtype: Of the result.

    Example:
        >>> ops.eye(2, 3, k=1)
        array([[0., 1., 0.],
               [0., 0., 1.]], dtype=float32)
    """
    return _from_mask(ops.equal(_places(N, N if M is None else M), k), dtype)


@composite
def identity(n: int, dtype: DType | None = None):
    """Return the identity matrix of `n` rows, in the default float unless `dtype` says otherwise."""
    return ops.eye(n, dtype=dtype)


@composite
def tri(N: int, M: int | None = None, k: int = 0, dtype: DType | None = None):  # noqa: N803  (Keras's names)
    """Return a matrix of ones on and below a diagonal and zeros above; see `eye`."""
    return _from_mask(ops.less_equal(_places(N, N if M is None else M), k), dtype)


def _from_mask(mask, dtype):
    return ops.cast(mask, dtype or settings.floatx())


@composite
def tril(x: Tensor, k: int = 0):
    """Return the matrices of the last two axes with zeros above their k-th diagonal.

    Example:
        >>> ops.tril(np.ones((2, 2)))
        array([[1., 0.],
               [1., 1.]])
    """
    return ops.where(ops.less_equal(_places(*_matrix("tril", x)), k), x, ops.zeros((), x.dtype))


@composite
def triu(x: Tensor, k: int = 0):
    """Return the matrices of the last two axes with zeros below their k-th diagonal."""
    return ops.where(ops.greater_equal(_places(*_matrix("triu", x)), k), x, ops.zeros((), x.dtype))


def _matrix(name, x):
    if len(x.shape) < 2:
        raise ShapeError(
            f"{name} was given a tensor that is no matrix.",
            expected="at least two axes",
            got=show(x.shape),
            remedy="add the axis that is missing",
        )
    return x.shape[-2:]


@composite
def diagonal(x: Tensor, offset: int = 0, axis1: int = 0, axis2: int = 1):
    """Return the diagonals of the matrices that two axes span, on a new last axis.

    Args:
        x: Any tensor with two axes.
        offset: Which diagonal: positive ones are above, negative ones below the main one.
        axis1: The axis of the rows.
        axis2: The axis of the columns.

    Example:
        >>> ops.diagonal(np.array([[1, 2], [3, 4]]), offset=1)
        array([2])
    """
    rank = len(x.shape)
    _matrix("diagonal", x)
    first, second = one_axis(axis1, rank, "diagonal"), one_axis(axis2, rank, "diagonal")
    if first == second:
        raise ArgumentError(
            "diagonal was given one axis twice.",
            expected="two axes that differ",
            got=f"axis1={axis1}, axis2={axis2}",
            remedy="name the axis of the rows and that of the columns",
        )
    rest = [i for i in range(rank) if i not in (first, second)]
    moved = ops.transpose(x, (*rest, first, second))
    rows, columns = moved.shape[-2:]
    above, below = max(offset, 0), max(-offset, 0)
    width, height = columns - above, rows - below
    length = height if width >= height else width
    length = length if length >= 0 else 0
    sizes = tuple(x.shape[i] for i in rest)
    # In the order of rows, neighbours on a diagonal are one row and one element apart.
    flat = ops.reshape(moved, (*sizes, rows * columns))
    start = below * columns + above if length != 0 else 0
    stop = start + (length - 1) * (columns + 1) + 1 if length != 0 else 0
    zeros, ones = (0,) * len(sizes), (1,) * len(sizes)
    return ops.slice(flat, (*zeros, start), (*sizes, stop), (*ones, columns + 1))


@composite
def diag(x: Tensor, k: int = 0):
    """Return the k-th diagonal of a matrix, or the matrix with `x`, of one axis, as its k-th diagonal.

    Example:
        >>> ops.diag(np.array([1, 2]), k=-1)
        array([[0, 0, 0],
               [1, 0, 0],
               [0, 2, 0]])
    """
    if len(x.shape) == 2:
        return ops.diagonal(x, offset=k)
    if len(x.shape) != 1:
        raise ShapeError(
            "diag was given neither a diagonal nor a matrix.",
            expected="one axis or two",
            got=show(x.shape),
            remedy="use diagonal for tensors of more axes",
        )
    size = x.shape[0] + abs(k)
    values = ops.pad(x, ((max(-k, 0), max(k, 0), 0),))  # the value of each row
    return ops.where(ops.equal(_places(size, size), k), ops.expand_dims(values, 1), ops.zeros((), x.dtype))


@composite
def trace(x: Tensor, offset: int = 0, axis1: int = 0, axis2: int = 1):
    """Return the sums of the diagonals that `diagonal` returns."""
    return ops.sum(ops.diagonal(x, offset=offset, axis1=axis1, axis2=axis2), axis=-1)
