"""Reductions: sums over leading axes as products with ones, and the largest of each row."""

from __future__ import annotations

from math import prod
from typing import TYPE_CHECKING, Any

import numpy as np

from horn.numpy_backend.elementwise import FAST, FAST_NAMES
from horn.numpy_backend.pages import page

if TYPE_CHECKING:
    from collections.abc import Callable

_FEW_ROWS = 64  # too few to make up for the calls that fetch a maximum from its place
_CHUNK = 256  # rows that one product with a vector of ones adds up
_ones = {dtype: np.ones(_CHUNK, dtype) for dtype in FAST}


def column_sums(x: Any) -> Any:
    """Return the sum of each column of a matrix of float32 or float64.

    A product with ones adds whole rows at the speed of the BLAS. Long columns are cut into chunks,
    so that their sums are added like the branches of a tree.
    """
    rows, columns = x.shape
    ones = _ones[x.dtype]
    if rows <= _CHUNK:
        return ones[:rows].dot(x)
    whole = rows - rows % _CHUNK
    partial = np.matmul(ones, x[:whole].reshape(-1, _CHUNK, columns))
    total = np.add.reduce(partial, 0)
    return total if whole == rows else np.add(total, np.matmul(ones[: rows - whole], x[whole:]))


def column_products(x: Any, y: Any) -> Any:
    """Return the sum of each column of ``x * y``, two matrices of one shape."""
    rows, columns = x.shape
    if rows <= _CHUNK:
        return column_sums(np.multiply(x, y))
    whole = rows - rows % _CHUNK
    chunks = (-1, _CHUNK, columns)
    partial = np.einsum("kij,kij->kj", x[:whole].reshape(chunks), y[:whole].reshape(chunks))
    total = np.add.reduce(partial, 0)
    return total if whole == rows else np.add(total, column_products(x[whole:], y[whole:]))


def sum_(x: Any, axis: tuple[int, ...], keepdims: bool = False) -> Any:
    """Return the sum along `axis`."""
    count = len(axis)
    if not 0 < count < x.ndim or axis[-1] != count - 1 or x.dtype not in FAST:
        return np.add.reduce(x, axis, np.int32 if x.dtype == bool else x.dtype, keepdims=keepdims)
    rest = x.shape[count:]
    total = column_sums(x if x.ndim == 2 else x.reshape(prod(x.shape[:count]), prod(rest)))
    if keepdims:
        return total.reshape((1,) * count + rest)
    return total if len(rest) == 1 else total.reshape(rest)


def _sum_for(x: Any, axis: tuple[int, ...], keepdims: bool = False) -> Callable[..., Any] | None:
    """Return the product with ones, for a short sum along the first axis; a count for all of some bools."""
    if x.dtype == "bool" and len(axis) == len(x.shape) and not keepdims:
        return lambda x: np.int32(np.count_nonzero(x))
    return _short_sum(x, axis, keepdims)


def _short_sum(x: Any, axis: tuple[int, ...], keepdims: bool = False) -> Callable[..., Any] | None:
    """Return the product with ones, which takes an array for its result too."""
    rows = x.shape[0] if x.shape else 0
    if x.dtype not in FAST_NAMES or axis != (0,) or keepdims or len(x.shape) > 2:
        return None
    return _ones[np.dtype(x.dtype)][:rows].dot if isinstance(rows, int) and rows <= _CHUNK else None


sum_.made_for = _sum_for  # type: ignore[attr-defined]  # see `Backend.kernels`


def is_narrow(rows: int, columns: int) -> bool:
    """Return whether the rows of a matrix are worked on faster as the columns of its transpose."""
    return columns <= (32 if rows <= 4096 else 16)


def row_maxima(x: Any) -> Any:
    """Return the largest element of each row of a C-contiguous matrix, NaN where there is one."""
    rows, columns = x.shape
    if is_narrow(rows, columns):
        return np.maximum.reduce(np.array(x.T, order="C"), 0)
    if rows < _FEW_ROWS:
        return np.maximum.reduce(x, 1)
    # Finding the place of the maximum is vectorised better than finding its value.
    places = np.argmax(x, 1)
    places += np.arange(0, rows * columns, columns)
    return x.reshape(-1)[places]


def max_(x: Any, axis: tuple[int, ...], keepdims: bool = False) -> Any:
    """Return the largest element along `axis`."""
    last = x.ndim - 1
    if axis == (last,) and last > 0 and x.size and x.dtype in FAST and x.flags.c_contiguous:
        result = row_maxima(x.reshape(-1, x.shape[last]))
        return result.reshape((*x.shape[:last], 1) if keepdims else x.shape[:last])
    return np.maximum.reduce(x, axis, None, keepdims=keepdims)


def min_(x: Any, axis: tuple[int, ...], keepdims: bool = False) -> Any:
    """Return the smallest element along `axis`."""
    return np.minimum.reduce(x, axis, None, keepdims=keepdims)


def argmax(x: Any, axis: int = -1) -> Any:
    """Return where along `axis` the largest element is, as int32."""
    return x.argmax(axis).astype(np.int32)


def mean(x: Any, axis: tuple[int, ...], keepdims: bool = False) -> Any:
    """Return the arithmetic mean along `axis`."""
    if x.dtype not in FAST:
        return _mean_page(x, axis=axis, keepdims=keepdims)
    count = prod(tuple(x.shape[i] for i in axis))
    return sum_(x, axis, keepdims) / count


def _mean_for(x: Any, axis: tuple[int, ...], keepdims: bool = False) -> Callable[..., Any] | None:
    """Return the mean for what is summed by a product with ones."""
    total = _sum_for(x, axis, keepdims) if x.dtype in FAST_NAMES else None
    count = x.shape[0] if x.shape else 0
    return total and (lambda x: total(x) / count)


mean.made_for = _mean_for  # type: ignore[attr-defined]  # see `Backend.kernels`

_mean_page = page("mean")

INTO_KERNELS = {"sum": _short_sum}

KERNELS = {"argmax": argmax, "max": max_, "mean": mean, "min": min_, "sum": sum_}
