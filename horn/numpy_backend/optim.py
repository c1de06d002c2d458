"""Update rules that overwrite parameters and slots, a block at a time.

A large tensor is updated in blocks that stay in the cache, a small one as it is. Scalars are worked
out in float64.

Squares of small gradients, and means of gradients that have become zero, reach subnormal numbers,
on which a processor multiplies twenty times more slowly. A block where that happens raises the
underflow flag, and is calculated again without what is too small to move a parameter.
"""

from __future__ import annotations

import math
from contextlib import suppress
from typing import TYPE_CHECKING, Any

import numpy as np

from horn.numpy_backend.elementwise import FAST
from horn.numpy_backend.pages import page

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

_BLOCK = 32768  # elements that are updated at a time


def _blocks(
    params: Sequence[Any], gradients: Sequence[Any], *slots: Sequence[Any]
) -> Iterator[tuple[Any, ...]]:
    """Yield what belongs to one parameter, or to a block of it: the same part of each tensor."""
    for row in zip(params, gradients, *slots, strict=True):
        size = row[0].size
        # What is overwritten has to stay a view when it is flattened; a gradient may be copied.
        if size > _BLOCK and all(x.flags.c_contiguous for x in (row[0], *row[2:])):
            vectors = [x.reshape(-1) for x in row]
            for start in range(0, size, _BLOCK):
                yield tuple([x[start : start + _BLOCK] for x in vectors])
        elif row[0].ndim:
            yield row
        else:
            yield tuple([x.reshape(1) for x in row])


class _Scalars(dict[Any, list[Any]]):
    """The numbers of one update as tensors, by the dtype of a parameter."""

    def __init__(self, *values: Any) -> None:
        super().__init__()
        self._values = values

    def __missing__(self, dtype: Any) -> list[Any]:
        self[dtype] = [np.asarray(value, dtype) for value in self._values]
        return self[dtype]


# -- what may underflow ----------------------------------------------------------------------

_LEAST_EPSILON = 1e-10  # beside a smaller one, what is removed could count
_UNIT = 2.0**-116  # of a running mean
_SQUARE_UNIT = 2.0**-57  # of a gradient that is about to be squared

_watch: dict[str, Any] = {"all": "ignore", "under": "raise"}
_quiet: dict[str, Any] = {"all": "ignore"}


def _rounded(x: Any, unit: float) -> Any:
    """Round `x` to multiples of `unit`, a power of two: sums are quick for subnormal numbers too."""
    large = np.asarray(unit * 2.0**23, x.dtype)
    total = np.add(x, large)
    return np.subtract(total, large, total)


def _calm(*means: Any) -> None:
    """Remove from running means, in place, what is too small; float64 keeps all."""
    for mean in means:
        if mean.dtype == np.float32:
            np.copyto(mean, _rounded(mean, _UNIT))


def _mean_change(mean: Any, g: Any, share: Any) -> Any:
    """Return a share of the distance of a running mean to `g`."""
    change = np.subtract(g, mean)
    return np.multiply(change, share, change)


def _square_change(mean: Any, g: Any, share: Any) -> Any:
    """Return a share of the distance of a running mean to the square of `g`."""
    change = np.multiply(g, g)
    np.subtract(change, mean, change)
    return np.multiply(change, share, change)


def _calm_square_change(mean: Any, g: Any, share: Any) -> Any:
    """Return the same for a mean that has been calmed, without the smallest gradients."""
    return _square_change(mean, _rounded(g, _SQUARE_UNIT) if g.dtype == np.float32 else g, share)


# -- the rules -------------------------------------------------------------------------------


