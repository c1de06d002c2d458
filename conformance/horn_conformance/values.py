"""Named recipes for the values of operands, each a function of a seed.

`draw` is what a reproducer calls, so a recipe keeps its meaning once it is released.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from horn import dtypes

if TYPE_CHECKING:
    from collections.abc import Callable

    Shape = tuple[int, ...]
    Recipe = Callable[[np.random.Generator, Shape], np.ndarray]

FLOAT = ("normal", "ints", "wide", "ties", "cancel")
"""The recipes of an operand that may be any number."""


def _cancel(random: np.random.Generator, shape: Shape) -> np.ndarray:
    """Return numbers whose sum almost cancels: the second half is minus the first, nearly."""
    flat = random.normal(size=int(np.prod(shape)))
    half = flat.size // 2
    flat[flat.size - half :] = -flat[:half] * (1.0 + 1e-3 * random.normal(size=half))
    return flat.reshape(shape)


def _one_hot(random: np.random.Generator, shape: Shape) -> np.ndarray:
    return np.eye(shape[-1])[random.integers(0, shape[-1], shape[:-1])]


def _distinct(random: np.random.Generator, shape: Shape) -> np.ndarray:
    """Return numbers of which no two are closer than 0.03, nor any to zero."""
    count = int(np.prod(shape))
    return (0.05 * (random.permutation(count) - count // 2) + random.uniform(0.01, 0.02, count)).reshape(
        shape
    )


_RECIPES: dict[str, Recipe] = {
    "normal": lambda random, shape: random.normal(size=shape),
    "wide": lambda random, shape: random.normal(size=shape) * 10.0 ** random.uniform(-3, 3, shape),
    "ints": lambda random, shape: random.integers(-4, 5, shape).astype(float),
    "positive_ints": lambda random, shape: random.integers(1, 6, shape).astype(float),
    "ties": lambda random, shape: random.choice([-1.0, 0.0, 0.5, 2.0], shape),
    "cancel": _cancel,
    "offset": lambda random, shape: 10.0 + 0.1 * random.normal(size=shape),
    "positive": lambda random, shape: np.exp(random.normal(size=shape)),
    "wide_positive": lambda random, shape: np.exp(random.uniform(-20, 20, shape)),
    "unit": lambda random, shape: random.uniform(0.02, 0.98, shape),
    "above_one": lambda random, shape: 1.0 + np.exp(random.normal(size=shape)),
    "mantissa": lambda random, shape: random.uniform(0.25, 4.0, shape),
    "small": lambda random, shape: random.normal(size=shape) * 1e-4,
    "angles": lambda random, shape: random.uniform(-100, 100, shape),
    "saturating": lambda random, shape: random.choice([-1.0, 1.0], shape) * random.uniform(50, 100, shape),
    "distinct": _distinct,
    "one_hot": _one_hot,
    "zeros": lambda random, shape: np.zeros(shape),  # noqa: ARG005
    "bools": lambda random, shape: random.integers(0, 2, shape),
    "words": lambda random, shape: random.integers(-(2**31), 2**31, shape),
    "shifts": lambda random, shape: random.integers(0, 7, shape),
    "bytes": lambda random, shape: random.integers(-128, 256, shape),
}
_RANGES: dict[str, Callable[[int], tuple[int, int]]] = {
    "index": lambda n: (-n, n),
    "label": lambda n: (0, n),
    "beyond": lambda n: (-n - 3, n + 3),
}


def draw(recipe: str, seed: int, shape: Shape, dtype: str) -> np.ndarray:
    """Return an array of the given shape and dtype.

    Args:
        recipe: A name, or ``"index:7"`` (-7 to 6), ``"label:7"`` (0 to 6), ``"beyond:7"`` (also
            out of range).
        seed: Of the generator.
        shape: The sizes.
        dtype: The canonical name.

    Example:
        >>> draw("label:3", 0, (4,), "int32")
        array([2, 1, 1, 0], dtype=int32)
    """
    random = np.random.default_rng(seed)
    name, _, limit = recipe.partition(":")
    values = random.integers(*_RANGES[name](int(limit)), shape) if limit else _RECIPES[name](random, shape)
    if dtype == "float16":
        values = np.clip(values, -16, 16)  # a sum of squares has to stay below 65504
    elif dtype in dtypes.UNSIGNED and values.dtype.kind == "f":
        values = np.abs(values)
    with np.errstate(all="ignore"):
        return np.asarray(values).astype(dtypes.numpy_dtype(dtype))
