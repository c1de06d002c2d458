"""Tensors from nothing, and changes of dtype."""

from __future__ import annotations

import numpy as np

from horn import dtypes, settings
from horn.errors import ArgumentError
from horn.spec.normalise import DType, Shape
from horn.spec.op import Tensor, composite, ops, primitive
from horn.spec.tensorspec import TensorSpec


@primitive
def full(shape: Shape, fill_value: float, dtype: DType | None = None):
    """Return a tensor of one value.

    Args:
        shape: Its sizes.
        fill_value: A Python number.
        dtype: Default: the default float for a float, int32 for an integer, bool for a bool.

    Example:
        >>> ops.full((2,), 0.5)
        array([0.5, 0.5], dtype=float32)
    """
    return np.full(shape, fill_value, dtypes.numpy_dtype(dtype or dtypes.of_number(fill_value)))


@full.law
def _(shape, fill_value, dtype):
    return TensorSpec(shape, dtype or dtypes.of_number(fill_value))


@primitive
def arange(stop: int, dtype: DType = "int32"):
    """Return the integers from 0 to ``stop - 1`` on one axis, in `dtype`."""
    return np.arange(stop, dtype=dtypes.numpy_dtype(dtype))


@arange.law
def _(stop, dtype):
    if stop < 0:
        raise ArgumentError(
            "arange was given a negative length.",
            expected="a length of zero or more",
            got=str(stop),
            remedy="pass the number of elements",
        )
    return TensorSpec((stop,), dtype)


@primitive(identity=True)
def cast(x: Tensor, dtype: DType):
    """Return `x` in another dtype.

    A float becomes an integer by cutting off its fraction; what does not fit in the integer is
    undefined. A number becomes bool as whether it is not zero; a bool becomes 0 or 1.
    """
    with np.errstate(all="ignore"):
        return np.asarray(x).astype(dtypes.numpy_dtype(dtype))


@cast.law
def _(x, dtype):
    return x.with_dtype(dtype)


@cast.vjp
def _(cotangent, output, x, *, dtype):
    return cotangent


@composite
def zeros(shape: Shape, dtype: DType | None = None):
    """Return zeros, in the default float unless `dtype` says otherwise."""
    return ops.full(shape, 0, dtype or settings.floatx())


@composite
def ones(shape: Shape, dtype: DType | None = None):
    """Return ones, in the default float unless `dtype` says otherwise."""
    return ops.full(shape, 1, dtype or settings.floatx())


@composite
def zeros_like(x: Tensor):
    """Return zeros in the shape and dtype of `x`."""
    return ops.full(x.shape, 0, x.dtype)


@composite
def ones_like(x: Tensor):
    """Return ones in the shape and dtype of `x`."""
    return ops.full(x.shape, 1, x.dtype)


@primitive(aliases=True, identity=True)
def stop_gradient(x: Tensor):
    """Return `x`; no gradient flows through."""
    return x


@stop_gradient.law
def _(x):
    return x
