"""Random kernels: Threefry's rounds in uint32, as one function that XLA compiles.

Run op by op, the twenty rounds are some hundred passes over memory. As a compiled function inside
of an uncompiled step they are one; inside of a compiled step they are inlined.
"""

from __future__ import annotations

from functools import lru_cache

import numpy as np

from horn.spec.random import PARITY, ROTATIONS
from horn.spec.sizes import product
from horn_tf.tensors import as_dtype, index, ints, number, raw, shape_of, tf

WORD = tf.uint32


def random_bits(key, step, *, shape):
    return _compiled(_bits, tuple(shape))(*_words(key, step))


def random_mask(key, step, *, shape, threshold):
    return _compiled(_mask, tuple(shape), threshold)(*_words(key, step))


def dropout(x, key, step, *, rate):
    kept = round((1.0 - rate) * 65536)
    return _compiled(_dropped, kept, 1.0 / (1.0 - rate))(x, *_words(key, step))


def _words(key, step):
    return as_dtype(key, tf.int32), as_dtype(step, tf.int32)


@lru_cache(maxsize=512)
def _compiled(body, *attrs):
    """Return ``body(*tensors, *attrs)`` as a function of the tensors that XLA compiles."""

    def function(*tensors):
        return body(*tensors, *attrs)

    return tf.function(function, jit_compile=True, autograph=False)


def _dropped(x, key, step, kept, scale):
    mask = _mask(key, step, shape_of(x), kept)
    scaled = raw.Mul(x=x, y=number(scale, x.dtype))
    return raw.SelectV2(condition=mask, t=scaled, e=number(0, x.dtype))


def _mask(key, step, shape, threshold):
    count = product(shape)
    words = _bits(key, step, ((count + 1) // 2,))
    low = number(0xFFFF, tf.int32)
    lower = raw.BitwiseAnd(x=words, y=low)
    upper = raw.BitwiseAnd(x=raw.RightShift(x=words, y=number(16, tf.int32)), y=low)
    outer = shape_of(step)
    pairs = raw.Reshape(tensor=raw.Pack(values=[lower, upper], axis=-1), shape=ints((*outer, (count + 1) // 2 * 2)))
    chosen = raw.Slice(input=pairs, begin=ints((0,) * (len(outer) + 1)), size=ints((*outer, count)))
    return raw.Reshape(tensor=raw.Less(x=chosen, y=number(threshold, tf.int32)), shape=ints((*outer, *shape)))


def _bits(key, step, shape):
    count = product(shape)
    half = (count + 1) // 2
    words = raw.Unpack(value=raw.Bitcast(input=key, type=WORD), num=2)
    steps = raw.Reshape(tensor=raw.Bitcast(input=step, type=WORD), shape=ints((-1, 1)))
    counter = raw.Range(start=index(0), limit=index(half), delta=index(1))
    first, second = threefry(words, (raw.Bitcast(input=counter, type=WORD), steps))
    bits = raw.ConcatV2(values=[first, second], axis=index(1))
    bits = raw.Slice(input=bits, begin=ints((0, 0)), size=ints((-1, count)))
    return raw.Reshape(tensor=raw.Bitcast(input=bits, type=tf.int32), shape=ints((*shape_of(step), *shape)))


def threefry(key, counter):
    """Return the two words of Threefry-2x32-20 for two words of key and counters that broadcast."""
    add, xor = raw.AddV2, raw.BitwiseXor
    parity = _word(PARITY)
    k = (*key, xor(x=xor(x=key[0], y=key[1]), y=parity))
    x0, x1 = add(x=counter[0], y=k[0]), add(x=counter[1], y=k[1])
    for group in range(5):
        for r in ROTATIONS[group % 2]:
            x0 = add(x=x0, y=x1)
            left, right = raw.LeftShift(x=x1, y=_word(r)), raw.RightShift(x=x1, y=_word(32 - r))
            x1 = xor(x=raw.BitwiseOr(x=left, y=right), y=x0)
        x0 = add(x=x0, y=k[(group + 1) % 3])
        x1 = add(x=add(x=x1, y=k[(group + 2) % 3]), y=_word(group + 1))
    return x0, x1


def _word(value):
    return tf.constant(np.uint32(value))


KERNELS = {
    "random_bits": random_bits,
    "random_mask": random_mask,
    "dropout": dropout,
}
