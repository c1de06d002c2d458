"""Elements picked by their number, and added up by it."""

from __future__ import annotations

from math import prod
from typing import Any

import numpy as np

from horn.numpy_backend.elementwise import FAST, TARGETS
from horn.numpy_backend.pages import page

_SMALL = 4096  # elements up to which adding row by row is cheapest
_FEW = 4  # rows of one segment that are added across all segments at once


def take(x: Any, indices: Any, axis: int = 0) -> Any:
    """Return the slices of `x` along `axis` that `indices` name."""
    try:
        return x.take(indices, axis)  # it counts negative indices from the end, as the page does
    except IndexError:
        return _take_page(x, indices, axis)


def segment_sum(data: Any, segment_ids: Any, num_segments: int) -> Any:
    """Return the sum of the rows of `data` that share an id; other ids are dropped."""
    if data.dtype not in FAST or not data.size or not num_segments:
        return _segment_sum_page(data, segment_ids, num_segments)
    segment_ids = segment_ids.astype(np.intp, copy=False)
    if segment_ids.min() < 0 or segment_ids.max() >= num_segments:
        inside = np.logical_and(segment_ids >= 0, segment_ids < num_segments)
        data, segment_ids = data[inside], segment_ids[inside]
    shape = (num_segments, *data.shape[1:])
    rows = data.reshape(len(data), prod(data.shape[1:]))
    if rows.shape[1] == 1:
        total = np.bincount(segment_ids, weights=rows[:, 0], minlength=num_segments)
        return total.astype(data.dtype).reshape(shape)
    result = np.zeros((num_segments, rows.shape[1]), data.dtype)
    if rows.size <= _SMALL:
        np.add.at(result, segment_ids, rows)
    else:
        _add_sorted(result, rows, segment_ids)
    return result.reshape(shape)


def _add_sorted(result: Any, rows: Any, ids: Any) -> None:
    """Put the sum of the rows of each id into `result`.

    In the order of their ids, the rows of a segment are neighbours. Short segments, the many rare
    words of a vocabulary, are added together: their first rows, their second rows, and so on. Long
    ones are summed one at a time.
    """
    order = np.argsort(ids, kind="stable")
    ordered = ids[order]
    starts = np.flatnonzero(np.concatenate([[True], ordered[1:] != ordered[:-1]]))
    counts = np.diff(starts, append=len(ordered))
    named = ordered[starts]
    is_short = counts <= _FEW
    if is_short.any():
        short, sizes = starts[is_short], counts[is_short]
        total = rows[order[short]]
        for k in range(1, int(sizes.max())):
            more = sizes > k
            total[more] += rows[order[short[more] + k]]
        result[named[is_short]] = total
    is_long = np.logical_not(is_short)
    for segment, start, count in zip(named[is_long], starts[is_long], counts[is_long], strict=True):
        np.add.reduce(rows[order[start : start + count]], 0, out=result[segment])


def one_hot(x: Any, num_classes: int, axis: int = -1, dtype: str = "float32") -> Any:
    """Return a new axis that is one at the place that each integer names and zero elsewhere."""
    target = TARGETS.get(dtype)
    if target is None:
        return _one_hot_page(x, num_classes=num_classes, axis=axis, dtype=dtype)
    at = axis % (x.ndim + 1)
    classes = np.arange(num_classes, dtype=x.dtype).reshape(-1, *(1,) * (x.ndim - at))
    return np.equal(x.reshape(*x.shape[:at], 1, *x.shape[at:]), classes).astype(target)


_one_hot_page = page("one_hot")
_segment_sum_page = page("segment_sum")
_take_page = page("take")

KERNELS = {"one_hot": one_hot, "segment_sum": segment_sum, "take": take}
