"""Every activation, and every layer made of one, against Keras 3: equal values and equal gradients."""

from __future__ import annotations

import itertools
import os
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings, strategies as st

os.environ.setdefault("KERAS_BACKEND", "jax")
keras: Any = pytest.importorskip("keras")

import horn  # noqa: E402
from horn import activations, layers  # noqa: E402
from horn.spec.boxes import pullback  # noqa: E402

_SLOPE = st.sampled_from([0.0, 0.1, 0.5])
_SIZE = st.sampled_from([0.25, 0.5, 1.0])
_AXIS = {"axis": st.sampled_from([-1, 0, 1])}

ARGUMENTS: dict[str, dict[str, Any]] = {
    "celu": {"alpha": _SIZE},
    "elu": {"alpha": _SIZE},
    "gelu": {"approximate": st.booleans()},
    "glu": _AXIS,
    "hard_shrink": {"threshold": _SIZE},
    "leaky_relu": {"negative_slope": _SLOPE},
    "log_softmax": _AXIS,
    "relu": {"negative_slope": _SLOPE, "max_value": st.sampled_from([None, 1.0, 6.0]), "threshold": _SLOPE},
    "soft_shrink": {"threshold": _SIZE},
    "softmax": _AXIS,
    "sparsemax": _AXIS,
    "squareplus": {"b": st.sampled_from([1, 4])},
    "threshold": {"threshold": _SLOPE, "default_value": _SIZE},
}
_TOOLS = ("get", "serialize", "deserialize")
NAMES = sorted(
    name
    for name in dir(keras.activations)
    if not name.startswith("_") and callable(getattr(keras.activations, name)) and name not in _TOOLS
)
# Its rows do not sum to one, for which it is defined; ours is compared with the definition below.
WRONG_IN_KERAS = {"sparsemax"}
RIGHT = [name for name in NAMES if name not in WRONG_IN_KERAS]

# No number is at a kink: there each backend of Keras has a gradient of its own.
_NUMBER = st.floats(-8.0, 8.0, width=32).map(
    lambda x: np.float32(x if abs(x * 16 - round(x * 16)) > 1e-3 else x + 0.01)
)
TENSORS = st.lists(_NUMBER, min_size=24, max_size=24).map(lambda row: np.array(row, np.float32).reshape(4, 6))


