"""Callbacks that end training: when it gets no better, or when the loss is no number any more."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

from horn.api.bounds import flag, real, whole
from horn.api.callbacks.callback import Callback
from horn.api.callbacks.monitor import Monitor
from horn.errors import NumericalError

if TYPE_CHECKING:
    from collections.abc import Callable

    from horn.api.callbacks.callback import Logs


class EarlyStopping(Monitor):
    """Ends training once a figure has not improved for some epochs.

    Args:
        monitor: The name of the figure.
        min_delta: By how much it must change to count as better.
        patience: After how many epochs without a better figure to stop.
        verbose: Whether to say so.
        mode: ``"min"``, ``"max"``, or ``"auto"`` to tell it from the name.
        baseline: A figure that must be bettered as well; until then epochs count as without progress.
        restore_best_weights: Whether to end with the weights of the best epoch. They are kept as
            copies on the host.
        start_from_epoch: The first epoch to look at.

    Attributes:
        best: The best figure so far.
        best_epoch: The epoch that it is from.
        stopped_epoch: The epoch that was the last; 0 if training was not stopped.

    Raises:
        ArgumentError: See `Monitor`.

    Reference:
        Prechelt, Early stopping - but when?, in Neural Networks: Tricks of the Trade (1998).

    Example:
        >>> class Model:
        ...     stop_training = False
        >>> stopping = EarlyStopping("loss", patience=2)
        >>> stopping.set_model(Model())
        >>> stopping.on_train_begin()
        >>> for epoch, loss in enumerate([3.0, 1.0, 2.0, 2.0]):
        ...     stopping.on_epoch_end(epoch, {"loss": loss})
        >>> stopping.model.stop_training, stopping.best_epoch
        (True, 1)
    """

    def __init__(
        self,
        monitor: str = "val_loss",
        min_delta: float = 0,
        patience: int = 0,
        verbose: int = 0,
        mode: str = "auto",
        baseline: float | None = None,
        restore_best_weights: bool = False,
        start_from_epoch: int = 0,
    ) -> None:
        super().__init__(monitor, mode, min_delta, verbose)
        kind = type(self).__name__
        self.patience = whole(kind, "patience", patience, low=0)
        self.baseline = None if baseline is None else real(kind, "baseline", baseline)
        self.restore_best_weights = flag(kind, "restore_best_weights", restore_best_weights)
        self.start_from_epoch = whole(kind, "start_from_epoch", start_from_epoch, low=0)
        self._forget()

    def _forget(self) -> None:
        self.wait = self.stopped_epoch = self.best_epoch = 0
        self.best: float | None = None
        self.best_weights: list[Any] | None = None
        self._seen = False

    def on_train_begin(self, logs: Logs | None = None) -> None:
        self._forget()

    def on_epoch_end(self, epoch: int, logs: Logs | None = None) -> None:
        value = self.reading(logs)
        if value is None or epoch < self.start_from_epoch:
            return
        self.wait += 1
        if self.improved(value, self.best):
            self.best = value
            self._keep(epoch)
            if self.baseline is None or self.improved(value, self.baseline):
                self.wait = 0
        elif self.wait >= self.patience and epoch > 0:
            self.stopped_epoch = epoch
            self.model.stop_training = True

    def on_train_end(self, logs: Logs | None = None) -> None:
        if self.stopped_epoch and self.verbose:
            print(f"Epoch {self.stopped_epoch + 1}: stopped, as {self.monitor} got no better.")
        if self.best_weights is not None:
            if self.verbose:
                print(f"The weights are those of the best epoch, number {self.best_epoch + 1}.")
            self.model.set_weights(self.best_weights)

    def _keep(self, epoch: int) -> None:
        self.best_epoch = epoch
        if self.restore_best_weights:
            self.best_weights = self.model.get_weights()


class TerminateOnNaN(Callback):
    """Ends training when the loss is NaN or infinite.

    It reads the loss after each dispatch, of one step or of many, and forces none to be shorter;
    `fit` ends there, and not at the end of the epoch.

    Args:
        raise_error: Whether to raise an error instead, which no later callback sees.

    Raises:
        NumericalError: In training, with `raise_error`.

    Example:
        >>> class Model:
        ...     stop_training = False
        >>> watch = TerminateOnNaN()
        >>> watch.set_model(Model())
        >>> watch.on_progress("train", 1, None, lambda: {"loss": float("nan")})
        Step 1: the loss is nan, training ends.
        >>> watch.model.stop_training
        True
    """

    def __init__(self, raise_error: bool = False) -> None:
        self.raise_error = flag("TerminateOnNaN", "raise_error", raise_error)

    def on_progress(self, phase: str, done: int, total: int | None, read_logs: Callable[[], Logs]) -> None:
        if phase != "train":
            return
        loss = read_logs().get("loss")
        if loss is None or math.isfinite(loss):
            return
        if self.raise_error:
            raise NumericalError(
                "The loss of training is no finite number any more.",
                expected="a finite loss after every step",
                got=f"{loss} after step {done} of the epoch",
                remedy="lower the learning rate, clip the gradients, or look for extreme values in the data",
            )
        print(f"Step {done}: the loss is {loss}, training ends.")
        self.model.stop_training = True
