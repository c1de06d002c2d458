"""Metrics against Keras's: the figure after several batches, with weights and without.

Where the two differ on purpose, or Keras does not agree with itself, it says so here:

* `R2Score` of targets that are all equal: NaN in Keras where the outputs equal them, 1 in Horn; of
  nothing: NaN in Keras, 0 in Horn.
* weights (batch,) for outputs of rank 3: an error in the counting metrics of Keras, one weight an
  example in Horn.
* `top_k` among equal outputs: Keras's backends differ; Horn takes the first, as JAX does.
* intersection over union casts weights to integers in Keras unless a float dtype is given.
* `PearsonCorrelation` of what does not vary is NaN in both; not drawn.
"""

from __future__ import annotations

import inspect
import os
from typing import Any, NamedTuple

import numpy as np
import pytest
from hypothesis import HealthCheck, Phase, given, settings, strategies as st

import horn
from horn import metrics
from horn.api.layers import calls, masks
from horn.errors import ArgumentError

keras = pytest.importorskip("keras")

BUDGET = settings(
    max_examples=6, derandomize=True, deadline=None, database=None, phases=(Phase.generate,),
    suppress_health_check=list(HealthCheck),
)  # fmt: skip
pytestmark = pytest.mark.filterwarnings("ignore")  # what Keras warns of is not tested here
R = np.random.Generator
FLAT, ROWS, CUBE = (6,), (6, 4), (2, 3, 4)


def numbers(r: R, shape: tuple[int, ...]) -> np.ndarray:
    return r.normal(size=shape).astype("float32")


def positive(r: R, shape: tuple[int, ...]) -> np.ndarray:
    return r.uniform(0.1, 3.0, shape).astype("float32")


def unit(r: R, shape: tuple[int, ...]) -> np.ndarray:
    return r.uniform(0.02, 0.98, shape).astype("float32")


def grid(r: R, shape: tuple[int, ...]) -> np.ndarray:
    """Return probabilities that hit thresholds and one another."""
    return (r.integers(0, 5, shape) / 4.0).astype("float32")


def bits(r: R, shape: tuple[int, ...]) -> np.ndarray:
    return r.integers(0, 2, shape).astype("float32")


def one_hot(r: R, shape: tuple[int, ...]) -> np.ndarray:
    return np.eye(shape[-1], dtype="float32")[r.integers(0, shape[-1], shape[:-1])]


def labels(r: R, shape: tuple[int, ...]) -> np.ndarray:
    return r.integers(0, shape[-1], shape[:-1]).astype("int32")


def small_ints(r: R, shape: tuple[int, ...]) -> np.ndarray:
    return r.integers(0, 3, shape).astype("int32")


class Row(NamedTuple):
    """How to draw for one metric."""

    true: Any
    pred: Any
    options: dict[str, Any] = {}  # noqa: RUF012  (a tuple's default is read alone)
    shapes: tuple[tuple[int, ...], ...] = (ROWS, CUBE)
    weighted: bool = True


