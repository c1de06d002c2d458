"""`ModelCheckpoint`: weights written to files while training goes on."""

from __future__ import annotations

import os
from pathlib import Path
from string import Formatter
from typing import TYPE_CHECKING, Any

from horn.api.bounds import flag, path, real, whole
from horn.api.callbacks.monitor import Monitor
from horn.errors import ArgumentError

if TYPE_CHECKING:
    from horn.api.callbacks.callback import Logs

_SUFFIX = ".weights.h5"


class ModelCheckpoint(Monitor):
    """Writes the weights to a file after epochs, or after numbers of batches.

    Args:
        filepath: Ends in ``.weights.h5``, and may hold figures to fill in:
            ``"{epoch:02d}-{val_loss:.2f}.weights.h5"``. Epochs and batches (``{batch}``) count from 1.
        monitor: With `save_best_only`, the figure that decides.
        verbose: Whether to say what was written.
        save_best_only: Whether to write only where the figure is better than ever.
        save_weights_only: Must be True: whole models cannot be written.
        mode: ``"min"``, ``"max"``, or ``"auto"`` to tell it from the name.
        save_freq: ``"epoch"``, or after how many batches to write. A number makes the loop run
            one step per dispatch, which costs speed.
        initial_value_threshold: With `save_best_only`, what the first figure must be better than.

    Raises:
        ArgumentError: See `Monitor`; or the path ends otherwise, or asks for a figure that the logs
            do not have.

    Example:
        >>> checkpoint = ModelCheckpoint("/tmp/{epoch:03d}.weights.h5", save_weights_only=True)
        >>> checkpoint.path(0, None, {"loss": 0.5}).name
        '001.weights.h5'
    """

    def __init__(
        self,
        filepath: str | os.PathLike[str],
        monitor: str = "val_loss",
        verbose: int = 0,
        save_best_only: bool = False,
        save_weights_only: bool = False,
        mode: str = "auto",
        save_freq: int | str = "epoch",
        initial_value_threshold: float | None = None,
    ) -> None:
        super().__init__(monitor, mode, 0.0, verbose)
        kind = type(self).__name__
        self.save_best_only = flag(kind, "save_best_only", save_best_only)
        self.save_weights_only = flag(kind, "save_weights_only", save_weights_only)
        self.filepath = _checked_path(path(kind, "filepath", filepath), weights_only=self.save_weights_only)
        self.save_freq = save_freq if save_freq == "epoch" else _batches(save_freq, self)
        threshold = initial_value_threshold
        self.initial_value_threshold = (
            None if threshold is None else real(kind, "initial_value_threshold", threshold)
        )
        self.best = self.initial_value_threshold
        self._epoch = self._last = self._since = 0
        if self.save_freq != "epoch":
            self.on_train_batch_end = self._after_batch  # only now is it a callback that needs every batch

    def on_train_begin(self, logs: Logs | None = None) -> None:
        self._seen = False

    def on_epoch_begin(self, epoch: int, logs: Logs | None = None) -> None:
        self._epoch = epoch

    def on_epoch_end(self, epoch: int, logs: Logs | None = None) -> None:
        if self.save_freq == "epoch":
            self._save(epoch, None, logs or {})

    def path(self, epoch: int, batch: int | None, logs: Logs) -> Path:
        """Return the path of a file, with the figures filled in.

        Args:
            epoch: Counted from 0.
            batch: Counted from 0; None after an epoch.
            logs: The figures.

        Raises:
            ArgumentError: The path asks for a figure that does not exist.
        """
        known = {**logs, "epoch": epoch + 1, **({} if batch is None else {"batch": batch + 1})}
        try:
            return Path(self.filepath.format(**known))
        except KeyError as error:
            raise ArgumentError(
                "The path of ModelCheckpoint asks for a figure that does not exist.",
                expected=f"any of {', '.join(known)} in braces",
                got=f"{error.args[0]!r} in {self.filepath!r}",
                remedy="take it out of the path; figures with val_ need validation data",
            ) from None

    def _after_batch(self, batch: int, logs: Logs | None = None) -> None:
        # A lower number than before is a batch of a new epoch.
        self._since += batch + 1 if batch <= self._last else batch - self._last
        self._last = batch
        if self._since >= int(self.save_freq):
            self._since = 0
            self._save(self._epoch, batch, logs or {})

    def _save(self, epoch: int, batch: int | None, logs: Logs) -> None:
        path = self.path(epoch, batch, logs)
        if self.save_best_only and not self._is_best(logs):
            return
        path.parent.mkdir(parents=True, exist_ok=True)
        self.model.save_weights(path, overwrite=True)
        if self.verbose:
            print(f"Epoch {epoch + 1}: the weights were written to {path}.")

    def _is_best(self, logs: Logs) -> bool:
        value = self.reading(logs)
        if value is None or not self.improved(value, self.best):
            return False
        self.best = value
        return True


def _checked_path(path: str, *, weights_only: bool) -> str:
    """Return a path if weights can be written under it."""
    if not weights_only:
        raise ArgumentError(
            "ModelCheckpoint was told to write whole models, which cannot be written yet.",
            expected=f"save_weights_only=True and a path that ends in {_SUFFIX}",
            got=f"save_weights_only=False, filepath={path!r}",
            remedy="write save_weights_only=True",
        )
    if not path.endswith(_SUFFIX):
        raise ArgumentError(
            "ModelCheckpoint was given a path that is not one of weights.",
            expected=f"a path that ends in {_SUFFIX}",
            got=f"filepath={path!r}",
            remedy=f"write filepath={path.split('.', maxsplit=1)[0] + _SUFFIX!r}",
        )
    try:
        list(Formatter().parse(path))
    except ValueError as error:
        raise ArgumentError(
            "ModelCheckpoint was given a path with braces that do not match.",
            expected="names of figures in braces, as in '{epoch:02d}.weights.h5'",
            got=f"filepath={path!r}: {error}",
            remedy="close every brace; write {{ for a brace itself",
        ) from None
    return path


def _batches(save_freq: Any, owner: ModelCheckpoint) -> int:
    if isinstance(save_freq, str):
        raise ArgumentError(
            "ModelCheckpoint was given a word for save_freq that it does not know.",
            expected="save_freq='epoch', or a number of batches",
            got=f"save_freq={save_freq!r}",
            remedy="write save_freq='epoch'",
        )
    if owner.save_best_only and owner.monitor.startswith("val_"):
        raise ArgumentError(
            "ModelCheckpoint was told to follow a figure of the validation from batch to batch.",
            expected="save_freq='epoch', or a figure of the training",
            got=f"monitor={owner.monitor!r}, save_freq={save_freq!r}",
            remedy="write monitor='loss'",
        )
    return whole("ModelCheckpoint", "save_freq", save_freq)
