"""Kernels of the random family: Threefry in XLA, the words of the page.

The rounds are the page's own function, run on 32-bit words of JAX. Written out like this XLA
makes one loop of them, several times faster than JAX's own primitive for the cipher.
"""

from __future__ import annotations

import jax
import jax.numpy as jnp
import numpy as np
from jax import lax

from horn.spec.random import draws, threefry2x32
from horn.spec.sizes import product
from horn_jax.kernel import kernel


@kernel
def random_bits(key: jax.Array, step: jax.Array, *, shape: tuple[int, ...]) -> jax.Array:
    """Return random 32-bit words as int32."""
    count = product(shape)
    half = (count + 1) // 2
    words = _unsigned(key)
    steps = _unsigned(step)[..., np.newaxis]
    index = lax.iota(np.uint32, half)
    pair = threefry2x32((words[..., :1], words[..., 1:]), (index, steps))
    leading = draws(key, step)
    bits = jnp.concatenate([jnp.broadcast_to(x, (*leading, half)) for x in pair], axis=-1)[..., :count]
    return lax.bitcast_convert_type(bits, np.int32).reshape((*leading, *shape))


def _unsigned(x: jax.Array) -> jax.Array:
    return lax.bitcast_convert_type(x.astype(np.int32), np.uint32)
