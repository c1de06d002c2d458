"""Hand-written TensorFlow with fused optimizers: `tf.function` by step or by epoch, with or without XLA."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
import parameters
import tensorflow as tf
from workloads import RATES

if TYPE_CHECKING:
    from workloads import Layer, Workload


class How(NamedTuple):
    """What layers must know: whether they are trained, and compiled by XLA."""

    training: bool
    xla: bool


ACTIVATIONS = {None: tf.identity, "relu": tf.nn.relu, "tanh": tf.tanh, "gelu": tf.nn.gelu}


def dense(x, p, how, units, activation):
    if x.shape.rank == 2:
        return ACTIVATIONS[activation](tf.matmul(x, p[0]) + p[1])
    flat = tf.matmul(tf.reshape(x, (-1, x.shape[-1])), p[0]) + p[1]
    return ACTIVATIONS[activation](tf.reshape(flat, (-1, *x.shape[1:-1], units)))


def conv(x, p, how, filters, padding, activation):
    return ACTIVATIONS[activation](tf.nn.bias_add(tf.nn.conv2d(x, p[0], 1, padding.upper()), p[1]))


def dropout(x, p, how, rate):
    return tf.nn.dropout(x, rate) if how.training else x


def norm(x, p, how):
    mean, variance = tf.nn.moments(x, -1, keepdims=True)
    return tf.nn.batch_normalization(x, mean, variance, p[1], p[0], 1e-3)


def attention(x, p, how, heads):
    t, d = x.shape[1:]
    inner = tf.reshape(dense(x, p[:2], how, 3 * d, None), (-1, t, 3, heads, d // heads))
    q, k, v = tf.unstack(tf.transpose(inner, (2, 0, 3, 1, 4)))
    weights = tf.nn.softmax(tf.matmul(q * (d // heads) ** -0.5, k, transpose_b=True))
    mixed = tf.transpose(tf.matmul(weights, v), (0, 2, 1, 3))
    return dense(tf.reshape(mixed, (-1, t, d)), p[2:], how, d, None)


def lstm(x, p, how, units):
    def cell(state, z):
        h, c = state
        i, f, g, o = tf.split(z + tf.matmul(h, p[1]), 4, axis=-1)
        c = tf.sigmoid(f) * c + tf.sigmoid(i) * tf.tanh(g)
        return tf.sigmoid(o) * tf.tanh(c), c

    zeros = tf.zeros((tf.shape(x)[0], units))
    return over_time(cell, dense(x, (p[0], p[2]), how, 4 * units, None), (zeros, zeros), how)[0][-1]


def gru(x, p, how, units):
    def cell(h, z):
        outer = tf.matmul(h, p[1]) + p[2][1]
        u, r = tf.split(tf.sigmoid((z + outer)[:, : 2 * units]), 2, axis=-1)
        return u * h + (1 - u) * tf.tanh(z[:, 2 * units :] + r * outer[:, 2 * units :])

    inner = dense(x, (p[0], p[2][0]), how, 3 * units, None)
    return tf.transpose(over_time(cell, inner, tf.zeros((tf.shape(x)[0], units)), how), (1, 0, 2))


def over_time(cell: Any, x: Any, state: Any, how: How) -> Any:
    """Return the states after each step; a loop for XLA, which would compile unrolled steps for minutes."""
    if how.xla:
        return tf.scan(cell, tf.transpose(x, (1, 0, 2)), state)
    states = []
    for z in tf.unstack(x, axis=1):
        state = cell(state, z)
        states.append(state)
    return tf.nest.map_structure(lambda *parts: tf.stack(parts), *states)


def residual(x, p, how, *layers):
    return x + forward(layers, p, x, how)


LAYERS = {
    "dense": dense, "conv": conv, "dropout": dropout, "norm": norm, "attention": attention, "lstm": lstm,
    "gru": gru, "residual": residual,
    "pool": lambda x, p, how: tf.nn.max_pool2d(x, 2, 2, "VALID"),
    "flatten": lambda x, p, how: tf.reshape(x, (-1, int(np.prod(x.shape[1:])))),
    "average": lambda x, p, how: tf.reduce_mean(x, 1),
    "embedding": lambda x, p, how, words, size: tf.gather(p[0], x),
    "positions": lambda x, p, how: x + p[0],
    "repeat": lambda x, p, how, times: tf.repeat(x[:, None], times, axis=1),
}  # fmt: skip


def forward(layers: tuple[Layer, ...], params: list[Any], x: Any, how: How) -> Any:
    """Return what the layers make of `x`."""
    for (kind, *arguments), own in zip(layers, params, strict=True):
        x = LAYERS[kind](x, own, how, *arguments)
    return x


def objective(workload: Workload, params: list[Any], x: Any, y: Any, how: How) -> tuple[Any, Any]:
    """Return the mean loss of a batch, and how many answers are right."""
    out = forward(workload.layers, params, x, how)
    if workload.loss == "classes":
        loss = tf.reduce_mean(tf.nn.sparse_softmax_cross_entropy_with_logits(y, out))
        return loss, tf.math.count_nonzero(tf.argmax(out, -1, tf.int32) == y, dtype=tf.int32)
    if workload.loss == "binary":
        loss = tf.reduce_mean(tf.nn.sigmoid_cross_entropy_with_logits(y, out))
        return loss, tf.math.count_nonzero((out > 0) == (y > 0.5), dtype=tf.int32)
    return tf.reduce_mean(tf.math.squared_difference(out, y)), tf.constant(0)


def optimizer_of(kind: str, weights: list[tf.Variable]) -> Any:
    """Return what applies gradients to the weights, by the fused kernels of TensorFlow."""
    rate = RATES[kind]
    slots = [[tf.Variable(tf.zeros_like(w)) for w in weights] for _ in range(2)]
    count = tf.Variable(0.0)

    def apply(grads: list[Any]) -> None:
        count.assign_add(1.0)
        for w, g, m, v in zip(weights, map(tf.convert_to_tensor, grads), *slots, strict=True):
            one, two, it = m.handle, v.handle, w.handle
            if kind == "adam":
                tf.raw_ops.ResourceApplyAdam(
                    var=it, m=one, v=two, beta1_power=0.9**count, beta2_power=0.999**count, lr=rate, beta1=0.9,
                    beta2=0.999, epsilon=1e-7, grad=g,
                )  # fmt: skip
            elif kind == "sgd":
                tf.raw_ops.ResourceApplyKerasMomentum(
                    var=it, accum=one, lr=rate, grad=g, momentum=0.9, use_nesterov=True
                )
            else:
                tf.raw_ops.ResourceApplyRMSProp(
                    var=it, ms=one, mom=two, lr=rate, rho=0.9, momentum=0.0, epsilon=1e-7, grad=g
                )

    return apply


def make(workload: Workload, variant: str) -> parameters.Native:
    """Return the model with a loop compiled by ``"step"`` or as a ``"loop"``, with ``"+xla"`` or without."""
    rng = np.random.default_rng(0)
    found = parameters.make(workload.layers, workload.shape, rng)[0]
    params = tf.nest.map_structure(tf.Variable, found)
    weights = tf.nest.flatten(params)
    apply = optimizer_of(workload.optimizer, weights)
    loss, right = tf.Variable(0.0), tf.Variable(0)
    by, _, xla = variant.partition("+")
    how, testing = How(training=True, xla=bool(xla)), How(training=False, xla=bool(xla))
    compiled = partial(tf.function, jit_compile=bool(xla) or None)

    def step(x: Any, y: Any, rows: Any) -> None:
        with tf.GradientTape() as tape:
            value, hits = objective(workload, params, tf.gather(x, rows), tf.gather(y, rows), how)
        apply(tape.gradient(value, weights))
        loss.assign_add(value)
        right.assign_add(hits)

    def loop(x: Any, y: Any, order: Any) -> None:
        for i in tf.range(len(order)):
            step(x, y, order[i])

    run = compiled(loop if by == "loop" else step)

    def train(x: np.ndarray, y: np.ndarray, epochs: int = 1) -> tuple[float, float]:
        xs, ys = tf.constant(x), tf.constant(y)
        for _ in range(epochs):
            order = rng.permutation(len(x)).astype(np.int32).reshape(-1, workload.batch)
            loss.assign(0.0)
            right.assign(0)
            for rows in [order] if by == "loop" else order:
                run(xs, ys, tf.constant(rows))
        return float(loss) / len(order), float(right) / len(x)

    answer = compiled(lambda x: forward(workload.layers, params, x, testing))
    return parameters.Native(
        train,
        lambda x: answer(tf.constant(x)).numpy(),
        lambda x: forward(workload.layers, params, tf.constant(x), testing),
        sum(int(tf.size(w)) for w in weights),
    )
