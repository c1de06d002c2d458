"""Normalisation layers against Keras's: outputs, gradients, moving statistics, weights.

Where the two differ on purpose, or Keras does not agree with itself, it says so here:

* `RMSNormalization` along another single axis than the last: Keras does not bring its scale to that
  axis, which is an error, or a factor on the wrong axis where the sizes happen to be equal.
* `RMSNormalization` passes its mask on in Horn, as all other normalisations do in both.
* `renorm` and `synchronized` of `BatchNormalization` and `rms_scaling` are refused in Horn.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, Phase, given, settings, strategies as st

from horn import layers
from horn.errors import ArgumentError, ShapeError
from horn.spec.boxes import pullback

keras: Any = pytest.importorskip("keras")
jax: Any = pytest.importorskip("jax")
if keras.backend.backend() != "jax":
    pytest.skip("the oracle of the gradients is Keras on JAX", allow_module_level=True)

BUDGET = settings(
    max_examples=4,
    derandomize=True,
    deadline=None,
    database=None,
    phases=[Phase.generate],
    suppress_health_check=list(HealthCheck),
)
_EPSILON = st.sampled_from([1e-3, 1e-2, 0.5])
_BOOL = st.booleans()
_AXES = st.sampled_from([-1, 1, 2, [1, 2], (-1, -2), [1], (1, 2, 3)])
_AFFINE = {"epsilon": _EPSILON, "center": _BOOL, "scale": _BOOL}
ARGUMENTS: dict[str, dict[str, Any]] = {
    "BatchNormalization": {
        "axis": st.sampled_from([-1, 1, 2]),
        "momentum": st.sampled_from([0.0, 0.5, 0.99]),
        **_AFFINE,
    },
    "GroupNormalization": {
        "groups": st.sampled_from([1, 2, -1, 4]),
        "axis": st.sampled_from([-1, 1]),
        **_AFFINE,
    },
    "LayerNormalization": {"axis": _AXES, **_AFFINE},
    "RMSNormalization": {"axis": st.sampled_from([-1, [1, 2, 3], (2, 3)]), "epsilon": _EPSILON},
    "UnitNormalization": {"axis": _AXES},
}
SHAPE = (2, 4, 3, 4)


def numbers(seed: int, shape: tuple[int, ...] = SHAPE) -> np.ndarray:
    return np.random.default_rng(seed).normal(0.5, 2.0, shape).astype("float32")


def pair(name: str, x: np.ndarray, arguments: dict[str, Any]) -> tuple[Any, Any]:
    """Return both layers, built for `x`, with equal weights other than the first ones."""
    ours, theirs = getattr(layers, name)(**arguments), getattr(keras.layers, name)(**arguments)
    ours(x)
    theirs.build(x.shape)
    assert [v.name for v in ours.weights] == [v.name for v in theirs.weights]
    values = [np.abs(numbers(i + 9, v.shape)) + 0.5 for i, v in enumerate(theirs.weights)]
    ours.set_weights(values)
    theirs.set_weights(values)
    return ours, theirs


def values_of(layer: Any) -> list[np.ndarray]:
    return [np.asarray(v.value) for v in layer.weights]


def same(mine: Any, other: Any) -> None:
    np.testing.assert_allclose(np.asarray(mine), np.asarray(other), rtol=2e-5, atol=2e-5)


@pytest.mark.parametrize("name", sorted(ARGUMENTS))
@BUDGET
@given(data=st.data(), training=_BOOL)
def test_same_outputs_and_gradients(name, data, training):
    arguments = {key: data.draw(values, key) for key, values in ARGUMENTS[name].items()}
    x, cotangent = numbers(1), numbers(2)
    ours, theirs = pair(name, x, arguments)
    phase = {"training": training} if name == "BatchNormalization" else {}
    theirs_before = values_of(theirs)
    y, back = pullback(lambda v: ours(v, **phase), x)
    trained = [v.value for v in theirs.trainable_variables]
    others = [v.value for v in theirs.non_trainable_variables]

    def run(v: Any) -> Any:
        return theirs.stateless_call(trained, others, v, **phase)[0]

    wanted, pulled = jax.vjp(run, x)
    same(y, wanted)
    same(back([cotangent])[0], pulled(cotangent)[0])
    theirs(x, **phase)
    ours.set_weights(theirs_before)
    ours(x, **phase)
    for mine, other in zip(values_of(ours), values_of(theirs), strict=True):
        same(mine, other)


@BUDGET
@given(axis=st.sampled_from([-1, 2]), rank=st.sampled_from([3]), seed=st.integers(0, 99))
def test_a_mask_leaves_steps_out_of_the_statistics_of_the_batch(axis, rank, seed):
    x = numbers(seed, (3, 4, 5)[:rank])
    mask = np.random.default_rng(seed).random((3, 4)) > 0.4
    ours, theirs = pair("BatchNormalization", x, {"axis": axis, "momentum": 0.5})
    same(ours(x, training=True, mask=mask), theirs(x, training=True, mask=mask))
    for mine, other in zip(values_of(ours), values_of(theirs), strict=True):
        same(mine, other)


@pytest.mark.parametrize("name", sorted(ARGUMENTS))
@pytest.mark.parametrize("policy", ["mixed_float16", "mixed_bfloat16"])
def test_half_precision_is_computed_in_single(name, policy):
    x = numbers(3, (8, 4)) * 30.0
    arguments = {"dtype": policy, **({"groups": 2} if name == "GroupNormalization" else {})}
    ours, theirs = pair(name, x, arguments)
    phase = {"training": True} if name == "BatchNormalization" else {}
    mine, other = ours(x, **phase), theirs(x, **phase)
    assert str(mine.dtype) == str(other.dtype)
    assert all(v.dtype == "float32" for v in ours.weights)
    gap = {"mixed_float16": 2e-3, "mixed_bfloat16": 2e-2}[policy]
    np.testing.assert_allclose(np.asarray(mine, "float32"), np.asarray(other, "float32"), rtol=gap, atol=gap)


@pytest.mark.parametrize("name", sorted(ARGUMENTS))
def test_the_configuration_makes_an_equal_layer(name):
    ours = getattr(layers, name)(axis=1)
    theirs = getattr(keras.layers, name)(axis=1)
    config = ours.get_config()
    assert set(theirs.get_config()) - set(config) <= {"rms_scaling"}
    again = type(ours).from_config(theirs.get_config())
    assert {**again.get_config(), "name": ""} == {**config, "name": ""}


@pytest.mark.parametrize(
    ("name", "arguments"),
    [
        ("BatchNormalization", {"momentum": 1.5}), ("BatchNormalization", {"epsilon": float("nan")}),
        ("BatchNormalization", {"axis": [1, 2]}), ("BatchNormalization", {"synchronized": True}),
        ("BatchNormalization", {"renorm": True}), ("BatchNormalization", {"center": "yes"}),
        ("LayerNormalization", {"axis": 1.5}), ("LayerNormalization", {"axis": []}),
        ("LayerNormalization", {"epsilon": -1.0}), ("LayerNormalization", {"rms_scaling": True}),
        ("GroupNormalization", {"groups": 0}), ("GroupNormalization", {"groups": 2.0}),
        ("RMSNormalization", {"epsilon": "small"}), ("UnitNormalization", {"axis": None}),
    ],
)  # fmt: skip
def test_wrong_arguments_are_refused_at_construction(name, arguments):
    with pytest.raises(ArgumentError):
        getattr(layers, name)(**arguments)


def test_axes_and_groups_that_the_inputs_do_not_have_are_refused():
    for layer in (
        layers.LayerNormalization(axis=3),
        layers.LayerNormalization(axis=[1, -1]),
        layers.RMSNormalization(5),
    ):
        with pytest.raises(ShapeError):
            layer(numbers(0, (2, 3)))
    with pytest.raises(ShapeError, match="groups"):
        layers.GroupNormalization(groups=3)(numbers(0, (2, 4)))


def test_rms_normalization_brings_its_scale_to_the_axis_that_it_normalises():
    layer = layers.RMSNormalization(axis=1, epsilon=1e-6)
    x = numbers(5, (2, 3, 4))
    layer(x)
    layer.set_weights([np.array([1.0, 2.0, 3.0], "float32")])
    by_hand = x / np.sqrt(np.mean(x**2, axis=1, keepdims=True) + 1e-6) * np.array([1.0, 2.0, 3.0])[:, None]
    same(layer(x), by_hand)
