"""Recurrent layers in models, on every backend: states that last, cells of one's own, both directions."""

from __future__ import annotations

import re
from typing import Any

import numpy as np
import pytest

import horn as keras
from horn import layers, ops
from horn.errors import ArgumentError, HornError, ShapeError

X = np.random.default_rng(0).normal(size=(8, 6, 3)).astype("float32")
Y = (X[:, :, 0].sum(1) > 0).astype("float32")


class Leaky(layers.Layer):
    """A cell of one's own, with two states of different sizes and a weight; its output is none of them."""

    state_size = [4, (2, 2)]  # noqa: RUF012

    def build(self, input_shape: Any) -> None:
        self.kernel = self.add_weight((input_shape[-1], 4), "glorot_uniform", name="kernel")

    def call(self, inputs: Any, states: Any) -> Any:
        total, count = states
        total = total * 0.5 + ops.matmul(inputs, self.kernel)
        return total * 2.0, [total, count + 1.0]


def stateful(backend: str, **options: Any) -> Any:
    """Return a model that keeps its states from batch to batch."""
    recurrent = [
        layers.GRU(4, stateful=True, return_sequences=True),
        layers.LSTM(4, stateful=True, **options),
    ]
    return keras.Sequential([keras.Input((3, 3), batch_size=4), *recurrent, layers.Dense(1)], backend=backend)


def test_a_sequence_in_two_halves_is_the_sequence(backend: str) -> None:
    whole = keras.Sequential(
        [keras.Input((6, 3)), layers.GRU(4, return_sequences=True), layers.LSTM(4), layers.Dense(1)],
        backend=backend,
    )
    halves = stateful(backend)
    halves.set_weights(whole.get_weights())
    want = whole.predict(X[:4], verbose=0)
    for _ in range(2):
        first = halves.predict(X[:4, :3], verbose=0)
        np.testing.assert_allclose(halves.predict(X[:4, 3:], verbose=0), want, atol=1e-5)
        for layer in halves.layers[:2]:
            layer.reset_state()
        np.testing.assert_allclose(halves.predict(X[:4, :3], verbose=0), first, atol=1e-6)
        for layer in halves.layers[:2]:
            layer.reset_states()


def test_states_last_through_training(backend: str) -> None:
    model = stateful(backend)
    model.compile("sgd", "mean_squared_error")
    before = model.get_weights()
    model.fit(X[:, :3], Y[:, None], batch_size=4, shuffle=False, verbose=0)
    assert all(np.any(one != other) for one, other in zip(before, model.get_weights(), strict=True))
    kept = [state.numpy() for layer in model.layers[:2] for state in layer.states]
    assert len(kept) == 3
    assert all(np.any(state != 0) for state in kept)
    assert len(model.weights) == 8  # states are no weights


def test_a_batch_of_another_size_is_refused(backend: str) -> None:
    model = stateful(backend)
    model.compile("sgd", "mean_squared_error")
    with pytest.raises(ShapeError, match="batches of 4 sequences"):
        model(X[:3, :3])
    model.predict(X[:, :3], batch_size=4, verbose=0)
    before = [state.numpy() for state in model.layers[0].states]
    with pytest.raises(HornError, match="4 "):
        model.predict(X[:3, :3], verbose=0)
    with pytest.raises(HornError, match="4 "):
        model.fit(X[:2, :3], Y[:2, None], verbose=0)
    for old, state in zip(before, model.layers[0].states, strict=True):
        np.testing.assert_array_equal(old, state.numpy())


