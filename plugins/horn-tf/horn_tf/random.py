"""Random kernels: Threefry's rounds in uint32, as one function that XLA compiles.

Run op by op, the twenty rounds are some hundred passes over memory; as a compiled function they are
one, which an uncompiled step calls. `dropout` has no kernel of its own: its gradient draws the same
mask, which a step of the page's ops draws once.
"""

from __future__ import annotations

from functools import lru_cache

import numpy as np

from horn.spec.random import PARITY, ROTATIONS, draws
from horn.spec.sizes import product
from horn_tf.tensors import as_dtype, index, ints, number, raw, shape_of, tf, tf_dtype
from horn_tf.tracing import compiled_by_xla

WORD = tf.uint32
_FEWEST = 1024  # blocks that are made at once in eager code; more are made in powers of two


def random_bits(key, step, *, shape):
    return _run(_bits, key, step, tuple(shape))


def random_mask(key, step, *, shape, threshold):
    return _run(_mask, key, step, tuple(shape), threshold)


def dropout_mask(key, step, *, shape, rate, dtype):
    return _run(_factors, key, step, tuple(shape), rate, dtype)


def _run(body, key, step, *attrs):
    words = as_dtype(key, tf.int32), as_dtype(step, tf.int32)
    # Eagerly only the rounds are compiled, for few sizes: shapes may differ from call to call.
    return body(*words, *attrs) if tf.executing_eagerly() else _compiled(body, *attrs)(*words)


@lru_cache(maxsize=512)
def _compiled(body, *attrs):
    """Return ``body(key, step, *attrs)`` as a function of key and step that XLA compiles."""
    return compiled_by_xla(lambda key, step: body(key, step, *attrs))


def _mask(key, step, shape, threshold):
    count = product(shape)
    words = _bits(key, step, ((count + 1) // 2,))
    low = number(0xFFFF, tf.int32)
    lower = raw.BitwiseAnd(x=words, y=low)
    upper = raw.BitwiseAnd(x=raw.RightShift(x=words, y=number(16, tf.int32)), y=low)
    outer = tuple(shape_of(words))[:-1]
    pairs = raw.Reshape(tensor=raw.Pack(values=[lower, upper], axis=-1), shape=ints((*outer, (count + 1) // 2 * 2)))
    chosen = raw.Slice(input=pairs, begin=ints((0,) * (len(outer) + 1)), size=ints((*outer, count)))
    return raw.Reshape(tensor=raw.Less(x=chosen, y=number(threshold, tf.int32)), shape=ints((*outer, *shape)))


def _factors(key, step, shape, rate, dtype):
    kind = tf_dtype(dtype)
    kept = raw.Cast(x=_mask(key, step, shape, round((1.0 - rate) * 65536)), DstT=kind)
    return raw.Mul(x=kept, y=number(1.0 / (1.0 - rate), kind))


def _bits(key, step, shape):
    count = product(shape)
    half = (count + 1) // 2
    if tf.executing_eagerly():
        blocks = _compiled(_blocks, max(_FEWEST, 1 << (half - 1).bit_length()))(key, step)
        parts = [raw.Slice(input=part, begin=ints((0, 0)), size=ints((-1, half))) for part in blocks]
    else:
        parts = _blocks(key, step, half)
    bits = raw.ConcatV2(values=parts, axis=index(1))
    bits = raw.Slice(input=bits, begin=ints((0, 0)), size=ints((-1, count)))
    return raw.Reshape(tensor=raw.Bitcast(input=bits, type=tf.int32), shape=ints((*draws(key, step), *shape)))


def _blocks(key, step, count):
    """Return the two words of each of the first `count` blocks, in one row for each draw."""
    words = raw.Bitcast(input=raw.Reshape(tensor=key, shape=ints((-1, 2))), type=WORD)
    columns = raw.Split(axis=index(1), value=words, num_split=2)
    steps = raw.Reshape(tensor=raw.Bitcast(input=step, type=WORD), shape=ints((-1, 1)))
    counter = raw.Range(start=index(0), limit=index(count), delta=index(1))
    return threefry(columns, (raw.Bitcast(input=counter, type=WORD), steps))


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
    "dropout_mask": dropout_mask,
    "random_bits": random_bits,
    "random_mask": random_mask,
}
