"""Reading and writing HDF5 without trust: plain features, known sizes, checksums.

The only file of the core that imports h5py, and it does so when a file is read or written. A file
from elsewhere may be damaged or made to harm: links that lead out of it, sizes that fill the
memory, data that unpacks to a thousand times its size. So the whole tree is looked at before
anything is read, and then only arrays of the shape that the caller expects.
"""

from __future__ import annotations

import math
import os
import stat
import zlib
from contextlib import contextmanager
from itertools import product
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from horn.api.saving.checksum import checksum
from horn.errors import HornError, SavedModelError

if TYPE_CHECKING:
    import io
    from collections.abc import Iterable, Iterator, Sequence

SCHEMA = 2
"""The version of what Horn adds to the layout of Keras, its checksum included; a root attribute."""

_SHUFFLE, _DEFLATE, _FLETCHER32 = 2, 1, 3  # the filters' numbers in HDF5, in the usual order
_DEPTH = 64
_ATTRIBUTE_BYTES = 1024
_DTYPES = ("bool", "int8", "int16", "int32", "int64", "uint8", "uint16", "uint32", "uint64")
_DTYPES += ("float16", "float32", "float64")
DAMAGED = "take another copy of the file: this one is damaged, or was not written by Horn or Keras 3"


class Stored(NamedTuple):
    """An array in a file that has not been read: its path, shape and dtype, and h5py's handle."""

    member: str
    shape: tuple[int, ...]
    dtype: np.dtype
    handle: Any


def storable(dtype: str) -> bool:
    """Return whether HDF5 has a plain type for a dtype; it has none for bfloat16 and strings."""
    return dtype in _DTYPES


# -- writing ---------------------------------------------------------------------------------------


def write(target: io.FileIO, groups: Iterable[tuple[str, str, Iterable[np.ndarray]]]) -> None:
    """Write groups of numbered arrays, each with its checksum.

    HDF5's own checksum is left out: it takes several times as long as everything else.

    Args:
        target: A new file.
        groups: Path, value of the attribute ``name``, and arrays of each group.
    """
    import h5py  # noqa: PLC0415  (wanted only by those who have files)

    with h5py.File(target, "w") as file:
        file.attrs["horn_schema"] = SCHEMA
        for path, name, arrays in groups:
            group = file.create_group(path)
            group.attrs["name"] = name
            for number, array in enumerate(arrays):
                made = group.create_dataset(str(number), data=array)
                made.attrs["horn_checksum"] = np.bytes_(checksum(f"{path}/{number}", array))


# -- reading ---------------------------------------------------------------------------------------


@contextmanager
def reading(path: Path, limit: int) -> Iterator[Reader]:
    """Open a file for the time of a block, in which every failure becomes a `SavedModelError`.

    Args:
        path: Of a regular file.
        limit: How many groups and arrays the file may have.
    """
    import h5py  # noqa: PLC0415  (wanted only by those who have files)

    try:
        # Looked at first: to open a pipe would wait for somebody to write.
        if not stat.S_ISREG(path.stat().st_mode):
            raise refusal(path, "", "a file", "a folder, a device or a pipe", "pass the path of a file")
        with path.open("rb") as stream, h5py.File(stream, "r") as file:
            yield Reader(path, file, os.fstat(stream.fileno()).st_size, limit)
    except (HornError, MemoryError):
        raise
    except FileNotFoundError as error:
        raise refusal(path, "", "a file", "nothing there", "look for a misspelt name or folder") from error
    except PermissionError as error:
        raise refusal(
            path, "", "a file that may be read", str(error), "ask its owner, or look at its mode"
        ) from error
    except Exception as error:
        # h5py raises a dozen classes for a damaged file.
        got = f"{type(error).__name__}: {error}".split("\n", maxsplit=1)[0][:200]
        raise refusal(path, "", "a whole HDF5 file", got, DAMAGED) from error


def refusal(path: Path, member: str, expected: str, got: str, remedy: str) -> SavedModelError:
    """Return the error for a file, or for one member of it."""
    what = f"The weights file {str(path)!r} was not loaded{f', because of its member {member!r}' if member else ''}."
    return SavedModelError(what, expected=expected, got=got, remedy=remedy)


