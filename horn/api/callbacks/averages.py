"""`SwapEMAWeights`: the averages of the weights in their place while a model is tested."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from horn.api.bounds import flag
from horn.api.callbacks.callback import Callback
from horn.errors import ArgumentError

if TYPE_CHECKING:
    from horn.api.callbacks.callback import Logs


class SwapEMAWeights(Callback):
    """Puts the running averages of the weights in their place for evaluation and prediction.

    The optimizer keeps the averages (``use_ema=True``). The weights themselves wait on the host, and
    come back afterwards, also after an exception.

    Args:
        swap_on_epoch: Whether the averages are in place from the end of each epoch to the beginning
            of the next, too: a `ModelCheckpoint` that comes after this callback then writes them.

    Raises:
        ArgumentError: The model has no optimizer with ``use_ema=True``.

    Reference:
        Polyak and Juditsky, Acceleration of stochastic approximation by averaging (1992).

    Example:
        >>> SwapEMAWeights(swap_on_epoch=True).swap_on_epoch
        True
    """

    def __init__(self, swap_on_epoch: bool = False) -> None:
        self.swap_on_epoch = flag("SwapEMAWeights", "swap_on_epoch", swap_on_epoch)
        self._own: list[Any] | None = None  # the weights, while the averages are in their place

    def on_train_begin(self, logs: Logs | None = None) -> None:
        self._need_averages()

    def on_epoch_begin(self, epoch: int, logs: Logs | None = None) -> None:
        self._put_back()

    def on_epoch_end(self, epoch: int, logs: Logs | None = None) -> None:
        if self.swap_on_epoch:
            self._put_averages()

    def on_train_end(self, logs: Logs | None = None) -> None:
        """Leave the averages in place: `fit` has put them there."""
        self._own = None

    def on_test_begin(self, logs: Logs | None = None) -> None:
        self._put_averages()

    def on_test_end(self, logs: Logs | None = None) -> None:
        self._put_back()

    def on_predict_begin(self, logs: Logs | None = None) -> None:
        self._put_averages()

    def on_predict_end(self, logs: Logs | None = None) -> None:
        self._put_back()

    def on_exit(self) -> None:
        self._put_back()

    def _put_averages(self) -> None:
        self._need_averages()
        optimizer = self.model.optimizer
        if self._own is None and int(optimizer.iterations):  # before the first step there are none
            self._own = [variable.numpy() for variable in self.model.trainable_variables]
            optimizer.finalize_variable_values(self.model.trainable_variables)

    def _put_back(self) -> None:
        if self._own is not None:
            for variable, value in zip(self.model.trainable_variables, self._own, strict=True):
                variable.assign(value)
            self._own = None

    def _need_averages(self) -> None:
        optimizer = getattr(self.model, "optimizer", None)
        if not getattr(optimizer, "use_ema", False):
            raise ArgumentError(
                "SwapEMAWeights has no averages to put in place.",
                expected="a model compiled with an optimizer that has use_ema=True",
                got="no optimizer" if optimizer is None else f"{optimizer!r} with use_ema=False",
                remedy="compile with such an optimizer: Adam(use_ema=True)",
            )
