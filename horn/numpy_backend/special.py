"""The error function, in float64 arithmetic for float32 and narrower."""

from __future__ import annotations

from typing import Any

import numpy as np

from horn.numpy_backend.pages import page

_NARROW = (np.dtype(np.float32), np.dtype(np.float16))
_END = 3.95
"""From here on the result is 1 in float32."""

# erf(x) / x as a quotient of polynomials in the square of x, fitted to within a third of a unit
# roundoff of float32 for all |x| up to the end. The highest powers come first.
_ABOVE = (
    2.025934221381826e-06, 0.00028468196230884617, 0.0038079466099843317, 0.05287478438423717,
    0.19154544216714722, 1.1283791438680573,
)  # fmt: skip
_BELOW = (
    3.783176851955625e-05, 0.0011706717939627973, 0.01505466161163451, 0.11455759439072921,
    0.5030854053081458, 1.0,
)  # fmt: skip


def erf(x: Any) -> Any:
    """Return the error function; the page serves float64, and what NumPy does not know itself."""
    if x.dtype not in _NARROW:
        return _erf_page(x)
    wide = np.clip(x, -_END, _END, dtype=np.float64)
    square = np.multiply(wide, wide)
    above, below = np.multiply(square, _ABOVE[0]), np.multiply(square, _BELOW[0])
    for a, b in zip(_ABOVE[1:-1], _BELOW[1:-1], strict=True):
        above += a
        above *= square
        below += b
        below *= square
    above += _ABOVE[-1]
    below += _BELOW[-1]
    above /= below
    above *= wide
    return np.asarray(above).astype(x.dtype)


_erf_page = page("erf")

KERNELS = {"erf": erf}
