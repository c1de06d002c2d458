"""Elementwise kernels: NumPy's own functions, and choices made on the bits of the numbers.

``np.where`` branches at every element and is ten times slower than an addition where the
condition is irregular, as masks are. Multiplying the bits of a number, read as an integer, by a
bool keeps all of them or leaves the bits of +0.0, whatever the number is, NaN included.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from horn.numpy_backend.pages import page

if TYPE_CHECKING:
    from collections.abc import Callable

_INTEGERS = [np.dtype(f"{sign}int{bits}") for sign in ("", "u") for bits in (8, 16, 32, 64)]

FLOAT_BITS = {np.dtype(f"float{bits}"): np.dtype(f"int{bits}") for bits in (16, 32, 64)}
"""The integer dtype in which to read the bits of a float."""

_BITS = {**FLOAT_BITS, **{dtype: dtype for dtype in _INTEGERS}, np.dtype(bool): np.dtype(np.uint8)}

TARGETS = {str(dtype): dtype for dtype in _BITS}
"""The dtypes of NumPy itself, by their canonical names."""

FAST = {np.dtype(np.float32): np.float32, np.dtype(np.float64): np.float64}
"""The dtypes in which fused kernels calculate; the pages serve all others."""

FAST_NAMES = frozenset(map(str, FAST))

ZERO = {dtype: np.zeros((), dtype) for dtype in FAST}
ONE = {dtype: np.ones((), dtype) for dtype in FAST}

_SMALL = 2048  # elements; below, one call of np.where is cheaper than some of integer functions


def keep(mask: Any, x: Any) -> Any:
    """Return `x`, a float16, float32 or float64, where the mask holds and +0.0 elsewhere."""
    return np.multiply(x.view(FLOAT_BITS[x.dtype]), mask).view(x.dtype)


def where(condition: Any, x1: Any, x2: Any) -> Any:
    """Return `x1` where the condition holds and `x2` elsewhere."""
    if condition.size < _SMALL:
        return np.where(condition, x1, x2)
    dtype = x1.dtype
    bits = _BITS.get(dtype)
    if bits is None or x2.dtype != dtype:
        return np.where(condition, x1, x2)
    first, second = x1.view(bits), x2.view(bits)
    if not x2.ndim and not second.item():
        return np.multiply(first, condition).view(dtype)
    if not x1.ndim and not first.item():
        return np.multiply(second, np.logical_not(condition)).view(dtype)
    changed = np.bitwise_xor(first, second)
    return np.bitwise_xor(np.multiply(changed, condition), second).view(dtype)


# -- exponentials ----------------------------------------------------------------------------


def rsqrt(x: Any) -> Any:
    """Return one over the square root."""
    return np.reciprocal(np.sqrt(x))


def sigmoid(x: Any) -> Any:
    """Return ``1 / (1 + exp(-x))`` where no exponential overflows, and the page elsewhere.

    The page's second branch serves a sigmoid so small that it is subnormal.
    """
    dtype = x.dtype
    if dtype not in FAST or not x.size or not x.min() > _SIGMOID_FROM[dtype]:
        return _sigmoid_page(x)
    e = np.negative(x, out=np.empty_like(x))
    np.exp(e, e)
    np.add(e, ONE[dtype], e)
    return np.reciprocal(e, e)


_SIGMOID_FROM = {dtype: -float(np.log(np.finfo(dtype).max)) + 1.0 for dtype in FAST}


def tanh_grad(cotangent: Any, output: Any) -> Any:
    """Return ``cotangent * (1 - output**2)``."""
    dtype = output.dtype
    if dtype not in FAST or cotangent.dtype != dtype or not output.ndim:
        return _tanh_grad_page(cotangent, output)
    slope = np.multiply(output, output)
    np.subtract(ONE[dtype], slope, slope)
    return np.multiply(cotangent, slope)


def _tanh_grad_for(cotangent: Any, output: Any) -> Callable[..., Any] | None:
    dtype = output.dtype
    if dtype not in FAST_NAMES or not output.shape or cotangent.shape != output.shape or cotangent.dtype != dtype:
        return None
    one = ONE[np.dtype(dtype)]

    def run(cotangent: Any, output: Any) -> Any:
        slope = np.multiply(output, output)
        np.subtract(one, slope, slope)
        return np.multiply(cotangent, slope, slope)

    return run


tanh_grad.made_for = _tanh_grad_for  # type: ignore[attr-defined]  # see `Backend.kernels`


def sigmoid_grad(cotangent: Any, output: Any) -> Any:
    """Return ``cotangent * output * (1 - output)``."""
    dtype = output.dtype
    if dtype not in FAST or cotangent.dtype != dtype or not output.ndim:
        return _sigmoid_grad_page(cotangent, output)
    slope = np.subtract(ONE[dtype], output)
    np.multiply(slope, output, slope)
    return np.multiply(cotangent, slope)


# -- composites of one call --------------------------------------------------------------------


def square(x: Any) -> Any:
    """Return ``x * x``."""
    return np.multiply(x, x)


def greater(x1: Any, x2: Any) -> Any:
    """Return whether ``x1 > x2``."""
    return np.less(x2, x1)


def greater_equal(x1: Any, x2: Any) -> Any:
    """Return whether ``x1 >= x2``."""
    return np.less_equal(x2, x1)


def clip(x: Any, x_min: Any, x_max: Any) -> Any:
    """Return `x` limited to a range."""
    if x.size < _SMALL or x.dtype not in FAST:
        return np.minimum(np.maximum(x, x_min), x_max)
    return np.clip(x, x_min, x_max)


def isnan(x: Any) -> Any:
    """Return whether `x` is NaN."""
    return np.not_equal(x, x)


def cast(x: Any, dtype: str) -> Any:
    """Return a copy of `x` in another dtype."""
    target = TARGETS.get(dtype)
    return _cast_page(x, dtype=dtype) if target is None else x.astype(target)


_sigmoid_page = page("sigmoid")
_tanh_grad_page = page("tanh_grad")
_sigmoid_grad_page = page("sigmoid_grad")
_cast_page = page("cast")

_UFUNCS = (
    "add subtract multiply divide power negative absolute sign bitwise_and right_shift "
    "equal not_equal less less_equal logical_and logical_or logical_not maximum minimum "
    "exp expm1 log log1p sqrt sin cos tanh arctan2 floor rint floor_divide mod"
)

KERNELS = {name: getattr(np, name) for name in _UFUNCS.split()} | {
    "cast": cast,
    "clip": clip,
    "greater": greater,
    "greater_equal": greater_equal,
    "isnan": isnan,
    "rsqrt": rsqrt,
    "sigmoid": sigmoid,
    "sigmoid_grad": sigmoid_grad,
    "square": square,
    "tanh_grad": tanh_grad,
    "where": where,
}
