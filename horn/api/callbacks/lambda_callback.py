"""`LambdaCallback`: a callback made of functions."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from horn.api.bounds import function
from horn.api.callbacks.callback import Callback
from horn.api.keywords import refuse_unknown

if TYPE_CHECKING:
    from collections.abc import Callable


class LambdaCallback(Callback):
    """A callback made of functions; each takes what the hook of its name takes.

    Args:
        on_epoch_begin: Takes the number of the epoch and the logs.
        on_epoch_end: The same.
        on_train_begin: Takes the logs.
        on_train_end: The same.
        on_train_batch_begin: Takes the number of the batch and the logs; costs speed, see `Callback`.
        on_train_batch_end: The same.
        **kwargs: Functions for other hooks of `Callback`.

    Raises:
        ArgumentError: There is no such hook, or something cannot be called.

    Example:
        >>> callback = LambdaCallback(on_epoch_end=lambda epoch, logs: print(epoch, logs["loss"]))
        >>> callback.on_epoch_end(0, {"loss": 0.5})
        0 0.5
    """

    def __init__(
        self,
        on_epoch_begin: Callable[..., Any] | None = None,
        on_epoch_end: Callable[..., Any] | None = None,
        on_train_begin: Callable[..., Any] | None = None,
        on_train_end: Callable[..., Any] | None = None,
        on_train_batch_begin: Callable[..., Any] | None = None,
        on_train_batch_end: Callable[..., Any] | None = None,
        **kwargs: Callable[..., Any],
    ) -> None:
        given = {
            "on_epoch_begin": on_epoch_begin,
            "on_epoch_end": on_epoch_end,
            "on_train_begin": on_train_begin,
            "on_train_end": on_train_end,
            "on_train_batch_begin": on_train_batch_begin,
            "on_train_batch_end": on_train_batch_end,
            **kwargs,
        }
        hooks = [name for name in vars(Callback) if name.startswith("on_")]
        refuse_unknown(LambdaCallback, kwargs, hooks)
        for hook, made in given.items():
            if made is not None:
                setattr(self, hook, function("LambdaCallback", hook, made))
