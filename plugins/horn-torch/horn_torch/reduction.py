"""Many elements made into one, along some axes or all.

PyTorch takes an empty list of axes for all of them; here it means none, so nothing is reduced.
"""

from __future__ import annotations

import torch

from horn.dtypes import FLOATS
from horn_torch.dtypes import WIDE_UNSIGNED, widened


def sum(x, axis, keepdims):
    dtype = x.dtype
    if dtype is torch.bool:
        dtype = torch.int32
    elif dtype in WIDE_UNSIGNED:
        return widened(sum, x, axis=axis, keepdims=keepdims)
    if not axis:
        return x.to(dtype, copy=True)
    return torch.sum(x, axis, keepdims, dtype=dtype)


def max(x, axis, keepdims):
    if x.dtype in WIDE_UNSIGNED:
        return widened(max, x, axis=axis, keepdims=keepdims)
    return torch.amax(x, axis, keepdims) if axis else x.clone()


def min(x, axis, keepdims):
    if x.dtype in WIDE_UNSIGNED:
        return widened(min, x, axis=axis, keepdims=keepdims)
    return torch.amin(x, axis, keepdims) if axis else x.clone()


def argmax(x, axis):
    if x.dtype in WIDE_UNSIGNED:
        return widened(argmax, x, axis=axis)
    if x.dtype is torch.bool:
        x = x.view(torch.uint8)
    return torch.argmax(x, axis).to(torch.int32)


def mean(x, axis, keepdims):
    return torch.mean(x, axis, keepdims) if axis else x.clone()


def var(x, axis, keepdims):
    return moments(x, axis, keepdims)[1]


def moments(x, axis, keepdims):
    # Two passes: torch.var_mean took 10 to 60 times as long here, along leading axes most of all.
    centre = mean(x, axis, keepdims=True)
    variance = mean(torch.square(x - centre), axis, keepdims)
    return centre.reshape(variance.shape), variance


def logsumexp(x, axis, keepdims):
    return torch.logsumexp(x, axis, keepdims) if axis else x.clone()


def _sum_into(x, axis, keepdims=False):
    """Return the sum of floats that fills a tensor."""
    return (lambda x, out: torch.sum(x, axis, keepdims, out=out)) if axis and x.dtype in FLOATS else None


INTO_KERNELS = {"sum": _sum_into}

KERNELS = {
    "sum": sum,
    "max": max,
    "min": min,
    "argmax": argmax,
    "mean": mean,
    "var": var,
    "moments": moments,
    "logsumexp": logsumexp,
}
