"""Kernels of the recurrent family: a long short-term memory and its gradient.

All products that do not wait for the step before are taken out of the loops: the input's before
the forward loop, and those of the three weight gradients, each as one large product, after the
backward loop. What the backward loop reads is kept by the forward loop.
"""

from __future__ import annotations

from typing import Any

import jax
import jax.numpy as jnp
from jax import lax

from horn_jax.kernel import compiled, kernels, residual_kernels

Operands = tuple[jax.Array, ...]


def _lstm(*operands: jax.Array | None, go_backwards: bool) -> Operands:
    """Return all hidden states, and the last two states."""
    return _forward(*operands, go_backwards=go_backwards)[0]


def _lstm_grad(
    cotangent: jax.Array,
    cotangent_h: jax.Array,
    cotangent_c: jax.Array,
    output: jax.Array,
    last_h: jax.Array,
    last_c: jax.Array,
    *operands: jax.Array | None,
    go_backwards: bool,
) -> Operands:
    """Return the gradients of `lstm` by its six operands beside the mask."""
    del output, last_h, last_c
    _, residual = _forward(*operands, go_backwards=go_backwards)
    return _backward(residual, (cotangent, cotangent_h, cotangent_c))


def _forward(
    x: jax.Array,
    initial_h: jax.Array,
    initial_c: jax.Array,
    kernel: jax.Array,
    recurrent_kernel: jax.Array,
    bias: jax.Array,
    mask: jax.Array | None,
    *,
    go_backwards: bool,
) -> tuple[Operands, Any]:
    """Return the three results, and what the gradient needs."""
    steps = _in_order(jnp.swapaxes(x, 0, 1), go_backwards)  # before the product, where it is narrow
    projected = jnp.matmul(steps, kernel) + bias
    seen = None if mask is None else _in_order(mask.T[..., None], go_backwards)

    def step(states: Any, slices: Any) -> Any:
        (h, c), (gates, seen) = states, slices
        i, f, g, o = jnp.split(gates + jnp.matmul(h, recurrent_kernel), 4, axis=-1)
        i, f, g, o = lax.logistic(i), lax.logistic(f), jnp.tanh(g), lax.logistic(o)
        new_c = f * c + i * g
        squashed = jnp.tanh(new_c)
        new_h = o * squashed
        if seen is not None:
            new_h, new_c = jnp.where(seen, new_h, h), jnp.where(seen, new_c, c)
        return (new_h, new_c), (new_h, h, c, i, f, g, o, squashed)

    (h, c), (outputs, *kept) = lax.scan(step, (initial_h, initial_c), (projected, seen))
    residual = (steps, kernel, recurrent_kernel, kept, seen, go_backwards)
    return (jnp.swapaxes(outputs, 0, 1), h, c), residual


def _in_order(steps: jax.Array, go_backwards: bool) -> jax.Array:
    """Return steps in the order in which they are computed, or from that order back."""
    return jnp.flip(steps, 0) if go_backwards else steps


def _backward(residual: Any, cotangents: tuple[jax.Array, jax.Array, jax.Array]) -> Operands:
    """Return the gradients by x, the two first states, the two kernels and the bias."""
    steps, kernel, recurrent_kernel, kept, seen, go_backwards = residual
    given, by_h, by_c = cotangents
    turned = recurrent_kernel.T

    def step_back(states: Any, slices: Any) -> Any:
        by_h, by_c = states
        from_above, seen, _, c, i, f, g, o, squashed = slices
        by_h, kept_h, kept_c = by_h + from_above, 0.0, 0.0
        if seen is not None:  # a step that is left out hands on what it gets
            kept_h, kept_c = jnp.where(seen, 0.0, by_h), jnp.where(seen, 0.0, by_c)
            by_h, by_c = jnp.where(seen, by_h, 0.0), jnp.where(seen, by_c, 0.0)
        by_c = by_c + by_h * o * (1 - squashed * squashed)
        by_gates = jnp.concatenate(
            [
                by_c * g * (i * (1 - i)),
                by_c * c * (f * (1 - f)),
                by_c * i * (1 - g * g),
                by_h * squashed * (o * (1 - o)),
            ],
            axis=-1,
        )
        return (jnp.matmul(by_gates, turned) + kept_h, by_c * f + kept_c), by_gates

    slices = (jnp.swapaxes(given, 0, 1), seen, *kept)
    (by_h, by_c), by_gates = lax.scan(step_back, (by_h, by_c), slices, reverse=True)
    flat = by_gates.reshape(-1, by_gates.shape[-1])
    return (
        jnp.swapaxes(_in_order(jnp.matmul(by_gates, kernel.T), go_backwards), 0, 1),
        by_h,
        by_c,
        _outer(steps, flat),
        _outer(kept[0], flat),
        jnp.sum(flat, axis=0),
    )


def _outer(rows: jax.Array, flat: jax.Array) -> jax.Array:
    """Return the sum over all steps and examples of the products of two rows."""
    return jnp.matmul(rows.reshape(-1, rows.shape[-1]).T, flat)


kernels["lstm"] = compiled(_lstm, nested=True)
kernels["lstm_grad"] = compiled(_lstm_grad, nested=True)
residual_kernels["lstm"] = (_forward, _backward)
