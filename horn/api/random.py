"""Random tensors: without a seed from the stream of the process, with one from that seed alone."""

from __future__ import annotations

from typing import Any

from horn import dtypes, settings
from horn.spec import ops
from horn.state.random import Stream, process_stream


def _next(seed: int | Stream | None) -> tuple[Any, Any]:
    if isinstance(seed, Stream):
        return seed.next()
    return process_stream().next() if seed is None else Stream(seed).next()


def uniform(
    shape: tuple[int, ...],
    minval: float = 0.0,
    maxval: float = 1.0,
    dtype: str | None = None,
    seed: int | Stream | None = None,
) -> Any:
    """Return numbers that are uniform between two bounds.

    Args:
        shape: Of the result.
        minval: The lower bound, included.
        maxval: The upper bound, excluded.
        dtype: A float; default the default float.
        seed: An integer gives the same numbers at every call; a `Stream` goes on at each; None
            goes on in the stream of the process.
    """
    key, step = _next(seed)
    unit = ops.random_uniform(key, step, shape=tuple(shape), dtype=dtypes.canonical(dtype or settings.floatx()))
    return ops.add(ops.multiply(unit, maxval - minval), minval)


def normal(
    shape: tuple[int, ...],
    mean: float = 0.0,
    stddev: float = 1.0,
    dtype: str | None = None,
    seed: int | Stream | None = None,
) -> Any:
    """Return normally distributed numbers.

    Args:
        shape: Of the result.
        mean: The mean.
        stddev: The standard deviation.
        dtype: A float; default the default float.
        seed: As for `uniform`.
    """
    key, step = _next(seed)
    unit = ops.random_normal(key, step, shape=tuple(shape), dtype=dtypes.canonical(dtype or settings.floatx()))
    return ops.add(ops.multiply(unit, stddev), mean)
