"""Losses against Keras's: values, gradients by the outputs, reductions, weights.

Where the two differ on purpose, or Keras does not agree with itself, it says so here:

* `label_smoothing` with another `axis` than the last: Keras divides by the size of the last axis,
  Horn by the number of classes. Not drawn together.
* weights (batch,) for values of rank 2: an error in Keras, one weight an example in Horn.
* ``"mean_with_sample_weight"`` where the weights broadcast: Keras divides by the sum of the
  weights as given, Horn by that of the weights of the values. Drawn with full weights only.
* `Huber.get_config` forgets `delta` in Keras.
* focal cross-entropies of large logits: Keras goes by way of clipped probabilities.
* a CTC target longer than the output: 1e5 in Keras on JAX, infinite on TensorFlow; 1e5 in Horn.
"""

from __future__ import annotations

import os
from typing import Any, NamedTuple

import numpy as np
import pytest
from hypothesis import HealthCheck, Phase, given, settings, strategies as st

import horn
from horn import losses
from horn.api.layers import calls, masks
from horn.errors import ArgumentError

keras = pytest.importorskip("keras")
jax = pytest.importorskip("jax")
if keras.backend.backend() != "jax":
    pytest.skip("the oracle of the gradients is Keras on JAX", allow_module_level=True)

BUDGET = settings(
    max_examples=6, derandomize=True, deadline=None, database=None, phases=(Phase.generate,),
    suppress_health_check=list(HealthCheck),
)  # fmt: skip
pytestmark = pytest.mark.filterwarnings("ignore")  # what Keras warns of is not tested here
R = np.random.Generator


def numbers(r: R, shape: tuple[int, ...]) -> np.ndarray:
    return r.normal(size=shape).astype("float32")


def positive(r: R, shape: tuple[int, ...]) -> np.ndarray:
    return r.uniform(0.1, 3.0, shape).astype("float32")


def unit(r: R, shape: tuple[int, ...]) -> np.ndarray:
    return r.uniform(0.02, 0.98, shape).astype("float32")


def bits(r: R, shape: tuple[int, ...]) -> np.ndarray:
    return r.integers(0, 2, shape).astype("float32")


def signs(r: R, shape: tuple[int, ...]) -> np.ndarray:
    return (2.0 * r.integers(0, 2, shape) - 1.0).astype("float32")


def one_hot(r: R, shape: tuple[int, ...]) -> np.ndarray:
    return np.eye(shape[-1], dtype="float32")[r.integers(0, shape[-1], shape[:-1])]


def labels(r: R, shape: tuple[int, ...]) -> np.ndarray:
    return r.integers(0, shape[-1], shape[:-1]).astype("int32")


def padded(r: R, shape: tuple[int, ...]) -> np.ndarray:
    """Return labels of a target sequence, with zeros behind some of them."""
    rows = r.integers(1, shape[-1], (shape[0], 3))
    return np.where(np.arange(3) < r.integers(1, 4, (shape[0], 1)), rows, 0).astype("int32")


def on_sphere(r: R, shape: tuple[int, ...]) -> np.ndarray:
    x = r.normal(size=shape)
    return (x / np.linalg.norm(x, axis=-1, keepdims=True)).astype("float32")


class Row(NamedTuple):
    """How to draw for one loss."""

    true: Any
    pred: Any
    options: dict[str, Any]
    shapes: tuple[tuple[int, ...], ...] = ((5, 4), (2, 3, 4))
    per_value: bool = True


