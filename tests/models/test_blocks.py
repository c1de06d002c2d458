"""Parameters that are updated as one vector: nothing but the time differs, whatever happens between."""

from __future__ import annotations

import copy
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import horn as keras
from horn import contract, layers
from horn.engine import blocks, gradients as engine
from horn.engine.compile import compile_step

RNG = np.random.default_rng(1)
X = RNG.normal(size=(70, 6)).astype("float32")
Y = (X[:, 0] > 0).astype("int32")


@pytest.fixture(autouse=True)
def overwrites(backend: str) -> None:
    """Leave out backends whose updates overwrite nothing."""
    if "adam_update" not in contract.load(backend).in_place_kernels:
        pytest.skip("this backend updates nothing in place")


def network(backend: str, optimizer: Any) -> Any:
    """Return a compiled network with parameters of several shapes and one large enough to stand alone."""
    model = keras.Sequential(
        [keras.Input((6,)), layers.Dense(3000, activation="relu"), layers.Dense(5), layers.Dense(2)], backend=backend
    )
    model.compile(optimizer, keras.losses.SparseCategoricalCrossentropy(from_logits=True))
    return model


def trained(backend: str, optimizer: Any) -> tuple[list[np.ndarray], list[np.ndarray]]:
    """Return weights and slots after batches of two sizes, the head trained alone in between."""
    model = network(backend, optimizer)
    model.fit(X, Y, batch_size=16, epochs=2, verbose=0)
    model.layers[0].trainable = False
    model.fit(X, Y, batch_size=16, epochs=1, verbose=0)
    model.layers[0].trainable = True
    model.set_weights([w + np.float32(0.01) for w in model.get_weights()])
    twin = copy.deepcopy(model)
    twin.fit(X, Y, batch_size=16, epochs=1, verbose=0)
    model.fit(X, Y, batch_size=16, epochs=1, verbose=0)
    for one, other in zip(model.get_weights(), twin.get_weights(), strict=True):
        np.testing.assert_array_equal(one, other)
    return model.get_weights(), [v.numpy() for v in model.optimizer.variables]


OPTIMIZERS: dict[str, Callable[[], Any]] = {
    "adam": keras.optimizers.Adam,
    "sgd": lambda: keras.optimizers.SGD(0.05, momentum=0.9, nesterov=True),
    "plain sgd": lambda: keras.optimizers.SGD(0.05),
    "rmsprop": keras.optimizers.RMSprop,
}


@pytest.mark.parametrize("optimizer", OPTIMIZERS)
def test_joined_parameters_become_the_same(
    backend: str, optimizer: str, begin_again: Callable[[], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    joined = trained(backend, OPTIMIZERS[optimizer]())
    begin_again()
    monkeypatch.setattr(blocks, "_SMALL", -1)
    apart = trained(backend, OPTIMIZERS[optimizer]())
    for one, other in zip(joined[0] + joined[1], apart[0] + apart[1], strict=True):
        np.testing.assert_allclose(one, other, rtol=2e-5, atol=1e-7)


def test_small_parameters_share_a_vector_and_a_second_fit_moves_nothing(backend: str) -> None:
    model, home = network(backend, "adam"), contract.load(backend)
    model.fit(X, Y, batch_size=16, verbose=0)
    small = [v for v in model.trainable_variables if np.prod(v.shape) <= blocks._SMALL]  # noqa: SLF001
    before = [v.storage(home) for v in small]
    vector, storages = home.together(before)
    assert home.describe(vector)[0] == (sum(int(np.prod(v.shape)) for v in small),)
    assert all(one is other for one, other in zip(storages, before, strict=True))
    model.fit(X, Y, batch_size=16, verbose=0)
    assert all(v.storage(home) is one for v, one in zip(small, before, strict=True))


class Twice(layers.Layer):
    """Adds two vectors to its input, whose gradients are one tensor."""

    def build(self, input_shape: Any) -> None:
        """Make the vectors."""
        self.first, self.second = (self.add_weight((input_shape[-1],), name=name) for name in ("first", "second"))

    def call(self, inputs: Any) -> Any:
        """Return the sum."""
        return inputs + self.first + self.second


def test_one_gradient_of_two_parameters_reaches_both(backend: str) -> None:
    model = keras.Sequential([keras.Input((6,)), layers.Dense(4), Twice(), layers.Dense(2)], backend=backend)
    model.compile("adam", keras.losses.SparseCategoricalCrossentropy(from_logits=True))
    first, second = (v.numpy() for v in (model.layers[1].first, model.layers[1].second))
    model.fit(X, Y, batch_size=16, epochs=2, verbose=0)
    moved = model.layers[1].first.numpy() - first
    assert moved.any()
    np.testing.assert_allclose(moved, model.layers[1].second.numpy() - second, rtol=1e-5, atol=1e-6)


def test_gradients_that_leave_a_step_stay_what_they_are(backend: str) -> None:
    model, home = network(backend, "adam"), contract.load(backend)
    variables = model.trainable_variables

    def step(batch: Any) -> Any:
        gradient = engine.grad(lambda x: keras.ops.sum(model(x) ** 2), variables)(batch)
        model.optimizer.apply(gradient, variables)
        return gradient

    with contract.context(backend=home):
        run = compile_step(step, X[:16], home)
        first = run.once([X[:16]])
        copies = [home.to_numpy(x).copy() for x in first]
        run.once([X[16:32]])
    for one, other in zip(first, copies, strict=True):
        np.testing.assert_array_equal(home.to_numpy(one), other)


def test_gradients_of_dense_layers_are_made_where_they_are_read(backend: str, monkeypatch: pytest.MonkeyPatch) -> None:
    model = network(backend, "adam")
    before = [v.numpy() for v in model.trainable_variables]
    monkeypatch.delattr(type(contract.load(backend)), "flat")
    model.fit(X, Y, batch_size=70, verbose=0)
    assert all((v.numpy() != one).any() for v, one in zip(model.trainable_variables, before, strict=True))
