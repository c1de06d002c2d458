"""Checks of the arguments that users pass, made before anything is built from them."""

from __future__ import annotations

import math
from contextlib import contextmanager
from os import PathLike, fspath
from typing import TYPE_CHECKING, Any

import numpy as np

from horn.errors import ArgumentError, HornError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator


def real(owner: str, argument: str, value: Any, interval: str = "(-inf, inf)") -> float:
    """Return `value` if it is a number in an interval.

    Args:
        owner: What was given the argument, for the message: ``"Adam"``.
        argument: The name of the argument.
        value: What the user wrote.
        interval: As mathematicians write it: ``"[0, 1)"`` has its lower bound and lacks the upper.

    Raises:
        ArgumentError: It is no number, NaN, or outside.

    Example:
        >>> real("Adam", "beta_1", 0.9, "[0, 1)")
        0.9
    """
    low, high = (float(bound) for bound in interval[1:-1].split(","))
    is_number = isinstance(value, int | float | np.number) and not isinstance(value, bool)
    if is_number and (low <= value <= high):
        inside = (value > low or interval[0] == "[") and (value < high or interval[-1] == "]")
        if inside:
            return value if isinstance(value, int | float) else float(value)
    raise ArgumentError(
        f"{owner} was given a number for {argument} that it cannot have.",
        expected=f"{argument} as a number in {interval}",
        got=f"{argument}={value!r}",
        remedy=f"write {argument}={_example(low, high)}",
    )


def _example(low: float, high: float) -> str:
    """Return a number inside of an interval."""
    if math.isfinite(low) and math.isfinite(high):
        return f"{(low + high) / 2:g}"
    return f"{low + 1:g}" if math.isfinite(low) else f"{min(high - 1, 0.0):g}"


def whole(owner: str, argument: str, value: Any, low: int = 1) -> int:
    """Return `value` if it is an integer of `low` or more.

    Raises:
        ArgumentError: It is no integer, or less.

    Example:
        >>> whole("SGD", "gradient_accumulation_steps", 4, low=2)
        4
    """
    if isinstance(value, bool) or not hasattr(value, "__index__") or int(value) < low:
        raise ArgumentError(
            f"{owner} was given a number for {argument} that it cannot have.",
            expected=f"{argument} as an integer, {low} or more",
            got=f"{argument}={value!r}",
            remedy=f"write {argument}={low}",
        )
    return int(value)


def flag(owner: str, argument: str, value: Any) -> bool:
    """Return `value` if it is True or False."""
    if not isinstance(value, bool | np.bool_):
        raise ArgumentError(
            f"{owner} was given something for {argument} that is neither True nor False.",
            expected=f"{argument}=True or {argument}=False",
            got=f"{argument}={value!r}",
            remedy=f"write {argument}=True",
        )
    return bool(value)


def seed(owner: str, value: Any) -> int | None:
    """Return `value` if it is an integer, or None for the seed of the process."""
    if value is not None and (isinstance(value, bool) or not hasattr(value, "__index__")):
        raise ArgumentError(
            f"{owner} was given a seed that is none.",
            expected="an integer, or None for the seed of the process",
            got=f"seed={value!r}",
            remedy="write seed=0",
        )
    return None if value is None else int(value)


def name(owner: str, value: Any, argument: str = "name", without: str = "") -> str | None:
    """Return `value` if it is a string, or None for what stands for it.

    Args:
        owner: What was given the argument.
        value: What the user wrote.
        argument: The name of the argument.
        without: A character that the string cannot have.
    """
    if value is not None and (not isinstance(value, str) or (without and without in value)):
        raise ArgumentError(
            f"{owner} was given something for {argument} that is no name.",
            expected=f"{argument} as a string" + (f" without {without!r}" if without else ""),
            got=f"{argument}={value!r}",
            remedy=f"write {argument}='first', or leave it away",
        )
    return value


def function(owner: str, argument: str, value: Any) -> Callable[..., Any]:
    """Return `value` if it can be called."""
    if not callable(value):
        raise ArgumentError(
            f"{owner} was given something for {argument} that cannot be called.",
            expected=f"{argument} as a function",
            got=f"{argument}={value!r}",
            remedy=f"pass a function, without calling it: {argument}=my_function",
        )
    return value


def several(owner: str, argument: str, value: Any) -> list[Any]:
    """Return the members of `value` if it is a list, a tuple or an array, and not empty."""
    if not isinstance(value, list | tuple | np.ndarray) or not len(value):
        raise ArgumentError(
            f"{owner} was given something for {argument} that is no list, or an empty one.",
            expected=f"{argument} as a list",
            got=f"{argument}={value!r}",
            remedy=f"write {argument}=[...], with one member or more",
        )
    return list(value)


def path(owner: str, argument: str, value: Any) -> str:
    """Return `value` as a string if it can be the path of a file."""
    if not isinstance(value, str | PathLike) or not fspath(value):
        raise ArgumentError(
            f"{owner} was given something for {argument} that is no path.",
            expected=f"{argument} as a string or a pathlib.Path",
            got=f"{argument}={value!r}",
            remedy=f"write {argument}='folder/file'",
        )
    return fspath(value)


@contextmanager
def about(owner: str, argument: str) -> Iterator[None]:
    """Say on an error of the block which argument it is about."""
    try:
        yield
    except HornError as error:
        error.add_note(f"  in argument: {argument} of {owner}")
        raise


def choice(owner: str, argument: str, value: Any, choices: tuple[str, ...]) -> str:
    """Return `value` if it is one of some words."""
    if value not in choices:
        raise ArgumentError(
            f"{owner} was given a word for {argument} that it does not know.",
            expected=f"one of {', '.join(choices)}",
            got=f"{argument}={value!r}",
            remedy=f"write {argument}={choices[0]!r}",
        )
    return value
