"""Regularizers and constraints against Keras 3: values, gradients, and models that train with them."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings, strategies as st

keras: Any = pytest.importorskip("keras")

import horn  # noqa: E402
from horn import ops  # noqa: E402
from horn.errors import ArgumentError, ShapeError  # noqa: E402

pytestmark = pytest.mark.filterwarnings("ignore:__array__ implementation:DeprecationWarning")  # Keras's own
_FACTOR = st.sampled_from([0.0, 0.01, 0.5])
_AXIS = st.sampled_from([0, 1, [0, 1]])
REGULARIZERS = {
    "L1": {"l1": _FACTOR},
    "L2": {"l2": _FACTOR},
    "L1L2": {"l1": _FACTOR, "l2": _FACTOR},
    "OrthogonalRegularizer": {"factor": _FACTOR, "mode": st.sampled_from(["rows", "columns"])},
}
CONSTRAINTS = {
    "MaxNorm": {"max_value": st.floats(0.0, 3.0), "axis": _AXIS},
    "MinMaxNorm": {
        "min_value": st.floats(0.0, 1.0), "max_value": st.floats(1.0, 3.0), "rate": st.floats(0.0, 1.0), "axis": _AXIS,
    },
    "NonNeg": {},
    "UnitNorm": {"axis": _AXIS},
}  # fmt: skip


def weight(seed: int) -> np.ndarray:
    return np.random.default_rng(seed).normal(size=(4, 3)).astype("float32")


def tensor(x: Any) -> Any:
    return keras.ops.convert_to_tensor(x)


def array(x: Any) -> np.ndarray:
    return keras.ops.convert_to_numpy(x)


@pytest.mark.parametrize("name", REGULARIZERS)
def test_a_penalty_and_its_gradient_are_those_of_keras(name: str) -> None:
    import jax

    @settings(derandomize=True, max_examples=8, deadline=None, database=None)
    @given(seed=st.integers(0, 9), options=st.fixed_dictionaries({}, optional=REGULARIZERS[name]))
    def check(seed: int, options: dict[str, Any]) -> None:
        x = weight(seed)
        ours = horn.value_and_grad(getattr(horn.regularizers, name)(**options))(x)
        theirs = jax.value_and_grad(
            lambda x: getattr(keras.regularizers, name)(**options)(x) + 0.0 * x.sum()
        )(tensor(x))
        for our, their in zip(ours, theirs, strict=True):
            np.testing.assert_allclose(our, array(their), rtol=1e-5, atol=1e-6, err_msg=str(options))

    check()


@pytest.mark.parametrize("name", CONSTRAINTS)
def test_a_constraint_is_that_of_keras(name: str) -> None:
    @settings(derandomize=True, max_examples=8, deadline=None, database=None)
    @given(seed=st.integers(0, 9), options=st.fixed_dictionaries({}, optional=CONSTRAINTS[name]))
    def check(seed: int, options: dict[str, Any]) -> None:
        x = weight(seed)
        x[:, 1] = 0.0
        ours = getattr(horn.constraints, name)(**options)(x)
        theirs = array(getattr(keras.constraints, name)(**options)(tensor(x)))
        np.testing.assert_allclose(ours, theirs, rtol=1e-5, atol=1e-6, err_msg=str(options))

    check()


@pytest.mark.parametrize("family", ["regularizers", "constraints"])
def test_configurations_go_both_ways(family: str) -> None:
    for name in REGULARIZERS if family == "regularizers" else CONSTRAINTS:
        for here, there in ((horn, keras), (keras, horn)):
            here, there = getattr(here, family), getattr(there, family)
            config = here.serialize(getattr(here, name)())
            again = there.serialize(there.get(config))["config"]
            # Keras keeps some factors in float32.
            rounded = {k: pytest.approx(v, rel=1e-6) if isinstance(v, float) else v for k, v in again.items()}
            assert config["config"] == rounded


@pytest.mark.parametrize("name", ["l1", "l2", "l1l2", "L1L2", "orthogonal_regularizer"])
def test_names_of_regularizers(name: str) -> None:
    assert type(horn.regularizers.get(name)).__name__ == type(keras.regularizers.get(name)).__name__


@pytest.mark.parametrize("name", ["max_norm", "MaxNorm", "min_max_norm", "non_neg", "unit_norm", "UnitNorm"])
def test_names_of_constraints(name: str) -> None:
    assert type(horn.constraints.get(name)).__name__ == type(keras.constraints.get(name)).__name__


def build(k: Any) -> Any:
    """Return a model with a penalty or a constraint on each kind of layer.

    No bias has an L1 penalty: at zero, where they begin, Keras's gradient is 1 on JAX and 0 on PyTorch.
    Nor does the recurrent kernel begin orthogonal, where the sign of its cosines is that of rounding errors.
    """
    layers, regularizers, constraints = k.layers, k.regularizers, k.constraints
    return k.Sequential(
        [
            k.Input(shape=(6,), dtype="int32"),
            layers.Embedding(7, 4, embeddings_regularizer="l2", embeddings_constraint="unit_norm"),
            layers.Conv1D(
                3, 2, kernel_regularizer=regularizers.L1(0.02), kernel_constraint=constraints.MaxNorm(0.5, [0, 1])
            ),
            layers.BatchNormalization(gamma_regularizer="l1", beta_constraint="non_neg"),
            layers.LSTM(
                3, recurrent_initializer="glorot_uniform", recurrent_regularizer="orthogonal_regularizer",
                kernel_regularizer="l2", bias_regularizer="l2", bias_constraint="non_neg",
                recurrent_constraint=constraints.MinMaxNorm(0.2, 0.4, 0.5),
            ),
            layers.Dense(
                2, kernel_regularizer=regularizers.L1L2(0.01, 0.02), bias_regularizer="l2", kernel_constraint="max_norm"
            ),
        ]
    )  # fmt: skip


def trained(
    k: Any, first: list[np.ndarray] | None, **options: Any
) -> tuple[Any, list[float], list[np.ndarray]]:
    random = np.random.default_rng(0)
    x, y = random.integers(0, 7, (8, 6)).astype("int32"), random.normal(size=(8, 2)).astype("float32")
    model = build(k)
    if first is not None:
        model.set_weights(first)
    start = model.get_weights()
    model.compile(k.optimizers.SGD(0.1, **options), "mse")
    history = model.fit(x, y, batch_size=4, epochs=3, shuffle=False, verbose=0)
    return model, history.history["loss"], start


@pytest.mark.parametrize("backend", ["numpy", "torch", "jax"])
@pytest.mark.parametrize(
    "options",
    [{}, {"use_ema": True, "gradient_accumulation_steps": 2, "loss_scale_factor": 8.0, "weight_decay": 0.1}],
    ids=["plain", "with options"],
)
def test_a_model_trains_as_in_keras(backend: str, options: dict[str, Any]) -> None:
    theirs, their_losses, first = trained(keras, None, **options)
    with horn.use_backend(backend):
        ours, our_losses, _ = trained(horn, first, **options)
        np.testing.assert_allclose(our_losses, their_losses, rtol=1e-4)
        for our, their in zip(ours.get_weights(), theirs.get_weights(), strict=True):
            np.testing.assert_allclose(our, their, rtol=1e-4, atol=1e-5)
        assert [float(x) for x in ours.losses] == pytest.approx([float(x) for x in theirs.losses], rel=1e-4)


def test_a_frozen_layer_pays_nothing() -> None:
    layer = horn.layers.Dense(2, kernel_regularizer="l2")
    layer(np.ones((1, 3), "float32"))
    assert len(layer.losses) == 1
    layer.trainable = False
    assert layer.losses == []


def test_a_model_may_have_penalties_for_its_only_loss() -> None:
    model = horn.Sequential(
        [horn.layers.Dense(1, kernel_initializer="ones", kernel_regularizer="l2")]
    )
    model.compile(horn.optimizers.SGD(5.0))
    model.fit(np.ones((1, 2), "float32"), verbose=0)
    np.testing.assert_allclose(model.get_weights()[0], 0.9 * np.ones((2, 1)), rtol=1e-6)


@pytest.mark.parametrize(
    "make",
    [
        lambda: horn.regularizers.L1(-1.0),
        lambda: horn.regularizers.L2(float("nan")),
        lambda: horn.regularizers.L1L2(l2=True),
        lambda: horn.regularizers.OrthogonalRegularizer(mode="diagonal"),
        lambda: horn.regularizers.get("l3"),
        lambda: horn.regularizers.get({"class_name": "L2"}),
        lambda: horn.constraints.MaxNorm(-1.0),
        lambda: horn.constraints.MinMaxNorm(2.0, 1.0),
        lambda: horn.constraints.MinMaxNorm(rate=2.0),
        lambda: horn.constraints.UnitNorm(axis=0.5),
        lambda: horn.constraints.get("unit"),
        lambda: horn.layers.Dense(2, kernel_regularizer="l9"),
        lambda: horn.layers.LSTM(2, bias_constraint="big"),
    ],
)
def test_wrong_arguments_are_refused(make: Any) -> None:
    with pytest.raises(ArgumentError):
        make()


def test_an_orthogonal_penalty_needs_a_matrix() -> None:
    with pytest.raises(ShapeError):
        horn.regularizers.OrthogonalRegularizer()(ops.ones((3,)))
