"""Kernels of the indexing family.

What an index outside of its axis means is decided here, by comparison, before JAX sees it, since
JAX clamps, drops or wraps by rules of its own.
"""

from __future__ import annotations

import jax
import jax.numpy as jnp
import numpy as np

from horn_jax.kernel import kernel


@kernel
def take(x: jax.Array, indices: jax.Array, *, axis: int) -> jax.Array:
    """Return the slices along `axis` that `indices` name; NaN, zero or False for one outside."""
    missing = jnp.nan if jnp.issubdtype(x.dtype, jnp.inexact) else 0
    size = x.shape[axis]
    if size == 0:
        shape = (*x.shape[:axis], *indices.shape, *x.shape[axis + 1 :])
        return jnp.full(shape, missing, x.dtype)
    at, inside = _located(indices, size)
    picked = jnp.take(x, at, axis, mode="clip")
    kept = inside.reshape(inside.shape + (1,) * (x.ndim - axis - 1))
    return jnp.where(kept, picked, jnp.asarray(missing, x.dtype))


def _located(indices: jax.Array, size: int) -> tuple[jax.Array, jax.Array]:
    """Return indices with negative ones counted from the end, and whether each is inside."""
    if jnp.issubdtype(indices.dtype, jnp.unsignedinteger):
        wide = indices.astype(np.promote_types(indices.dtype, np.uint32))
        inside = wide < size
        return jnp.where(inside, wide, 0).astype(np.int32), inside
    wide = indices.astype(np.promote_types(indices.dtype, np.int32))
    wrapped = jnp.where(wide < 0, wide + size, wide)
    return wrapped, (wrapped >= 0) & (wrapped < size)


@kernel
def segment_sum(data: jax.Array, segment_ids: jax.Array, *, num_segments: int) -> jax.Array:
    """Return the sum of the rows that share an id; rows with an id outside are dropped."""
    ids = segment_ids.astype(np.promote_types(segment_ids.dtype, np.int32))
    ids = jnp.where((ids >= 0) & (ids < num_segments), ids, num_segments)
    zeros = jnp.zeros((num_segments, *data.shape[1:]), data.dtype)
    if data.dtype == bool:
        return zeros.at[ids].max(data, mode="drop")
    return zeros.at[ids].add(data, mode="drop")
