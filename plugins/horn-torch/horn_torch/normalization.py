"""Layer normalisation over the last axes, for which PyTorch has one kernel each way.

There is none for `rms_normalization`: PyTorch's runs through the same parts.
"""

from __future__ import annotations

import torch

from horn import settings

_aten = torch.ops.aten
_forward = _aten.native_layer_norm.default
_backward = _aten.native_layer_norm_backward.default


def _fits(x, gamma, beta, axis):
    """Return whether the axes are the last ones and all dtypes are one, as the kernel has it."""
    last = axis == tuple(range(x.ndim - len(axis), x.ndim))
    return (
        last
        and bool(x.numel())
        and all(w is None or w.dtype is x.dtype for w in (gamma, beta))
        and bool(axis)
    )


def layer_normalization(x, gamma, beta, axis, epsilon):
    return forward(x, gamma, beta, axis, epsilon)[0]


def _wide(x):
    return x.float() if x.dtype in (torch.float16, torch.bfloat16) else x


def _statistics(x, axis, epsilon):
    """Return the centred tensor in float32 at least, and one over its deviation."""
    wide = _wide(x)
    centred = wide - wide.mean(axis, keepdim=True) if axis else wide - wide
    variance = torch.square(centred).mean(axis, keepdim=True) if axis else torch.square(centred)
    return centred, torch.rsqrt(variance + epsilon)


def _along(x, axis):
    return tuple(size if i in axis else 1 for i, size in enumerate(x.shape))


def forward(x, gamma, beta, axis, epsilon):
    """Return the normalised tensor, and what its gradient needs."""
    epsilon = settings.epsilon() if epsilon is None else epsilon
    if _fits(x, gamma, beta, axis):
        y, mean, inverse = _forward(x, list(x.shape[x.ndim - len(axis) :]), gamma, beta, epsilon)
        return y, (x, gamma, beta, mean, inverse, axis)
    centred, inverse = _statistics(x, axis, epsilon)
    y = centred * inverse
    if gamma is not None:
        y = y * _wide(gamma).reshape(_along(x, axis))
    if beta is not None:
        y = y + _wide(beta).reshape(_along(x, axis))
    return y.to(x.dtype), (x, gamma, beta, centred, inverse, axis)


def backward(residual, cotangent):
    """Return the gradients of `layer_normalization` by `x`, `gamma` and `beta`."""
    x, gamma, beta, centre, inverse, axis = residual
    sizes = [x.shape[i] for i in axis]
    if _fits(x, gamma, beta, axis):
        ones = x.new_ones(sizes) if gamma is None else gamma
        zeros = x.new_zeros(sizes) if beta is None else beta
        return _backward(cotangent.contiguous(), x, sizes, centre, inverse, ones, zeros, [True, True, True])
    rest = tuple(i for i in range(x.ndim) if i not in axis)
    given, normal = _wide(cotangent), centre * inverse
    scaled = given if gamma is None else given * _wide(gamma).reshape(_along(x, axis))
    spread = scaled - _mean(scaled, axis) - normal * _mean(scaled * normal, axis)
    by_gamma, by_beta = (_sum(value, rest).reshape(sizes) for value in (given * normal, given))
    kinds = [x.dtype if w is None else w.dtype for w in (gamma, beta)]
    return (spread * inverse).to(x.dtype), by_gamma.to(kinds[0]), by_beta.to(kinds[1])


def _mean(x, axis):
    return x.mean(axis, keepdim=True) if axis else x


def _sum(x, axis):
    return x.sum(axis) if axis else x


def layer_normalization_grad(cotangent, output, x, gamma, beta, axis, epsilon):
    return backward(forward(x, gamma, beta, axis, epsilon)[1], cotangent)


KERNELS = {"layer_normalization": layer_normalization, "layer_normalization_grad": layer_normalization_grad}
RESIDUAL_KERNELS = {"layer_normalization": (forward, backward)}
