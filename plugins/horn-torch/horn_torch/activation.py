"""Activations for which PyTorch has one pass where the page takes several."""

from __future__ import annotations

import math

import torch
from torch.nn import functional

from horn_torch.recorded import watched

_ROOT_OF_HALF = math.sqrt(0.5)


def celu(x, alpha):
    return functional.celu(x, alpha)


def elu(x, alpha):
    return functional.elu(x, alpha)


def gelu(x, approximate):
    if approximate:
        return functional.gelu(x, approximate="tanh")
    if x.is_cpu and not watched((x,)):
        y = functional.gelu(x)
        if _is_finite(y):
            return y
    # PyTorch's own gives NaN at infinity.
    return torch.mul(torch.mul(x, 0.5), torch.add(torch.erf(torch.mul(x, _ROOT_OF_HALF)), 1))


def gelu_grad(cotangent, x, approximate):
    name = "tanh" if approximate else "none"
    if x.is_cpu:
        grad = torch.ops.aten.gelu_backward(cotangent, x, approximate=name)
        if _is_finite(grad):
            return grad
    # Far from zero the slope is one or zero, where PyTorch's own has powers that overflow.
    near = torch.clamp(x, -10.0, 10.0) if approximate else torch.clamp(x, -40.0, 40.0)
    return torch.ops.aten.gelu_backward(cotangent, near, approximate=name)


def _is_finite(x):
    """Return whether a tensor on the CPU has no infinity and no NaN, if its sum can tell."""
    return math.isfinite(x.sum().item())


def log_sigmoid(x):
    return functional.logsigmoid(x)


def mish(x):
    return functional.mish(x)


def silu(x):
    return functional.silu(x)


KERNELS = {
    "celu": celu,
    "elu": elu,
    "gelu": gelu,
    "gelu_grad": gelu_grad,
    "log_sigmoid": log_sigmoid,
    "mish": mish,
    "silu": silu,
}
