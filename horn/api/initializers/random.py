"""Initializers that draw: the plain distributions, and orthogonal matrices."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from horn.api.bounds import real, whole
from horn.api.initializers.initializer import Initializer, in_dtype
from horn.errors import ArgumentError, ShapeError
from horn.spec import ops
from horn.state.random import Stream, on_host


class Drawn(Initializer):
    """What initializers that draw share: a seed.

    Args:
        seed: An integer for values that depend on it alone; None for the process's seed.

    Raises:
        ArgumentError: The seed is neither None nor an integer of 0 or more.
    """

    def __init__(self, seed: int | None = None) -> None:
        self.seed = seed if seed is None else whole(type(self).__name__, "seed", seed, low=0)

    def get_config(self) -> dict[str, Any]:
        return {"seed": self.seed}


class RandomUniform(Drawn):
    """Uniform between two bounds.

    Args:
        minval: The lower bound, included.
        maxval: The upper bound, excluded; not less than the lower.
        seed: An integer for values that depend on it alone; None for the process's seed.

    Example:
        >>> RandomUniform(0.0, 2.0, seed=1)((2,))
        array([0.6973045, 1.644885 ], dtype=float32)
    """

    def __init__(self, minval: float = -0.05, maxval: float = 0.05, seed: int | None = None) -> None:
        super().__init__(seed)
        self.minval, self.maxval = real("RandomUniform", "minval", minval), real("RandomUniform", "maxval", maxval)
        if minval > maxval:
            raise ArgumentError(
                "RandomUniform was given bounds in the wrong order.",
                expected="minval not above maxval",
                got=f"minval={minval!r}, maxval={maxval!r}",
                remedy=f"write RandomUniform({maxval!r}, {minval!r})",
            )

    def __call__(self, shape: tuple[int, ...], dtype: str | None = None) -> np.ndarray:
        unit = drawn("random_uniform", shape, Stream(self.seed))
        return in_dtype(unit * (self.maxval - self.minval) + self.minval, dtype)

    def get_config(self) -> dict[str, Any]:
        return {"minval": self.minval, "maxval": self.maxval, "seed": self.seed}


class RandomNormal(Drawn):
    """Normally distributed.

    Args:
        mean: The mean.
        stddev: The standard deviation, 0 or more.
        seed: An integer for values that depend on it alone; None for the process's seed.

    Example:
        >>> RandomNormal(seed=1)((2,))
        array([0.02035353, 0.02758024], dtype=float32)
    """

    def __init__(self, mean: float = 0.0, stddev: float = 0.05, seed: int | None = None) -> None:
        super().__init__(seed)
        self.mean = real(type(self).__name__, "mean", mean)
        self.stddev = real(type(self).__name__, "stddev", stddev, "[0, inf)")

    def __call__(self, shape: tuple[int, ...], dtype: str | None = None) -> np.ndarray:
        return in_dtype(drawn("random_normal", shape, Stream(self.seed)) * self.stddev + self.mean, dtype)

    def get_config(self) -> dict[str, Any]:
        return {"mean": self.mean, "stddev": self.stddev, "seed": self.seed}


class TruncatedNormal(RandomNormal):
    """Normally distributed, with values beyond two standard deviations drawn anew.

    Args:
        mean: The mean.
        stddev: The standard deviation before the cut; after it, 0.88 of it is left.
        seed: An integer for values that depend on it alone; None for the process's seed.

    Example:
        >>> bool(np.abs(TruncatedNormal(seed=1)((100, 100))).max() <= 0.1)
        True
    """

    def __call__(self, shape: tuple[int, ...], dtype: str | None = None) -> np.ndarray:
        return in_dtype(truncated(shape, Stream(self.seed)) * self.stddev + self.mean, dtype)


class Orthogonal(Drawn):
    """A matrix whose rows or columns, whichever are fewer, are orthonormal.

    A weight with more axes counts as a matrix with the last axis for columns.

    Args:
        gain: What to multiply it by.
        seed: An integer for values that depend on it alone; None for the process's seed.

    Raises:
        ShapeError: It is called for a weight with fewer than two axes.

    Reference:
        Saxe, McClelland & Ganguli, arXiv:1312.6120. The signs are fixed as in Mezzadri,
        How to generate random matrices from the classical compact groups (2007).

    Example:
        >>> q = Orthogonal(seed=1)((4, 2))
        >>> np.round(q.T @ q, 4) + 0.0
        array([[1., 0.], [0., 1.]], dtype=float32)
    """

    def __init__(self, gain: float = 1.0, seed: int | None = None) -> None:
        super().__init__(seed)
        self.gain = real("Orthogonal", "gain", gain)

    def __call__(self, shape: tuple[int, ...], dtype: str | None = None) -> np.ndarray:
        if len(shape) < 2:
            raise ShapeError(
                "Orthogonal was asked for a weight that is no matrix.",
                expected="a shape of 2 sizes or more",
                got=str(tuple(shape)),
                remedy="use another initializer, such as 'random_normal'",
            )
        rows, columns = math.prod(shape[:-1]), shape[-1]
        flat = drawn("random_normal", (max(rows, columns), min(rows, columns)), Stream(self.seed))
        q, r = np.linalg.qr(flat.astype(np.float64))
        q = q * np.where(np.diag(r) < 0, -1.0, 1.0)
        return in_dtype((self.gain * (q if rows >= columns else q.T)).reshape(shape), dtype)

    def get_config(self) -> dict[str, Any]:
        return {"gain": self.gain, "seed": self.seed}


def drawn(op: str, shape: tuple[int, ...], stream: Stream) -> np.ndarray:
    """Return random numbers in float64: drawn in double, they round the same way everywhere.

    Args:
        op: ``"random_uniform"`` or ``"random_normal"``.
        shape: Their sizes.
        stream: Where the key comes from; each draw takes the next.
    """
    key, step = stream.next()
    with on_host():
        return np.asarray(ops[op](key, step, shape=tuple(shape), dtype="float64"))


def truncated(shape: tuple[int, ...], stream: Stream) -> np.ndarray:
    """Return normal numbers in float64, those beyond two deviations drawn anew from the stream."""
    values = np.array(drawn("random_normal", shape, stream))
    beyond = np.abs(values) > 2.0
    while np.any(beyond):
        values[beyond] = drawn("random_normal", (int(np.sum(beyond)),), stream)
        beyond = np.abs(values) > 2.0
    return values
