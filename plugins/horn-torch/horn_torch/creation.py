"""Tensors from nothing, and changes of dtype."""

from __future__ import annotations

import torch

from horn import dtypes, settings
from horn_torch.dtypes import WIDE_UNSIGNED, native


def full(shape, fill_value, dtype=None):
    return torch.full(shape, fill_value, dtype=native(dtype or dtypes.of_number(fill_value)))


def arange(stop, dtype="int32"):
    wanted = native(dtype)
    if wanted is torch.bool or wanted in WIDE_UNSIGNED:
        return torch.arange(stop).to(wanted)
    return torch.arange(stop, dtype=wanted)


def cast(x, dtype):
    wanted = native(dtype)
    if x.dtype is torch.bool and wanted is not torch.bool:
        x = x.view(torch.uint8)  # the same bytes, which convert several times faster
    return x.to(wanted, copy=True)


def zeros(shape, dtype=None):
    return torch.zeros(shape, dtype=native(dtype or settings.floatx()))


def ones(shape, dtype=None):
    return torch.ones(shape, dtype=native(dtype or settings.floatx()))


def zeros_like(x):
    return torch.zeros_like(x, memory_format=torch.contiguous_format)


def ones_like(x):
    return torch.ones_like(x, memory_format=torch.contiguous_format)


def stop_gradient(x):
    return x.detach()


KERNELS = {
    "full": full,
    "arange": arange,
    "cast": cast,
    "zeros": zeros,
    "ones": ones,
    "zeros_like": zeros_like,
    "ones_like": ones_like,
    "stop_gradient": stop_gradient,
}
