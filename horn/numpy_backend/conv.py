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

from math import prod
from typing import Any

import numpy as np

from horn.numpy_backend import depthwise, scratch
from horn.numpy_backend.elementwise import FAST, FLOAT_BITS, keep
from horn.numpy_backend.pages import page
from horn.numpy_backend.windows import FEW_CHANNELS, Pairs, Sizes, inside, padded, windows


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
    window, filters = kernel.shape[:-2], kernel.shape[-1]
    if groups > 1 and groups == x.shape[-1]:
        return depthwise.convolution(padded(x, padding), kernel, strides, dilation_rate)
    parts = []
    for g in range(groups):
        seen = padded(_part(x, g, groups), padding)
        places = windows(seen.shape, window, strides, dilation_rate, x.itemsize)
        weights = _part(kernel, g, groups).reshape(places.depth, filters // groups)
        result = np.empty((len(x) * prod(places.counts), filters // groups), x.dtype)
        for rows, matrix in places.matrices(seen):
            np.matmul(matrix, weights, out=result[rows])
        parts.append(result.reshape(len(x), *places.counts, filters // groups))
    return parts[0] if groups == 1 else np.concatenate(parts, -1)


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
    if groups > 1 and groups == x.shape[-1]:
        return depthwise.kernel_grad(padded(x, padding), cotangent, window, strides, dilation_rate)
    parts = []
    for g in range(groups):
        seen = padded(_part(x, g, groups), padding)
        places = windows(seen.shape, window, strides, dilation_rate, x.itemsize)
        given = _part(cotangent, g, groups)
        given = given.reshape(-1, given.shape[-1])
        total = np.zeros((places.depth, given.shape[-1]), x.dtype)
        for rows, matrix in places.matrices(seen):
            np.add(total, np.matmul(matrix.T, given[rows]), total)
        parts.append(total.reshape(*window, -1, given.shape[-1]))
    return parts[0] if groups == 1 else np.concatenate(parts, -1)


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
    window, channels = kernel.shape[:-2], kernel.shape[-2] * groups
    reach = [(k - 1) * d for k, d in zip(window, dilation_rate, strict=True)]
    turned = tuple((r - a, r - b) for r, (a, b) in zip(reach, padding, strict=True))
    # It copies windows of filters in place of adding up channels. It also multiplies zeros around
    # the cotangent, which must stay zeros.
    is_cheaper = groups == 1 and kernel.shape[-1] <= channels and set(strides) == {1}
    if is_cheaper and min(map(min, turned)) >= 0 and np.isfinite(kernel).all():
        flipped = kernel[(slice(None, None, -1),) * len(window)].swapaxes(-1, -2)
        return convolution(cotangent, flipped, strides, turned, dilation_rate)
    sizes = [n + a + b for n, (a, b) in zip(input_shape, padding, strict=True)]
    result = np.zeros((len(cotangent), *sizes, channels), cotangent.dtype)
    places = windows(result.shape, window, strides, dilation_rate, cotangent.itemsize).places
    if groups > 1 and groups == channels:
        depthwise.add_input_grad(result, cotangent, kernel, places)
    else:
        for g in range(groups):
            _scatter(_part(result, g, groups), _part(cotangent, g, groups), _part(kernel, g, groups), places)
    return inside(result, input_shape, padding)


def _scatter(total: Any, cotangent: Any, kernel: Any, places: list[tuple[Any, ...]]) -> None:
    """Add to `total` the cotangent times each element of the kernel, where the windows have it."""
    *_, channels, filters = kernel.shape
    few = channels <= FEW_CHANNELS
    weights = kernel.reshape(-1, channels, filters)
    # With few channels they come first, so that sums run along the images.
    target = np.zeros((channels, *total.shape[:-1]), total.dtype) if few else total
    weights = weights.reshape(-1, filters) if few else np.ascontiguousarray(weights.transpose(0, 2, 1))
    each = prod(cotangent.shape[1:-1]) * channels * (len(places) if few else 1)
    count = max(1, scratch.CAPACITY // max(1, each * total.itemsize))
    for start in range(0, len(cotangent), count):
        images = slice(start, start + count)
        given = cotangent[images]
        buffer = scratch.take(len(given) * each, total.dtype)
        if few:
            _add_columns(target[:, images], given, weights, places, buffer)
        else:
            _add_rows(target[images], given, weights, places, buffer)
        scratch.give_back(buffer)
    if few:
        total[...] = np.moveaxis(target, 0, -1)


def _add_rows(total: Any, given: Any, weights: Any, places: list[tuple[Any, ...]], buffer: Any) -> None:
    """Add one product for each element of the kernel, channels last."""
    rows = given.reshape(-1, given.shape[-1])
    share = buffer.reshape(len(rows), total.shape[-1])
    for matrix, place in zip(weights, places, strict=True):
        np.matmul(rows, matrix, out=share)
        total[place] += share.reshape(*given.shape[:-1], total.shape[-1])


def _add_columns(total: Any, given: Any, weights: Any, places: list[tuple[Any, ...]], buffer: Any) -> None:
    """Add parts of one product for all elements of the kernel, channels first."""
    rows = given.reshape(-1, given.shape[-1])
    shares = np.matmul(weights, rows.T, out=buffer.reshape(len(weights), len(rows)))
    for share, place in zip(shares.reshape(len(places), len(total), *given.shape[:-1]), places, strict=True):
        total[(slice(None), *place)] += share


# -- pooling ---------------------------------------------------------------------------------


def max_pooling(x: Any, pool_size: Sizes, strides: Sizes, padding: Pairs) -> Any:
    """Return the largest element of each window."""
    x, places = _pools(x, pool_size, strides, padding)
    result = x[places[0]].copy()
    for place in places[1:]:
        np.maximum(result, x[place], out=result)
    return result


def _pools(x: Any, pool_size: Sizes, strides: Sizes, padding: Pairs) -> tuple[Any, list[tuple[Any, ...]]]:
    """Return `x` padded, and where its windows have each of their elements."""
    x = padded(x, padding, -np.inf)
    return x, windows(x.shape, pool_size, strides, (1,) * len(pool_size), x.itemsize).places


def max_pooling_grad(
    cotangent: Any, output: Any, x: Any, pool_size: Sizes, strides: Sizes, padding: Pairs
) -> Any:
    """Return the cotangent of each window at the first element that equals its largest."""
    if x.dtype not in FLOAT_BITS or not cotangent.dtype == output.dtype == x.dtype:
        return _pooling_grad_page(cotangent, output, x, pool_size, strides, padding)
    bits = FLOAT_BITS[x.dtype]
    seen, places = _pools(x, pool_size, strides, padding)
    missing = np.isnan(output)
    missing = missing if missing.any() else None
    result = np.zeros(seen.shape, x.dtype)
    is_disjoint = all(s >= k for s, k in zip(strides, pool_size, strict=True))
    taken = np.zeros(output.shape, bool)
    for place in places:
        chosen = np.equal(seen[place], output)
        if missing is not None:
            np.logical_or(chosen, np.logical_and(missing, np.isnan(seen[place])), chosen)
        np.greater(chosen, taken, chosen)  # and not taken
        np.logical_or(taken, chosen, taken)
        if is_disjoint:
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
