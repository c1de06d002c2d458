"""Layers that reshape, crop, pad and enlarge against Keras 3, whatever their arguments are."""

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


def borders(spatial: int) -> st.SearchStrategy[Any]:
    """Draw one number, one for each axis, or a pair for each axis."""
    number = st.integers(0, 1)
    pair = st.tuples(number, number)
    if spatial == 1:
        return st.one_of(number, pair)
    return st.one_of(number, st.tuples(*[number] * spatial), st.tuples(*[pair] * spatial))


@pytest.mark.parametrize("shape", [(2,), (2, 5), (2, 3, 4), (2, 3, 4, 5)])
@pytest.mark.parametrize("data_format", ["channels_last", "channels_first"])
def test_flatten(agree: Any, shape: tuple[int, ...], data_format: str) -> None:
    agree("Flatten", shape, data_format=data_format)


@pytest.mark.parametrize("target", [(24,), (-1,), (2, 12), (-1, 3), (2, -1, 2, 1), (4, 6)])
def test_reshape(agree: Any, target: tuple[int, ...]) -> None:
    agree("Reshape", (2, 4, 6), target_shape=target)


@pytest.mark.parametrize("dims", [(1, 2, 3), (2, 1, 3), (3, 1, 2)])
def test_permute(agree: Any, dims: tuple[int, ...]) -> None:
    agree("Permute", (2, 3, 4, 5), dims=dims)


@pytest.mark.parametrize("n", [1, 4])
def test_repeat_vector(agree: Any, n: int) -> None:
    agree("RepeatVector", (2, 5), n=n)


@pytest.mark.parametrize("spatial", [1, 2, 3])
@FEW
@given(data=st.data(), data_format=FORMATS)
def test_cropping(agree: Any, spatial: int, data: Any, data_format: str) -> None:
    given_format = {} if spatial == 1 else {"data_format": data_format}
    shape = shape_of(spatial, data_format)
    agree(f"Cropping{spatial}D", shape, cropping=data.draw(borders(spatial)), **given_format)


@pytest.mark.parametrize("spatial", [1, 2, 3])
@FEW
@given(data=st.data(), data_format=FORMATS)
def test_zero_padding(agree: Any, spatial: int, data: Any, data_format: str) -> None:
    shape = shape_of(spatial, data_format)
    agree(f"ZeroPadding{spatial}D", shape, padding=data.draw(borders(spatial)), data_format=data_format)


@pytest.mark.parametrize("name", ["Cropping1D", "Cropping2D", "Cropping3D", "ZeroPadding1D", "UpSampling3D"])
def test_defaults(agree: Any, name: str) -> None:
    agree(name, shape_of(int(name[-2]), "channels_last"))


def test_upsampling_of_sequences(agree: Any) -> None:
    agree("UpSampling1D", (2, 5, 3), size=3)


@pytest.mark.parametrize("interpolation", ["nearest", "bilinear", "bicubic", "lanczos3", "lanczos5"])
@pytest.mark.parametrize("data_format", ["channels_last", "channels_first"])
@pytest.mark.parametrize("size", [2, (3, 2)])
def test_upsampling_of_images(agree: Any, interpolation: str, data_format: str, size: Any) -> None:
    options = {"interpolation": interpolation, "data_format": data_format, "size": size}
    agree("UpSampling2D", shape_of(2, data_format), **options)


@pytest.mark.parametrize("data_format", ["channels_last", "channels_first"])
def test_upsampling_of_volumes(agree: Any, data_format: str) -> None:
    agree("UpSampling3D", shape_of(3, data_format), size=(1, 2, 3), data_format=data_format)


@pytest.mark.parametrize("interpolation", ["nearest", "bicubic"])
def test_sizes_may_be_unknown(interpolation: str) -> None:
    inputs = horn.Input((None, None, 2))
    padded = horn.layers.ZeroPadding2D(1)(inputs)
    outputs = horn.layers.UpSampling2D(2, interpolation=interpolation)(padded)
    model = horn.Model(inputs, horn.layers.Reshape((-1, 2))(outputs))
    for size in (3, 5):
        x = np.random.default_rng(size).normal(size=(2, size, size + 1, 2)).astype("float32")
        layer = horn.layers.UpSampling2D(2, interpolation=interpolation)
        want = np.reshape(layer(horn.layers.ZeroPadding2D(1)(x)), (2, -1, 2))
        np.testing.assert_allclose(model.predict(x, verbose=0), want, rtol=1e-6, atol=1e-6)


WRONG = {
    "target_shape": ("Reshape", {"target_shape": (-1, -1)}),
    "dims": ("Permute", {"dims": (0, 1)}),
    "RepeatVector was given a number for n": ("RepeatVector", {"n": 0}),
    "cropping": ("Cropping2D", {"cropping": ((1, 2), (3,))}),
    "padding": ("ZeroPadding1D", {"padding": -1}),
    "data_format": ("Flatten", {"data_format": "last"}),
    "size": ("UpSampling2D", {"size": 1.5}),
    "interpolation": ("UpSampling2D", {"interpolation": "area"}),
}


@pytest.mark.parametrize("argument", WRONG)
def test_a_wrong_argument_is_refused_at_once(argument: str) -> None:
    name, options = WRONG[argument]
    with pytest.raises(HornError, match=argument):
        getattr(horn.layers, name)(**options)


def test_inputs_that_do_not_fit_are_refused() -> None:
    x = np.ones((2, 3, 4), "float32")
    for layer, said in (
        (horn.layers.Reshape((5, 2)), "another number of elements"),
        (horn.layers.Permute((2, 1, 3)), "inputs of 3 axes"),
        (horn.layers.RepeatVector(2), "inputs of 3 axes"),
        (horn.layers.Cropping1D(2), "leaves nothing"),
        (horn.layers.ZeroPadding2D(), "inputs of 3 axes"),
    ):
        with pytest.raises(HornError, match=said):
            layer(x)
