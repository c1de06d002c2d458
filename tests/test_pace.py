"""Dispatches are as long as 50 ms, longer where that pays, and as earlier runs have found."""

from __future__ import annotations

import pytest

from horn.api.models.pace import Pace


def settled(fixed: float, step: float, dispatches: int = 40) -> int:
    """Return how many steps a dispatch has in the end, where one costs `fixed` and `step` for each."""
    pace = Pace()
    for _ in range(dispatches):
        count = pace.steps(10**6)
        pace.took(fixed + step * count, count)
    return pace.steps(10**6)


@pytest.mark.parametrize(
    ("fixed", "step", "wanted"),
    [
        (0.0, 1e-3, 64),  # the first power of two beyond 50 ms
        (0.0, 0.2, 1),
        (13e-3, 6e-3, 32),  # 205 ms: a dispatch is a fifteenth of it, and twice as long is too long
        (1e-3, 1e-6, 4096),
        (0.0, 2.0, 1),
    ],
)
def test_how_many_steps(fixed: float, step: float, wanted: int) -> None:
    assert settled(fixed, step) == wanted


def test_slower_steps_shorten_a_dispatch_and_the_end_of_an_epoch_says_nothing() -> None:
    pace = Pace()
    for _ in range(8):
        pace.took(1e-3 * pace.next, pace.next)
    assert pace.next == 64
    pace.took(1e-3, 1)
    assert pace.next == 64
    assert pace.steps(10) == 10
    pace.took(6.4, 64)
    assert pace.next == 32


def test_a_short_rest_is_taken_along() -> None:
    pace = Pace()
    for _ in range(6):
        pace.took(1e-3 * pace.next, pace.next)
    assert pace.next == 64
    assert [pace.steps(left) for left in (200, 81, 80, 64, 3)] == [64, 64, 80, 64, 3]
    pace.took(0.08, 80)
    assert pace.next == 64


def test_a_number_that_is_given_stays() -> None:
    pace = Pace(3)
    pace.took(1e-9, 3)
    assert pace.steps(10) == 3
