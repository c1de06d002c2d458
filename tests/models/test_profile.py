"""`fit(..., profile=True)`: every second is in one part, the run is the same, and the advice fits."""

from __future__ import annotations

import time
from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest

import horn as keras
from horn import layers
from horn.engine.plan import Runner
from horn.errors import ArgumentError

X = np.random.default_rng(0).normal(size=(64, 6)).astype("float32")
Y = X[:, :1]


def network(backend: str) -> Any:
    """Return a small compiled network."""
    model = keras.Sequential([keras.Input((6,)), layers.Dense(4, name="inner"), layers.Dense(1)], backend=backend)
    model.compile("adam", "mse")
    return model


def test_a_profiled_run_is_the_same_run(backend: str, begin_again: Any, capsys: pytest.CaptureFixture[str]) -> None:
    weights = []
    for profile in (False, True):
        begin_again()
        model = network(backend)
        history = model.fit(X, Y, batch_size=8, epochs=6, verbose=0, validation_split=0.25, profile=profile)
        weights.append(model.get_weights())
        assert (history.profile is not None) == profile
    for plain, profiled in zip(*weights, strict=True):
        np.testing.assert_array_equal(plain, profiled)
    seconds = dict(history.profile.seconds)
    total = seconds.pop("total")
    assert 0.5 * total < sum(seconds.values()) <= total
    assert history.profile.steps + 1 <= 36
    assert history.profile.steps > 30 - 16
    assert capsys.readouterr().out == history.profile.report() + "\n"


def test_ops_are_named_with_their_layers(backend: str) -> None:
    model = network(backend)
    profile = model.fit(X, Y, batch_size=8, epochs=5, verbose=0, profile=True).profile
    if not all(isinstance(function.run, Runner) for function in model._functions._compiled.values()):
        assert not profile.ops
        assert "profiler of its framework" in profile.report()
        return
    assert {"sequential/inner"} <= {layer for _, layer in profile.ops}
    assert profile.calls["adam_update", ""] == profile.steps
    assert profile.calls["matmul_tn", "sequential/inner"] == profile.steps  # the gradient is the layer's too


def test_slow_data_and_batch_hooks_are_told(backend: str) -> None:
    class Watcher(keras.callbacks.Callback):
        def on_train_batch_end(self, batch: int, logs: Any = None) -> None:
            pass

    def batches() -> Iterator[Any]:
        for _ in range(40):
            time.sleep(0.01)
            yield X[:8], Y[:8]

    model = network(backend)
    model.fit(batches(), verbose=0)  # so that nothing is compiled in the one that is looked at
    report = model.fit(batches(), verbose=0, callbacks=[Watcher()], profile=True).profile.report()
    assert "data take much of the time" in report
    assert "have hooks for batches: Watcher" in report


def test_profile_is_a_flag(backend: str) -> None:
    with pytest.raises(ArgumentError, match="profile"):
        network(backend).fit(X, Y, profile="yes", verbose=0)
