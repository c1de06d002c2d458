"""Arithmetic, exponentials, comparisons and choices, element by element."""

from __future__ import annotations

import torch

from horn_torch.dtypes import widening

_threshold_backward = torch.ops.aten.threshold_backward.default

_BITS = {
    torch.float16: torch.int16,
    torch.bfloat16: torch.int16,
    torch.float32: torch.int32,
    torch.float64: torch.int64,
}
# From how many elements on the ways without a branch are the faster ones, for unforeseeable conditions.
_MASKED = 2048
_CHOSEN = 8192


def absolute(x):
    return x.clone() if x.dtype is torch.bool else torch.abs(x)


def sign(x):
    if not x.is_floating_point():
        return torch.sign(x)
    # PyTorch says that the sign of NaN is zero.
    return torch.where(torch.isnan(x), x.detach(), torch.sign(x))


def square(x):
    return torch.mul(x, x)


def clip(x, x_min, x_max):
    if x.dtype is torch.bool:
        return torch.minimum(torch.maximum(x, x_min), x_max)
    return torch.clamp(x, x_min, x_max)


def where(condition, x1, x2):
    # torch.where jumps on every element, and each jump that the processor guesses wrong costs some
    # four nanoseconds; on a random condition that is ten times the rest.
    many = condition.numel()
    if many >= _MASKED and x1.dtype in _BITS and x1.is_cpu and not _is_recorded(x1, x2):
        if x2.ndim == 0 and x2.item() == 0:
            return keep(_ones(condition, x1.dtype), x1)
        if many >= _CHOSEN:
            return _choose(condition, x1, x2)
    return torch.where(condition, x1, x2)


def _is_recorded(*tensors):
    """Return whether autograd notes what happens to any of `tensors`."""
    return torch.is_grad_enabled() and any(x.requires_grad for x in tensors)


def _ones(condition, dtype):
    """Return one where the condition holds and zero elsewhere; bytes convert faster than bools."""
    return condition.view(torch.uint8).to(dtype)


def _choose(condition, x1, x2):
    """Return what torch.where does; of the two parts one is zero, so their bits combine exactly."""
    chosen = _ones(condition, x1.dtype)
    bits = _BITS[x1.dtype]
    first = keep(chosen, x1).view(bits)
    second = keep(torch.sub(1, chosen), x2).view(bits)
    return torch.bitwise_or(first, second).view(x1.dtype)


def keep(positive, x):
    """Return `x` where `positive`, a float tensor, is above zero, and zero elsewhere."""
    return _threshold_backward(x, positive, 0)


def floor_divide(x1, x2):
    if x1.is_floating_point():
        return torch.div(x1, x2, rounding_mode="floor")
    # PyTorch raises where the divisor is zero, and traps where the smallest integer is divided by -1.
    quotient = torch.div(x1, _regular(x2), rounding_mode="floor")
    if x2.dtype.is_signed:
        quotient = torch.where(x2 == -1, torch.neg(x1), quotient)
    return torch.where(x2 == 0, 0, quotient)


def mod(x1, x2):
    if x1.is_floating_point():
        return torch.remainder(x1, x2)
    return torch.where(x2 == 0, 0, torch.remainder(x1, _regular(x2)))


def _regular(divisor):
    """Return a divisor with 1 where it is 0 or -1."""
    special = divisor == 0
    return torch.where(special | (divisor == -1) if divisor.dtype.is_signed else special, 1, divisor)


KERNELS = {
    # arithmetic
    "add": widening(torch.add),
    "subtract": widening(torch.sub),
    "multiply": widening(torch.mul),
    "divide": torch.div,
    "power": torch.pow,
    "negative": widening(torch.neg),
    "absolute": widening(absolute),
    "sign": widening(sign),
    "square": widening(square),
    "bitwise_and": torch.bitwise_and,
    "right_shift": widening(torch.bitwise_right_shift),
    # rounding
    "floor": torch.floor,
    "rint": torch.round,
    "floor_divide": widening(floor_divide),
    "mod": widening(mod),
    # trigonometric and special
    "arctan2": torch.atan2,
    "erf": torch.erf,
    # exponential
    "exp": torch.exp,
    "expm1": torch.expm1,
    "log": torch.log,
    "log1p": torch.log1p,
    "sqrt": torch.sqrt,
    "rsqrt": torch.rsqrt,
    "sin": torch.sin,
    "cos": torch.cos,
    "tanh": torch.tanh,
    "sigmoid": torch.sigmoid,
    "tanh_grad": torch.ops.aten.tanh_backward.default,
    "sigmoid_grad": torch.ops.aten.sigmoid_backward.default,
    # comparison
    "equal": torch.eq,
    "not_equal": torch.ne,
    "less": widening(torch.lt),
    "less_equal": widening(torch.le),
    "greater": widening(torch.gt),
    "greater_equal": widening(torch.ge),
    "logical_and": torch.logical_and,
    "logical_or": torch.logical_or,
    "logical_not": torch.logical_not,
    "maximum": widening(torch.maximum),
    "minimum": widening(torch.minimum),
    "where": where,
    "clip": widening(clip),
    "isnan": torch.isnan,
}
