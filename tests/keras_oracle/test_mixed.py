"""Mixed precision against Keras's: equal dtypes, outputs near those of float32, whole and finite gradients.

Where the two differ, Horn is nearer to float32, with one exception:

* `UnitNormalization` of large numbers: Keras squares in half precision, and the squares overflow.
* normalisations: Keras takes statistics in float32 and then rounds them; Horn rounds the result alone.
"""

from __future__ import annotations

import os
from typing import Any

import numpy as np
import pytest

os.environ.setdefault("KERAS_BACKEND", "jax")
keras: Any = pytest.importorskip("keras")

pytestmark = pytest.mark.filterwarnings("ignore:__array__ implementation:DeprecationWarning")

import horn  # noqa: E402
from horn import ops  # noqa: E402

POLICIES = {"mixed_float16": 2.0**-10, "mixed_bfloat16": 2.0**-7}
"""The distance from 1 to the next number of the dtype that is computed in."""

SEQUENCE, IMAGE, VOLUME, FLAT = (2, 5, 4), (2, 6, 6, 4), (2, 4, 4, 4, 3), (3, 8)
LAYERS: dict[str, tuple[dict[str, Any], Any]] = {
    "Dense": ({"units": 4, "activation": "tanh"}, FLAT),
    "EinsumDense": ({"equation": "abc,cd->abd", "output_shape": (None, 5), "bias_axes": "d"}, SEQUENCE),
    "Embedding": ({"input_dim": 9, "output_dim": 4}, "ids"),
    "Conv1D": ({"filters": 3, "kernel_size": 3}, SEQUENCE),
    "Conv2D": ({"filters": 3, "kernel_size": 3, "activation": "relu"}, IMAGE),
    "Conv3D": ({"filters": 2, "kernel_size": 2}, VOLUME),
    "Conv2DTranspose": ({"filters": 3, "kernel_size": 3, "strides": 2}, IMAGE),
    "DepthwiseConv2D": ({"kernel_size": 3}, IMAGE),
    "SeparableConv2D": ({"filters": 3, "kernel_size": 3}, IMAGE),
    "MaxPooling1D": ({}, SEQUENCE),
    "MaxPooling2D": ({}, IMAGE),
    "AveragePooling2D": ({"pool_size": 2}, IMAGE),
    "AveragePooling3D": ({"pool_size": 2}, VOLUME),
    "GlobalAveragePooling1D": ({}, SEQUENCE),
    "GlobalAveragePooling2D": ({}, IMAGE),
    "GlobalMaxPooling2D": ({}, IMAGE),
    "BatchNormalization": ({}, IMAGE),
    "LayerNormalization": ({}, SEQUENCE),
    "GroupNormalization": ({"groups": 2}, IMAGE),
    "RMSNormalization": ({}, SEQUENCE),
    "UnitNormalization": ({}, FLAT),
    "SimpleRNN": ({"units": 3}, SEQUENCE),
    "LSTM": ({"units": 3, "return_sequences": True}, SEQUENCE),
    "GRU": ({"units": 3}, SEQUENCE),
    "Bidirectional": ({"layer": "LSTM"}, SEQUENCE),
    "TimeDistributed": ({"layer": "Dense"}, SEQUENCE),
    "Attention": ({"use_scale": True}, [SEQUENCE, SEQUENCE]),
    "AdditiveAttention": ({}, [SEQUENCE, SEQUENCE]),
    "MultiHeadAttention": ({"num_heads": 2, "key_dim": 3}, (SEQUENCE, SEQUENCE)),
    "GroupQueryAttention": (
        {"head_dim": 3, "num_query_heads": 4, "num_key_value_heads": 2},
        (SEQUENCE, SEQUENCE),
    ),
    "Add": ({}, [FLAT, FLAT]),
    "Subtract": ({}, [FLAT, FLAT]),
    "Multiply": ({}, [FLAT, FLAT]),
    "Average": ({}, [FLAT, FLAT]),
    "Maximum": ({}, [FLAT, FLAT]),
    "Concatenate": ({}, [FLAT, FLAT]),
    "Dot": ({"axes": -1, "normalize": True}, [FLAT, FLAT]),
    "Activation": ({"activation": "gelu"}, FLAT),
    "Softmax": ({}, FLAT),
    "PReLU": ({}, FLAT),
    "LeakyReLU": ({}, FLAT),
    "Reshape": ({"target_shape": (2, 4)}, FLAT),
    "Flatten": ({}, IMAGE),
    "Cropping2D": ({}, IMAGE),
    "ZeroPadding2D": ({}, IMAGE),
    "UpSampling2D": ({"interpolation": "bilinear"}, IMAGE),
    "UpSampling1D": ({}, SEQUENCE),
    "RepeatVector": ({"n": 2}, FLAT),
    "Permute": ({"dims": (2, 1)}, SEQUENCE),
    "Masking": ({}, SEQUENCE),
    "Dropout": ({"rate": 0.5}, FLAT),
    "GaussianNoise": ({"stddev": 0.5}, FLAT),
}


