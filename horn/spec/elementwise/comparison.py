"""Comparisons, logic and choices, element by element.

A comparison with NaN is false, but for `not_equal`, which is true.
"""

from __future__ import annotations

import numpy as np

from horn import dtypes
from horn.spec.laws import elementwise
from horn.spec.op import Tensor, composite, ops, primitive


@primitive(promote=True)
def equal(x1: Tensor, x2: Tensor):
    """Return whether ``x1 == x2``, as bool.

    Example:
        >>> ops.equal(np.array([1, 2]), 2)
        array([False,  True])
    """
    return np.equal(x1, x2)


equal.law(elementwise("equal", "bool"))


@primitive(promote=True)
def not_equal(x1: Tensor, x2: Tensor):
    """Return whether ``x1 != x2``, as bool; true where either is NaN."""
    return np.not_equal(x1, x2)


not_equal.law(elementwise("not_equal", "bool"))


@primitive(promote=True)
def less(x1: Tensor, x2: Tensor):
    """Return whether ``x1 < x2``, as bool."""
    return np.less(x1, x2)


less.law(elementwise("less", "bool"))


@primitive(promote=True)
def less_equal(x1: Tensor, x2: Tensor):
    """Return whether ``x1 <= x2``, as bool."""
    return np.less_equal(x1, x2)


less_equal.law(elementwise("less_equal", "bool"))


@composite(promote=True)
def greater(x1: Tensor, x2: Tensor):
    """Return whether ``x1 > x2``, as bool."""
    return ops.less(x2, x1)


@composite(promote=True)
def greater_equal(x1: Tensor, x2: Tensor):
    """Return whether ``x1 >= x2``, as bool."""
    return ops.less_equal(x2, x1)


@primitive(booleans=("x1", "x2"))
def logical_and(x1: Tensor, x2: Tensor):
    """Return whether both are true; numbers count as true unless zero."""
    return np.logical_and(x1, x2)


logical_and.law(elementwise("logical_and", "bool"))


@primitive(booleans=("x1", "x2"))
def logical_or(x1: Tensor, x2: Tensor):
    """Return whether at least one is true; numbers count as true unless zero."""
    return np.logical_or(x1, x2)


logical_or.law(elementwise("logical_or", "bool"))


@primitive(booleans=("x",))
def logical_not(x: Tensor):
    """Return whether `x` is false; numbers count as true unless zero."""
    return np.logical_not(x)


logical_not.law(elementwise("logical_not", "bool"))


@primitive(promote=True)
def maximum(x1: Tensor, x2: Tensor):
    """Return the larger of both, NaN where either is NaN; equal values share the gradient."""
    return np.maximum(x1, x2)


maximum.law(elementwise("maximum"))


@maximum.vjp
def _(cotangent, output, x1, x2):
    return _split_ties(cotangent, x1, x2)


@primitive(promote=True)
def minimum(x1: Tensor, x2: Tensor):
    """Return the smaller of both, NaN where either is NaN; equal values share the gradient."""
    return np.minimum(x1, x2)


minimum.law(elementwise("minimum"))


@minimum.vjp
def _(cotangent, output, x1, x2):
    return _split_ties(cotangent, x2, x1)


def _split_ties(cotangent, larger, smaller):
    """Return the shares of x1 and x2: x1 has all where `larger` exceeds `smaller`, half at ties."""
    share = ops.where(ops.equal(larger, smaller), 0.5, ops.cast(ops.greater(larger, smaller), cotangent.dtype))
    return cotangent * share, cotangent * (1.0 - share)


@primitive(promote=("x1", "x2"), booleans=("condition",))
def where(condition: Tensor, x1: Tensor, x2: Tensor):
    """Return `x1` where the condition holds and `x2` elsewhere; all three broadcast.

    No gradient, not even a NaN, reaches the operand that was not chosen.
    """
    return np.where(condition, x1, x2)


where.law(elementwise("where"))


@where.vjp
def _(cotangent, output, condition, x1, x2):
    return None, ops.where(condition, cotangent, 0.0), ops.where(condition, 0.0, cotangent)


@composite(promote=True)
def clip(x: Tensor, x_min: Tensor, x_max: Tensor):
    """Return `x` limited to the range from `x_min` to `x_max`; NaN stays NaN.

    The gradient is one inside the range, its ends included, and zero outside.
    """
    return ops.minimum(ops.maximum(x, x_min), x_max)


@clip.vjp
def _(cotangent, output, x, x_min, x_max):
    inside = ops.logical_and(ops.less_equal(x_min, x), ops.less_equal(x, x_max))
    below, above = ops.less(x, x_min), ops.less(x_max, x)
    return tuple(ops.where(chosen, cotangent, 0.0) for chosen in (inside, below, above))


@composite
def isnan(x: Tensor):
    """Return whether `x` is NaN, as bool; integers never are."""
    return ops.not_equal(x, x)


@composite
def isinf(x: Tensor):
    """Return whether `x` is an infinity, as bool; integers never are."""
    return ops.equal(ops.absolute(x), float("inf"))


@composite
def isfinite(x: Tensor):
    """Return whether `x` is neither NaN nor an infinity, as bool; integers always are."""
    return ops.less(ops.absolute(x), float("inf"))


@composite(promote=True, to_float=True)
def isclose(x1: Tensor, x2: Tensor, rtol: float = 1e-5, atol: float = 1e-8, equal_nan: bool = False):
    """Return whether ``|x1 - x2| <= atol + rtol * |x2|``, as bool; infinities are close to themselves.

    Args:
        x1: Any tensor.
        x2: What it is compared with.
        rtol: The difference that is allowed, relative to `x2`.
        atol: The difference that is allowed at least.
        equal_nan: Whether NaN is close to NaN.

    Example:
        >>> ops.isclose(np.array([1.0, 2.0]), np.array([1.000001, 2.1]))
        array([ True, False])
    """
    near = ops.less_equal(ops.absolute(x1 - x2), ops.absolute(x2) * rtol + atol)
    same = ops.logical_or(ops.equal(x1, x2), ops.logical_and(near, ops.isfinite(x2)))
    return ops.logical_or(same, ops.logical_and(ops.isnan(x1), ops.isnan(x2))) if equal_nan else same


@composite
def logical_xor(x1: Tensor, x2: Tensor):
    """Return whether exactly one is true; numbers count as true unless zero."""
    return ops.not_equal(ops.cast(x1, "bool"), ops.cast(x2, "bool"))


@composite
def nan_to_num(x: Tensor, nan: float = 0.0, posinf: float | None = None, neginf: float | None = None):
    """Return `x` with numbers in place of NaN and the infinities; those have no gradient.

    Args:
        x: Any tensor; integers stay as they are.
        nan: In place of NaN.
        posinf: In place of the positive infinity; None for the largest number of the dtype.
        neginf: In place of the negative infinity; None for the smallest number of the dtype.

    Example:
        >>> ops.nan_to_num(np.array([np.nan, 1.0, -np.inf]), neginf=-2.0)
        array([ 0.,  1., -2.])
    """
    if not dtypes.is_float(x.dtype):
        return ops.stop_gradient(x)
    largest = dtypes.largest(x.dtype)
    x = ops.where(ops.isnan(x), nan, x)
    x = ops.where(ops.equal(x, float("inf")), largest if posinf is None else posinf, x)
    return ops.where(ops.equal(x, float("-inf")), -largest if neginf is None else neginf, x)
