"""The callbacks against Keras 3: the same figures lead to the same decisions."""

from __future__ import annotations

import csv
import tempfile
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings, strategies as st

keras: Any = pytest.importorskip("keras")

from keras.src.trainers.compile_utils import MetricsList  # noqa: E402

import horn  # noqa: E402

FIGURES = {"loss": "down", "val_loss": "down", "accuracy": "up", "val_accuracy": "up"}
# Steps of a tenth, so that differences that equal a min_delta but for rounding occur.
_ANY = st.floats(-2, 2).map(lambda value: round(value, 9))  # finer than float32, but never below its range
_VALUE = st.integers(0, 12).map(lambda n: n / 10) | _ANY | st.sampled_from([float("nan"), float("inf")])
SERIES = st.lists(_VALUE, min_size=1, max_size=12)
_DELTA = st.sampled_from([0, 0.1, -0.1, 0.3, 1e-4])
_THRESHOLD = st.sampled_from([None, 0.0, 0.5, 1.0])
_MODE = st.sampled_from(["auto", "min", "max"])

checked = settings(max_examples=150, derandomize=True, deadline=None)
# Keras itself does what NumPy has deprecated.
pytestmark = pytest.mark.filterwarnings("ignore:__array__ implementation:DeprecationWarning")


class Stub(SimpleNamespace):
    """A model that has weights and notes what is done to it."""

    def __init__(self, optimizer: Any = None) -> None:
        metric = keras.metrics.Mean("accuracy")
        metric._direction = "up"
        listed = MetricsList([metric])  # Keras looks for a direction within such lists only
        super().__init__(
            optimizer=optimizer, metrics=[listed, metric], stop_training=False, epoch=-1, done=[]
        )

    def get_weights(self) -> list[np.ndarray]:
        return [np.array(self.epoch)]

    def set_weights(self, weights: list[np.ndarray]) -> None:
        self.done.append(("set", int(weights[0])))

    def save_weights(self, path: Any, overwrite: bool = True) -> None:
        self.done.append(("save", Path(path).name, overwrite))


def run(callback: Any, monitor: str, series: list[float], model: Stub) -> list[Any]:
    """Feed a series to a callback and return what it did, epoch by epoch."""
    callback.set_model(model)
    callback.set_params({"epochs": len(series), "steps": 1, "verbose": 0})
    callback.on_train_begin({})
    told: list[Any] = []
    for epoch, value in enumerate(series):
        model.epoch = epoch
        callback.on_epoch_begin(epoch, {})
        logs = {"loss": 1.0, "val_loss": 1.0, monitor: value}
        callback.on_epoch_end(epoch, logs)
        told.append({name: float(value) for name, value in logs.items()})
        if model.stop_training:
            break
    callback.on_train_end({})
    return [len(told), told, model.done]


def assert_same(
    name: str, monitor: str, series: list[float], options: dict[str, Any], rate: bool = False
) -> None:
    def model(library: Any) -> Stub:
        return Stub(library.optimizers.SGD(0.5) if rate else None)

    ours, theirs = (
        run(getattr(library.callbacks, name)(monitor=monitor, **options), monitor, series, model(library))
        for library in (horn, keras)
    )
    np.testing.assert_equal(ours, theirs)


@checked
@given(
    st.sampled_from(sorted(FIGURES)),
    SERIES,
    st.fixed_dictionaries(
        {},
        optional={
            "min_delta": _DELTA,
            "patience": st.integers(0, 4),
            "mode": _MODE,
            "baseline": _THRESHOLD,
            "restore_best_weights": st.booleans(),
            "start_from_epoch": st.integers(0, 4),
        },
    ),
)
def test_early_stopping_stops_and_restores_as_keras(
    monitor: str, series: list[float], options: dict[str, Any]
) -> None:
    assert_same("EarlyStopping", monitor, series, options)


@checked
@given(
    st.sampled_from(sorted(FIGURES)),
    SERIES,
    st.fixed_dictionaries(
        {},
        optional={
            "factor": st.sampled_from([0.1, 0.5, 0.9]),
            "patience": st.integers(0, 3),
            "mode": _MODE,
            "min_delta": _DELTA,
            "cooldown": st.integers(0, 3),
            "min_lr": st.sampled_from([0.0, 0.1, 0.5]),
        },
    ),
)
def test_reduce_lr_on_plateau_reduces_as_keras(
    monitor: str, series: list[float], options: dict[str, Any]
) -> None:
    assert_same("ReduceLROnPlateau", monitor, series, options, rate=True)


@checked
@given(
    st.sampled_from(sorted(FIGURES)),
    SERIES,
    st.fixed_dictionaries(
        {},
        optional={"mode": _MODE, "save_best_only": st.booleans(), "initial_value_threshold": _THRESHOLD},
    ),
)
def test_model_checkpoint_saves_as_keras(monitor: str, series: list[float], options: dict[str, Any]) -> None:
    with tempfile.TemporaryDirectory() as folder:
        path = str(Path(folder, "{epoch:02d}-{val_loss:.2f}.weights.h5"))
        assert_same(
            "ModelCheckpoint", monitor, series, {"filepath": path, "save_weights_only": True, **options}
        )