AXIS = st.sampled_from([-1, 1])
SMOOTH = st.sampled_from([0.0, 0.1, 0.5])
ROWS: dict[str, list[Row]] = {
    "MeanSquaredError": [Row(numbers, numbers, {})],
    "MeanAbsoluteError": [Row(numbers, numbers, {})],
    "MeanAbsolutePercentageError": [Row(positive, numbers, {}), Row(bits, numbers, {})],
    "MeanSquaredLogarithmicError": [Row(positive, positive, {}), Row(numbers, numbers, {})],
    "Huber": [Row(numbers, numbers, {"delta": st.floats(0.1, 3.0)})],
    "LogCosh": [Row(numbers, numbers, {})],
    "KLDivergence": [Row(unit, unit, {}), Row(one_hot, unit, {})],
    "Poisson": [Row(positive, positive, {})],
    "Hinge": [Row(bits, numbers, {}), Row(signs, numbers, {})],
    "SquaredHinge": [Row(bits, numbers, {}), Row(signs, numbers, {})],
    "CategoricalHinge": [Row(one_hot, numbers, {})],
    "CosineSimilarity": [Row(numbers, numbers, {"axis": AXIS})],
    "BinaryCrossentropy": [
        Row(bits, unit, {"label_smoothing": SMOOTH, "axis": AXIS}),
        Row(unit, numbers, {"from_logits": st.just(True), "label_smoothing": SMOOTH}),
    ],
    "BinaryFocalCrossentropy": [
        Row(bits, unit, {"apply_class_balancing": st.booleans(), "alpha": st.floats(0.1, 0.9), "gamma": st.sampled_from([0.0, 1.0, 2.0, 1.5]), "label_smoothing": SMOOTH}),
        Row(bits, numbers, {"from_logits": st.just(True), "gamma": st.sampled_from([2.0, 0.5])}),
    ],
    "CategoricalCrossentropy": [
        Row(one_hot, unit, {"label_smoothing": SMOOTH}),
        Row(unit, numbers, {"from_logits": st.just(True), "axis": AXIS}),
    ],
    "CategoricalFocalCrossentropy": [
        Row(one_hot, unit, {"alpha": st.floats(0.1, 2.0), "gamma": st.sampled_from([0.0, 1.0, 2.0, 1.5]), "label_smoothing": SMOOTH}),
        Row(unit, numbers, {"from_logits": st.just(True), "axis": AXIS}),
    ],
    "CategoricalGeneralizedCrossEntropy": [Row(labels, unit, {"q": st.floats(0.1, 0.9)})],
    "SparseCategoricalCrossentropy": [
        Row(labels, unit, {"ignore_class": st.sampled_from([None, 0, 2])}),
        Row(labels, numbers, {"from_logits": st.just(True), "ignore_class": st.sampled_from([None, -1, 1])}),
    ],
    "Dice": [Row(bits, unit, {"axis": st.sampled_from([None, 1, (1,)])}, ((5, 4),), False)],
    "Tversky": [Row(bits, unit, {"alpha": st.floats(0.1, 0.9), "beta": st.floats(0.1, 0.9), "axis": st.sampled_from([None, 1])}, ((5, 4),), False)],
    "Circle": [Row(lambda r, shape: r.integers(0, 3, shape[0]).astype("int32"), on_sphere, {"gamma": st.floats(1.0, 20.0), "margin": st.floats(0.1, 0.5), "remove_diagonal": st.booleans()}, ((5, 4),))],
    "CTC": [Row(padded, lambda r, shape: numbers(r, (shape[0], 7, shape[-1])), {}, ((5, 4),))],
}  # fmt: skip
CASES = [
    pytest.param(name, row, id=f"{name}-{i}") for name, rows in ROWS.items() for i, row in enumerate(rows)
]


def close(got: Any, want: Any) -> None:
    np.testing.assert_allclose(np.asarray(got), np.asarray(want), rtol=1e-5, atol=1e-5)


@pytest.mark.parametrize(("name", "row"), CASES)
@BUDGET
@given(data=st.data())
def test_values_and_gradients_are_those_of_keras(name: str, row: Row, data: st.DataObject) -> None:
    r = np.random.default_rng(data.draw(st.integers(0, 2**32 - 1)))
    shape = data.draw(st.sampled_from(row.shapes))
    options = {key: data.draw(choice) for key, choice in row.options.items()}
    if options.get("label_smoothing") and options.get("axis", -1) != -1 and name.startswith("Categorical"):
        options["axis"] = -1
    y_true, y_pred = row.true(r, shape), row.pred(r, shape)
    reductions = ["sum_over_batch_size", "sum", "mean", "none", None]
    reduction = data.draw(
        st.sampled_from([*reductions, "mean_with_sample_weight"] if row.per_value else reductions)
    )
    ours = getattr(losses, name)(**options, reduction=reduction)
    theirs = getattr(keras.losses, name)(**options, reduction=reduction)
    weight = None
    if row.per_value and data.draw(st.booleans()):
        weight = r.uniform(0.0, 2.0, np.shape(theirs.call(y_true, jax.numpy.asarray(y_pred)))).astype(
            "float32"
        )
    with horn.use_backend(os.environ["HORN_BACKEND"]):
        close(ours(y_true, y_pred, weight), theirs(y_true, y_pred, weight))
        got = horn.grad(lambda p: horn.ops.sum(ours(y_true, p, weight)))(y_pred)
        close(ours.from_config(ours.get_config())(y_true, y_pred, weight), ours(y_true, y_pred, weight))
    want = jax.grad(lambda p: jax.numpy.sum(theirs(y_true, p, weight)))(y_pred)
    scale = max(1.0, float(np.abs(want).max()))
    close(got / scale, want / scale)


