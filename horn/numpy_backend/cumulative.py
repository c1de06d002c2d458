"""Running totals and products by NumPy's own loops.

They go from element to element, so float32 is carried in float64 on the way, which keeps the rounding
of long axes below that of the page.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from horn.numpy_backend.elementwise import FAST
from horn.numpy_backend.pages import page


def cumsum(x: Any, axis: int | None = None, dtype: str | None = None) -> Any:
    """Return the sums of the elements up to each place."""
    if x.dtype in FAST and dtype in (None, x.dtype.name):
        return np.cumsum(x, axis, np.float64).astype(x.dtype, copy=False)
    return _cumsum_page(x, axis=axis, dtype=dtype)


def cumprod(x: Any, axis: int | None = None, dtype: str | None = None) -> Any:
    """Return the products of the elements up to each place."""
    if x.dtype in FAST and dtype in (None, x.dtype.name):
        return np.cumprod(x, axis, np.float64).astype(x.dtype, copy=False)
    return _cumprod_page(x, axis=axis, dtype=dtype)


def prod(x: Any, axis: tuple[int, ...], keepdims: bool = False, dtype: str | None = None) -> Any:
    """Return the product along `axis`."""
    if x.dtype in FAST and dtype in (None, x.dtype.name):
        return np.multiply.reduce(x, axis, np.float64, keepdims=keepdims).astype(x.dtype, copy=False)
    return _prod_page(x, axis=axis, keepdims=keepdims, dtype=dtype)


_cumprod_page, _cumsum_page, _prod_page = page("cumprod"), page("cumsum"), page("prod")

KERNELS = {"cumprod": cumprod, "cumsum": cumsum, "prod": prod}
