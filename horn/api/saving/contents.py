"""Reading what one array of a file holds: sizes are looked at first, then each byte once.

While a block is in the processor's cache it is summed for the checksum and searched for what is
no number, so that neither takes another pass over the memory.
"""

from __future__ import annotations

import math
import zlib
from itertools import product
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from horn.api.saving.checksum import Checksum, parts
from horn.errors import SavedModelError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from io import BufferedReader
    from pathlib import Path

_SHUFFLE, _DEFLATE, _FLETCHER32 = 2, 1, 3  # the filters' numbers in HDF5
_ALIGNMENT = 64  # bytes, a line of a cache
FILTERS = (_SHUFFLE, _DEFLATE, _FLETCHER32)
"""Those that may be applied, in the usual order."""

DAMAGED = "take another copy of the file: this one is damaged, or was not written by Horn or Keras 3"


class Stored(NamedTuple):
    """An array in a file that has not been read.

    Attributes:
        member: Its path.
        shape: Its shape.
        dtype: Its dtype, in the order of bytes of this machine.
        handle: That of h5py.
        place: Where in the file its bytes begin, if they are those that an array in memory has;
            otherwise HDF5 has to unpack or to convert them.
    """

    member: str
    shape: tuple[int, ...]
    dtype: np.dtype
    handle: Any
    place: int | None


def refusal(path: Path, member: str, expected: str, got: str, remedy: str) -> SavedModelError:
    """Return the error for a file, or for one member of it."""
    what = f"The weights file {str(path)!r} was not loaded{f', because of its member {member!r}' if member else ''}."
    return SavedModelError(what, expected=expected, got=got, remedy=remedy)


class Contents:
    """What the arrays of a file hold."""

    def __init__(self, path: Path, stream: BufferedReader, size: int) -> None:
        self._path, self._stream, self._size = path, stream, size

    def read(self, stored: Stored, noted: str | None, *, finite: bool) -> np.ndarray:
        """Return an array; the caller has compared its shape and dtype with those it expects.

        Args:
            stored: The array.
            noted: Its checksum in the file, if there is one.
            finite: Whether to refuse floats that are infinite or no numbers.
        """
        self._check_sizes(stored)
        array = _room(stored)
        made, is_finite = Checksum(stored.member, array), True
        for part in self._filled(stored, array):
            if noted is not None:
                made.update(part)
            if finite and is_finite:
                is_finite = _is_finite(part)
        if noted is not None and noted != made.digits():
            raise self._refuse(stored.member, "the checksum that was noted", "data of another one")
        if not is_finite:
            count = int(np.count_nonzero(~np.isfinite(array)))
            remedy = "take a file from before the training went wrong, or pass allow_nonfinite=True"
            got = f"{count} of {array.size} that are infinite or no numbers"
            raise self._refuse(stored.member, "finite weights", got, remedy)
        return array

    def _filled(self, stored: Stored, array: np.ndarray) -> Iterator[np.ndarray]:
        """Yield the parts of an array, each just read."""
        if stored.place is None:
            array[...] = stored.handle[()]
            yield from parts(array)
            return
        self._stream.seek(stored.place)
        for part in parts(array):
            if self._stream.readinto(part.view(np.uint8).data) != part.nbytes:
                raise self._refuse(stored.member, f"{array.nbytes} bytes", "the end of the file")
            yield part

    def _refuse(self, member: str, expected: str, got: str, remedy: str = DAMAGED) -> SavedModelError:
        return refusal(self._path, member, expected, got, remedy)

    def _check_sizes(self, stored: Stored) -> None:
        """Refuse an array that is not there in full, or whose reading would take more memory than it has."""
        handle, expected = stored.handle, math.prod(stored.shape) * stored.dtype.itemsize
        if handle.chunks is None:
            if expected and handle.id.get_storage_size() != expected:
                raise self._refuse(
                    stored.member, f"{expected} bytes", f"{handle.id.get_storage_size()} bytes"
                )
            return
        if any(chunk > size for chunk, size in zip(handle.chunks, stored.shape, strict=True)):
            raise self._refuse(stored.member, f"chunks within {stored.shape}", f"chunks of {handle.chunks}")
        steps = [range(0, size, chunk) for size, chunk in zip(stored.shape, handle.chunks, strict=True)]
        for start in product(*steps):
            self._check_chunk(stored, start, math.prod(handle.chunks) * stored.dtype.itemsize)

    def _check_chunk(self, stored: Stored, start: tuple[int, ...], expected: int) -> None:
        used, noted = filters(stored.handle), stored.handle.id.get_chunk_info_by_coord(start)
        packed, summed = _DEFLATE in used, 4 * (_FLETCHER32 in used)
        # What cannot be made smaller is a little larger when packed.
        most = min(expected + summed + (expected // 1000 + 64 if packed else 0), self._size)
        least = summed + 1 if packed else expected + summed
        if noted.filter_mask or not least <= noted.size <= most:
            got = f"{noted.size} bytes" if not noted.filter_mask else "a chunk without its filters"
            raise self._refuse(stored.member, f"a chunk of {least} to {most} bytes at {start}", got)
        if packed:
            _, raw = stored.handle.id.read_direct_chunk(start)
            unpacking = zlib.decompressobj()
            size = len(unpacking.decompress(raw[: len(raw) - summed], expected + 1))
            if size != expected or not unpacking.eof:
                raise self._refuse(stored.member, f"{expected} bytes when unpacked", f"{size} or more")


def _room(stored: Stored) -> np.ndarray:
    """Return an array for what is stored, which begins where a framework can take it over without a copy."""
    size = math.prod(stored.shape) * stored.dtype.itemsize
    memory = np.empty(size + _ALIGNMENT, np.uint8)
    start = -memory.ctypes.data % _ALIGNMENT
    return memory[start : start + size].view(stored.dtype).reshape(stored.shape)


def _is_finite(part: np.ndarray) -> bool:
    if part.dtype.kind != "f":
        return True
    # What is not finite shows in the sum; but so does a sum that is too large.
    with np.errstate(over="ignore", invalid="ignore"):
        return bool(np.isfinite(np.add.reduce(part)) or np.isfinite(part).all())


def filters(handle: Any) -> list[int]:
    """Return the numbers of the filters that an array went through, in their order."""
    plan = handle.id.get_create_plist()
    return [plan.get_filter(number)[0] for number in range(plan.get_nfilters())]
