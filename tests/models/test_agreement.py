"""Every backend takes the same steps as the float64 oracle, one by one and fifty in a row.

A step is judged from a common state: the new weights, slots and statistics of one step against the
reference, within the tolerance that Monte-Carlo arithmetic derives for that step. A run is judged by
its losses: 1e-4, or as far as a change of the first weights by 1e-6 moves the oracle, if that is more.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from horn import config, contract, tree
from horn.api.models import data as data_page
from horn.engine import numerics, reference
from horn.engine.compile import Compiled
from horn.spec.program import lower

STEPS = 50
BATCH = 32


def batches(script: Any, count: int) -> list[Any]:
    """Return the first batches of the example's training data, in a fixed shuffled order."""
    data = script.data()
    data = data[0] if isinstance(data[0], tuple) else data
    data = data_page.narrow(tuple(data) if isinstance(data, list | tuple) else data)
    rows = np.random.default_rng(0).permutation(len(tree.flatten(data)[0]))
    return [
        tree.map_structure(lambda leaf, i=i: leaf[np.resize(rows, BATCH * count)[i * BATCH : (i + 1) * BATCH]], data)
        for i in range(count)
    ]


def compiled(model: Any, batch: Any) -> Compiled:
    """Return the compiled training step; a step that fell back to eager is a failure."""
    function = model._functions.get("train", batch)
    assert isinstance(function, Compiled), function.reason
    return function


def state_of(function: Compiled) -> list[np.ndarray]:
    """Return the values of the state of a step."""
    return [variable.numpy() for variable in function.step.variables]


def take_step(function: Compiled, batch: Any) -> list[np.ndarray]:
    """Run one step on a batch; return the new state and the results, as the graph's outputs."""
    backend = function.backend
    results = function([backend.adopt(leaf) for leaf in tree.flatten(batch)])
    new = [function.step.variables[i].numpy() for i in function.step.updates]
    return [*new, *(backend.to_numpy(leaf) for leaf in tree.flatten(results))]


def oracle_graph(function: Compiled, batch: Any) -> Any:
    """Return the graph of a step for batches of this size, in primitives."""
    shapes = [leaf.shape for leaf in tree.flatten(batch)]
    return lower(function.step.graph, reference.backend, function.step.binding(shapes))


@pytest.mark.parametrize("at", [0, 7])
def test_a_step_from_a_common_state_agrees_with_the_oracle(script: Any, backend: str, at: int) -> None:
    model = script.build(backend=backend)
    stream = batches(script, at + 1)
    function = compiled(model, stream[0])
    for batch in stream[:at]:
        take_step(function, batch)
    before = [*state_of(function), *tree.flatten(stream[at])]
    expected, bound = numerics.tolerance(oracle_graph(function, stream[at]), before, "float32")
    got = take_step(function, stream[at])
    for name, value, want, allowed in zip(_names(function), got, expected, bound, strict=True):
        if isinstance(want, np.ndarray) and want.dtype.kind == "f":
            error = np.abs(value.astype(np.float64) - want)
            worst = np.unravel_index(np.argmax(error - allowed), error.shape)
            said = f"{name}{worst}: got {value[worst]}, want {want[worst]}, allowed {allowed[worst]}"
            assert np.all(error <= allowed), said
        else:
            np.testing.assert_array_equal(value, want, err_msg=name)


def _names(function: Compiled) -> list[str]:
    updated = [function.step.variables[i].path for i in function.step.updates]
    return [*updated, *("result" for _ in tree.flatten(function.step.results))]


def oracle_losses(function: Compiled, start: list[np.ndarray], stream: list[Any]) -> np.ndarray:
    """Return the first result of every step of a float64 run from a state."""
    state, losses = [reference.widen(value) for value in start], []
    graph = oracle_graph(function, stream[0])
    n = len(function.step.updates)
    for batch in stream:
        outputs = reference.evaluate(graph, [*state, *tree.flatten(batch)])
        for i, value in zip(function.step.updates, outputs[:n], strict=True):
            state[i] = value
        losses.append([float(x) for x in outputs[n:]])
    return np.array(losses)


def moved(start: list[np.ndarray], function: Compiled) -> list[np.ndarray]:
    """Return the state with every trained weight changed by a relative 1e-6."""
    rng = np.random.default_rng(1)
    return [
        value * (1 + 1e-6 * rng.choice([-1.0, 1.0], value.shape)) if variable.trainable else value
        for value, variable in zip(map(reference.widen, start), function.step.variables, strict=True)
    ]


def test_fifty_steps_agree_with_the_oracle(script: Any, backend: str, record_property: Any) -> None:
    model = script.build(backend=backend)
    stream = batches(script, STEPS)
    function = compiled(model, stream[0])
    start = state_of(function)
    want = oracle_losses(function, start, stream)
    control = np.abs(oracle_losses(function, moved(start, function), stream) - want)
    n = len(function.step.updates)
    got = np.array([[float(x) for x in take_step(function, batch)[n:]] for batch in stream])
    error = np.abs(got - want)
    # A result that passes through zero is measured by a hundredth of its largest value in the run.
    scale = np.maximum(np.abs(want), 0.01 * np.abs(want).max(axis=0))
    # Chaos accumulates: the control may be small at one step and large at the next.
    allowed = np.maximum(1e-4 * scale, np.maximum.accumulate(control, axis=0))
    record_property("worst_relative", float((error / scale).max()))
    record_property("worst_control", float((control / scale).max()))
    step, column = np.unravel_index(np.argmax(error / allowed), error.shape)
    assert np.all(error <= allowed), (
        f"step {step}, result {column}: got {got[step, column]}, want {want[step, column]}, "
        f"control {control[step, column]}"
    )


def test_fifty_steps_in_float64(script: Any, backend: str) -> None:
    config.set_floatx("float64")
    try:
        model = script.build(backend=backend)
        stream = batches(script, STEPS)
        function = compiled(model, stream[0])
        want = oracle_losses(function, state_of(function), stream)
        n = len(function.step.updates)
        got = np.array([[float(x) for x in take_step(function, batch)[n:]] for batch in stream])
    finally:
        config.set_floatx("float32")
    np.testing.assert_allclose(got, want, rtol=1e-9, atol=1e-12)


@pytest.mark.parametrize("name", ["digits", "sequences"])
def test_the_number_of_steps_per_dispatch_changes_no_bit(name: str, backend: str, request: Any) -> None:
    script = request.getfixturevalue("script_named")(name)
    weights = []
    for steps in (1, 3, 8, 48):
        request.getfixturevalue("begin_again")()
        model = script.build(backend=backend)
        model.steps_per_execution = steps
        data = script.data()
        x, y = data[0] if isinstance(data[0], tuple) else data
        model.fit(x[: 32 * 48 // 2], y[: 32 * 48 // 2], batch_size=16, epochs=1, verbose=0)
        weights.append(model.get_weights())
    for other in weights[1:]:
        for first, second in zip(weights[0], other, strict=True):
            np.testing.assert_array_equal(first, second)


def test_contract_is_current_again(backend: str) -> None:
    assert contract.get_context().trace is None, backend
