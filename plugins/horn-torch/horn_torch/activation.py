"""Activations for which PyTorch has one pass where the page takes several."""

from __future__ import annotations

import math

import torch
from torch.nn import functional

_ROOT_OF_HALF = math.sqrt(0.5)


def celu(x, alpha):
    return functional.celu(x, alpha)


def elu(x, alpha):
    return functional.elu(x, alpha)


def gelu(x, approximate):
    if approximate:
        return functional.gelu(x, approximate="tanh")
    # PyTorch's own gives NaN at infinity.
    return torch.mul(torch.mul(x, 0.5), torch.add(torch.erf(torch.mul(x, _ROOT_OF_HALF)), 1))


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
    "log_sigmoid": log_sigmoid,
    "mish": mish,
    "silu": silu,
}
