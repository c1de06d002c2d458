"""Pooling kernels, the second half of the family `conv`.

TensorFlow's own op drops a NaN and knows no minus infinity. So it serves tensors that are finite
throughout, which one sum tells, and a slower way that looks at each offset of a window in turn
serves the others.
"""

from __future__ import annotations

import itertools
import math
from functools import partial

import numpy as np

from horn.spec.conv import window_count
from horn.spec.sizes import product
from horn_tf.shaping import pad_edges, slice as cut
from horn_tf.tensors import as_dtype, index, ints, raw, shape_of, tf

_NONE = (0, 0)


def max_pooling(x, **attrs):
    return forward(x, **attrs)[0]


def max_pooling_grad(cotangent, output, x, **attrs):
    return backward((output, x, _is_finite(x), attrs), cotangent)


def max_pooling_take(values, x, **attrs):
    return Windows(x, **attrs).pick(values)


def forward(x, **attrs):
    """Return the largest elements, and what their gradient needs."""
    finite = _is_finite(x)
    y = _either(finite, partial(_quick, x, **attrs), lambda: Windows(x, **attrs).largest()[0], x, **attrs)
    return y, (y, x, finite, attrs)


def backward(residual, cotangent):
    """Return the gradient by the input."""
    y, x, finite, attrs = residual
    slow = Windows(x, **attrs).spread
    if len(shape_of(x)) == 5:  # whose quick gradient goes to the last of equal elements
        return slow(cotangent)
    quick = partial(_quick_grad, cotangent, y, x, **attrs)
    return _either(finite, quick, partial(slow, cotangent), x, **attrs)


def _is_finite(x):
    wide = as_dtype(x, tf.float32) if x.dtype is tf.float16 else x  # whose sum soon overflows
    return raw.IsFinite(x=raw.Sum(input=wide, axis=ints(tuple(range(len(shape_of(x))))), keep_dims=False))


def _either(finite, quick, slow, x, *, pool_size, padding, **rest):
    del rest
    # A window without an element of the input is none of TensorFlow's, nor are volumes of float64.
    fits = all(before < k and after < k for k, (before, after) in zip(pool_size, padding, strict=True))
    if not fits or (len(pool_size) == 3 and x.dtype is tf.float64):
        return slow()
    if tf.executing_eagerly():
        return quick() if finite else slow()
    return tf.cond(finite, quick, slow)


# -- finite tensors --------------------------------------------------------------------------------


def _quick(x, *, pool_size, strides, padding):
    op = raw.MaxPool3D if len(pool_size) == 3 else raw.MaxPool
    return _narrow(op(input=_wide(_padded(x, padding)), **_call(pool_size, strides)), pool_size)


def _quick_grad(cotangent, y, x, *, pool_size, strides, padding):
    given = {"orig_input": _wide(_padded(x, padding)), "orig_output": _wide(y), "grad": _wide(cotangent)}
    found = raw.MaxPoolGrad(**given, **_call(pool_size, strides))
    return _inside(_narrow(found, pool_size), x, padding)


def _call(pool_size, strides):
    ones = [1, 1] if len(pool_size) == 1 else [1]
    return {"ksize": [*ones, *pool_size, 1], "strides": [*ones, *strides, 1], "padding": "VALID"}


def _wide(x):
    """Return sequences as images of height one, and anything else as it is."""
    return raw.ExpandDims(input=x, axis=index(1)) if len(shape_of(x)) == 3 else x


def _narrow(x, pool_size):
    return raw.Squeeze(input=x, axis=[1]) if len(pool_size) == 1 else x


# -- any tensors -----------------------------------------------------------------------------------


def _padded(x, padding):
    return pad_edges(x, (_NONE, *padding, _NONE), -math.inf)


def _inside(padded, x, padding):
    """Return what is left of a padded tensor without its edges."""
    starts = (0, *(before for before, _ in padding), 0)
    return cut(padded, starts=starts, stops=tuple(a + n for a, n in zip(starts, shape_of(x), strict=True)))