ANY = st.just
YES_NO = {"thresholds": st.sampled_from([None, 0.3, [0.25, 0.5, 0.9], [0.0, 0.5, 1.0]])}
SHARE = {**YES_NO, "class_id": st.sampled_from([None, 1])}
CURVE = {
    "num_thresholds": st.sampled_from([5, 200]), "curve": st.sampled_from(["ROC", "PR", "PRGAIN"]),
    "summation_method": st.sampled_from(["interpolation", "minoring", "majoring"]),
}  # fmt: skip
AT = {"num_thresholds": st.sampled_from([1, 5, 200]), "class_id": st.sampled_from([None, 2])}
AVERAGE = {
    "average": st.sampled_from([None, "micro", "macro", "weighted"]),
    "threshold": st.sampled_from([None, 0.5]),
}
IOU = {"num_classes": ANY(3), "dtype": ANY("float32"), "ignore_class": st.sampled_from([None, 0, -1])}
HOT_IOU = {"num_classes": ANY(4), "dtype": ANY("float32")}
TABLE: dict[str, list[Row]] = {
    "Sum": [],
    "Mean": [],
    "Accuracy": [Row(small_ints, small_ints)],
    "BinaryAccuracy": [Row(bits, grid, {"threshold": st.sampled_from([0.5, 0.25])})],
    "CategoricalAccuracy": [Row(one_hot, grid), Row(one_hot, unit)],
    "SparseCategoricalAccuracy": [Row(labels, unit), Row(labels, grid)],
    "TopKCategoricalAccuracy": [Row(one_hot, unit, {"k": st.integers(1, 4)}), Row(one_hot, grid, {"k": st.integers(1, 3)})],
    "SparseTopKCategoricalAccuracy": [
        Row(labels, unit, {"k": st.integers(1, 4)}), Row(labels, grid, {"k": st.integers(1, 3)}),
        Row(labels, small_ints, {"k": st.integers(1, 3), "from_sorted_ids": ANY(True)}),
    ],
    "MeanSquaredError": [Row(numbers, numbers), Row(numbers, numbers, {}, ((6, 1),))],
    "RootMeanSquaredError": [Row(numbers, numbers)],
    "MeanAbsoluteError": [Row(numbers, numbers)],
    "MeanAbsolutePercentageError": [Row(positive, numbers)],
    "MeanSquaredLogarithmicError": [Row(positive, positive)],
    "LogCoshError": [Row(numbers, numbers)],
    "CosineSimilarity": [Row(numbers, numbers, {"axis": st.sampled_from([-1, 1])})],
    "R2Score": [
        Row(numbers, numbers, {"class_aggregation": st.sampled_from([None, "uniform_average", "variance_weighted_average"])}, (ROWS,)),
        Row(numbers, numbers, {"num_regressors": st.integers(0, 3)}, (ROWS,)),
    ],
    "BinaryCrossentropy": [Row(bits, unit, {"label_smoothing": st.sampled_from([0, 0.2])}), Row(bits, numbers, {"from_logits": ANY(True)})],
    "CategoricalCrossentropy": [Row(one_hot, unit, {"label_smoothing": st.sampled_from([0, 0.2])}), Row(one_hot, numbers, {"from_logits": ANY(True)})],
    "SparseCategoricalCrossentropy": [Row(labels, unit, {"ignore_class": st.sampled_from([None, 1])}, weighted=False), Row(labels, numbers, {"from_logits": ANY(True)})],
    "KLDivergence": [Row(unit, unit)],
    "Poisson": [Row(positive, positive)],
    "Hinge": [Row(bits, numbers)],
    "SquaredHinge": [Row(bits, numbers)],
    "CategoricalHinge": [Row(one_hot, numbers)],
    "PearsonCorrelation": [Row(numbers, numbers, {"axis": st.sampled_from([-1, 1])})],
    "ConcordanceCorrelation": [Row(numbers, numbers, {"axis": st.sampled_from([-1, 1])})],
    "TruePositives": [Row(bits, grid, YES_NO), Row(bits, unit, YES_NO)],
    "FalsePositives": [Row(bits, unit, YES_NO)],
    "TrueNegatives": [Row(bits, unit, YES_NO)],
    "FalseNegatives": [Row(bits, unit, YES_NO)],
    "Precision": [Row(bits, unit, SHARE), Row(bits, unit, {"top_k": st.integers(1, 3)}, (ROWS,))],
    "Recall": [Row(bits, unit, SHARE), Row(bits, numbers, {"top_k": st.integers(1, 3)}, (ROWS,))],
    "AUC": [
        Row(bits, unit, CURVE), Row(bits, grid, {**CURVE, "num_thresholds": ANY(200)}),
        Row(bits, numbers, {"from_logits": ANY(True), "label_weights": ANY([0.5, 1.0, 2.0, 0.0])}, (ROWS,)),
        Row(bits, unit, {"multi_label": ANY(True), "label_weights": st.sampled_from([None, [0.5, 1.0, 2.0, 0.0]])}, (ROWS,)),
        Row(bits, unit, {"thresholds": st.sampled_from([[0.5], [0.2, 0.7], [0.25, 0.5, 0.75]]), "curve": st.sampled_from(["ROC", "PR"])}, (FLAT, ROWS)),
    ],
    "SensitivityAtSpecificity": [Row(bits, unit, {**AT, "specificity": st.sampled_from([0.3, 0.7])})],
    "SpecificityAtSensitivity": [Row(bits, unit, {**AT, "sensitivity": st.sampled_from([0.3, 0.7])})],
    "PrecisionAtRecall": [Row(bits, unit, {**AT, "recall": st.sampled_from([0.3, 0.7])})],
    "RecallAtPrecision": [Row(bits, unit, {**AT, "precision": st.sampled_from([0.3, 0.6])})],
    "F1Score": [Row(bits, unit, AVERAGE, (ROWS,))],
    "FBetaScore": [Row(bits, unit, {**AVERAGE, "beta": st.sampled_from([0.5, 2.0])}, (ROWS,))],
    "IoU": [Row(small_ints, small_ints, {**IOU, "target_class_ids": st.sampled_from([[0], [1, 2]])}, (FLAT, ROWS))],
    "MeanIoU": [Row(small_ints, small_ints, IOU, (FLAT, ROWS))],
    "BinaryIoU": [Row(bits, grid, {"dtype": ANY("float32"), "threshold": st.sampled_from([0.5, 0.3]), "target_class_ids": st.sampled_from([[0], [0, 1]])}, (FLAT, ROWS))],
    "OneHotIoU": [Row(one_hot, unit, {**HOT_IOU, "target_class_ids": ANY([1, 2])}, (ROWS,))],
    "OneHotMeanIoU": [Row(one_hot, unit, HOT_IOU, (ROWS,))],
}  # fmt: skip
CASES = [
    pytest.param(name, row, id=f"{name}-{i}") for name, rows in TABLE.items() for i, row in enumerate(rows)
]


