"""Working memory that is used again: touching fresh pages costs more than many a kernel.

A kernel takes a buffer from the shelf and puts it back when it is done. Two threads, or a kernel
that is interrupted by another, never share one; a buffer that is not put back is just forgotten.
"""

from __future__ import annotations

from typing import Any

import numpy as np

CAPACITY = 1 << 20  # bytes of one buffer: half of a usual second-level cache

_LINE = 64  # bytes of the cache that are fetched together

_shelf: list[Any] = []


def aligned(count: int, dtype: Any) -> Any:
    """Return a new vector with any values that begins where a line of the cache does: it is walked faster."""
    room = bytearray(count * dtype.itemsize + _LINE)
    return np.ndarray(count, dtype, room, -np.frombuffer(room, np.uint8).ctypes.data % _LINE)


def take(count: int, dtype: Any) -> Any:
    """Return a vector of `count` elements with any values; it is new if it is too long for a buffer."""
    size = count * dtype.itemsize
    if size > CAPACITY:
        return np.empty(count, dtype)
    try:
        buffer = _shelf.pop()
    except IndexError:
        buffer = aligned(CAPACITY, np.dtype(np.uint8))
    return buffer[:size].view(dtype)


def give_back(vector: Any) -> None:
    """Put the buffer of a vector from `take` back; nothing may read the vector afterwards."""
    buffer = vector.base
    if buffer is not None and len(_shelf) < 8:
        _shelf.append(buffer)