def inputs_of(shape: Any, seed: int = 0) -> Any:
    """Return inputs: a tuple of several arguments, a list as one, integers, or one array."""
    random = np.random.default_rng(seed)
    if shape == "ids":
        return random.integers(0, 9, (2, 5)).astype("int32")
    if isinstance(shape, list):
        return [inputs_of(one, seed + i + 1) for i, one in enumerate(shape)]
    if isinstance(shape[0], tuple):
        return tuple(inputs_of(one, seed + i + 1) for i, one in enumerate(shape))
    return random.normal(size=shape).astype("float32")


def made(k: Any, name: str, policy: str) -> Any:
    """Return a layer of a policy; a wrapper has one of the same policy within."""
    arguments = dict(LAYERS[name][0])
    if "layer" in arguments:
        arguments["layer"] = getattr(k.layers, arguments["layer"])(3, dtype=policy)
    return getattr(k.layers, name)(**arguments, dtype=policy)


def call(layer: Any, inputs: Any) -> Any:
    return layer(*inputs) if isinstance(inputs, tuple) else layer(inputs)


def dtype(x: Any) -> str:
    return keras.backend.standardize_dtype(x.dtype)


def whole(x: Any) -> np.ndarray:
    """Return an array of float32, which holds every number of half precision."""
    return np.asarray(x).astype("float32")


@pytest.mark.parametrize("policy", POLICIES)
@pytest.mark.parametrize("name", LAYERS)
def test_dtypes_outputs_and_gradients(name: str, policy: str) -> None:
    if not hasattr(keras.layers, name):
        pytest.skip("this version of Keras does not have it")
    inputs = inputs_of(LAYERS[name][1])
    theirs = made(keras, name, policy)
    wanted = call(theirs, inputs)
    with horn.use_backend("numpy"):
        exact, half = made(horn, name, "float32"), made(horn, name, policy)
        near, got = call(exact, inputs), call(half, inputs)
        random = np.random.default_rng(9)
        for ours, other in zip(half.weights, exact.weights, strict=True):
            value = random.uniform(0.2, 0.8, ours.shape).astype("float32")
            ours.assign(value), other.assign(value)
        near, got = whole(call(exact, inputs)), call(half, inputs)
    mine = [v.dtype for v in half.variables if "seed" not in v.path]
    assert mine == [dtype(v) for v in theirs.variables if "seed" not in v.path]
    assert (half.compute_dtype, half.variable_dtype) == (theirs.compute_dtype, theirs.variable_dtype)
    assert (dtype(got), got.shape) == (dtype(wanted), tuple(wanted.shape))
    unit = POLICIES[policy] * max(1.0, np.abs(near).max())
    np.testing.assert_allclose(whole(got), near, rtol=0, atol=4 * unit)
    if half.trainable_variables:
        gradients_agree(half, exact, inputs, policy)


