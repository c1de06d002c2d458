"""Reading and writing HDF5 without trust: plain features, known sizes, checksums.

The only file of the core that imports h5py, and it does so when a file is read or written. A file
from elsewhere may be damaged or made to harm: links that lead out of it, sizes that fill the
memory, data that unpacks to a thousand times its size. So the whole tree is looked at before
anything is read, and then only arrays of the shape that the caller expects.
"""

from __future__ import annotations

import os
import stat
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from horn.api.saving.checksum import checksum
from horn.api.saving.contents import DAMAGED, FILTERS, Contents, Stored, filters, refusal
from horn.errors import HornError, SavedModelError

if TYPE_CHECKING:
    import io
    from collections.abc import Iterable, Iterator, Sequence
    from io import BufferedReader

SCHEMA = 2
"""The version of what Horn adds to the layout of Keras, its checksum included; a root attribute."""

_DEPTH = 64
_ATTRIBUTE_BYTES = 1024
_DTYPES = ("bool", "int8", "int16", "int32", "int64", "uint8", "uint16", "uint32", "uint64")
_DTYPES += ("float16", "float32", "float64")


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
            yield Reader(path, file, stream, limit)
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


class Reader:
    """A file that is open, its tree looked through.

    Attributes:
        stored: Every array in the file, by its path.
        names: The attribute ``name`` of every group that has one, by its path.
    """

    def __init__(self, path: Path, file: Any, stream: BufferedReader, limit: int) -> None:
        self.path = path
        self.stored: dict[str, Stored] = {}
        self.names: dict[str, str] = {}
        self._contents = Contents(path, stream, os.fstat(stream.fileno()).st_size)
        self._left, self._limit = limit, limit
        schema = self._attribute(file, "", "horn_schema")
        self._own = schema is not None
        if self._own and schema != SCHEMA:
            raise self._refuse("", f"schema {SCHEMA}", f"schema {schema!r}", "use the Horn that wrote it")
        self._walk(file, "", _DEPTH)

    def read(self, members: Sequence[str], *, finite: bool = False) -> list[np.ndarray]:
        """Return arrays; the caller has compared their shapes and dtypes with those it expects.

        Args:
            members: Their paths.
            finite: Whether to refuse floats that are infinite or no numbers.
        """
        found = [self.stored[member] for member in members]
        return [self._contents.read(one, self._noted(one), finite=finite) for one in found]

    def _noted(self, stored: Stored) -> str | None:
        """Return the checksum of an array; Keras notes none."""
        noted = self._attribute(stored.handle, stored.member, "horn_checksum")
        return str(noted) if noted is not None or self._own else None

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
            link = group.get(key, getclass=True, getlink=True)
            if link is not h5py.HardLink:
                raise self._refuse(member, "a group or a data set", f"a {link.__name__}")
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
        used = filters(handle)
        if [number for number in FILTERS if number in used] != used:
            raise self._refuse(
                member, "the filters shuffle, gzip and fletcher32, in this order", f"filters {used}"
            )
        dtype = handle.dtype.newbyteorder("=")
        if (
            handle.shape is None
            or dtype.name not in _DTYPES
            or h5py.check_enum_dtype(handle.dtype) is not None
        ):
            remedy = "cast the weights to float32 and save them again"
            raise self._refuse(member, f"one of {', '.join(_DTYPES)}", self._describe(handle, member), remedy)
        plain = np.dtype(dtype.name)
        is_as_in_memory = handle.id.get_type() == h5py.h5t.py_create(plain, logical=True)
        place = handle.id.get_offset() if is_as_in_memory else None
        return Stored(member, tuple(handle.shape), plain, handle, place)

    def _describe(self, handle: Any, member: str) -> str:
        noted = self._attribute(handle, member, "dtype")
        return noted if isinstance(noted, str) else str(handle.dtype)[:100]

    def _attribute(self, thing: Any, member: str, name: str) -> Any:
        """Return an attribute that is one number or a short text; None if there is none."""
        import h5py  # noqa: PLC0415  (imported already: a file is open)

        key = name.encode()
        if not h5py.h5a.exists(thing.id, key):
            return None
        opened = h5py.h5a.open(thing.id, key)
        if opened.shape != () or opened.get_storage_size() > _ATTRIBUTE_BYTES:
            raise self._refuse(member, f"a short attribute {name!r}", "a long one")
        held = np.empty((), opened.dtype)
        opened.read(held)
        value = held[()]
        if isinstance(value, bytes):
            return value.decode()
        return value.item() if isinstance(value, np.generic) else value
