"""Attributes in their one normal form, decided by the annotation of the parameter.

A page writes ``axis: Axes`` and its body, its law and every kernel receive a sorted tuple of
non-negative integers. The annotations are the table below; any other is passed on as it is.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from horn import dtypes
from horn.errors import ArgumentError, ShapeError
from horn.spec.sizes import Dim, Size

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from horn.spec.tensorspec import TensorSpec

Axis = int
"""One axis of the first operand; negative ones count from the end."""

Axes = int | tuple[int, ...] | None
"""Some axes of the first operand; None for all. Kernels receive a sorted tuple."""

Shape = tuple[Size, ...]
"""Sizes; kernels receive a tuple of integers."""

DType = str
"""A dtype by any name; kernels receive the canonical one."""


def axis(value: Any, rank: int, op: str) -> int:
    """Return `value` as an axis between 0 and rank - 1."""
    if isinstance(value, bool) or not hasattr(value, "__index__"):
        raise ArgumentError(
            f"{op} was given an axis that is no integer.",
            expected="an integer",
            got=repr(value),
            remedy="pass the number of the axis",
        )
    index = int(value)
    if not -rank <= index < rank:
        raise ShapeError(
            f"{op} was given an axis that its operand does not have.",
            expected=f"an axis from {-rank} to {rank - 1}" if rank else "no axis: the operand is a scalar",
            got=f"axis {index} for {rank} axes",
            remedy="check the rank of the operand",
        )
    return index % rank


def axes(value: Any, rank: int, op: str) -> tuple[int, ...]:
    """Return `value` as a sorted tuple of distinct axes; None means all."""
    if value is None:
        return tuple(range(rank))
    given = value if isinstance(value, tuple | list) else (value,)
    found = sorted(axis(item, rank, op) for item in given)
    if len(set(found)) < len(found):
        raise ArgumentError(
            f"{op} was given the same axis twice.",
            expected="distinct axes",
            got=repr(value),
            remedy="name each axis once",
        )
    return tuple(found)


def shape(value: Any, op: str) -> Shape:
    """Return `value` as a tuple of sizes; -1 is allowed and left to the law."""
    given = value if isinstance(value, tuple | list) else (value,)
    sizes: list[Size] = []
    for size in given:
        if isinstance(size, Dim):
            sizes.append(size)
        elif hasattr(size, "__index__") and not isinstance(size, bool) and int(size) >= -1:
            sizes.append(int(size))
        else:
            raise ShapeError(
                f"{op} was given a size that is no size.",
                expected="non-negative integers",
                got=repr(value),
                remedy="give one non-negative integer for each axis",
            )
    return tuple(sizes)


def attributes(
    op: str, kinds: dict[str, str], specs: Sequence[TensorSpec | None], attrs: dict[str, Any]
) -> dict[str, Any]:
    """Return `attrs` in normal form, given the annotation of each as text."""
    rank = specs[0].rank if specs and specs[0] is not None else 0
    table: dict[str, Callable[[Any], Any]] = {
        "Axis": lambda value: axis(value, rank, op),
        "Axes": lambda value: axes(value, rank, op),
        "Shape": lambda value: shape(value, op),
        "DType": dtypes.canonical,
        "DType | None": lambda value: None if value is None else dtypes.canonical(value),
    }
    return {name: table.get(kinds[name], freeze)(value) for name, value in attrs.items()}


def freeze(value: Any) -> Any:
    """Return `value` with its lists turned into tuples, so that it can be a key."""
    if isinstance(value, list | tuple):
        return tuple(freeze(item) for item in value)
    return value
