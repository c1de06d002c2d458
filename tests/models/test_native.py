"""A model inside of a loop that is written in its framework."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import horn as keras
from horn import layers

X = np.random.default_rng(0).normal(size=(40, 4)).astype("float32")
Y = X[:, :1] * 2 - X[:, 1:2]


def network(backend: str) -> Any:
    """Return a small network with batch normalisation."""
    return keras.Sequential(
        [keras.Input((4,)), layers.Dense(8, activation="tanh"), layers.BatchNormalization(), layers.Dense(1)],
        backend=backend,
    )


def torch_losses(model: Any) -> list[float]:
    import horn_torch
    import torch

    net = horn_torch.module(model)
    optimizer = torch.optim.SGD(net.parameters(), 0.05)
    losses = []
    for _ in range(30):
        optimizer.zero_grad()
        loss = (net(torch.from_numpy(X)) - torch.from_numpy(Y)).square().mean()
        loss.backward()
        optimizer.step()
        losses.append(float(loss.detach()))
    return losses


def jax_losses(model: Any) -> list[float]:
    import horn_jax
    import jax
    import jax.numpy as jnp

    params, state, apply = horn_jax.functional(model)

    @jax.jit
    def step(params: Any, state: Any) -> Any:
        def loss(p: Any) -> Any:
            outputs, new = apply(p, state, jnp.asarray(X), training=True)
            return jnp.mean((outputs - Y) ** 2), new

        (value, new), grads = jax.value_and_grad(loss, has_aux=True)(params)
        return jax.tree.map(lambda p, g: p - 0.05 * g, params, grads), new, value

    losses = []
    for _ in range(30):
        params, state, value = step(params, state)
        losses.append(float(value))
    return losses


def tensorflow_losses(model: Any) -> list[float]:
    import horn_tf
    import tensorflow as tf

    net = horn_tf.module(model)
    losses = []
    for _ in range(30):
        with tf.GradientTape() as tape:
            loss = tf.reduce_mean((net(tf.constant(X), training=True) - Y) ** 2)
        for variable, grad in zip(net.trainable_variables, tape.gradient(loss, net.trainable_variables), strict=True):
            variable.assign_sub(0.05 * grad)
        losses.append(float(loss))
    return losses


LOOPS = {"torch": torch_losses, "jax": jax_losses, "tensorflow": tensorflow_losses}


def test_a_native_loop_trains_like_fit(backend: str) -> None:
    if backend not in LOOPS:
        pytest.skip("this backend has no native loop of its own")
    native = LOOPS[backend](network(backend))
    keras.utils.set_random_seed(0)
    model = network(backend)
    model.compile(keras.optimizers.SGD(0.05), "mse")
    fitted = [model.train_on_batch(X, Y) for _ in range(30)]
    np.testing.assert_allclose(native, fitted, rtol=2e-4)
    assert native[-1] < 0.5 * native[0]
