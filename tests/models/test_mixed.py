"""Mixed precision on each backend: models of every family train in half precision, near to float32."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import pytest

import horn as keras
from horn import layers

RANDOM = np.random.default_rng(3)
IDS = RANDOM.integers(1, 9, (12, 6)).astype("int32")
IMAGES = RANDOM.normal(size=(12, 6, 6, 2)).astype("float32")
X = {"sequence": IDS, "image": IMAGES}
Y = RANDOM.normal(size=(12, 1)).astype("float32")
UNITS = {"mixed_float16": 2.0**-10, "mixed_bfloat16": 2.0**-7}


@pytest.fixture(params=UNITS)
def policy(request: pytest.FixtureRequest) -> Iterator[str]:
    """The name of the policy that new layers have."""
    keras.config.set_dtype_policy(request.param)
    yield request.param
    keras.config.set_dtype_policy(None)


def network(backend: str) -> Any:
    """Return a model with layers of every family."""
    ids = keras.Input((6,), dtype="int32", name="sequence")
    x = layers.Embedding(9, 8)(ids)
    x = layers.LSTM(6, return_sequences=True)(x)
    x = layers.LayerNormalization()(x + layers.MultiHeadAttention(2, 3)(x, x))
    x = layers.GRU(5)(x)
    images = keras.Input((6, 6, 2), name="image")
    z = layers.Conv2D(4, 3, activation="relu")(images)
    z = layers.BatchNormalization()(z)
    z = layers.GlobalAveragePooling2D()(layers.MaxPooling2D()(z))
    last = layers.Dense(1, dtype="float32")(layers.Concatenate()([x, z]))
    return keras.Model([ids, images], last, backend=backend)


def trained(backend: str) -> list[np.ndarray]:
    model = network(backend)
    # With the first scale of 2**15, some gradients overflow and their steps are left out.
    model.compile(keras.optimizers.LossScaleOptimizer(keras.optimizers.SGD(0.05), initial_scale=64.0), "mse")
    history = model.fit(X, Y, batch_size=4, epochs=4, shuffle=False, verbose=0).history["loss"]
    assert history[-1] < history[0]
    assert all(v.dtype == "float32" for v in model.weights)
    assert {layer.compute_dtype for layer in model.layers} == {
        keras.config.dtype_policy().compute_dtype,
        "float32",
    }
    return model.get_weights()


def test_a_model_of_every_family_trains(policy: str, backend: str, begin_again: Callable[[], None]) -> None:
    got = trained(backend)
    keras.config.set_dtype_policy("float32")
    begin_again()
    near = trained("numpy")
    for mine, other in zip(got, near, strict=True):
        assert mine.dtype == np.float32
        np.testing.assert_allclose(
            mine, other, rtol=0, atol=16 * UNITS[policy] * max(1.0, np.abs(other).max())
        )


def test_a_step_that_overflows_is_left_out(backend: str) -> None:
    keras.config.set_dtype_policy("mixed_float16")
    try:
        model = keras.Sequential(
            [keras.Input((3,)), layers.Dense(4, "tanh"), layers.Dense(1)], backend=backend
        )
        model.compile("sgd", "mse")
        assert isinstance(model.optimizer, keras.optimizers.LossScaleOptimizer)
        inner = keras.optimizers.SGD(0.1, momentum=0.5)
        model.compile(keras.optimizers.LossScaleOptimizer(inner, initial_scale=64.0), "mse")
    finally:
        keras.config.set_dtype_policy(None)
    x, y = np.ones((4, 3), "float32"), np.ones((4, 1), "float32")
    scales = []
    for factor in (1.0, np.inf, 1.0):
        before = model.get_weights()
        model.train_on_batch(x, y * np.float32(factor))
        after = model.get_weights()
        changed = any((a != b).any() for a, b in zip(before, after, strict=True))
        assert changed == np.isfinite(factor)
        assert all(np.isfinite(w).all() for w in after)
        scales.append(float(model.optimizer.dynamic_scale))
    assert scales == [64.0, 32.0, 32.0]
    assert int(model.optimizer.iterations) == 2
