"""Elementwise kernels: TensorFlow's own ops, and what they lack for bools, unsigned integers and NaN."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from horn_tf.tensors import BOOL, UNSIGNED, may_meet_xla, number, raw

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


KERNELS = {
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
