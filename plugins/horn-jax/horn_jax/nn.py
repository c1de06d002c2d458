"""Kernels of the nn family; what is not here runs from its page, compiled as a whole."""

from __future__ import annotations

from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from horn_jax.kernel import kernel


@jax.custom_jvp
def relu(x: jax.Array) -> jax.Array:
    """Return `x` where it is positive and zero elsewhere, with no gradient at zero."""
    return jnp.maximum(x, 0) if x.dtype != bool else x.astype(np.int32)


@relu.defjvp
def _(primals: Any, tangents: Any) -> Any:
    y = relu(*primals)
    return y, jnp.where(y > 0, tangents[0], 0)


kernel(relu)
