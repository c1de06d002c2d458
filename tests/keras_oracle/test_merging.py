"""Layers of several inputs against Keras's: outputs, shapes, masks, and what both refuse.

Where the two differ on purpose, it says so here:

* inputs with different numbers of axes: Keras joins them in a functional model and refuses them when
  it is called on tensors; Horn joins them in both, with axes of size one behind that of the batch.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, Phase, given, settings, strategies as st

from horn import layers
from horn.api.layers import calls, masks
from horn.errors import ArgumentError, ShapeError

keras: Any = pytest.importorskip("keras")

BUDGET = settings(
    max_examples=6, derandomize=True, deadline=None, database=None, phases=[Phase.generate],
    suppress_health_check=list(HealthCheck),
)  # fmt: skip
PLACEWISE = ["Add", "Average", "Maximum", "Minimum", "Multiply", "Subtract"]


def numbers(seed: int, shape: tuple[int, ...]) -> np.ndarray:
    return np.random.default_rng(seed).normal(size=shape).astype("float32")


def bits(seed: int, shape: tuple[int, ...] = (2, 3)) -> np.ndarray:
    return np.random.default_rng(seed).random(shape) > 0.5


def same(mine: Any, other: Any) -> None:
    np.testing.assert_allclose(np.asarray(mine), np.asarray(other), rtol=1e-5, atol=1e-6)


def masked(layer: Any, given: list[np.ndarray], kept: list[Any]) -> tuple[Any, Any]:
    """Return the outputs of a layer of Horn and their mask."""
    with calls.run():
        for x, mask in zip(given, kept, strict=True):
            masks.put(x, mask)
        outputs = layer(given)
        return outputs, masks.of(outputs)


def masked_by_keras(layer: Any, given: list[np.ndarray], kept: list[Any]) -> tuple[Any, Any]:
    tensors = [keras.ops.convert_to_tensor(x) for x in given]
    for x, mask in zip(tensors, kept, strict=True):
        if mask is not None:
            x._keras_mask = keras.ops.convert_to_tensor(mask)
    outputs = layer(tensors)
    return outputs, getattr(outputs, "_keras_mask", None)


@pytest.mark.parametrize("name", PLACEWISE)
@BUDGET
@given(
    count=st.integers(1, 3),
    stretched=st.sampled_from([(2, 3, 4), (2, 1, 4)]),
    seed=st.integers(0, 99),
)
def test_same_values(name, count, stretched, seed):
    count = 2 if name == "Subtract" else count
    given = [numbers(seed + i, stretched if i == 1 else (2, 3, 4)) for i in range(count)]
    wanted = getattr(keras.layers, name)()(given)
    same(getattr(layers, name)()(given), wanted)
    same(getattr(layers, name.lower())(given), wanted)


@pytest.mark.parametrize("name", [*PLACEWISE, "Concatenate"])
@pytest.mark.parametrize("which", [(True, True), (True, False), (False, False)])
def test_same_masks(name, which):
    given = [numbers(1, (2, 3, 4)), numbers(2, (2, 3, 4))]
    kept = [bits(i) if there else None for i, there in enumerate(which)]
    mine, my_mask = masked(getattr(layers, name)(), given, kept)
    other, their_mask = masked_by_keras(getattr(keras.layers, name)(), given, kept)
    same(mine, other)
    assert (my_mask is None) == (their_mask is None)
    if my_mask is not None:
        np.testing.assert_array_equal(my_mask, np.asarray(their_mask))


@BUDGET
@given(axis=st.sampled_from([-1, 1, 2, -2]), masked_too=st.booleans(), seed=st.integers(0, 99))
def test_concatenate(axis, masked_too, seed):
    shape = [2, 3, 4]
    shape[axis] = 5
    given = [numbers(seed, (2, 3, 4)), numbers(seed + 1, tuple(shape)), numbers(seed + 2, (2, 3, 4))]
    same(layers.Concatenate(axis=axis)(given), keras.layers.Concatenate(axis=axis)(given))
    same(layers.concatenate(given, axis=axis), keras.layers.concatenate(given, axis=axis))
    if masked_too:
        kept = [bits(seed), None, bits(seed + 2)]
        mine = masked(layers.Concatenate(axis=axis), given, kept)[1]
        np.testing.assert_array_equal(
            mine, masked_by_keras(keras.layers.Concatenate(axis=axis), given, kept)[1]
        )


@BUDGET
@given(
    case=st.sampled_from([
        (1, (2, 4), (2, 4)), (-1, (2, 3, 4), (2, 5, 4)), ((2, 1), (2, 3, 4), (2, 4, 5)), ((1, 1), (2, 3), (2, 3, 5)),
        ((2, 1), (2, 3, 4, 5), (2, 4, 6)), ([-1, -2], (2, 3, 4), (2, 4, 5)),
    ]),
    normalize=st.booleans(),
)  # fmt: skip
def test_dot(case, normalize):
    axes, *shapes = case
    given = [numbers(i, shape) for i, shape in enumerate(shapes)]
    wanted = keras.layers.Dot(axes=axes, normalize=normalize)(given)
    same(layers.Dot(axes=axes, normalize=normalize)(given), wanted)
    same(layers.dot(given, axes=axes, normalize=normalize), wanted)


@pytest.mark.parametrize("name", [*PLACEWISE, "Concatenate", "Dot"])
def test_the_configuration_makes_an_equal_layer(name):
    arguments = {"axes": (1, 2)} if name == "Dot" else {}
    config = getattr(layers, name)(**arguments).get_config()
    assert set(config) == set(getattr(keras.layers, name)(**arguments).get_config())
    assert {**getattr(layers, name).from_config(config).get_config()} == config


def test_inputs_of_fewer_axes_are_joined_behind_the_batch():
    a, b = numbers(1, (2, 4)), numbers(2, (2, 3, 4))
    same(layers.add([a, b]), a[:, None] + b)
    symbol = layers.Add()([layers.Input((4,)), layers.Input((3, 4))])
    assert symbol.shape == keras.layers.Add()([keras.Input((4,)), keras.Input((3, 4))]).shape == (None, 3, 4)


@pytest.mark.parametrize(
    ("layer", "shapes"),
    [
        (layers.Add(), [(2, 3), (2, 4)]), (layers.Maximum(), [(2, 3), (5, 3)]),
        (layers.Concatenate(), [(2, 3), (3, 3)]), (layers.Concatenate(), [(2, 3), (2, 3, 4)]),
        (layers.Concatenate(axis=3), [(2, 3), (2, 3)]), (layers.Dot(axes=1), [(2, 3), (2, 4)]),
        (layers.Dot(axes=2), [(2, 3), (2, 3)]),
    ],
)  # fmt: skip
def test_shapes_that_do_not_fit_are_refused(layer, shapes):
    with pytest.raises(ShapeError, match="do not fit"):
        layer([numbers(0, shape) for shape in shapes])


def test_the_wrong_number_of_inputs_is_refused():
    x = numbers(0, (2, 3))
    for layer, wrong in (
        (layers.Add(), x),
        (layers.Add(), []),
        (layers.Subtract(), [x] * 3),
        (layers.Dot(1), [x]),
    ):
        with pytest.raises(ArgumentError, match="number of inputs"):
            layer(wrong)


@pytest.mark.parametrize("axes", [0, (1, 0), (1, 2, 3), 1.5, None])
def test_dot_refuses_axes_that_are_none(axes):
    with pytest.raises(ArgumentError):
        layers.Dot(axes=axes)
    with pytest.raises(ArgumentError):
        layers.Dot(axes=1, normalize="yes")