def gradient(fn: Any, x: np.ndarray, cotangent: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return a function's value and the gradient of its weighted sum, both by Horn."""
    value, back = pullback(fn, x)
    return horn.ops.convert_to_numpy(value), horn.ops.convert_to_numpy(
        back([cotangent[: value.shape[0], : value.shape[1]]])[0]
    )


def wanted(fn: Any, x: np.ndarray, cotangent: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return a function's value and the gradient of its weighted sum, both by Keras on JAX."""
    import jax

    def weighted(value: Any) -> Any:
        y = fn(value)
        return (y * cotangent[: y.shape[0], : y.shape[1]]).sum(), y

    (_, value), grad = jax.value_and_grad(weighted, has_aux=True)(x)
    return np.asarray(value), np.asarray(grad)


def compare(ours: Any, theirs: Any, x: np.ndarray) -> None:
    """Assert that values and gradients agree."""
    cotangent = np.random.default_rng(0).normal(size=x.shape).astype(np.float32)
    got, want = gradient(ours, x, cotangent), wanted(theirs, x, cotangent)
    for mine, other in zip(got, want, strict=True):
        assert mine.dtype == other.dtype
        np.testing.assert_allclose(mine, other, rtol=1e-5, atol=1e-5)


def test_every_activation_is_there() -> None:
    assert len(NAMES) == 32
    assert [name for name in NAMES if not hasattr(activations, name)] == []


@pytest.mark.parametrize("name", RIGHT)
def test_an_activation(name: str) -> None:
    @settings(max_examples=12, deadline=None, derandomize=True)
    @given(x=TENSORS, arguments=st.fixed_dictionaries(ARGUMENTS.get(name, {})))
    def run(x: np.ndarray, arguments: dict[str, Any]) -> None:
        ours, theirs = getattr(activations, name), getattr(keras.activations, name)
        compare(lambda v: ours(v, **arguments), lambda v: theirs(v, **arguments), x)

    run()


@pytest.mark.parametrize("name", RIGHT)
def test_the_names_of_activations(name: str) -> None:
    if name == "threshold":  # has arguments without defaults, so Keras too knows it as a function alone
        return
    ours, theirs = activations.get(name), keras.activations.get(name)
    x = np.linspace(-3, 3, 24, dtype=np.float32).reshape(4, 6) + np.float32(0.013)
    np.testing.assert_allclose(
        horn.ops.convert_to_numpy(ours(x)), np.asarray(theirs(x)), rtol=1e-5, atol=1e-6
    )
    assert activations.deserialize(activations.serialize(ours)) is ours
    assert activations.serialize(ours) == (
        "exponential" if name == "exponential" else keras.activations.serialize(theirs)
    )


LAYERS: dict[str, dict[str, Any]] = {
    "Activation": {"activation": st.sampled_from(["relu", "gelu", "hard_swish", None])},
    "ELU": {"alpha": _SIZE},
    "LeakyReLU": {"negative_slope": _SLOPE},
    "ReLU": {"max_value": st.sampled_from([None, 1.0]), "negative_slope": _SLOPE, "threshold": _SLOPE},
    "PReLU": {"shared_axes": st.sampled_from([None, [1]]), "alpha_regularizer": st.sampled_from([None, "l2"])},
    "Softmax": {"axis": st.sampled_from([-1, 1, [0, 1]])},
}


@pytest.mark.parametrize("name", LAYERS)
def test_a_layer(name: str) -> None:
    @settings(max_examples=12, deadline=None, derandomize=True)
    @given(x=TENSORS, arguments=st.fixed_dictionaries(LAYERS[name]))
    def run(x: np.ndarray, arguments: dict[str, Any]) -> None:
        ours, theirs = getattr(layers, name)(**arguments), getattr(keras.layers, name)(**arguments)
        ours(x), theirs(x)
        weights = [np.full(w.shape, 0.3, np.float32) for w in theirs.weights]
        assert [w.shape for w in ours.get_weights()] == [w.shape for w in weights]
        ours.set_weights(weights)
        theirs.set_weights(weights)
        compare(ours, theirs, x)
        again = type(ours).from_config(ours.get_config())
        again(x)
        again.set_weights(weights)
        np.testing.assert_array_equal(horn.ops.convert_to_numpy(again(x)), horn.ops.convert_to_numpy(ours(x)))

    run()


@pytest.mark.parametrize("name", LAYERS)
def test_the_config_of_a_layer_has_the_names_of_keras(name: str) -> None:
    arguments = {"activation": "relu"} if name == "Activation" else {}
    ours, theirs = getattr(layers, name)(**arguments), getattr(keras.layers, name)(**arguments)
    assert set(ours.get_config()) == set(theirs.get_config())


def test_a_masked_softmax() -> None:
    x = np.random.default_rng(1).normal(size=(3, 5)).astype(np.float32)
    mask = np.array([[1, 1, 0, 0, 1], [1, 1, 1, 1, 1], [0, 0, 1, 0, 0]], bool)
    want = np.asarray(keras.layers.Softmax()(x, mask=mask))
    np.testing.assert_allclose(horn.ops.convert_to_numpy(layers.Softmax()(x, mask=mask)), want, atol=1e-6)


def nearest_distribution(row: np.ndarray) -> np.ndarray:
    """Return the nearest point with sum one and no negative part, by trying every set of positive parts."""
    found = []
    for chosen in itertools.product([False, True], repeat=len(row)):
        kept = np.array(chosen)
        if kept.any():
            point = np.where(kept, row - (row[kept].sum() - 1) / kept.sum(), 0)
            found += [point] if (point >= 0).all() else []
    return min(found, key=lambda point: float(((point - row) ** 2).sum()))


def test_sparsemax_is_what_it_is_defined_to_be() -> None:
    x = np.random.default_rng(2).normal(size=(8, 5))
    got = horn.ops.convert_to_numpy(activations.sparsemax(x))
    np.testing.assert_allclose(got, [nearest_distribution(row) for row in x], atol=1e-12)
    assert activations.get("sparsemax") is activations.sparsemax
    theirs = np.asarray(keras.activations.sparsemax(x.astype(np.float32)))
    assert np.abs(theirs.sum(-1) - 1).max() > 0.1  # once this fails, the two can be compared


def test_where_keras_differs() -> None:
    """NaN stays NaN here, also where a comparison with it is false; infinities have limits."""
    x = np.array([np.nan, np.inf], np.float32)
    for name, arguments in {
        "hard_shrink": {},
        "soft_shrink": {},
        "threshold": {"threshold": 0.0, "default_value": 1.0},
    }.items():
        ours = horn.ops.convert_to_numpy(getattr(activations, name)(x, **arguments))
        assert np.isnan(ours[0])
        assert ours[1] == np.inf
    assert horn.ops.convert_to_numpy(activations.softsign(x))[1] == 1.0
