"""Every schedule against Keras 3, over drawn arguments and many steps."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings, strategies as st

keras: Any = pytest.importorskip("keras")

import horn  # noqa: E402
from horn.errors import ArgumentError, HornError  # noqa: E402

STEPS = [0, 1, 2, 3, 5, 9, 10, 11, 17, 25, 40, 101, 1000]
_RATE, _SHARE = st.floats(1e-3, 1.0), st.floats(0.0, 1.0)
_LENGTH = st.integers(1, 30)
ARGUMENTS: dict[str, tuple[dict[str, Any], dict[str, Any]]] = {
    "ExponentialDecay": (
        {"initial_learning_rate": _RATE, "decay_steps": _LENGTH, "decay_rate": st.floats(0.1, 1.5)},
        {"staircase": st.booleans()},
    ),
    "InverseTimeDecay": (
        {"initial_learning_rate": _RATE, "decay_steps": _LENGTH, "decay_rate": st.floats(0.0, 2.0)},
        {"staircase": st.booleans()},
    ),
    "PolynomialDecay": (
        {"initial_learning_rate": _RATE, "decay_steps": _LENGTH},
        {"end_learning_rate": _RATE, "power": st.floats(0.5, 3.0), "cycle": st.booleans()},
    ),
    "CosineDecay": (
        {"initial_learning_rate": _RATE, "decay_steps": _LENGTH},
        {"alpha": _SHARE, "warmup_target": _RATE, "warmup_steps": st.integers(0, 12)},
    ),
    "CosineDecayRestarts": (
        {"initial_learning_rate": _RATE, "first_decay_steps": _LENGTH},
        {"t_mul": st.sampled_from([1.0, 1.5, 2.0]), "m_mul": st.floats(0.5, 1.2), "alpha": _SHARE},
    ),
}  # fmt: skip


def rates(schedule: Any, convert: Any) -> np.ndarray:
    return np.array([float(convert(schedule(step))) for step in STEPS])


def close(ours: np.ndarray, theirs: np.ndarray, what: str) -> None:
    np.testing.assert_allclose(ours, theirs, rtol=2e-5, atol=1e-6, err_msg=what)


@pytest.mark.parametrize("name", ARGUMENTS)
def test_a_schedule_means_what_keras_means(name: str) -> None:
    needed, optional = ARGUMENTS[name]

    @settings(derandomize=True, max_examples=12, deadline=None, database=None)
    @given(arguments=st.fixed_dictionaries(needed, optional=optional))
    def check(arguments: dict[str, Any]) -> None:
        ours = rates(getattr(horn.optimizers.schedules, name)(**arguments), np.asarray)
        theirs = rates(getattr(keras.optimizers.schedules, name)(**arguments), keras.ops.convert_to_numpy)
        if name == "CosineDecayRestarts":
            # Where a wave begins exactly, Keras's rounded logarithm may leave it in the wave before.
            starts = [restart(step, arguments) for step in STEPS]
            ours, theirs = ours[np.logical_not(starts)], theirs[np.logical_not(starts)]
        close(ours, theirs, f"{name} {arguments}")

    check()


def restart(step: int, arguments: dict[str, Any]) -> bool:
    """Return whether a wave begins at a step."""
    begin, length = 0.0, float(arguments["first_decay_steps"])
    while begin < step - 1e-6:
        begin, length = begin + length, length * arguments.get("t_mul", 2.0)
    return abs(begin - step) < 1e-6


def test_pieces() -> None:
    boundaries, values = [3, 10, 40], [1.0, 0.5, 0.25, 0.125]
    ours = rates(horn.optimizers.schedules.PiecewiseConstantDecay(boundaries, values), np.asarray)
    theirs = keras.optimizers.schedules.PiecewiseConstantDecay(boundaries, values)
    close(ours, rates(theirs, keras.ops.convert_to_numpy), "PiecewiseConstantDecay")


def test_a_restart_is_at_its_step_exactly() -> None:
    schedule = horn.optimizers.schedules.CosineDecayRestarts(1.0, 10, t_mul=3.0, m_mul=0.5)
    begins = [0, 10, 40, 130, 400]
    np.testing.assert_allclose([float(schedule(step)) for step in begins], 0.5 ** np.arange(5), rtol=1e-6)


@pytest.mark.parametrize("name", [*ARGUMENTS, "PiecewiseConstantDecay"])
def test_configurations_go_both_ways(name: str) -> None:
    arguments = ([3, 5], [0.5, 0.25, 0.125]) if name == "PiecewiseConstantDecay" else (0.5, 7, 1.0)
    for here, there in ((horn, keras), (keras, horn)):
        made = getattr(here.optimizers.schedules, name)(*arguments)
        again = there.optimizers.schedules.deserialize(here.optimizers.schedules.serialize(made))
        assert there.optimizers.schedules.serialize(again) == here.optimizers.schedules.serialize(made)


@pytest.mark.parametrize(
    ("name", "arguments"),
    [
        ("ExponentialDecay", (-1.0, 10, 0.5)),
        ("ExponentialDecay", (float("nan"), 10, 0.5)),
        ("ExponentialDecay", (1.0, 0, 0.5)),
        ("InverseTimeDecay", (1.0, 10, 0.5, "yes")),
        ("PolynomialDecay", (1.0, 10, -0.5)),
        ("CosineDecay", (1.0, 10, 2.0)),
        ("CosineDecayRestarts", (1.0, 10, 0.5)),
        ("PiecewiseConstantDecay", ([1, 2], [0.5, 0.25])),
        ("PiecewiseConstantDecay", ([2, 1], [0.5, 0.25, 0.1])),
    ],
)  # fmt: skip
def test_wrong_arguments_are_refused(name: str, arguments: Any) -> None:
    with pytest.raises(ArgumentError):
        getattr(horn.optimizers.schedules, name)(*arguments)


@pytest.mark.parametrize("backend", ["numpy", "jax"])
def test_fit_follows_a_schedule(backend: str) -> None:
    x, y = np.ones((4, 1), "float32"), np.zeros((4, 1), "float32")
    schedule = horn.optimizers.schedules.PiecewiseConstantDecay([1], [0.25, 0.0])
    model = horn.Sequential(
        [horn.layers.Dense(1, use_bias=False, kernel_initializer="ones")], backend=backend
    )
    model.compile(horn.optimizers.SGD(schedule), "mse")
    model.fit(x, y, batch_size=2, epochs=2, verbose=0)
    # Steps 0 and 1 halve the weight, for the gradient is twice the weight; the others have rate 0.
    np.testing.assert_allclose(model.get_weights()[0], [[0.25]])
    assert float(np.asarray(model.optimizer.learning_rate)) == 0.0
    with pytest.raises(HornError):
        model.optimizer.learning_rate = 0.5
