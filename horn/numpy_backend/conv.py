"""Convolution as products of matrices, and pooling.

The windows of some images at a time are copied into the rows of a matrix that stays in the cache
("im2col"), and multiplied with the kernel as one matrix. With few channels the windows become
columns instead, so that copies run along the images. Nothing is kept for the gradients: making
the rows anew costs less than fetching them from memory.

Reference:
    Chellapilla, Puri & Simard, High performance convolutional neural networks for document
    processing (2006), section 3.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from horn.numpy_backend.elementwise import FAST, FLOAT_BITS, keep
from horn.numpy_backend.pages import page
from horn.numpy_backend.windows import BLOCK, Pairs, Sizes, Windows, inside, padded, window_counts
from horn.spec.sizes import product


def _part(x: Any, group: int, groups: int) -> Any:
    """Return the channels, or the filters, of one group."""
    size = x.shape[-1] // groups
    return x[..., group * size : (group + 1) * size]


# -- convolution -----------------------------------------------------------------------------


def convolution(
    x: Any, kernel: Any, strides: Sizes, padding: Pairs, dilation_rate: Sizes, groups: int = 1
) -> Any:
    """Return the cross-correlation of `x` with `kernel`."""
    if x.dtype not in FAST:
        return _convolution_page(x, kernel, strides, padding, dilation_rate, groups)
    window = kernel.shape[:-2]
    counts = window_counts(x.shape[1:-1], window, strides, padding, dilation_rate)
    result = np.empty((len(x), *counts, kernel.shape[-1]), x.dtype)
    for g in range(groups):
        seen = padded(_part(x, g, groups) if groups > 1 else x, padding)
        weights = _part(kernel, g, groups).reshape(-1, kernel.shape[-1] // groups)
        rows = result.reshape(-1, kernel.shape[-1])
        for place, matrix in Windows(seen, window, strides, dilation_rate, counts).matrices():
            np.matmul(matrix, weights, out=_part(rows[place], g, groups))
    return result


def convolution_kernel_grad(
    x: Any,
    cotangent: Any,
    window: Sizes,
    strides: Sizes,
    padding: Pairs,
    dilation_rate: Sizes,
    groups: int = 1,
) -> Any:
    """Return the gradient by the kernel: the windows, turned, times the cotangent."""
    if x.dtype not in FAST:
        return _kernel_grad_page(x, cotangent, window, strides, padding, dilation_rate, groups)
    filters, counts = cotangent.shape[-1], cotangent.shape[1:-1]
    depth = product(window) * (x.shape[-1] // groups)
    result = np.zeros((depth, filters), x.dtype)
    given = cotangent.reshape(-1, filters)
    for g in range(groups):
        seen = padded(_part(x, g, groups) if groups > 1 else x, padding)
        total = _part(result, g, groups)
        for place, matrix in Windows(seen, window, strides, dilation_rate, counts).matrices():
            total += np.matmul(matrix.T, _part(given[place], g, groups))
    return result.reshape(*window, -1, filters)


def convolution_input_grad(
    cotangent: Any,
    kernel: Any,
    input_shape: Sizes,
    strides: Sizes,
    padding: Pairs,
    dilation_rate: Sizes,
    groups: int = 1,
) -> Any:
    """Return the gradient by the input, as a convolution of the cotangent where that is cheaper."""
    if cotangent.dtype not in FAST:
        return _input_grad_page(cotangent, kernel, input_shape, strides, padding, dilation_rate, groups)
    window = kernel.shape[:-2]
    reach = [(k - 1) * d for k, d in zip(window, dilation_rate, strict=True)]
    turned = tuple((r - a, r - b) for r, (a, b) in zip(reach, padding, strict=True))
    # It copies windows of filters in place of adding up channels. It also multiplies zeros around
    # the cotangent, which must stay zeros.
    is_cheaper = groups == 1 and kernel.shape[-1] <= kernel.shape[-2] and set(strides) == {1}
    if is_cheaper and min(map(min, turned)) >= 0 and np.isfinite(kernel).all():
        flipped = kernel[(slice(None, None, -1),) * len(window)].swapaxes(-1, -2)
        return convolution(cotangent, flipped, strides, turned, dilation_rate)
    return _scattered(cotangent, kernel, input_shape, strides, padding, dilation_rate, groups)


def _scattered(
    cotangent: Any, kernel: Any, input_shape: Sizes, strides: Sizes, padding: Pairs, dilation: Sizes, groups: int
) -> Any:
    """Return the gradient by the input, one product for each element of the kernel, added in place."""
    window, channels = kernel.shape[:-2], kernel.shape[-2]
    sizes = [n + a + b for n, (a, b) in zip(input_shape, padding, strict=True)]
    result = np.zeros((len(cotangent), *sizes, channels * groups), cotangent.dtype)
    windows = Windows(result, window, strides, dilation, cotangent.shape[1:-1])
    places = list(windows.offsets())
    step = max(1, 2 * BLOCK // max(1, windows.each * channels))
    for g in range(groups):
        weights = _part(kernel, g, groups).reshape(len(places), channels, -1).transpose(0, 2, 1)
        for start in range(0, len(cotangent), step):
            given = _part(cotangent[start : start + step], g, groups)
            total = _part(result[start : start + step], g, groups)
            _add_products(total, given, np.ascontiguousarray(weights), places)
    return inside(result, input_shape, padding)


def _add_products(total: Any, given: Any, weights: Any, places: list[tuple[Any, ...]]) -> None:
    rows = given.reshape(-1, given.shape[-1])
    share = np.empty((len(rows), weights.shape[-1]), given.dtype)
    for matrix, place in zip(weights, places, strict=True):
        np.matmul(rows, matrix, out=share)
        total[place] += share.reshape(*given.shape[:-1], -1)


# -- pooling ---------------------------------------------------------------------------------


def max_pooling(x: Any, pool_size: Sizes, strides: Sizes, padding: Pairs) -> Any:
    """Return the largest element of each window."""
    windows = _pools(x, pool_size, strides, padding)
    first, *others = windows.offsets()
    result = windows.x[first].copy()
    for place in others:
        np.maximum(result, windows.x[place], out=result)
    return result


def _pools(x: Any, pool_size: Sizes, strides: Sizes, padding: Pairs) -> Windows:
    ones = (1,) * len(pool_size)
    counts = window_counts(x.shape[1:-1], pool_size, strides, padding, ones)
    return Windows(padded(x, padding, -np.inf), pool_size, strides, ones, counts)


def max_pooling_grad(
    cotangent: Any, output: Any, x: Any, pool_size: Sizes, strides: Sizes, padding: Pairs
) -> Any:
    """Return the cotangent of each window at the first element that equals its largest."""
    if x.dtype not in FLOAT_BITS or not cotangent.dtype == output.dtype == x.dtype:
        return _pooling_grad_page(cotangent, output, x, pool_size, strides, padding)
    windows = _pools(x, pool_size, strides, padding)
    missing = np.isnan(output)
    missing = missing if missing.any() else None
    result = np.zeros(windows.x.shape, x.dtype)
    is_disjoint = all(s >= k for s, k in zip(strides, pool_size, strict=True))
    taken = np.zeros(output.shape, bool)
    for place in windows.offsets():
        seen = windows.x[place]
        chosen = np.equal(seen, output)
        if missing is not None:
            np.logical_or(chosen, np.logical_and(missing, np.isnan(seen)), chosen)
        np.greater(chosen, taken, chosen)  # and not taken
        np.logical_or(taken, chosen, taken)
        if is_disjoint:
            bits = FLOAT_BITS[x.dtype]
            np.multiply(cotangent.view(bits), chosen, out=result[place].view(bits))
        else:
            result[place] += keep(chosen, cotangent)
    return inside(result, x.shape[1:-1], padding)


_convolution_page = page("convolution")
_input_grad_page = page("convolution_input_grad")
_kernel_grad_page = page("convolution_kernel_grad")
_pooling_grad_page = page("max_pooling_grad")

KERNELS = {
    "convolution": convolution,
    "convolution_input_grad": convolution_input_grad,
    "convolution_kernel_grad": convolution_kernel_grad,
    "max_pooling": max_pooling,
    "max_pooling_grad": max_pooling_grad,
}
