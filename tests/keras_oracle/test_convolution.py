"""Convolution layers against Keras 3, whatever their arguments are."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import Phase, assume, given, settings, strategies as st

import horn
from horn.errors import HornError

SIZES = {1: (9,), 2: (7, 6), 3: (5, 4, 6)}
FEW = settings(derandomize=True, max_examples=6, deadline=None, database=None, phases=[Phase.generate])


def shape_of(spatial: int, channels: int, data_format: str) -> tuple[int, ...]:
    """Return the shape of the inputs."""
    sizes = SIZES[spatial]
    return (2, channels, *sizes) if data_format == "channels_first" else (2, *sizes, channels)


def per_axis(spatial: int, numbers: st.SearchStrategy[int]) -> st.SearchStrategy[Any]:
    """Draw one number, or one for each axis."""
    return st.one_of(numbers, st.tuples(*[numbers] * spatial))


def drawn(data: Any, spatial: int, paddings: tuple[str, ...] = ("valid", "same")) -> dict[str, Any]:
    """Return the arguments that all convolutions have; Keras takes strides or dilation, not both."""
    number = st.integers(1, 3)
    options: dict[str, Any] = {
        "kernel_size": data.draw(per_axis(spatial, number)),
        "padding": data.draw(st.sampled_from(paddings)),
        "data_format": data.draw(st.sampled_from(["channels_last", "channels_first"])),
        "use_bias": data.draw(st.booleans()),
        "activation": data.draw(st.sampled_from([None, "tanh"])),
    }
    which = data.draw(st.sampled_from(["strides", "dilation_rate"]))
    return {**options, which: data.draw(per_axis(spatial, st.integers(1, 2)))}


@pytest.mark.parametrize("spatial", [1, 2, 3])
@FEW
@given(data=st.data(), groups=st.sampled_from([1, 2]), filters=st.sampled_from([2, 4]))
def test_convolution(agree: Any, spatial: int, data: Any, groups: int, filters: int) -> None:
    options = drawn(data, spatial, ("valid", "same", "causal") if spatial == 1 else ("valid", "same"))
    shape = shape_of(spatial, 4, options["data_format"])
    transposed = options["data_format"] == "channels_first"
    agree(f"Conv{spatial}D", shape, filters=filters, groups=groups, transposed=transposed, **options)


@pytest.mark.parametrize("spatial", [1, 2, 3])
@FEW
@given(data=st.data(), extra=st.sampled_from([None, 0, 1]))
def test_transposed_convolution(agree: Any, spatial: int, data: Any, extra: int | None) -> None:
    options = drawn(data, spatial)
    strides = options.get("strides", 1)
    assume(extra is None or extra < (strides if isinstance(strides, int) else min(strides)))
    shape = shape_of(spatial, 3, options["data_format"])
    extras: Any = extra if extra is None else (extra,) * spatial
    options |= {"output_padding": extras, "transposed": options["data_format"] == "channels_first"}
    agree(f"Conv{spatial}DTranspose", shape, filters=2, **options)


@pytest.mark.parametrize("spatial", [1, 2])
@FEW
@given(data=st.data(), multiplier=st.integers(1, 2))
def test_depthwise_convolution(agree: Any, spatial: int, data: Any, multiplier: int) -> None:
    options = drawn(data, spatial)
    shape = shape_of(spatial, 3, options["data_format"])
    transposed = options["data_format"] == "channels_first"
    agree(f"DepthwiseConv{spatial}D", shape, depth_multiplier=multiplier, transposed=transposed, **options)


@pytest.mark.parametrize("spatial", [1, 2])
@FEW
@given(data=st.data(), multiplier=st.integers(1, 2))
def test_separable_convolution(agree: Any, spatial: int, data: Any, multiplier: int) -> None:
    options = drawn(data, spatial)
    shape = shape_of(spatial, 3, options["data_format"])
    options |= {"depth_multiplier": multiplier, "transposed": options["data_format"] == "channels_first"}
    agree(f"SeparableConv{spatial}D", shape, filters=4, **options)


def test_causal_depthwise_convolution_looks_back_only() -> None:
    # Keras has "causal" for Conv1D alone; it means the same here.
    x = np.random.default_rng(0).normal(size=(1, 8, 3)).astype("float32")
    for layer in (
        horn.layers.DepthwiseConv1D(3, padding="causal"),
        horn.layers.SeparableConv1D(4, 3, padding="causal"),
    ):
        whole, start = np.asarray(layer(x)), np.asarray(layer(x[:, :5]))
        np.testing.assert_allclose(whole[:, :5], start, rtol=1e-6, atol=1e-6)


def test_strides_and_dilation_go_together() -> None:
    # Keras refuses the two at once; a dilated window with zeros between its elements is the same window.
    x = np.random.default_rng(0).normal(size=(2, 11, 3)).astype("float32")
    dilated = horn.layers.Conv1D(4, 2, strides=2, dilation_rate=3)
    plain = horn.layers.Conv1D(4, 4, strides=2)
    got = dilated(x)
    plain.build(x.shape)
    kernel = np.zeros((4, 3, 4), "float32")
    kernel[::3] = dilated.get_weights()[0]
    plain.built = True
    plain.set_weights([kernel, dilated.get_weights()[1]])
    np.testing.assert_allclose(got, plain(x), rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize("name", ["Conv1D", "Conv1DTranspose", "SeparableConv1D"])
def test_a_length_may_be_unknown(name: str) -> None:
    inputs = horn.Input((None, 3))
    layer = getattr(horn.layers, name)(4, 3, strides=2, padding="valid")
    model = horn.Model(inputs, layer(inputs))
    for length in (7, 12):
        x = np.random.default_rng(length).normal(size=(2, length, 3)).astype("float32")
        np.testing.assert_allclose(model.predict(x, verbose=0), layer(x), rtol=1e-6, atol=1e-6)


WRONG = {
    "filters": ("Conv2D", {"filters": 0, "kernel_size": 3}),
    "kernel_size": ("Conv2D", {"filters": 2, "kernel_size": (3, 3, 3)}),
    "strides": ("Conv1D", {"filters": 2, "kernel_size": 3, "strides": 0}),
    "dilation_rate": ("Conv3D", {"filters": 2, "kernel_size": 3, "dilation_rate": -1}),
    "padding": ("Conv2D", {"filters": 2, "kernel_size": 3, "padding": "causal"}),
    "groups": ("Conv2D", {"filters": 2, "kernel_size": 3, "groups": 3}),
    "data_format": ("Conv2D", {"filters": 2, "kernel_size": 3, "data_format": "NCHW"}),
    "use_bias": ("Conv2D", {"filters": 2, "kernel_size": 3, "use_bias": "no"}),
    "output_padding": ("Conv2DTranspose", {"filters": 2, "kernel_size": 3, "output_padding": 1}),
    "depth_multiplier": ("DepthwiseConv2D", {"kernel_size": 3, "depth_multiplier": 0}),
    "activation": ("SeparableConv2D", {"filters": 2, "kernel_size": 3, "activation": "rellu"}),
}


@pytest.mark.parametrize("argument", WRONG)
def test_a_wrong_argument_is_refused_at_once(argument: str) -> None:
    name, options = WRONG[argument]
    with pytest.raises(HornError, match=argument):
        getattr(horn.layers, name)(**options)


def test_inputs_of_other_channels_or_axes_are_refused() -> None:
    layer = horn.layers.Conv2D(4, 3)
    layer(np.ones((1, 5, 5, 2), "float32"))
    with pytest.raises(HornError, match="built for inputs with 2 channels"):
        layer(np.ones((1, 5, 5, 4), "float32"))
    with pytest.raises(HornError, match="inputs of 3 axes"):
        layer(np.ones((5, 5, 2), "float32"))


@pytest.mark.skipif(not hasattr(horn.Layer, "add_loss"), reason="needs Layer.add_loss")
def test_the_outputs_are_penalised() -> None:
    layer = horn.layers.Conv1D(2, 1, activity_regularizer="l2")
    outputs = layer(np.ones((4, 3, 2), "float32"))
    # As in Keras, the penalty is that of an example: the sum over the batch, divided by its size.
    np.testing.assert_allclose(layer.losses[0], 0.01 * np.sum(np.square(outputs)) / 4, rtol=1e-6)
