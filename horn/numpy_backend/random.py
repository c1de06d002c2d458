"""Threefry in place, in blocks that stay in the cache, and masks read off its words."""

from __future__ import annotations

from math import prod
from typing import Any

import numpy as np

from horn.numpy_backend.elementwise import FAST, TARGETS
from horn.numpy_backend.pages import page
from horn.spec.random import PARITY, ROTATIONS

_BLOCK = 32768  # counters enciphered at a time: three arrays of 128 kB

_WORD = np.dtype(np.uint32)
_SHIFTS = [[(np.asarray(r, _WORD), np.asarray(32 - r, _WORD)) for r in rotations] for rotations in ROTATIONS]


def random_bits(key: Any, step: Any, shape: tuple[int, ...]) -> Any:
    """Return random 32-bit words as int32, for one draw or for several."""
    if np.ndim(key) > 1:
        steps = np.broadcast_to(step, len(key))
        return np.stack([random_bits(*pair, shape) for pair in zip(key, steps, strict=True)])
    count = prod(shape)
    schedule = _schedule(*np.asarray(key).astype(np.int32).view(_WORD).tolist())
    steps = np.asarray(step).astype(np.int32).reshape(-1, 1).view(_WORD)
    half = (count + 1) // 2
    words = np.empty((len(steps), 2, half), _WORD)
    if len(steps) == 1 or half >= _BLOCK:
        for row, number in zip(words, steps, strict=True):
            _encipher(schedule, row, number)
    else:
        # Few words a step: the counters of all steps side by side, so that no call is short.
        pair = np.empty((2, len(steps), half), _WORD)
        _encipher(schedule, pair, steps)
        words[...] = pair.transpose(1, 0, 2)
    rows = words.reshape(len(steps), 2 * half)[:, :count]
    return rows.view(np.int32).reshape((*np.shape(step), *shape))


def _schedule(low: int, high: int) -> list[tuple[Any, Any]]:
    """Return what is added to the two words before the first round and after each group of four."""
    key = (low, high, low ^ high ^ PARITY)
    pairs = [(key[0], key[1])] + [(key[(g + 1) % 3], key[(g + 2) % 3] + g + 1) for g in range(5)]
    return [(np.asarray(a, _WORD), np.asarray(b & 0xFFFFFFFF, _WORD)) for a, b in pairs]


def _encipher(schedule: Any, pair: Any, steps: Any) -> None:
    """Fill two contiguous arrays with the two words of the counters ``(j, step)``, j along the last axis."""
    pair[0] = np.arange(pair.shape[-1], dtype=_WORD)
    pair[1] = steps
    first, second = pair.reshape(2, -1)
    scratch = np.empty(min(_BLOCK, first.size), _WORD)
    for start in range(0, first.size, _BLOCK):
        x0, x1 = first[start : start + _BLOCK], second[start : start + _BLOCK]
        _rounds(schedule, x0, x1, scratch[: x0.size])


def _rounds(schedule: Any, x0: Any, x1: Any, scratch: Any) -> None:
    """Do the twenty rounds of Threefry on two vectors, in place."""
    np.add(x0, schedule[0][0], x0)
    np.add(x1, schedule[0][1], x1)
    for group in range(5):
        for left, right in _SHIFTS[group % 2]:
            np.add(x0, x1, x0)
            np.left_shift(x1, left, scratch)
            np.right_shift(x1, right, x1)
            np.bitwise_or(x1, scratch, x1)
            np.bitwise_xor(x1, x0, x1)
        np.add(x0, schedule[group + 1][0], x0)
        np.add(x1, schedule[group + 1][1], x1)


def random_mask(key: Any, step: Any, shape: tuple[int, ...], threshold: int) -> Any:
    """Return bools that are true with probability ``threshold / 65536``."""
    count = prod(shape)
    words = random_bits(key, step, ((count + 1) // 2,))
    # In little-endian order the lower half of a word comes first, as the page wants it.
    halves = words.astype("<i4", copy=False).view("<u2")[..., :count]
    return np.less(halves, threshold).reshape((*words.shape[:-1], *shape))


def dropout_mask(key: Any, step: Any, shape: tuple[int, ...], rate: float, dtype: str = "float32") -> Any:
    """Return ``1 / (1 - rate)`` for what is kept and zero for a share of `rate`."""
    target = TARGETS.get(dtype)
    if target not in FAST:
        return _dropout_mask_page(key, step, shape=shape, rate=rate, dtype=dtype)
    kept = random_mask(key, step, shape, round((1.0 - rate) * 65536))
    return np.multiply(kept, np.asarray(1.0 / (1.0 - rate), target))


_dropout_mask_page = page("dropout_mask")

KERNELS = {"dropout_mask": dropout_mask, "random_bits": random_bits, "random_mask": random_mask}
