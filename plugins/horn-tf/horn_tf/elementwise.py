"""Elementwise kernels: TensorFlow's own ops, and what they lack for bools, unsigned integers and NaN."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from horn_tf.tensors import BOOL, UNSIGNED, number, raw, tf
from horn_tf.tracing import may_meet_xla

if TYPE_CHECKING:
    from collections.abc import Callable


def _binary(op: Callable[..., Any], for_bool: Callable[..., Any] | None = None) -> Callable[..., Any]:
    """Return the kernel of an op of two operands, with another for bools."""
    if for_bool is None:
        return lambda x1, x2: op(x=x1, y=x2)

    def kernel(x1, x2):
        return for_bool(x=x1, y=x2) if x1.dtype is BOOL else op(x=x1, y=x2)

    return kernel


def _unary(op: Callable[..., Any]) -> Callable[..., Any]:
    return lambda x: op(x=x)


# -- arithmetic --------------------------------------------------------------------------------


def negative(x):
    return raw.Sub(x=number(0, x.dtype), y=x) if x.dtype in UNSIGNED else raw.Neg(x=x)


def absolute(x):
    return raw.Identity(input=x) if x.dtype is BOOL or x.dtype in UNSIGNED else raw.Abs(x=x)


def sign(x):
    if x.dtype in UNSIGNED:
        return raw.Cast(x=raw.NotEqual(x=x, y=number(0, x.dtype)), DstT=x.dtype)
    return raw.Sign(x=x)


# -- comparisons and choices -------------------------------------------------------------------


def _less_bool(x, y):
    return raw.LogicalAnd(x=raw.LogicalNot(x=x), y=y)


def _less_equal_bool(x, y):
    return raw.LogicalOr(x=raw.LogicalNot(x=x), y=y)


less = _binary(raw.Less, _less_bool)
less_equal = _binary(raw.LessEqual, _less_equal_bool)


def maximum(x1, x2):
    return _extreme(x1, x2, raw.Maximum, raw.GreaterEqual, raw.LogicalOr)


def minimum(x1, x2):
    return _extreme(x1, x2, raw.Minimum, raw.LessEqual, raw.LogicalAnd)


def _extreme(x1, x2, op, wins, for_bool):
    kind = x1.dtype
    if kind is BOOL:
        return for_bool(x=x1, y=x2)
    if kind.is_floating and may_meet_xla():
        # A comparison with NaN is false, so a NaN on the right is taken where it should be.
        first = raw.LogicalOr(x=wins(x=x1, y=x2), y=raw.NotEqual(x=x1, y=x1))
        return raw.SelectV2(condition=first, t=x1, e=x2)
    return op(x=x1, y=x2)


def where(condition, x1, x2):
    return raw.SelectV2(condition=condition, t=x1, e=x2)


def clip(x, x_min, x_max):
    return minimum(maximum(x, x_min), x_max)


def isnan(x):
    return raw.IsNan(x=x) if x.dtype.is_floating else raw.NotEqual(x=x, y=x)


def square(x):
    return raw.Identity(input=x) if x.dtype is BOOL else raw.Square(x=x)


# -- division with a remainder -----------------------------------------------------------------


def floor_divide(x1, x2):
    zero, one = number(0, x1.dtype), number(1, x1.dtype)
    by_zero = raw.Equal(x=x2, y=zero)
    if not x1.dtype.is_floating:
        # On CPUs TensorFlow raises where the divisor is zero, and traps at the smallest integer by -1.
        quotient = raw.FloorDiv(x=x1, y=_regular(x2))
        if x1.dtype not in UNSIGNED:
            minus_one = raw.Equal(x=x2, y=number(-1, x2.dtype))
            quotient = raw.SelectV2(condition=minus_one, t=raw.Sub(x=zero, y=x1), e=quotient)
        return raw.SelectV2(condition=by_zero, t=zero, e=quotient)
    if x1.dtype not in (tf.float32, tf.float64):  # for which there is no TruncateMod
        wide = floor_divide(raw.Cast(x=x1, DstT=tf.float32), raw.Cast(x=x2, DstT=tf.float32))
        return raw.Cast(x=wide, DstT=x1.dtype)
    rest = raw.TruncateMod(x=x1, y=x2)
    quotient = raw.RealDiv(x=raw.Sub(x=x1, y=rest), y=x2)
    apart = raw.NotEqual(x=raw.Less(x=x2, y=zero), y=raw.Less(x=rest, y=zero))
    below = raw.LogicalAnd(x=apart, y=raw.NotEqual(x=rest, y=zero))
    quotient = raw.SelectV2(condition=below, t=raw.Sub(x=quotient, y=one), e=quotient)
    return raw.SelectV2(condition=by_zero, t=raw.RealDiv(x=x1, y=x2), e=raw.Round(x=quotient))


def mod(x1, x2):
    if x1.dtype.is_floating:
        return raw.FloorMod(x=x1, y=x2)
    zero = number(0, x1.dtype)
    rest = raw.FloorMod(x=x1, y=_regular(x2))
    return raw.SelectV2(condition=raw.Equal(x=x2, y=zero), t=zero, e=rest)


def _regular(divisor):
    """Return a divisor with 1 where it is 0 or -1."""
    special = raw.Equal(x=divisor, y=number(0, divisor.dtype))
    if divisor.dtype not in UNSIGNED:
        special = raw.LogicalOr(x=special, y=raw.Equal(x=divisor, y=number(-1, divisor.dtype)))
    return raw.SelectV2(condition=special, t=number(1, divisor.dtype), e=divisor)


KERNELS = {
    "floor": _unary(raw.Floor),
    "rint": _unary(raw.Round),
    "floor_divide": floor_divide,
    "mod": mod,
    "arctan2": lambda x1, x2: raw.Atan2(y=x1, x=x2),
    "erf": _unary(raw.Erf),
    "add": _binary(raw.AddV2, raw.LogicalOr),
    "subtract": _binary(raw.Sub),
    "multiply": _binary(raw.Mul, raw.LogicalAnd),
    "divide": _binary(raw.RealDiv),
    "power": _binary(raw.Pow),
    "negative": negative,
    "absolute": absolute,
    "sign": sign,
    "square": square,
    "bitwise_and": _binary(raw.BitwiseAnd),
    "right_shift": _binary(raw.RightShift),
    "equal": _binary(raw.Equal),
    "not_equal": _binary(raw.NotEqual),
    "less": less,
    "less_equal": less_equal,
    "greater": lambda x1, x2: less(x2, x1),
    "greater_equal": lambda x1, x2: less_equal(x2, x1),
    "logical_and": _binary(raw.LogicalAnd),
    "logical_or": _binary(raw.LogicalOr),
    "logical_not": _unary(raw.LogicalNot),
    "maximum": maximum,
    "minimum": minimum,
    "where": where,
    "clip": clip,
    "isnan": isnan,
    "exp": _unary(raw.Exp),
    "expm1": _unary(raw.Expm1),
    "log": _unary(raw.Log),
    "log1p": _unary(raw.Log1p),
    "sqrt": _unary(raw.Sqrt),
    "rsqrt": _unary(raw.Rsqrt),
    "sin": _unary(raw.Sin),
    "cos": _unary(raw.Cos),
    "tanh": _unary(raw.Tanh),
    "sigmoid": _unary(raw.Sigmoid),
    "tanh_grad": lambda cotangent, output: raw.TanhGrad(y=output, dy=cotangent),
    "sigmoid_grad": lambda cotangent, output: raw.SigmoidGrad(y=output, dy=cotangent),
}
