"""The weights of a workload as NumPy arrays, for the hand-written models, and what a native library gives."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Callable

    from workloads import Layer

Shape = tuple[int, ...]


class Native(NamedTuple):
    """A hand-written model.

    Attributes:
        train: Takes examples, targets and a number of epochs, and returns the mean loss of the last
            epoch and the accuracy in it.
        predict: From a NumPy array to a NumPy array, compiled where the library compiles.
        call: The same model called as a user of the library does at the prompt.
        parameters: How many numbers are trained.
    """

    train: Callable[..., tuple[float, float]]
    predict: Callable[[np.ndarray], Any]
    call: Callable[[np.ndarray], Any]
    parameters: int


def make(layers: tuple[Layer, ...], shape: Shape, rng: np.random.Generator) -> tuple[list[Any], Shape]:
    """Return a list of weights for each layer (in residuals, of lists), and the shape that comes out."""
    found = []
    for kind, *arguments in layers:
        if kind == "residual":
            found.append(make(tuple(arguments), shape, rng)[0])
            continue
        sizes, shape = sizes_of(kind, shape, *arguments)
        weights = [_glorot(size, rng) if len(size) > 1 else np.zeros(size, "float32") for size in sizes]
        if kind == "norm":
            weights[0] += 1
        found.append(weights)
    return found, shape


def sizes_of(kind: str, shape: Shape, *arguments: Any) -> tuple[list[Shape], Shape]:
    """Return the shapes of a layer's weights, and of what comes out of it."""
    return _SIZES[kind](shape, *arguments)


def _glorot(size: Shape, rng: np.random.Generator) -> np.ndarray:
    limit = np.sqrt(6 / ((size[-1] + size[-2]) * np.prod(size[:-2])))
    return rng.uniform(-limit, limit, size).astype("float32")


def _dense(shape: Shape, units: int, activation: str | None) -> tuple[list[Shape], Shape]:
    del activation
    return [(shape[-1], units), (units,)], (*shape[:-1], units)


def _conv(shape: Shape, filters: int, padding: str, activation: str | None) -> tuple[list[Shape], Shape]:
    del activation
    border = 2 if padding == "valid" else 0
    return [(3, 3, shape[-1], filters), (filters,)], (shape[0] - border, shape[1] - border, filters)


def _attention(shape: Shape, heads: int) -> tuple[list[Shape], Shape]:
    del heads
    d = shape[-1]
    return [(d, 3 * d), (3 * d,), (d, d), (d,)], shape


_SIZES: dict[str, Callable[..., tuple[list[Shape], Shape]]] = {
    "dense": _dense,
    "conv": _conv,
    "attention": _attention,
    "pool": lambda s: ([], (s[0] // 2, s[1] // 2, s[2])),
    "flatten": lambda s: ([], (int(np.prod(s)),)),
    "average": lambda s: ([], s[1:]),
    "dropout": lambda s, rate: ([], s),
    "embedding": lambda s, words, size: ([(words, size)], (*s, size)),
    "positions": lambda s: ([s], s),
    "norm": lambda s: ([s[-1:], s[-1:]], s),
    "lstm": lambda s, u: ([(s[-1], 4 * u), (u, 4 * u), (4 * u,)], (u,)),
    "gru": lambda s, u: ([(s[-1], 3 * u), (u, 3 * u), (2, 3 * u)], (s[0], u)),
    "repeat": lambda s, times: ([], (times, *s)),
}
