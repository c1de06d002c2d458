"""Windows that slide over the spatial axes of a tensor, channels last, as slices and as matrices."""

from __future__ import annotations

import itertools
from functools import lru_cache
from math import prod
from typing import TYPE_CHECKING, Any

import numpy as np

from horn.numpy_backend import scratch

if TYPE_CHECKING:
    from collections.abc import Iterator

Sizes = tuple[int, ...]
Pairs = tuple[tuple[int, int], ...]

_BLOCK = scratch.CAPACITY  # bytes of the matrix of windows that are made at a time
FEW_CHANNELS = 4  # channels up to which windows become columns


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
    """Where the windows of a padded input lie, worked out once for each geometry.

    Attributes:
        counts: How many windows there are along each axis.
        depth: How many elements a window has.
        places: For each element of a window, in order, the slices where all windows have it.
        blocks: How the windows are cut: images, rows along the first spatial axis, and the range
            of the windows in the matrix of all of them.
    """

    def __init__(self, shape: Sizes, window: Sizes, strides: Sizes, dilation: Sizes, itemsize: int) -> None:
        batch, *sizes, self.channels = shape
        no_padding = ((0, 0),) * len(window)
        self.counts = window_counts(tuple(sizes), window, strides, no_padding, dilation)
        self.depth = prod(window) * self.channels
        self.window = window
        self.places = [
            (slice(None), *(slice(o * d, o * d + (n - 1) * s + 1, s) for o, d, n, s in zip(
                offset, dilation, self.counts, strides, strict=True)))
            for offset in itertools.product(*map(range, window))
        ]  # fmt: skip
        self.is_flat = prod(window) * prod(strides) == 1
        self.blocks = list(_cut(batch, self.counts, max(1, _BLOCK // max(1, self.depth * itemsize))))
        self._longest = max((rows.stop - rows.start for _, _, rows in self.blocks), default=0)
        self._set_strides(shape, strides, dilation, itemsize)

    def _set_strides(self, shape: Sizes, strides: Sizes, dilation: Sizes, itemsize: int) -> None:
        steps = [itemsize * prod(shape[i:]) for i in range(1, len(shape) + 1)]
        spatial = steps[1:-1]
        self._shape = (shape[0], *self.counts, *self.window, shape[-1])
        self._strides = (
            steps[0],
            *(n * s for n, s in zip(spatial, strides, strict=True)),
            *(n * d for n, d in zip(spatial, dilation, strict=True)),
            steps[-1],
        )

    def matrices(self, x: Any) -> Iterator[tuple[slice, Any]]:
        """Yield for each block its range and the matrix with one window of `x` in each row.

        A matrix is valid until the next one is asked for.
        """
        if self.is_flat:
            yield slice(None), x.reshape(-1, self.depth)
            return
        buffer = scratch.take(self._longest * self.depth, x.dtype)
        few = self.channels <= FEW_CHANNELS
        source = (
            x.transpose(-1, *range(x.ndim - 1))
            if few
            else np.ndarray(self._shape, x.dtype, x, 0, self._strides)
        )
        for images, lines, rows in self.blocks:
            block = buffer[: (rows.stop - rows.start) * self.depth]
            if few:
                yield rows, self._columns(source[:, images], lines, block)
            else:
                seen = source[images, lines]
                block.reshape(seen.shape)[...] = seen
                yield rows, block.reshape(-1, self.depth)
        scratch.give_back(buffer)

    def _columns(self, turned: Any, lines: slice, block: Any) -> Any:
        """Fill a block with one window in each column, from images whose channels come first."""
        counts = (lines.stop - lines.start, *self.counts[1:])
        parts = block.reshape(len(self.places), self.channels, -1, *counts)
        whole = counts == self.counts
        for part, place in zip(parts, self.places, strict=True):
            seen = turned[(slice(None), *place)]
            part[...] = seen if whole else seen[:, :, lines]
        return block.reshape(self.depth, -1).T


windows = lru_cache(maxsize=256)(Windows)


def _cut(batch: int, counts: Sizes, most: int) -> Iterator[tuple[slice, slice, slice]]:
    """Yield blocks of at most `most` windows: whole images, or lines of one image."""
    lines, each = counts[0], prod(counts)
    if each <= most:
        count = most // max(1, each)
        for start in range(0, batch, count):
            stop = min(start + count, batch)
            yield slice(start, stop), slice(0, lines), slice(start * each, stop * each)
        return
    line = each // lines
    count = max(1, most // line)
    for image, first in itertools.product(range(batch), range(0, lines, count)):
        last = min(first + count, lines)
        start = image * each
        yield slice(image, image + 1), slice(first, last), slice(start + first * line, start + last * line)
