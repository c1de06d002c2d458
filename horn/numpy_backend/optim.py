"""Update rules that overwrite parameters and slots, a block at a time.

A large tensor is updated in blocks that stay in the cache, a small one as it is. Scalars are worked
out in float64.

Squares of small gradients, and means of gradients that have become zero, reach subnormal numbers,
on which a processor multiplies twenty times more slowly. A product where that happens raises the
underflow flag, and is calculated again without what is too small to move a parameter.
"""

from __future__ import annotations

import math
from contextvars import Context
from functools import partial
from math import prod
from typing import TYPE_CHECKING, Any

import numpy as np

from horn.numpy_backend.elementwise import FAST_NAMES
from horn.numpy_backend.pages import page
from horn.numpy_backend.scratch import aligned
from horn.spec.op import ops

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

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
        else:
            yield row if row[0].ndim else tuple([x.reshape(1) for x in row])


class _Kept(dict[Any, list[Any]]):
    """What a rule keeps for arrays of one shape and dtype: working memory, then its numbers."""

    def __init__(self, count: int, *numbers: float) -> None:
        super().__init__()
        self._count, self._numbers = count, numbers

    def __missing__(self, key: tuple[tuple[int, ...], Any]) -> list[Any]:
        shape, dtype = key
        work = [aligned(prod(shape), dtype).reshape(shape) for _ in range(self._count)]
        self[key] = [*work, *(np.asarray(x, dtype) for x in self._numbers)]
        return self[key]


# -- what may underflow ----------------------------------------------------------------------

_LEAST_EPSILON = 1e-10  # beside a smaller one, what is removed could count
_LARGE = np.asarray(2.0**-93, np.float32)  # its unit is 2**-116, for a running mean
_SQUARE_LARGE = np.asarray(2.0**-34, np.float32)  # 2**-57, for a gradient that is about to be squared


def _round(x: Any, large: Any, out: Any) -> None:
    """Round float32 to multiples of the unit of `large`: sums are quick for subnormal numbers too."""
    np.add(x, large, out)
    np.subtract(out, large, out)


def _calm(mean: Any) -> None:
    """Remove from a running mean, in place, what is too small; float64 keeps all."""
    if mean.dtype == np.float32:
        _round(mean, _LARGE, mean)


def _underflows(function: Callable[..., Any], *operands: Any) -> bool:
    """Call a function of NumPy's; return whether it raised, after it had stored all results."""
    try:
        function(*operands)
    except FloatingPointError:
        return True
    return False


def _mean_change(mean: Any, g: Any, share: Any, out: Any) -> None:
    """Work out a share of the distance of a running mean, which may have to be calmed, to `g`."""
    np.subtract(g, mean, out)
    if _underflows(np.multiply, out, share, out):
        _calm(mean)
        np.subtract(g, mean, out)
        _underflows(np.multiply, out, share, out)


def _square_change(mean: Any, g: Any, share: Any, out: Any) -> None:
    """Work out the same for the square of `g`, without the smallest gradients if they underflow."""
    if _underflows(np.multiply, g, g, out):
        _calm_square(g, out)
    np.subtract(out, mean, out)
    if _underflows(np.multiply, out, share, out):
        _calm(mean)
        _calm_square(g, out)
        np.subtract(out, mean, out)
        _underflows(np.multiply, out, share, out)


def _calm_square(g: Any, out: Any) -> None:
    """Square `g` without what is too small; float64 keeps all."""
    if g.dtype == np.float32:
        _round(g, _SQUARE_LARGE, out)
        g = out
    _underflows(np.multiply, g, g, out)


def _watched(rule: Callable[..., Any], *kept: Any) -> Callable[..., Any]:
    """Return a rule, with its first arguments, that raises for what underflows and for nothing else.

    It has an error state of its own, since entering ``np.errstate`` costs more than two passes over a
    small model. Like what it overwrites, it serves one thread at a time.
    """
    own = Context()
    own.run(np.seterr, all="ignore", under="raise")
    return partial(own.run, rule, *kept)


# -- the rules -------------------------------------------------------------------------------


def _is_fast(epsilon: float, *groups: Sequence[Any]) -> bool:
    """Return whether every tensor of a parameter, or its spec, has its dtype, float32 or float64."""
    rows = [{str(x.dtype) for x in row} for row in zip(*groups, strict=True)]
    return epsilon >= _LEAST_EPSILON and all(len(row) == 1 and row <= FAST_NAMES for row in rows)


def _overwriting(name: str, make: Callable[..., Any]) -> Callable[..., Any]:
    """Return an update as a kernel, which a plan may have made for its parameters once for all steps.

    Args:
        name: Of the op.
        make: Takes the operands or their specs, and the attributes; returns a function of the operands
            that overwrites them, or None where the page has to serve.
    """
    op, from_page = ops[name], page(name)

    def kernel(*operands: Any, **attrs: Any) -> tuple[Any, ...]:
        rule = make(*operands, **attrs)
        if rule is not None:
            return rule(*operands)
        columns = dict(zip(op.operands, operands, strict=True))
        donated = [x for column in op.donates for x in columns[column]]
        for x, value in zip(donated, from_page(*operands, **attrs), strict=True):
            x[...] = value
        return tuple(donated)

    kernel.made_for = make  # type: ignore[attr-defined]  # see `Backend.kernels`
    return kernel


