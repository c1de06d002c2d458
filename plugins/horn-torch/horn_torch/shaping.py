"""The same elements in another arrangement, as views where memory allows."""

from __future__ import annotations

import torch


def transpose(x, axes=None):
    return x.permute(tuple(range(x.ndim))[::-1] if axes is None else axes)


def concatenate(xs, axis):
    return torch.cat(xs, axis)


def slice_(x, starts, stops, strides=None):
    for axis, (start, stop) in enumerate(zip(starts, stops, strict=True)):
        step = 1 if strides is None else strides[axis]
        if step != 1:
            x = _strided(x, axis, start, stop, step)
        elif stop - start != x.shape[axis]:
            x = x.narrow(axis, start, stop - start)
    return x


def _strided(x, axis, start, stop, step):
    return x[(slice(None),) * axis + (slice(start, stop, step),)]


def pad(x, pad_width, constant_value=0):
    if any(between for _, _, between in pad_width):
        return _spread(x, pad_width, constant_value)
    widths = [width for before, after, _ in reversed(pad_width) for width in (before, after)]
    return torch.constant_pad_nd(x, widths, constant_value)


def _spread(x, pad_width, constant_value):
    """Return `x` padded, with room between its elements too."""
    spans = [max((size - 1) * (between + 1) + 1, 0) for size, (_, _, between) in zip(x.shape, pad_width, strict=True)]
    shape = [span + before + after for span, (before, after, _) in zip(spans, pad_width, strict=True)]
    result = x.new_full(shape, constant_value)
    if x.numel():
        result[
            tuple(
                slice(before, before + span, between + 1)
                for span, (before, _, between) in zip(spans, pad_width, strict=True)
            )
        ] = x
    return result


def expand_dims(x, axis):
    return x.unsqueeze(axis)


def stack(xs, axis=0):
    return torch.stack(xs, axis)


KERNELS = {
    "reshape": lambda x, newshape: x.reshape(newshape),
    "transpose": transpose,
    "broadcast_to": lambda x, shape: x.expand(shape),
    "concatenate": concatenate,
    "slice": slice_,
    "pad": pad,
    "expand_dims": expand_dims,
    "stack": stack,
}
