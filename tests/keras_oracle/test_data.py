"""The data of `fit` against Keras 3: the same examples, in the same steps, with the same weights."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings, strategies as st

keras: Any = pytest.importorskip("keras")

import horn  # noqa: E402

RATE = 0.05
_PASSES = settings(max_examples=6, derandomize=True, deadline=None)
# Keras itself does what NumPy has deprecated, and warns where data end early.
pytestmark = [
    pytest.mark.filterwarnings("ignore:__array__ implementation:DeprecationWarning"),
    pytest.mark.filterwarnings("ignore:Your input ran out of data"),
]


def models(loss: str = "mse", units: int = 2) -> list[Any]:
    """Return a model of each library with equal weights."""
    made = []
    for library, options in ((horn, {}), (keras, {})):
        inputs = library.Input((3,))
        activation = None if loss == "mse" else "softmax"
        outputs = library.layers.Dense(units, activation=activation)(inputs)
        model = library.Model(inputs, outputs, **options)
        model.compile(
            library.optimizers.SGD(RATE), loss, run_eagerly=library is keras
        )  # it compiles for seconds
        made.append(model)
    kernel = np.random.default_rng(5).normal(size=(3, units)).astype("float32")
    for model in made:
        model.set_weights([kernel, np.zeros(units, "float32")])
    return made


def data(examples: int, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    random = np.random.default_rng(seed)
    return random.normal(size=(examples, 3)).astype("float32"), random.normal(size=(examples, 2)).astype(
        "float32"
    )


def assert_same(ours: Any, theirs: Any) -> None:
    for name, values in theirs.history.history.items():
        np.testing.assert_allclose(ours.history.history[name], values, rtol=2e-5, err_msg=name)
    for one, other in zip(ours.get_weights(), theirs.get_weights(), strict=True):
        np.testing.assert_allclose(one, other, rtol=1e-5, atol=1e-6)


def fit_both(loss: str, units: int, *given: Any, **options: Any) -> None:
    ours, theirs = models(loss, units)
    for model in (ours, theirs):
        model.fit(*given, verbose=0, shuffle=False, **options)
    assert_same(ours, theirs)


@_PASSES
@given(
    examples=st.integers(7, 13),
    share=st.sampled_from([0.1, 0.15, 0.3, 0.35, 0.5]),
    frequency=st.sampled_from([1, 2, [2], [1, 3]]),
    steps=st.sampled_from([None, 1]),
)
def test_validation_holds_out_and_looks_as_keras(
    examples: int, share: float, frequency: Any, steps: Any
) -> None:
    fit_both(
        "mse", 2, *data(examples), batch_size=4, epochs=3, validation_split=share, validation_freq=frequency,
        validation_steps=steps, validation_batch_size=2,
    )  # fmt: skip


@_PASSES
@given(
    examples=st.integers(5, 12), steps=st.integers(1, 5), epochs=st.integers(1, 4), first=st.integers(0, 1)
)
def test_epochs_of_some_steps_go_on_as_keras(examples: int, steps: int, epochs: int, first: int) -> None:
    fit_both(
        "mse", 2, *data(examples), batch_size=3, epochs=epochs, steps_per_epoch=steps, initial_epoch=first
    )


@_PASSES
@given(
    factors=st.dictionaries(st.integers(0, 2), st.sampled_from([0.0, 0.5, 1.0, 4.0]), min_size=1),
    form=st.sampled_from(["labels", "column", "one hot"]),
)
def test_class_weights_count_as_in_keras(factors: dict[int, float], form: str) -> None:
    x, _ = data(10)
    labels = np.arange(10, dtype="int32") % 3
    y = {"labels": labels, "column": labels[:, None], "one hot": np.eye(3, dtype="float32")[labels]}[form]
    loss = "categorical_crossentropy" if form == "one hot" else "sparse_categorical_crossentropy"
    fit_both(loss, 3, x, y, batch_size=4, epochs=2, class_weight=factors)


@pytest.mark.parametrize("workers", [1, 2])
def test_a_data_set_of_keras_serves_here(workers: int) -> None:
    x, y = data(10)

    class Batches(keras.utils.PyDataset):
        def __len__(self) -> int:
            return 4

        def __getitem__(self, index: int) -> Any:
            return x[index * 3 : index * 3 + 3], y[index * 3 : index * 3 + 3]

    # With more workers, Keras begins the first epoch with the second batch: it has looked at the first.
    ours, theirs = models()
    ours.fit(Batches(workers=workers), epochs=2, verbose=0, shuffle=False)
    theirs.fit(Batches(workers=1), epochs=2, verbose=0, shuffle=False)
    assert_same(ours, theirs)
    for steps in (None, 2):
        ours, theirs = (model.predict(Batches(), steps=steps, verbose=0) for model in models())
        np.testing.assert_allclose(ours, theirs, rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize("size", [3, 4, 32])
def test_evaluate_and_predict_take_the_steps_that_keras_takes(size: int) -> None:
    x, y = data(10)
    ours, theirs = models()
    for steps in (None, 1, 2):
        np.testing.assert_allclose(
            *(model.predict(x, batch_size=size, steps=steps, verbose=0) for model in (ours, theirs)),
            rtol=1e-5,
        )
        np.testing.assert_allclose(
            *(model.evaluate(x, y, batch_size=size, steps=steps, verbose=0) for model in (ours, theirs)),
            rtol=1e-5,
        )
