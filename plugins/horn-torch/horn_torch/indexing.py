"""Elements picked by their number, and added up by it.

On the CPU PyTorch tests every index and raises before it reads or writes; so the common case pays
no test of ours, and only after such an error are the indices looked at. On other devices a wrong
index would stop the process, and they are always made legal first.
"""

from __future__ import annotations

import torch

from horn_torch.dtypes import WIDE_UNSIGNED, native, widened

_INDICES = frozenset((torch.int32, torch.int64))


def take(x, indices, axis):
    if x.dtype in WIDE_UNSIGNED:
        return widened(take, x, indices, axis=axis)
    rows = indices if indices.dtype in _INDICES else indices.to(torch.int64)
    if x.is_cpu:
        try:
            return _pick(x, rows, axis)
        except (IndexError, RuntimeError):  # which of both depends on the rank of x
            pass
    return _pick_or_miss(x, rows.to(torch.int64), axis)


def _pick(x, rows, axis):
    """Return the slices that `rows` names; all of them exist."""
    if rows.ndim == 1:
        return x.index_select(axis, rows)
    return x.index_select(axis, rows.reshape(-1)).reshape(_picked_shape(x, rows, axis))


def _picked_shape(x, rows, axis):
    return (*x.shape[:axis], *rows.shape, *x.shape[axis + 1 :])


def _pick_or_miss(x, rows, axis):
    """Return the slices that `rows` names; NaN, zero or False where there is none."""
    size = x.shape[axis]
    missing = float("nan") if x.is_floating_point() else 0
    if size == 0:
        return x.new_full(_picked_shape(x, rows, axis), missing)
    wrapped = torch.where(rows < 0, rows + size, rows)
    inside = (wrapped >= 0) & (wrapped < size)
    picked = _pick(x, torch.where(inside, wrapped, 0), axis)
    kept = inside.reshape(inside.shape + (1,) * (x.ndim - axis - 1))
    return torch.where(kept, picked, torch.full((), missing, dtype=x.dtype, device=x.device))


def segment_sum(data, segment_ids, num_segments):
    if data.dtype in WIDE_UNSIGNED:
        return widened(segment_sum, data, segment_ids, num_segments=num_segments)
    if data.dtype is torch.bool:
        return segment_sum(data.to(torch.int32), segment_ids, num_segments) != 0
    ids = segment_ids.to(torch.int64)
    if data.is_cpu:
        try:
            return _add_rows(data, ids, num_segments)
        except RuntimeError:  # an id outside of the range; any other cause comes back below
            pass
    inside = (ids >= 0) & (ids < num_segments)
    # One more row takes what is to be dropped.
    return _add_rows(data, torch.where(inside, ids, num_segments), num_segments + 1)[:num_segments]


def _add_rows(data, ids, count):
    if not data.numel():
        return data.new_zeros((count, *data.shape[1:]))
    rows = data.reshape(len(ids), -1)
    # scatter_add_ with an index stretched along the rows has a fast path that index_add_ lacks.
    total = rows.new_zeros((count, rows.shape[1])).scatter_add_(0, ids.unsqueeze(1).expand(rows.shape), rows)
    return total.reshape((count, *data.shape[1:]))


def one_hot(x, num_classes, axis, dtype):
    at = axis % (x.ndim + 1)
    wanted = native(dtype)
    if x.is_cpu and not x.is_floating_point():
        shape = (*x.shape[:at], num_classes, *x.shape[at:])
        try:
            return torch.zeros(shape, dtype=wanted).scatter_(at, x.to(torch.int64).unsqueeze(at), 1)
        except RuntimeError:  # an integer outside of the classes, whose row is all zeros
            pass
    classes = torch.arange(num_classes, device=x.device).reshape(num_classes, *(1,) * (x.ndim - at))
    same = (x if x.is_floating_point() else x.to(torch.int64)).unsqueeze(at) == classes
    return same.view(torch.uint8).to(wanted)


KERNELS = {"take": take, "segment_sum": segment_sum, "one_hot": one_hot}
