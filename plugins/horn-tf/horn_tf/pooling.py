"""Pooling kernels, the second half of the family `conv`, written in ops that XLA fuses into one loop.

TensorFlow's own op drops a NaN and knows no minus infinity, and where its gradient is not compiled
together with it that takes several times as long as this one.
"""

from __future__ import annotations

import itertools
import math
from functools import lru_cache

import numpy as np

from horn.spec.windows import window_count
from horn_tf.shaping import pad_edges, slice as cut
from horn_tf.tensors import index, ints, number, raw, shape_of, tf
from horn_tf.tracing import compiled_by_xla

_NONE = (0, 0)


def max_pooling(x, **attrs):
    return forward(x, **attrs)[0]


def max_pooling_grad(cotangent, output, x, **attrs):
    del output
    return backward(forward(x, **attrs)[1], cotangent)


def max_pooling_take(values, x, **attrs):
    first = forward(x, **attrs)[1][0]
    return _run(_picked, values, first, **attrs)


def forward(x, **attrs):
    """Return the largest elements, and what their gradient needs."""
    best, first = _run(_largest, x, **attrs)
    return best, (first, shape_of(x), attrs)


def backward(residual, cotangent):
    """Return the gradient by the input."""
    first, shape, attrs = residual
    return _run(_spread, cotangent, first, sizes=shape[1:-1], **attrs)


def _run(body, *tensors, **attrs):
    if tf.executing_eagerly():
        return body(*tensors, **attrs)
    return _compiled(body, tuple(map(shape_of, tensors)), tuple(attrs.items()))(*tensors)


@lru_cache(maxsize=512)
def _compiled(body, shapes, items):
    del shapes  # each set of them has a function of its own
    return compiled_by_xla(lambda *tensors: body(*tensors, **dict(items)))


def _pieces(x, pool_size, strides, padding):
    """Yield for each offset in a window its number, and its element of all windows."""
    padded = pad_edges(x, (_NONE, *padding, _NONE), -math.inf)
    batch, *_, channels = shape_of(padded)
    rows = zip(shape_of(x)[1:-1], pool_size, strides, padding, strict=True)
    counts = [window_count(*row) for row in rows]
    for place, offset in enumerate(itertools.product(*map(range, pool_size))):
        stops = [o + (n - 1) * s + 1 for o, n, s in zip(offset, counts, strides, strict=True)]
        piece = cut(padded, starts=(0, *offset, 0), stops=(batch, *stops, channels), strides=(1, *strides, 1))
        yield place, piece


def _largest(x, *, pool_size, strides, padding):
    """Return the largest element of each window, and the number of the first offset that holds it."""
    best = first = None
    for place, piece in _pieces(x, pool_size, strides, padding):
        if best is None:
            best, first = piece, raw.Fill(dims=ints(shape_of(piece)), value=index(0))
            continue
        # Nothing is greater than a NaN, and of several the first one stays.
        nan = raw.LogicalAnd(x=raw.IsNan(x=piece), y=raw.LogicalNot(x=raw.IsNan(x=best)))
        wins = raw.LogicalOr(x=raw.Greater(x=piece, y=best), y=nan)
        best = raw.SelectV2(condition=wins, t=piece, e=best)
        first = raw.SelectV2(condition=wins, t=index(place), e=first)
    return best, first


def _picked(values, first, *, pool_size, strides, padding):
    """Return the element of `values` at the offset `first` of each window."""
    picked = None
    for place, piece in _pieces(values, pool_size, strides, padding):
        chosen = raw.Equal(x=first, y=index(place))
        picked = piece if picked is None else raw.SelectV2(condition=chosen, t=piece, e=picked)
    return picked


def _spread(cotangent, first, *, sizes, pool_size, strides, padding):
    """Return zeros of the sizes of the input with each cotangent added at the offset `first` of its window.

    The padded input is divided into blocks as long as the strides. Element r of block b belongs to
    the windows ``b - q``, at their offset ``q * stride + r``, for as many q as a window has blocks.
    """
    blocks = [-(-(n + sum(pair)) // step) for n, pair, step in zip(sizes, padding, strides, strict=True)]
    batch, *counts, channels = shape_of(cotangent)
    apart = (batch, *(n for count in blocks for n in (count, 1)), channels)
    total = None
    for shift in itertools.product(*(range(-(-k // step)) for k, step in zip(pool_size, strides, strict=True))):
        edges = [(q, count - n - q) for q, count, n in zip(shift, blocks, counts, strict=True)]
        given, place = (
            raw.Reshape(tensor=_shifted(x, edges), shape=ints(apart)) for x in (cotangent, first)
        )
        hit = raw.Equal(x=place, y=tf.constant(_numbers(shift, pool_size, strides)))
        part = raw.SelectV2(condition=hit, t=given, e=number(0, cotangent.dtype))
        total = part if total is None else raw.AddV2(x=total, y=part)
    whole = (batch, *(count * step for count, step in zip(blocks, strides, strict=True)), channels)
    starts = (0, *(before for before, _ in padding), 0)
    stops = (batch, *(a + n for a, n in zip(starts[1:], sizes, strict=False)), channels)
    return cut(raw.Reshape(tensor=total, shape=ints(whole)), starts=starts, stops=stops)


def _shifted(x, edges):
    """Return `x` moved along its spatial axes; where an edge is negative it is cut off."""
    kept = [(max(a, 0), max(b, 0)) for a, b in edges]
    padded = pad_edges(x, (_NONE, *kept, _NONE))
    stops = tuple(n + min(b, 0) for n, (_, b) in zip(shape_of(padded), (_NONE, *edges, _NONE), strict=True))
    return cut(padded, starts=(0,) * len(stops), stops=stops)


def _numbers(shift, pool_size, strides):
    """Return the numbers of the offsets ``shift * stride + r``, -1 outside of the window.

    Shapes:
        returns: (1, 1, stride, 1, stride, ..., 1)
    """
    axes = [q * step + np.arange(step) for q, step in zip(shift, strides, strict=True)]
    grid = np.meshgrid(*axes, indexing="ij")
    inside = np.all([axis < k for axis, k in zip(grid, pool_size, strict=True)], axis=0)
    flat = np.ravel_multi_index([np.where(inside, axis, 0) for axis in grid], pool_size)
    spread = (1, *(n for step in strides for n in (1, step)), 1)
    return np.where(inside, flat, -1).astype(np.int32).reshape(spread)


KERNELS = {
    "max_pooling": max_pooling,
    "max_pooling_grad": max_pooling_grad,
    "max_pooling_take": max_pooling_take,
}
RESIDUAL_KERNELS = {"max_pooling": (forward, backward)}
