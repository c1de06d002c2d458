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

import itertools
from typing import TYPE_CHECKING, Any

import numpy as np

from horn.numpy_backend.elementwise import FAST
from horn.numpy_backend.pages import page
from horn.spec.sizes import product

if TYPE_CHECKING:
    from collections.abc import Iterator

Sizes = tuple[int, ...]
Pairs = tuple[tuple[int, int], ...]

_BLOCK = 131072  # elements of the matrix of windows that are made at a time
_FEW = 4  # channels up to which windows become columns


class _Windows:
    """All windows of a padded input, cut into blocks of whole images.

    Args:
        x: The padded input, channels last.
        window: The spatial sizes of a window.
        strides: From one window to the next.
        dilation: From one element of a window to the next.
        counts: How many windows there are along each axis.
    """

    def __init__(self, x: Any, window: Sizes, strides: Sizes, dilation: Sizes, counts: Sizes) -> None:
        self.x, self.window, self.strides = x, window, strides
        self.dilation, self.counts = dilation, counts
        self.depth = product(window) * x.shape[-1]
        self.each = product(counts)
        self.images = max(1, min(len(x), _BLOCK // max(1, self.each * self.depth)))

    def offsets(self) -> Iterator[tuple[Any, ...]]:
        """Yield for each element of a window the slices of `x` where all windows have it."""
        for offset in itertools.product(*map(range, self.window)):
            places = [
                slice(o * d, o * d + (n - 1) * s + 1, s)
                for o, d, n, s in zip(offset, self.dilation, self.counts, self.strides, strict=True)
            ]
            yield (slice(None), *places)

    def matrices(self) -> Iterator[tuple[slice, Any]]:
        """Yield blocks: which rows of the result, and the matrix with one window in each row."""
        if product(self.window) == 1 and self.each * self.x.shape[-1] * len(self.x) == self.x.size:
            yield slice(None), self.x.reshape(-1, self.depth)
            return
        fill, buffer = self._by_columns() if self.x.shape[-1] <= _FEW else self._by_rows()
        for start in range(0, len(self.x), self.images):
            stop = min(start + self.images, len(self.x))
            fill(start, stop)
            rows = slice(start * self.each, stop * self.each)
            yield rows, buffer(stop - start)

    def _by_rows(self) -> Any:
        """Return how to fill a block of rows, and how to read it."""
        batch, *spatial, channels = self.x.strides
        shape = (len(self.x), *self.counts, *self.window, self.x.shape[-1])
        steps = [s * n for s, n in zip(spatial, self.strides, strict=True)]
        inner = [s * n for s, n in zip(spatial, self.dilation, strict=True)]
        view = np.ndarray(shape, self.x.dtype, self.x, 0, (batch, *steps, *inner, channels))
        block = np.empty((self.images, *shape[1:]), self.x.dtype)

        def fill(start: int, stop: int) -> None:
            block[: stop - start] = view[start:stop]

        return fill, lambda count: block[:count].reshape(-1, self.depth)

    def _by_columns(self) -> Any:
        """Return the same for a block that holds windows in its columns, turned when it is read."""
        channels = self.x.shape[-1]
        block = np.empty((self.depth * self.images * self.each,), self.x.dtype)
        turned = self.x.transpose(-1, *range(self.x.ndim - 1))
        places = list(self.offsets())

        def buffer(count: int) -> Any:
            return block[: self.depth * count * self.each]

        def fill(start: int, stop: int) -> None:
            parts = buffer(stop - start).reshape(len(places), channels, stop - start, *self.counts)
            for part, place in zip(parts, places, strict=True):
                part[...] = turned[:, start:stop][(slice(None), *place)]

        return fill, lambda count: buffer(count).reshape(self.depth, -1).T


def _padded(x: Any, padding: Pairs) -> Any:
    """Return a C-contiguous `x` with zeros around its spatial axes."""
    if not any(map(any, padding)):
        return np.ascontiguousarray(x)
    sizes = [n + before + after for n, (before, after) in zip(x.shape[1:-1], padding, strict=True)]
    result = np.zeros((len(x), *sizes, x.shape[-1]), x.dtype)
    _inside(result, x.shape[1:-1], padding)[...] = x
    return result


def _inside(padded: Any, sizes: Sizes, padding: Pairs) -> Any:
    """Return the view of a padded tensor without its padding."""
    places = [slice(before, before + n) for n, (before, _) in zip(sizes, padding, strict=True)]
    return padded[(slice(None), *places)]


def _counts(sizes: Sizes, window: Sizes, strides: Sizes, padding: Pairs, dilation: Sizes) -> Sizes:
    """Return how many windows fit along each axis."""
    rows = zip(sizes, window, strides, padding, dilation, strict=True)
    return tuple((n + a + b - (k - 1) * d - 1) // s + 1 for n, k, s, (a, b), d in rows)


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
    counts = _counts(x.shape[1:-1], window, strides, padding, dilation_rate)
    result = np.empty((len(x), *counts, kernel.shape[-1]), x.dtype)
    for g in range(groups):
        seen = _padded(_part(x, g, groups) if groups > 1 else x, padding)
        weights = _part(kernel, g, groups).reshape(-1, kernel.shape[-1] // groups)
        rows = result.reshape(-1, kernel.shape[-1])
        for place, matrix in _Windows(seen, window, strides, dilation_rate, counts).matrices():
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
        seen = _padded(_part(x, g, groups) if groups > 1 else x, padding)
        total = _part(result, g, groups)
        for place, matrix in _Windows(seen, window, strides, dilation_rate, counts).matrices():
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
    padded = np.zeros((len(cotangent), *sizes, channels * groups), cotangent.dtype)
    windows = _Windows(padded, window, strides, dilation, cotangent.shape[1:-1])
    places = list(windows.offsets())
    step = max(1, 2 * _BLOCK // max(1, windows.each * channels))
    for g in range(groups):
        weights = _part(kernel, g, groups).reshape(len(places), channels, -1).transpose(0, 2, 1)
        for start in range(0, len(cotangent), step):
            given = _part(cotangent[start : start + step], g, groups)
            total = _part(padded[start : start + step], g, groups)
            _add_products(total, given, np.ascontiguousarray(weights), places)
    return _inside(padded, input_shape, padding)


def _add_products(total: Any, given: Any, weights: Any, places: list[tuple[Any, ...]]) -> None:
    rows = given.reshape(-1, given.shape[-1])
    share = np.empty((len(rows), weights.shape[-1]), given.dtype)
    for matrix, place in zip(weights, places, strict=True):
        np.matmul(rows, matrix, out=share)
        total[place] += share.reshape(*given.shape[:-1], -1)


_convolution_page = page("convolution")
_kernel_grad_page = page("convolution_kernel_grad")
_input_grad_page = page("convolution_input_grad")
