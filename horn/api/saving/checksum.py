"""The checksum of an array in a weights file: sums over its words, at the speed of memory.

It guards against accidents, not against somebody who changes a file and its checksum. The bytes of
the array, little-endian and with zeros up to a multiple of 8, are words of 64 bits. Each block of
131 072 of them is written in rows of 521 words, and again in rows of 523; the sums of the columns,
modulo 2**64, go into a SHA-256, after a line that says where the array is and what it is. So anyone
can work it out:

    made = hashlib.sha256(b"layers/dense/vars/0 float32 (784, 128) ")
    data = array.tobytes()
    words = numpy.frombuffer(data + bytes(-len(data) % 8), "<u8")
    for start in range(0, len(words), 131072):
        for width in (521, 523):
            block = words[start : start + 131072]
            rows = numpy.append(block, numpy.zeros(-len(block) % width, "<u8")).reshape(-1, width)
            made.update(rows.sum(0).astype("<u8").tobytes())
    made.hexdigest()

Two words of a block share a column in one of the two widths at most: these are primes, whose
product is larger than a block. Therefore every change of a block is noticed

* that is in any three words,
* that is in a row of up to 521 words (4 161 bytes, wherever they begin): torn, zeroed, overwritten
  with a piece from elsewhere,
* that swaps two pieces of up to 520 words.

Other changes are missed only if all sums happen to be the same. The smallest of these are four
words at i, i + 521a, i + 523b and i + 521a + 523b that change by d, -d, -d and d. CRC-32 notices
less for certain in arrays of this size, and its speed depends on how zlib was built.
"""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Iterator

_BLOCK = 1 << 20  # bytes: what a processor keeps near
_WIDTHS = (521, 523)


class Checksum:
    """The checksum of where an array is, what it is and what it holds.

    Args:
        member: Its path in the file.
        array: Only its dtype and shape are looked at.
    """

    def __init__(self, member: str, array: np.ndarray) -> None:
        self._made = hashlib.sha256(f"{member} {array.dtype.name} {array.shape} ".encode())

    def update(self, part: np.ndarray) -> None:
        """Add what is held, in the parts that `parts` gives."""
        data = part.astype(part.dtype.newbyteorder("<"), copy=False).view(np.uint8)
        rest = -data.size % 8
        words = (np.append(data, np.zeros(rest, np.uint8)) if rest else data).view("<u8")
        for width in _WIDTHS:
            self._made.update(_folded(words, width))

    def digits(self) -> str:
        """Return the 64 hexadecimal digits."""
        return self._made.hexdigest()


def checksum(member: str, array: np.ndarray) -> str:
    """Return the checksum of an array."""
    made = Checksum(member, array)
    for part in parts(np.ascontiguousarray(array)):
        made.update(part)
    return made.digits()


def parts(array: np.ndarray) -> Iterator[np.ndarray]:
    """Yield the blocks of an array that is C-contiguous, as vectors in its memory."""
    flat, count = array.reshape(-1), _BLOCK // array.itemsize
    for start in range(0, flat.size, count):
        yield flat[start : start + count]


def _folded(words: np.ndarray, width: int) -> bytes:
    """Return the sums of the columns when words are written in rows of a width."""
    end = words.size - words.size % width
    sums = words[:end].reshape(-1, width).sum(0, dtype=np.uint64)
    sums[: words.size - end] += words[end:]
    return sums.astype("<u8", copy=False).tobytes()
