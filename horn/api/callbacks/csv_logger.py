"""`CSVLogger`: the figures of every epoch as a row of a file."""

from __future__ import annotations

import csv
import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

from horn.api.bounds import flag, path
from horn.api.callbacks.callback import Callback
from horn.errors import ArgumentError

if TYPE_CHECKING:
    from typing import IO

    from horn.api.callbacks.callback import Logs


class CSVLogger(Callback):
    """Writes the figures of each epoch to a file of comma-separated values.

    The columns are those of the first epoch, in the order of the alphabet, and a column with ``val_``
    for each; a figure that an epoch lacks is ``NA``. A row is in the file as soon as its epoch is over.

    Args:
        filename: The path.
        separator: What stands between two values, one character.
        append: Whether to go on in a file that exists; it gets no second heading.

    Raises:
        ArgumentError: The separator is not one character.

    Example:
        >>> from tempfile import TemporaryDirectory
        >>> with TemporaryDirectory() as folder:
        ...     logger = CSVLogger(Path(folder, "log.csv"))
        ...     logger.on_train_begin()
        ...     logger.on_epoch_end(0, {"loss": 0.5, "val_loss": 0.75})
        ...     logger.on_train_end()
        ...     Path(folder, "log.csv").read_text().split()
        ['epoch,loss,val_loss', '0,0.5,0.75']
    """

    def __init__(self, filename: str | os.PathLike[str], separator: str = ",", append: bool = False) -> None:
        if not isinstance(separator, str) or len(separator) != 1:
            raise ArgumentError(
                "CSVLogger was given a separator that is not one character.",
                expected="separator as one character",
                got=f"separator={separator!r}",
                remedy="write separator=','",
            )
        self.filename, self.separator = path("CSVLogger", "filename", filename), separator
        self.append = flag("CSVLogger", "append", append)
        self._file: IO[str] | None = None
        self._keys: list[str] = []
        self._headed = False

    def on_train_begin(self, logs: Logs | None = None) -> None:
        path = Path(self.filename)
        self._headed = self.append and path.exists() and path.stat().st_size > 0
        self._keys = []
        self._file = path.open("a" if self.append else "w", newline="", encoding="utf-8")

    def on_epoch_end(self, epoch: int, logs: Logs | None = None) -> None:
        if self._file is None:
            return
        logs = logs or {}
        if not self._keys:
            self._keys = sorted(logs)
            if not any(key.startswith("val_") for key in logs):
                self._keys += [f"val_{key}" for key in self._keys]
        writer = csv.writer(self._file, delimiter=self.separator)
        if not self._headed:
            writer.writerow(["epoch", *self._keys])
            self._headed = True
        writer.writerow([epoch, *(_cell(logs.get(key, "NA")) for key in self._keys)])
        self._file.flush()

    def on_train_end(self, logs: Logs | None = None) -> None:
        self.on_exit()

    def on_exit(self) -> None:
        """Close the file, also after an exception."""
        if self._file is not None:
            self._file.close()
            self._file = None


def _cell(value: Any) -> Any:
    """Return a value as it is written: several in brackets."""
    if isinstance(value, str) or not hasattr(value, "__iter__") or getattr(value, "ndim", 1) == 0:
        return value
    return f'"[{", ".join(map(str, value))}]"'
