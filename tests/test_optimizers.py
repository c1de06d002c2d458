"""Optimizers: refused arguments, configurations, and equal steps whether compiled or not, on each backend."""

from __future__ import annotations

import copy
import importlib.util
from typing import Any

import numpy as np
import pytest

import horn
from horn import contract
from horn.errors import ArgumentError
from horn.optimizers import schedules

KINDS = [
    "SGD", "Adadelta", "Adafactor", "Adagrad", "Adam", "AdamW", "Adamax", "Ftrl", "Lamb", "Lion", "Muon", "Nadam",
    "RMSprop", "ScheduleFreeAdamW",
]  # fmt: skip
PLUGINS = {"torch": "horn_torch", "jax": "horn_jax", "tensorflow": "horn_tf"}
INSTALLED = [
    name for name in ("numpy", "torch", "jax", "tensorflow")
    if name == "numpy" or (importlib.util.find_spec(name) and importlib.util.find_spec(PLUGINS[name]))
]  # fmt: skip
AROUND = {
    "weight_decay": 0.1, "clipnorm": 0.5, "use_ema": True, "ema_momentum": 0.5, "ema_overwrite_frequency": 2,
    "loss_scale_factor": 4.0, "gradient_accumulation_steps": 2,
}  # fmt: skip


def model(backend: str) -> Any:
    horn.utils.set_random_seed(1)
    return horn.Sequential(
        [
            horn.Input(shape=(3,)),
            horn.layers.Dense(4, "tanh", kernel_constraint="max_norm"),
            horn.layers.Dense(1, kernel_regularizer="l2"),
        ],
        backend=backend,
    )


def trained(backend: str, optimizer: Any, *, run_eagerly: bool = False) -> list[np.ndarray]:
    random = np.random.default_rng(0)
    x, y = random.normal(size=(12, 3)).astype("float32"), random.normal(size=(12, 1)).astype("float32")
    net = model(backend)
    net.compile(optimizer, "mse", run_eagerly=run_eagerly)
    net.fit(x, y, batch_size=3, epochs=2, verbose=0)
    return [*net.get_weights(), *(v.numpy() for v in optimizer.variables)]


@pytest.mark.parametrize("kind", KINDS)
def test_a_compiled_step_is_an_eager_one(kind: str) -> None:
    made = getattr(horn.optimizers, kind)
    for options in ({}, AROUND):
        compiled, eager = (trained("numpy", made(0.01, **options), run_eagerly=e) for e in (False, True))
        for a, b in zip(compiled, eager, strict=True):
            np.testing.assert_allclose(a, b, rtol=1e-4, atol=1e-6)


