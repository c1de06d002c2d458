"""Random numbers that are specified: the same key gives the same bits on every backend.

`random_bits` is Threefry-2x32 with 20 rounds. It is exact and part of files and curves; it never
changes. All else here is built from it.

Reference:
    Salmon, Moraes, Dror & Shaw, Parallel random numbers: as easy as 1, 2, 3 (SC11), section 4.
"""

from __future__ import annotations

import math

import numpy as np

from horn.errors import ArgumentError, ShapeError
from horn.spec.laws import need_integer, show
from horn.spec.normalise import DType, Shape
from horn.spec.op import Tensor, composite, ops, primitive
from horn.spec.sizes import product
from horn.spec.tensorspec import TensorSpec

ROTATIONS = ((13, 15, 26, 6), (17, 29, 16, 24))
PARITY = 0x1BD11BDA


def threefry2x32(key, counter):
    """Return the two uint32 arrays that Threefry-2x32-20 makes of a key and a counter.

    Args:
        key: Two uint32 words, or arrays of them.
        counter: Two uint32 arrays that broadcast with the key and with one another.

    Example:
        >>> zero = np.zeros(1, np.uint32)
        >>> [hex(int(word[0])) for word in threefry2x32((zero, zero), (zero, zero))]
        ['0x6b200159', '0x99ba4efe']
    """
    with np.errstate(over="ignore"):
        k = (key[0], key[1], key[0] ^ key[1] ^ np.uint32(PARITY))
        x0, x1 = counter[0] + k[0], counter[1] + k[1]
        for group in range(5):
            for r in ROTATIONS[group % 2]:
                x0 = x0 + x1
                x1 = (x1 << np.uint32(r)) | (x1 >> np.uint32(32 - r))
                x1 = x1 ^ x0
            x0 = x0 + k[(group + 1) % 3]
            x1 = x1 + k[(group + 2) % 3] + np.uint32(group + 1)
    return x0, x1


@primitive
def random_bits(key: Tensor, step: Tensor, shape: Shape):
    """Return random 32-bit words as int32: Threefry-2x32-20, exact on every backend.

    For n words, block j of ``m = ceil(n / 2)`` enciphers the counter ``(j, step)`` under the key.
    The first word of each block comes first, in order, then the second word of each; the words
    fill `shape` row by row.

    Args:
        key: Two words, or the keys of several draws at once.
        step: The number of the step, or one for each of several draws.
        shape: How many words for one draw.

    Shapes:
        key:     (2,) or (draws, 2), int32
        step:    () or (draws,), int32
        returns: `shape`, or (draws, *shape), int32

    Example:
        >>> ops.random_bits(np.zeros(2, np.int32), np.int32(0), shape=(2,))
        array([ 1797259609, -1715843330], dtype=int32)
    """
    count = product(shape)
    half = (count + 1) // 2
    words = np.asarray(key).astype(np.int32).view(np.uint32).reshape(-1, 2)
    steps = np.asarray(step, np.int32).reshape(-1, 1).view(np.uint32)
    index = np.arange(half, dtype=np.uint32)
    first, second = threefry2x32((words[:, :1], words[:, 1:]), (index, steps))
    bits = np.concatenate(np.broadcast_arrays(first, second), axis=1)[:, :count]
    return bits.view(np.int32).reshape((*draws(key, step), *shape))


def draws(key, step):
    """Return the leading axis of what is drawn: none, or one for each of several keys or steps."""
    return tuple(step.shape) or tuple(key.shape[:-1])


@random_bits.law
def _(key, step, shape):
    need_integer("random_bits", key)
    need_integer("random_bits", step)
    pair = key.rank in (1, 2) and key.shape[-1] == 2 and step.rank <= 1
    if not pair or (key.rank == 2 and step.rank == 1 and key.shape[0] != step.shape[0]):
        raise ShapeError(
            "random_bits was given a key or a step of the wrong shape.",
            expected="a key of shape (2,) or (draws, 2), and a step of shape () or (draws,)",
            got=f"{show(key.shape)} and {show(step.shape)}",
            remedy="make keys with horn.random",
        )
    return TensorSpec((*draws(key, step), *shape), "int32")


@composite
def random_mask(key: Tensor, step: Tensor, shape: Shape, threshold: int):
    """Return bools that are true with probability ``threshold / 65536``, 16 bits each.

    Decision 2i takes the lower half of word i of `random_bits`, decision 2i + 1 the upper half.

    Args:
        key: Two words, or the keys of several draws at once.
        step: The number of the step, or one for each of several draws.
        shape: Of the decisions of one draw.
        threshold: From 0 (never) to 65536 (always).
    """
    count, leading = product(shape), draws(key, step)
    words = ops.random_bits(key, step, shape=((count + 1) // 2,))
    lower = ops.bitwise_and(words, 0xFFFF)
    upper = ops.bitwise_and(ops.right_shift(words, 16), 0xFFFF)
    pairs = ops.reshape(ops.stack([lower, upper], axis=-1), (*leading, (count + 1) // 2 * 2))
    chosen = pairs[..., :count] if leading else pairs[:count]
    return ops.reshape(ops.less(chosen, threshold), (*leading, *shape))


@composite
def dropout_mask(key: Tensor, step: Tensor, shape: Shape, rate: float, dtype: DType = "float32"):
    """Return factors for `dropout`: ``1 / (1 - rate)`` for what is kept, zero for a share of `rate`.

    Args:
        key: Two words, or the keys of several draws at once.
        step: The number of the step, or one for each of several draws.
        shape: Of the factors of one draw.
        rate: The share of zeros, in [0, 1); it is rounded to a multiple of 2**-16.
        dtype: Of the factors.
    """
    if not 0.0 <= rate < 1.0:
        raise ArgumentError(
            "dropout was given a rate outside of [0, 1).",
            expected="0 <= rate < 1",
            got=str(rate),
            remedy="pass the share of elements to drop",
        )
    kept = ops.random_mask(key, step, shape=shape, threshold=round((1.0 - rate) * 65536))
    return ops.cast(kept, dtype) * (1.0 / (1.0 - rate))


@composite
def random_uniform(key: Tensor, step: Tensor, shape: Shape, dtype: str = "float32"):
    """Return numbers that are uniform in [0, 1): the upper 24 bits of a word, times 2**-24.

    They are exact multiples of 2**-24, so equal in float32 and float64.
    """
    words = ops.random_bits(key, step, shape=shape)
    upper = ops.bitwise_and(ops.right_shift(words, 8), 0xFFFFFF)
    return ops.cast(upper, dtype) * 2.0**-24


@composite
def random_normal(key: Tensor, step: Tensor, shape: Shape, dtype: str = "float32"):
    """Return numbers from the normal distribution of mean 0 and deviation 1.

    Two uniform numbers make one normal number, ``sqrt(-2 log(1 - u)) * cos(2 pi v)``: u from the
    first half of the words, v from the second.

    Reference:
        Box & Muller, Annals of Mathematical Statistics 29 (1958) 610-611.
    """
    pair = ops.random_uniform(key, step, shape=(2, *shape), dtype=dtype)
    u, v = (pair[:, 0], pair[:, 1]) if draws(key, step) else (pair[0], pair[1])
    return ops.sqrt(-2.0 * ops.log1p(ops.negative(u))) * ops.cos(v * (2.0 * math.pi))
