"""Metrics inside of compiled steps, on the backend under test: exact for as long as an epoch may be."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import horn as keras
from horn import contract, layers, metrics
from horn.api.losses import as_loss
from horn.api.metrics import as_metric
from horn.engine.compile import compile_step

MANY = 2**24
"""Where a float32 that is added one to stops growing."""


def run(fn: Any, batch: list[np.ndarray], backend: str, steps: int) -> Any:
    """Compile a step and return its results after some runs."""
    chosen = contract.load(backend)
    step = compile_step(fn, batch, chosen)
    arrays = [chosen.asarray(x) for x in batch]
    for _ in range(steps):
        result = step(arrays)
    return chosen.to_numpy(result)


def start(metric: Any, value: float) -> None:
    """Put every sum of a metric where it would be after many batches."""
    for total, _ in metric._sums:
        total.assign(np.full(total.shape, value, "float32"))


def test_a_mean_goes_on_beyond_what_float32_counts(backend: str) -> None:
    metric = metrics.Mean()
    start(metric, MANY)

    def step(batch: Any) -> Any:
        metric.update_state(batch[0])
        return metric.result()

    run(step, [np.array([1.0, 0.0, 0.0], "float32")], backend, 1000)
    assert float(metric.total) == MANY + 1000
    assert float(metric.count) == MANY + 3000


@pytest.mark.parametrize("value", [0.1, 3.7])
def test_a_weighted_mean_of_a_hundred_million(value: float, backend: str) -> None:
    metric = metrics.Mean()
    start(metric, 1e8)

    def step(batch: Any) -> Any:
        metric.update_state(batch[0], batch[1])
        return metric.result()

    weight = np.float32([value, 2.0 * value])
    run(step, [np.float32([2.0, 3.0]), weight], backend, 2000)
    added = weight.astype(float) * 2000
    total, carry = (float(x) for x in metric._sums[0])
    count, count_carry = (float(x) for x in metric._sums[1])
    assert total + carry == pytest.approx(1e8 + added @ [2.0, 3.0], rel=1e-9)
    assert count + count_carry == pytest.approx(1e8 + added.sum(), rel=1e-9)


def test_an_accuracy_counts_hits_exactly(backend: str) -> None:
    metric = metrics.SparseCategoricalAccuracy()
    start(metric, 3.0 * MANY)

    def step(batch: Any) -> Any:
        metric.update_state(*batch)
        return metric.result()

    batch = [np.array([0, 1, 1], "int32"), np.array([[0.9, 0.1], [0.2, 0.8], [0.7, 0.3]], "float32")]
    run(step, batch, backend, 500)
    assert [float(x) for x in (metric.total, metric.count)] == [3 * MANY + 1000, 3 * MANY + 1500 // 4 * 4]
    assert sum(float(x) for x in metric._sums[1]) == 3 * MANY + 1500


def test_counts_of_many_thresholds_go_on(backend: str) -> None:
    metric = metrics.AUC(num_thresholds=7)
    start(metric, 2.0 * MANY)

    def step(batch: Any) -> Any:
        metric.update_state(*batch)
        return metric.result()

    run(step, [np.array([1, 0], "int32"), np.array([0.4, 0.7], "float32")], backend, 100)
    counts = [np.asarray(a) + np.asarray(b).astype(float) - 2 * MANY for a, b in metric._sums]
    np.testing.assert_array_equal(counts[0], [100, 100, 100, 0, 0, 0, 0])
    np.testing.assert_array_equal(counts[1], [100, 100, 100, 100, 100, 0, 0])
    np.testing.assert_array_equal(counts[2], [0, 0, 0, 0, 0, 100, 100])
    np.testing.assert_array_equal(counts[3], [0, 0, 0, 100, 100, 100, 100])


def everything() -> list[Any]:
    """Return one metric of each kind of state, for rows of three classes."""
    return [
        "accuracy", "crossentropy", "mse", metrics.TopKCategoricalAccuracy(k=2), metrics.Precision(top_k=1),
        metrics.Recall(thresholds=0.3), metrics.AUC(multi_label=True), metrics.AUC(curve="PR", name="pr"),
        metrics.SensitivityAtSpecificity(0.5), metrics.F1Score(average="macro"), metrics.R2Score(),
        metrics.OneHotMeanIoU(3), metrics.PearsonCorrelation(), metrics.RootMeanSquaredError(),
        metrics.CosineSimilarity(),
    ]  # fmt: skip


def test_a_fitted_model_reports_what_its_predictions_give(backend: str) -> None:
    r = np.random.default_rng(0)
    x, y = r.normal(size=(22, 5)).astype("float32"), np.eye(3, dtype="float32")[r.integers(0, 3, 22)]
    weight = r.uniform(0.5, 2.0, 22).astype("float32")
    model = keras.Sequential([keras.Input((5,)), layers.Dense(3, activation="softmax")], backend=backend)
    still = keras.optimizers.SGD(learning_rate=0.0)  # so that every batch meets the same weights
    model.compile(still, keras.losses.CategoricalFocalCrossentropy(), weighted_metrics=everything())
    found = model.fit(x, y, sample_weight=weight, batch_size=11, epochs=1, verbose=0).history
    predicted = np.asarray(model.predict(x, verbose=0))
    with keras.use_backend("numpy"):
        for given in everything():
            metric = as_metric(given)
            metric.update_state(y, predicted, weight)
            name = next(n for n in found if n.rstrip("_0123456789") == metric.name.rstrip("_0123456789"))
            assert found[name][-1] == pytest.approx(float(metric.result()), abs=2e-5), metric.name


LOSSES = [
    "mape", "msle", "huber", "log_cosh", "kld", "poisson", "hinge", "squared_hinge", "categorical_hinge",
    "cosine_similarity", "binary_focal_crossentropy", "categorical_focal_crossentropy", "dice", "tversky",
]  # fmt: skip


def test_every_loss_trains(backend: str) -> None:
    r = np.random.default_rng(0)
    x, y = r.normal(size=(8, 5)).astype("float32"), r.uniform(0.1, 0.9, (8, 3)).astype("float32")

    def together(y_true: Any, y_pred: Any) -> Any:
        label = keras.ops.argmax(y_true, axis=-1)
        parts = [as_loss(name)(y_true, y_pred) for name in LOSSES]
        parts += [as_loss(name)(label, y_pred) for name in ("categorical_generalized_cross_entropy", "circle")]
        return sum(parts[1:], parts[0])

    model = keras.Sequential([keras.Input((5,)), layers.Dense(3, activation="sigmoid")], backend=backend)
    model.compile("sgd", together)
    history = model.fit(x, y, batch_size=8, epochs=3, verbose=0).history["loss"]
    assert np.isfinite(history).all()
    assert history[-1] < history[0]