def close(got: Any, want: Any) -> None:
    np.testing.assert_allclose(np.asarray(got), np.asarray(want), rtol=1e-5, atol=1e-5)


def weight_shape(name: str, shape: tuple[int, ...]) -> tuple[int, ...]:
    """Return the shape of weights that Keras takes: one an example, or one an output."""
    if name in ("IoU", "MeanIoU", "BinaryIoU"):
        return shape
    counts = name.startswith(("True", "False", "Precision", "Recall", "AUC", "Sensitivity", "Specificity"))
    return (*shape[:-1], 1) if counts and len(shape) == 3 else shape[:1]


@pytest.mark.parametrize(("name", "row"), CASES)
@BUDGET
@given(data=st.data())
def test_figures_are_those_of_keras(name: str, row: Row, data: st.DataObject) -> None:
    r = np.random.default_rng(data.draw(st.integers(0, 2**32 - 1)))
    shape = data.draw(st.sampled_from(row.shapes))
    options = {key: data.draw(choice) for key, choice in row.options.items()}
    is_weighted = row.weighted and data.draw(st.booleans())
    theirs = getattr(keras.metrics, name)(**options)
    with horn.use_backend(os.environ["HORN_BACKEND"]):
        ours = getattr(metrics, name)(**options)
        again = type(ours).from_config(ours.get_config())
        for _ in range(2):
            y_true, y_pred = row.true(r, shape), row.pred(r, shape)
            weight = None
            if is_weighted:
                weight = positive(r, weight_shape(name, shape))
            for metric in (ours, again, theirs):
                metric.update_state(y_true, y_pred, weight)
        close(ours.result(), theirs.result())
        close(again.result(), theirs.result())
        ours.reset_state()
        theirs.reset_state()
        close(ours.result(), 0.0 if name == "R2Score" else theirs.result())


@pytest.mark.parametrize("name", ["Mean", "Sum"])
@pytest.mark.parametrize("weight", [None, 2.0, (6,), (6, 1), (6, 4)])
def test_mean_and_sum_spread_weights_as_keras_does(name: str, weight: Any) -> None:
    r = np.random.default_rng(0)
    theirs = getattr(keras.metrics, name)()
    with horn.use_backend(os.environ["HORN_BACKEND"]):
        ours = getattr(metrics, name)()
        for shape in (ROWS, FLAT, ()):
            if isinstance(weight, tuple) and len(weight) > max(len(shape), 0):
                continue
            values = numbers(r, shape)
            factor = positive(r, weight) if isinstance(weight, tuple) else weight
            ours.update_state(values, factor)
            theirs.update_state(values, factor)
        close(ours.result(), theirs.result())


