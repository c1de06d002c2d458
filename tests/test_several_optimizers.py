"""MultiOptimizer: each weight is updated as its own optimizer alone would update it, on every backend."""

from __future__ import annotations

import copy
import importlib.util
from typing import Any

import numpy as np
import pytest

import horn
from horn import layers
from horn.errors import ArgumentError
from horn.optimizers import SGD, Adam, LossScaleOptimizer, MultiOptimizer, Nadam, OptimizerMap

PLUGINS = {"torch": "horn_torch", "jax": "horn_jax", "tensorflow": "horn_tf"}
INSTALLED = [
    name for name in ("numpy", "torch", "jax", "tensorflow")
    if name == "numpy" or (importlib.util.find_spec(name) and importlib.util.find_spec(PLUGINS[name]))
]  # fmt: skip
RANDOM = np.random.default_rng(0)
X, Y = RANDOM.normal(size=(12, 3)).astype("float32"), RANDOM.normal(size=(12, 1)).astype("float32")


def model(backend: str = "numpy") -> Any:
    horn.utils.set_random_seed(1)
    first, last = layers.Dense(4, "tanh", name="first"), layers.Dense(1, name="last")
    return horn.Sequential([horn.Input((3,)), first, last], name="net", backend=backend)


def two() -> Any:
    inner = {"net/first/.*": Adam(0.05, use_ema=True, ema_momentum=0.5, clipnorm=0.1)}
    return MultiOptimizer(OptimizerMap(SGD(0.1, momentum=0.9, weight_decay=0.1), inner))


def trained(optimizer: Any, backend: str = "numpy", **options: Any) -> Any:
    net = model(backend)
    net.compile(optimizer, "mse", **options)
    net.fit(X, Y, batch_size=3, epochs=3, verbose=0)
    return net


