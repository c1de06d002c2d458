"""Kernels of the creation family."""

from __future__ import annotations

from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jax import lax

from horn import dtypes
from horn_jax.kernel import compiled, kernel, kernels


@compiled
def _filled(value: Any, *, shape: tuple[int, ...]) -> jax.Array:
    return jnp.broadcast_to(value, shape)


def full(*, shape: tuple[int, ...], fill_value: float, dtype: str | None = None) -> jax.Array:
    """Return a tensor of one value."""
    # The value is no static attribute: a NaN never equals itself and would compile each time.
    wanted = dtypes.numpy_dtype(dtype or dtypes.of_number(fill_value))
    return _filled(np.asarray(fill_value, wanted), shape=shape)


@kernel
def arange(*, stop: int, dtype: str) -> jax.Array:
    """Return the integers from 0 to ``stop - 1``."""
    return jnp.arange(stop, dtype=dtype)


@kernel
def cast(x: jax.Array, *, dtype: str) -> jax.Array:
    """Return `x` in another dtype."""
    return lax.convert_element_type(x, dtypes.numpy_dtype(dtype))


def stop_gradient(x: jax.Array) -> jax.Array:
    """Return `x`; nothing flows back through it."""
    return lax.stop_gradient(x) if isinstance(x, jax.core.Tracer) else x


kernels["full"] = full
kernels["stop_gradient"] = stop_gradient
