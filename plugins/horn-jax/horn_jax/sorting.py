"""Kernels of the sorting family; JAX too takes a NaN for the largest and both zeros for equal."""

from __future__ import annotations

import jax
import jax.numpy as jnp
import numpy as np

from horn_jax.kernel import kernel


@kernel
def argsort(x: jax.Array, *, axis: int, descending: bool) -> jax.Array:
    """Return the places of the elements in the order of their size, as int32."""
    return jnp.argsort(x, axis, stable=True, descending=descending).astype(np.int32)


@kernel
def sort(x: jax.Array, *, axis: int | None, descending: bool) -> jax.Array:
    """Return the elements in the order of their size."""
    return jnp.sort(x, axis, stable=True, descending=descending)