@pytest.mark.parametrize("masked", [False, True])
def test_a_cell_of_ones_own(backend: str, masked: bool) -> None:  # noqa: FBT001
    with keras.use_backend(backend):
        layer = layers.RNN(Leaky(), return_sequences=True, return_state=True)
        mask = np.arange(6) % 3 != 1 if masked else np.ones(6, bool)
        outputs, total, count = map(
            ops.convert_to_numpy, layer(X, mask=np.array([mask] * 8) if masked else None)
        )
        kernel = layer.get_weights()[0]
    want, last, rows = np.zeros((8, 4)), np.zeros((8, 4)), []
    for t, counts in enumerate(mask):
        if counts:
            want = want * 0.5 + X[:, t] @ kernel
            last = want * 2
        rows.append(last)
    np.testing.assert_allclose(outputs, np.stack(rows, 1), atol=1e-5)
    np.testing.assert_allclose(total, want, atol=1e-5)
    np.testing.assert_array_equal(count, np.full((8, 2, 2), mask.sum()))


def test_a_model_with_all_of_them_learns(backend: str) -> None:
    inputs = keras.Input((6, 3))
    x = layers.Masking(9.0)(inputs)
    x = layers.Bidirectional(layers.LSTM(4, return_sequences=True, dropout=0.1, recurrent_dropout=0.1))(x)
    x = layers.TimeDistributed(layers.Dense(4, activation="tanh"))(x)
    x = layers.RNN([layers.GRUCell(4), Leaky()])(x)
    outputs = layers.Dense(1, activation="sigmoid")(x)
    model = keras.Model(inputs, outputs, backend=backend)
    model.compile(keras.optimizers.Adam(0.03), "binary_crossentropy")
    x = X.copy()
    x[:4, 4:] = 9.0
    losses = model.fit(x, Y[:, None], epochs=25, batch_size=8, verbose=0).history["loss"]
    assert losses[-1] < 0.6 * losses[0]
    # What is masked does not count.
    x[:4, 4:] = 9.0
    before = model.predict(x, verbose=0)
    assert np.all(np.isfinite(before))


def test_masked_steps_do_not_count(backend: str) -> None:
    x = X.copy()
    x[:, 4:] = 0
    for recurrent in (
        layers.LSTM(4),
        layers.GRU(4),
        layers.SimpleRNN(4),
        layers.Bidirectional(layers.GRU(3)),
        layers.Bidirectional(layers.LSTM(3)),
    ):
        model = keras.Sequential([keras.Input((None, 3)), layers.Masking(), recurrent], backend=backend)
        short = keras.Sequential([keras.Input((None, 3)), recurrent], backend=backend)
        np.testing.assert_allclose(model.predict(x, verbose=0), short.predict(x[:, :4], verbose=0), atol=1e-6)


def test_dropout_is_the_same_for_all_steps(backend: str) -> None:
    with keras.use_backend(backend):
        ones = {"kernel_initializer": "ones", "recurrent_initializer": "zeros", "activation": None}
        layer = layers.SimpleRNN(1, dropout=0.5, return_sequences=True, seed=3, **ones)
        y = ops.convert_to_numpy(layer(np.ones((16, 5, 1), "float32"), training=True))[..., 0]
        assert set(np.unique(y)) == {0.0, 2.0}
        np.testing.assert_array_equal(y, y[:, :1] + np.zeros((1, 5)))
        again = ops.convert_to_numpy(layer(np.ones((16, 5, 1), "float32"), training=True))[..., 0]
        assert np.any(again != y)


ONE_OP: dict[str, Any] = {
    "lstm": (layers.LSTM, layers.LSTMCell, {"dropout": 0.5, "seed": 3}),
    "gru": (layers.GRU, layers.GRUCell, {"dropout": 0.5, "seed": 3}),
    "gru, no bias": (layers.GRU, layers.GRUCell, {"use_bias": False}),
    "gru, reset before": (layers.GRU, layers.GRUCell, {"reset_after": False}),
}