def alike(one: Any, other: Any) -> None:
    for a, b in zip(one, other, strict=True):
        np.testing.assert_allclose(a, b, rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("backend", INSTALLED)
def test_a_model_trains_with_several(backend: str) -> None:
    net, wanted = trained(two(), backend), trained(two(), run_eagerly=True)
    alike(net.get_weights(), wanted.get_weights())
    held = net.optimizer.variables
    assert [v.spec for v in held] == [v.spec for v in wanted.optimizer.variables]
    alike([v.numpy() for v in held], [v.numpy() for v in wanted.optimizer.variables])
    assert [int(one.iterations) for one in (net.optimizer, *net.optimizer.optimizers)] == [12, 12, 12]


def test_each_weight_takes_the_steps_of_its_own_optimizer() -> None:
    values, grads = (
        [np.full(2, 3.0, "float32") for _ in "ab"],
        [np.full(2, 9.0, "float32"), np.ones(2, "float32")],
    )
    together = [horn.Variable(value, name=name) for name, value in zip("ab", values, strict=True)]
    alone = [horn.Variable(value, name=name) for name, value in zip("ab", values, strict=True)]
    made = [Adam(0.5, global_clipnorm=1.0), SGD(0.5, momentum=0.5)]
    several = MultiOptimizer(OptimizerMap(SGD(0.5, momentum=0.5), {"a": Adam(0.5, global_clipnorm=1.0)}))
    for _ in range(3):
        several.apply(grads, together)
        for optimizer, grad, variable in zip(made, grads, alone, strict=True):
            optimizer.apply([grad], [variable])
    alike([v.numpy() for v in together], [v.numpy() for v in alone])
    several.apply([None, grads[1]], together)
    assert [int(one.iterations) for one in several.optimizers] == [3, 4]


def test_a_function_is_asked_once_for_each_weight() -> None:
    asked = []

    def choose(variable: Any) -> Any:
        asked.append(variable.path)
        return Adam(0.05) if "first" in variable.path else SGD(0.1)

    optimizer = MultiOptimizer(choose)
    net = model()
    net.layers[0].trainable = False
    net.compile(optimizer, "mse")
    net.fit(X, Y, verbose=0)
    assert asked == ["net/last/kernel", "net/last/bias"]
    net.layers[0].trainable = True
    net.fit(X, Y, verbose=0)
    assert sorted(asked) == ["net/first/bias", "net/first/kernel", "net/last/bias", "net/last/kernel"]
    assert [type(one) for one in optimizer.optimizers] == [SGD, SGD, Adam, Adam]
    assert [int(one.iterations) for one in optimizer.optimizers] == [2, 2, 1, 1]


def test_a_map_is_a_mapping_from_paths() -> None:
    adam, sgd, nadam = Adam(), SGD(), Nadam()
    found = OptimizerMap(sgd)
    found["encoder/.*"] = adam
    found["encoder/head/kernel"] = nadam
    assert found["encoder/head/kernel"] is nadam  # an equal path goes before expressions
    assert found["encoder/head/bias"] is adam
    assert found["my/encoder/bias"] is sgd is found.default_optimizer
    assert (list(found), len(found), "encoder/x" in found) == (
        ["encoder/.*", "encoder/head/kernel"],
        2,
        False,
    )
    assert [one.optimizers for one in (MultiOptimizer(found),)] == [[adam, nadam, sgd]]
    del found["encoder/.*"]
    assert found["encoder/head/bias"] is sgd


def test_the_loss_is_scaled_once() -> None:
    inner = {"net/first/.*": SGD(0.05, loss_scale_factor=64.0)}
    scaled = MultiOptimizer(OptimizerMap(SGD(0.1), inner), loss_scale_factor=8.0)
    plain = MultiOptimizer(OptimizerMap(SGD(0.1), {"net/first/.*": SGD(0.05)}))
    assert float(scaled.scale_loss(np.float32(1.0))) == 8.0
    alike(trained(scaled).get_weights(), trained(plain).get_weights())


@pytest.mark.parametrize("backend", INSTALLED)
def test_a_scale_of_its_own_size_goes_around_all(backend: str) -> None:
    net = model(backend)
    optimizer = LossScaleOptimizer(two(), initial_scale=2.0**127)
    net.compile(optimizer, "mse")
    before = net.get_weights()
    net.train_on_batch(X * 64.0, Y * 64.0)
    alike(net.get_weights(), before)
    assert float(optimizer.dynamic_scale) == 2.0**126
    assert int(optimizer.iterations) == 0
    fine = LossScaleOptimizer(two(), initial_scale=4.0)
    alike(trained(fine, backend).get_weights(), trained(two(), backend).get_weights())


def test_some_weights_do_not_decay() -> None:
    for choose in (OptimizerMap(SGD(0.5, weight_decay=0.5)), lambda variable: SGD(0.5, weight_decay=0.5)):
        kept, decayed = horn.Variable([1.0], name="bias"), horn.Variable([1.0], name="kernel")
        optimizer = MultiOptimizer(choose)
        optimizer.exclude_from_weight_decay(var_names=["bias"])
        optimizer.apply([np.zeros(1, "float32")] * 2, [kept, decayed])
        assert (float(kept.numpy()[0]), float(decayed.numpy()[0])) == (1.0, 0.75)
        with pytest.raises(ArgumentError, match="already in use"):
            optimizer.exclude_from_weight_decay(var_names=["kernel"])


def test_a_step_without_state_changes_nothing() -> None:
    weights, optimizer = (
        [horn.Variable([1.0], name=name) for name in "ab"],
        MultiOptimizer(OptimizerMap(SGD(0.5))),
    )
    optimizer.build(weights)
    held, grads = [v.numpy() for v in optimizer.variables], [np.ones(1, "float32")] * 2
    stepped, state = optimizer.stateless_apply(held, grads, [v.numpy() for v in weights])
    assert [float(np.asarray(v)[0]) for v in stepped] == [0.5, 0.5]
    assert [int(state[0]), int(optimizer.iterations)] == [1, 0]


def test_a_copy_has_optimizers_of_its_own() -> None:
    net = trained(two())
    twin = copy.deepcopy(net)
    net.fit(X, Y, verbose=0)
    assert [int(one.iterations) for one in twin.optimizer.optimizers] == [12, 12]
    twin.fit(X, Y, verbose=0)
    alike([v.numpy() for v in twin.optimizer.variables], [v.numpy() for v in net.optimizer.variables])


def chosen(variable: Any) -> Any:
    return SGD(0.5)


class Mine(SGD):
    """An optimizer of a user."""


def test_a_configuration_makes_an_equal_optimizer() -> None:
    made = MultiOptimizer(OptimizerMap(Mine(0.25), {"a/.*": Adam(0.5)}), loss_scale_factor=2.0, name="mine")
    for around in (made, LossScaleOptimizer(made)):
        again = horn.optimizers.get(horn.optimizers.serialize(around))
        assert again.get_config() == around.get_config()
    assert type(MultiOptimizer.from_config(made.get_config()).optimizers[1]) is Mine
    described = horn.optimizers.serialize(MultiOptimizer(chosen))
    again = horn.optimizers.deserialize(described, custom_objects={"chosen": chosen})
    assert again.optimizer_map is chosen
    with pytest.raises(ArgumentError, match="chosen"):
        horn.optimizers.deserialize(described)


def test_there_is_no_learning_rate_of_all() -> None:
    optimizer = two()
    assert not hasattr(optimizer, "learning_rate")
    with pytest.raises(AttributeError, match=r"optimizer\.optimizers"):
        optimizer.learning_rate = 0.1
    net = trained(optimizer)
    for callback in (
        horn.callbacks.LearningRateScheduler(lambda epoch: 0.1),
        horn.callbacks.ReduceLROnPlateau("loss"),
    ):
        with pytest.raises(ArgumentError, match="several"):
            net.fit(X, Y, verbose=0, callbacks=[callback])


def test_a_rate_of_one_within_can_be_assigned() -> None:
    optimizer = MultiOptimizer(OptimizerMap(SGD(0.1), {"net/first/.*": SGD(0.2)}))
    net = trained(optimizer)
    before = net.get_weights()
    optimizer.optimizers[0].learning_rate = 0.0
    net.train_on_batch(X, Y)
    alike(net.get_weights()[:2], before[:2])
    assert np.abs(net.get_weights()[2] - before[2]).max() > 1e-4


def test_a_key_that_fits_nothing_is_told(caplog: Any) -> None:
    trained(MultiOptimizer(OptimizerMap(SGD(0.1), {"frist/.*": Adam(), "net/last/bias": Adam()})))
    (told,) = caplog.messages
    assert "'frist/.*'" in told
    assert "net/first/kernel" in told
    assert "last" not in told


@pytest.mark.parametrize(
    "make",
    [
        lambda: OptimizerMap("adam"),
        lambda: OptimizerMap(SGD(), ["a"]),
        lambda: OptimizerMap(SGD(), {"a": "sgd"}),
        lambda: OptimizerMap(SGD(), {"(": SGD()}),
        lambda: OptimizerMap(SGD(), {1: SGD()}),
        lambda: OptimizerMap(SGD(), {"a": LossScaleOptimizer(SGD())}),
        lambda: OptimizerMap(MultiOptimizer(OptimizerMap(SGD()))),
        lambda: OptimizerMap(SGD(), {"a": SGD()}).__setitem__("a", SGD()),
        lambda: OptimizerMap(SGD(), {"a.*": SGD(), ".*b": SGD()})["ab"],
        lambda: MultiOptimizer("adam"),
        lambda: MultiOptimizer({"a": SGD()}),
        lambda: MultiOptimizer(SGD),
        lambda: MultiOptimizer(OptimizerMap(SGD()), loss_scale_factor=0.0),
    ],
)
def test_wrong_arguments_are_refused(make: Any) -> None:
    with pytest.raises(ArgumentError):
        make()


def test_a_wrong_choice_is_refused_before_anything_changes() -> None:
    weights = [horn.Variable([1.0], name=name) for name in "ab"]
    for choose in (
        lambda v: None if v.path == "b" else SGD(),
        OptimizerMap(SGD(), {"b+": SGD(), "[ab]": SGD()}),
    ):
        optimizer = MultiOptimizer(choose)
        for _ in range(2):
            with pytest.raises(ArgumentError, match="'b'"):
                optimizer.apply([np.ones(1, "float32")] * 2, weights)
        assert int(optimizer.iterations) == 0
        assert all(float(weight.numpy()[0]) == 1.0 for weight in weights)
    with pytest.raises(ArgumentError, match="number of gradients"):
        optimizer.apply([np.ones(1, "float32")], weights)
