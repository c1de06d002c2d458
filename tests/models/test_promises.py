"""What a user may rely on, on every backend: values that are held, tied weights, copies, Ctrl-C."""

from __future__ import annotations

import os
import signal
import threading
from typing import Any

import numpy as np
import pytest

import horn as keras
from horn import contract, layers, ops
from horn.state.variable import Variable

RNG = np.random.default_rng(0)
X = RNG.normal(size=(96, 6)).astype("float32")
Y = (X[:, 0] > 0).astype("int32")


def network(backend: str, **kwargs: Any) -> Any:
    """Return a small compiled network with dropout and batch normalisation."""
    model = keras.Sequential(
        [
            keras.Input((6,)), layers.Dense(8, activation="tanh"), layers.BatchNormalization(),
            layers.Dropout(0.3), layers.Dense(2, activation="softmax"),
        ],
        backend=backend,
    )  # fmt: skip
    model.compile("adam", "sparse_categorical_crossentropy", metrics=["accuracy"], **kwargs)
    return model


def test_native_tensors_come_out(backend: str) -> None:
    model = network(backend)
    assert isinstance(model(X[:3]), contract.load(backend).tensor_types)
    assert isinstance(model.predict(X[:3], verbose=0), np.ndarray)


def test_a_value_that_is_held_stays_what_it_was(backend: str) -> None:
    model = network(backend)
    home = contract.load(backend)
    kernel = model.layers[0].kernel
    model(X[:1])
    held = kernel.value
    with keras.use_backend(backend):
        view = ops.transpose(kernel)
    outputs = model(X[:4])
    kept = [home.to_numpy(tensor).copy() for tensor in (held, view, outputs)]
    model.fit(X, Y, epochs=2, batch_size=16, verbose=0)
    assert not np.array_equal(kernel.numpy(), kept[0])
    for tensor, value in zip((held, view, outputs), kept, strict=True):
        np.testing.assert_array_equal(home.to_numpy(tensor), value)


class Tied(keras.Model):
    """An autoencoder that decodes with the transpose of its encoder."""

    def build(self, input_shape: Any) -> None:
        self.kernel = self.add_weight((input_shape[-1], 3), name="kernel")
        self.again = self.kernel

    def call(self, inputs: Any) -> Any:
        return ops.matmul(ops.matmul(inputs, self.kernel), ops.transpose(self.again))


def change_weights(model: Any) -> None:
    model.layers[0].kernel.assign(model.layers[0].kernel * 2)


def add_a_layer(model: Any) -> None:
    model.add(layers.Dense(3))


def freeze(model: Any) -> None:
    model.trainable = False


def run_eagerly(model: Any) -> None:
    model.compile("adam", "mse", run_eagerly=True)


def train(model: Any) -> None:
    model.fit(X, Y, epochs=1, verbose=0)


@pytest.mark.parametrize("change", [change_weights, add_a_layer, freeze, run_eagerly, train])
def test_predictions_of_one_example_follow_every_change(backend: str, change: Any) -> None:
    model = network(backend)
    home = contract.load(backend)
    for _ in range(2):
        for _ in range(3):
            found = model.predict(X[:1], verbose=0)
        np.testing.assert_allclose(found, home.to_numpy(model(X[:1])), rtol=1e-5, atol=1e-6)
        assert model._functions.get("predict", X[:1]) is model._functions.get("predict", X[1:2])
        change(model)


def test_a_layer_that_is_replaced_is_not_run_again(backend: str) -> None:
    class Outer(keras.Model):
        def __init__(self) -> None:
            super().__init__(backend=backend)
            self.inner: Any = None

        def call(self, inputs: Any) -> Any:
            return self.inner(inputs)

    model, x = Outer(), X[:1]
    for value in (0.0, 1.0):
        model.inner = layers.Dense(2, use_bias=False, kernel_initializer=keras.initializers.Constant(value))
        for _ in range(3):
            found = model.predict(x, verbose=0)
            np.testing.assert_allclose(found, np.full((1, 2), x.sum() * value), rtol=1e-5)
    for activation in ("relu", "tanh"):  # layers without weights
        model.inner = layers.Activation(activation)
        for _ in range(3):
            found = model.predict(x, verbose=0)
            np.testing.assert_allclose(found, np.asarray(getattr(keras.ops, activation)(x)), rtol=1e-5)


