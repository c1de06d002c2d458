"""Networks over images of any size: one model, one plan, and branches whose unknown sizes are equal."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import horn as keras
from horn import layers
from horn.spec.windows import pairs, window_count


def network(backend: str, size: int | None) -> Any:
    """Return a small residual network with transposed convolution and upsampling."""
    inputs = keras.Input((size, None if size is None else size + 2, 2))
    halves = [
        layers.Conv2D(4, 3, strides=2, padding="same", activation="relu")(inputs),
        layers.Conv2D(4, 1, strides=2)(inputs),
        layers.AveragePooling2D(3, 2, "same")(
            layers.DepthwiseConv2D(3, depth_multiplier=2, padding="same")(inputs)
        ),
    ]
    x = layers.MaxPooling2D(2, padding="same")(layers.Add()(halves))
    x = layers.UpSampling2D(2, interpolation="bilinear")(x)
    x = layers.Conv2DTranspose(3, 3, strides=2, padding="same")(x)
    x = layers.GlobalAveragePooling2D()(layers.ZeroPadding2D(1)(x))
    return keras.Model(inputs, layers.Dense(1)(x), backend=backend)


def test_an_unknown_size_gives_what_the_known_one_gives(backend: str) -> None:
    free = network(backend, None)
    free.compile(keras.optimizers.SGD(0.1), "mse")
    for size in (8, 11):
        fixed = network(backend, size)
        fixed.set_weights(free.get_weights())
        fixed.compile(keras.optimizers.SGD(0.1), "mse")
        x = np.random.default_rng(size).normal(size=(4, size, size + 2, 2)).astype("float32")
        y = np.ones((4, 1), "float32")
        np.testing.assert_allclose(
            free.predict(x, verbose=0), fixed.predict(x, verbose=0), rtol=1e-5, atol=1e-6
        )
        for model in (free, fixed):
            model.fit(x, y, batch_size=2, shuffle=False, verbose=0)
        for got, want in zip(free.get_weights(), fixed.get_weights(), strict=True):
            np.testing.assert_allclose(got, want, rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize("window", [1, 2, 3, 5])
@pytest.mark.parametrize("stride", [1, 2, 3, 6])
@pytest.mark.parametrize("dilation", [1, 2])
def test_same_padding_makes_as_many_windows_as_strides_fit(window: int, stride: int, dilation: int) -> None:
    for size in range(1, 15):
        (pair,) = pairs("same", (size,), (window,), (stride,), (dilation,))
        count = -(-size // stride)
        reach = (window - 1) * dilation + 1
        assert window_count(size, window, stride, pair, dilation) == count
        assert sum(pair) == max((count - 1) * stride + reach - size, 0)
        assert pair[1] - pair[0] in (0, 1)
