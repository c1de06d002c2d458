"""The recurrent layers against Keras 3: equal weights, masks and states give equal results and gradients.

Keras runs on JAX, where a step that is masked before all others repeats the first state of the cell; with
``unroll=True`` it is zero. Horn repeats the state for cells whose output is a state, since a sequence that is
cut in two then gives what the whole gives, and is zero for other cells.
"""

from __future__ import annotations

import os
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings, strategies as st

os.environ.setdefault("KERAS_BACKEND", "jax")
keras: Any = pytest.importorskip("keras")
if keras.backend.backend() != "jax":
    pytest.skip("the gradients are taken by JAX", allow_module_level=True)
jax = pytest.importorskip("jax")

import horn  # noqa: E402
from horn import ops  # noqa: E402

pytestmark = pytest.mark.filterwarnings("ignore")  # what Keras warns of is not tested here
BATCH, TIME, FEATURES, UNITS = 3, 4, 2, 3
FLAGS = ("return_sequences", "return_state", "go_backwards", "zero_output_for_mask", "use_bias")
CELLS: dict[str, dict[str, Any]] = {
    "SimpleRNN": {"activation": st.sampled_from(["tanh", "relu"])},
    "LSTM": {
        "activation": st.sampled_from(["tanh", "relu"]),
        "recurrent_activation": st.sampled_from(["sigmoid", "tanh"]),
        "unit_forget_bias": st.booleans(),
    },
    "GRU": {
        "activation": st.sampled_from(["tanh", "relu"]),
        "recurrent_activation": st.sampled_from(["sigmoid", "tanh"]),
        "reset_after": st.booleans(),
    },
}
MASKS = st.none() | st.lists(st.booleans(), min_size=BATCH * TIME, max_size=BATCH * TIME).map(
    lambda bits: np.array(bits).reshape(BATCH, TIME)
)


def drawn(seed: int, *shape: int) -> np.ndarray:
    """Return numbers of a seed."""
    return np.random.default_rng(seed).normal(size=shape).astype("float32")


X = drawn(0, BATCH, TIME, FEATURES)


def leaves(results: Any) -> list[np.ndarray]:
    """Return all results, in order, as arrays."""
    return [np.asarray(leaf) for leaf in keras.tree.flatten(results)]


def of_keras(layer: Any, call: dict[str, Any]) -> tuple[list[np.ndarray], list[np.ndarray]]:
    """Return results, and the gradients of the sum of their squares by weights and inputs."""
    trained = [v.value for v in layer.trainable_variables]
    rest = [v.value for v in layer.non_trainable_variables]

    def loss(values: Any, x: Any) -> Any:
        results, _ = layer.stateless_call(values, rest, x, **call)
        return sum((leaf**2).sum() for leaf in keras.tree.flatten(results)), results

    grads, results = jax.grad(loss, argnums=(0, 1), has_aux=True)(trained, X)
    return leaves(results), leaves(grads)


def of_horn(layer: Any, call: dict[str, Any]) -> tuple[list[np.ndarray], list[np.ndarray]]:
    """Return the same of Horn, on NumPy."""
    x = horn.Variable(X)

    def loss() -> Any:
        results = layer(x, **call)
        return sum(ops.sum(ops.square(leaf)) for leaf in keras.tree.flatten(results)), results

    (_, results), grads = horn.value_and_grad(loss, [*layer.trainable_variables, x], has_aux=True)()
    return leaves(results), leaves(grads)


def agree(theirs: Any, ours: Any, call: dict[str, Any]) -> None:
    """Give both layers the same weights, and compare all that they return."""
    with horn.use_backend("numpy"):
        theirs(X), ours(X)
        assert [w.shape for w in ours.get_weights()] == [w.shape for w in theirs.get_weights()]
        weights = [drawn(i, *w.shape) * 0.5 for i, w in enumerate(theirs.get_weights())]
        theirs.set_weights(weights)
        ours.set_weights(weights)
        for kind, want, got in zip(
            ("results", "gradients"), of_keras(theirs, call), of_horn(ours, call), strict=True
        ):
            assert [x.shape for x in got] == [x.shape for x in want], kind
            for one, other in zip(got, want, strict=True):
                np.testing.assert_allclose(one, other, rtol=1e-5, atol=1e-5, err_msg=kind)


