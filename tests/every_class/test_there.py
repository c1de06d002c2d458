"""Every layer, loss, metric, optimizer and schedule does on each backend what it does on NumPy."""

from __future__ import annotations

from functools import partial
from typing import Any

import numpy as np
import pytest

import horn
from horn import contract, dtypes, ops, tree
from horn.api.layers import calls
from horn.engine.compile import compile_step
from horn.spec.graph import spec_of
from horn.state.random import in_step
from horn.state.variable import Variable

from .calls import answers, arrays, called, inputs_of
from .everything import BASES, CLASSES, constructions, row

RTOL = {"float32": 2e-4, "float64": 1e-9}


@pytest.fixture(scope="module")
def backend(request: pytest.FixtureRequest) -> str:
    """The backend under test; on NumPy there is nothing to compare."""
    name = request.config.getoption("--horn-backend", None) or "numpy"
    if name == "numpy":
        pytest.skip("the other backends are compared with NumPy")
    return name


def classes(*facades: str) -> Any:
    """Return a decorator that runs a test for each class of some facades."""
    found = [(facade, made) for facade, made in CLASSES if facade in facades and made.__name__ not in BASES]
    return pytest.mark.parametrize(("facade", "made"), found, ids=[f"{f}.{made.__name__}" for f, made in found])


def assert_close(got: Any, want: Any, dtype: str, what: str) -> None:
    """Compare trees of tensors, to a few units of rounding of the largest element of all."""
    pairs = list(zip(arrays(got), arrays(want), strict=True))
    largest = max(np.abs(b[np.isfinite(b)]).max(initial=0.0) for _, b in pairs if b.dtype.kind == "f")
    for a, b in pairs:
        assert a.dtype == b.dtype, what
        np.testing.assert_allclose(a, b, rtol=RTOL[dtype], atol=RTOL[dtype] * largest, err_msg=what)


def in_floats(leaf: np.ndarray, dtype: str) -> np.ndarray:
    """Return an array of floats in a dtype, any other as it is."""
    return leaf.astype(dtype) if leaf.dtype.kind == "f" else leaf


def trained(name: str, made: Any, given: dict[str, Any], x: Any, weights: Any) -> tuple[Any, Any]:
    """Return outputs and gradients of a layer in a compiled training step on a backend, and its weights."""
    horn.utils.set_random_seed(0)
    with horn.use_backend(name):
        layer = made.from_config(made(**given).get_config())  # a layer in the arguments is made anew too
        called(layer, x)
        layer.set_weights(layer.get_weights() if weights is None else weights)
        weights = layer.get_weights()
        if getattr(layer, "stateful", False):
            layer.reset_state()

        def step(batch: Any) -> Any:
            def forward() -> Any:
                outputs = called(layer, batch)
                floats = [leaf for leaf in tree.flatten(outputs) if dtypes.is_float(spec_of(leaf).dtype)]
                parts = [ops.mean(ops.sin(ops.multiply(leaf, 1.5))) for leaf in floats]
                return sum(parts[1:], parts[0]), outputs

            with in_step(np.int32(3), training=True), calls.run():
                (_, outputs), grads = horn.value_and_grad(forward, layer.trainable_variables, has_aux=True)()
            return outputs, grads

        home = contract.load(name)
        function = compile_step(step, x, home)
        return function([home.asarray(leaf) for leaf in tree.flatten(x)]), weights


@classes("layers")
def test_a_layer_computes_and_learns_the_same(backend: str, facade: str, made: Any) -> None:
    for given in constructions(facade, made):
        holds_others = {"layer", "cell", "cells"} & set(given)  # in their own dtype
        dtype = "float32" if holds_others else given.get("dtype", "float32")
        x = tree.map_structure(partial(in_floats, dtype=dtype), inputs_of(made, row(facade, made).on))
        want, weights = trained("numpy", made, given, x, None)
        got, _ = trained(backend, made, given, x, weights)
        assert_close(got, want, dtype, f"{made.__name__}({given})")


@classes("losses", "metrics")
def test_a_loss_or_metric_says_the_same(backend: str, facade: str, made: Any) -> None:
    for given in constructions(facade, made):
        said = []
        for name in (backend, "numpy"):
            with horn.use_backend(name):
                said.append(answers(made(**given)))
        assert_close(*said, "float32", f"{made.__name__}({given})")


@classes("optimizers")
def test_an_optimizer_takes_the_same_steps(backend: str, facade: str, made: Any) -> None:
    random = np.random.default_rng(0)
    start, gradients = random.normal(size=(3, 2)), random.normal(size=(4, 3, 2)).astype("float32")
    for given in constructions(facade, made) if hasattr(made, "apply") else ():
        ends = []
        for name in (backend, "numpy"):
            with horn.use_backend(name):
                optimizer = made.from_config(made(**given).get_config())
                weight = Variable(start.astype("float32"))
                for gradient in gradients:
                    optimizer.apply([gradient], [weight])
                ends.append(weight.numpy())
        assert_close(*ends, "float32", f"{made.__name__}({given})")


@classes("optimizers.schedules", "initializers", "regularizers", "constraints")
def test_the_others_give_the_same(backend: str, facade: str, made: Any) -> None:
    weight = np.random.default_rng(0).normal(size=(4, 4)).astype("float32")
    for given in constructions(facade, made):
        found = []
        for name in (backend, "numpy"):
            horn.utils.set_random_seed(7)
            with horn.use_backend(name):
                one = made(**given)
                if facade == "optimizers.schedules":
                    found.append([one(step) for step in range(0, 20, 3)])
                elif facade == "initializers":
                    found.append(one((3, 1, 2) if made.__name__ == "STFT" else (4, 4), "float32"))
                else:
                    found.append(one(weight))
        assert_close(*found, "float32", f"{made.__name__}({given})")
