"""Tensors from nothing, and changes of dtype."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

from horn import dtypes, settings
from horn.errors import ArgumentError
from horn.spec.normalise import DType, Shape, axis as one_axis
from horn.spec.op import Tensor, composite, ops, primitive
from horn.spec.sizes import Dim
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
    """Return the integers from 0 to ``stop - 1`` on one axis, in `dtype`.

    It may be called as ``arange(start, stop, step, dtype)`` too, for the numbers from `start`, in
    steps of `step`, up to but without `stop`; they are int32 if all three are integers, else of the
    default float.

    Example:
        >>> ops.arange(3), ops.arange(1, 2, 0.25)
        (array([0, 1, 2], dtype=int32), array([1.  , 1.25, 1.5 , 1.75], dtype=float32))
    """
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


@arange.frontend
def _(start=None, stop=None, step=1, dtype=None):
    start, stop = (0, start) if stop is None else (0 if start is None else start, stop)
    whole = all(isinstance(n, Dim) or hasattr(n, "__index__") for n in (start, stop, step))
    wanted = dtype or ("int32" if whole else settings.floatx())
    if stop is None or (isinstance(step, int | float) and not abs(step) > 0):
        raise ArgumentError(
            "arange was given no end that it could reach.",
            expected="a stop, and a step that is not zero",
            got=f"start={start!r}, stop={stop!r}, step={step!r}",
            remedy="write arange(stop), or arange(start, stop, step)",
        )
    if whole and step == 1 and isinstance(start, int) and start == 0:
        return arange.bind(stop, dtype=wanted)
    length = -((start - stop) // step) if whole else math.ceil((stop - start) / step)
    count = length if isinstance(length, Dim) else max(int(length), 0)
    # Counted and scaled in an exact dtype, so that each number is rounded once.
    exact = "int32" if whole else "float64" if wanted == "float64" else "float32"
    return ops.cast(arange.bind(count, dtype=exact) * step + start, wanted)


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
def zeros_like(x: Tensor, dtype: DType | None = None):
    """Return zeros in the shape of `x`, and in its dtype unless `dtype` says otherwise."""
    return ops.full(x.shape, 0, dtype or x.dtype)


@composite
def ones_like(x: Tensor, dtype: DType | None = None):
    """Return ones in the shape of `x`, and in its dtype unless `dtype` says otherwise."""
    return ops.full(x.shape, 1, dtype or x.dtype)


@composite
def full_like(x: Tensor, fill_value: Tensor, dtype: DType | None = None):
    """Return a tensor of one value in the shape of `x`, and in its dtype unless `dtype` says otherwise."""
    return ops.broadcast_to(ops.cast(fill_value, dtype or x.dtype), x.shape)


@composite
def linspace(
    start: Tensor,
    stop: Tensor,
    num: int = 50,
    endpoint: bool = True,
    retstep: bool = False,
    dtype: DType | None = None,
    axis: int = 0,
):
    """Return `num` numbers at equal distances from `start` to `stop`.

    Args:
        start: The first number, or a tensor of them.
        stop: The last number, exactly, or the one after it; broadcasts against `start`.
        num: How many.
        endpoint: Whether `stop` is the last of them.
        retstep: Whether to return the distance too.
        dtype: Of the result; default: the float that the operands promote to.
        axis: Where in the result the new axis is.

    Example:
        >>> ops.linspace(0.0, 1.0, 5)
        array([0.  , 0.25, 0.5 , 0.75, 1.  ], dtype=float32)
    """
    if isinstance(num, bool) or not isinstance(num, int) or num < 0:
        raise ArgumentError(
            "linspace was given a number of numbers that is none.",
            expected="an integer of zero or more",
            got=f"num={num!r}",
            remedy="pass how many numbers there shall be",
        )
    float_dtype = dtypes.to_float(dtypes.promote(start.dtype, stop.dtype))
    start, stop = ops.cast(start, float_dtype), ops.cast(stop, float_dtype)
    count = num - 1 if endpoint else num
    step = (stop - start) / count if count > 0 else (stop - start) * float("nan")
    rank = len(step.shape)
    at = one_axis(axis, rank + 1, "linspace")
    places = ops.reshape(ops.arange(num, dtype=float_dtype), tuple(-1 if i == at else 1 for i in range(rank + 1)))
    if count > 0:
        numbers = ops.expand_dims(start, at) if start.shape else start
        # A call, no operator: on a tape the places are a bare tensor, and its operator the framework's.
        numbers = ops.add(numbers, ops.multiply(places, ops.expand_dims(step, at)))
        if endpoint:
            last = ops.expand_dims(stop, at) if stop.shape else stop
            numbers = ops.where(ops.equal(places, count), last, numbers)
    else:
        numbers = ops.add(ops.expand_dims(start + stop * 0.0, at), places)
    numbers = ops.cast(numbers, dtype or float_dtype)
    return (numbers, step) if retstep else numbers


@composite
def meshgrid(xs: Sequence[Tensor], indexing: str = "xy"):
    """Return tensors that repeat each of the given axes over the grid that they span.

    Called as ``meshgrid(x, y, ..., indexing="xy")``. With ``"ij"`` axis i of each result runs along
    operand i; with ``"xy"`` the first two change places.

    Example:
        >>> ops.meshgrid(np.array([1, 2]), np.array([3, 4, 5]))[1]
        array([[3, 3],
               [4, 4],
               [5, 5]])
    """
    if indexing not in ("xy", "ij"):
        raise ArgumentError(
            "meshgrid was given an order of the axes that it does not know.",
            expected='indexing="xy" or indexing="ij"',
            got=f"indexing={indexing!r}",
            remedy="choose one of the two",
        )
    order = list(range(len(xs)))
    if indexing == "xy" and len(xs) > 1:
        order[:2] = [1, 0]
    flat = [ops.reshape(x, (-1,)) for x in xs]
    shape = tuple(flat[i].shape[0] for i in order)
    spread = []
    for i, x in enumerate(flat):
        own = tuple(x.shape[0] if k == i else 1 for k in order)
        spread.append(ops.broadcast_to(ops.reshape(x, own), shape))
    return tuple(spread)


@meshgrid.frontend
def _(*xs, indexing="xy"):
    return list(meshgrid.bind(xs, indexing=indexing)) if xs else []


@primitive(aliases=True, identity=True)
def stop_gradient(x: Tensor):
    """Return `x`; no gradient flows through."""
    return x


@stop_gradient.law
def _(x):
    return x
