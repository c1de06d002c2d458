"""`Callback`: what may happen between the steps of training, and the list that calls them."""

from __future__ import annotations

from contextlib import ExitStack, contextmanager
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

Logs = dict[str, Any]

_BATCH_HOOKS = {
    "train": ("on_train_batch_begin", "on_train_batch_end"),
    "test": ("on_test_batch_begin", "on_test_batch_end"),
    "predict": ("on_predict_batch_begin", "on_predict_batch_end"),
}


class Callback:
    """The base of callbacks; override any of the hooks.

    `model` and `params` are set before the first hook. Overriding a batch hook makes the loop
    run one step per dispatch and read the logs after each, which costs speed.
    """

    model: Any = None
    params: dict[str, Any]

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

    def on_train_batch_begin(self, batch: int, logs: Logs | None = None) -> None:
        """Called before each batch of training."""

    def on_train_batch_end(self, batch: int, logs: Logs | None = None) -> None:
        """Called after each batch of training, with the running figures of the epoch."""

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


class CallbackList:
    """Callbacks as one: each hook is called on all, in order.

    Args:
        callbacks: The callbacks.
        model: The model that is trained.
        params: The number of epochs and steps, and how much to print.
    """

    def __init__(self, callbacks: Iterable[Callback], model: Any, params: dict[str, Any]) -> None:
        self.callbacks = list(callbacks)
        for callback in self.callbacks:
            callback.set_model(model)
            callback.set_params(params)

    def needs_batches(self, phase: str) -> bool:
        """Return whether any callback overrides a batch hook of a phase."""
        return any(
            getattr(type(callback), hook, None) is not getattr(Callback, hook)
            for callback in self.callbacks
            for hook in _BATCH_HOOKS[phase]
        )

    def call(self, hook: str, *args: Any) -> None:
        """Call one hook on every callback."""
        for callback in self.callbacks:
            getattr(callback, hook)(*args)

    @contextmanager
    def until_exit(self) -> Iterator[None]:
        """Run a block and call `on_exit` on every callback, however the block ends."""
        with ExitStack() as stack:
            for callback in reversed(self.callbacks):  # a stack: the last one in is the first one out
                stack.callback(callback.on_exit)
            yield


class History(Callback):
    """The figures of every epoch: what `fit` returns.

    Attributes:
        epoch: The numbers of the epochs.
        history: Name of a figure to one value for each epoch.
    """

    def __init__(self) -> None:
        self.epoch: list[int] = []
        self.history: dict[str, list[float]] = {}

    def on_epoch_end(self, epoch: int, logs: Logs | None = None) -> None:
        """Note the figures of an epoch."""
        self.epoch.append(epoch)
        for name, value in (logs or {}).items():
            self.history.setdefault(name, []).append(value)
