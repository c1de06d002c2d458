"""Kernels of the elementwise family.

They are JAX's own functions. Three carry a gradient of their own, so that JAX's differentiation
agrees with the pages where it would decide otherwise: `absolute` at zero, `clip` at its ends, and
`power` of a base that is not positive.
"""

from __future__ import annotations

from typing import Any

import jax
import jax.numpy as jnp
from jax import lax

from horn_jax.kernel import guarding, kernel, kernels

_NATIVE = {
    "add": jnp.add,
    "subtract": jnp.subtract,
    "multiply": jnp.multiply,
    "divide": jnp.divide,
    "negative": jnp.negative,
    "sign": jnp.sign,
    "bitwise_and": jnp.bitwise_and,
    "right_shift": jnp.right_shift,
    "exp": jnp.exp,
    "expm1": jnp.expm1,
    "log": jnp.log,
    "log1p": jnp.log1p,
    "sqrt": jnp.sqrt,
    "rsqrt": lax.rsqrt,
    "sin": jnp.sin,
    "cos": jnp.cos,
    "tanh": jnp.tanh,
    "sigmoid": lax.logistic,
    "equal": jnp.equal,
    "not_equal": jnp.not_equal,
    "less": jnp.less,
    "less_equal": jnp.less_equal,
    "logical_and": jnp.logical_and,
    "logical_or": jnp.logical_or,
    "logical_not": jnp.logical_not,
    "floor": jnp.floor,
    "rint": jnp.rint,
    "arctan2": jnp.arctan2,
    "erf": lax.erf,
    "maximum": jnp.maximum,
    "minimum": jnp.minimum,
    "where": jnp.where,
}
kernels.update({name: guarding(jax.jit(function, inline=True)) for name, function in _NATIVE.items()})


@jax.custom_jvp
def absolute(x: jax.Array) -> jax.Array:
    """Return the absolute value, with no gradient at zero."""
    return jnp.absolute(x)


@absolute.defjvp
def _(primals: Any, tangents: Any) -> Any:
    return absolute(*primals), tangents[0] * jnp.sign(primals[0])


@jax.custom_jvp
def power(x1: jax.Array, x2: jax.Array) -> jax.Array:
    """Return ``x1 ** x2``."""
    return jnp.power(x1, x2)


@power.defjvp
def _(primals: Any, tangents: Any) -> Any:
    (x1, x2), (t1, t2) = primals, tangents
    y = power(x1, x2)
    by_base = jnp.where(x2 == 0, 0, x2 * power(x1, x2 - 1))
    by_exponent = y * jnp.log(jnp.where(x1 > 0, x1, 1))
    return y, t1 * by_base + t2 * by_exponent


@jax.custom_jvp
def clip(x: jax.Array, x_min: jax.Array, x_max: jax.Array) -> jax.Array:
    """Return `x` limited to a range."""
    return jnp.minimum(jnp.maximum(x, x_min), x_max)


@clip.defjvp
def _(primals: Any, tangents: Any) -> Any:
    (x, low, high), (t, t_low, t_high) = primals, tangents
    change = jnp.where((low <= x) & (x <= high), t, 0)
    return clip(x, low, high), change + jnp.where(x < low, t_low, 0) + jnp.where(high < x, t_high, 0)


@kernel
def floor_divide(x1: jax.Array, x2: jax.Array) -> jax.Array:
    """Return the quotient rounded down; an integer divided by zero is 0."""
    if jnp.issubdtype(x1.dtype, jnp.inexact):
        return jnp.where(x2 == 0, lax.stop_gradient(x1 / x2), jnp.floor_divide(x1, x2))
    return jnp.where(x2 == 0, 0, jnp.floor_divide(x1, jnp.where(x2 == 0, 1, x2)))


@jax.custom_jvp
def mod(x1: jax.Array, x2: jax.Array) -> jax.Array:
    """Return the remainder with the sign of `x2`; that of an integer by zero is 0."""
    if jnp.issubdtype(x1.dtype, jnp.inexact):
        return jnp.remainder(x1, x2)
    return jnp.where(x2 == 0, 0, jnp.remainder(x1, jnp.where(x2 == 0, 1, x2)))


@mod.defjvp
def _(primals: Any, tangents: Any) -> Any:
    return mod(*primals), tangents[0] - tangents[1] * lax.stop_gradient(floor_divide(*primals))


kernel(mod)
kernel(absolute)
kernel(power)
kernel(clip)
