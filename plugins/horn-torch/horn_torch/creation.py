"""Tensors from nothing, and changes of dtype.

There are no kernels for `zeros`, `ones` and their like: as `full` they become constants of a plan.
"""

from __future__ import annotations

import torch

from horn import dtypes
from horn_torch.dtypes import WIDE_UNSIGNED, native
from horn_torch.places import place


def full(shape, fill_value, dtype=None):
    return torch.full(shape, fill_value, dtype=native(dtype or dtypes.of_number(fill_value)), device=place())


def arange(stop, dtype="int32"):
    wanted = native(dtype)
    if wanted is torch.bool or wanted in WIDE_UNSIGNED:
        return torch.arange(stop, device=place()).to(wanted)
    return torch.arange(stop, dtype=wanted, device=place())


def cast(x, dtype):
    wanted = native(dtype)
    if x.dtype is torch.bool and wanted is not torch.bool:
        x = x.view(torch.uint8)  # the same bytes, which convert several times faster
    return x.to(wanted, copy=True)


def stop_gradient(x):
    return x.detach()


KERNELS = {
    "full": full,
    "arange": arange,
    "cast": cast,
    "stop_gradient": stop_gradient,
}
