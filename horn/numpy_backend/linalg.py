"""Products of matrices."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from horn.numpy_backend.elementwise import FAST, FAST_NAMES

if TYPE_CHECKING:
    from collections.abc import Callable


def matmul(x1: Any, x2: Any) -> Any:
    """Return the matrix product; many rows times one matrix are a single product."""
    if x1.ndim == x2.ndim == 2 and x1.dtype in FAST:
        return x1.dot(x2)  # the same product by a shorter way
    if x1.ndim > 2 and x2.ndim == 2 and x1.flags.c_contiguous and x1.size:
        flat = np.matmul(x1.reshape(-1, x1.shape[-1]), x2)
        return _in_dtype(flat.reshape(*x1.shape[:-1], x2.shape[-1]), x1)
    return _in_dtype(np.matmul(x1, x2), x1)


def _in_dtype(product: Any, like: Any) -> Any:
    """Return a product in the dtype of its operands; NumPy multiplies bfloat16 into float32."""
    return product if product.dtype == like.dtype else product.astype(like.dtype)


def matmul_nt(x1: Any, x2: Any) -> Any:
    """Return the product with the right matrix transposed."""
    return x1.dot(x2.T) if x1.ndim == x2.ndim == 2 and x1.dtype in FAST else matmul(x1, x2.swapaxes(-1, -2))


def matmul_tn(x1: Any, x2: Any) -> Any:
    """Return the product with the left matrix transposed."""
    return x1.T.dot(x2) if x1.ndim == x2.ndim == 2 and x1.dtype in FAST else matmul(x1.swapaxes(-1, -2), x2)


def _for_matrices(product: Callable[..., Any]) -> Callable[..., Any]:
    """Return the function that gives `product` for two matrices of float32 or float64."""

    def make(x1: Any, x2: Any) -> Callable[..., Any] | None:
        return product if len(x1.shape) == len(x2.shape) == 2 and x1.dtype in FAST_NAMES else None

    return make


# See `Backend.kernels`.
matmul.made_for = _for_matrices(np.ndarray.dot)  # type: ignore[attr-defined]
matmul_nt.made_for = _for_matrices(lambda x1, x2: x1.dot(x2.T))  # type: ignore[attr-defined]
matmul_tn.made_for = _for_matrices(lambda x1, x2: x1.T.dot(x2))  # type: ignore[attr-defined]

INTO_KERNELS = {"matmul_tn": _for_matrices(lambda x1, x2, out: x1.T.dot(x2, out))}

KERNELS = {"matmul": matmul, "matmul_nt": matmul_nt, "matmul_tn": matmul_tn}
