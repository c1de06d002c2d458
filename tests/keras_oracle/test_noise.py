"""Layers of noise and of penalties against Keras's: what is sure by equality, what is drawn by statistics.

Where the two differ on purpose, it says so here:

* a rate of one: Keras gives zeros (or NaN); it is refused in Horn.
* `Lambda`: Horn finds shapes by itself, and holds the outputs against `output_shape`.
"""

from __future__ import annotations

import os
from typing import Any

import numpy as np
import pytest

import horn
from horn import layers
from horn.errors import ArgumentError, ShapeError

keras: Any = pytest.importorskip("keras")

CASES: dict[str, tuple[dict[str, Any], tuple[int, ...]]] = {
    "AlphaDropout": ({"rate": 0.25}, (40, 50, 20)),
    "Dropout": ({"rate": 0.25}, (40, 50, 20)),
    "GaussianDropout": ({"rate": 0.25}, (40, 50, 20)),
    "GaussianNoise": ({"stddev": 0.5}, (40, 50, 20)),
    "SpatialDropout1D": ({"rate": 0.25}, (100, 3, 200)),
    "SpatialDropout2D": ({"rate": 0.25, "data_format": "channels_first"}, (100, 200, 2, 2)),
    "SpatialDropout3D": ({"rate": 0.25}, (100, 2, 2, 2, 200)),
}


def numbers(shape: tuple[int, ...], seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).normal(size=shape).astype("float32")


@pytest.mark.parametrize("name", sorted(CASES))
def test_nothing_happens_outside_of_training(name):
    arguments, shape = CASES[name]
    x = numbers(shape)
    np.testing.assert_array_equal(getattr(layers, name)(**arguments)(x), x)


@pytest.mark.parametrize("name", sorted(CASES))
def test_the_noise_has_the_same_statistics(name):
    arguments, shape = CASES[name]
    x = np.ones(shape, "float32")
    mine = np.asarray(getattr(layers, name)(**arguments, seed=7)(x, training=True))
    other = np.asarray(getattr(keras.layers, name)(**arguments, seed=7)(x, training=True))
    assert mine.shape == other.shape
    assert mine.dtype == other.dtype
    if "Dropout" in name and name != "GaussianDropout":
        np.testing.assert_allclose(np.unique(mine), np.unique(other), rtol=1e-6)
    # 20000 decisions or more: four standard deviations of their mean.
    gap = 4.0 * other.std() / np.sqrt(20000)
    assert abs(mine.mean() - other.mean()) < 2 * gap
    assert abs(mine.std() - other.std()) < 2 * gap


@pytest.mark.parametrize("name", ["Dropout", "AlphaDropout"])
def test_a_noise_shape_is_stretched(name):
    x = np.ones((3, 5, 50), "float32")
    y = np.asarray(getattr(layers, name)(0.5, noise_shape=(None, 1, None), seed=1)(x, training=True))
    np.testing.assert_array_equal(y, np.broadcast_to(y[:, :1], y.shape))
    assert len(np.unique(y)) == 2
    with pytest.raises(ShapeError, match="noise_shape"):
        getattr(layers, name)(0.5, noise_shape=(2, 1, None))(x, training=True)


def test_whole_channels_are_dropped():
    y = np.asarray(layers.SpatialDropout2D(0.5, seed=1)(np.ones((2, 3, 4, 50), "float32"), training=True))
    np.testing.assert_array_equal(y, np.broadcast_to(y[:, :1, :1], y.shape))
    assert len(np.unique(y)) == 2
    with pytest.raises(ShapeError, match="axes"):
        layers.SpatialDropout2D(0.5)(np.ones((2, 3), "float32"))


@pytest.mark.parametrize("backend", ["numpy", "torch"])
def test_the_noise_is_the_same_everywhere(backend):
    with horn.use_backend(backend):
        y = horn.ops.convert_to_numpy(
            layers.GaussianNoise(1.0, seed=3)(np.zeros((2, 3), "float32"), training=True)
        )
    with horn.use_backend(os.environ["HORN_BACKEND"]):
        z = layers.GaussianNoise(1.0, seed=3)(np.zeros((2, 3), "float32"), training=True)
    np.testing.assert_allclose(y, z, rtol=1e-5)


@pytest.mark.parametrize("name", ["ActivityRegularization", "Dense", "Conv1D", "Embedding", "EinsumDense"])
def test_the_penalty_of_the_outputs(name):
    x = np.array([[[1, 0], [2, 1]], [[0, 0], [1, 2]], [[1, 1], [0, 1]]], "float32")
    if name == "ActivityRegularization":
        arguments: dict[str, Any] = {"l1": 0.5, "l2": 0.25}
    else:
        sizes = {
            "Dense": (3,),
            "Conv1D": (3, 1),
            "Embedding": (4, 3),
            "EinsumDense": ("abc,cd->abd", (2, 3)),
        }[name]
        names = {"Conv1D": ("filters", "kernel_size"), "Embedding": ("input_dim", "output_dim")}
        names |= {"Dense": ("units",), "EinsumDense": ("equation", "output_shape")}
        arguments = {**dict(zip(names[name], sizes, strict=True)), "activity_regularizer": "l2"}
    ours, theirs = getattr(layers, name)(**arguments), getattr(keras.layers, name)(**arguments)
    ours(x)
    theirs.build(x.shape)
    ours.set_weights([np.asarray(v.value) for v in theirs.weights])
    ours(x)
    theirs(x)
    np.testing.assert_allclose([float(v) for v in ours.losses], [float(v) for v in theirs.losses], rtol=1e-5)
    again = type(ours).from_config(ours.get_config())
    assert again.get_config() == ours.get_config()


