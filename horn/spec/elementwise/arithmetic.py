"""Arithmetic of two tensors, element by element, and its relatives of one."""

from __future__ import annotations

import numpy as np

from horn.spec.laws import elementwise, need_float, need_integer
from horn.spec.op import Tensor, composite, ops, primitive


@primitive(promote=True)
def add(x1: Tensor, x2: Tensor):
    """Return ``x1 + x2``; shapes broadcast, dtypes promote, integers wrap around.

    Example:
        >>> ops.add(np.array([1.0, 2.0]), 3)
        array([4., 5.])
    """
    return np.add(x1, x2) if x1.dtype != bool else np.logical_or(x1, x2)


add.law(elementwise("add"))


@add.vjp
def _(cotangent, output, x1, x2):
    return cotangent, cotangent


@primitive(promote=True)
def subtract(x1: Tensor, x2: Tensor):
    """Return ``x1 - x2``; shapes broadcast, dtypes promote, integers wrap around."""
    return np.subtract(x1, x2)


@subtract.law
def _(x1, x2):
    if x1.dtype == "bool":
        need_float("subtract", x1)
    return elementwise("subtract")(x1, x2)


@subtract.vjp
def _(cotangent, output, x1, x2):
    return cotangent, ops.negative(cotangent)


@primitive(promote=True)
def multiply(x1: Tensor, x2: Tensor):
    """Return ``x1 * x2``; shapes broadcast, dtypes promote, integers wrap around."""
    return np.multiply(x1, x2)


multiply.law(elementwise("multiply"))


@multiply.vjp
def _(cotangent, output, x1, x2):
    return cotangent * x2, cotangent * x1


@primitive(promote=True, to_float=True)
def divide(x1: Tensor, x2: Tensor):
    """Return ``x1 / x2``; integers become the default float first, so no quotient is cut off.

    Division by zero gives an infinity of the sign of the dividend, and 0 / 0 gives NaN.
    """
    with np.errstate(all="ignore"):
        return np.divide(x1, x2)


divide.law(elementwise("divide"))


@divide.vjp
def _(cotangent, output, x1, x2):
    share = ops.divide(cotangent, x2)
    return share, ops.negative(share * output)


@primitive(promote=True)
def power(x1: Tensor, x2: Tensor):
    """Return ``x1 ** x2`` for floats; ``0 ** 0`` is 1, and a negative base needs a whole exponent.

    The gradient by the exponent is taken as zero where the base is not positive.
    """
    with np.errstate(all="ignore"):
        return np.power(x1, x2)


@power.law
def _(x1, x2):
    need_float("power", x1, "cast the base to float32, or multiply it by itself")
    return elementwise("power")(x1, x2)


@power.vjp
def _(cotangent, output, x1, x2):
    positive = x1 > 0
    logarithm = ops.log(ops.where(positive, x1, ops.ones_like(x1)))
    by_base = cotangent * x2 * ops.power(x1, x2 - 1.0)
    return ops.where(ops.equal(x2, 0), ops.zeros_like(by_base), by_base), cotangent * output * logarithm


@primitive
def negative(x: Tensor):
    """Return ``-x``; the smallest integer of a dtype is its own negative."""
    return np.negative(x)


@negative.law
def _(x):
    if x.dtype == "bool":
        need_float("negative", x)
    return x


@negative.vjp
def _(cotangent, output, x):
    return ops.negative(cotangent)


@primitive
def absolute(x: Tensor):
    """Return the absolute value; the gradient at zero is zero."""
    return np.absolute(x)


absolute.law(elementwise("absolute"))


@absolute.vjp
def _(cotangent, output, x):
    return cotangent * ops.sign(x)


@primitive
def sign(x: Tensor):
    """Return -1, 0 or 1 in the dtype of `x`; NaN stays NaN, and the gradient is zero."""
    return np.sign(x)


@sign.law
def _(x):
    if x.dtype == "bool":
        need_float("sign", x)
    return x


@composite(to_float=True)
def reciprocal(x: Tensor):
    """Return ``1 / x``; an infinity of the sign of zero at zero."""
    return ops.divide(1.0, x)


@composite
def square(x: Tensor):
    """Return ``x * x``."""
    return ops.multiply(x, x)


@square.vjp
def _(cotangent, output, x):
    return cotangent * (x * 2.0)


@primitive(promote=True)
def bitwise_and(x1: Tensor, x2: Tensor):
    """Return the bits that both integers have."""
    return np.bitwise_and(x1, x2)


@bitwise_and.law
def _(x1, x2):
    need_integer("bitwise_and", x1)
    return elementwise("bitwise_and")(x1, x2)


@primitive(promote=True)
def right_shift(x1: Tensor, x2: Tensor):
    """Return the bits of `x1` moved down by `x2` places; the sign bit fills from above.

    Shifts by less than zero, or by the width or more, mean nothing and are not tested.
    """
    return np.right_shift(x1, x2)


@right_shift.law
def _(x1, x2):
    need_integer("right_shift", x1)
    return elementwise("right_shift")(x1, x2)
