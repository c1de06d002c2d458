"""One layer in Horn and its namesake in Keras: the same weights and inputs, outputs and gradients."""

from __future__ import annotations

import os
from typing import Any

import numpy as np
import pytest

import horn
from horn import ops
from horn.state.variable import Variable

os.environ.setdefault("KERAS_BACKEND", "jax")
_OWN = ("name", "dtype", "trainable", "autocast")


def _in_keras(layer: Any, x: np.ndarray, given: np.ndarray) -> list[np.ndarray]:
    """Return the gradients by the inputs and the weights of the outputs times `given`, on Keras's backend."""
    import keras

    framework = keras.backend.backend()
    if framework == "jax":
        import jax

        def loss(x: Any, values: Any) -> Any:
            return (layer.stateless_call(values, [], x)[0] * given).sum()

        by_x, by_weights = jax.grad(loss, (0, 1))(x, [v.value for v in layer.trainable_variables])
        return [np.asarray(g) for g in (by_x, *by_weights)]
    variables = [v.value for v in layer.trainable_variables]
    if framework == "torch":
        import torch

        leaves = [torch.tensor(x, requires_grad=True), *variables]
        return [
            g.numpy() for g in torch.autograd.grad((layer(leaves[0]) * torch.tensor(given)).sum(), leaves)
        ]
    import tensorflow as tf

    leaves = [tf.Variable(x), *variables]
    with tf.GradientTape() as tape:
        total = tf.reduce_sum(layer(leaves[0] * 1.0) * given)
    return [np.asarray(g) for g in tape.gradient(total, leaves)]


def _in_horn(layer: Any, x: np.ndarray, given: np.ndarray) -> list[np.ndarray]:
    """Return the same gradients, on NumPy."""
    inputs = Variable(x)
    leaves = [inputs, *layer.trainable_variables]
    _, grads = horn.value_and_grad(lambda: ops.sum(layer(ops.multiply(inputs, 1.0)) * given), leaves)()
    return [np.asarray(g) for g in grads]


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
    want = np.asarray(keras.ops.convert_to_numpy(theirs(seen)))
    given = random.normal(size=want.shape).astype("float32")
    want_grads = _in_keras(theirs, seen, given)
    if transposed:
        want, given = _moved(want, False), _moved(given, False)
        want_grads[0] = _moved(want_grads[0], False)
    with horn.use_backend("numpy"):
        ours = getattr(horn.layers, name)(**options)
        first = ours(x)
        assert [v.shape for v in ours.weights] == [tuple(v.shape) for v in theirs.weights]
        ours.set_weights(weights)
        got = ours(x) if ours.weights else first
        grads = _in_horn(ours, x, given)
        again = type(ours).from_config(_plain(ours.get_config()))
    said = f"{name}({options}) for {shape}"
    assert [v.name for v in ours.weights] == [v.name for v in theirs.weights]
    _close(got, want, said)
    for i, (our, their) in enumerate(zip(grads, want_grads, strict=True)):
        _close(our, their, f"gradient {i} of {said}")
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
