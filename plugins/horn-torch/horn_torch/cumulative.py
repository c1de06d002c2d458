"""Running totals and products; PyTorch's own gradients are exact where elements are zero, too."""

from __future__ import annotations

import torch

from horn_torch.dtypes import WIDE_UNSIGNED, native, widened


def cumsum(x, axis=None, dtype=None):
    kind = _counted(x, dtype)
    if kind in WIDE_UNSIGNED:
        return widened(cumsum, x.to(kind), axis=axis, dtype="int64")
    return torch.cumsum(x.reshape(-1) if axis is None else x, axis or 0, dtype=kind)


def cumprod(x, axis=None, dtype=None):
    kind = _counted(x, dtype)
    if kind in WIDE_UNSIGNED:
        return widened(cumprod, x.to(kind), axis=axis, dtype="int64")
    return torch.cumprod(x.reshape(-1) if axis is None else x, axis or 0, dtype=kind)


def _counted(x, dtype):
    """Return the dtype to add up or multiply in."""
    return native(dtype) if dtype else torch.int32 if x.dtype is torch.bool else x.dtype


KERNELS = {"cumsum": cumsum, "cumprod": cumprod}
