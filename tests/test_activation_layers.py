"""Activations as layers: what they refuse, and what a model makes of them."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from horn import activations, layers
from horn.errors import ArgumentError, ShapeError

WRONG: list[tuple[Any, dict[str, Any]]] = [
    (layers.ReLU, {"max_value": -1.0}),
    (layers.ReLU, {"negative_slope": -0.1}),
    (layers.ReLU, {"negative_slope": None}),
    (layers.ReLU, {"threshold": float("nan")}),
    (layers.LeakyReLU, {"negative_slope": -0.1}),
    (layers.LeakyReLU, {"negative_slope": "steep"}),
    (layers.LeakyReLU, {"negative_slope": True}),
    (layers.ELU, {"alpha": float("inf")}),
    (layers.ELU, {"alpha": None}),
    (layers.PReLU, {"shared_axes": [0]}),
    (layers.PReLU, {"shared_axes": 1.5}),
    (layers.PReLU, {"alpha_regularizer": "l3"}),
    (layers.PReLU, {"alpha_constraint": "non_pos"}),
    (layers.Softmax, {"axis": 0.5}),
    (layers.Softmax, {"axis": []}),
    (layers.Activation, {"activation": "rellu"}),
]


@pytest.mark.parametrize(("layer", "arguments"), WRONG, ids=str)
def test_a_wrong_argument_is_refused_at_once(layer, arguments) -> None:
    with pytest.raises(ArgumentError) as caught:
        layer(**arguments)
    assert all(part in str(caught.value) for part in ("expected:", "got:", "next:"))


def test_a_shared_axis_that_the_inputs_lack() -> None:
    layer = layers.PReLU(shared_axes=[3])
    with pytest.raises(ShapeError, match="shared axis"):
        layer(np.ones((2, 3), np.float32))
    assert not layer.built


def test_the_slopes_of_an_image_can_be_shared() -> None:
    layer = layers.PReLU(shared_axes=(1, 2), alpha_initializer="ones")
    x = np.random.default_rng(0).normal(size=(2, 4, 5, 3)).astype(np.float32)
    np.testing.assert_allclose(layer(x), x, atol=1e-7)
    assert layer.alpha.shape == (1, 1, 3)


def test_a_row_that_is_masked_as_a_whole_stays_finite() -> None:
    got = layers.Softmax()(np.array([[1.0, 2.0, 3.0]], np.float32), mask=np.zeros((1, 3), bool))
    np.testing.assert_allclose(got, np.full((1, 3), 1 / 3, np.float32), rtol=1e-6)


def test_names_of_functions_of_ones_own() -> None:
    def doubled(x):
        return x * 2

    name = activations.serialize(doubled)
    assert activations.deserialize(name, custom_objects={"doubled": doubled}) is doubled
    with pytest.raises(ArgumentError, match="doubled"):
        activations.deserialize(name)
    with pytest.raises(ArgumentError, match="without a name"):
        activations.serialize(lambda x: x)
