"""`CallbackList`: callbacks as one, which is what the loops call."""

from __future__ import annotations

from contextlib import ExitStack, contextmanager
from typing import TYPE_CHECKING, Any

from horn.api.bounds import flag
from horn.api.callbacks.callback import Callback, History
from horn.api.callbacks.progress import ProgbarLogger
from horn.errors import ArgumentError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

_BATCH_HOOKS = {
    "train": ("on_train_batch_begin", "on_train_batch_end", "on_batch_begin", "on_batch_end"),
    "test": ("on_test_batch_begin", "on_test_batch_end"),
    "predict": ("on_predict_batch_begin", "on_predict_batch_end"),
}


def _on_all(hook: str) -> Callable[..., None]:
    """Return a method that calls a hook on every callback."""

    def called(self: CallbackList, *args: Any, **kwargs: Any) -> None:
        self.call(hook, *args, **kwargs)

    called.__name__ = hook
    called.__doc__ = f"Call `{hook}` on every callback, in order."
    return called


class CallbackList(Callback):
    """Callbacks as one: each hook is called on all, in order.

    A callback of another library serves as well if it has Keras's hooks; those of Horn alone
    (`on_progress`, `on_exit`) are not missed.

    Args:
        callbacks: The callbacks.
        add_history: Whether to add a `History`, unless there is one.
        add_progbar: Whether to add a `ProgbarLogger`, unless there is one.
        model: The model that is trained.
        **params: The number of epochs and steps, and how much to print.

    Raises:
        ArgumentError: Something in the list is no callback.

    Example:
        >>> both = CallbackList([Callback()], add_history=True, epochs=3)
        >>> both.on_epoch_end(0, {"loss": 0.5})
        >>> both.callbacks[1].history
        {'loss': [0.5]}
    """

    def __init__(
        self,
        callbacks: Iterable[Any] | Callback | None = None,
        add_history: bool = False,
        add_progbar: bool = False,
        model: Any = None,
        **params: Any,
    ) -> None:
        self.callbacks = [_checked(one) for one in members(callbacks)]
        flag("CallbackList", "add_history", add_history)
        flag("CallbackList", "add_progbar", add_progbar)
        for wanted, kind in ((add_progbar, ProgbarLogger), (add_history, History)):
            if wanted and not any(isinstance(one, kind) for one in self.callbacks):
                self.callbacks.append(kind())
        if model is not None:
            self.set_model(model)
        if params:
            self.set_params(params)

    def append(self, callback: Callback) -> None:
        """Add a callback."""
        self.callbacks.append(_checked(callback))

    def set_model(self, model: Any) -> None:
        super().set_model(model)
        self.call("set_model", model)

    def set_params(self, params: dict[str, Any]) -> None:
        super().set_params(params)
        self.call("set_params", params)

    def needs_batches(self, phase: str) -> bool:
        """Return whether any callback has a batch hook of a phase, of its class or of its own."""
        return bool(self.with_batch_hooks(phase))

    def with_batch_hooks(self, phase: str) -> list[str]:
        """Return the names of the classes whose callbacks have a batch hook of a phase."""
        return [
            type(callback).__name__
            for callback in self.callbacks
            if any(
                getattr(getattr(callback, hook), "__func__", None) is not getattr(Callback, hook)
                for hook in _BATCH_HOOKS[phase]
                if hasattr(callback, hook)
            )
        ]

    def call(self, hook: str, *args: Any, **kwargs: Any) -> None:
        """Call one hook on every callback that has it."""
        for callback in self.callbacks:
            found = getattr(callback, hook, None)
            if found is not None:
                found(*args, **kwargs)

    @contextmanager
    def until_exit(self) -> Iterator[None]:
        """Run a block and call `on_exit` on every callback, however the block ends."""
        with ExitStack() as stack:
            for callback in reversed(self.callbacks):  # a stack: the last one in is the first one out
                if hasattr(callback, "on_exit"):
                    stack.callback(callback.on_exit)
            yield

    on_train_begin = _on_all("on_train_begin")
    on_train_end = _on_all("on_train_end")
    on_epoch_begin = _on_all("on_epoch_begin")
    on_epoch_end = _on_all("on_epoch_end")
    on_batch_begin = _on_all("on_train_batch_begin")
    on_batch_end = _on_all("on_train_batch_end")
    on_train_batch_begin = _on_all("on_train_batch_begin")
    on_train_batch_end = _on_all("on_train_batch_end")
    on_test_begin = _on_all("on_test_begin")
    on_test_end = _on_all("on_test_end")
    on_test_batch_begin = _on_all("on_test_batch_begin")
    on_test_batch_end = _on_all("on_test_batch_end")
    on_predict_begin = _on_all("on_predict_begin")
    on_predict_end = _on_all("on_predict_end")
    on_predict_batch_begin = _on_all("on_predict_batch_begin")
    on_predict_batch_end = _on_all("on_predict_batch_end")
    on_progress = _on_all("on_progress")
    on_exit = _on_all("on_exit")


def members(callbacks: Iterable[Any] | Callback | None) -> list[Any]:
    """Return callbacks as a list: those of a `CallbackList`, of any iterable, or a single one."""
    if callbacks is None:
        return []
    if isinstance(callbacks, CallbackList):
        return list(callbacks.callbacks)
    return list(callbacks) if hasattr(callbacks, "__iter__") else [callbacks]  # type: ignore[arg-type]


def _checked(callback: Any) -> Any:
    if isinstance(callback, type) or not hasattr(callback, "set_model"):
        name = callback.__name__ if isinstance(callback, type) else repr(callback)
        raise ArgumentError(
            "Something was passed as a callback that is none.",
            expected="objects of classes that derive from horn.callbacks.Callback",
            got=f"the class {name}" if isinstance(callback, type) else name,
            remedy=f"write {name}(...)" if isinstance(callback, type) else "derive its class from Callback",
        )
    return callback
