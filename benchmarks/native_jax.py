"""Hand-written JAX with optax: a `jit` for each step, or for an epoch with `lax.scan` over its steps."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

import jax
import jax.numpy as jnp
import numpy as np
import optax
import parameters
from jax import lax
from workloads import RATES

if TYPE_CHECKING:
    from workloads import Layer, Workload

ACTIVATIONS = {
    None: lambda x: x,
    "relu": jax.nn.relu,
    "tanh": jnp.tanh,
    "gelu": partial(jax.nn.gelu, approximate=False),
}


def dense(x, p, key, units, activation):
    return ACTIVATIONS[activation](x @ p[0] + p[1])


def conv(x, p, key, filters, padding, activation):
    y = lax.conv_general_dilated(x, p[0], (1, 1), padding.upper(), dimension_numbers=("NHWC", "HWIO", "NHWC"))
    return ACTIVATIONS[activation](y + p[1])


def pool(x, p, key):
    return lax.reduce_window(x, -jnp.inf, lax.max, (1, 2, 2, 1), (1, 2, 2, 1), "VALID")


def dropout(x, p, key, rate):
    return x if key is None else jnp.where(jax.random.bernoulli(key, 1 - rate, x.shape), x / (1 - rate), 0)


def norm(x, p, key):
    centred = x - x.mean(-1, keepdims=True)
    return centred * lax.rsqrt(jnp.square(centred).mean(-1, keepdims=True) + 1e-3) * p[0] + p[1]


def attention(x, p, key, heads):
    n, t, d = x.shape
    q, k, v = jnp.split((x @ p[0] + p[1]).reshape(n, t, 3 * heads, -1), 3, axis=2)
    return jax.nn.dot_product_attention(q, k, v).reshape(n, t, d) @ p[2] + p[3]


def lstm(x, p, key, units):
    def cell(state, z):
        h, c = state
        i, f, g, o = jnp.split(z + h @ p[1], 4, axis=-1)
        c = jax.nn.sigmoid(f) * c + jax.nn.sigmoid(i) * jnp.tanh(g)
        return (jax.nn.sigmoid(o) * jnp.tanh(c), c), None

    zeros = jnp.zeros((len(x), units))
    return lax.scan(cell, (zeros, zeros), jnp.swapaxes(x, 0, 1) @ p[0] + p[2])[0][0]


def gru(x, p, key, units):
    def cell(h, inner):
        outer = h @ p[1] + p[2][1]
        z, r = jnp.split(jax.nn.sigmoid((inner + outer)[:, : 2 * units]), 2, axis=-1)
        h = z * h + (1 - z) * jnp.tanh(inner[:, 2 * units :] + r * outer[:, 2 * units :])
        return h, h

    states = lax.scan(cell, jnp.zeros((len(x), units)), jnp.swapaxes(x, 0, 1) @ p[0] + p[2][0])[1]
    return jnp.swapaxes(states, 0, 1)


def residual(x, p, key, *layers):
    return x + forward(layers, p, x, key)


LAYERS = {
    "dense": dense, "conv": conv, "pool": pool, "dropout": dropout, "norm": norm, "attention": attention,
    "lstm": lstm, "gru": gru, "residual": residual,
    "flatten": lambda x, p, key: x.reshape(len(x), -1),
    "average": lambda x, p, key: x.mean(1),
    "embedding": lambda x, p, key, words, size: p[0][x],
    "positions": lambda x, p, key: x + p[0],
    "repeat": lambda x, p, key, times: jnp.repeat(x[:, None], times, axis=1),
}  # fmt: skip


def forward(layers: tuple[Layer, ...], params: list[Any], x: Any, key: Any) -> Any:
    """Return what the layers make of `x`; without a key nothing is dropped."""
    for i, (kind, *arguments) in enumerate(layers):
        own = jax.random.fold_in(key, i) if key is not None and kind in ("dropout", "residual") else None
        x = LAYERS[kind](x, params[i], own, *arguments)
    return x


def objective(params: list[Any], workload: Workload, x: Any, y: Any, key: Any) -> tuple[Any, Any]:
    """Return the mean loss of a batch, and how many answers are right."""
    out = forward(workload.layers, params, x, key)
    if workload.loss == "classes":
        loss = optax.softmax_cross_entropy_with_integer_labels(out, y)
        return loss.mean(), (out.argmax(-1) == y).sum()
    if workload.loss == "binary":
        return optax.sigmoid_binary_cross_entropy(out, y).mean(), ((out > 0) == (y > 0.5)).sum()
    return jnp.square(out - y).mean(), 0


OPTIMIZERS = {
    "adam": lambda rate: optax.adam(rate, eps=1e-7),
    "sgd": lambda rate: optax.sgd(rate, momentum=0.9, nesterov=True),
    "rmsprop": lambda rate: optax.rmsprop(rate, eps=1e-7, eps_in_sqrt=True),
}


def make(workload: Workload, variant: str) -> parameters.Native:
    """Return the model with a training loop that is compiled by ``"step"`` or as a ``"loop"``."""
    rng = np.random.default_rng(0)
    params = jax.tree.map(jnp.asarray, parameters.make(workload.layers, workload.shape, rng)[0])
    optimizer = OPTIMIZERS[workload.optimizer](RATES[workload.optimizer])
    gradient = jax.value_and_grad(objective, has_aux=True)

    def step(carry: Any, x: Any, y: Any, rows: Any) -> Any:
        params, slots, key, loss, right = carry
        key, own = jax.random.split(key)
        (value, hits), grads = gradient(params, workload, x[rows], y[rows], own)
        updates, slots = optimizer.update(grads, slots)
        return optax.apply_updates(params, updates), slots, key, loss + value, right + hits

    def loop(carry: Any, x: Any, y: Any, order: Any) -> Any:
        return lax.scan(lambda carry, rows: (step(carry, x, y, rows), None), carry, order)[0]

    run = jax.jit(loop if variant == "loop" else step, donate_argnums=0)
    carry = (params, optimizer.init(params), jax.random.key(0), jnp.zeros(()), jnp.zeros((), jnp.int32))

    def train(x: np.ndarray, y: np.ndarray, epochs: int = 1) -> tuple[float, float]:
        nonlocal carry
        xs, ys = jnp.asarray(x), jnp.asarray(y)
        for _ in range(epochs):
            order = rng.permutation(len(x)).astype(np.int32).reshape(-1, workload.batch)
            carry = (*carry[:3], jnp.zeros(()), jnp.zeros((), jnp.int32))
            for rows in [order] if variant == "loop" else order:
                carry = run(carry, xs, ys, rows)
            figures = float(carry[3]) / len(order), float(carry[4]) / len(x)
        return figures

    compiled = jax.jit(lambda params, x: forward(workload.layers, params, x, None))
    return parameters.Native(
        train,
        lambda x: np.asarray(compiled(carry[0], x)),
        lambda x: forward(workload.layers, carry[0], jnp.asarray(x), None).block_until_ready(),
        sum(leaf.size for leaf in jax.tree.leaves(params)),
    )
