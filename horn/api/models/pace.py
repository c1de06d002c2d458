"""How many steps to run before the loop looks up: at callbacks, the display and Ctrl-C."""

from __future__ import annotations

_SECONDS, _LONGEST_SECONDS = 0.05, 0.4
_MOST_STEPS = 4096
_PAYS = 0.96
"""What part of its time a step must take in longer dispatches to make up for them."""


_REST = 4
"""What part of a dispatch the rest behind it may have to be taken along."""


class Pace:
    """How many steps to run in one dispatch, unless told.

    As many as take 50 ms; where a dispatch costs much by itself, twice as many for as long as that makes
    a step cheaper, up to 400 ms. A short rest of an epoch is taken along.

    Args:
        fixed: The number, if it is given.
    """

    def __init__(self, fixed: int | None = None) -> None:
        self.fixed = fixed
        self.next = 1
        self._before = 0.0  # seconds of a step when dispatches had half as many

    def steps(self, left: int) -> int:
        """Return how many of the steps that are left to run now."""
        if self.fixed:
            return min(left, self.fixed)
        return left if left <= self.next + self.next // _REST else self.next

    def took(self, seconds: float, count: int) -> None:
        """Adapt the next dispatch to the time of one of `count` steps."""
        if seconds > _LONGEST_SECONDS:
            self.next, self._before = max(count // 2, 1), 0.0
        elif count < self.next:
            return  # the end of an epoch
        elif seconds < _SECONDS or (seconds < _LONGEST_SECONDS / 2 and seconds / count < _PAYS * self._before):
            self.next, self._before = min(2 * count, _MOST_STEPS), seconds / count