def _is_fast(epsilon: float, *groups: Sequence[Any]) -> bool:
    """Return whether every tensor of a parameter has its dtype, float32 or float64."""
    if epsilon < _LEAST_EPSILON:
        return False
    found = {x.dtype for group in groups for x in group}
    if len(found) == 1:
        return found <= FAST.keys()
    return found <= FAST.keys() and all(len({x.dtype for x in row}) == 1 for row in zip(*groups, strict=True))


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
    donated = (*params, *(momentums if momentum else ()))
    if not _is_fast(1.0, params, gradients, *slots):
        attrs = {"momentum": momentum, "nesterov": nesterov}
        return _overwrite(donated, _sgd_page(params, gradients, momentums, learning_rate, **attrs))
    scalars = _Scalars(learning_rate, momentum)
    if not momentum:
        for p, g in _blocks(params, gradients):
            np.subtract(p, np.multiply(g, scalars[p.dtype][0]), p)
        return donated
    with np.errstate(**_watch):
        for p, g, m in _blocks(params, gradients, momentums):
            rate, kept = scalars[p.dtype]
            try:
                decayed, step = np.multiply(m, kept), np.multiply(g, rate)
            except FloatingPointError:
                with np.errstate(**_quiet):
                    _calm(m)
                    decayed, step = np.multiply(m, kept), np.multiply(g, rate)
            np.subtract(decayed, step, m)
            if not nesterov:
                np.add(p, m, p)
                continue
            np.subtract(p, step, p)
            with suppress(FloatingPointError):  # what underflows has been stored all the same
                np.multiply(m, kept, step)
            np.add(p, step, p)
    return donated


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
    if not _is_fast(epsilon, params, gradients, moments, velocities):
        attrs = {"beta_1": beta_1, "beta_2": beta_2, "epsilon": epsilon}
        values = _adam_page(params, gradients, moments, velocities, learning_rate, iteration, **attrs)
        return _overwrite(donated, values)
    t = int(iteration) + 1
    corrections = [-math.expm1(t * math.log(beta)) for beta in (beta_1, beta_2)]
    alpha = float(learning_rate) * math.sqrt(corrections[1]) / corrections[0]
    scalars = _Scalars(alpha, 1.0 - beta_1, 1.0 - beta_2, epsilon)
    with np.errstate(**_watch):
        for p, g, m, v in _blocks(params, gradients, moments, velocities):
            rate, share_1, share_2, small = scalars[p.dtype]
            try:
                change, step = _mean_change(m, g, share_1), _square_change(v, g, share_2)
            except FloatingPointError:
                with np.errstate(**_quiet):
                    _calm(m, v)
                    change, step = _mean_change(m, g, share_1), _calm_square_change(v, g, share_2)
            np.add(m, change, m)
            np.add(v, step, v)
            np.sqrt(v, step)
            np.add(step, small, step)
            try:
                np.multiply(np.divide(m, step, change), rate, change)
            except FloatingPointError:
                with np.errstate(**_quiet):
                    np.multiply(np.divide(m, step, change), rate, change)
            np.subtract(p, change, p)
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
    if not _is_fast(epsilon, params, gradients, *slots):
        attrs = {"rho": rho, "momentum": momentum, "epsilon": epsilon}
        values = _rmsprop_page(params, gradients, velocities, momentums, learning_rate, **attrs)
        return _overwrite(donated, values)
    scalars = _Scalars(learning_rate, momentum, 1.0 - rho, epsilon)
    with np.errstate(**_watch):
        for p, g, v, *m in _blocks(params, gradients, *slots):
            rate, kept, share, small = scalars[p.dtype]
            try:
                change = _square_change(v, g, share)
            except FloatingPointError:
                with np.errstate(**_quiet):
                    _calm(v)
                    change = _calm_square_change(v, g, share)
            np.add(v, change, v)
            root = np.sqrt(np.add(v, small), change)
            try:
                step = np.multiply(np.divide(g, root), rate)
                step = np.add(np.multiply(m[0], kept), step) if m else step
            except FloatingPointError:
                with np.errstate(**_quiet):
                    _calm(*m)
                    step = np.multiply(np.divide(g, root), rate)
                    step = np.add(np.multiply(m[0], kept), step) if m else step
            if m:
                np.copyto(m[0], step)
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
