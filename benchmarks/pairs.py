"""Ratios of paired runs, with an interval; geometric means."""

from __future__ import annotations

from math import exp, log, sqrt
from statistics import fmean, stdev
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

# The 97.5 % points of Student's t with 1, 2, ... degrees of freedom.
T = (12.706, 4.303, 3.182, 2.776, 2.571, 2.447, 2.365, 2.306, 2.262, 2.228)


class Ratio(NamedTuple):
    """How many times as fast, and between what with a confidence of 95 %."""

    value: float
    low: float
    high: float

    def __str__(self) -> str:
        """Return the ratio, and its interval if it was measured more than once."""
        interval = "" if self.low == self.high else f" ({self.low:.2f} to {self.high:.2f})"
        return f"{self.value:.2f}x{interval}"


def ratio(others: Sequence[float], mine: Sequence[float]) -> Ratio:
    """Return the mean ratio of runs that stood side by side: Student's t on the logarithms."""
    logs = [log(a / b) for a, b in zip(others, mine, strict=True)]
    middle = fmean(logs)
    if len(logs) == 1:
        return Ratio(exp(middle), exp(middle), exp(middle))
    free = len(logs) - 1
    point = T[free - 1] if free <= len(T) else 1.96 + 2.6 / free
    margin = point * stdev(logs) / sqrt(len(logs))
    return Ratio(exp(middle), exp(middle - margin), exp(middle + margin))


def geometric_mean(values: Iterable[float]) -> float:
    """Return the geometric mean."""
    return exp(fmean(map(log, values)))
