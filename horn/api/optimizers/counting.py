"""Whole-number division of step counters, in ops that every backend has.

A counter is int32. A float32 quotient of a large one is off by more than one, but what is then left
over is small, and divides exactly.
"""

from __future__ import annotations

from typing import Any

from horn.spec import ops


def quotient(count: Any, size: int) -> Any:
    """Return how many times `size` goes into `count`, an int32 scalar of zero or more.

    Example:
        >>> int(quotient(2**31 - 1, 3)), int(quotient(5, 3))
        (715827882, 1)
    """
    return _divided(count, size)[0]


def divides(size: int, count: Any) -> Any:
    """Return whether `count`, an int32 scalar of zero or more, is a multiple of `size`, as bool.

    Example:
        >>> bool(divides(3, 6)), bool(divides(3, 2**31 - 1))
        (True, False)
    """
    return ops.equal(_divided(count, size)[1], 0)


def _divided(count: Any, size: int) -> tuple[Any, Any]:
    whole, left = ops.cast(0, "int32"), ops.cast(count, "int32")
    for _ in range(2):
        part = ops.cast(ops.divide(ops.cast(left, "float32"), float(size)), "int32")
        whole, left = ops.add(whole, part), ops.subtract(left, ops.multiply(part, size))
    short = ops.less(left, 0)
    return ops.subtract(whole, ops.cast(short, "int32")), ops.where(short, ops.add(left, size), left)
