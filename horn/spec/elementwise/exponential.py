"""Exponentials, logarithms, roots and their relatives, element by element.

Integers become the default float first. Outside of its domain each gives what IEEE 754 says,
NaN or an infinity, and no warning.
"""

from __future__ import annotations

import numpy as np

from horn.spec.laws import elementwise
from horn.spec.op import Tensor, composite, ops, primitive


@primitive(to_float=True)
def exp(x: Tensor):
    """Return e to the power of `x`; inf where that overflows.

    Example:
        >>> ops.exp(np.zeros(2))
        array([1., 1.])
    """
    with np.errstate(all="ignore"):
        return np.exp(x)


exp.law(elementwise("exp"))


@exp.vjp
def _(cotangent, output, x):
    return cotangent * output


@primitive(to_float=True)
def expm1(x: Tensor):
    """Return ``exp(x) - 1``, exact for small `x` too."""
    with np.errstate(all="ignore"):
        return np.expm1(x)


expm1.law(elementwise("expm1"))


@expm1.vjp
def _(cotangent, output, x):
    return cotangent * (output + 1.0)


@primitive(to_float=True)
def log(x: Tensor):
    """Return the natural logarithm; -inf at zero, NaN below."""
    with np.errstate(all="ignore"):
        return np.log(x)


log.law(elementwise("log"))


@log.vjp
def _(cotangent, output, x):
    return ops.divide(cotangent, x)


@primitive(to_float=True)
def log1p(x: Tensor):
    """Return ``log(1 + x)``, exact for small `x` too; -inf at -1, NaN below."""
    with np.errstate(all="ignore"):
        return np.log1p(x)


log1p.law(elementwise("log1p"))


@log1p.vjp
def _(cotangent, output, x):
    return ops.divide(cotangent, x + 1.0)


@primitive(to_float=True)
def sqrt(x: Tensor):
    """Return the square root; NaN below zero, and an infinite gradient at zero."""
    with np.errstate(all="ignore"):
        return np.sqrt(x)


sqrt.law(elementwise("sqrt"))


@sqrt.vjp
def _(cotangent, output, x):
    return ops.divide(cotangent * 0.5, output)


@primitive(to_float=True)
def rsqrt(x: Tensor):
    """Return one over the square root; inf at zero, NaN below."""
    with np.errstate(all="ignore"):
        return (1.0 / np.sqrt(x)).astype(x.dtype)


rsqrt.law(elementwise("rsqrt"))


@rsqrt.vjp
def _(cotangent, output, x):
    return cotangent * -0.5 * output * output * output


@primitive(to_float=True)
def sin(x: Tensor):
    """Return the sine of an angle in radians; NaN at the infinities."""
    with np.errstate(all="ignore"):
        return np.sin(x)


sin.law(elementwise("sin"))


@sin.vjp
def _(cotangent, output, x):
    return cotangent * ops.cos(x)


@primitive(to_float=True)
def cos(x: Tensor):
    """Return the cosine of an angle in radians; NaN at the infinities."""
    with np.errstate(all="ignore"):
        return np.cos(x)


cos.law(elementwise("cos"))


@cos.vjp
def _(cotangent, output, x):
    return ops.negative(cotangent * ops.sin(x))


@primitive(to_float=True)
def tanh(x: Tensor):
    """Return the hyperbolic tangent, between -1 and 1."""
    return np.tanh(x)


tanh.law(elementwise("tanh"))


@tanh.vjp
def _(cotangent, output, x):
    return ops.tanh_grad(cotangent, output)


@primitive(to_float=True)
def sigmoid(x: Tensor):
    """Return ``1 / (1 + exp(-x))``, between 0 and 1, without overflow for any finite `x`."""
    with np.errstate(all="ignore"):
        small = np.exp(-np.abs(x))
        return np.where(x >= 0, 1.0 / (1.0 + small), small / (1.0 + small)).astype(x.dtype)


sigmoid.law(elementwise("sigmoid"))


@sigmoid.vjp
def _(cotangent, output, x):
    return ops.sigmoid_grad(cotangent, output)


@composite
def tanh_grad(cotangent: Tensor, output: Tensor):
    """Return ``cotangent * (1 - output**2)``, the gradient of `tanh` from its result."""
    return cotangent * (1.0 - output * output)


@composite
def sigmoid_grad(cotangent: Tensor, output: Tensor):
    """Return ``cotangent * output * (1 - output)``, the gradient of `sigmoid` from its result."""
    return cotangent * (output * (1.0 - output))
