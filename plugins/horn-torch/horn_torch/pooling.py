"""The largest element of each window, and where its gradient goes.

PyTorch's index is that of the first largest element, as the page wants it, but of the last NaN.
So a result that holds a NaN takes the long way in its gradient, which looks at every window.
"""

from __future__ import annotations

import math

import torch

from horn_torch.conv import channels_first, channels_last, need_windows, padded, unpadded

_aten = torch.ops.aten
_POOL = {2: torch.max_pool2d, 3: torch.max_pool3d}
_INDEXED = {2: _aten.max_pool2d_with_indices.default, 3: _aten.max_pool3d_with_indices.default}
_BACKWARD = {2: _aten.max_pool2d_with_indices_backward.default, 3: _aten.max_pool3d_with_indices_backward.default}


def _lifted(pool_size, strides, padding):
    """Return the attributes as lists for two or three spatial axes."""
    need_windows(len(strides))
    if len(strides) == 1:
        return [1, *pool_size], [1, *strides], [(0, 0), *padding]
    return list(pool_size), list(strides), list(padding)


def _prepared(x, padding):
    """Return `x` channels first, with minus infinity around it where it is padded."""
    first = channels_first(x)
    return padded(first, padding, -float("inf")) if any(map(any, padding)) else first


def max_pooling(x, pool_size, strides, padding):
    window, steps, pairs = _lifted(pool_size, strides, padding)
    if not x.numel():
        return forward(x, pool_size, strides, padding)[0]
    return channels_last(_POOL[len(window)](_prepared(x, pairs), window, steps), len(strides))


def forward(x, pool_size, strides, padding):
    """Return the result of `max_pooling`, and what its gradient needs: the indices above all."""
    window, steps, pairs = _lifted(pool_size, strides, padding)
    first = _prepared(x, pairs)
    if x.numel():
        y, indices = _INDEXED[len(window)](first, window, steps)
    else:
        counts = [(n - k) // s + 1 for n, k, s in zip(first.shape[2:], window, steps, strict=True)]
        y, indices = first.new_empty((*first.shape[:2], *counts)), None
    return channels_last(y, len(strides)), (first, y, indices, window, steps, pairs, len(strides))


def backward(residual, cotangent):
    """Return the gradient of `max_pooling` by its input."""
    first, y, indices, window, steps, pairs, rank = residual
    given = channels_first(cotangent)
    if not first.numel():
        grad = torch.zeros_like(first)
    elif torch.isnan(y.sum()):
        grad = _scatter(given, _first_largest(first, window, steps), first.shape)
    else:
        ones, zeros = [1] * len(window), [0] * len(window)
        grad = _BACKWARD[len(window)](given, first, window, steps, zeros, ones, False, indices)
    if any(map(any, pairs)):
        grad = unpadded(grad, pairs)
    return channels_last(grad, rank)


def max_pooling_grad(cotangent, output, x, pool_size, strides, padding):
    return backward(forward(x.detach(), pool_size, strides, padding)[1], cotangent)


def max_pooling_take(values, x, pool_size, strides, padding):
    window, steps, pairs = _lifted(pool_size, strides, padding)
    if not x.numel():
        return forward(x, pool_size, strides, padding)[0]
    places = _first_largest(_prepared(x, pairs), window, steps)
    candidates = _prepared(values, pairs).flatten(2)
    return channels_last(candidates.gather(2, places.flatten(2)).reshape(places.shape), len(strides))


def _first_largest(first, window, steps):
    """Return for each window the place of its first largest element, a NaN being largest.

    A place is the number of the element in the plane, or volume, of its example and channel.
    """
    windows = first
    for axis, (size, step) in enumerate(zip(window, steps, strict=True), start=2):
        windows = windows.unfold(axis, size, step)
    offsets = windows.flatten(2 + len(window)).argmax(-1)
    places = torch.zeros((), dtype=torch.int64, device=first.device)
    for axis in range(len(window)):
        inner = math.prod(window[axis + 1 :])
        within = offsets.div(inner, rounding_mode="floor") % window[axis]
        starts = torch.arange(offsets.shape[2 + axis], device=first.device) * steps[axis]
        starts = starts.reshape(-1, *(1,) * (len(window) - axis - 1))
        places = places * first.shape[2 + axis] + starts + within
    return places


def _scatter(cotangent, places, shape):
    """Return zeros of `shape` with each element of `cotangent` added at its place."""
    grad = cotangent.new_zeros((*shape[:2], shape[2:].numel()))
    return grad.scatter_add_(2, places.flatten(2), cotangent.flatten(2)).reshape(shape)


KERNELS = {
    "max_pooling": max_pooling,
    "max_pooling_grad": max_pooling_grad,
    "max_pooling_take": max_pooling_take,
}
RESIDUAL_KERNELS = {"max_pooling": (forward, backward)}
