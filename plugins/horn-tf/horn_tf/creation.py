"""Kernels that make tensors from nothing, and change their dtype."""

from __future__ import annotations

from horn import dtypes, settings
from horn_tf.tensors import BOOL, index, ints, number, raw, tf, tf_dtype


def full(*, shape, fill_value, dtype=None):
    kind = tf_dtype(dtype or dtypes.of_number(fill_value))
    return raw.Fill(dims=ints(shape), value=number(fill_value, kind))


def zeros(*, shape, dtype=None):
    return full(shape=shape, fill_value=0, dtype=dtype or settings.floatx())


def ones(*, shape, dtype=None):
    return full(shape=shape, fill_value=1, dtype=dtype or settings.floatx())


def arange(*, stop, dtype):
    # The kernel knows few dtypes; integers below 2**31 are exact on the way to all the others.
    counted = raw.Range(start=index(0), limit=index(stop), delta=index(1))
    return cast(counted, dtype=dtype)


def cast(x, *, dtype):
    target = tf_dtype(dtype)
    if x.dtype is target:
        return x
    if target is BOOL:
        return raw.NotEqual(x=x, y=number(0, x.dtype))
    return raw.Cast(x=x, DstT=target)


KERNELS = {
    "full": full,
    "zeros": zeros,
    "ones": ones,
    "zeros_like": lambda x, dtype=None: cast(raw.ZerosLike(x=x), dtype=dtype or x.dtype.name),
    "ones_like": lambda x, dtype=None: cast(raw.OnesLike(x=x), dtype=dtype or x.dtype.name),
    "arange": arange,
    "cast": cast,
    "stop_gradient": tf.stop_gradient,
}
