"""Kernels of the conv family: convolution, its two gradients, and max pooling.

Measured on XLA's CPU compiler (float32, 3x3 windows, 32 images), and the reason for three rules
that hold there alone:
* an odd number of input channels takes a slow path, so a channel of zeros is added;
* the gradient by the kernel, a convolution whose window is as large as the image and whose depth
  is the batch, is several times faster for few images at a time: it is summed over parts;
* a convolution inside of a loop runs many times slower, which is the concern of `runner`.
"""

from __future__ import annotations

import math
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jax import lax

from horn.spec.conv import window_count
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
    return list(zip(ends[:-1], ends[1:], strict=True))


# -- pooling ----------------------------------------------------------------------------------

_MOST_OFFSETS = 64  # windows up to this size are compared offset by offset, in one fused loop


@kernel
def max_pooling(x: jax.Array, *, pool_size: Sizes, strides: Sizes, padding: Pairs) -> jax.Array:
    """Return the largest element of each window; NaN where a window holds one."""
    return _pooled(x, pool_size, strides, padding)
