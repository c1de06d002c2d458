"""Writing a file so that its name always leads to a whole one: the old, then the new."""

from __future__ import annotations

import io
import os
import secrets
import sys
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

if sys.platform != "win32":
    import fcntl

if TYPE_CHECKING:
    from collections.abc import Iterator

_ENDING = ".horn-tmp"


class Target(io.FileIO):
    """A file that remembers its first failure and goes on as if there had been none.

    HDF5 calls it from C and cannot give up halfway: after an error it keeps the file open and
    tries again. So the failure is raised by `settle`, when HDF5 is done.

    Args:
        path: Must not exist yet.
    """

    def __init__(self, path: Path) -> None:
        super().__init__(path, "x+")
        self.failure: BaseException | None = None

    def write(self, data: Any, /) -> int:
        """Write all of the bytes."""
        rest = memoryview(data).cast("B")
        size = len(rest)
        try:
            while len(rest) and self.failure is None:
                rest = rest[super().write(rest) :]
        except BaseException as error:  # `settle` raises it
            self.failure = error
        return size

    def truncate(self, size: int | None = None, /) -> int:
        """Set the size of the file."""
        try:
            return super().truncate(size)
        except BaseException as error:  # `settle` raises it
            self.failure = self.failure or error
            return size or 0

    def settle(self) -> None:
        """Raise what failed; otherwise wait until the bytes are on the disk."""
        if self.failure is not None:
            raise self.failure
        os.fsync(self.fileno())


@contextmanager
def replacing(path: Path) -> Iterator[Target]:
    """Give the block a new file, which takes the place of `path` if the block ends well.

    The new file is in the same folder and on the disk before it takes the name. If anything
    fails it is removed, and the old one is as it was. Links and the mode of the old file stay.

    Raises:
        OSError: The folder is missing, full or not ours to write to.
    """
    aim = Path(os.path.realpath(path))
    _sweep(aim)
    made = aim.with_name(f".{aim.name[:200]}.{secrets.token_hex(4)}{_ENDING}")
    target = Target(made)
    try:
        with target:
            _claim(target.fileno())
            yield target
            target.settle()
            if aim.exists():
                made.chmod(aim.stat().st_mode & 0o7777)
        made.replace(aim)
    except BaseException:
        made.unlink(missing_ok=True)
        raise
    _settle_folder(aim.parent)


def _claim(descriptor: int) -> None:
    """Lock a file for as long as this process lives and has it open."""
    if sys.platform != "win32":
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)


def _sweep(aim: Path) -> None:
    """Remove what earlier writers of this file left when they were killed: nobody holds its lock."""
    if sys.platform == "win32":
        return
    prefix = f".{aim.name[:200]}."
    for found in aim.parent.iterdir() if aim.parent.is_dir() else ():
        if found.name.startswith(prefix) and found.name.endswith(_ENDING):
            try:
                with found.open("rb") as left:
                    _claim(left.fileno())
                    found.unlink()
            except OSError:
                continue  # its writer lives, or has just finished


def _settle_folder(folder: Path) -> None:
    """Wait until the new name is on the disk; Windows does that by itself."""
    if sys.platform == "win32":
        return
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
