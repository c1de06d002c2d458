"""A plan that is written out does what it did while it was walked."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import horn as keras
from horn import layers
from horn.engine import plan

RNG = np.random.default_rng(1)
X = RNG.normal(size=(60, 6)).astype("float32")
Y = RNG.integers(0, 3, 60).astype("int32")


def history(backend: str) -> list[dict[str, Any]]:
    """Return the figures of a training with masks, a normalisation and a schedule."""
    model = keras.Sequential(
        [
            keras.Input((6,)),
            layers.Dense(8, activation="tanh"),
            layers.BatchNormalization(),
            layers.Dropout(0.3),
            layers.Dense(3),
        ],
        backend=backend,
    )
    loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    schedule = keras.optimizers.schedules.ExponentialDecay(0.01, 5, 0.9)
    model.compile(keras.optimizers.Adam(schedule), loss, metrics=["accuracy"])
    found = model.fit(X, Y, batch_size=8, epochs=3, verbose=0).history
    return [found, {f"w{i}": w.tolist() for i, w in enumerate(model.get_weights())}]


def test_a_written_line_is_the_walked_one(
    backend: str, begin_again: Callable[[], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    walked = history(backend)
    begin_again()
    monkeypatch.setattr(plan, "_MANY_STEPS", 0)
    assert history(backend) == walked


def test_predictions_stay_the_same_when_their_line_is_written(backend: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(plan, "_MANY_STEPS", 3)
    model = keras.Sequential([keras.Input((6,)), layers.Dense(4, activation="tanh"), layers.Dense(3)], backend=backend)
    found = [model.predict(X[:1], verbose=0) for _ in range(6)]
    assert all(np.array_equal(one, found[0]) for one in found)


def test_a_momentum_of_nothing_is_no_momentum(backend: str, begin_again: Callable[[], None]) -> None:
    x, y = X, X[:, :1]
    found = []
    for momentum in (0.0, 1e-12):
        begin_again()
        model = keras.Sequential([keras.Input((6,)), layers.Dense(1)], backend=backend)
        model.compile(keras.optimizers.Adam(beta_1=momentum), "mse")
        model.fit(x, y, batch_size=30, epochs=2, verbose=0)
        found.append(model.get_weights())
    for one, other in zip(*found, strict=True):
        np.testing.assert_allclose(one, other, rtol=1e-5)
