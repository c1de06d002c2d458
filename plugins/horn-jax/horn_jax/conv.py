"""Kernels of the conv family: convolution, its two gradients, and max pooling.

Measured on XLA's CPU compiler (float32, 3x3 windows, 32 images), and the reason for three rules
that hold there alone:
* an odd number of input channels takes a slow path, so a channel of zeros is added;
* the gradient by the kernel, a convolution whose window is as large as the image and whose depth
  is the batch, is several times faster for few images at a time: it is summed over parts;
* a convolution inside of a loop runs many times slower, which is the concern of `runner`.
"""

from __future__ import annotations

import itertools
import math
from functools import partial
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jax import lax

from horn.spec.windows import window_count
from horn_jax.kernel import kernel, residual_kernels

Pairs = tuple[tuple[int, int], ...]
Sizes = tuple[int, ...]

_PART = 8  # images in one part of the gradient by the kernel
_MOST_PARTS = 16  # each part adds to the time that XLA compiles


@kernel
def convolution(
    x: jax.Array, kernel: jax.Array, *, strides: Sizes, padding: Pairs, dilation_rate: Sizes, groups: int
) -> jax.Array:
    """Return the cross-correlation of `x` with `kernel`, channels last."""
    return _convolve(x, kernel, strides, padding, (1,) * len(strides), dilation_rate, groups)


def _convolve(
    x: jax.Array, kernel: jax.Array, strides: Sizes, padding: Any, spread: Sizes, dilation: Sizes, groups: int
) -> jax.Array:
    """Convolve with gaps of zeros between the elements of `x` (`spread`) and of the kernel."""
    if _on_cpu() and groups == 1 and x.shape[-1] % 2 and x.shape[-1] > 1:
        x, kernel = _add_channel(x, x.ndim - 1), _add_channel(kernel, x.ndim - 2)
    return lax.conv_general_dilated(
        x,
        kernel,
        strides,
        padding,
        lhs_dilation=spread,
        rhs_dilation=dilation,
        dimension_numbers=_layout(x.ndim),
        feature_group_count=groups,
    )


def _layout(rank: int) -> lax.ConvDimensionNumbers:
    spatial = tuple(range(1, rank - 1))
    last = (0, rank - 1, *spatial)
    return lax.ConvDimensionNumbers(last, (rank - 1, rank - 2, *range(rank - 2)), last)


def _add_channel(x: jax.Array, axis: int) -> jax.Array:
    return jnp.pad(x, [(0, int(i == axis)) for i in range(x.ndim)])


def _on_cpu() -> bool:
    return jax.default_backend() == "cpu"


@kernel
def convolution_input_grad(
    cotangent: jax.Array,
    kernel: jax.Array,
    *,
    input_shape: Sizes,
    strides: Sizes,
    padding: Pairs,
    dilation_rate: Sizes,
    groups: int,
) -> jax.Array:
    """Return the gradient of `convolution` by its input: a convolution with the turned kernel."""
    window = kernel.shape[:-2]
    around = []
    for size, n, k, s, d, (before, _) in zip(
        input_shape, cotangent.shape[1:-1], window, strides, dilation_rate, padding, strict=True
    ):
        first = (k - 1) * d - before
        around.append((first, size + before - ((n - 1) * s + 1)))
    depth, filters = kernel.shape[-2], kernel.shape[-1] // groups
    turned = jnp.flip(kernel, range(len(window))).reshape(*window, depth, groups, filters)
    turned = jnp.swapaxes(turned, -1, -3).reshape(*window, filters, depth * groups)
    ones = (1,) * len(window)
    return _convolve(cotangent, turned, ones, around, strides, dilation_rate, groups)


@kernel
def convolution_kernel_grad(
    x: jax.Array,
    cotangent: jax.Array,
    *,
    window: Sizes,
    strides: Sizes,
    padding: Pairs,
    dilation_rate: Sizes,
    groups: int,
) -> jax.Array:
    """Return the gradient of `convolution` by its kernel: a convolution that sums over the batch."""
    around = [
        (before, (k - 1) * d + (n - 1) * s + 1 - size - before)
        for size, n, k, s, d, (before, _) in zip(
            x.shape[1:-1], cotangent.shape[1:-1], window, strides, dilation_rate, padding, strict=True
        )
    ]
    spatial = tuple(range(1, x.ndim - 1))
    # Channels take the place of the batch, the batch that of the channels.
    swapped = (x.ndim - 1, 0, *spatial)
    layout = lax.ConvDimensionNumbers(swapped, swapped, (x.ndim - 2, x.ndim - 1, *range(x.ndim - 2)))

    def part(images: jax.Array, given: jax.Array) -> jax.Array:
        return lax.conv_general_dilated(
            images,
            given,
            dilation_rate,
            around,
            rhs_dilation=strides,
            dimension_numbers=layout,
            batch_group_count=groups,
        )

    total: Any = 0
    for start, stop in _parts(x.shape[0]):
        total = total + part(x[start:stop], cotangent[start:stop])
    return total