class Reader:
    """A file that is open, its tree looked through.

    Attributes:
        stored: Every array in the file, by its path.
        names: The attribute ``name`` of every group that has one, by its path.
    """

    def __init__(self, path: Path, file: Any, size: int, limit: int) -> None:
        self.path = path
        self.stored: dict[str, Stored] = {}
        self.names: dict[str, str] = {}
        self._size, self._left, self._limit = size, limit, limit
        schema = self._attribute(file, "", "horn_schema")
        self._own = schema is not None
        if self._own and schema != SCHEMA:
            raise self._refuse("", f"schema {SCHEMA}", f"schema {schema!r}", "use the Horn that wrote it")
        self._walk(file, "", _DEPTH)

    def read(self, members: Sequence[str]) -> list[np.ndarray]:
        """Return arrays; the caller has compared their shapes and dtypes with those it expects."""
        arrays = []
        for member in members:
            stored = self.stored[member]
            self._check_sizes(stored)
            array = np.asarray(stored.handle[()], stored.dtype)
            noted = self._attribute(stored.handle, member, "horn_checksum")
            if (noted is not None or self._own) and noted != checksum(member, array):  # Keras notes none
                raise self._refuse(member, "the checksum that was noted", "data of another one")
            arrays.append(array)
        return arrays

    def _refuse(self, member: str, expected: str, got: str, remedy: str = DAMAGED) -> SavedModelError:
        return refusal(self.path, member, expected, got, remedy)

    def _walk(self, group: Any, path: str, depth: int) -> None:
        import h5py  # noqa: PLC0415  (imported already: a file is open)

        name = self._attribute(group, path, "name")
        if isinstance(name, str):
            self.names[path] = name
        for key in group:
            member = f"{path}/{key}" if path else key
            self._left -= 1
            if self._left < 0 or depth == 0:
                got = "more" if depth else f"a group {_DEPTH} levels deep"
                raise self._refuse(
                    member[:200], f"at most {self._limit} groups and data sets for this model", got
                )
            link = group.get(key, getlink=True)
            if not isinstance(link, h5py.HardLink):
                raise self._refuse(member, "a group or a data set", f"a {type(link).__name__}")
            found = group[key]
            if isinstance(found, h5py.Group):
                self._walk(found, member, depth - 1)
            elif isinstance(found, h5py.Dataset):
                self.stored[member] = self._plain(found, member)
            else:
                raise self._refuse(member, "a group or a data set", f"a {type(found).__name__}")

    def _plain(self, handle: Any, member: str) -> Stored:
        """Return an array that is stored in the file itself, in a plain way, as numbers."""
        import h5py  # noqa: PLC0415  (imported already: a file is open)

        plan = handle.id.get_create_plist()
        if plan.get_layout() not in (h5py.h5d.CONTIGUOUS, h5py.h5d.CHUNKED) or plan.get_external_count():
            raise self._refuse(
                member, "data in the file itself, contiguous or chunked", "another way of storage"
            )
        filters = _filters(handle)
        if [number for number in (_SHUFFLE, _DEFLATE, _FLETCHER32) if number in filters] != filters:
            raise self._refuse(
                member, "the filters shuffle, gzip and fletcher32, in this order", f"filters {filters}"
            )
        dtype = handle.dtype.newbyteorder("=")
        if (
            handle.shape is None
            or dtype.name not in _DTYPES
            or h5py.check_enum_dtype(handle.dtype) is not None
        ):
            remedy = "cast the weights to float32 and save them again"
            raise self._refuse(member, f"one of {', '.join(_DTYPES)}", self._describe(handle, member), remedy)
        return Stored(member, tuple(handle.shape), np.dtype(dtype.name), handle)

    def _describe(self, handle: Any, member: str) -> str:
        noted = self._attribute(handle, member, "dtype")
        return noted if isinstance(noted, str) else str(handle.dtype)[:100]

    def _attribute(self, thing: Any, member: str, name: str) -> Any:
        """Return an attribute that is one number or a short text; None if there is none."""
        import h5py  # noqa: PLC0415  (imported already: a file is open)

        if name not in thing.attrs:
            return None
        opened = h5py.h5a.open(thing.id, name.encode())
        if opened.shape != () or opened.get_storage_size() > _ATTRIBUTE_BYTES:
            raise self._refuse(member, f"a short attribute {name!r}", "a long one")
        value = thing.attrs[name]
        if isinstance(value, bytes):
            return value.decode()
        return value.item() if isinstance(value, np.generic) else value

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
        filters, noted = _filters(stored.handle), stored.handle.id.get_chunk_info_by_coord(start)
        packed, summed = _DEFLATE in filters, 4 * (_FLETCHER32 in filters)
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


def _filters(handle: Any) -> list[int]:
    plan = handle.id.get_create_plist()
    return [plan.get_filter(number)[0] for number in range(plan.get_nfilters())]