@pytest.mark.parametrize("name", CELLS)
def test_a_layer_means_what_keras_means(name: str) -> None:
    flags = dict.fromkeys(FLAGS, st.booleans())

    @settings(derandomize=True, max_examples=8, deadline=None, database=None)
    @given(options=st.fixed_dictionaries({**flags, **CELLS[name]}), mask=MASKS, begins=st.booleans())
    def check(options: dict[str, Any], mask: Any, begins: bool) -> None:  # noqa: FBT001
        states = [drawn(9 + i, BATCH, UNITS) for i in range(2 if name == "LSTM" else 1)] if begins else None
        call = {"mask": mask, "initial_state": states}
        agree(
            getattr(keras.layers, name)(UNITS, **options), getattr(horn.layers, name)(UNITS, **options), call
        )

    check()


class Around(keras.Layer):
    """A layer of Keras within another: called by itself without state, Keras forgets the penalty."""

    def __init__(self, layer: Any) -> None:
        super().__init__()
        self.layer = layer

    def call(self, x: Any) -> Any:
        return self.layer(x)


def penalty_and_gradients(layer: Any) -> tuple[Any, ...]:
    """Return the penalty of the outputs, and its gradients by the weights."""
    if isinstance(layer, keras.Layer):
        outer = Around(layer)
        outer.build(X.shape)
        trained, rest = (
            [v.value for v in all_of] for all_of in (layer.trainable_variables, layer.non_trainable_variables)
        )

        def loss(values: Any) -> Any:
            return sum(outer.stateless_call(values, rest, X, return_losses=True)[2])

        return jax.value_and_grad(loss)(trained)

    def penalty() -> Any:
        layer(X)
        return sum(layer.losses)

    return horn.value_and_grad(penalty, layer.trainable_variables)()


@pytest.mark.parametrize("around", ["alone", "Bidirectional"])
@pytest.mark.parametrize(
    "options", [{}, {"return_sequences": True, "return_state": True}], ids=["last", "all"]
)
@pytest.mark.parametrize("name", CELLS)
def test_the_penalty_of_outputs_is_that_of_keras(name: str, options: dict[str, Any], around: str) -> None:
    made = []
    for layers in (keras.layers, horn.layers):
        layer = getattr(layers, name)(UNITS, activity_regularizer="l2", **options)
        made.append(layer if around == "alone" else layers.Bidirectional(layer))
    theirs, ours = made
    for layer in (theirs,) if around == "alone" else (theirs.forward_layer, theirs.backward_layer):
        layer.activity_regularizer = keras.regularizers.L2()  # the SimpleRNN of Keras 3.15 forgets it
    with horn.use_backend("numpy"):
        theirs(X), ours(X)
        weights = [drawn(i, *w.shape) * 0.5 for i, w in enumerate(theirs.get_weights())]
        theirs.set_weights(weights)
        ours.set_weights(weights)
        wanted, found = penalty_and_gradients(theirs), penalty_and_gradients(ours)
        again = type(ours).from_config(ours.get_config())
    for want, got in zip(leaves(wanted), leaves(found), strict=True):
        np.testing.assert_allclose(got, want, rtol=1e-5, atol=1e-6)
    assert again.get_config() == ours.get_config()


def stacked(layers: Any, **options: Any) -> Any:
    """Return three cells of different kinds and sizes in a row."""
    return layers.RNN([layers.LSTMCell(3), layers.GRUCell(2), layers.SimpleRNNCell(4)], **options)


def test_stacked_cells() -> None:
    @settings(derandomize=True, max_examples=4, deadline=None, database=None)
    @given(sequences=st.booleans(), backwards=st.booleans())
    def check(sequences: bool, backwards: bool) -> None:  # noqa: FBT001
        options = {"return_sequences": sequences, "go_backwards": backwards, "return_state": True}
        agree(stacked(keras.layers, **options), stacked(horn.layers, **options), {})

    check()


def test_bidirectional() -> None:
    modes = st.sampled_from(["concat", "sum", "mul", "ave", None])

    @settings(derandomize=True, max_examples=8, deadline=None, database=None)
    @given(mode=modes, sequences=st.booleans(), state=st.booleans(), mask=MASKS, begins=st.booleans())
    def check(mode: Any, sequences: bool, state: bool, mask: Any, begins: bool) -> None:  # noqa: FBT001
        options = {"return_sequences": sequences, "return_state": state}
        theirs, ours = (
            home.Bidirectional(home.GRU(UNITS, **options), merge_mode=mode)
            for home in (keras.layers, horn.layers)
        )
        states = [drawn(9 + i, BATCH, UNITS) for i in range(2)] if begins else None
        agree(theirs, ours, {"mask": mask, "initial_state": states})

    check()


