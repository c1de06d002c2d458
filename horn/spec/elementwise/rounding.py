"""Whole numbers out of others: rounding, and division with a remainder."""

from __future__ import annotations

import numpy as np

from horn import dtypes
from horn.spec.laws import elementwise, need_float
from horn.spec.op import Tensor, composite, ops, primitive


@primitive(to_float=True)
def floor(x: Tensor):
    """Return the largest whole number that is not above `x`, as a float; the gradient is zero.

    Example:
        >>> ops.floor(np.array([1.7, -1.2]))
        array([ 1., -2.])
    """
    return np.floor(x)


floor.law(elementwise("floor"))


@composite(to_float=True)
def ceil(x: Tensor):
    """Return the smallest whole number that is not below `x`, as a float; the gradient is zero."""
    return ops.negative(ops.floor(ops.negative(x)))


@composite
def trunc(x: Tensor):
    """Return `x` without its fraction, in its dtype; the gradient is zero."""
    if not dtypes.is_float(x.dtype):
        return ops.stop_gradient(x)
    return ops.where(ops.less(x, 0), ops.ceil(x), ops.floor(x))


@primitive(to_float=True)
def rint(x: Tensor):
    """Return the nearest whole number, the even one of two, as a float; the gradient is zero.

    Example:
        >>> ops.rint(np.array([0.5, 1.5, 2.4]))
        array([0., 2., 2.])
    """
    return np.rint(x)


rint.law(elementwise("rint"))


@composite
def round(x: Tensor, decimals: int = 0):  # noqa: A001  (Keras's and NumPy's word)
    """Return `x` rounded to so many decimals, a half to the even side, in the dtype of `x`.

    Args:
        x: Any tensor; integers are changed by negative `decimals` alone.
        decimals: How many; -2 rounds to hundreds. The product with ``10**decimals`` is rounded
            first, so that the last digit may be off where that product is no float.

    Example:
        >>> ops.round(np.array([2.5, 0.126]), 2), ops.round(np.array([15, 25, 26]), -1)
        (array([2.5 , 0.13]), array([20, 20, 30]))
    """
    if decimals >= 0 and not dtypes.is_float(x.dtype):
        return ops.stop_gradient(x)
    if decimals == 0:
        return ops.rint(x)
    unit = 10 ** abs(decimals)
    if not dtypes.is_float(x.dtype):
        return _to_multiples(x, unit)
    # These are calls, and no operators: on a tape, what has no gradient is a bare tensor.
    if decimals > 0:
        return ops.divide(ops.rint(x * float(unit)), float(unit))
    return ops.multiply(ops.rint(x / float(unit)), float(unit))


def _to_multiples(x, unit):
    """Return integers rounded to multiples of `unit`, an even number."""
    below = ops.floor_divide(x, unit)
    rest = x - below * unit
    odd = ops.equal(ops.mod(below, 2), 1)
    up = ops.logical_or(ops.greater(rest, unit // 2), ops.logical_and(ops.equal(rest, unit // 2), odd))
    return (below + ops.cast(up, x.dtype)) * unit


@primitive(promote=True)
def floor_divide(x1: Tensor, x2: Tensor):
    """Return the quotient rounded down, in the promoted dtype; the gradient is zero.

    An integer divided by zero is 0, and the smallest integer by -1 is itself. A float divided by
    zero is an infinity or NaN, as by `divide`. A float quotient is that of ``x1 - mod(x1, x2)``,
    so it fits to the remainder: ``floor_divide(1.0, 0.1)`` is 9, since 0.1 is a little more.

    Example:
        >>> ops.floor_divide(np.array([7, -7, 7]), np.array([2, 2, 0]))
        array([ 3, -4,  0])
    """
    with np.errstate(all="ignore"):
        return np.floor_divide(x1, x2)


@primitive(promote=True)
def mod(x1: Tensor, x2: Tensor):
    """Return the remainder of the division that rounds down: it has the sign of `x2`.

    The remainder of an integer by zero is 0, that of a float NaN. By an infinity it is `x1` where
    the signs agree, and that infinity where they do not.

    Example:
        >>> ops.mod(np.array([7, -7, 7]), np.array([3, 3, -3]))
        array([ 1,  2, -2])
    """
    with np.errstate(all="ignore"):
        return np.mod(x1, x2)


def _division_law(name):
    def law(x1, x2):
        if x1.dtype == "bool":
            need_float(name, x1)
        return elementwise(name)(x1, x2)

    return law


floor_divide.law(_division_law("floor_divide"))
mod.law(_division_law("mod"))


@mod.vjp
def _(cotangent, output, x1, x2):
    return cotangent, ops.negative(cotangent * ops.floor_divide(x1, x2))