def gradients_agree(half: Any, exact: Any, inputs: Any, policy: str) -> None:
    """Compare gradients by the weights: float32, finite, and near those of a layer of float32."""
    found = []
    with horn.use_backend("numpy"):
        for layer in (half, exact):
            weights = layer.trainable_variables

            def loss(layer: Any = layer) -> Any:
                return ops.sum(ops.cast(call(layer, inputs), "float32"))

            grads = horn.value_and_grad(loss, weights)()[1]
            assert [dtype(grad) for grad in grads] == ["float32"] * len(weights)
            found.append([whole(grad) for grad in grads])
    for got, near in zip(*found, strict=True):
        assert np.isfinite(got).all()
        np.testing.assert_allclose(
            got, near, rtol=0, atol=32 * POLICIES[policy] * max(1.0, np.abs(near).max())
        )


@pytest.mark.parametrize("name", [name for name in LAYERS if name != "Embedding"])
def test_large_numbers_stay_finite_where_the_results_are(name: str) -> None:
    factor = np.float32(50.0 if "Attention" in name else 500.0)  # scores are products of two of them
    random = np.random.default_rng(5)

    def larger(x: Any) -> Any:
        return type(x)(map(larger, x)) if isinstance(x, list | tuple) else x * factor

    def shaken(x: Any) -> Any:
        """Return inputs that half precision cannot tell from those that are given."""
        if isinstance(x, list | tuple):
            return type(x)(map(shaken, x))
        return x * (1 + random.choice([-1, 1], np.shape(x)) * 2.0**-11).astype("float32")

    inputs = larger(inputs_of(LAYERS[name][1]))
    with horn.use_backend("numpy"):
        exact, half = made(horn, name, "float32"), made(horn, name, "mixed_float16")
        call(exact, inputs), call(half, inputs)
        half.set_weights(exact.get_weights())
        near, got = whole(call(exact, inputs)), whole(call(half, inputs))
        moved = [np.abs(whole(call(exact, shaken(inputs))) - near) for _ in range(8)]
    fits = np.abs(near) < 6e4
    assert np.isfinite(got[fits]).all()
    # Where large sums nearly cancel, before a gate or between two scores, rounding decides as much as it may.
    margin = 2.0**-7 * np.abs(near) + 2.0**-9 * np.abs(near[fits]).max() + 8 * np.max(moved, axis=0)
    np.testing.assert_array_less(np.abs(got - near)[fits], margin[fits])


@pytest.mark.parametrize("policy", POLICIES)
@pytest.mark.parametrize("name", ["BatchNormalization", "LayerNormalization", "GroupNormalization"])
def test_training_a_normalisation(name: str, policy: str) -> None:
    x = inputs_of(IMAGE) * 100.0 + 200.0
    theirs = made(keras, name, policy)
    wanted = theirs(x, training=True)
    with horn.use_backend("numpy"):
        ours = made(horn, name, policy)
        got = ours(x, training=True)
    np.testing.assert_allclose(whole(got), whole(wanted), rtol=0, atol=12 * POLICIES[policy])
    for mine, other in zip(ours.weights, theirs.weights, strict=True):
        np.testing.assert_allclose(mine.numpy(), whole(other.value), rtol=1e-5)


LOSSES = {
    "MeanSquaredError": "numbers", "MeanAbsoluteError": "numbers", "Huber": "numbers", "LogCosh": "numbers",
    "CosineSimilarity": "numbers", "BinaryCrossentropy": "bits", "CategoricalCrossentropy": "shares",
    "SparseCategoricalCrossentropy": "class", "KLDivergence": "shares", "Hinge": "bits", "Poisson": "shares",
    "BinaryFocalCrossentropy": "bits", "Tversky": "bits", "Dice": "bits",
}  # fmt: skip