def _distances(counts, weights):
    """Return on a grid of these counts how far each place is from the first, in elements."""
    return np.tensordot(np.asarray(weights, np.int64), np.indices(counts, np.int64), 1)


class Windows:
    """The windows of a tensor, and where the first largest element of each is.

    Args:
        x: Channels last.
        pool_size: The sizes of a window.
        strides: The steps from window to window.
        padding: How much minus infinity is put around `x`.
    """

    def __init__(self, x, *, pool_size, strides, padding):
        self.x = x
        self.pool_size, self.strides, self.padding = pool_size, strides, padding
        self.padded = _padded(x, padding)
        sizes = zip(shape_of(x)[1:-1], pool_size, strides, padding, strict=True)
        self.counts = tuple(window_count(*row) for row in sizes)

    def largest(self):
        """Return the largest element of each window, and the number of its offset in the window."""
        best = first = None
        for number_, offset in enumerate(itertools.product(*map(range, self.pool_size))):
            piece, here = self._at(offset), index(number_)
            if best is None:
                best, first = piece, raw.Fill(dims=ints(shape_of(piece)), value=here)
                continue
            # Nothing is greater than a NaN, and nothing that comes after a NaN is taken.
            nan = raw.LogicalAnd(x=raw.IsNan(x=piece), y=raw.LogicalNot(x=raw.IsNan(x=best)))
            wins = raw.LogicalOr(x=raw.Greater(x=piece, y=best), y=nan)
            best = raw.SelectV2(condition=wins, t=piece, e=best)
            first = raw.SelectV2(condition=wins, t=here, e=first)
        return best, first

    def _at(self, offset):
        batch, *_, channels = shape_of(self.padded)
        stops = [o + (n - 1) * s + 1 for o, n, s in zip(offset, self.counts, self.strides, strict=True)]
        steps = (1, *self.strides, 1)
        return cut(self.padded, starts=(0, *offset, 0), stops=(batch, *stops, channels), strides=steps)

    def places(self):
        """Return for each window, flat, the flat place of its first largest element in the padded tensor."""
        batch, *sizes, channels = shape_of(self.padded)
        weights = [product(sizes[i + 1 :]) * channels for i in range(len(sizes))]
        offsets = _distances(self.pool_size, weights).reshape(-1)
        place = raw.GatherV2(params=tf.constant(offsets), indices=self.largest()[1], axis=index(0))
        strides = [step * weight for step, weight in zip(self.strides, weights, strict=True)]
        corners = _distances(self.counts, strides).reshape(1, *self.counts, 1)
        images = _distances((batch,), [product(sizes) * channels]).reshape(batch, *(1,) * (len(sizes) + 1))
        for part in (corners, images, np.arange(channels)):
            place = raw.AddV2(x=place, y=tf.constant(part))
        return raw.Reshape(tensor=place, shape=ints((-1,)))

    def pick(self, values):
        """Return the elements of `values` at the places of the first largest."""
        flat = raw.Reshape(tensor=_padded(values, self.padding), shape=ints((-1,)))
        picked = raw.GatherV2(params=flat, indices=self.places(), axis=index(0))
        return raw.Reshape(tensor=picked, shape=ints((shape_of(self.x)[0], *self.counts, shape_of(self.x)[-1])))

    def spread(self, cotangent):
        """Return zeros in the shape of the input with each cotangent added at its window's place."""
        shape = shape_of(self.padded)
        flat = raw.Reshape(tensor=cotangent, shape=ints((-1,)))
        total = raw.UnsortedSegmentSum(data=flat, segment_ids=self.places(), num_segments=index(product(shape)))
        return _inside(raw.Reshape(tensor=total, shape=ints(shape)), self.x, self.padding)


KERNELS = {
    "max_pooling": max_pooling,
    "max_pooling_grad": max_pooling_grad,
    "max_pooling_take": max_pooling_take,
}
RESIDUAL_KERNELS = {"max_pooling": (forward, backward)}
