"""Kernels of the linalg family."""

from __future__ import annotations

import jax
import jax.numpy as jnp
import numpy as np

from horn_jax.kernel import kernel


@kernel
def matmul(x1: jax.Array, x2: jax.Array) -> jax.Array:
    """Return the matrix product over the last two axes."""
    if x1.dtype == bool:
        return jnp.matmul(x1.astype(np.int32), x2.astype(np.int32)) > 0
    return jnp.matmul(x1, x2)
