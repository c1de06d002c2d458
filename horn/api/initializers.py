"""First values of weights, drawn on the host so that they are bit-equal on every backend."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from horn import dtypes, settings
from horn.api.lookup import by_name
from horn.spec import ops
from horn.state.random import Stream, on_host


class Initializer:
    """A recipe for the first value of a weight: ``initializer(shape, dtype)`` gives an array."""

    def __call__(self, shape: tuple[int, ...], dtype: str | None = None) -> np.ndarray:
        """Return a NumPy array of a shape and dtype."""
        raise NotImplementedError

    def get_config(self) -> dict[str, Any]:
        """Return the arguments that make an equal initializer."""
        return {}


class Zeros(Initializer):
    """All zeros."""

    def __call__(self, shape: tuple[int, ...], dtype: str | None = None) -> np.ndarray:
        return np.zeros(shape, dtypes.numpy_dtype(dtype or settings.floatx()))


class Ones(Initializer):
    """All ones."""

    def __call__(self, shape: tuple[int, ...], dtype: str | None = None) -> np.ndarray:
        return np.ones(shape, dtypes.numpy_dtype(dtype or settings.floatx()))


class Constant(Initializer):
    """One value everywhere.

    Args:
        value: A number, or an array that broadcasts to the weight.
    """

    def __init__(self, value: Any = 0.0) -> None:
        self.value = value

    def __call__(self, shape: tuple[int, ...], dtype: str | None = None) -> np.ndarray:
        return np.broadcast_to(np.asarray(self.value, dtypes.numpy_dtype(dtype or settings.floatx())), shape).copy()

    def get_config(self) -> dict[str, Any]:
        return {"value": self.value}


class RandomUniform(Initializer):
    """Uniform between two bounds.

    Args:
        minval: The lower bound, included.
        maxval: The upper bound, excluded.
        seed: An integer for values that depend on it alone; None for the process's seed.
    """

    def __init__(self, minval: float = -0.05, maxval: float = 0.05, seed: int | None = None) -> None:
        self.minval, self.maxval, self.seed = minval, maxval, seed

    def __call__(self, shape: tuple[int, ...], dtype: str | None = None) -> np.ndarray:
        unit = _draw("random_uniform", shape, self.seed)
        return _in(unit * (self.maxval - self.minval) + self.minval, dtype)

    def get_config(self) -> dict[str, Any]:
        return {"minval": self.minval, "maxval": self.maxval, "seed": self.seed}


class RandomNormal(Initializer):
    """Normally distributed.

    Args:
        mean: The mean.
        stddev: The standard deviation.
        seed: An integer for values that depend on it alone; None for the process's seed.
    """

    def __init__(self, mean: float = 0.0, stddev: float = 0.05, seed: int | None = None) -> None:
        self.mean, self.stddev, self.seed = mean, stddev, seed

    def __call__(self, shape: tuple[int, ...], dtype: str | None = None) -> np.ndarray:
        return _in(_draw("random_normal", shape, self.seed) * self.stddev + self.mean, dtype)

    def get_config(self) -> dict[str, Any]:
        return {"mean": self.mean, "stddev": self.stddev, "seed": self.seed}


class GlorotUniform(Initializer):
    """Uniform within ``sqrt(6 / (fan_in + fan_out))``: the default of most layers.

    Args:
        seed: An integer for values that depend on it alone; None for the process's seed.

    Reference:
        Glorot & Bengio, Understanding the difficulty of training deep feedforward networks
        (AISTATS 2010), eq. 16.
    """

    def __init__(self, seed: int | None = None) -> None:
        self.seed = seed

    def __call__(self, shape: tuple[int, ...], dtype: str | None = None) -> np.ndarray:
        fan_in, fan_out = fans(shape)
        limit = math.sqrt(6.0 / max(fan_in + fan_out, 1))
        return RandomUniform(-limit, limit, self.seed)(shape, dtype)

    def get_config(self) -> dict[str, Any]:
        return {"seed": self.seed}


class HeUniform(Initializer):
    """Uniform within ``sqrt(6 / fan_in)``: made for layers with relu.

    Args:
        seed: An integer for values that depend on it alone; None for the process's seed.

    Reference:
        He, Zhang, Ren & Sun, Delving deep into rectifiers, arXiv:1502.01852, section 2.2.
    """

    def __init__(self, seed: int | None = None) -> None:
        self.seed = seed

    def __call__(self, shape: tuple[int, ...], dtype: str | None = None) -> np.ndarray:
        limit = math.sqrt(6.0 / max(fans(shape)[0], 1))
        return RandomUniform(-limit, limit, self.seed)(shape, dtype)

    def get_config(self) -> dict[str, Any]:
        return {"seed": self.seed}


class Orthogonal(Initializer):
    """A matrix whose rows or columns, whichever are fewer, are orthonormal.

    Args:
        gain: What to multiply it by.
        seed: An integer for values that depend on it alone; None for the process's seed.

    Reference:
        Saxe, McClelland & Ganguli, arXiv:1312.6120. The signs are fixed as in Mezzadri,
        How to generate random matrices from the classical compact groups (2007).
    """

    def __init__(self, gain: float = 1.0, seed: int | None = None) -> None:
        self.gain, self.seed = gain, seed

    def __call__(self, shape: tuple[int, ...], dtype: str | None = None) -> np.ndarray:
        rows, columns = math.prod(shape[:-1]), shape[-1]
        flat = _draw("random_normal", (max(rows, columns), min(rows, columns)), self.seed)
        q, r = np.linalg.qr(flat.astype(np.float64))
        q = q * np.where(np.diag(r) < 0, -1.0, 1.0)
        return _in((self.gain * (q if rows >= columns else q.T)).reshape(shape), dtype)

    def get_config(self) -> dict[str, Any]:
        return {"gain": self.gain, "seed": self.seed}


def _draw(op: str, shape: tuple[int, ...], seed: int | None) -> np.ndarray:
    """Return random numbers in float64: drawn in double, they round the same way everywhere."""
    key, step = Stream(seed).next()
    with on_host():
        return np.asarray(ops[op](key, step, shape=tuple(shape), dtype="float64"))


def _in(values: np.ndarray, dtype: str | None) -> np.ndarray:
    return values.astype(dtypes.numpy_dtype(dtype or settings.floatx()))


def fans(shape: tuple[int, ...]) -> tuple[int, int]:
    """Return how many inputs and outputs one unit of a weight of this shape has."""
    if len(shape) < 2:
        return (shape[0], shape[0]) if shape else (1, 1)
    window = math.prod(shape[:-2])
    return shape[-2] * window, shape[-1] * window


TABLE = {
    "zeros": Zeros,
    "ones": Ones,
    "constant": Constant,
    "random_uniform": RandomUniform,
    "uniform": RandomUniform,
    "random_normal": RandomNormal,
    "normal": RandomNormal,
    "glorot_uniform": GlorotUniform,
    "he_uniform": HeUniform,
    "orthogonal": Orthogonal,
}


def get(identifier: Any) -> Any:
    """Return the initializer that a name or an object means; a function serves as well."""
    if isinstance(identifier, type) and issubclass(identifier, Initializer):
        return identifier()
    return identifier if callable(identifier) else by_name("initializer", identifier, TABLE)()
