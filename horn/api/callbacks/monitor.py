"""`Monitor`: the base of callbacks that follow one figure, and know when it is better than before."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import numpy as np

from horn import dtypes, settings
from horn.api.bounds import choice, real, whole
from horn.api.callbacks.callback import Callback
from horn.errors import ArgumentError, suggestion

if TYPE_CHECKING:
    from horn.api.callbacks.callback import Logs

_DOWN = re.compile(
    r"loss|error|entropy|divergence|hinge|log_?cosh|poisson|huber|perplexity|^false_"
    r"|(^|_)(mae|mse|rmse|mape|msle|kld|bce|cce)$"
)
_UP = re.compile(
    r"acc|auc|precision|recall|sensitivity|specificity|io_?u|f1|f_?beta|r2|similarity|correlation|^true_"
)


class Monitor(Callback):
    """The base of callbacks that follow one figure of the logs.

    Args:
        monitor: The name of the figure, such as ``"val_loss"``.
        mode: ``"min"`` where smaller is better, ``"max"``, or ``"auto"`` to tell it from the name.
        min_delta: By how much a figure must differ to count as better.
        verbose: Whether to say what was done.

    Raises:
        ArgumentError: An argument means nothing; at the end of the first epoch, too, if there is no
            figure of that name, or its direction cannot be told.
    """

    def __init__(self, monitor: str, mode: str, min_delta: float, verbose: int) -> None:
        kind = type(self).__name__
        if not isinstance(monitor, str) or not monitor:
            raise ArgumentError(
                f"{kind} was given no figure to follow.",
                expected="monitor as the name of a figure, such as 'val_loss'",
                got=f"monitor={monitor!r}",
                remedy="write monitor='val_loss'",
            )
        self.monitor = monitor
        self.mode = choice(kind, "mode", mode, ("auto", "min", "max"))
        self.min_delta = abs(real(kind, "min_delta", min_delta))
        self.verbose = loudness(kind, verbose)
        self._rises: bool | None = None
        self._seen = False

    def reading(self, logs: Logs | None) -> float | None:
        """Return the figure, or None in an epoch that lacks it though others have it.

        Raises:
            ArgumentError: There is no such figure.
        """
        logs = logs or {}
        if self.monitor in logs:
            self._seen = True
            return float(logs[self.monitor])
        if not self._seen and not self._awaits_validation(logs):
            raise ArgumentError(
                f"{type(self).__name__} follows a figure that does not exist.",
                expected=f"one of {', '.join(logs)}"
                if logs
                else "figures in the logs, of which there are none",
                got=f"monitor={self.monitor!r}",
                remedy=self._remedy(logs),
            )
        return None

    def improved(self, value: float, best: float | None) -> bool:
        """Return whether a figure is better than another; anything is better than None."""
        if self._rises is None:
            self._rises = self._told_rises()
        if best is None:
            return True
        # As Keras does, in the default float: what it cannot tell apart is not better.
        number = dtypes.numpy_dtype(settings.floatx()).type
        with np.errstate(over="ignore"):
            if self._rises:
                return bool(number(value - self.min_delta) > number(best))
            return bool(number(value + self.min_delta) < number(best))

    def _awaits_validation(self, logs: Logs) -> bool:
        """Return whether an epoch to come may have the figure: one that is validated, as this was not."""
        trained = self.monitor.removeprefix("val_")
        validated = any(name.startswith("val_") for name in logs)
        return trained != self.monitor and trained in logs and not validated and _validates(self.model)

    def _remedy(self, logs: Logs) -> str:
        if self.monitor.removeprefix("val_") in logs:
            return "pass validation_data or validation_split to fit, or follow a figure of the training"
        return suggestion(self.monitor, logs)

    def _told_rises(self) -> bool:
        """Return whether more is better: by `mode`, by the metric itself, or by its name."""
        if self.mode != "auto":
            return self.mode == "max"
        name = self.monitor.removeprefix("val_")
        for metric in getattr(self.model, "metrics", ()):
            told = getattr(metric, "_direction", None)
            if metric.name == name and told in ("up", "down"):
                return told == "up"
        if _DOWN.search(name):
            return False
        if _UP.search(name):
            return True
        raise ArgumentError(
            f"{type(self).__name__} cannot tell whether more or less of {self.monitor!r} is better.",
            expected="a figure with a telling name, or mode='min' or mode='max'",
            got=f"monitor={self.monitor!r}, mode='auto'",
            remedy="write mode='min' or mode='max'",
        )


def _validates(model: Any) -> bool:
    return bool(getattr(model, "_validates", False))


def loudness(owner: str, verbose: Any) -> int:
    """Return `verbose` as an integer: 0 for silence, more to say what was done."""
    return whole(owner, "verbose", int(verbose) if isinstance(verbose, bool) else verbose, low=0)
