"""Reads IDX files, the format of MNIST: a header with the sizes, then unsigned bytes."""

from __future__ import annotations

import gzip
import math
import struct
import zlib
from typing import TYPE_CHECKING

import numpy as np

from horn.errors import DataError

if TYPE_CHECKING:
    from pathlib import Path

_UNSIGNED_BYTES = b"\x00\x00\x08"


def read(path: Path, *, rank: int) -> np.ndarray:
    """Return the array of unsigned bytes in a gzip-compressed IDX file.

    The header is two zero bytes, the code of the element type (8), the number of axes, and the
    size of each axis as a big-endian 32-bit integer. The elements must fill the file exactly.

    Args:
        path: The file.
        rank: How many axes the array must have.

    Raises:
        DataError: The file is absent, is no gzip file, ends early, or is not such an array.
    """
    content = _unpack(path)
    start = 4 + 4 * rank
    magic = _UNSIGNED_BYTES + bytes([rank])
    if content[:4] != magic or len(content) < start:
        raise _unreadable(path, f"an IDX header of {start} bytes that starts with {magic.hex(' ')}",
                          f"{len(content)} bytes that start with {content[:4].hex(' ') or 'nothing'}")
    shape = struct.unpack(f">{rank}I", content[4:start])
    if len(content) - start != math.prod(shape):
        raise _unreadable(path, f"{math.prod(shape)} bytes after the header, for the shape {shape} that it names",
                          f"{len(content) - start} bytes")
    return np.frombuffer(content, np.uint8, offset=start).reshape(shape).copy()


def _unpack(path: Path) -> bytes:
    try:
        with gzip.open(path) as file:
            return file.read()
    except (OSError, EOFError, zlib.error) as error:
        raise _unreadable(path, "a whole file, compressed with gzip", str(error)) from None


def _unreadable(path: Path, expected: str, got: str) -> DataError:
    return DataError(
        f"The file {path.name} cannot be read as IDX.",
        expected=expected,
        got=f"{got}, in {path}",
        remedy="delete the file and fetch it again",
    )
