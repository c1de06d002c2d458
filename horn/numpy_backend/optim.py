"""Update rules that overwrite parameters and slots, a block at a time.

Large tensors are updated in blocks that stay in the cache. Small ones are gathered into one block
first: a dozen calls for all of them cost less than a dozen for each. Scalars are worked out in
float64.

Squares of small gradients, and means of gradients that have become zero, reach subnormal numbers,
on which a processor multiplies twenty times more slowly. A block where that happens raises the
underflow flag, and is calculated again without what is too small to move a parameter.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import numpy as np

from horn.numpy_backend import scratch
from horn.numpy_backend.elementwise import FAST
from horn.numpy_backend.pages import page

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

_BLOCK = 32768  # elements that are updated at a time
_SMALL = 4096  # elements up to which a tensor is gathered with others

Row = tuple[Any, ...]
"""What belongs to one parameter: itself and its slots, which are overwritten, then the gradient."""


def _blocks(rows: Sequence[Row]) -> Iterator[Row]:
    """Yield vectors to be overwritten, of one block of the tensors at a time, and a buffer."""
    small: dict[Any, list[Row]] = {}
    for row in rows:
        size = row[0].size
        if size > _SMALL and all(x.flags.c_contiguous for x in row[:-1]):
            vectors = [x.reshape(-1) for x in row]
            buffer = scratch.take(_BLOCK, row[0].dtype)
            for start in range(0, size, _BLOCK):
                block = [x[start : start + _BLOCK] for x in vectors]
                yield (*block, buffer[: block[0].size])
            scratch.give_back(buffer)
        elif size:
            small.setdefault(row[0].dtype, []).append(row)
    for dtype, group in small.items():
        yield from _gathered(group, dtype)


def _gathered(rows: list[Row], dtype: Any) -> Iterator[Row]:
    """Yield blocks that hold several tensors each, and put what became of them back."""
    start = 0
    while start < len(rows):
        total, stop = rows[start][0].size, start + 1
        while stop < len(rows) and total + rows[stop][0].size <= _BLOCK:
            total += rows[stop][0].size
            stop += 1
        group = rows[start:stop]
        vectors = [scratch.take(total, dtype) for _ in range(len(rows[0]) + 1)]
        for vector, tensors in zip(vectors, zip(*group, strict=True), strict=False):
            np.concatenate(tensors, axis=None, out=vector)
        yield tuple(vectors)
        at = 0
        for row in group:
            end = at + row[0].size
            for x, vector in zip(row[:-1], vectors, strict=False):
                x[...] = vector[at:end].reshape(x.shape)
            at = end
        for vector in vectors:
            scratch.give_back(vector)
        start = stop


# -- moving averages -------------------------------------------------------------------------

_WATCHED = np.dtype(np.float32)  # float64 reaches subnormal numbers in no calculation that matters
_LEAST_EPSILON = 1e-10  # beside a smaller one, what is removed could count
_UNIT = 2.0**-116  # of a running mean
_SQUARE_UNIT = 2.0**-57  # of a gradient that is about to be squared


def _rounded(x: Any, unit: float, out: Any) -> Any:
    """Round `x` to multiples of `unit`, a power of two: sums are quick for subnormal numbers too."""
    large = np.asarray(unit * 2.0**23, x.dtype)
    return np.subtract(np.add(x, large, out), large, out)


def _watch(x: Any) -> Any:
    return np.errstate(under="raise" if x.dtype == _WATCHED else "ignore")


def _move_mean(mean: Any, g: Any, share: Any, buffer: Any) -> None:
    """Move the running mean of the gradient by a share of its distance to `g`."""
    try:
        with _watch(mean):
            np.multiply(np.subtract(g, mean, buffer), share, buffer)
    except FloatingPointError:
        _rounded(mean, _UNIT, mean)
        np.multiply(np.subtract(g, mean, buffer), share, buffer)
    np.add(mean, buffer, mean)


def _move_square(mean: Any, g: Any, share: Any, buffer: Any) -> None:
    """Move the running mean of the squared gradient by a share of its distance to ``g**2``."""
    try:
        with _watch(mean):
            _square_change(mean, g, share, buffer)
    except FloatingPointError:
        _rounded(mean, _UNIT, mean)
        _square_change(mean, _rounded(g, _SQUARE_UNIT, buffer), share, buffer)
    np.add(mean, buffer, mean)


def _square_change(mean: Any, g: Any, share: Any, buffer: Any) -> None:
    np.multiply(g, g, buffer)
    np.multiply(np.subtract(buffer, mean, buffer), share, buffer)


def _scale(x: Any, factor: Any) -> None:
    """Multiply a momentum by what is kept of it."""
    try:
        with _watch(x):
            np.multiply(x, factor, x)
    except FloatingPointError:  # the product is right, and tiny
        _rounded(x, _UNIT, x)


# -- the rules -------------------------------------------------------------------------------


def _is_fast(epsilon: float, *groups: Sequence[Any]) -> bool:
    """Return whether every tensor of a parameter has its dtype, float32 or float64."""
    if epsilon < _LEAST_EPSILON:
        return False
    return all(
        row[0].dtype in FAST and all(x.dtype == row[0].dtype for x in row)
        for row in zip(*groups, strict=True)
    )


def _overwrite(donated: Sequence[Any], values: Sequence[Any]) -> tuple[Any, ...]:
    for x, value in zip(donated, values, strict=True):
        x[...] = value
    return tuple(donated)


def sgd_update(
    params: Sequence[Any],
    gradients: Sequence[Any],
    momentums: Sequence[Any],
    learning_rate: Any,
    momentum: float = 0.0,
    nesterov: bool = False,
) -> tuple[Any, ...]:
    """Overwrite parameters and momentums by one step down the gradient, and return them."""
    slots = (momentums,) if momentum else ()
    attrs = {"momentum": momentum, "nesterov": nesterov}
    if not _is_fast(1.0, params, gradients, *slots):
        values = _sgd_page(params, gradients, momentums, learning_rate, **attrs)
        return _overwrite([*params, *(momentums if momentum else ())], values)
    for p, *m, g, step in _blocks(list(zip(params, *slots, gradients, strict=True))):
        kept = np.asarray(momentum, p.dtype)
        np.multiply(g, np.asarray(learning_rate, p.dtype), step)
        if m:
            _scale(m[0], kept)
            np.subtract(m[0], step, m[0])
        if not m or nesterov:
            np.subtract(p, step, p)
        if m:
            np.add(p, np.multiply(m[0], kept, step) if nesterov else m[0], p)
    return (*params, *(momentums if momentum else ()))


def adam_update(
    params: Sequence[Any],
    gradients: Sequence[Any],
    moments: Sequence[Any],
    velocities: Sequence[Any],
    learning_rate: Any,
    iteration: Any,
    beta_1: float = 0.9,
    beta_2: float = 0.999,
    epsilon: float = 1e-7,
) -> tuple[Any, ...]:
    """Overwrite parameters and moments by one step of Adam, and return them."""
    donated = (*params, *moments, *velocities)
    if not _is_fast(epsilon, params, moments, velocities, gradients):
        attrs = {"beta_1": beta_1, "beta_2": beta_2, "epsilon": epsilon}
        values = _adam_page(params, gradients, moments, velocities, learning_rate, iteration, **attrs)
        return _overwrite(donated, values)
    t = int(iteration) + 1
    alpha = (
        float(learning_rate)
        * math.sqrt(-math.expm1(t * math.log(beta_2)))
        / -math.expm1(t * math.log(beta_1))
    )
    scalars = (alpha, 1.0 - beta_1, 1.0 - beta_2, epsilon)
    for p, m, v, g, step in _blocks(list(zip(params, moments, velocities, gradients, strict=True))):
        alpha_, share_1, share_2, epsilon_ = (np.asarray(number, p.dtype) for number in scalars)
        _move_mean(m, g, share_1, step)
        _move_square(v, g, share_2, step)
        np.add(np.sqrt(v, step), epsilon_, step)
        np.multiply(np.divide(m, step, step), alpha_, step)
        np.subtract(p, step, p)
    return donated


def rmsprop_update(
    params: Sequence[Any],
    gradients: Sequence[Any],
    velocities: Sequence[Any],
    momentums: Sequence[Any],
    learning_rate: Any,
    rho: float = 0.9,
    momentum: float = 0.0,
    epsilon: float = 1e-7,
) -> tuple[Any, ...]:
    """Overwrite parameters, running squares and momentums by one step of RMSprop, and return them."""
    slots = (velocities, momentums) if momentum else (velocities,)
    donated = (*params, *(x for slot in slots for x in slot))
    if not _is_fast(epsilon, params, *slots, gradients):
        attrs = {"rho": rho, "momentum": momentum, "epsilon": epsilon}
        return _overwrite(
            donated, _rmsprop_page(params, gradients, velocities, momentums, learning_rate, **attrs)
        )
    scalars = (learning_rate, momentum, 1.0 - rho, epsilon)
    for p, v, *m, g, step in _blocks(list(zip(params, *slots, gradients, strict=True))):
        rate, kept, share, epsilon_ = (np.asarray(number, p.dtype) for number in scalars)
        _move_square(v, g, share, step)
        np.sqrt(np.add(v, epsilon_, step), step)
        np.multiply(np.divide(g, step, step), rate, step)
        if m:
            _scale(m[0], kept)
            step = np.add(m[0], step, m[0])
        np.subtract(p, step, p)
    return donated


_sgd_page = page("sgd_update")
_adam_page = page("adam_update")
_rmsprop_page = page("rmsprop_update")

IN_PLACE_KERNELS = {
    "adam_update": adam_update,
    "rmsprop_update": rmsprop_update,
    "sgd_update": sgd_update,
}
