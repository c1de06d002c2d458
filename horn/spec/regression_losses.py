"""Losses between numbers, and between distributions: one value for each row of the last axis."""

from __future__ import annotations

import math

from horn import settings
from horn.spec.laws import need_equal_targets
from horn.spec.op import Tensor, composite, ops


@composite(promote=True, to_float=True)
def mean_absolute_percentage_error(y_true: Tensor, y_pred: Tensor):
    """Return the mean of ``100 |y_true - y_pred| / |y_true|`` over the last axis, in per cent.

    A target nearer to zero than `horn.config.epsilon` counts as that far from it.

    Shapes:
        y_true, y_pred: (..., units), equal
        returns:        (...)
    """
    need_equal_targets("mean_absolute_percentage_error", y_true, y_pred)
    scale = ops.maximum(ops.absolute(y_true), settings.epsilon())
    return 100.0 * ops.mean(ops.absolute(y_true - y_pred) / scale, axis=-1)


@composite(promote=True, to_float=True)
def mean_squared_logarithmic_error(y_true: Tensor, y_pred: Tensor):
    """Return the mean of ``(log(1 + y_true) - log(1 + y_pred))**2`` over the last axis.

    Both are first raised to `horn.config.epsilon`, so negative numbers count as nearly zero.

    Shapes:
        y_true, y_pred: (..., units), equal
        returns:        (...)
    """
    need_equal_targets("mean_squared_logarithmic_error", y_true, y_pred)
    small = settings.epsilon()
    apart = ops.log1p(ops.maximum(y_pred, small)) - ops.log1p(ops.maximum(y_true, small))
    return ops.mean(ops.square(apart), axis=-1)


@composite(promote=True, to_float=True)
def huber(y_true: Tensor, y_pred: Tensor, delta: float = 1.0):
    """Return the mean over the last axis of errors, squared where small and linear where large.

    For an error e it is ``e**2 / 2`` up to ``|e| = delta`` and ``delta |e| - delta**2 / 2`` beyond.

    Shapes:
        y_true, y_pred: (..., units), equal
        returns:        (...)

    Reference:
        Huber, Robust estimation of a location parameter, Ann. Math. Stat. 35 (1964) 73-101.
    """
    need_equal_targets("huber", y_true, y_pred)
    size = ops.absolute(y_pred - y_true)
    # With c = min(|e|, delta) both branches are c (|e| - c / 2), and neither can overflow for the other.
    inner = ops.minimum(size, delta)
    return ops.mean(inner * (size - 0.5 * inner), axis=-1)


@huber.vjp
def _(cotangent, output, y_true, y_pred, *, delta):
    apart = y_pred - y_true
    share = ops.expand_dims(cotangent, -1) / apart.shape[-1]
    grad = ops.clip(apart, -delta, delta) * share
    return ops.negative(grad), grad


@composite(promote=True, to_float=True)
def log_cosh(y_true: Tensor, y_pred: Tensor):
    """Return the mean over the last axis of ``log(cosh(y_pred - y_true))``: a smooth `huber`.

    Errors below one use ``log1p(2 sinh(e/2)**2)``, which keeps its precision as the error goes to
    zero; larger ones use ``|e| + log1p(exp(-2|e|)) - log 2``, which does not overflow.

    Shapes:
        y_true, y_pred: (..., units), equal
        returns:        (...)
    """
    need_equal_targets("log_cosh", y_true, y_pred)
    size = ops.absolute(y_pred - y_true)
    near = ops.minimum(size, 1.0)
    small = ops.log1p(-0.5 * ops.expm1(near) * ops.expm1(ops.negative(near)))
    large = size + (ops.log1p(ops.exp(-2.0 * size)) - math.log(2.0))
    return ops.mean(ops.where(ops.less(size, 1.0), small, large), axis=-1)


@log_cosh.vjp
def _(cotangent, output, y_true, y_pred):
    apart = y_pred - y_true
    grad = ops.tanh(apart) * (ops.expand_dims(cotangent, -1) / apart.shape[-1])
    return ops.negative(grad), grad


@composite(promote=True, to_float=True)
def poisson(y_true: Tensor, y_pred: Tensor):
    """Return the mean of ``y_pred - y_true log(y_pred)`` over the last axis.

    That is minus the log-likelihood of counts `y_true` under Poisson rates `y_pred`, without the
    term ``log(y_true!)``. `horn.config.epsilon` is added within the logarithm.

    Shapes:
        y_true, y_pred: (..., units), equal
        returns:        (...)
    """
    need_equal_targets("poisson", y_true, y_pred)
    return ops.mean(y_pred - y_true * ops.log(y_pred + settings.epsilon()), axis=-1)


@composite(promote=True, to_float=True)
def kl_divergence(y_true: Tensor, y_pred: Tensor):
    """Return the sum of ``y_true log(y_true / y_pred)`` over the last axis, in nats.

    Probabilities are clipped to [1e-7, 1] (`horn.config.epsilon`).

    Shapes:
        y_true, y_pred: (..., classes), equal
        returns:        (...)

    Reference:
        Kullback & Leibler, On information and sufficiency, Ann. Math. Stat. 22 (1951) 79-86.
    """
    need_equal_targets("kl_divergence", y_true, y_pred)
    p, q = ops.clip(y_true, settings.epsilon(), 1.0), ops.clip(y_pred, settings.epsilon(), 1.0)
    return ops.sum(p * (ops.log(p) - ops.log(q)), axis=-1)
