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
    wide = _widened(indices)
    if jnp.issubdtype(wide.dtype, jnp.signedinteger):
        wide = jnp.where(wide < 0, wide + size, wide)
    return _inside(wide, size)


def _inside(wide: jax.Array, size: int) -> tuple[jax.Array, jax.Array]:
    """Return indices as int32, those outside as `size`, and whether each is inside."""
    inside = (wide >= 0) & (wide < size)
    return jnp.where(inside, wide, size).astype(np.int32), inside


def _widened(indices: jax.Array) -> jax.Array:
    """Return indices in at least 32 bits, so that a size does not overflow beside them."""
    signed = jnp.issubdtype(indices.dtype, jnp.signedinteger)
    return indices.astype(np.promote_types(indices.dtype, np.int32 if signed else np.uint32))


@kernel
def segment_sum(data: jax.Array, segment_ids: jax.Array, *, num_segments: int) -> jax.Array:
    """Return the sum of the rows that share an id; rows with an id outside are dropped."""
    ids, _ = _inside(_widened(segment_ids), num_segments)
    zeros = jnp.zeros((num_segments, *data.shape[1:]), data.dtype)
    if data.dtype == bool:
        return zeros.at[ids].max(data, mode="drop")
    return zeros.at[ids].add(data, mode="drop")