@pytest.mark.parametrize("backend", INSTALLED[1:])
@pytest.mark.parametrize("kind", ["SGD", "Adam", "Muon", "Nadam", "Adafactor"])
def test_backends_agree(backend: str, kind: str) -> None:
    made = getattr(horn.optimizers, kind)
    for a, b in zip(
        trained("numpy", made(0.01, **AROUND)), trained(backend, made(0.01, **AROUND)), strict=True
    ):
        np.testing.assert_allclose(a, b, rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("backend", INSTALLED)
def test_a_model_of_one_weight_trains(backend: str) -> None:
    net = horn.Sequential([horn.layers.Dense(1, use_bias=False, kernel_initializer="ones")], backend=backend)
    net.compile(horn.optimizers.SGD(0.25), "mse")
    net.fit(np.ones((4, 1), "float32"), np.zeros((4, 1), "float32"), verbose=0)
    np.testing.assert_allclose(net.get_weights()[0], [[0.5]])


@pytest.mark.parametrize("backend", INSTALLED)
def test_a_scaled_loss_leaves_out_a_step_that_overflows(backend: str) -> None:
    net = horn.Sequential([horn.layers.Dense(1, use_bias=False, kernel_initializer="ones")], backend=backend)
    optimizer = horn.optimizers.LossScaleOptimizer(horn.optimizers.SGD(0.25), initial_scale=2.0**127)
    net.compile(optimizer, "mse")
    x, y = np.full((2, 1), 4.0, "float32"), np.zeros((2, 1), "float32")
    net.fit(x, y, verbose=0)
    np.testing.assert_array_equal(net.get_weights()[0], [[1.0]])
    assert float(optimizer.dynamic_scale) == 2.0**126
    assert int(optimizer.inner_optimizer.iterations) == 0


def test_plain_adam_records_nothing_more_than_its_rule() -> None:
    from horn.engine.step import trace_step

    weights = [horn.Variable([1.0, 2.0]), horn.Variable([[3.0]])]
    optimizer, grads = horn.optimizers.Adam(), [np.ones(2, "float32"), np.ones((1, 1), "float32")]

    def apply(batch: Any) -> Any:
        optimizer.apply(grads, weights)
        return batch

    step = trace_step(apply, np.ones((4, 1), "float32"))
    assert [node.op.name for node in step.graph.nodes] == ["adam_update", "add"]


@pytest.mark.parametrize("kind", KINDS)
def test_a_configuration_makes_an_equal_optimizer(kind: str) -> None:
    made = getattr(horn.optimizers, kind)(0.25, **AROUND, name="mine")
    again = horn.optimizers.deserialize(horn.optimizers.serialize(made))
    assert type(again) is type(made)
    assert again.get_config() == made.get_config()
    assert type(horn.optimizers.get(kind.lower())) is type(made)


def test_a_configuration_holds_its_schedule() -> None:
    made = horn.optimizers.SGD(schedules.CosineDecay(0.5, 10, alpha=0.25))
    again = horn.optimizers.get(horn.optimizers.serialize(made))
    assert again.get_config() == made.get_config()
    assert float(again.learning_rate) == 0.5
    scaled = horn.optimizers.LossScaleOptimizer(made, initial_scale=4.0)
    assert horn.optimizers.get(horn.optimizers.serialize(scaled)).get_config() == scaled.get_config()


def test_a_copy_keeps_slots_of_its_own() -> None:
    weight = horn.Variable([1.0])
    first = horn.optimizers.Adam(use_ema=True)
    first.apply([np.ones(1, "float32")], [weight])
    twin = copy.deepcopy(first)
    assert [v.numpy().tolist() for v in twin.variables] == [v.numpy().tolist() for v in first.variables]
    first.apply([np.ones(1, "float32")], [weight])
    assert int(twin.iterations) == 1


def test_a_step_without_state_changes_nothing() -> None:
    weight, optimizer = horn.Variable([1.0]), horn.optimizers.SGD(0.5, momentum=0.5)
    with pytest.raises(ArgumentError):
        optimizer.stateless_apply([], [], [])
    optimizer.build([weight])
    before = [v.numpy() for v in optimizer.variables]
    weights, state = optimizer.stateless_apply(before, [np.ones(1, "float32")], [weight.numpy()])
    assert weights[0].tolist() == [0.5]
    assert int(state[0]) == 1
    assert weight.numpy().tolist() == [1.0]
    assert int(optimizer.iterations) == 0


def test_averages_take_over_at_the_end_of_fit() -> None:
    net = horn.Sequential([horn.layers.Dense(1, use_bias=False, kernel_initializer="ones")], backend="numpy")
    net.compile(horn.optimizers.SGD(0.25, use_ema=True, ema_momentum=0.5), "mse")
    x, y = np.ones((4, 1), "float32"), np.zeros((4, 1), "float32")
    net.fit(x, y, batch_size=2, verbose=0)
    np.testing.assert_allclose(net.get_weights()[0], [[0.375]])  # the mean of the weights 0.5 and 0.25


def test_weights_are_told_apart_before_the_first_step() -> None:
    kept, decayed = horn.Variable([1.0], name="bias"), horn.Variable([1.0], name="kernel")
    optimizer = horn.optimizers.SGD(0.5, weight_decay=0.5)
    optimizer.exclude_from_weight_decay(var_list=[kept])
    optimizer.apply([np.zeros(1, "float32"), None], [kept, decayed])
    optimizer.apply_gradients([(np.zeros(1, "float32"), kept), (np.zeros(1, "float32"), decayed)])
    assert (float(kept.numpy()[0]), float(decayed.numpy()[0])) == (1.0, 0.75)
    with pytest.raises(ArgumentError):
        optimizer.exclude_from_weight_decay(var_names=["kernel"])


@pytest.mark.parametrize(
    ("kind", "wrong"),
    [
        ("SGD", {"learning_rate": -1.0}),
        ("SGD", {"learning_rate": float("nan")}),
        ("SGD", {"learning_rate": "fast"}),
        ("SGD", {"momentum": 2.0}),
        ("SGD", {"nesterov": "yes"}),
        ("SGD", {"clipnorm": -1.0}),
        ("SGD", {"clipvalue": 0.0}),
        ("SGD", {"clipnorm": 1.0, "clipvalue": 1.0}),
        ("SGD", {"weight_decay": -0.1}),
        ("SGD", {"use_ema": 1}),
        ("SGD", {"ema_momentum": 2.0}),
        ("SGD", {"ema_overwrite_frequency": 0}),
        ("SGD", {"loss_scale_factor": 0.0}),
        ("SGD", {"gradient_accumulation_steps": 1}),
        ("Adam", {"beta_1": 1.0}),
        ("Adam", {"beta_2": 2.0}),
        ("Adam", {"epsilon": -1e-7}),
        ("AdamW", {"weight_decay": None}),
        ("RMSprop", {"rho": -0.1}),
        ("Adadelta", {"rho": 1.5}),
        ("Adagrad", {"initial_accumulator_value": -1.0}),
        ("Ftrl", {"learning_rate": 0.0}),
        ("Ftrl", {"learning_rate_power": 0.5}),
        ("Lion", {"beta_1": 0.0}),
        ("Adafactor", {"beta_2_decay": 0.8}),
        ("Muon", {"ns_steps": 0}),
        ("ScheduleFreeAdamW", {"warmup_steps": -1}),
        ("LossScaleOptimizer", {"inner_optimizer": "adam"}),
        ("LossScaleOptimizer", {"inner_optimizer": horn.optimizers.SGD(), "initial_scale": 0.0}),
    ],
)
def test_wrong_arguments_are_refused(kind: str, wrong: dict[str, Any]) -> None:
    with pytest.raises(ArgumentError):
        getattr(horn.optimizers, kind)(**wrong)


def test_an_unknown_keyword_is_a_type_error() -> None:
    with pytest.raises(TypeError, match="lr"):
        horn.optimizers.Adam(lr=0.1)


def test_a_learning_rate_can_be_assigned() -> None:
    optimizer = horn.optimizers.SGD(0.5)
    optimizer.learning_rate = 0.25
    assert float(optimizer.learning_rate) == 0.25
    for wrong in (float("nan"), -1.0, "fast", None, True, schedules.ExponentialDecay):
        with pytest.raises(ArgumentError):
            optimizer.learning_rate = wrong
    assert float(optimizer.learning_rate) == 0.25
    for same in (np.float32(0.125), np.asarray(0.125), horn.Variable(0.125)):
        optimizer.learning_rate = same
        assert float(optimizer.learning_rate) == 0.125


def test_a_schedule_is_for_good() -> None:
    optimizer = horn.optimizers.LossScaleOptimizer(horn.optimizers.SGD(0.5, momentum=0.5))
    optimizer.learning_rate = schedules.ExponentialDecay(0.25, 1, 0.5)
    assert float(optimizer.learning_rate) == 0.25
    for number in (0.5, np.float32(0.5), horn.Variable(0.5)):
        with pytest.raises(ArgumentError, match="follows a schedule"):
            optimizer.learning_rate = number
    inner = optimizer.inner_optimizer
    assert inner.get_config()["learning_rate"]["class_name"] == "ExponentialDecay"
    assert [v.name for v in inner.variables] == ["iterations"]
    optimizer.learning_rate = schedules.ExponentialDecay(0.125, 1, 0.5)
    assert float(optimizer.learning_rate) == 0.125


@pytest.mark.parametrize("backend", INSTALLED)
def test_a_schedule_holds_from_the_next_fit_though_the_step_is_compiled(backend: str) -> None:
    net = horn.Sequential([horn.layers.Dense(1, use_bias=False, kernel_initializer="ones")], backend=backend)
    net.compile(horn.optimizers.SGD(0.25), "mse")
    x, y = np.ones((4, 1), "float32"), np.zeros((4, 1), "float32")  # a step of 0.25 halves the weight
    rules = [
        (None, 0.5), (schedules.PiecewiseConstantDecay([1], [0.0, 0.125]), 0.5), (None, 0.375),
        (schedules.ExponentialDecay(2.0, 1, 0.5), 0.1875), (lambda: 0.5, 0.0),
    ]  # fmt: skip
    for rule, wanted in rules:
        if rule is not None:
            net.optimizer.learning_rate = rule
        net.fit(x, y, verbose=0)
        np.testing.assert_allclose(net.get_weights()[0], [[wanted]])
    assert int(net.optimizer.iterations) == len(rules)


def test_squares_that_underflow_leave_the_mean_of_the_gradients_as_it_is() -> None:
    update = contract.load("numpy").in_place_kernels["adam_update"]
    p, m, v = (np.zeros(8, np.float32) for _ in range(3))
    g = np.full(8, 3e-34, np.float32)
    for iteration in range(3):
        update([p], [g], [m], [v], np.float32(1e-3), np.int32(iteration))
    np.testing.assert_allclose(m, g * (1 - 0.9**3), rtol=1e-5)
    assert not v.any()
