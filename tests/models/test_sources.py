"""Data of a framework in `fit` and `predict`: its tensors, data sets and loaders, on each backend."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

import horn
from horn import contract

if TYPE_CHECKING:
    from collections.abc import Iterator

RANDOM = np.random.default_rng(4)
X = RANDOM.normal(size=(20, 3)).astype("float32")
Y = RANDOM.normal(size=(20, 2)).astype("float32")


def fitted(backend: str, *data: Any, **options: Any) -> tuple[Any, Any]:
    """Return the history and the weights after training on the data."""
    horn.utils.set_random_seed(3)
    model = horn.Sequential([horn.Input(shape=(3,)), horn.layers.Dense(2)], backend=backend)
    model.compile("adam", "mse")
    history = model.fit(*data, **{"epochs": 2, "batch_size": 6, "verbose": 0, "shuffle": False, **options})
    return history.history, [*model.get_weights(), model.predict(data[0], steps=2, batch_size=6, verbose=0)]


def assert_same(one: tuple[Any, Any], other: tuple[Any, Any]) -> None:
    for name, values in other[0].items():
        np.testing.assert_allclose(one[0][name], values, rtol=1e-6)
    for left, right in zip(one[1], other[1], strict=True):
        np.testing.assert_allclose(left, right, rtol=1e-6, atol=1e-7)


def test_tensors_of_the_backend_train_as_arrays_do(backend: str) -> None:
    native = [contract.load(backend).asarray(array) for array in (X, Y)]
    for options in ({}, {"validation_split": 0.3}, {"shuffle": True}):
        assert_same(fitted(backend, *native, **options), fitted(backend, X, Y, **options))


def test_batches_of_tensors_of_the_backend_train_as_arrays_do(backend: str) -> None:
    class Batches:
        def __iter__(self) -> Iterator[Any]:
            for start in range(0, len(X), 6):
                yield [contract.load(backend).asarray(array[start : start + 6]) for array in (X, Y)]

    assert_same(fitted(backend, Batches()), fitted(backend, X, Y))


def test_a_loader_of_pytorch_trains_as_arrays_do(backend: str) -> None:
    if backend != "torch":
        pytest.skip("PyTorch is imported where it is under test")
    from torch import from_numpy
    from torch.utils.data import DataLoader, IterableDataset, TensorDataset

    class Stream(IterableDataset):
        def __iter__(self) -> Any:
            return iter(zip(from_numpy(X), from_numpy(Y), strict=True))

    wanted = fitted(backend, X, Y)
    for data in (TensorDataset(from_numpy(X), from_numpy(Y)), Stream()):
        assert_same(fitted(backend, DataLoader(data, batch_size=6)), wanted)
    watched = from_numpy(X.copy()).requires_grad_()
    assert_same(fitted(backend, watched, from_numpy(Y)), wanted)


def test_a_data_set_of_tensorflow_trains_as_arrays_do(backend: str) -> None:
    if backend != "tensorflow":
        pytest.skip("TensorFlow is imported where it is under test")
    import tensorflow as tf

    data = tf.data.Dataset.from_tensor_slices((X, Y)).batch(6)
    wanted = fitted(backend, X, Y)
    assert_same(fitted(backend, data), wanted)
    assert_same(fitted(backend, data.repeat(), steps_per_epoch=4), wanted)
    assert_same(fitted(backend, X, Y, validation_data=data), fitted(backend, X, Y, validation_data=(X, Y)))
