"""What all kernels share: dtypes by name, constants that are made once, and what is known of a tensor."""

from __future__ import annotations

from functools import lru_cache
from typing import Any

import numpy as np
import tensorflow as tf

from horn import dtypes
from horn_tf.tracing import embedded

raw = tf.raw_ops
EagerTensor = getattr(tf.__internal__, "EagerTensor", tf.Tensor)

BOOL = tf.bool
UNSIGNED = (tf.uint8, tf.uint16, tf.uint32, tf.uint64)


@lru_cache(maxsize=64)
def tf_dtype(name: str) -> tf.DType:
    """Return TensorFlow's object for the dtype called `name`."""
    return tf.dtypes.as_dtype(name)


def shape_of(tensor: Any) -> tuple[int, ...]:
    """Return the sizes of a tensor, eager or symbolic."""
    return _shape_tuple(tensor)


def _public_shape(tensor: Any) -> tuple[int, ...]:
    return tuple(tensor.shape)


# An eager tensor builds a TensorShape when it is first asked for its shape, which takes a third of
# the time of the op that made it; the tuple behind it is there at once.
_has_tuple = hasattr(EagerTensor, "_shape_tuple")
_shape_tuple = (lambda tensor: tensor._shape_tuple()) if _has_tuple else _public_shape  # noqa: SLF001


# -- constants ---------------------------------------------------------------------------------
#
# A list given as an attribute becomes a tensor on every eager call, which takes four times as long
# as the op itself. These are made once, outside of whatever graph is being traced: a tensor of a
# graph would be dead in the next one.


def ints(values: tuple[int, ...]) -> tf.Tensor:
    """Return integers on one axis, as int32."""
    return embedded(_ints(values))


@lru_cache(maxsize=4096)
def _ints(values: tuple[int, ...]) -> tf.Tensor:
    with tf.init_scope():
        return tf.constant(values, tf.int32, shape=(len(values),))


def rows(values: tuple[tuple[int, ...], ...], width: int) -> tf.Tensor:
    """Return rows of `width` integers, as int32."""
    return embedded(_rows(values, width))


@lru_cache(maxsize=4096)
def _rows(values: tuple[tuple[int, ...], ...], width: int) -> tf.Tensor:
    with tf.init_scope():
        return tf.constant(values, tf.int32, shape=(len(values), width))


def index(value: int) -> tf.Tensor:
    """Return one integer as an int32 scalar."""
    return embedded(_index(value))


@lru_cache(maxsize=1024)
def _index(value: int) -> tf.Tensor:
    with tf.init_scope():
        return tf.constant(value, tf.int32)


def number(value: complex, dtype: tf.DType) -> tf.Tensor:
    """Return a Python number as a scalar of `dtype`."""
    return embedded(_number(repr(value), value, dtype))


@lru_cache(maxsize=1024)
def _number(text: str, value: complex, dtype: tf.DType) -> tf.Tensor:
    del text  # part of the key: 0.0 and -0.0 are equal, and so are 1 and True
    stored = dtypes.numpy_dtype(dtype.name)
    with tf.init_scope(), np.errstate(all="ignore"):
        return tf.constant(np.asarray(value).astype(stored), dtype)


def as_dtype(x: Any, dtype: tf.DType) -> Any:
    """Return `x` in another dtype; itself where it has that dtype already."""
    return x if x.dtype is dtype else raw.Cast(x=x, DstT=dtype)
