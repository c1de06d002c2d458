"""Activations and normalisation, each in as few passes as PyTorch has for it.

There is no kernel for `dropout`: its parts are as fast, and a step whose forward and backward pass
both name the mask draws it once.
"""

from __future__ import annotations

import math

import torch

from horn_torch.dtypes import widening
from horn_torch.elementwise import keep

_aten = torch.ops.aten
_batch_norm = _aten.native_batch_norm.default
_batch_norm_backward = _aten.native_batch_norm_backward.default
_leaky_relu = torch.nn.functional.leaky_relu
_MANY = 16384


def relu(x):
    return torch.relu(x.to(torch.int32) if x.dtype is torch.bool else x)


def relu_grad(cotangent, output):
    # PyTorch passes the cotangent where the result is NaN, the page does not. A sum tells whether
    # there is one, in a small part of the time that a second result takes to write.
    if output.is_cpu and output.numel() >= _MANY and not math.isnan(output.sum().item()):
        return keep(output, cotangent)
    return keep(torch.sign(output), cotangent)  # which is zero for NaN too


def leaky_relu(x, negative_slope):
    return _leaky_relu(x, negative_slope)


def softplus(x):
    # Beyond 40 even float64 does not see the difference from x.
    return _aten.softplus.default(x, 1.0, 40.0)


def softmax(x, axis):
    return torch.softmax(x, axis)


def log_softmax(x, axis):
    return torch.log_softmax(x, axis)


# -- batch normalisation ---------------------------------------------------------------------


def batch_normalization(x, mean, variance, offset, scale, axis, epsilon):
    factor = torch.rsqrt(variance + epsilon)
    if scale is not None:
        factor = factor * scale
    shift = mean * factor
    shift = torch.neg(shift) if offset is None else offset - shift
    shape = (-1,) + (1,) * (x.ndim - 1 - axis)
    return torch.addcmul(shift.reshape(shape), x, factor.reshape(shape))


def _rows(x, axis):
    """Return `x` with its channels second: as a matrix, or as it is where they are already."""
    if axis == 1 and x.ndim > 2:
        return x
    return (x if axis == x.ndim - 1 else x.movedim(axis, -1)).reshape(-1, x.shape[axis])


def _unrows(rows, x, axis):
    """Return the inverse of `_rows`."""
    if axis == 1 and x.ndim > 2:
        return rows
    if axis == x.ndim - 1:
        return rows.reshape(x.shape)
    return rows.reshape((*x.shape[:axis], *x.shape[axis + 1 :], x.shape[axis])).movedim(-1, axis)


def batch_normalization_train(x, scale, offset, axis, epsilon):
    recorded = torch.is_grad_enabled() and (x.requires_grad or scale.requires_grad or offset.requires_grad)
    if recorded or not x.numel():
        return _by_parts(x, scale, offset, axis, epsilon)
    return forward(x, scale, offset, axis, epsilon)[0]


def _by_parts(x, scale, offset, axis, epsilon):
    """Return what `forward` returns, differentiable in all three results."""
    rest = tuple(i for i in range(x.ndim) if i != axis)
    shape = (-1,) + (1,) * (x.ndim - 1 - axis)
    mean = torch.mean(x, rest) if rest else x
    centred = x - mean.reshape(shape)
    variance = torch.mean(torch.square(centred), rest) if rest else torch.square(centred)
    factor = torch.rsqrt(variance + epsilon) * scale
    return torch.addcmul(offset.reshape(shape), centred, factor.reshape(shape)), mean.clone(), variance


def forward(x, scale, offset, axis, epsilon):
    """Return the results of `batch_normalization_train`, and what its gradient needs."""
    if not x.numel():
        return _by_parts(x, scale, offset, axis, epsilon), (x, scale, None, None, axis, epsilon)
    rows = _rows(x, axis)
    count = x.numel() // x.shape[axis]
    # The variance itself is not among the results, only as a running one: with a momentum of one
    # that is the present one, divided by one less than the count.
    running_mean, running = torch.zeros_like(scale), torch.zeros_like(scale)
    y, mean, inverse = _batch_norm(rows, scale, offset, running_mean, running, True, 1.0, epsilon)
    # A count of one divides by zero there; the variance is zero then, or NaN.
    variance = running.mul_((count - 1) / count) if count > 1 else (x - x).reshape(scale.shape)
    outputs = _unrows(y, x, axis), mean.to(x.dtype), variance
    return outputs, (x, scale, mean, inverse, axis, epsilon)


def backward(residual, cotangents):
    """Return the gradients of `batch_normalization_train` by `x`, `scale` and `offset`."""
    x, scale, mean, inverse, axis, epsilon = residual
    cotangent, by_mean, by_variance = cotangents
    if not x.numel():
        return torch.zeros_like(x), torch.zeros_like(scale), torch.zeros_like(scale)
    by_rows, by_scale, by_offset = _batch_norm_backward(
        _rows(cotangent, axis), _rows(x, axis), scale, None, None, mean, inverse, True, epsilon, [True, True, True]
    )
    by_x = _unrows(by_rows, x, axis)
    if _matter(by_mean, by_variance):
        by_x = by_x + _by_statistics(x, mean.to(x.dtype), by_mean, by_variance, axis)
    return by_x, by_scale, by_offset


def _matter(by_mean, by_variance):
    """Return whether the statistics have gradients; in training they feed moving averages only."""
    if torch.is_grad_enabled() and (by_mean.requires_grad or by_variance.requires_grad):
        return True
    return bool(by_mean.any() or by_variance.any())


def _by_statistics(x, mean, by_mean, by_variance, axis):
    """Return the gradient that reaches `x` through its mean and variance."""
    count = x.numel() // x.shape[axis]
    shape = (-1,) + (1,) * (x.ndim - 1 - axis)
    centred = x - mean.reshape(shape)
    return torch.addcmul((by_mean / count).reshape(shape), centred, (by_variance * (2.0 / count)).reshape(shape))


def batch_normalization_train_grad(
    cotangent, by_mean, by_variance, output, mean, variance, x, scale, offset, axis, epsilon
):
    inverse = torch.rsqrt(variance + epsilon)
    return backward((x, scale, mean, inverse, axis, epsilon), (cotangent, by_mean, by_variance))


KERNELS = {
    "relu": widening(relu),
    "relu_grad": relu_grad,
    "leaky_relu": leaky_relu,
    "softplus": softplus,
    "softmax": softmax,
    "log_softmax": log_softmax,
    "batch_normalization": batch_normalization,
    "batch_normalization_train": batch_normalization_train,
    "batch_normalization_train_grad": batch_normalization_train_grad,
}
RESIDUAL_KERNELS = {"batch_normalization_train": (forward, backward)}
