"""Threefry, bit for bit as its page has it.

NumPy has the unsigned words and shifts that the cipher is made of, and its calls cost a tenth of
PyTorch's, so on the CPU it draws all but the largest fields; those, and fields on other devices,
are drawn by PyTorch in wrapping int32.
"""

from __future__ import annotations

import math

import numpy as np
import torch

from horn.spec.random import PARITY, ROTATIONS, draws
from horn_torch.dtypes import native

_BLOCK = 16384  # how many counters NumPy enciphers at a time, so that the words stay in the cache
_MANY = 131072  # from how many words on the threads of PyTorch outweigh the cost of its calls

_SHIFTS = tuple(
    tuple((np.array(r, np.uint32), np.array(32 - r, np.uint32)) for r in group) for group in ROTATIONS
)


def random_bits(key, step, shape):
    if key.ndim > 1:
        steps = step.expand(len(key))
        return torch.stack([random_bits(*pair, shape) for pair in zip(key, steps, strict=True)])
    count = math.prod(shape)
    steps = step.to(torch.int32).reshape(-1)
    if key.is_cpu and (len(steps) * count < _MANY or torch.get_num_threads() == 1):
        words = torch.from_numpy(_words(key.to(torch.int32).numpy(), steps.numpy(), (count + 1) // 2))
    else:
        words = _native_words(key.to(torch.int32), steps, (count + 1) // 2)
    return words[:, :count].reshape((*step.shape, *shape))


def random_mask(key, step, shape, threshold):
    count = math.prod(shape)
    if not 0 < threshold < 65536:
        return torch.full((*draws(key, step), *shape), threshold > 0, device=key.device)
    words = random_bits(key, step, ((count + 1) // 2,))
    if key.is_cpu:
        kept = torch.from_numpy(_less(words, count, threshold))
    else:
        # Both halves of a word, the lower first, less 32768: PyTorch compares signed numbers only.
        kept = torch.lt(words.view(torch.int16)[..., :count] ^ -32768, threshold - 32768)
    return kept.reshape((*words.shape[:-1], *shape))


def dropout_mask(key, step, shape, rate, dtype):
    threshold, count = round((1.0 - rate) * 65536), math.prod(shape)
    if key.is_cpu and dtype in ("float32", "float64") and 0 < threshold < 65536:
        # NumPy makes floats of bools in the pass that multiplies them.
        words = random_bits(key, step, ((count + 1) // 2,))
        factors = np.multiply(_less(words, count, threshold), np.dtype(dtype).type(1.0 / (1.0 - rate)))
        return torch.from_numpy(factors).reshape((*words.shape[:-1], *shape))
    return random_mask(key, step, shape, threshold).to(native(dtype)).mul_(1.0 / (1.0 - rate))


# -- in NumPy ----------------------------------------------------------------------------------


def _less(words, count, threshold):
    """Return which of the first halves of words, the lower one of each first, are below a threshold."""
    halves = words.numpy().astype("<i4", copy=False).view("<u2")
    return np.less(halves[..., :count], np.uint16(threshold))


def _words(key, steps, half):
    """Return the words of each step in a row of an int32 array: the first of all blocks, then the second."""
    first, second = int(key[0]) & 0xFFFFFFFF, int(key[1]) & 0xFFFFFFFF
    keys = (first, second, first ^ second ^ PARITY)
    words = np.empty((2, len(steps), half), np.uint32)
    words[0] = np.arange(half, dtype=np.uint32)
    words[1] = steps.view(np.uint32)[:, np.newaxis]
    x0, x1 = words.reshape(2, -1)
    scratch = np.empty(min(_BLOCK, x0.size), np.uint32)
    for start in range(0, x0.size, _BLOCK):
        part = slice(start, start + _BLOCK)
        _encipher(x0[part], x1[part], keys, scratch)
    rows = words.transpose(1, 0, 2).reshape(len(steps), 2 * half)
    return np.ascontiguousarray(rows).view(np.int32)


def _encipher(x0, x1, keys, scratch):
    """Do the twenty rounds on two arrays, in place."""
    scratch = scratch[: x0.size]
    np.add(x0, np.array(keys[0], np.uint32), x0)
    np.add(x1, np.array(keys[1], np.uint32), x1)
    for group in range(5):
        for left, right in _SHIFTS[group % 2]:
            np.add(x0, x1, x0)
            np.left_shift(x1, left, scratch)
            np.right_shift(x1, right, x1)
            np.bitwise_or(x1, scratch, x1)
            np.bitwise_xor(x1, x0, x1)
        np.add(x0, np.array(keys[(group + 1) % 3], np.uint32), x0)
        np.add(x1, np.array((keys[(group + 2) % 3] + group + 1) & 0xFFFFFFFF, np.uint32), x1)


# -- in PyTorch --------------------------------------------------------------------------------


def _native_words(key, steps, half):
    """Return what `_words` returns, on the device of the key and without waiting for it."""
    words = torch.empty((len(steps), 2, half), dtype=torch.int32, device=key.device)
    x0, x1 = words.unbind(1)
    keys = (key[0], key[1], key[0] ^ key[1] ^ PARITY)
    torch.add(torch.arange(half, dtype=torch.int32, device=key.device).expand_as(x0), keys[0], out=x0)
    torch.add(steps.unsqueeze(1).expand_as(x1), keys[1], out=x1)
    scratch = torch.empty_like(x0, memory_format=torch.contiguous_format)
    for group in range(5):
        for r in ROTATIONS[group % 2]:
            x0.add_(x1)
            # int32 shifts the sign in from above, which the mask takes away; the other half of the
            # rotation is a product that wraps around.
            torch.bitwise_right_shift(x1, 32 - r, out=scratch)
            scratch.bitwise_and_((1 << r) - 1).add_(x1, alpha=1 << r)
            torch.bitwise_xor(scratch, x0, out=x1)
        x0.add_(keys[(group + 1) % 3])
        x1.add_(keys[(group + 2) % 3] + (group + 1))
    return words.reshape(len(steps), 2 * half)


KERNELS = {"dropout_mask": dropout_mask, "random_bits": random_bits, "random_mask": random_mask}
