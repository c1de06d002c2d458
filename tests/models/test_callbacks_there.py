"""Callbacks on each backend: what they do to weights and rates reaches the compiled steps."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

import horn
from horn import callbacks

if TYPE_CHECKING:
    from pathlib import Path

RANDOM = np.random.default_rng(6)
X = RANDOM.normal(size=(16, 3)).astype("float32")
Y = RANDOM.normal(size=(16, 2)).astype("float32")


def model(backend: str, **options: Any) -> Any:
    horn.utils.set_random_seed(3)
    made = horn.Sequential([horn.Input(shape=(3,)), horn.layers.Dense(2)], backend=backend)
    made.compile(horn.optimizers.SGD(0.5, **options), "mse")
    return made


def assert_equal(found: list[Any], wanted: list[Any]) -> None:
    for one, other in zip(found, wanted, strict=True):
        np.testing.assert_array_equal(one, other)


def test_the_best_weights_are_copies_that_training_does_not_reach(backend: str) -> None:
    trained, seen = model(backend), []
    told = [
        callbacks.LambdaCallback(on_epoch_end=lambda epoch, logs: seen.append(trained.get_weights())),
        callbacks.LambdaCallback(on_epoch_end=lambda epoch, logs: logs.update(score=float(epoch != 1))),
        callbacks.EarlyStopping("score", mode="min", patience=2, restore_best_weights=True),
    ]
    history = trained.fit(X, Y, batch_size=8, epochs=9, verbose=0, callbacks=told)
    assert history.epoch == [0, 1, 2, 3]
    assert any((one != other).any() for one, other in zip(seen[1], seen[3], strict=True))
    assert_equal(trained.get_weights(), seen[1])


def test_a_new_rate_reaches_the_next_epoch(backend: str) -> None:
    planned, stepped = model(backend), model(backend)
    rates = [0.5, 0.25, 0.0]
    history = planned.fit(
        X, Y, epochs=3, verbose=0, callbacks=[callbacks.LearningRateScheduler(lambda epoch: rates[epoch])]
    )
    assert history.history["learning_rate"] == rates
    for rate in rates[:2]:
        stepped.optimizer.learning_rate = rate
        stepped.fit(X, Y, verbose=0)
    assert_equal(planned.get_weights(), stepped.get_weights())


def test_averages_are_put_in_place_and_taken_back(backend: str, tmp_path: Path) -> None:
    plain, swapping = (model(backend, use_ema=True, ema_momentum=0.5) for _ in range(2))
    plain.fit(X, Y, batch_size=8, epochs=3, verbose=0)
    told = [
        callbacks.SwapEMAWeights(swap_on_epoch=True),
        callbacks.ModelCheckpoint(tmp_path / "{epoch}.weights.h5", save_weights_only=True),
    ]
    history = swapping.fit(X, Y, batch_size=8, epochs=3, verbose=0, callbacks=told, validation_data=(X, Y))
    assert history.history["loss"] == plain.history.history["loss"]
    assert_equal(swapping.get_weights(), plain.get_weights())
    assert history.history["val_loss"][-1] == pytest.approx(swapping.evaluate(X, Y, verbose=0), rel=1e-5)
    twin = model(backend, use_ema=True, ema_momentum=0.5)
    twin.load_weights(tmp_path / "3.weights.h5")
    assert_equal(twin.get_weights(), swapping.get_weights())
