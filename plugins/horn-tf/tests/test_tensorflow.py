"""What is true of this backend alone; that its kernels mean what the pages say is for conformance."""

from __future__ import annotations

import numpy as np
import pytest
import tensorflow as tf
from horn_tf import runner
from horn_tf.tensors import number
from horn_tf.tracing import TENSORFLOW, XLA, tracing_for

import horn as keras
from horn import layers, registry
from horn.engine.compile import compile_step
from horn.spec import ops

backend = registry.load("tensorflow")
RNG = np.random.default_rng(0)


def dense_layers():
    return [keras.Input((6,)), layers.Dense(5, "relu"), layers.Dropout(0.5), layers.Dense(3)]


def picture_layers():
    return [
        keras.Input((8, 8, 2)), layers.Conv2D(4, 3, activation="relu"), layers.MaxPooling2D(), layers.Dropout(0.5),
        layers.Flatten(), layers.Dense(3),
    ]  # fmt: skip


@pytest.fixture
def made(monkeypatch):
    """The functions that steps become, as they do."""
    found = []
    real = runner._caller
    monkeypatch.setattr(runner, "_caller", lambda function, **how: found.append(function) or real(function, **how))
    return found


@pytest.mark.parametrize("stack", [dense_layers, picture_layers])
def test_a_compiled_step_reads_nothing_but_variables_and_its_arguments(stack, made):
    model = keras.Sequential(stack(), backend="tensorflow")
    model.compile("adam", keras.losses.SparseCategoricalCrossentropy(from_logits=True), metrics=["accuracy"])
    x = RNG.normal(size=(16, *model.inputs[0].shape[1:])).astype("float32")
    model.fit(x, RNG.integers(0, 3, 16), batch_size=8, verbose=0)
    assert made
    for function in made:
        assert {held.dtype for held in function.captured_inputs} == {tf.resource}


@pytest.mark.parametrize("compiler", [TENSORFLOW, XLA])
def test_a_constant_belongs_to_the_graph_that_reads_it_and_is_made_once_there(compiler):
    found = []

    def outer(x):
        with tracing_for(compiler):
            found.extend(number(2.5, tf.float32) for _ in range(2))
            return tf.while_loop(lambda _: True, inner, [x], maximum_iterations=3)

    def inner(x):
        found.append(number(2.5, tf.float32))
        return x * found[-1]

    assert float(tf.function(outer, autograph=False)(tf.constant(2.0))[0]) == 2.0 * 2.5**3
    assert found[0] is found[1]
    assert found[0].graph is not found[2].graph
    assert float(number(2.5, tf.float32)) == 2.5


def test_relu_behind_a_convolution_keeps_nan_and_its_gradient_drops_infinity():
    kernel = RNG.normal(size=(3, 3, 2, 4)).astype("float32")
    bias = np.array([np.nan, -100.0, np.inf, 100.0], "float32")
    slope = np.array([1.0, np.inf, np.inf, 2.0], "float32")

    def step(x):
        window = {"strides": (1, 1), "padding": ((0, 0), (0, 0)), "dilation_rate": (1, 1)}
        before = ops.convolution(x, kernel, **window) + bias
        return ops.relu(before), keras.grad(lambda t: ops.sum(ops.relu(t) * slope))(before)

    compiled = compile_step(step, RNG.normal(size=(2, 6, 6, 2)).astype("float32"), backend)
    assert not compiled.run.jit_compile
    value, gradient = (backend.to_numpy(x) for x in compiled.once([RNG.normal(size=(2, 6, 6, 2)).astype("float32")]))
    np.testing.assert_array_equal(value[..., :3], np.broadcast_to([np.nan, 0, np.inf], (2, 4, 4, 3)))
    assert (value[..., 3] > 0).all()
    np.testing.assert_array_equal(gradient, np.broadcast_to(np.float32([0, 0, np.inf, 2]), (2, 4, 4, 4)))


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_a_product_that_stands_for_large_sums_keeps_what_is_not_finite(dtype, made):
    x = RNG.normal(size=(40, 25, 80)).astype(dtype)
    for column, values in enumerate(([np.nan], [np.inf], [-np.inf], [np.inf, -np.inf])):
        x[3 : 3 + len(values), 7, column] = values

    def step(x):
        doubled = x * 2
        return ops.sum(doubled, axis=(0, 1)), ops.sum(doubled, axis=0), ops.sum(doubled), ops.sum(doubled, axis=(1, 2))

    compiled = compile_step(step, x, backend)
    assert compiled.run.jit_compile
    for value, axis in zip(map(backend.to_numpy, compiled.once([x])), [(0, 1), 0, None, (1, 2)], strict=True):
        with np.errstate(invalid="ignore"):
            expected = (x.astype("float64") * 2).sum(axis=axis)
        assert value.dtype == dtype
        np.testing.assert_allclose(value, expected, rtol=1e-4, atol=1e-4)
    assert "MatMul" in {op.type for op in made[0].graph.get_operations()}