def test_predictions_share_no_memory(backend: str) -> None:
    inputs = keras.Input((6,))
    model = keras.Model(inputs, [inputs, inputs, layers.Dense(2)(inputs)], backend=backend)
    x = X[:1].copy()
    found = [array for _ in range(3) for array in model.predict(x, verbose=0)]
    assert not any(np.shares_memory(a, b) for i, a in enumerate(found) for b in (x, *found[:i]))
    assert all(array.flags.writeable for array in found)


def test_two_threads_predict_with_one_model(backend: str) -> None:
    model = network(backend)
    expected = [model.predict(X[i : i + 1], verbose=0) for i in range(2)]
    wrong: list[Any] = []

    def predict(i: int) -> None:
        for size in (1, 2) * 150:
            found = model.predict(X[i : i + size], verbose=0)[:1]
            if not np.allclose(found, expected[i], rtol=1e-5):
                wrong.append(found)

    threads = [threading.Thread(target=predict, args=(i,)) for i in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not wrong


def test_tied_weights_train_as_one(backend: str) -> None:
    model = Tied(backend=backend)
    model.compile(keras.optimizers.Adam(1e-2), "mse")
    losses = model.fit(X, X, epochs=12, batch_size=16, verbose=0).history["loss"]
    assert len(model.trainable_variables) == 1
    assert losses[-1] < 0.8 * losses[0]


def test_to_backend_copies_everything(backend: str) -> None:
    model = network("numpy")
    model.fit(X, Y, epochs=1, batch_size=16, verbose=0)
    twin = model.to_backend(backend)
    np.testing.assert_allclose(twin.predict(X, verbose=0), model.predict(X, verbose=0), rtol=0, atol=1e-5)
    for first, second in zip(model.optimizer.variables, twin.optimizer.variables, strict=True):
        np.testing.assert_array_equal(first.numpy(), second.numpy())
    first = model.fit(X, Y, epochs=2, batch_size=16, verbose=0).history["loss"]
    second = twin.fit(X, Y, epochs=2, batch_size=16, verbose=0).history["loss"]
    np.testing.assert_allclose(first, second, rtol=1e-4)


def test_training_goes_on_from_a_file_as_from_the_weights_in_it(backend: str, tmp_path: Any) -> None:
    first, second = network(backend), network(backend)
    first.fit(X, Y, verbose=0)
    second.fit(X, Y, verbose=0)  # its weights are on the backend, in plans and in joined memory
    first.save_weights(tmp_path / "a.weights.h5")
    second.load_weights(tmp_path / "a.weights.h5")
    loaded = second.get_weights()
    held = [np.asarray(variable.numpy()) for variable in second.optimizer.variables]
    for a, b in zip(first.get_weights(), loaded, strict=True):
        np.testing.assert_array_equal(a, b)
    for _ in range(2):  # twice: a step may write into memory that it was given
        second.load_weights(tmp_path / "a.weights.h5")
        results = [model.train_on_batch(X[:32], Y[:32])[0] for model in (second, second)]
        assert np.isfinite(results).all()
    second.load_weights(tmp_path / "a.weights.h5")
    for a, b in zip(loaded, second.get_weights(), strict=True):
        np.testing.assert_array_equal(a, b)
    for a, b in zip(held, second.optimizer.variables, strict=True):
        np.testing.assert_array_equal(a, b.numpy())


def test_two_models_on_two_backends_in_turn(backend: str) -> None:
    def alone(name: str) -> list[np.ndarray]:
        keras.utils.set_random_seed(1)
        model = network(name)
        for _ in range(3):
            model.fit(X, Y, epochs=1, batch_size=16, verbose=0)
        return model.get_weights()

    keras.utils.set_random_seed(1)
    first = network(backend)
    keras.utils.set_random_seed(1)
    second = network("numpy")
    for _ in range(3):
        first.fit(X, Y, epochs=1, batch_size=16, verbose=0)
        second.fit(X, Y, epochs=1, batch_size=16, verbose=0)
    for got, want in ((first.get_weights(), alone(backend)), (second.get_weights(), alone("numpy"))):
        for a, b in zip(got, want, strict=True):
            np.testing.assert_array_equal(a, b)


@pytest.mark.parametrize("after", [0.0, 0.004, 0.02, 0.06, 0.15])
def test_an_interrupt_leaves_a_whole_model(backend: str, after: float) -> None:
    model = network(backend)
    model.fit(X, Y, epochs=1, batch_size=16, verbose=0)
    timer = threading.Timer(after, os.kill, (os.getpid(), signal.SIGINT))

    def interrupted() -> None:
        timer.start()
        model.fit(X, Y, epochs=20_000, batch_size=16, verbose=0)

    # A process that was started in the background may have been told to ignore Ctrl-C.
    old = signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        with pytest.raises(KeyboardInterrupt):
            interrupted()
        timer.join()
    finally:
        signal.signal(signal.SIGINT, old)
    steps = int(model.optimizer.iterations.numpy())
    assert int(model._counters["train"].numpy()) == steps
    # The run up to that step, without an interrupt, has the same weights.
    twin = network(backend)
    twin.set_weights(model.get_weights())
    assert np.isfinite(model.predict(X, verbose=0)).all()
    np.testing.assert_array_equal(model.predict(X, verbose=0), twin.predict(X, verbose=0))
    model.fit(X, Y, epochs=1, batch_size=16, verbose=0)
    assert int(model.optimizer.iterations.numpy()) == steps + 6


def test_eager_steps_agree_with_compiled_ones(backend: str) -> None:
    weights = []
    for eager in (False, True):
        keras.utils.set_random_seed(3)
        model = network(backend, run_eagerly=eager)
        model.fit(X, Y, epochs=2, batch_size=20, verbose=0)
        weights.append(model.get_weights())
    for compiled, eager in zip(*weights, strict=True):
        np.testing.assert_allclose(compiled, eager, rtol=0, atol=2e-4)


class Stubborn(layers.Layer):
    """A layer that looks at the values of its inputs, which a trace does not have."""

    def call(self, inputs: Any) -> Any:
        return inputs * 2.0 if float(ops.mean(inputs)) > 1e9 else inputs


@pytest.mark.filterwarnings("ignore:Converting a tensor with requires_grad:UserWarning")  # PyTorch, of `float`
def test_a_step_that_cannot_be_traced_runs_eagerly_and_says_why(backend: str, caplog: Any) -> None:
    stack = [layers.Dense(4, activation="relu"), Stubborn(name="stubborn"), layers.Dense(1)]
    model = keras.Sequential(stack, backend=backend)
    model.compile(keras.optimizers.Adam(1e-2), "mse")
    losses = model.fit(X, X[:, :1], epochs=6, batch_size=16, verbose=0).history["loss"]
    assert losses[-1] < losses[0]
    lines = [record.getMessage() for record in caplog.records if record.name == "horn"]
    said = [line for line in lines if "train step" in line]
    assert len(said) == 1
    assert "stubborn" in said[0]
    assert "test_promises.py" in said[0]


def test_gradients_nest(backend: str) -> None:
    home = contract.load(backend)
    with keras.use_backend(backend):
        x = home.asarray(np.float32(1.5))
        third = keras.grad(keras.grad(keras.grad(lambda t: ops.sin(t) * t)))(x)
        np.testing.assert_allclose(home.to_numpy(third), -3 * np.sin(1.5) - 1.5 * np.cos(1.5), rtol=1e-5)
        weight = Variable(np.float32([2.0, 3.0]))
        value, (grad,) = keras.value_and_grad(lambda: ops.sum(weight * weight), [weight])()
        np.testing.assert_allclose(home.to_numpy(value), 13.0, rtol=1e-6)
        np.testing.assert_allclose(home.to_numpy(grad), [4.0, 6.0], rtol=1e-6)


def test_a_native_tensor_on_the_left_does_not_hide_a_gradient(backend: str) -> None:
    with keras.use_backend(backend):
        x = ops.convert_to_tensor(np.array([1.0, -2.0], "float32"))
        found = keras.grad(lambda v: ops.sum(ops.sign(v) * v) + ops.sum(ops.arange(2, dtype="float32") * v))(x)
        np.testing.assert_array_equal(ops.convert_to_numpy(found), [1.0, 0.0])


def test_flushing_is_switched_or_refused(backend: str) -> None:
    home = contract.load(backend)

    def product() -> float:
        with keras.use_backend(backend):
            return float(home.to_numpy(ops.multiply(np.float32(2e-38), np.full((8,), 1e-3, "float32")))[0])

    always = backend in ("jax", "tensorflow")
    with keras.use_backend(backend):
        if backend == "torch":
            assert home.steps_flush  # in steps alone, as long as nobody says anything
            assert product() > 0.0
            keras.config.set_flush_denormals(True)
            assert product() == 0.0
            keras.config.set_flush_denormals(False)
            assert not home.steps_flush
            home.steps_flush = True
        else:
            keras.config.set_flush_denormals(always)
            with pytest.raises(keras.errors.BackendError, match="has no switch"):
                keras.config.set_flush_denormals(not always)
    if not always:
        assert product() > 0.0
