"""Losses and metrics of several outputs, their weights, and masks."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import horn as keras
from horn import layers, ops
from horn.errors import ArgumentError, DataError

RNG = np.random.default_rng(0)
X = RNG.normal(size=(8, 3)).astype("float32")
A, B = RNG.normal(size=(8, 2)).astype("float32"), RNG.normal(size=(8, 1)).astype("float32")


def two_outputs(as_dict: bool = False) -> Any:
    inputs = keras.Input((3,))
    a, b = layers.Dense(2, name="a")(inputs), layers.Dense(1, name="b")(inputs)
    return keras.Model(inputs, {"a": a, "b": b} if as_dict else [a, b])


def errors(model: Any) -> tuple[float, float]:
    outputs = model(X)
    a, b = (np.asarray(y) for y in (outputs.values() if isinstance(outputs, dict) else outputs))
    return float(np.mean((a - A) ** 2)), float(np.mean(np.abs(b - B)))


@pytest.mark.parametrize("as_dict", [False, True])
@pytest.mark.parametrize("by_name", [False, True])
def test_each_output_has_its_loss_its_factor_and_its_metrics(as_dict: bool, by_name: bool) -> None:
    model = two_outputs(as_dict)
    named = {"loss": {"a": "mse", "b": "mae"}, "loss_weights": {"a": 2.0, "b": 0.5}, "metrics": {"b": ["mse"]}}
    listed = {"loss": ["mse", "mae"], "loss_weights": [2.0, 0.5], "metrics": [None, ["mse"]]}
    model.compile(keras.optimizers.SGD(0.0), **(named if by_name else listed))
    a, b = errors(model)
    targets = {"a": A, "b": B} if by_name or as_dict else [A, B]
    logs = model.fit(X, targets, batch_size=8, verbose=0).history
    assert list(logs) == ["loss", "a_loss", "b_loss", "b_mse"]
    np.testing.assert_allclose([logs[k][0] for k in ("loss", "a_loss", "b_loss")], [2 * a + 0.5 * b, a, b], rtol=1e-5)
    assert model.evaluate(X, targets, verbose=0, return_dict=True) == pytest.approx(
        {name: values[0] for name, values in logs.items()}, rel=1e-5
    )


def test_one_loss_is_for_all_outputs_and_none_for_no_loss() -> None:
    model = two_outputs()
    model.compile("sgd", "mse")
    assert {"a_loss", "b_loss"} < set(model.train_on_batch(X, [A, B], return_dict=True))
    model.compile("sgd", [None, "mse"])
    assert "a_loss" not in model.train_on_batch(X, [A, B], return_dict=True)


@pytest.mark.parametrize(
    ("options", "targets", "message"),
    [
        ({"loss": ["mse"] * 3}, [A, B], "not as many losses"),
        ({"loss": "mse", "loss_weights": [1.0]}, [A, B], "not as many loss_weights"),
        ({"loss": "mse"}, A, "not as many targets"),
    ],
)
def test_what_does_not_fit_the_outputs_is_refused(options: Any, targets: Any, message: str) -> None:
    model = two_outputs()
    model.compile("sgd", **options)
    before = model.get_weights()
    with pytest.raises((ArgumentError, DataError), match=message):
        model.fit(X, targets, verbose=0)
    for old, new in zip(before, model.get_weights(), strict=True):
        np.testing.assert_array_equal(old, new)
    with pytest.raises(ArgumentError, match="loss_weights"):
        model.compile("sgd", "mse", loss_weights=["heavy", 1.0])
    for argument, value in {"loss": "mse", "loss_weights": 1.0, "metrics": ["mae"], "weighted_metrics": "mae"}.items():
        with pytest.raises(ArgumentError, match=f"{argument} for an output that the model does not have"):
            model.compile("sgd", **{"loss": "mse", argument: {"c": value}})


def test_only_weighted_metrics_see_the_weights_of_examples() -> None:
    model = keras.Sequential([keras.Input((3,)), layers.Dense(1)])
    model.compile("sgd", "mse", metrics=["mae"], weighted_metrics=["mse"])
    error = np.asarray(model(X)) - B
    weight = np.arange(8.0, dtype="float32")
    logs = model.evaluate(X, B, sample_weight=weight, verbose=0, return_dict=True)
    np.testing.assert_allclose(logs["mae"], np.abs(error).mean(), rtol=1e-5)
    np.testing.assert_allclose(logs["mse"], np.average(error[:, 0] ** 2, weights=weight), rtol=1e-5)


def test_masked_steps_count_in_neither_loss_nor_metrics() -> None:
    ids, y = np.array([[1, 2, 0], [3, 0, 0]]), RNG.normal(size=(2, 3, 1)).astype("float32")
    model = keras.Sequential([layers.Embedding(5, 4, mask_zero=True), layers.Dense(1)])
    error = (np.asarray(model(ids)) - y)[ids != 0]
    model.compile(keras.optimizers.SGD(0.0), "mse", metrics=["mae"])
    for logs in (
        model.evaluate(ids, y, verbose=0, return_dict=True),
        {name: values[0] for name, values in model.fit(ids, y, verbose=0).history.items()},
    ):
        np.testing.assert_allclose([logs["loss"], logs["mae"]], [np.mean(error**2), np.abs(error).mean()], rtol=1e-5)


def test_half_precision_trains_with_a_scaled_loss() -> None:
    model = keras.Sequential([keras.Input((3,)), layers.Dense(1, dtype="mixed_float16")], dtype="mixed_float16")
    model.compile("sgd", "mse")
    assert isinstance(model.optimizer, keras.optimizers.LossScaleOptimizer)
    history = model.fit(X, B, epochs=20, verbose=0).history["loss"]
    assert history[-1] < history[0]
    assert float(ops.sum(model.layers[0].kernel)) == float(ops.sum(model.layers[0].kernel)), "no NaN"
