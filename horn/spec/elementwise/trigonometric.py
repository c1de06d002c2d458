"""Angles and their hyperbolic relatives.

They all rest on the sine, the cosine and one inverse, `arctan2`: each decomposition is chosen so
that no digits cancel.
"""

from __future__ import annotations

import numpy as np

from horn.spec.laws import elementwise
from horn.spec.op import Tensor, composite, ops, primitive


@composite(to_float=True)
def tan(x: Tensor):
    """Return the tangent of an angle in radians; NaN at the infinities."""
    return ops.sin(x) / ops.cos(x)


@tan.vjp
def _(cotangent, output, x):
    return cotangent * (1.0 + output * output)


@primitive(promote=True, to_float=True)
def arctan2(x1: Tensor, x2: Tensor):
    """Return the angle from -pi to pi of the point with the height `x1` and the width `x2`.

    At the origin it is 0 or pi with the sign of `x1`, as IEEE 754 has it; its gradient there is NaN.

    Example:
        >>> ops.arctan2(np.array([1.0, -1.0]), np.array([0.0, -1.0]))
        array([ 1.57079633, -2.35619449])
    """
    return np.arctan2(x1, x2)


arctan2.law(elementwise("arctan2"))


@arctan2.vjp
def _(cotangent, output, x1, x2):
    share = cotangent / (x1 * x1 + x2 * x2)
    return share * x2, ops.negative(share * x1)


@composite(to_float=True)
def arctan(x: Tensor):
    """Return the angle between -pi/2 and pi/2 whose tangent is `x`."""
    return ops.arctan2(x, 1.0)


@arctan.vjp
def _(cotangent, output, x):
    return cotangent / (1.0 + x * x)


@composite(to_float=True)
def arcsin(x: Tensor):
    """Return the angle from -pi/2 to pi/2 whose sine is `x`; NaN outside of [-1, 1]."""
    return ops.arctan2(x, _opposite(x))


@arcsin.vjp
def _(cotangent, output, x):
    return cotangent / _opposite(x)


@composite(to_float=True)
def arccos(x: Tensor):
    """Return the angle from 0 to pi whose cosine is `x`; NaN outside of [-1, 1]."""
    return ops.arctan2(_opposite(x), x)


@arccos.vjp
def _(cotangent, output, x):
    return ops.negative(cotangent / _opposite(x))


def _opposite(x):
    """Return ``sqrt(1 - x**2)``, exact near the ends too."""
    return ops.sqrt((1.0 - x) * (1.0 + x))


@composite(to_float=True)
def sinh(x: Tensor):
    """Return the hyperbolic sine, exact for small `x` too; an infinity only where the result is one."""
    size = ops.absolute(x)
    small = ops.expm1(ops.minimum(size, 20.0))
    half = ops.exp(size * 0.5)
    result = ops.where(ops.less(size, 20.0), 0.5 * (small + small / (small + 1.0)), (0.5 * half) * half)
    return ops.where(ops.less(x, 0), ops.negative(result), result)


@sinh.vjp
def _(cotangent, output, x):
    return cotangent * ops.cosh(x)


@composite(to_float=True)
def cosh(x: Tensor):
    """Return the hyperbolic cosine; an infinity only where the result is one."""
    size = ops.absolute(x)
    small = ops.expm1(ops.minimum(size, 20.0))
    half = ops.exp(size * 0.5)
    return ops.where(ops.less(size, 20.0), 1.0 + small * small / (2.0 + 2.0 * small), (0.5 * half) * half)


@cosh.vjp
def _(cotangent, output, x):
    return cotangent * ops.sinh(x)


@composite(to_float=True)
def arcsinh(x: Tensor):
    """Return the number whose hyperbolic sine is `x`, exact for small `x` too."""
    size = ops.absolute(x)
    bounded = ops.minimum(size, 32.0 if x.dtype == "float16" else 2.0**27)
    small = ops.log1p(bounded + bounded * bounded / (1.0 + ops.sqrt(bounded * bounded + 1.0)))
    # Beyond, the square is one unit or less beside the number and might overflow.
    result = ops.where(ops.equal(size, bounded), small, ops.log(size) + float(np.log(2.0)))
    return ops.where(ops.less(x, 0), ops.negative(result), result)


@arcsinh.vjp
def _(cotangent, output, x):
    return cotangent / ops.cosh(output)


@composite(to_float=True)
def arccosh(x: Tensor):
    """Return the number of zero or more whose hyperbolic cosine is `x`; NaN below 1."""
    above = x - 1.0
    return ops.log1p(above + ops.sqrt(above) * ops.sqrt(above + 2.0))


@arccosh.vjp
def _(cotangent, output, x):
    return cotangent / (ops.sqrt(x - 1.0) * ops.sqrt(x + 1.0))


@composite(to_float=True)
def arctanh(x: Tensor):
    """Return the number whose hyperbolic tangent is `x`; infinite at -1 and 1, NaN outside."""
    size = ops.absolute(x)
    result = 0.5 * ops.log1p(2.0 * size / (1.0 - size))
    return ops.where(ops.less(x, 0), ops.negative(result), result)


@arctanh.vjp
def _(cotangent, output, x):
    return cotangent / ((1.0 - x) * (1.0 + x))
