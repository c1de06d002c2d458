"""Kernels of the reduction family."""

from __future__ import annotations

import jax
import jax.numpy as jnp
import numpy as np
from jax import lax

from horn_jax.kernel import kernel

Axes = tuple[int, ...]


@kernel
def sum_(x: jax.Array, *, axis: Axes, keepdims: bool) -> jax.Array:
    """Return the sum along `axis`, in the dtype of `x`; bools count in int32."""
    return jnp.sum(x, axis, dtype=np.int32 if x.dtype == bool else x.dtype, keepdims=keepdims)


@kernel
def max_(x: jax.Array, *, axis: Axes, keepdims: bool) -> jax.Array:
    """Return the largest element along `axis`; NaN if there is one."""
    return jnp.max(x, axis, keepdims=keepdims)


@kernel
def min_(x: jax.Array, *, axis: Axes, keepdims: bool) -> jax.Array:
    """Return the smallest element along `axis`; NaN if there is one."""
    return jnp.min(x, axis, keepdims=keepdims)


@kernel
def argmax(x: jax.Array, *, axis: int) -> jax.Array:
    """Return where the first largest element is, as int32; a NaN counts as the largest."""
    return lax.argmax(x.astype(np.uint8) if x.dtype == bool else x, axis, np.int32)
