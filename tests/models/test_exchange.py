"""Relu comes after the pooling that follows it, where no bit of a result tells."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import horn as keras
from horn import registry
from horn.engine import step as stepping
from horn.engine.compile import compile_step
from horn.spec import ops

RNG = np.random.default_rng(0)
WINDOW = {"pool_size": (2, 2), "strides": (2, 2), "padding": ((0, 1), (1, 0))}
INPUT = (3, 5, 7, 2)


def pooled(x: Any) -> Any:
    return ops.max_pooling(ops.relu(x), **WINDOW)


def with_gradient(x: Any) -> Any:
    slope = np.arange(1, 25, dtype="float32").reshape(3, 4, 2)
    value, gradient = keras.value_and_grad(lambda t: ops.sum(pooled(t) * slope))(x)
    return value, gradient, pooled(x)


def twice_read(x: Any) -> Any:
    y = ops.relu(x)
    return ops.max_pooling(y, **WINDOW), ops.sum(y)


def returned(x: Any) -> Any:
    y = ops.relu(x)
    return ops.max_pooling(y, **WINDOW), y


def second_gradient(x: Any) -> Any:
    return keras.grad(lambda t: ops.sum(keras.grad(lambda s: ops.sum(pooled(s) ** 3))(t) ** 2))(x)


def hard_input() -> np.ndarray:
    """Return elements with ties, zeros of both signs, infinities and NaN among them."""
    x = RNG.integers(-2, 3, INPUT).astype("float32")
    flat = x.reshape(-1)
    places = RNG.permutation(flat.size)
    for value, some in zip((np.nan, np.inf, -np.inf, -0.0), np.split(places[:40], 4), strict=True):
        flat[some] = value
    x[0] = -np.abs(x[0])  # windows in which nothing is positive
    return x


def run(fn: Any, x: np.ndarray, backend: Any) -> tuple[list[np.ndarray], list[str]]:
    """Return the results of a compiled step, and the names of the ops that it runs."""
    compiled = compile_step(fn, x, backend)
    results = compiled.once([x])
    names = [node.op.name for node in compiled.step.lowered(backend, [x.shape]).nodes]
    flat = results if isinstance(results, tuple) else (results,)
    return [backend.to_numpy(result) for result in flat], names


@pytest.mark.parametrize("fn", [pooled, with_gradient, twice_read, returned, second_gradient])
def test_no_bit_changes(fn, backend, monkeypatch):
    running, x = registry.load(backend), hard_input()
    found, _ = run(fn, x, running)
    monkeypatch.setattr(stepping, "pool_first", lambda graph: graph)
    expected, _ = run(fn, x, running)
    for a, b in zip(found, expected, strict=True):
        np.testing.assert_array_equal(a, b)


@pytest.mark.parametrize(
    ("fn", "order"),
    [
        (pooled, ["max_pooling", "relu"]),
        (with_gradient, ["max_pooling", "relu", "relu_grad", "max_pooling_grad"]),
        (twice_read, ["relu", "max_pooling"]),
        (returned, ["relu", "max_pooling"]),
    ],
)
def test_it_comes_after_where_only_the_pooling_reads_it(fn, order):
    _, names = run(fn, hard_input(), registry.load("numpy"))
    assert [name for name in names if name in {"relu", "max_pooling", "relu_grad", "max_pooling_grad"}] == order
