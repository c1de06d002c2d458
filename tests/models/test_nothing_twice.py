"""What a step is made of is made once: no trace, layer, program or compilation comes back.

Counted, not timed: what runs while a second `fit` and `evaluate` go over batches that have been seen.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np
import pytest

import horn as keras
from horn import contract, layers
from horn.api.layers.layer import Layer
from horn.engine import compile as compiling, draws, step
from horn.engine.plan import Runner
from horn.spec import ops
from horn.spec.graph import trace
from horn.spec.program import Lowering, Program
from horn.spec.tensorspec import TensorSpec
from horn.state.variable import Variable

RNG = np.random.default_rng(0)
ROWS = 24
BATCH = 8


def picture_layers() -> Any:
    """Return a functional model of one layer of each kind for pictures, and pictures."""
    inputs = keras.Input((12, 12, 3))
    x = layers.GaussianNoise(0.1)(inputs)
    for layer in (
        layers.Conv2D(4, 3, padding="same", kernel_regularizer="l2"), layers.BatchNormalization(), layers.ReLU(),
        layers.MaxPooling2D(), layers.SpatialDropout2D(0.1), layers.SeparableConv2D(4, 3, padding="same"),
        layers.GroupNormalization(2), layers.PReLU(), layers.DepthwiseConv2D(2), layers.ZeroPadding2D(),
        layers.AveragePooling2D(2, padding="same"), layers.Conv2DTranspose(3, 2, strides=2),
        layers.UpSampling2D(2, interpolation="bilinear"), layers.Cropping2D(1), layers.AdaptiveAveragePooling2D(3),
        layers.UnitNormalization(), layers.Flatten(), layers.AlphaDropout(0.1), layers.Dense(5, activation="gelu"),
    ):  # fmt: skip
        x = layer(x)
    pictures = RNG.normal(size=(ROWS, 12, 12, 3)).astype("float32")
    return keras.Model(inputs, layers.Dense(3, activation="softmax")(x)), pictures


def text_layers() -> Any:
    """Return a functional model of one layer of each kind for sequences, and sequences with a mask."""
    inputs = keras.Input((40,), dtype="int32")
    x = layers.Embedding(30, 8, mask_zero=True)(inputs)
    x = layers.LSTM(6, return_sequences=True, dropout=0.1)(x)
    x = layers.Bidirectional(layers.GRU(4, return_sequences=True))(x)
    x = layers.Add()([x, layers.MultiHeadAttention(2, 4, dropout=0.1)(x, x, use_causal_mask=True)])
    x = layers.LayerNormalization()(x)
    x = layers.Attention()([x, x])
    x = layers.AdditiveAttention()([x, x])
    x = layers.TimeDistributed(layers.Dense(4, activation="tanh"))(x)
    x = layers.RMSNormalization()(x)
    x = layers.Conv1D(4, 3, padding="causal")(x)
    x = layers.SimpleRNN(4)(x)
    return keras.Model(inputs, layers.Dense(3, activation="softmax")(x)), RNG.integers(0, 30, (ROWS, 40))


@contextmanager
def counted(monkeypatch: pytest.MonkeyPatch) -> Iterator[Counter[str]]:
    """Count traces, calls of layers, expansions, programs and compilations while the block runs."""
    counts: Counter[str] = Counter()

    def count(owner: Any, name: str) -> None:
        original = getattr(owner, name)

        def counting(*args: Any, **kwargs: Any) -> Any:
            counts[name] += 1
            return original(*args, **kwargs)

        patch.setattr(owner, name, counting)

    with monkeypatch.context() as patch:
        for owner, name in (
            (step, "_trace"), (Layer, "_run"), (Lowering, "graph"), (Program, "_build"),
            (compiling.Compiled, "__init__"),
        ):  # fmt: skip
            count(owner, name)
        yield counts


@pytest.mark.parametrize("make", [picture_layers, text_layers])
def test_a_second_fit_makes_nothing_anew(backend: str, make: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    with keras.use_backend(backend):
        model, x = make()
    y = RNG.integers(0, 3, len(x))
    rate = keras.optimizers.schedules.CosineDecay(1e-3, 100)
    model.compile(
        keras.optimizers.AdamW(rate, global_clipnorm=1.0), "sparse_categorical_crossentropy",
        metrics=["accuracy", keras.metrics.SparseTopKCategoricalAccuracy(2)], steps_per_execution=2,
    )  # fmt: skip
    model.fit(x, y, batch_size=BATCH, epochs=1, verbose=0)
    model.evaluate(x, y, batch_size=BATCH, verbose=0)
    with counted(monkeypatch) as counts:
        first = dispatches(model, monkeypatch, lambda: model.fit(x, y, batch_size=BATCH, epochs=1, verbose=0))
        third = dispatches(model, monkeypatch, lambda: model.fit(x, y, batch_size=BATCH, epochs=3, verbose=0))
        model.evaluate(x, y, batch_size=BATCH, verbose=0)
    assert not counts
    assert (first, third) == (2, 6)  # three batches: two steps and one, in each epoch
    (train,) = [function for key, function in model._functions._compiled.items() if key[0][0] == "train"]
    assert redone(train, backend, [x.shape[1:], ()]) == []


def dispatches(model: Any, monkeypatch: pytest.MonkeyPatch, run: Any) -> int:
    """Return how many times `run` hands steps to the backend."""
    count = 0
    original = compiling.Compiled.__call__

    def counting(self: Any, *args: Any, **kwargs: Any) -> Any:
        nonlocal count
        count += 1
        return original(self, *args, **kwargs)

    with monkeypatch.context() as patch:
        patch.setattr(compiling.Compiled, "__call__", counting)
        run()
    return count


def redone(function: Any, backend: str, shapes: list[tuple[int, ...]]) -> list[str]:
    """Return what each step makes again of constants and of state that no step changes.

    A compiler folds its constants itself; there the question is whether it ran once.
    """
    home = contract.load(backend)
    if not isinstance(function.run, Runner):
        made = [getattr(c, "function", None) for c in getattr(function.run, "_compiled", {}).values()]
        return [str(f) for f in made if hasattr(f, "_cache_size") and f._cache_size() != 1]
    plan = function.run._plan(home.bare, [(BATCH, *shape) for shape in shapes])
    graph, traced = plan.graph, function.step
    varying = {id(symbol) for symbol in graph.inputs[traced.n_state :]}
    varying |= {id(graph.inputs[i]) for i in traced.updates}
    again = []
    for node in graph.nodes:
        if any(id(held) in varying for held in node.inputs):
            varying |= {id(out) for out in node.outputs}
        else:
            again.append(f"{node.op.name} in {node.scope}")
    return again


def test_joined_draws_are_the_same_draws(backend: str, monkeypatch: pytest.MonkeyPatch, begin_again: Any) -> None:
    def trained(fewest: int) -> list[np.ndarray]:
        begin_again()
        monkeypatch.setattr(draws, "_FEWEST", fewest)
        parts: list[Any] = [keras.Input((6,))]
        for _ in range(5):
            parts += [layers.Dense(4), layers.Dropout(0.4), layers.GaussianNoise(0.1)]
        model = keras.Sequential([*parts, layers.Dense(1)], backend=backend)
        model.compile("sgd", "mse")
        x = np.linspace(-1, 1, 60, dtype="float32").reshape(10, 6)
        model.fit(x, x[:, :1], batch_size=4, epochs=2, verbose=0)
        return model.get_weights()

    for joined, apart in zip(trained(2), trained(1000), strict=True):
        np.testing.assert_allclose(joined, apart, rtol=2e-6, atol=1e-7)


def test_equal_constants_of_a_program_are_one_tensor(backend: str, monkeypatch: pytest.MonkeyPatch) -> None:
    home = contract.load(backend)
    graph, _, _ = trace(lambda x: (x * 1.5, ops.sin(x) * 1.5, x * 2.5), [TensorSpec((2,), "float32")])
    made: list[Any] = []
    monkeypatch.setattr(home, "asarray", lambda *given: made.append(given) or type(home).asarray(home, *given))
    run = Program(graph, home)
    assert len(made) == 2
    x = home.asarray(np.float32([1.0, 2.0]))
    first, second, third = (home.to_numpy(out) for out in run(x))
    np.testing.assert_array_equal(first, np.float32([1.5, 3.0]))
    np.testing.assert_allclose(second, np.sin(np.float32([1.0, 2.0])) * 1.5, rtol=1e-6)
    np.testing.assert_array_equal(third, np.float32([2.5, 5.0]))


class Parts(keras.Model):
    """A model of attributes of each kind that may hold layers."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.first, self.second = layers.Dense(2), None
        self.inner = keras.Sequential([keras.Input((2,)), layers.Dense(2)])

    def call(self, inputs: Any) -> Any:
        outputs = self.inner(self.first(inputs))
        for layer in [self.second, *getattr(self, "more", ())]:
            outputs = outputs if layer is None else layer(outputs)
        return outputs


