"""Hand-written NumPy: each layer returns its output and a function from gradient to gradient.

Weights, gradients and slots are views of flat arrays; the optimizer walks these in blocks that fit a cache.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import parameters
from workloads import RATES

if TYPE_CHECKING:
    from collections.abc import Callable

    from workloads import Workload

BLOCK = 1 << 15
one = np.float32


def _activation(z: np.ndarray, name: str | None) -> tuple[np.ndarray, Callable[[np.ndarray], np.ndarray]]:
    if name == "tanh":
        y = np.tanh(z, out=z)
        return y, lambda g: g * (1 - y * y)
    if name == "relu":
        y = np.maximum(z, 0, out=z)
        return y, lambda g: g * (y > 0)
    return z, lambda g: g


def dense(x, p, grads, rng, units, activation):
    z = x @ p[0]
    z += p[1]
    y, slope = _activation(z, activation)

    def back(g, needed):
        g = slope(g)
        np.matmul(x.T, g, out=grads[0])
        g.sum(0, out=grads[1])
        return g @ p[0].T if needed else None

    return y, back


def conv(x, p, grads, rng, filters, padding, activation):
    """Convolve by one product with all the patches."""
    border = 1 if padding == "same" else 0
    patches = _patches(np.pad(x, ((0, 0), (border, border), (border, border), (0, 0))) if border else x)
    kernel = p[0].reshape(-1, filters)
    z = patches @ kernel
    z += p[1]
    h, w = x.shape[1] - 2 + 2 * border, x.shape[2] - 2 + 2 * border
    y, slope = _activation(z, activation)

    def back(g, needed):
        g = slope(g.reshape(-1, filters))
        np.matmul(patches.T, g, out=grads[0].reshape(-1, filters))
        g.sum(0, out=grads[1])
        if not needed:
            return None
        spread = np.pad(g.reshape(len(x), h, w, filters), ((0, 0), *((2 - border, 2 - border),) * 2, (0, 0)))
        turned = p[0][::-1, ::-1].transpose(0, 1, 3, 2).reshape(9 * filters, -1)
        return (_patches(spread) @ turned).reshape(x.shape)

    return y.reshape(len(x), h, w, filters), back


def _patches(x: np.ndarray) -> np.ndarray:
    windows = np.lib.stride_tricks.sliding_window_view(x, (3, 3), axis=(1, 2))
    return windows.transpose(0, 1, 2, 4, 5, 3).reshape(-1, 9 * x.shape[3])


def pool(x, p, grads, rng):
    n, h, w, c = x.shape
    quads = x[:, : h // 2 * 2, : w // 2 * 2].reshape(n, h // 2, 2, w // 2, 2, c)
    y = quads.max((2, 4), keepdims=True)

    def back(g, needed):
        out = np.zeros_like(x)
        spread = (quads == y) * g.reshape(y.shape)
        out[:, : h // 2 * 2, : w // 2 * 2] = spread.reshape(n, h // 2 * 2, w // 2 * 2, c)
        return out

    return y.reshape(n, h // 2, w // 2, c), back


def dropout(x, p, grads, rng, rate):
    mask = (rng.random(x.shape, np.float32) >= rate) * one(1 / (1 - rate))
    return x * mask, lambda g, needed: g * mask


def flatten(x, p, grads, rng):
    return x.reshape(len(x), -1), lambda g, needed: g.reshape(x.shape)


LAYERS = {"dense": dense, "conv": conv, "pool": pool, "dropout": dropout, "flatten": flatten}


def cross_entropy(z: np.ndarray, y: np.ndarray) -> tuple[float, int, np.ndarray]:
    """Return the summed loss of logits, how many answers are right, and the gradient of the mean loss."""
    rows = np.arange(len(y))
    right = int((z.argmax(1) == y).sum())
    z = z - z.max(1, keepdims=True)
    p = np.exp(z)
    sums = p.sum(1, keepdims=True)
    loss = float((np.log(sums[:, 0]) - z[rows, y]).sum())
    p /= sums
    p[rows, y] -= 1
    p /= one(len(y))
    return loss, right, p


def adam(w: np.ndarray, g: np.ndarray, m: np.ndarray, v: np.ndarray, count: int) -> None:
    """Take a step of Adam on flat arrays."""
    alpha = one(RATES["adam"] * (1 - 0.999**count) ** 0.5 / (1 - 0.9**count))
    for start in range(0, len(w), BLOCK):
        part = slice(start, start + BLOCK)
        m[part] += one(0.1) * (g[part] - m[part])
        v[part] += one(0.001) * (g[part] * g[part] - v[part])
        w[part] -= alpha * m[part] / (np.sqrt(v[part]) + one(1e-7))


def momentum(w: np.ndarray, g: np.ndarray, m: np.ndarray, v: np.ndarray, count: int) -> None:
    """Take a step of Nesterov's descent on flat arrays."""
    del v, count
    for start in range(0, len(w), BLOCK):
        part = slice(start, start + BLOCK)
        scaled = one(RATES["sgd"]) * g[part]
        m[part] = one(0.9) * m[part] - scaled
        w[part] += one(0.9) * m[part] - scaled


def _views(flat: np.ndarray, params: list[Any]) -> list[list[np.ndarray]]:
    """Return parts of a flat array in the shapes of the parameters."""
    found, start = [], 0
    for own in params:
        parts = []
        for p in own:
            parts.append(flat[start : start + p.size].reshape(p.shape))
            start += p.size
        found.append(parts)
    return found


def make(workload: Workload, variant: str) -> parameters.Native:
    """Return the model with its training loop; there is one variant."""
    del variant
    rng = np.random.default_rng(0)
    first = parameters.make(workload.layers, workload.shape, rng)[0]
    weights = np.concatenate([p.ravel() for own in first for p in own])
    gradients, m, v = (np.zeros_like(weights) for _ in range(3))
    params, grads = _views(weights, first), _views(gradients, first)
    update = {"adam": adam, "sgd": momentum}[workload.optimizer]
    layers = [
        (LAYERS[kind], p, g, rest) for (kind, *rest), p, g in zip(workload.layers, params, grads, strict=True)
    ]
    count = 0

    def step(x: np.ndarray, y: np.ndarray) -> tuple[float, int]:
        nonlocal count
        count += 1
        backs = []
        for layer, own, slots, arguments in layers:
            x, back = layer(x, own, slots, rng, *arguments)
            backs.append(back)
        loss, right, g = cross_entropy(x, y)
        for i in reversed(range(len(backs))):
            g = backs[i](g, i > 0)
        update(weights, gradients, m, v, count)
        return loss, right

    def train(x: np.ndarray, y: np.ndarray, epochs: int = 1) -> tuple[float, float]:
        for _ in range(epochs):
            figures = np.zeros(2)
            for rows in rng.permutation(len(x)).reshape(-1, workload.batch):
                figures += step(x[rows], y[rows])
        return figures[0] / len(x), figures[1] / len(x)

    def predict(x: np.ndarray) -> np.ndarray:
        for (kind, *arguments), own in zip(workload.layers, params, strict=True):
            if kind != "dropout":
                x = LAYERS[kind](x, own, None, None, *arguments)[0]
        return x

    return parameters.Native(train, predict, predict, weights.size)
