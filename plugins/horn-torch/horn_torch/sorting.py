"""Elements in the order of their size.

A NaN is the largest to PyTorch too, and its stable sort keeps equal elements in their order.
"""

from __future__ import annotations

import torch

from horn_torch.dtypes import WIDE_UNSIGNED, widened


def argsort(x, axis, descending=False):
    if x.dtype in WIDE_UNSIGNED:
        return widened(argsort, x, axis=axis, descending=descending).to(torch.int32)
    return torch.sort(x, stable=True, dim=axis, descending=descending)[1].to(torch.int32)


def sort(x, axis=-1, descending=False):
    if x.dtype in WIDE_UNSIGNED:
        return widened(sort, x, axis=axis, descending=descending)
    flat = x.reshape(-1) if axis is None else x
    return torch.sort(flat, stable=True, dim=0 if axis is None else axis, descending=descending)[0]


KERNELS = {"argsort": argsort, "sort": sort}