def _parts(batch: int) -> list[tuple[int, int]]:
    """Return the ranges of images that are convolved together."""
    if not _on_cpu() or batch <= _PART:
        return [(0, batch)]
    count = min(_MOST_PARTS, math.ceil(batch / _PART))
    ends = [batch * i // count for i in range(count + 1)]
    return list(itertools.pairwise(ends))


# -- pooling ----------------------------------------------------------------------------------
#
# Where a window is small its elements are compared one offset after another, which XLA fuses into
# one loop, and the winner is known by the number of its offset. The number is also all that the
# gradient needs. A larger window is reduced as one, and its winner known by its place in `x`.

_MOST_OFFSETS = 64


@partial(jax.custom_jvp, nondiff_argnums=(1, 2, 3))
def _pooled(x: jax.Array, pool_size: Sizes, strides: Sizes, padding: Pairs) -> jax.Array:
    sizes = ((1, *pool_size, 1), (1, *strides, 1), ((0, 0), *padding, (0, 0)))
    return lax.reduce_window(x, np.asarray(-np.inf, x.dtype), lax.max, *sizes)


@_pooled.defjvp
def _(pool_size: Sizes, strides: Sizes, padding: Pairs, primals: Any, tangents: Any) -> Any:
    (x,), (t,) = primals, tangents
    return _pooled(x, pool_size, strides, padding), _at_winners(t, x, pool_size, strides, padding)


@kernel
def max_pooling(x: jax.Array, *, pool_size: Sizes, strides: Sizes, padding: Pairs) -> jax.Array:
    """Return the largest element of each window; NaN where a window holds one."""
    return _pooled(x, pool_size, strides, padding)


@kernel
def max_pooling_grad(
    cotangent: jax.Array, output: jax.Array, x: jax.Array, *, pool_size: Sizes, strides: Sizes, padding: Pairs
) -> jax.Array:
    """Return the gradient of `max_pooling`: each window gives all to its first largest element."""
    del output
    _, winner = _winners(x, pool_size, strides, padding)
    return _handed_back(cotangent, winner, x.shape, pool_size, strides, padding)


@kernel
def max_pooling_take(
    values: jax.Array, x: jax.Array, *, pool_size: Sizes, strides: Sizes, padding: Pairs
) -> jax.Array:
    """Return the element of `values` where each window of `x` is first largest."""
    return _at_winners(values, x, pool_size, strides, padding)


def _forward(x: jax.Array, **attrs: Any) -> tuple[jax.Array, Any]:
    """Return the result of `max_pooling`, and the winners for its gradient."""
    best, winner = _winners(x, **attrs)
    return best, (winner, x.shape, attrs)


def _backward(residual: Any, cotangent: jax.Array) -> jax.Array:
    winner, shape, attrs = residual
    return _handed_back(cotangent, winner, shape, **attrs)


residual_kernels["max_pooling"] = (_forward, _backward)


def _winners(x: jax.Array, pool_size: Sizes, strides: Sizes, padding: Pairs) -> tuple[jax.Array, jax.Array]:
    """Return the largest of each window, and the number of its offset or its place."""
    if math.prod(pool_size) > _MOST_OFFSETS:
        return _places(x, pool_size, strides, padding)
    best, *others = _offsets(x, pool_size, strides, padding)
    number = jnp.zeros(best.shape, np.uint8)
    for i, candidate in enumerate(others, start=1):
        # True for a NaN too, unless the best is one already.
        better = jnp.logical_not(candidate <= best) & (best == best)
        best = jnp.where(better, candidate, best)
        number = jnp.where(better, np.uint8(i), number)
    return best, number


def _surrounded(x: jax.Array, padding: Pairs) -> jax.Array:
    return lax.pad(x, np.asarray(-np.inf, x.dtype), [(0, 0, 0), *((a, b, 0) for a, b in padding), (0, 0, 0)])


def _offsets(x: jax.Array, pool_size: Sizes, strides: Sizes, padding: Pairs) -> list[jax.Array]:
    """Return for each offset in a window what all windows have there."""
    padded = _surrounded(x, padding)
    counts = _counts(x.shape, pool_size, strides, padding)
    found = []
    for offset in np.ndindex(*pool_size):
        stops = [o + (n - 1) * s + 1 for o, n, s in zip(offset, counts, strides, strict=True)]
        stops = (x.shape[0], *stops, x.shape[-1])
        found.append(lax.slice(padded, (0, *offset, 0), stops, (1, *strides, 1)))
    return found


def _counts(shape: Sizes, pool_size: Sizes, strides: Sizes, padding: Pairs) -> Sizes:
    return tuple(window_count(*row) for row in zip(shape[1:-1], pool_size, strides, padding, strict=True))


def _places(x: jax.Array, pool_size: Sizes, strides: Sizes, padding: Pairs) -> tuple[jax.Array, jax.Array]:
    """Return the largest of each window, and its place in the padded `x`, counted row by row."""
    padded = _surrounded(x, padding)
    spatial = padded.shape[1:-1]
    index = lax.iota(np.int32, math.prod(spatial)).reshape((1, *spatial, 1))
    last = np.iinfo(np.int32).max

    def better(one: Any, other: Any) -> Any:
        (a, i), (b, j) = one, other
        is_nan, beside = a != a, b != b
        first = jnp.where(is_nan | beside, is_nan & (~beside | (i < j)), (a > b) | ((a == b) & (i < j)))
        return jnp.where(first, a, b), jnp.where(first, i, j)

    operands = (padded, jnp.broadcast_to(index, padded.shape))
    start = (np.asarray(-np.inf, x.dtype), np.int32(last))
    return lax.reduce_window(operands, start, better, (1, *pool_size, 1), (1, *strides, 1), "VALID")


def _at_winners(
    values: jax.Array, x: jax.Array, pool_size: Sizes, strides: Sizes, padding: Pairs
) -> jax.Array:
    _, winner = _winners(x, pool_size, strides, padding)
    if math.prod(pool_size) > _MOST_OFFSETS:
        flat = _surrounded(values, padding).reshape(x.shape[0], -1, x.shape[-1])
        rows = winner.reshape(x.shape[0], -1, x.shape[-1])
        return jnp.take_along_axis(flat, rows, 1).reshape(winner.shape)
    result, *others = _offsets(values, pool_size, strides, padding)
    for i, candidate in enumerate(others, start=1):
        result = jnp.where(winner == i, candidate, result)
    return result


def _handed_back(
    cotangent: jax.Array, winner: jax.Array, shape: Sizes, pool_size: Sizes, strides: Sizes, padding: Pairs
) -> jax.Array:
    """Return a tensor of `shape` that holds each cotangent where the winner of its window stood."""
    if math.prod(pool_size) > _MOST_OFFSETS:
        return _scattered(cotangent, winner, shape, padding)
    if strides == pool_size:
        return _tiled(cotangent, winner, shape, pool_size, padding)
    total: Any = 0
    for i, offset in enumerate(np.ndindex(*pool_size)):
        widths = [
            (o - before, size + before - o - (n - 1) * s - 1, s - 1)
            for o, size, n, s, (before, _) in zip(
                offset, shape[1:-1], winner.shape[1:-1], strides, padding, strict=True
            )
        ]
        given = jnp.where(winner == i, cotangent, 0)
        total = total + lax.pad(given, np.zeros((), given.dtype), [(0, 0, 0), *widths, (0, 0, 0)])
    return total


def _tiled(
    cotangent: jax.Array, winner: jax.Array, shape: Sizes, pool_size: Sizes, padding: Pairs
) -> jax.Array:
    """Hand back where no two windows overlap: each window becomes a tile."""
    counts = winner.shape[1:-1]
    within = tuple(range(2, 2 * len(counts) + 1, 2))
    numbers = np.arange(math.prod(pool_size), dtype=np.uint8).reshape(pool_size)
    numbers = np.expand_dims(numbers, (0, *(i - 1 for i in within), 2 * len(counts) + 1))
    tiles = jnp.where(jnp.expand_dims(winner, within) == numbers, jnp.expand_dims(cotangent, within), 0)
    joined = tiles.reshape(shape[0], *(n * k for n, k in zip(counts, pool_size, strict=True)), shape[-1])
    widths = [
        (-before, size + before - covered, 0)
        for size, covered, (before, _) in zip(shape[1:-1], joined.shape[1:-1], padding, strict=True)
    ]
    return lax.pad(joined, np.zeros((), joined.dtype), [(0, 0, 0), *widths, (0, 0, 0)])


def _scattered(cotangent: jax.Array, place: jax.Array, shape: Sizes, padding: Pairs) -> jax.Array:
    """Hand back by adding up at places."""
    sizes = tuple(size + before + after for size, (before, after) in zip(shape[1:-1], padding, strict=True))
    batch, channels = shape[0], shape[-1]
    rows = np.arange(batch)[:, np.newaxis, np.newaxis]
    columns = np.arange(channels)[np.newaxis, np.newaxis]
    total = jnp.zeros((batch, math.prod(sizes), channels), cotangent.dtype)
    flat = (batch, -1, channels)
    total = total.at[rows, place.reshape(flat), columns].add(cotangent.reshape(flat))
    inside = tuple(
        slice(before, before + size) for size, (before, _) in zip(shape[1:-1], padding, strict=True)
    )
    return total.reshape(batch, *sizes, channels)[(slice(None), *inside)]
