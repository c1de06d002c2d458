"""Windows that slide over the spatial axes of a tensor, channels last, as slices and as matrices."""

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING, Any

import numpy as np

from horn.spec.sizes import product

if TYPE_CHECKING:
    from collections.abc import Iterator

Sizes = tuple[int, ...]
Pairs = tuple[tuple[int, int], ...]

BLOCK = 131072  # elements of the matrix of windows that are made at a time
_FEW = 4  # channels up to which windows become columns


def padded(x: Any, padding: Pairs, fill: float = 0.0) -> Any:
    """Return a C-contiguous `x` with a constant around its spatial axes."""
    if not any(map(any, padding)):
        return np.ascontiguousarray(x)
    sizes = [n + before + after for n, (before, after) in zip(x.shape[1:-1], padding, strict=True)]
    result = np.full((len(x), *sizes, x.shape[-1]), fill, x.dtype)
    inside(result, x.shape[1:-1], padding)[...] = x
    return result


def inside(x: Any, sizes: Sizes, padding: Pairs) -> Any:
    """Return the view of a padded tensor `x` without its padding."""
    places = [slice(before, before + n) for n, (before, _) in zip(sizes, padding, strict=True)]
    return x[(slice(None), *places)]


def window_counts(sizes: Sizes, window: Sizes, strides: Sizes, padding: Pairs, dilation: Sizes) -> Sizes:
    """Return how many windows fit along each axis."""
    rows = zip(sizes, window, strides, padding, dilation, strict=True)
    return tuple((n + a + b - (k - 1) * d - 1) // s + 1 for n, k, s, (a, b), d in rows)


class Windows:
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
        self.images = max(1, min(len(x), BLOCK // max(1, self.each * self.depth)))

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