def _dense(size: int = 2) -> Any:
    """Return a layer with weights."""
    layer = layers.Dense(2)
    layer.build((None, size))
    layer.built = True
    return layer


def _append(model: Any) -> None:
    model.more.append(_dense())


CHANGES = {
    "an attribute is set": lambda model: setattr(model, "second", _dense()),
    "an attribute is replaced": lambda model: setattr(model, "first", _dense(3)),
    "an attribute becomes None": lambda model: setattr(model, "second", None),
    "an attribute is a list": lambda model: setattr(model, "more", [_dense()]),
    "a list grows": _append,
    "a list is deleted": lambda model: delattr(model, "more"),
    "a model within grows": lambda model: model.inner.add(layers.Dense(2)),
    "a model within shrinks": lambda model: model.inner.pop(),
    "a weight is replaced": lambda model: setattr(model.first, "kernel", Variable(np.ones((3, 2), "float32"))),
}


def test_what_a_model_holds_may_change_between_calls(backend: str) -> None:
    model, x = Parts(backend=backend), RNG.normal(size=(2, 3)).astype("float32")
    for name, change in CHANGES.items():
        model.predict(x, verbose=0)
        change(model)
        got = model.predict(x, verbose=0)
        with keras.use_backend(backend):
            np.testing.assert_allclose(got, keras.ops.convert_to_numpy(model(x)), rtol=1e-5, atol=1e-6, err_msg=name)


