"""The same elements in another arrangement, as views where memory allows."""

from __future__ import annotations

from functools import lru_cache
from itertools import repeat

import torch


def reshape(x, newshape):
    return torch.reshape(x, newshape)


def broadcast_to(x, shape):
    return torch.broadcast_to(x, shape)


def transpose(x, axes=None):
    return torch.permute(x, tuple(range(x.ndim))[::-1] if axes is None else axes)


def concatenate(xs, axis):
    return torch.cat(xs, axis)


def slice_(x, starts, stops, strides=None):
    return x[_index(starts, stops, strides)]


@lru_cache(maxsize=4096)
def _index(starts, stops, strides):
    return tuple(map(slice, starts, stops, strides or repeat(None)))


def pad(x, pad_width, constant_value=0):
    if any(between for _, _, between in pad_width):
        return _spread(x, pad_width, constant_value)
    widths = [width for before, after, _ in reversed(pad_width) for width in (before, after)]
    return torch.constant_pad_nd(x, widths, constant_value)


def _spread(x, pad_width, constant_value):
    """Return `x` padded, with room between its elements too."""
    shape, inside = [], []
    for size, (before, after, between) in zip(x.shape, pad_width, strict=True):
        span = max((size - 1) * (between + 1) + 1, 0)
        shape.append(before + span + after)
        inside.append(slice(before, before + span, between + 1))
    result = x.new_full(shape, constant_value)
    result[tuple(inside)] = x
    return result


def stack(xs, axis=0):
    return torch.stack(xs, axis)


def flip(x, axis):
    return torch.flip(x, axis)


KERNELS = {
    "flip": flip,
    "reshape": reshape,
    "transpose": transpose,
    "broadcast_to": broadcast_to,
    "concatenate": concatenate,
    "slice": slice_,
    "pad": pad,
    "stack": stack,
}