@checked
@given(st.integers(1, 7), st.lists(st.integers(1, 6), min_size=1, max_size=4))
def test_model_checkpoint_counts_batches_as_keras(every: int, epochs: list[int]) -> None:
    # With save_best_only, Keras fails in the first epoch: it has not yet asked what "best" means.
    done = []
    for library in (horn, keras):
        with tempfile.TemporaryDirectory() as folder:
            path = str(Path(folder, "{epoch}-{batch}-{loss:.1f}.weights.h5"))
            callback = library.callbacks.ModelCheckpoint(
                path, monitor="loss", save_freq=every, save_weights_only=True
            )
            model = Stub()
            callback.set_model(model)
            callback.on_train_begin({})
            for epoch, steps in enumerate(epochs):
                callback.on_epoch_begin(epoch, {})
                for batch in range(steps):
                    callback.on_train_batch_begin(batch, {})
                    callback.on_train_batch_end(batch, {"loss": (batch * 7 + epoch) % 5})
                callback.on_epoch_end(epoch, {"loss": 1.0})
            done.append(model.done)
    assert done[0] == done[1]


@pytest.mark.parametrize(
    "schedule",
    [
        lambda epoch: 0.1 / (epoch + 1),
        lambda epoch, rate: rate * 0.7,
        lambda epoch, rate=0.3: rate / (epoch + 1),
    ],
    ids=["of the epoch", "of both", "of an optional rate"],
)
def test_learning_rate_scheduler_sets_the_rate_as_keras(schedule: Any) -> None:
    ours, theirs = (
        run(
            library.callbacks.LearningRateScheduler(schedule),
            "loss",
            [1.0] * 5,
            Stub(library.optimizers.SGD(0.5)),
        )
        for library in (horn, keras)
    )
    assert ours == theirs


@checked
@given(
    st.lists(
        st.dictionaries(st.sampled_from(["b", "loss", "val_loss", "a"]), _ANY | st.just([1, 2]), min_size=1),
        min_size=1, max_size=4,
    ),
    st.sampled_from([",", ";", "\t"]),
    st.booleans(),
    st.booleans(),
)  # fmt: skip
def test_csv_logger_writes_what_keras_writes(
    epochs: list[Any], separator: str, append: bool, twice: bool
) -> None:
    texts = []
    for library in (horn, keras):
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder, "log.csv")
            for _ in range(1 + twice):
                callback = library.callbacks.CSVLogger(str(path), separator, append)
                callback.set_model(Stub())
                callback.on_train_begin({})
                for epoch, logs in enumerate(epochs):
                    callback.on_epoch_end(epoch, dict(logs))
                callback.on_train_end({})
            with path.open(newline="") as file:
                texts.append(list(csv.reader(file, delimiter=separator)))
    assert texts[0] == texts[1]


@pytest.mark.parametrize("loss", [0.5, float("nan"), float("inf"), -float("inf")])
def test_terminate_on_nan_ends_training_where_keras_does(loss: float) -> None:
    ours, theirs = Stub(), Stub()
    watch, other = horn.callbacks.TerminateOnNaN(), keras.callbacks.TerminateOnNaN()
    watch.set_model(ours)
    other.set_model(theirs)
    watch.on_progress("train", 3, None, lambda: {"loss": loss})
    other.on_train_batch_end(2, {"loss": loss})
    assert ours.stop_training == theirs.stop_training


@pytest.mark.parametrize("swap_on_epoch", [False, True])
def test_averages_are_in_place_when_keras_has_them_there(swap_on_epoch: bool) -> None:
    random = np.random.default_rng(0)
    x, y, kernel = (random.normal(size=shape).astype("float32") for shape in ((12, 3), (12, 2), (3, 2)))
    seen: list[Any] = []
    for library, options in ((horn, {}), (keras, {})):
        inputs = library.Input((3,))
        model = library.Model(inputs, library.layers.Dense(2)(inputs), **options)
        model.compile(library.optimizers.SGD(0.1, use_ema=True, ema_momentum=0.7), "mse")
        model.set_weights([kernel, np.zeros(2, "float32")])
        swap = library.callbacks.SwapEMAWeights(swap_on_epoch=swap_on_epoch)
        held: list[Any] = []
        note = library.callbacks.LambdaCallback(
            on_epoch_end=lambda epoch, logs, held=held, model=model: held.append(model.get_weights()[0])
        )
        history = model.fit(
            x,
            y,
            batch_size=4,
            epochs=3,
            shuffle=False,
            verbose=0,
            validation_data=(x, y),
            callbacks=[swap, note],
        )
        figures = [*history.history["loss"], *history.history["val_loss"]]
        seen.append([np.array(figures), *held, *model.get_weights(), model.predict(x, verbose=0)])
    for ours, theirs in zip(*seen, strict=True):
        np.testing.assert_allclose(ours, theirs, rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize(
    "name",
    ["EarlyStopping", "ModelCheckpoint", "ReduceLROnPlateau", "LearningRateScheduler", "CSVLogger", "TerminateOnNaN",
     "SwapEMAWeights"],
)  # fmt: skip
def test_arguments_and_defaults_are_those_of_keras(name: str) -> None:
    import inspect

    ours, theirs = (
        [
            (parameter.name, parameter.default)
            for parameter in inspect.signature(getattr(library.callbacks, name)).parameters.values()
            if parameter.kind is not parameter.VAR_KEYWORD
        ]
        for library in (horn, keras)
    )
    assert ours == theirs
