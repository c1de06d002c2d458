"""One layer in Horn and its namesake in Keras: the same weights and inputs, outputs and gradients.

Keras runs on JAX; Horn runs on NumPy, or on the backend that HORN_BACKEND names.
"""

from __future__ import annotations

import os
from typing import Any

import numpy as np
import pytest

import horn
from horn import ops
from horn.state.variable import Variable

os.environ.setdefault("KERAS_BACKEND", "jax")
os.environ.setdefault("HORN_BACKEND", "numpy")  # else the line above would choose for Horn too
_OWN = ("name", "dtype", "trainable", "autocast")


@pytest.fixture(autouse=True)
def seeded() -> None:
    """Begin every test from the same seed, so that it says the same each time."""
    horn.utils.set_random_seed(0)


def _in_keras(layer: Any, x: np.ndarray, given: np.ndarray) -> list[np.ndarray]:
    """Return the outputs, and the gradients by inputs and weights of the outputs times `given`, of Keras."""
    import keras

    framework = keras.backend.backend()
    if framework == "jax":
        import jax

        def loss(x: Any, values: Any) -> Any:
            outputs = layer.stateless_call(values, [], x)[0]
            return (outputs * given).sum(), outputs

        both = jax.jit(jax.value_and_grad(loss, (0, 1), has_aux=True))
        (_, outputs), (by_x, by_weights) = both(x, [v.value for v in layer.trainable_variables])
        return [np.asarray(value) for value in (outputs, by_x, *by_weights)]
    variables = [v.value for v in layer.trainable_variables]
    if framework == "torch":
        import torch

        leaves = [torch.tensor(x, requires_grad=True), *variables]
        outputs = layer(leaves[0])
        grads = torch.autograd.grad((outputs * torch.tensor(given)).sum(), leaves)
        return [value.detach().numpy() for value in (outputs, *grads)]
    import tensorflow as tf

    leaves = [tf.Variable(x), *variables]
    with tf.GradientTape() as tape:
        outputs = layer(leaves[0] * 1.0)
        total = tf.reduce_sum(outputs * given)
    return [np.asarray(value) for value in (outputs, *tape.gradient(total, leaves))]


def _in_horn(layer: Any, x: np.ndarray, given: np.ndarray) -> list[np.ndarray]:
    """Return the same of Horn."""
    inputs = Variable(x)
    leaves = [inputs, *layer.trainable_variables]
    _, grads = horn.value_and_grad(lambda: ops.sum(layer(ops.multiply(inputs, 1.0)) * given), leaves)()
    return [np.asarray(value) for value in (layer(x), *grads)]


def _moved(x: np.ndarray, last: bool) -> np.ndarray:
    return np.moveaxis(x, 1, -1) if last else np.moveaxis(x, -1, 1)


def _plain(config: dict[str, Any]) -> dict[str, Any]:
    """Return what a configuration says in plain values."""
    return {k: v for k, v in config.items() if k not in _OWN and not isinstance(v, dict)}


def _close(got: Any, want: Any, what: str) -> None:
    got, want = np.asarray(got), np.asarray(want)
    assert got.shape == want.shape, f"{what}: {got.shape}, Keras has {want.shape}"
    np.testing.assert_allclose(
        got, want, rtol=1e-5, atol=1e-5 * max(1.0, np.abs(want).max(initial=0)), err_msg=what
    )


def _agree(
    name: str, shape: tuple[int, ...], seed: int = 0, *, transposed: bool = False, **options: Any
) -> None:
    """Compare a layer with its namesake.

    Args:
        name: Of the class.
        shape: Of the inputs.
        seed: Of inputs and weights.
        transposed: Whether Keras runs with channels last between two transpositions, since it has no
            kernels for channels first.
        **options: The arguments of both.
    """
    keras = pytest.importorskip("keras")
    random = np.random.default_rng(seed)
    x = random.normal(size=shape).astype("float32")
    theirs = getattr(keras.layers, name)(
        **{**options, **({"data_format": "channels_last"} if transposed else {})}
    )
    seen = _moved(x, True) if transposed else x
    theirs.build(seen.shape)
    weights = [random.normal(size=v.shape).astype("float32") for v in theirs.weights]
    theirs.set_weights(weights)
    said = f"{name}({options}) for {shape}"
    with horn.use_backend(os.environ["HORN_BACKEND"]):
        ours = getattr(horn.layers, name)(**options)
        given = random.normal(size=np.shape(ours(x))).astype("float32")
        ours.set_weights(weights)
        got = _in_horn(ours, x, given)
        again = type(ours).from_config(_plain(ours.get_config()))
    assert [v.name for v in ours.weights] == [v.name for v in theirs.weights]
    if transposed:
        outputs, by_x, *rest = _in_keras(theirs, seen, _moved(given, True))
        want = [_moved(outputs, False), _moved(by_x, False), *rest]
    else:
        want = _in_keras(theirs, seen, given)
    for what, our, their in zip(("outputs", "by inputs", *ours.weights), got, want, strict=True):
        _close(our, their, f"{getattr(what, 'name', what)} of {said}")
    config = _plain(ours.get_config())
    assert _plain(again.get_config()) == config
    if not transposed:
        known = {k: v for k, v in _plain(theirs.get_config()).items() if k in config}
        assert {k: config[k] for k in known} == known, said
        missing = set(_plain(theirs.get_config())) - set(config) - {"mask", "bits"}
        assert not missing, f"{name} does not keep {missing}"


@pytest.fixture(scope="session")
def agree() -> Any:
    """Compare a layer of Horn with its namesake in Keras."""
    return _agree
