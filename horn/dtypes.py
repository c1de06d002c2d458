"""The dtypes of Horn and how two of them combine.

A dtype is its name, a plain string; `numpy_dtype` gives the NumPy object that stores it.
Promotion follows the lattice of JAX: integers never widen a float, so ``int32 + float16`` is
``float16``, and a Python number only ever chooses the kind (bool < int < float), never the width.

Reference:
    The JAX documentation, "Type promotion semantics".
"""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING

import numpy as np

from horn import settings
from horn.errors import DTypeError, suggestion

if TYPE_CHECKING:
    from collections.abc import Iterable

FLOATS = ("float16", "bfloat16", "float32", "float64")
SIGNED = ("int8", "int16", "int32", "int64")
UNSIGNED = ("uint8", "uint16", "uint32", "uint64")
INTEGERS = SIGNED + UNSIGNED
ALL = ("bool", *INTEGERS, *FLOATS, "string")

_ALIASES = {"float": "float32", "double": "float64", "half": "float16", "int": "int32", "str": "string"}


@lru_cache(maxsize=512)
def _from_hashable(dtype: object) -> str:
    name = dtype if isinstance(dtype, str) else getattr(dtype, "name", None)
    if not isinstance(name, str):
        # torch.float32 and numpy.float32 print their name after the last dot.
        name = getattr(dtype, "__name__", None) or str(dtype).rsplit(".", 1)[-1]
    name = _ALIASES.get(name, name)
    if name.startswith("str") or name.startswith(("<U", "<S")):
        name = "string"
    if name not in ALL:
        raise DTypeError(
            f"There is no dtype named {name!r}.",
            expected=f"one of {', '.join(ALL)}",
            got=repr(dtype),
            remedy=suggestion(name, ALL),
        )
    return name


def canonical(dtype: object) -> str:
    """Return the name of `dtype`, given as a name, a NumPy dtype or a framework's dtype.

    Example:
        >>> canonical(np.float32), canonical("float"), canonical(np.dtype("int32"))
        ('float32', 'float32', 'int32')
    """
    return _from_hashable(dtype)


@lru_cache(maxsize=64)
def numpy_dtype(name: str) -> np.dtype:
    """Return the NumPy dtype that stores `name`; bfloat16 comes from ml_dtypes."""
    if name == "bfloat16":
        import ml_dtypes  # noqa: PLC0415  (0.1 MB, wanted only by those who use bfloat16)

        return np.dtype(ml_dtypes.bfloat16)
    return np.dtype("O") if name == "string" else np.dtype(name)


def is_float(name: str) -> bool:
    """Return whether `name` is a floating-point dtype."""
    return name in FLOATS


def is_integer(name: str) -> bool:
    """Return whether `name` is an integer dtype; bool is none."""
    return name in INTEGERS


@lru_cache(maxsize=64)
def largest(name: str) -> float | int:
    """Return the largest finite number of a numeric dtype.

    Example:
        >>> largest("int8"), largest("float16")
        (127, 65504.0)
    """
    if name == "bfloat16":
        return (2.0 - 2.0**-7) * 2.0**127
    return float(np.finfo(name).max) if is_float(name) else int(np.iinfo(name).max)


def of_number(number: complex) -> str:
    """Return the dtype that a lone Python number takes: bool, int32 or `floatx`."""
    if isinstance(number, bool):
        return "bool"
    return "int32" if isinstance(number, int) else settings.floatx()


@lru_cache(maxsize=4096)
def promote(first: str, second: str) -> str:
    """Return the dtype in which `first` and `second` meet.

    Example:
        >>> promote("int32", "float16"), promote("uint8", "int8"), promote("bfloat16", "float16")
        ('float16', 'int16', 'float32')
    """
    if first == second:
        return first
    if "string" in (first, second):
        raise DTypeError(
            "A string does not combine with a number.",
            expected="two numeric dtypes, or two strings",
            got=f"{first} and {second}",
            remedy="encode the strings as integers first",
        )
    if first == "bool" or second == "bool":
        return second if first == "bool" else first
    if is_float(first) != is_float(second):
        return first if is_float(first) else second
    if is_float(first):
        if {first, second} == {"float16", "bfloat16"}:
            return "float32"
        return max(first, second, key=FLOATS.index)
    return _promote_integers(first, second)


def _promote_integers(first: str, second: str) -> str:
    if (first in SIGNED) == (second in SIGNED):
        shelf = SIGNED if first in SIGNED else UNSIGNED
        return max(first, second, key=shelf.index)
    signed, unsigned = (first, second) if first in SIGNED else (second, first)
    rank = max(SIGNED.index(signed), UNSIGNED.index(unsigned) + 1)
    # uint64 has no signed dtype that holds it; JAX falls back to a float, and so does Horn.
    return SIGNED[rank] if rank < len(SIGNED) else settings.floatx()


def promote_with_number(dtype: str, number: complex) -> str:
    """Return the dtype in which a tensor of `dtype` meets a Python number.

    Example:
        >>> promote_with_number("float16", 2), promote_with_number("int32", 2.0)
        ('float16', 'float32')
    """
    if isinstance(number, bool) or is_float(dtype):
        return dtype
    if isinstance(number, int):
        return "int32" if dtype == "bool" else dtype
    return settings.floatx()


def result_type(tensors: Iterable[str], numbers: Iterable[complex] = ()) -> str:
    """Return the dtype in which all `tensors` (names) and Python `numbers` meet."""
    names = list(tensors)
    scalars = list(numbers)
    if not names:
        names = [of_number(scalars[0])]
    result = names[0]
    for name in names[1:]:
        result = promote(result, name)
    for number in scalars:
        result = promote_with_number(result, number)
    return result


def to_float(name: str) -> str:
    """Return `name` if it is a float, else the default float: what `exp` of an integer is."""
    return name if is_float(name) else settings.floatx()