@BUDGET
@given(st.integers(0, 2**32 - 1), st.booleans())
def test_circle_with_references(seed: int, remove_diagonal: bool) -> None:
    r = np.random.default_rng(seed)
    x, references = on_sphere(r, (5, 3)), on_sphere(r, (4, 3))
    mine, others = r.integers(0, 2, 5), r.integers(0, 2, 4)
    args = {
        "ref_labels": others,
        "ref_embeddings": references,
        "remove_diagonal": remove_diagonal,
        "gamma": 8,
    }
    with horn.use_backend(os.environ["HORN_BACKEND"]):
        close(losses.circle(mine, x, **args), keras.losses.circle(mine, x, **args))


def test_masked_outputs_count_as_in_keras() -> None:
    r = np.random.default_rng(0)
    y_true, y_pred, weight = numbers(r, (3, 4, 2)), numbers(r, (3, 4, 2)), positive(r, (3, 4))
    mask = r.integers(0, 2, (3, 4)).astype(bool)
    masked = keras.ops.convert_to_tensor(y_pred)
    for reduction in ("sum_over_batch_size", "sum", "mean_with_sample_weight", "none"):
        for factor in (None, weight):
            keras.src.backend.set_keras_mask(masked, mask)
            want = keras.losses.MeanSquaredError(reduction=reduction)(y_true, masked, factor)
            ours = losses.MeanSquaredError(reduction=reduction)
            close(ours(y_true, y_pred, factor, mask=mask), want)
            with calls.run():
                masks.put(y_pred, mask)
                close(ours(y_true, y_pred, factor), want)


def test_every_name_and_argument_of_keras_is_there() -> None:
    import inspect

    for name in sorted(n for n in dir(keras.losses) if not n.startswith("_")):
        theirs, ours = getattr(keras.losses, name), getattr(losses, name)
        if isinstance(theirs, type):
            want, got = inspect.signature(theirs).parameters, inspect.signature(ours).parameters
            assert [(p.name, p.default) for p in want.values()] == [
                (p.name, p.default) for p in got.values()
            ], name
        elif callable(theirs):
            want = inspect.signature(theirs).parameters
            got = inspect.signature(getattr(ours, "__wrapped__", ours)).parameters
            assert [(p.name, p.default) for p in want.values()] == [
                (p.name, p.default) for p in got.values()
            ], name


@pytest.mark.parametrize(
    "name", ["bce", "BCE", "kld", "KLD", "mae", "MAE", "mape", "MAPE", "mse", "MSE", "msle", "MSLE"]
)
def test_short_names_mean_what_they_mean_in_keras(name: str) -> None:
    assert losses.get(name).__name__ == keras.losses.get(name).__name__


def test_what_keras_serializes_is_read() -> None:
    ours = losses.deserialize(
        keras.losses.serialize(keras.losses.CategoricalCrossentropy(label_smoothing=0.1))
    )
    assert isinstance(ours, losses.CategoricalCrossentropy)
    assert ours.options["label_smoothing"] == 0.1
    assert losses.deserialize(keras.losses.serialize(keras.losses.hinge)) is losses.hinge


WRONG = [
    lambda: losses.Huber(delta=0.0),
    lambda: losses.Huber(delta=float("nan")),
    lambda: losses.Huber(delta="1"),
    lambda: losses.BinaryCrossentropy(label_smoothing=1.5),
    lambda: losses.CategoricalCrossentropy(label_smoothing=-0.1),
    lambda: losses.CategoricalCrossentropy(axis=0.5),
    lambda: losses.SparseCategoricalCrossentropy(ignore_class=1.5),
    lambda: losses.BinaryFocalCrossentropy(gamma=-1.0),
    lambda: losses.BinaryFocalCrossentropy(alpha=2.0),
    lambda: losses.CategoricalFocalCrossentropy(alpha=[0.1, float("inf")]),
    lambda: losses.CategoricalGeneralizedCrossEntropy(q=1.0),
    lambda: losses.CategoricalGeneralizedCrossEntropy(q=0.0),
    lambda: losses.Circle(gamma=0.0),
    lambda: losses.Circle(margin=None),
    lambda: losses.Tversky(alpha=-1.0),
    lambda: losses.Dice(axis="rows"),
    lambda: losses.CosineSimilarity(axis=None),
    lambda: losses.MeanSquaredError(reduction="average"),
    lambda: losses.get("mean_square_error"),
    lambda: losses.deserialize({"class": "Huber"}),
]


@pytest.mark.parametrize("make", WRONG)
def test_a_wrong_argument_is_refused(make: Any) -> None:
    with pytest.raises(ArgumentError) as caught:
        make()
    assert all(part in str(caught.value) for part in ("expected:", "got:", "next:"))
