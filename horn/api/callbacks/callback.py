"""`Callback`: what may happen between the steps of training."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from horn.api.keywords import ExactKeywords

if TYPE_CHECKING:
    from collections.abc import Callable

    from horn.api.models.profile import Profile

Logs = dict[str, Any]


class Callback(ExactKeywords):
    """The base of callbacks; override any of the hooks.

    `model` and `params` are set before the first hook. Overriding a batch hook makes the loop
    run one step per dispatch and read the logs after each, which costs speed; `on_progress` does not.
    A callback may add to the logs of an epoch: those after it, and the history, see what it adds.

    Attributes:
        model: The model.
        params: ``"epochs"``, ``"steps"`` in an epoch (None if nobody knows) and ``"verbose"``.

    Raises:
        ArgumentError: An argument has a value that it cannot have, or does not exist.

    Example:
        >>> class Shout(Callback):
        ...     def on_epoch_end(self, epoch, logs=None):
        ...         print("epoch", epoch, "is over")
        >>> Shout().on_epoch_end(3)
        epoch 3 is over
    """

    model: Any = None
    params: Any = None

    def set_model(self, model: Any) -> None:
        """Remember the model."""
        self.model = model

    def set_params(self, params: dict[str, Any]) -> None:
        """Remember the number of epochs and of steps, and how much to print."""
        self.params = params

    def on_train_begin(self, logs: Logs | None = None) -> None:
        """Called before the first epoch."""

    def on_train_end(self, logs: Logs | None = None) -> None:
        """Called after the last epoch."""

    def on_epoch_begin(self, epoch: int, logs: Logs | None = None) -> None:
        """Called before each epoch; the first is number 0."""

    def on_epoch_end(self, epoch: int, logs: Logs | None = None) -> None:
        """Called after each epoch and its validation."""

    def on_batch_begin(self, batch: int, logs: Logs | None = None) -> None:
        """An older name of `on_train_batch_begin`."""

    def on_batch_end(self, batch: int, logs: Logs | None = None) -> None:
        """An older name of `on_train_batch_end`."""

    def on_train_batch_begin(self, batch: int, logs: Logs | None = None) -> None:
        """Called before each batch of training."""
        self.on_batch_begin(batch, logs)

    def on_train_batch_end(self, batch: int, logs: Logs | None = None) -> None:
        """Called after each batch of training, with the running figures of the epoch."""
        self.on_batch_end(batch, logs)

    def on_test_begin(self, logs: Logs | None = None) -> None:
        """Called before an evaluation."""

    def on_test_end(self, logs: Logs | None = None) -> None:
        """Called after an evaluation."""

    def on_test_batch_begin(self, batch: int, logs: Logs | None = None) -> None:
        """Called before each batch of an evaluation."""

    def on_test_batch_end(self, batch: int, logs: Logs | None = None) -> None:
        """Called after each batch of an evaluation."""

    def on_predict_begin(self, logs: Logs | None = None) -> None:
        """Called before a prediction."""

    def on_predict_end(self, logs: Logs | None = None) -> None:
        """Called after a prediction."""

    def on_predict_batch_begin(self, batch: int, logs: Logs | None = None) -> None:
        """Called before each batch of a prediction."""

    def on_predict_batch_end(self, batch: int, logs: Logs | None = None) -> None:
        """Called after each batch of a prediction."""

    def on_progress(self, phase: str, done: int, total: int | None, read_logs: Callable[[], Logs]) -> None:
        """Called after each dispatch of one or many steps, in every phase.

        Args:
            phase: ``"train"``, ``"test"`` or ``"predict"``.
            done: How many steps of the epoch are done.
            total: How many there are; None if nobody knows.
            read_logs: Gives the running figures; it waits for the device, so call it rarely.
        """

    def on_exit(self) -> None:
        """Called last, when `fit`, `evaluate` or `predict` is left: also by an exception or Ctrl-C."""


class History(Callback):
    """The figures of every epoch: what `fit` returns.

    Attributes:
        epoch: The numbers of the epochs.
        history: Name of a figure to one value for each epoch.
        profile: Where the time went, after ``fit(..., profile=True)``; otherwise None.

    Example:
        >>> history = History()
        >>> history.on_train_begin()
        >>> history.on_epoch_end(0, {"loss": 0.5})
        >>> history.epoch, history.history
        ([0], {'loss': [0.5]})
    """

    profile: Profile | None = None

    def __init__(self) -> None:
        self.epoch: list[int] = []
        self.history: dict[str, list[float]] = {}

    def on_epoch_end(self, epoch: int, logs: Logs | None = None) -> None:
        """Note the figures of an epoch."""
        self.epoch.append(epoch)
        for name, value in (logs or {}).items():
            self.history.setdefault(name, []).append(value)
