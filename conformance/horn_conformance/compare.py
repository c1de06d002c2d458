"""The comparator: whether a result agrees with what the reference expects, and where it does not.

Masks come first: a NaN compares as nothing, so a check that only asks whether an error exceeds its
bound would let it pass. Shapes must be equal and never broadcast. The bound is always made from
the reference, never from the result.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from horn import dtypes
from horn.engine.numerics import LARGEST


class Mismatch(NamedTuple):
    """The first place where a result is wrong, and how wrong it is.

    Attributes:
        kind: ``"shape"``, ``"dtype"``, ``"nan"`` or ``"value"``.
        where: The index of the first wrong element.
        got: What the backend returned there.
        want: What the reference expects there.
        error: The absolute difference.
        allowed: The absolute difference that rounding explains.
        wrong: How many elements are wrong, and of how many.
    """

    kind: str
    where: tuple[int, ...]
    got: object
    want: object
    error: float = float("nan")
    allowed: float = 0.0
    wrong: str = ""

    def __str__(self) -> str:
        if self.kind in ("shape", "dtype"):
            return f"{self.kind}: got {self.got}, want {self.want}"
        at = f"[{', '.join(map(str, self.where))}]" if self.where else ""
        return (
            f"y{at}: got {self.got!s}, want {self.want!s}, |error| {self.error:.3g}, "
            f"allowed {self.allowed:.3g}; {self.wrong} wrong"
        )


def compare(got: np.ndarray, want: np.ndarray, bound: np.ndarray, dtype: str) -> Mismatch | None:
    """Return where `got` disagrees with the reference, or None.

    Args:
        got: The result of a backend, in `dtype`.
        want: The result of the reference: float64, an integer or bool.
        bound: The absolute error that is allowed for each element; infinite where anything goes.
        dtype: What the law says that the result has.
    """
    if got.shape != want.shape:
        return Mismatch("shape", (), got.shape, want.shape)
    if dtypes.canonical(got.dtype) != dtype:
        return Mismatch("dtype", (), dtypes.canonical(got.dtype), dtype)
    if not dtypes.is_float(dtype):
        return _first(got, want, ~(got == want) & ~np.isinf(bound), np.zeros(want.shape), "value")
    value = got.astype(np.float64)
    want = np.asarray(want, np.float64)
    with np.errstate(all="ignore"):
        return _compare_floats(value, want, np.broadcast_to(bound, want.shape), LARGEST[dtype])


def _compare_floats(got: np.ndarray, want: np.ndarray, bound: np.ndarray, largest: float) -> Mismatch | None:
    any_goes = np.isinf(bound)
    wrong = (np.isnan(got) != np.isnan(want)) & ~any_goes
    if wrong.any():
        return _first(got, want, wrong, bound, "nan")
    # What does not fit in the dtype has to be infinite, and what is next to that may be.
    overflows = np.abs(want) - bound > largest * (1.0 + 1e-3)
    may_overflow = np.abs(want) + bound >= largest
    infinite = np.isinf(got) & (np.sign(got) == np.sign(want)) & may_overflow
    close = (np.abs(got - want) <= bound) & ~overflows
    right = np.isnan(want) | infinite | close | (got == want) | any_goes
    return _first(got, want, ~right, bound, "value")


def _first(
    got: np.ndarray, want: np.ndarray, wrong: np.ndarray, bound: np.ndarray, kind: str
) -> Mismatch | None:
    if not wrong.any():
        return None
    where = tuple(int(i) for i in np.argwhere(wrong)[0])
    with np.errstate(all="ignore"):
        error = float(np.abs(np.float64(got[where]) - np.float64(want[where])))
    count = f"{int(wrong.sum())} of {wrong.size}"
    return Mismatch(kind, where, got[where], want[where], error, float(bound[where]), count)


def is_vague(want: np.ndarray, bound: np.ndarray) -> bool:
    """Return whether a bound says little: a tenth of the elements may be off by a hundredth."""
    finite = np.isfinite(want)
    if want.dtype.kind != "f" or not finite.any():
        return False
    scale = float(np.abs(want[finite]).max())
    return bool(scale > 0 and (bound[finite] > 1e-2 * scale).mean() > 0.1)
