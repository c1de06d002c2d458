"""Pooling layers against Keras 3, whatever their arguments are."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import Phase, given, settings, strategies as st

import horn
from horn.errors import HornError

SIZES = {1: (9,), 2: (7, 6), 3: (4, 5, 6)}
FEW = settings(derandomize=True, max_examples=6, deadline=None, database=None, phases=[Phase.generate])
FORMATS = st.sampled_from(["channels_last", "channels_first"])


def shape_of(spatial: int, data_format: str) -> tuple[int, ...]:
    """Return the shape of the inputs."""
    return (2, 3, *SIZES[spatial]) if data_format == "channels_first" else (2, *SIZES[spatial], 3)


def per_axis(spatial: int, low: int, high: int) -> st.SearchStrategy[Any]:
    """Draw one number, or one for each axis."""
    numbers = st.integers(low, high)
    return st.one_of(numbers, st.tuples(*[numbers] * spatial))


@pytest.mark.parametrize("spatial", [1, 2, 3])
@pytest.mark.parametrize("kind", ["Max", "Average"])
@FEW
@given(data=st.data(), padding=st.sampled_from(["valid", "same"]), data_format=FORMATS)
def test_windows(agree: Any, kind: str, spatial: int, data: Any, padding: str, data_format: str) -> None:
    options = {
        "pool_size": data.draw(per_axis(spatial, 1, 3)),
        "strides": data.draw(st.one_of(st.none(), per_axis(spatial, 1, 3))),
        "padding": padding,
        "data_format": data_format,
        "transposed": data_format == "channels_first",
    }
    agree(f"{kind}Pooling{spatial}D", shape_of(spatial, data_format), **options)


@pytest.mark.parametrize("spatial", [1, 2, 3])
@pytest.mark.parametrize("kind", ["Max", "Average"])
@pytest.mark.parametrize("data_format", ["channels_last", "channels_first"])
@pytest.mark.parametrize("keepdims", [False, True])
def test_global(agree: Any, kind: str, spatial: int, data_format: str, keepdims: bool) -> None:
    shape = shape_of(spatial, data_format)
    agree(f"Global{kind}Pooling{spatial}D", shape, data_format=data_format, keepdims=keepdims)


@pytest.mark.parametrize("spatial", [1, 2, 3])
@pytest.mark.parametrize("kind", ["Max", "Average"])
@FEW
@given(data=st.data(), data_format=FORMATS)
def test_adaptive(agree: Any, kind: str, spatial: int, data: Any, data_format: str) -> None:
    # Few windows: Keras on JAX works out their ends in float32; for 7 of 7 it gives NaN.
    options = {
        "output_size": data.draw(per_axis(spatial, 1, 3)),
        "data_format": data_format,
        "transposed": data_format == "channels_first",
    }
    agree(f"Adaptive{kind}Pooling{spatial}D", shape_of(spatial, data_format), **options)


@pytest.mark.parametrize("kind", ["Max", "Average"])
def test_as_many_windows_as_elements_change_nothing(kind: str) -> None:
    x = np.random.default_rng(0).normal(size=(2, 7, 6, 3)).astype("float32")
    np.testing.assert_array_equal(getattr(horn.layers, f"Adaptive{kind}Pooling2D")((7, 6))(x), x)


@pytest.mark.parametrize("data_format", ["channels_last", "channels_first"])
@pytest.mark.parametrize("keepdims", [False, True])
def test_the_mean_leaves_out_masked_steps(data_format: str, keepdims: bool) -> None:
    keras = pytest.importorskip("keras")
    x = np.random.default_rng(0).normal(size=(2, 4, 4)).astype("float32")
    mask = np.array([[True, False, True, True], [False, True, False, False]])
    options = {"data_format": data_format, "keepdims": keepdims}
    want = keras.ops.convert_to_numpy(keras.layers.GlobalAveragePooling1D(**options)(x, mask=mask))
    got = horn.layers.GlobalAveragePooling1D(**options)(x, mask=mask)
    np.testing.assert_allclose(got, want, rtol=1e-5, atol=1e-6)


def test_the_mask_of_an_embedding_reaches_the_mean() -> None:
    inputs = horn.Input((4,), dtype="int32")
    embedded = horn.layers.Embedding(5, 3, mask_zero=True)(inputs)
    model = horn.Model(inputs, horn.layers.GlobalAveragePooling1D()(embedded))
    ids = np.array([[1, 2, 0, 0], [4, 0, 0, 0]], "int32")
    (vectors,) = model.get_weights()
    want = np.stack([vectors[[1, 2]].mean(0), vectors[4]])
    np.testing.assert_allclose(model.predict(ids, verbose=0), want, rtol=1e-6)


@pytest.mark.parametrize("name", ["MaxPooling1D", "AveragePooling1D"])
def test_a_length_may_be_unknown(name: str) -> None:
    inputs = horn.Input((None, 3))
    layer = getattr(horn.layers, name)(3, strides=2)
    model = horn.Model(inputs, layer(inputs))
    for length in (7, 12):
        x = np.random.default_rng(length).normal(size=(2, length, 3)).astype("float32")
        np.testing.assert_allclose(model.predict(x, verbose=0), layer(x), rtol=1e-6, atol=1e-6)


WRONG = {
    "pool_size": ("MaxPooling2D", {"pool_size": 0}),
    "strides": ("AveragePooling2D", {"pool_size": 2, "strides": (1, 2, 3)}),
    "padding": ("AveragePooling1D", {"pool_size": 2, "padding": "causal"}),
    "data_format": ("GlobalMaxPooling2D", {"data_format": "first"}),
    "keepdims": ("GlobalAveragePooling3D", {"keepdims": 1}),
    "output_size": ("AdaptiveMaxPooling2D", {"output_size": (2, None)}),
}


@pytest.mark.parametrize("argument", WRONG)
def test_a_wrong_argument_is_refused_at_once(argument: str) -> None:
    name, options = WRONG[argument]
    with pytest.raises(HornError, match=argument):
        getattr(horn.layers, name)(**options)


@pytest.mark.parametrize("name", ["MaxPooling2D", "GlobalMaxPooling2D", "GlobalAveragePooling2D"])
def test_inputs_of_other_axes_are_refused(name: str) -> None:
    with pytest.raises(HornError, match="inputs of 3 axes"):
        getattr(horn.layers, name)()(np.ones((5, 5, 2), "float32"))


def test_sizes_have_to_be_known_to_be_divided() -> None:
    with pytest.raises(HornError, match="needs to know the sizes"):
        horn.layers.AdaptiveAveragePooling1D(2)(horn.Input((None, 3)))


def test_aliases_are_the_same_classes() -> None:
    layers = horn.layers
    for axes in (1, 2, 3):
        for short, long in (("Max", "Max"), ("Avg", "Average")):
            assert getattr(layers, f"{short}Pool{axes}D") is getattr(layers, f"{long}Pooling{axes}D")
            assert getattr(layers, f"Global{short}Pool{axes}D") is getattr(
                layers, f"Global{long}Pooling{axes}D"
            )