@pytest.mark.parametrize("dtype_", ["float16", "bfloat16"])
@pytest.mark.parametrize("name", LOSSES)
def test_losses_of_half_precision_outputs(name: str, dtype_: str) -> None:
    random = np.random.default_rng(1)
    y_pred = random.uniform(0.1, 1.0, (6, 4)).astype("float32")
    y_pred = y_pred / y_pred.sum(-1, keepdims=True)
    y_true = {
        "numbers": random.normal(size=(6, 4)), "bits": random.integers(0, 2, (6, 4)),
        "shares": np.roll(y_pred, 1, 0), "class": random.integers(0, 4, 6),
    }[LOSSES[name]]  # fmt: skip
    y_true = y_true.astype("int32" if name.startswith("Sparse") else "float32")
    half = keras.ops.convert_to_numpy(keras.ops.cast(y_pred, dtype_))
    wanted = getattr(keras.losses, name)()(y_true, half)
    with horn.use_backend("numpy"):
        got = getattr(horn.losses, name)()(y_true, ops.cast(half, dtype_))
        near = getattr(horn.losses, name)()(y_true, y_pred)
    assert dtype(got) == dtype(wanted) == "float32"
    np.testing.assert_allclose(float(got), float(wanted), rtol=1e-5, atol=1e-5)
    np.testing.assert_allclose(float(got), float(near), rtol=4 * POLICIES[f"mixed_{dtype_}"], atol=1e-2)


def small(k: Any, optimizer: Any) -> Any:
    """Return a compiled model of the present policy, with weights that are the same everywhere."""
    parts = [k.Input((4,)), k.layers.Dense(5, "tanh"), k.layers.LayerNormalization(), k.layers.Dense(1)]
    model = k.Sequential(parts, **({"backend": "numpy"} if k is horn else {}))
    random = np.random.default_rng(2)
    for variable in model.weights:
        variable.assign(random.uniform(0.1, 0.6, tuple(variable.shape)).astype("float32"))
    model.compile(optimizer, "mse")
    return model


def states(k: Any, optimizer: Any, batches: list[Any]) -> list[tuple[list[float], list[np.ndarray]]]:
    """Return after each batch the scale and the counters, and the weights."""
    before = k.config.dtype_policy()
    k.config.set_dtype_policy("mixed_float16")
    try:
        model = small(k, optimizer)
        seen = []
        for batch in batches:
            model.train_on_batch(*batch)
            held = [float(np.asarray(v)) for v in model.optimizer.variables[: 5 if optimizer == "sgd" else 6]]
            seen.append((held, model.get_weights()))
        return seen
    finally:
        k.config.set_dtype_policy(before)


@pytest.mark.parametrize("automatic", [True, False])
def test_a_scaled_loss_skips_halves_and_doubles_as_in_keras(automatic: bool) -> None:
    random = np.random.default_rng(0)
    batches = [(random.normal(size=(8, 4)).astype("float32"), np.ones((8, 1), "float32")) for _ in range(8)]
    for bad in (1, 6):
        batches[bad] = (batches[bad][0], np.full((8, 1), np.inf, "float32"))
    found = []
    for k in (horn, keras):
        inner = k.optimizers.SGD(0.1, momentum=0.5)
        around = k.optimizers.LossScaleOptimizer(inner, initial_scale=64.0, dynamic_growth_steps=2)
        found.append(states(k, "sgd" if automatic else around, batches))
    ours, theirs = found
    for step, ((held, weights), (wanted, others)) in enumerate(zip(ours, theirs, strict=True)):
        np.testing.assert_allclose(held, wanted, rtol=1e-6, err_msg=str(step))
        for a, b in zip(weights, others, strict=True):
            assert a.dtype == b.dtype == np.float32
            np.testing.assert_allclose(a, b, rtol=0, atol=8 * POLICIES["mixed_float16"])
    for bad in (1, 6):  # nothing but the scale has changed
        for a, b in zip(ours[bad - 1][1], ours[bad][1], strict=True):
            np.testing.assert_array_equal(a, b)
    by_hand = [2.0**15, *[2.0**14] * 5, *[2.0**13] * 2] if automatic else [64, 32, 32, 64, 64, 128, 64, 64]
    assert [held[3] for held, _ in ours] == by_hand
