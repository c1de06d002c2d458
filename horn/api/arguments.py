"""Checks of arguments at construction: what is wrong is said before anything changes."""

from __future__ import annotations

import math
import numbers
from typing import TYPE_CHECKING, Any

from horn.errors import ArgumentError, suggestion

if TYPE_CHECKING:
    from collections.abc import Sequence


def _refuse(owner: str, name: str, expected: str, value: Any, remedy: str) -> ArgumentError:
    return ArgumentError(
        f"{owner} was given a {name} that it cannot use.",
        expected=f"{name}: {expected}",
        got=repr(value),
        remedy=remedy,
    )


def check_number(
    owner: str,
    name: str,
    value: Any,
    low: float = -math.inf,
    high: float = math.inf,
    *,
    open_low: bool = False,
    open_high: bool = False,
) -> float:
    """Return `value` if it is a finite number from `low` to `high`, else raise `ArgumentError`.

    Args:
        owner: The class, for the message.
        name: The argument.
        value: What was given.
        low: The smallest number that is taken.
        high: The largest.
        open_low: Whether `low` itself is refused.
        open_high: Whether `high` itself is refused.

    Example:
        >>> check_number("Huber", "delta", 1.5, 0)
        1.5
    """
    fits = isinstance(value, numbers.Real) and not isinstance(value, bool) and math.isfinite(value)
    fits = (
        fits
        and low <= value <= high
        and not (open_low and value == low)
        and not (open_high and value == high)
    )
    if not fits:
        below = f"{'above' if open_low else 'from'} {low:g} " if low > -math.inf else ""
        above = f"{'below' if open_high else 'up to'} {high:g} " if high < math.inf else ""
        raise _refuse(owner, name, f"a finite number {below}{above}".strip(), value, f"choose such a {name}")
    return value


def check_integer(owner: str, name: str, value: Any, low: int | None = None) -> int:
    """Return `value` as an int if it is an integer of at least `low`, else raise `ArgumentError`."""
    if (
        not isinstance(value, numbers.Integral)
        or isinstance(value, bool)
        or (low is not None and value < low)
    ):
        least = "" if low is None else f" of at least {low}"
        raise _refuse(owner, name, f"an integer{least}", value, f"choose such a {name}")
    return int(value)


def check_choice(owner: str, name: str, value: Any, choices: Sequence[Any]) -> Any:
    """Return `value` if it is one of `choices`, else raise `ArgumentError`."""
    if not any(value is choice or (type(value) is type(choice) and value == choice) for choice in choices):
        known = [choice for choice in choices if choice is not None]
        raise _refuse(owner, name, f"one of {', '.join(map(repr, choices))}", value, suggestion(value, known))
    return value