FREEZES = {
    "nothing": lambda model: None,
    "a layer": lambda model: setattr(model.first, "trainable", False),
    "a weight": lambda model: setattr(model.first.bias, "trainable", False),
    "a layer within a model within": lambda model: setattr(model.inner.layers[0], "trainable", False),
}


@pytest.mark.parametrize("frozen", FREEZES)
def test_what_is_trained_may_change_between_steps(backend: str, frozen: str) -> None:
    model = Parts(backend=backend)
    model.compile("sgd", "mse")
    x, y = RNG.normal(size=(2, 4, 3)).astype("float32")
    model.train_on_batch(x, y[:, :2])
    FREEZES[frozen](model)
    trained = {id(v) for v in model.trainable_variables}
    assert len(trained) == {"nothing": 4, "a weight": 3}.get(frozen, 2)
    before = model.get_weights()
    model.train_on_batch(x, y[:, :2])
    for variable, old in zip(model.variables, before, strict=True):
        assert np.array_equal(variable.numpy(), old) == (id(variable) not in trained), variable.path
    for layer in (model.first, *model.inner.layers):
        layer.trainable = True
    model.first.bias.trainable = True
    before = model.get_weights()
    model.train_on_batch(x, y[:, :2])
    assert not any(map(np.array_equal, model.get_weights(), before))
