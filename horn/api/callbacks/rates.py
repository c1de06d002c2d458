"""Callbacks that change the learning rate: by a plan, or where a figure stands still."""

from __future__ import annotations

import inspect
from typing import TYPE_CHECKING, Any

import numpy as np

from horn import contract
from horn.api.bounds import real, whole
from horn.api.callbacks.callback import Callback
from horn.api.callbacks.monitor import Monitor, loudness
from horn.errors import ArgumentError
from horn.spec import ops
from horn.state.variable import Variable

if TYPE_CHECKING:
    from collections.abc import Callable

    from horn.api.callbacks.callback import Logs


def learning_rate(model: Any) -> float:
    """Return the present learning rate of a model, as a number."""
    with contract.context(backend=getattr(model, "backend", None) or contract.current_backend()):
        return float(ops.convert_to_numpy(model.optimizer.learning_rate))


def need_number(callback: Callback) -> None:
    """Raise `ArgumentError` unless the learning rate is a number, which can be changed."""
    optimizer = getattr(callback.model, "optimizer", None)
    if isinstance(getattr(optimizer, "learning_rate", None), Variable):
        return
    if optimizer is None:
        got = "a model without an optimizer"
    else:
        follows = hasattr(optimizer, "learning_rate")
        got = "one whose rate follows a schedule" if follows else "several optimizers with a rate for each"
    raise ArgumentError(
        f"{type(callback).__name__} has no learning rate to change.",
        expected="an optimizer whose learning_rate is a number",
        got=got,
        remedy="compile with a number as learning_rate, or leave the callback out",
    )


class LearningRateScheduler(Callback):
    """Sets the learning rate before each epoch.

    Args:
        schedule: A function of the number of the epoch, and if it takes a second argument of the
            present learning rate, that returns the new one.
        verbose: Whether to print it.

    Raises:
        ArgumentError: `schedule` is no function; in training, it returned no number, or the
            learning rate of the optimizer follows a schedule of its own.

    Example:
        >>> halving = LearningRateScheduler(lambda epoch, rate: rate / 2)
        >>> halving.schedule(0, 0.5)
        0.25
    """

    def __init__(self, schedule: Callable[..., float], verbose: int = 0) -> None:
        if not callable(schedule):
            raise ArgumentError(
                "LearningRateScheduler was given a schedule that cannot be called.",
                expected="a function of the epoch, or of the epoch and the learning rate",
                got=repr(schedule),
                remedy="write LearningRateScheduler(lambda epoch, rate: rate * 0.9)",
            )
        self.schedule = schedule
        self.verbose = loudness("LearningRateScheduler", verbose)
        self._takes_rate = _takes_two(schedule)

    def on_epoch_begin(self, epoch: int, logs: Logs | None = None) -> None:
        need_number(self)
        old = learning_rate(self.model)
        new = self.schedule(epoch, old) if self._takes_rate else self.schedule(epoch)
        new = real("LearningRateScheduler", "the result of schedule", new, "[0, inf)")
        self.model.optimizer.learning_rate = new
        if self.verbose:
            print(f"Epoch {epoch + 1}: the learning rate is {new:g}.")

    def on_epoch_end(self, epoch: int, logs: Logs | None = None) -> None:
        """Note the learning rate in the logs."""
        if logs is not None:
            logs["learning_rate"] = learning_rate(self.model)


def _takes_two(function: Callable[..., Any]) -> bool:
    try:
        inspect.signature(function).bind(0, 0.0)
    except TypeError:
        return False
    except ValueError:  # a builtin that tells nothing
        return True
    return True


class ReduceLROnPlateau(Monitor):
    """Multiplies the learning rate by a factor once a figure has not improved for some epochs.

    Args:
        monitor: The name of the figure.
        factor: What to multiply the learning rate by, below 1.
        patience: After how many epochs without a better figure.
        verbose: Whether to say so.
        mode: ``"min"``, ``"max"``, or ``"auto"`` to tell it from the name.
        min_delta: By how much a figure must change to count as better.
        cooldown: How many epochs after a reduction are not counted.
        min_lr: The learning rate is not made smaller than this.

    Raises:
        ArgumentError: See `Monitor`; and in training if the learning rate follows a schedule.

    Example:
        >>> ReduceLROnPlateau("loss", factor=0.5, patience=3).factor
        0.5
    """

    def __init__(
        self,
        monitor: str = "val_loss",
        factor: float = 0.1,
        patience: int = 10,
        verbose: int = 0,
        mode: str = "auto",
        min_delta: float = 1e-4,
        cooldown: int = 0,
        min_lr: float = 0.0,
    ) -> None:
        super().__init__(monitor, mode, min_delta, verbose)
        kind = type(self).__name__
        self.factor = real(kind, "factor", factor, "[0, 1)")
        self.patience = whole(kind, "patience", patience, low=0)
        self.cooldown = whole(kind, "cooldown", cooldown, low=0)
        self.min_lr = real(kind, "min_lr", min_lr, "[0, inf)")
        self._forget()

    def _forget(self) -> None:
        self.wait = self.cooldown_counter = 0
        self.best: float | None = None
        self._seen = False

    def on_train_begin(self, logs: Logs | None = None) -> None:
        need_number(self)
        self._forget()

    def in_cooldown(self) -> bool:
        """Return whether a reduction is too recent for another."""
        return self.cooldown_counter > 0

    def on_epoch_end(self, epoch: int, logs: Logs | None = None) -> None:
        value = self.reading(logs)
        if logs is not None:
            logs["learning_rate"] = learning_rate(self.model)
        if value is None:
            return
        if self.in_cooldown():
            self.cooldown_counter -= 1
            self.wait = 0
        if self.improved(value, self.best):
            self.best, self.wait = value, 0
        elif not self.in_cooldown():
            self.wait += 1
            if self.wait >= self.patience:
                self._reduce(epoch)

    def _reduce(self, epoch: int) -> None:
        old = learning_rate(self.model)
        if old <= np.float32(self.min_lr):  # the rate is kept in float32
            return
        new = max(old * self.factor, self.min_lr)
        self.model.optimizer.learning_rate = new
        if self.verbose:
            print(f"Epoch {epoch + 1}: the learning rate is reduced to {new:g}.")
        self.cooldown_counter, self.wait = self.cooldown, 0