def test_the_penalty_reaches_the_loss_of_fit():
    x, y = numbers((8, 3)), numbers((8, 2), 1)
    losses = []
    for frame, extra in ((layers, horn), (keras.layers, keras)):
        layer = frame.Dense(2, activity_regularizer="l2", kernel_initializer="ones")
        model = extra.Sequential([layer])
        model.compile("sgd", "mse")
        losses.append(model.fit(x, y, batch_size=4, shuffle=False, verbose=0).history["loss"][0])
        plain = extra.Sequential([frame.Dense(2, kernel_initializer="ones")])
        plain.compile("sgd", "mse")
        assert plain.fit(x, y, batch_size=4, shuffle=False, verbose=0).history["loss"][0] < losses[-1]
    np.testing.assert_allclose(*losses, rtol=1e-5)


def test_identity_and_lambda():
    x = numbers((2, 3))
    np.testing.assert_array_equal(layers.Identity()(x), x)
    layer = layers.Lambda(
        lambda v, factor, training: v * factor + float(training), (3,), arguments={"factor": 2.0}
    )
    np.testing.assert_allclose(layer(x), x * 2.0)
    np.testing.assert_allclose(layer(x, training=True), x * 2.0 + 1.0)
    assert layers.Lambda.from_config(layer.get_config())(x).shape == (2, 3)
    symbol = layers.Lambda(lambda v: v[:, 0])(layers.Input((3, 4)))
    assert symbol.shape == (None, 4)
    with pytest.raises(ShapeError, match="output_shape"):
        layers.Lambda(lambda v: v, output_shape=(4,))(x)
    masked = layers.Lambda(
        lambda v, mask: horn.ops.where(horn.ops.expand_dims(mask, -1), v, 0.0), mask=lambda v, m: m
    )
    model = horn.Sequential([layers.Embedding(3, 2, mask_zero=True), masked])
    assert not np.asarray(model(np.array([[1, 0]])))[0, 1].any()


@pytest.mark.parametrize("name", [*sorted(CASES), "ActivityRegularization", "Identity"])
def test_the_configuration_makes_an_equal_layer(name):
    arguments = CASES.get(name, ({}, ()))[0]
    ours = getattr(layers, name)(**arguments)
    theirs = getattr(keras.layers, name)(**arguments).get_config()
    assert set(theirs) - set(ours.get_config()) == set()
    again = type(ours).from_config(theirs).get_config()
    assert {**again, "name": ""} == {**ours.get_config(), "name": ""}


@pytest.mark.parametrize(
    ("name", "arguments"),
    [
        ("Dropout", {"rate": 1.0}), ("Dropout", {"rate": float("nan")}),
        ("Dropout", {"rate": 0.5, "noise_shape": (1, 0)}),
        ("Dropout", {"rate": 0.5, "seed": "a"}), ("AlphaDropout", {"rate": 2}), ("GaussianDropout", {"rate": -0.1}),
        ("GaussianNoise", {"stddev": -1.0}), ("GaussianNoise", {"stddev": None}),
        ("SpatialDropout1D", {"rate": "half"}),
        ("SpatialDropout2D", {"rate": 0.5, "data_format": "last"}), ("ActivityRegularization", {"l1": -1.0}),
        ("Lambda", {"function": 3}), ("Lambda", {"function": abs, "arguments": [1]}),
        ("Dense", {"units": 3, "lora_rank": 2}), ("Dense", {"units": 3, "quantization_config": {}}),
        ("Embedding", {"input_dim": 3, "output_dim": 2, "lora_rank": 2}),
        ("Embedding", {"input_dim": 3, "output_dim": 2, "weights": np.ones((2, 3))}),
        ("Embedding", {"input_dim": 3, "output_dim": 2, "mask_zero": "yes"}),
    ],
)  # fmt: skip
def test_wrong_arguments_are_refused_at_construction(name, arguments):
    with pytest.raises(ArgumentError):
        getattr(layers, name)(**arguments)


def test_an_embedding_of_given_vectors():
    vectors = numbers((3, 2))
    for given in (vectors, [vectors]):
        ours = layers.Embedding(3, 2, weights=given)
        theirs = keras.layers.Embedding(3, 2, weights=given)
        np.testing.assert_allclose(ours(np.array([0, 2])), np.asarray(theirs(np.array([0, 2]))))
