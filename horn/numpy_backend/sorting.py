"""Elements in the order of their size, by NumPy's stable sorts."""

from __future__ import annotations

from typing import Any

import numpy as np

from horn.numpy_backend.elementwise import FAST
from horn.numpy_backend.pages import page


def sort(x: Any, axis: int | None = -1, descending: bool = False) -> Any:
    """Return the elements along `axis` in the order of their size."""
    if x.dtype not in FAST:
        return _sort_page(x, axis=axis, descending=descending)
    ordered = np.sort(x, axis)
    return np.flip(ordered, 0 if axis is None else axis) if descending else ordered


_sort_page = page("sort")

KERNELS = {"sort": sort}
