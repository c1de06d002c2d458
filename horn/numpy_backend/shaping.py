"""The same elements in another arrangement, without the detour through NumPy's wrappers."""

from __future__ import annotations

from typing import Any

import numpy as np

from horn.numpy_backend.elementwise import FAST


def reshape(x: Any, newshape: tuple[int, ...]) -> Any:
    """Return the elements of `x`, in the order of rows, in another shape."""
    return x.reshape(newshape)


def transpose(x: Any, axes: tuple[int, ...] | None = None) -> Any:
    """Return `x` with its axes in another order."""
    return x.transpose(axes)


def broadcast_to(x: Any, shape: tuple[int, ...]) -> Any:
    """Return a read-only view of `x`, repeated by strides of zero."""
    if x.dtype not in FAST or not x.flags.c_contiguous:
        return np.broadcast_to(x, shape)
    strides = [0 if size == 1 else step for size, step in zip(x.shape, x.strides, strict=True)]
    view = np.ndarray(shape, x.dtype, x, 0, (0,) * (len(shape) - x.ndim) + tuple(strides))
    view.flags.writeable = False
    return view


def slice_(
    x: Any, starts: tuple[int, ...], stops: tuple[int, ...], strides: tuple[int, ...] | None = None
) -> Any:
    """Return one range along each axis of `x`."""
    ranges = map(slice, starts, stops) if strides is None else map(slice, starts, stops, strides)
    return x[tuple(ranges)]


def flip(x: Any, axis: tuple[int, ...]) -> Any:
    """Return `x` with the order of its elements reversed along `axis`."""
    return np.array(np.flip(x, axis), order="C")


KERNELS = {"broadcast_to": broadcast_to, "flip": flip, "reshape": reshape, "slice": slice_, "transpose": transpose}
