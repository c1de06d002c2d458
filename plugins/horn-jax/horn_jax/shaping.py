"""Kernels of the shaping family."""

from __future__ import annotations

from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jax import lax

from horn_jax.kernel import compiled, kernel, kernels


@kernel
def reshape(x: jax.Array, *, newshape: tuple[int, ...]) -> jax.Array:
    """Return the elements of `x` in another shape."""
    return jnp.reshape(x, newshape)


@kernel
def transpose(x: jax.Array, *, axes: tuple[int, ...] | None) -> jax.Array:
    """Return `x` with its axes in another order."""
    return jnp.transpose(x, axes)


@kernel
def broadcast_to(x: jax.Array, *, shape: tuple[int, ...]) -> jax.Array:
    """Return `x` repeated to `shape`."""
    return jnp.broadcast_to(x, shape)


def _concatenate(xs: list[jax.Array], *, axis: int) -> jax.Array:
    return jnp.concatenate(xs, axis)


@kernel
def slice_(
    x: jax.Array, *, starts: tuple[int, ...], stops: tuple[int, ...], strides: tuple[int, ...] | None
) -> jax.Array:
    """Return one range of each axis."""
    return lax.slice(x, starts, stops, strides)


@compiled
def _padded(x: jax.Array, value: Any, *, widths: tuple[tuple[int, int, int], ...]) -> jax.Array:
    return lax.pad(x, value, widths)


def pad(x: jax.Array, *, pad_width: tuple[tuple[int, int, int], ...], constant_value: float) -> jax.Array:
    """Return `x` with a constant before, after and between its elements."""
    # The value is no static attribute: a NaN never equals itself and would compile each time.
    return _padded(x, np.asarray(constant_value, x.dtype), widths=pad_width)


@kernel
def flip(x: jax.Array, *, axis: tuple[int, ...]) -> jax.Array:
    """Return `x` with the order of its elements reversed along `axis`."""
    return lax.rev(x, axis)


kernels["concatenate"] = compiled(_concatenate, nested=True)
kernels["pad"] = pad