@pytest.mark.parametrize("name", ["MeanSquaredError", "BinaryAccuracy"])
@pytest.mark.parametrize("weighted", [False, True])
def test_masked_outputs_count_as_in_keras(name: str, weighted: bool) -> None:
    r = np.random.default_rng(0)
    y_true, y_pred, weight = bits(r, (3, 4, 1)), unit(r, (3, 4, 1)), positive(r, (3, 4)) if weighted else None
    mask = r.integers(0, 2, (3, 4)).astype(bool)
    masked = keras.ops.convert_to_tensor(y_pred)
    keras.src.backend.set_keras_mask(masked, mask)
    theirs = getattr(keras.metrics, name)()
    theirs.update_state(y_true, masked, weight)
    with horn.use_backend(os.environ["HORN_BACKEND"]), calls.run():
        masks.put(y_pred, mask)
        close(getattr(metrics, name)()(y_true, y_pred, weight), theirs.result())


def test_every_name_and_argument_of_keras_is_there() -> None:
    for name in sorted(n for n in dir(keras.metrics) if not n.startswith("_")):
        theirs, ours = getattr(keras.metrics, name), getattr(metrics, name)
        if not callable(theirs):
            continue
        want = inspect.signature(theirs).parameters.values()
        got = inspect.signature(getattr(ours, "__wrapped__", ours)).parameters.values()
        assert [(p.name, p.default) for p in want] == [(p.name, p.default) for p in got], name


@pytest.mark.parametrize("name", ["bce", "BCE", "mae", "MAE", "mape", "MAPE", "mse", "MSE", "msle", "MSLE", "auc", "AUC",
                                  "io_u", "mean_io_u", "f1_score", "log_cosh_error", "f_beta_score"])  # fmt: skip
def test_names_mean_what_they_mean_in_keras(name: str) -> None:
    if name in ("io_u", "mean_io_u"):
        assert metrics.deserialize(
            {
                "class_name": name,
                "config": {"num_classes": 2, **({"target_class_ids": [0]} if name == "io_u" else {})},
            }
        )
        return
    assert type(metrics.get(name)).__name__ == type(keras.metrics.get(name)).__name__


def test_what_keras_serializes_is_read() -> None:
    theirs = keras.metrics.AUC(num_thresholds=50, curve="PR")
    ours = metrics.deserialize(keras.metrics.serialize(theirs))
    assert isinstance(ours, metrics.AUC)
    assert (ours.curve, ours.num_thresholds) == ("PR", 50)


WRONG = [
    lambda: metrics.AUC(num_thresholds=1),
    lambda: metrics.AUC(curve="roc"),
    lambda: metrics.AUC(summation_method="mean"),
    lambda: metrics.AUC(thresholds=[0.5, 1.5]),
    lambda: metrics.AUC(num_labels=3),
    lambda: metrics.AUC(label_weights=[float("nan")]),
    lambda: metrics.Precision(thresholds=2.0),
    lambda: metrics.Precision(thresholds=[]),
    lambda: metrics.Recall(top_k=0),
    lambda: metrics.Recall(class_id=-1),
    lambda: metrics.PrecisionAtRecall(1.5),
    lambda: metrics.SensitivityAtSpecificity(0.5, num_thresholds=0),
    lambda: metrics.BinaryAccuracy(threshold=float("nan")),
    lambda: metrics.TopKCategoricalAccuracy(k=0),
    lambda: metrics.SparseTopKCategoricalAccuracy(k=2.5),
    lambda: metrics.F1Score(average="mean"),
    lambda: metrics.FBetaScore(beta=0.0),
    lambda: metrics.FBetaScore(threshold=0.0),
    lambda: metrics.IoU(3, [3]),
    lambda: metrics.MeanIoU(0),
    lambda: metrics.R2Score(class_aggregation="mean"),
    lambda: metrics.R2Score(num_regressors=-1),
    lambda: metrics.BinaryCrossentropy(label_smoothing=2.0),
    lambda: metrics.CosineSimilarity(axis="last"),
    lambda: metrics.get("acuracy"),
    lambda: metrics.deserialize(3),
]


@pytest.mark.parametrize("make", WRONG)
def test_a_wrong_argument_is_refused(make: Any) -> None:
    with pytest.raises(ArgumentError) as caught:
        make()
    assert all(part in str(caught.value) for part in ("expected:", "got:", "next:"))