def _sgd_for(
    params: Any, gradients: Any, momentums: Any, _rate: Any, momentum: float = 0.0, nesterov: bool = False
) -> Callable[..., Any] | None:
    """Return what overwrites parameters and momentums by one step down the gradient."""
    if not _is_fast(1.0, params, gradients, *((momentums,) if momentum else ())):
        return None
    if not momentum:
        return _plain_sgd
    return _watched(_sgd, _Kept(2, momentum), nesterov)


def _plain_sgd(params: Any, gradients: Any, _momentums: Any, learning_rate: Any) -> tuple[Any, ...]:
    for p, g in _blocks(params, gradients):
        np.subtract(p, np.multiply(g, np.asarray(learning_rate, p.dtype)), p)
    return tuple(params)


def _sgd(
    kept: _Kept, nesterov: bool, params: Any, gradients: Any, momentums: Any, learning_rate: Any  # noqa: FBT001
) -> tuple[Any, ...]:
    for p, g, m in _blocks(params, gradients, momentums):
        rate = np.asarray(learning_rate, p.dtype)
        decayed, step, share = kept[p.shape, p.dtype]
        if _underflows(np.multiply, m, share, decayed) | _underflows(np.multiply, g, rate, step):
            _calm(m)
            _underflows(np.multiply, m, share, decayed)
        np.subtract(decayed, step, m)
        if not nesterov:
            np.add(p, m, p)
            continue
        np.subtract(p, step, p)
        _underflows(np.multiply, m, share, step)
        np.add(p, step, p)
    return (*params, *momentums)


def _adam_for(
    params: Any,
    gradients: Any,
    moments: Any,
    velocities: Any,
    _rate: Any,
    _iteration: Any,
    beta_1: float = 0.9,
    beta_2: float = 0.999,
    epsilon: float = 1e-7,
) -> Callable[..., Any] | None:
    """Return what overwrites parameters and moments by one step of Adam."""
    if not _is_fast(epsilon, params, gradients, moments, velocities):
        return None
    logarithms = [math.log(beta) if beta else -math.inf for beta in (beta_1, beta_2)]
    return _watched(_adam, _Kept(2, 1.0 - beta_1, 1.0 - beta_2, epsilon), *logarithms)


def _adam(
    kept: _Kept,
    log_1: float,
    log_2: float,
    params: Any,
    gradients: Any,
    moments: Any,
    velocities: Any,
    learning_rate: Any,
    iteration: Any,
) -> tuple[Any, ...]:
    t = int(iteration) + 1
    first, second = -math.expm1(t * log_1), -math.expm1(t * log_2)
    alpha = float(learning_rate) * math.sqrt(second) / first
    for p, g, m, v in _blocks(params, gradients, moments, velocities):
        change, step, share_1, share_2, small = kept[p.shape, p.dtype]
        _mean_change(m, g, share_1, change)
        _square_change(v, g, share_2, step)
        np.add(m, change, m)
        np.add(v, step, v)
        np.sqrt(v, step)
        np.add(step, small, step)
        _underflows(np.divide, m, step, change)
        _underflows(np.multiply, change, np.asarray(alpha, p.dtype), change)
        np.subtract(p, change, p)
    return (*params, *moments, *velocities)


def _rmsprop_for(
    params: Any,
    gradients: Any,
    velocities: Any,
    momentums: Any,
    _rate: Any,
    rho: float = 0.9,
    momentum: float = 0.0,
    epsilon: float = 1e-7,
) -> Callable[..., Any] | None:
    """Return what overwrites parameters, running squares and momentums by one step of RMSprop."""
    if not _is_fast(epsilon, params, gradients, velocities, *((momentums,) if momentum else ())):
        return None
    return _watched(_rmsprop, _Kept(3, momentum, 1.0 - rho, epsilon))


def _rmsprop(
    kept: _Kept, params: Any, gradients: Any, velocities: Any, momentums: Any, learning_rate: Any
) -> tuple[Any, ...]:
    slots = (velocities, momentums) if momentums else (velocities,)
    for p, g, v, *m in _blocks(params, gradients, *slots):
        rate = np.asarray(learning_rate, p.dtype)
        change, step, decayed, past, share, small = kept[p.shape, p.dtype]
        _square_change(v, g, share, change)
        np.add(v, change, v)
        np.sqrt(np.add(v, small, change), change)
        lost = _underflows(np.divide, g, change, step) | _underflows(np.multiply, step, rate, step)
        for mean in m:
            if _underflows(np.multiply, mean, past, decayed) | lost:
                _calm(mean)
                _underflows(np.multiply, mean, past, decayed)
            np.add(decayed, step, step)
            np.copyto(mean, step)
        np.subtract(p, step, p)
    return (*params, *(x for slot in slots for x in slot))


IN_PLACE_KERNELS = {
    "adam_update": _overwriting("adam_update", _adam_for),
    "rmsprop_update": _overwriting("rmsprop_update", _rmsprop_for),
    "sgd_update": _overwriting("sgd_update", _sgd_for),
}
