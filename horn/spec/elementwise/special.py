"""The error function, and logarithms and exponentials of other bases."""

from __future__ import annotations

import math

import numpy as np

from horn.spec.laws import elementwise
from horn.spec.op import Tensor, composite, ops, primitive


@primitive(to_float=True)
def erf(x: Tensor):
    """Return ``2 / sqrt(pi)`` times the integral of ``exp(-t**2)`` from 0 to `x`: from -1 to 1.

    Example:
        >>> ops.erf(np.array([0.0, 0.5, np.inf]))
        array([0.        , 0.52049988, 1.        ])
    """
    return np.vectorize(math.erf, otypes=[np.float64])(x.astype(np.float64)).astype(x.dtype)


erf.law(elementwise("erf"))


@erf.vjp
def _(cotangent, output, x):
    return cotangent * (2.0 / math.sqrt(math.pi)) * ops.exp(ops.negative(x * x))


@composite(to_float=True)
def log2(x: Tensor):
    """Return the logarithm to base 2; -inf at zero, NaN below."""
    return ops.log(x) / math.log(2.0)


@composite(to_float=True)
def log10(x: Tensor):
    """Return the logarithm to base 10; -inf at zero, NaN below."""
    return ops.log(x) / math.log(10.0)


@composite(to_float=True)
def exp2(x: Tensor):
    """Return 2 to the power of `x`; inf where that overflows."""
    return ops.power(2.0, x)


@exp2.vjp
def _(cotangent, output, x):
    return cotangent * output * math.log(2.0)


@composite(promote=True, to_float=True)
def logaddexp(x1: Tensor, x2: Tensor):
    """Return ``log(exp(x1) + exp(x2))``, without overflow for any finite operands.

    Two infinities of one sign give that infinity; each operand then has half of the gradient.

    Example:
        >>> ops.logaddexp(np.array([0.0, 1000.0]), np.array([0.0, 999.0]))
        array([6.93147181e-01, 1.00031326e+03])
    """
    apart = ops.where(ops.equal(x1, x2), 0.0, x1 - x2)  # no difference of two infinities
    return ops.maximum(x1, x2) + ops.log1p(ops.exp(ops.negative(ops.absolute(apart))))


@logaddexp.vjp
def _(cotangent, output, x1, x2):
    apart = ops.where(ops.equal(x1, x2), 0.0, x1 - x2)
    return cotangent * ops.sigmoid(apart), cotangent * ops.sigmoid(ops.negative(apart))