@pytest.mark.parametrize("go_backwards", [False, True])
@pytest.mark.parametrize("name", ONE_OP)
def test_one_op_and_a_scan_of_the_cell_say_the_same(backend: str, name: str, go_backwards: bool) -> None:  # noqa: FBT001
    around = {"return_sequences": True, "return_state": True, "go_backwards": go_backwards}
    layer, cell, options = ONE_OP[name]
    with keras.use_backend(backend):
        fused, scanned = layer(4, **options, **around), layers.RNN(cell(4, **options), **around)
        fused(X), scanned(X)
        scanned.set_weights(fused.get_weights())
        for training in (False, True):
            for one, other in zip(fused(X, training=training), scanned(X, training=training), strict=True):
                np.testing.assert_allclose(ops.convert_to_numpy(one), ops.convert_to_numpy(other), atol=1e-5)


CONFIGURED = [
    lambda: layers.LSTM(3, dropout=0.1, go_backwards=True, zero_output_for_mask=True, stateful=True, seed=1),
    lambda: layers.RNN(layers.GRUCell(3, reset_after=False), unroll=True),
    lambda: layers.RNN([layers.LSTMCell(3), layers.SimpleRNNCell(2)], return_state=True),
    lambda: layers.Bidirectional(layers.GRU(2), merge_mode="sum"),
    lambda: layers.TimeDistributed(layers.SimpleRNN(2)),
    lambda: layers.Masking(-1.0),
]


@pytest.mark.parametrize("number", range(len(CONFIGURED)))
def test_copies_have_their_arguments(number: int) -> None:
    layer = CONFIGURED[number]()
    config = named(layer.get_config())
    assert named(type(layer).from_config(config).get_config()) == config


def named(config: Any) -> Any:
    """Return a configuration with initializers by their names."""
    if isinstance(config, list):
        return [named(item) for item in config]
    if not isinstance(config, dict):
        return config
    if config.get("module") == "keras.initializers":
        return re.sub(r"(?<=[a-z])(?=[A-Z])", "_", config["class_name"]).lower()
    return {key: named(value) for key, value in config.items()}


WRONG: dict[str, Any] = {
    "no units": lambda: layers.LSTM(-1),
    "a share of two": lambda: layers.GRU(3, dropout=2),
    "a share that is no number": lambda: layers.SimpleRNN(3, recurrent_dropout=float("nan")),
    "a flag that is none": lambda: layers.LSTM(3, return_sequences="yes"),
    "a kernel of nobody's": lambda: layers.GRU(3, use_cudnn="maybe"),
    "no cell": lambda: layers.RNN(layers.Dense(3)),
    "no cells": lambda: layers.StackedRNNCells([]),
    "no recurrent layer": lambda: layers.Bidirectional(layers.Dense(3)),
    "no way to merge": lambda: layers.Bidirectional(layers.LSTM(3), merge_mode="max"),
    "two ways ahead": lambda: layers.Bidirectional(layers.LSTM(3), backward_layer=layers.LSTM(3)),
    "no layer": lambda: layers.TimeDistributed(3),
    "no value": lambda: layers.Masking("zero"),
    "no penalty of outputs": lambda: layers.LSTM(3, activity_regularizer="l3"),
}


@pytest.mark.parametrize("what", WRONG)
def test_a_wrong_argument_is_refused_at_once(what: str) -> None:
    with pytest.raises(ArgumentError):
        WRONG[what]()


def test_wrong_calls_are_refused(backend: str) -> None:
    with keras.use_backend(backend):
        layer = layers.LSTM(3)
        layer(X)
        with pytest.raises(ArgumentError, match="another number of initial states"):
            layer(X, initial_state=[np.zeros((8, 3))])
        with pytest.raises(ShapeError, match="initial state of another shape"):
            layer(X, initial_state=[np.zeros((8, 2)), np.zeros((8, 3))])
        with pytest.raises(ShapeError, match="mask of another shape"):
            layer(X, mask=np.ones((8, 5), bool))
        with pytest.raises(ShapeError, match="2 axes"):
            layers.GRU(3)(X[0])
    with pytest.raises(ShapeError, match="how many sequences"):
        keras.Sequential([keras.Input((6, 3)), layers.GRU(3, stateful=True)])(keras.Input((6, 3)))