def test_bidirectional_with_a_backward_layer_of_its_own() -> None:
    theirs, ours = (
        layers.Bidirectional(layers.LSTM(3), backward_layer=layers.SimpleRNN(2, go_backwards=True))
        for layers in (keras.layers, horn.layers)
    )
    agree(theirs, ours, {})


WITH_DROPOUT = [("SimpleRNN", {}), ("LSTM", {}), ("GRU", {}), ("GRU", {"reset_after": False})]


@pytest.mark.parametrize(("name", "options"), WITH_DROPOUT)
def test_dropout_multiplies_what_keras_multiplies(
    name: str, options: dict[str, Any], monkeypatch: Any
) -> None:
    rates = {"dropout": 0.5, "recurrent_dropout": 0.5, **options}
    theirs, ours = getattr(keras.layers, name)(UNITS, **rates), getattr(horn.layers, name)(UNITS, **rates)
    gates = ours.cell.gates
    inward, across = (
        [(drawn(i, BATCH, n) > 0) * np.float32(2) for i in range(gates)] for n in (FEATURES, UNITS)
    )
    one = gates == 1
    monkeypatch.setattr(type(theirs.cell), "get_dropout_mask", lambda *_: inward[0] if one else inward)
    monkeypatch.setattr(
        type(theirs.cell), "get_recurrent_dropout_mask", lambda *_: across[0] if one else across
    )
    monkeypatch.setattr(type(ours.cell), "_factors", lambda self, rate, shape, training: (  # noqa: ARG005
        (inward if shape[1] == FEATURES else across) if training else None
    ))  # fmt: skip
    agree(theirs, ours, {"training": True})


@pytest.mark.parametrize("name", ["LSTM", "GRU"])
def test_gates_share_a_mask_without_recurrent_dropout_alone(name: str) -> None:
    def outcomes(home: Any, **options: Any) -> int:
        """Return how many results there are for equal inputs, which differ by what was dropped."""
        options = {"kernel_initializer": "ones", "recurrent_initializer": "zeros", "dropout": 0.5, **options}
        layer = getattr(home.layers, name)(1, **options)
        return len(np.unique(np.round(np.asarray(layer(np.ones((256, 1, 1), "float32"), training=True)), 4)))

    with horn.use_backend("numpy"):
        assert outcomes(horn) == outcomes(keras) == 2
        assert outcomes(horn, recurrent_dropout=0.5) == outcomes(keras, recurrent_dropout=0.5) > 2


@pytest.mark.parametrize("name", [*CELLS, "SimpleRNNCell", "LSTMCell", "GRUCell"])
def test_the_configuration_has_keras_s_arguments(name: str) -> None:
    theirs, ours = getattr(keras.layers, name)(4).get_config(), getattr(horn.layers, name)(4).get_config()
    # Keras forgets these three, of which it takes two.
    assert set(ours) - {"autocast", "use_cudnn", "seed"} == set(theirs) - {"seed"}
    same = [key for key in theirs if key not in ("name", "dtype") and not key.endswith("initializer")]
    assert {key: ours[key] for key in same} == {key: theirs[key] for key in same}


def test_masking_and_time_distributed() -> None:
    x = X.copy()
    x[0, 1], x[2, :3], x[1, 0, 0] = 0.5, 0.5, 0.5
    theirs, ours = keras.layers.Masking(0.5), horn.layers.Masking(0.5)
    np.testing.assert_array_equal(np.asarray(theirs(x)), ours(x))
    np.testing.assert_array_equal(np.asarray(theirs.compute_mask(x)), ours.compute_mask(x))
    agree(
        keras.layers.TimeDistributed(keras.layers.Dense(4)),
        horn.layers.TimeDistributed(horn.layers.Dense(4)),
        {},
    )


def test_weights_files_are_read_by_the_other(tmp_path: Any) -> None:
    def model(home: Any) -> Any:
        layers = home.layers
        return home.Sequential(
            [
                home.Input((TIME, FEATURES)),
                layers.Bidirectional(layers.GRU(2, return_sequences=True)),
                stacked(layers),
            ]
        )

    theirs, ours, path = model(keras), model(horn), tmp_path / "w.weights.h5"
    theirs.save_weights(path)
    ours.load_weights(path)
    np.testing.assert_allclose(ours.predict(X, verbose=0), np.asarray(theirs(X)), atol=1e-5)
    ours.set_weights([w + 1 for w in ours.get_weights()])
    ours.save_weights(path)
    theirs.load_weights(path)
    np.testing.assert_allclose(ours.predict(X, verbose=0), np.asarray(theirs(X)), atol=1e-5)
