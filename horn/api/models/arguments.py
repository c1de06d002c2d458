"""Checks of what `fit`, `evaluate` and `predict` are told, made before anything changes."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from horn.api.bounds import whole
from horn.errors import ArgumentError


def check_fit(
    epochs: Any, initial_epoch: Any, shuffle: Any, share: Any, frequency: Any, **steps: Any
) -> None:
    """Raise `ArgumentError` for an argument of `fit` that means nothing.

    Args:
        epochs: The number of the last epoch.
        initial_epoch: The number of the first.
        shuffle: True, False or ``"batch"``.
        share: `validation_split`.
        frequency: `validation_freq`.
        **steps: Numbers of steps or examples by their names, each None or positive.
    """
    whole("fit", "epochs", epochs, low=0)
    whole("fit", "initial_epoch", initial_epoch, low=0)
    check_steps("fit", **steps)
    if not isinstance(shuffle, bool) and shuffle not in (0, 1, "batch"):
        raise ArgumentError(
            "fit was given a way to shuffle that it does not know.",
            expected="shuffle=True, shuffle=False or shuffle='batch'",
            got=f"shuffle={shuffle!r}",
            remedy="write shuffle=True",
        )
    if isinstance(share, bool) or not isinstance(share, int | float) or not 0 <= share < 1:
        raise ArgumentError(
            "fit was given a validation split outside of (0, 1).",
            expected="0 < validation_split < 1",
            got=f"validation_split={share!r}",
            remedy="pass the share of examples to hold out, such as 0.1",
        )
    if isinstance(frequency, Collection) and not frequency:
        raise ArgumentError(
            "fit was given no epochs to validate after.",
            expected="validation_freq as a number, or a list of the numbers of epochs",
            got=f"validation_freq={frequency!r}",
            remedy="write validation_freq=1, or leave the validation data away",
        )
    for number in frequency if isinstance(frequency, Collection) else [frequency]:
        whole("fit", "validation_freq", number)


def is_due(epoch: int, frequency: Any) -> bool:
    """Return whether an epoch, counted from 0, is validated.

    Example:
        >>> [is_due(epoch, 2) for epoch in range(4)], [is_due(epoch, [1, 4]) for epoch in range(4)]
        ([False, True, False, True], [True, False, False, True])
    """
    if isinstance(frequency, Collection):
        return epoch + 1 in frequency
    return (epoch + 1) % frequency == 0


def check_steps(method: str, **steps: Any) -> None:
    """Raise `ArgumentError` for a number of steps, by its name, that is neither None nor positive."""
    for name, value in steps.items():
        if value is not None:
            whole(method, name, value)
