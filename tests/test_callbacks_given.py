"""The callbacks that come with Horn, in real training: what they change, write and refuse."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

import horn
from horn import callbacks
from horn.api.callbacks.callback_list import CallbackList
from horn.errors import ArgumentError, HornError, NumericalError

if TYPE_CHECKING:
    from pathlib import Path

RANDOM = np.random.default_rng(0)
X = RANDOM.normal(size=(20, 3)).astype("float32")
Y = RANDOM.normal(size=(20, 2)).astype("float32")


def model(optimizer: Any = "sgd", backend: str = "numpy", **options: Any) -> Any:
    horn.utils.set_random_seed(0)
    made = horn.Sequential([horn.Input(shape=(3,)), horn.layers.Dense(2)], backend=backend)
    made.compile(optimizer, "mse", metrics=["mae"], **options)
    return made


class Says(callbacks.Callback):
    """Puts a series of values into the logs, and keeps the weights of each epoch."""

    def __init__(self, values: list[float], name: str = "score") -> None:
        self.values, self.name = values, name
        self.weights: list[Any] = []

    def on_epoch_end(self, epoch: int, logs: Any = None) -> None:
        logs[self.name] = self.values[epoch]
        self.weights.append(self.model.get_weights())


def assert_weights(found: list[Any], wanted: list[Any]) -> None:
    for one, other in zip(found, wanted, strict=True):
        np.testing.assert_array_equal(one, other)


# -- EarlyStopping -----------------------------------------------------------------------------


def test_early_stopping_ends_with_the_weights_of_the_best_epoch() -> None:
    trained, says = model(), Says([3.0, 1.0, 2.0, 2.0, 0.0])
    stopping = callbacks.EarlyStopping("score", mode="min", patience=2, restore_best_weights=True)
    history = trained.fit(X, Y, epochs=5, verbose=0, callbacks=[says, stopping])
    assert history.epoch == [0, 1, 2, 3]
    assert (stopping.stopped_epoch, stopping.best_epoch, stopping.best) == (3, 1, 1.0)
    assert_weights(trained.get_weights(), says.weights[1])


def test_without_restoring_the_last_weights_stay() -> None:
    trained, says = model(), Says([1.0, 2.0, 2.0])
    trained.fit(
        X, Y, epochs=3, verbose=0, callbacks=[says, callbacks.EarlyStopping("score", mode="min", patience=1)]
    )
    assert_weights(trained.get_weights(), says.weights[1])


def test_early_stopping_serves_twice() -> None:
    trained, stopping = model(), callbacks.EarlyStopping("score", mode="min")
    for _ in range(2):
        history = trained.fit(X, Y, epochs=3, verbose=0, callbacks=[Says([1.0, 2.0, 3.0]), stopping])
        assert history.epoch == [0, 1]


# -- a figure that does not exist --------------------------------------------------------------


FOLLOWERS = [
    callbacks.EarlyStopping,
    callbacks.ReduceLROnPlateau,
    lambda monitor: callbacks.ModelCheckpoint(
        "never.weights.h5", monitor, save_best_only=True, save_weights_only=True
    ),
]


@pytest.mark.parametrize("make", FOLLOWERS, ids=["stopping", "rate", "checkpoint"])
def test_a_misspelt_figure_is_an_error_after_the_first_epoch(make: Any) -> None:
    trained, note = model(), Says([0.0] * 3)
    with pytest.raises(ArgumentError, match="a figure that does not exist") as caught:
        trained.fit(X, Y, epochs=3, verbose=0, validation_data=(X, Y), callbacks=[note, make("val_los")])
    assert len(note.weights) == 1
    assert caught.value.expected == "one of loss, mae, val_loss, val_mae, score"
    assert caught.value.remedy == "did you mean 'val_loss'?"


def test_a_figure_of_validation_without_validation_is_an_error() -> None:
    with pytest.raises(ArgumentError, match="pass validation_data"):
        model().fit(X, Y, epochs=3, verbose=0, callbacks=[callbacks.EarlyStopping()])


def test_epochs_without_validation_are_passed_over() -> None:
    stopping = callbacks.EarlyStopping(patience=100)
    model().fit(X, Y, epochs=5, verbose=0, validation_data=(X, Y), validation_freq=2, callbacks=[stopping])
    assert stopping.best_epoch == 3


@pytest.mark.parametrize(
    ("name", "rises"),
    [
        ("loss", False), ("val_loss", False), ("accuracy", True), ("val_sparse_categorical_accuracy", True),
        ("auc_1", True), ("mae", False), ("head_mse", False), ("mean_absolute_error", False), ("f1_score", True),
        ("precision", True), ("mean_io_u", True), ("kl_divergence", False), ("score", None),
    ],
)  # fmt: skip
def test_the_direction_is_told_from_the_name(name: str, rises: bool | None) -> None:
    stopping = callbacks.EarlyStopping(name)
    if rises is None:
        with pytest.raises(ArgumentError, match="mode='min' or mode='max'"):
            stopping.improved(1.0, 0.0)
    else:
        assert stopping.improved(1.0, 0.0) is rises
        assert callbacks.EarlyStopping(name, mode="max").improved(1.0, 0.0)


# -- learning rates ----------------------------------------------------------------------------


def test_the_rate_of_a_plan_is_used_and_logged() -> None:
    trained = model(horn.optimizers.SGD(0.5))
    history = trained.fit(
        X, Y, epochs=3, verbose=0, callbacks=[callbacks.LearningRateScheduler(lambda epoch, rate: rate / 2)]
    )
    assert history.history["learning_rate"] == [0.25, 0.125, 0.0625]
    other = model(horn.optimizers.SGD(0.25))
    other.fit(X, Y, verbose=0)
    other.optimizer.learning_rate = 0.125
    other.fit(X, Y, verbose=0)
    other.optimizer.learning_rate = 0.0625
    other.fit(X, Y, verbose=0)
    assert_weights(trained.get_weights(), other.get_weights())


def test_the_rate_is_reduced_where_the_figure_stands_still() -> None:
    trained = model(horn.optimizers.SGD(0.5))
    reducing = callbacks.ReduceLROnPlateau("score", mode="min", factor=0.5, patience=2)
    history = trained.fit(X, Y, epochs=5, verbose=0, callbacks=[Says([1.0] * 5), reducing])
    assert history.history["learning_rate"] == [0.5, 0.5, 0.5, 0.25, 0.25]
    assert float(trained.optimizer.learning_rate) == 0.125


@pytest.mark.parametrize(
    "callback", [callbacks.LearningRateScheduler(lambda epoch: 0.1), callbacks.ReduceLROnPlateau("loss")]
)
def test_the_rate_of_a_schedule_cannot_be_changed(callback: Any) -> None:
    trained = model(horn.optimizers.SGD(horn.optimizers.schedules.ExponentialDecay(0.1, 10, 0.9)))
    before = trained.get_weights()
    with pytest.raises(ArgumentError, match="no learning rate to change"):
        trained.fit(X, Y, verbose=0, callbacks=[callback])
    assert_weights(trained.get_weights(), before)


@pytest.mark.parametrize("rate", [None, "high", float("nan"), -0.1])
def test_a_plan_that_returns_no_rate_is_refused(rate: Any) -> None:
    with pytest.raises(ArgumentError, match="the result of schedule"):
        model().fit(X, Y, verbose=0, callbacks=[callbacks.LearningRateScheduler(lambda epoch: rate)])


# -- ModelCheckpoint ---------------------------------------------------------------------------


def test_a_checkpoint_holds_the_weights_of_its_epoch(tmp_path: Path) -> None:
    trained, says = model(), Says([0.25, 0.5, 0.125])
    path = tmp_path / "new folder" / "{epoch:02d}-{score:.2f}.weights.h5"
    checkpoint = callbacks.ModelCheckpoint(path, save_weights_only=True)
    trained.fit(X, Y, epochs=3, verbose=0, callbacks=[says, checkpoint])
    names = ["01-0.25.weights.h5", "02-0.50.weights.h5", "03-0.12.weights.h5"]
    assert sorted(file.name for file in path.parent.iterdir()) == names
    twin = model()
    twin.load_weights(path.parent / names[1])
    assert_weights(twin.get_weights(), says.weights[1])


def test_only_the_best_is_written(tmp_path: Path) -> None:
    trained, says = model(), Says([2.0, 3.0, 1.0, 5.0])
    path = tmp_path / "best.weights.h5"
    checkpoint = callbacks.ModelCheckpoint(
        path, "score", mode="max", save_best_only=True, save_weights_only=True
    )
    trained.fit(X, Y, epochs=3, verbose=0, callbacks=[says, checkpoint])
    trained.load_weights(path)
    assert checkpoint.best == 3.0
    assert_weights(trained.get_weights(), says.weights[1])


def test_checkpoints_of_batches_are_exact(tmp_path: Path) -> None:
    trained = model()
    checkpoint = callbacks.ModelCheckpoint(
        tmp_path / "{epoch}-{batch}.weights.h5", save_weights_only=True, save_freq=3
    )
    trained.fit(X, Y, batch_size=5, epochs=2, shuffle=False, verbose=0, callbacks=[checkpoint])
    assert sorted(file.name for file in tmp_path.iterdir()) == ["1-3.weights.h5", "2-2.weights.h5"]
    other, twin = model(), model()
    other.fit(X[:15], Y[:15], batch_size=5, shuffle=False, verbose=0)
    twin.load_weights(tmp_path / "1-3.weights.h5")
    assert_weights(twin.get_weights(), other.get_weights())


def test_a_path_with_an_unknown_figure_is_refused_after_the_first_epoch(tmp_path: Path) -> None:
    checkpoint = callbacks.ModelCheckpoint(tmp_path / "{val_loss}.weights.h5", save_weights_only=True)
    with pytest.raises(ArgumentError, match=r"any of loss, mae, epoch in braces"):
        model().fit(X, Y, verbose=0, callbacks=[checkpoint])


# -- the others --------------------------------------------------------------------------------


def test_a_log_file_is_closed_after_an_exception(tmp_path: Path) -> None:
    path = tmp_path / "log.csv"
    logger = callbacks.CSVLogger(path, append=True)
    fails = callbacks.LambdaCallback(on_epoch_begin=lambda epoch, logs: [][epoch - 1])
    with pytest.raises(IndexError):
        model().fit(X, Y, epochs=2, verbose=0, callbacks=[logger, fails])
    assert path.read_text() == ""
    model().fit(X, Y, epochs=2, verbose=0, callbacks=[logger])
    rows = path.read_text().splitlines()
    assert rows[0] == "epoch,loss,mae,val_loss,val_mae"
    assert [row.split(",")[0] for row in rows[1:]] == ["0", "1"]
    assert [row.split(",")[3:] for row in rows[1:]] == [["NA", "NA"]] * 2


def test_training_ends_within_the_epoch_when_the_loss_is_nan() -> None:
    trained = model(horn.optimizers.SGD(1e30), steps_per_execution=1)
    steps: list[int] = []
    counts = callbacks.LambdaCallback(on_progress=lambda phase, done, total, read: steps.append(done))
    with np.errstate(all="ignore"):
        history = trained.fit(
            X, Y, batch_size=2, epochs=3, verbose=0, callbacks=[callbacks.TerminateOnNaN(), counts]
        )
    assert history.epoch == [0]
    assert steps[-1] < 10


def test_a_nan_may_be_an_error() -> None:
    trained = model(horn.optimizers.SGD(1e30))
    with np.errstate(all="ignore"), pytest.raises(NumericalError, match="no finite number"):
        trained.fit(X, Y, batch_size=2, verbose=0, callbacks=[callbacks.TerminateOnNaN(raise_error=True)])


def test_a_function_for_a_batch_hook_is_called_for_every_batch() -> None:
    batches: list[int] = []
    for hook in ("on_train_batch_end", "on_batch_end"):
        noting = callbacks.LambdaCallback(**{hook: lambda batch, logs: batches.append(batch)})
        model().fit(X, Y, batch_size=5, verbose=0, callbacks=[noting])
    assert batches == [0, 1, 2, 3] * 2


def test_the_callbacks_without_batch_hooks_force_no_single_steps(tmp_path: Path) -> None:
    given = [
        callbacks.EarlyStopping("loss"), callbacks.ReduceLROnPlateau("loss"), callbacks.TerminateOnNaN(),
        callbacks.LearningRateScheduler(lambda epoch: 0.1), callbacks.CSVLogger(tmp_path / "log.csv"),
        callbacks.SwapEMAWeights(), callbacks.LambdaCallback(on_epoch_end=print), callbacks.History(),
        callbacks.ProgbarLogger(), callbacks.ModelCheckpoint("a.weights.h5", save_weights_only=True),
    ]  # fmt: skip
    for phase in ("train", "test", "predict"):
        assert not CallbackList(given).needs_batches(phase)
    every = callbacks.ModelCheckpoint("a.weights.h5", save_weights_only=True, save_freq=2)
    assert CallbackList([every]).needs_batches("train")


@pytest.mark.parametrize("source", ["arrays", "generator"])
def test_a_batch_hook_can_end_training_within_the_epoch(source: str) -> None:
    trained, batches = model(), []

    def note(batch: int, logs: Any) -> None:
        batches.append(batch)
        trained.stop_training = batch == 1

    data = (X, Y) if source == "arrays" else (iter([(X[:6], Y[:6])] * 10),)
    ends = callbacks.LambdaCallback(on_train_batch_end=note)
    history = trained.fit(*data, batch_size=6, epochs=3, verbose=0, callbacks=[ends], validation_data=(X, Y))
    assert batches == [0, 1]
    assert history.epoch == [0]
    assert "val_loss" in history.history


def test_callbacks_say_what_they_do(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    told = [
        Says([1.0, 2.0]),
        callbacks.ReduceLROnPlateau("score", mode="min", factor=0.5, patience=1, verbose=1),
        callbacks.ModelCheckpoint(tmp_path / "{epoch}.weights.h5", save_weights_only=True, verbose=True),
        callbacks.EarlyStopping("score", mode="min", restore_best_weights=True, verbose=1),
        callbacks.LearningRateScheduler(lambda epoch: 0.5, verbose=1),
    ]
    model().fit(X, Y, epochs=3, verbose=0, callbacks=told)
    assert capsys.readouterr().out.splitlines() == [
        "Epoch 1: the learning rate is 0.5.",
        f"Epoch 1: the weights were written to {tmp_path / '1.weights.h5'}.",
        "Epoch 2: the learning rate is 0.5.",
        "Epoch 2: the learning rate is reduced to 0.25.",
        f"Epoch 2: the weights were written to {tmp_path / '2.weights.h5'}.",
        "Epoch 2: stopped, as score got no better.",
        "The weights are those of the best epoch, number 1.",
    ]


# -- averages ----------------------------------------------------------------------------------


def averaging(**options: Any) -> Any:
    return model(horn.optimizers.SGD(0.1, use_ema=True, ema_momentum=0.5, **options))


def test_validation_uses_the_averages_and_training_does_not() -> None:
    plain, swapping = averaging(), averaging()
    first = plain.fit(X, Y, epochs=3, verbose=0, validation_data=(X, Y))
    second = swapping.fit(
        X, Y, epochs=3, verbose=0, validation_data=(X, Y), callbacks=[callbacks.SwapEMAWeights()]
    )
    assert first.history["loss"] == second.history["loss"]
    assert_weights(swapping.get_weights(), plain.get_weights())
    assert second.history["val_loss"][-1] == pytest.approx(swapping.evaluate(X, Y, verbose=0)[0], rel=1e-6)
    assert first.history["val_loss"][-1] != pytest.approx(second.history["val_loss"][-1], rel=1e-3)


@pytest.mark.parametrize("stop", [False, True])
def test_a_checkpoint_after_the_swap_holds_the_averages(tmp_path: Path, stop: bool) -> None:
    trained = averaging()
    path = tmp_path / "{epoch}.weights.h5"
    told = [
        callbacks.SwapEMAWeights(swap_on_epoch=True),
        callbacks.ModelCheckpoint(path, save_weights_only=True),
        callbacks.LambdaCallback(on_epoch_end=lambda epoch, logs: setattr(trained, "stop_training", stop)),
    ]
    trained.fit(X, Y, epochs=1 if not stop else 5, verbose=0, callbacks=told)
    twin = averaging()
    twin.load_weights(tmp_path / "1.weights.h5")
    assert_weights(twin.get_weights(), trained.get_weights())


def test_the_weights_come_back_after_an_exception() -> None:
    trained = averaging()
    weights: list[Any] = []

    def fail(logs: Any) -> None:
        raise ValueError("broken")

    told = [
        callbacks.LambdaCallback(on_progress=lambda *args: weights.append(trained.get_weights())),
        callbacks.SwapEMAWeights(),
        callbacks.LambdaCallback(on_test_begin=fail),
    ]
    with pytest.raises(ValueError, match="broken"):
        trained.fit(X, Y, epochs=3, batch_size=5, verbose=0, validation_data=(X, Y), callbacks=told)
    assert_weights(trained.get_weights(), weights[-1])


def test_there_must_be_averages_to_swap() -> None:
    with pytest.raises(ArgumentError, match="use_ema=True"):
        model().fit(X, Y, verbose=0, callbacks=[callbacks.SwapEMAWeights()])


# -- what is refused ---------------------------------------------------------------------------


def checkpoint(path: str = "a.weights.h5", **options: Any) -> Any:
    return callbacks.ModelCheckpoint(path, **{"save_weights_only": True, **options})


@pytest.mark.parametrize(
    "make",
    [
        lambda: callbacks.EarlyStopping(monitor=None),
        lambda: callbacks.EarlyStopping(monitor=""),
        lambda: callbacks.EarlyStopping(mode="least"),
        lambda: callbacks.EarlyStopping(patience=-1),
        lambda: callbacks.EarlyStopping(patience=1.5),
        lambda: callbacks.EarlyStopping(min_delta=float("nan")),
        lambda: callbacks.EarlyStopping(baseline="good"),
        lambda: callbacks.EarlyStopping(restore_best_weights="yes"),
        lambda: callbacks.EarlyStopping(start_from_epoch=-1),
        lambda: callbacks.EarlyStopping(verbose=-1),
        lambda: callbacks.ReduceLROnPlateau(factor=1.0),
        lambda: callbacks.ReduceLROnPlateau(factor=-0.5),
        lambda: callbacks.ReduceLROnPlateau(cooldown=-1),
        lambda: callbacks.ReduceLROnPlateau(min_lr=-1.0),
        lambda: callbacks.LearningRateScheduler(0.1),
        lambda: callbacks.ModelCheckpoint("model.keras"),
        lambda: callbacks.ModelCheckpoint("model.weights.h5"),
        lambda: checkpoint("model.h5"),
        lambda: checkpoint("{epoch.weights.h5"),
        lambda: checkpoint(save_freq="batch"),
        lambda: checkpoint(save_freq=0),
        lambda: checkpoint(save_freq=2, save_best_only=True),
        lambda: checkpoint(initial_value_threshold="low"),
        lambda: callbacks.CSVLogger("log.csv", separator=", "),
        lambda: callbacks.CSVLogger("log.csv", append="yes"),
        lambda: callbacks.LambdaCallback(on_epoch_ends=print),
        lambda: callbacks.LambdaCallback(on_epoch_end=3),
        lambda: callbacks.TerminateOnNaN(raise_error=1),
        lambda: callbacks.SwapEMAWeights(swap_on_epoch="epoch"),
        lambda: CallbackList([callbacks.EarlyStopping]),
        lambda: CallbackList(["EarlyStopping"]),
    ],
)
def test_wrong_arguments_are_refused_at_once(make: Any) -> None:
    with pytest.raises(HornError) as caught:
        make()
    assert all((caught.value.what, caught.value.expected, caught.value.got, caught.value.remedy))


def test_a_class_in_the_place_of_a_callback_is_refused_before_training() -> None:
    trained = model()
    before = trained.get_weights()
    with pytest.raises(ArgumentError, match=r"write EarlyStopping\(...\)"):
        trained.fit(X, Y, verbose=0, callbacks=[callbacks.EarlyStopping])
    assert_weights(trained.get_weights(), before)


def test_a_list_of_callbacks_may_be_made_beforehand() -> None:
    told = CallbackList([Says([1.0])], add_history=True, add_progbar=True)
    assert [type(one).__name__ for one in told.callbacks] == ["Says", "ProgbarLogger", "History"]
    trained = model()
    trained.fit(X, Y, verbose=0, callbacks=told)
    assert told.callbacks[2].history["score"] == [1.0]


def test_a_callback_of_another_library_serves() -> None:
    calls: list[str] = []

    class Foreign:
        def set_model(self, model: Any) -> None:
            self.model = model

        def set_params(self, params: Any) -> None:
            self.params = params

        def __getattr__(self, name: str) -> Any:
            if not name.startswith("on_") or name in ("on_progress", "on_exit") or "batch" in name:
                raise AttributeError(name)
            return lambda *args: calls.append(name)

    model().fit(X, Y, verbose=0, callbacks=[Foreign()])
    assert calls == ["on_train_begin", "on_epoch_begin", "on_epoch_end", "on_train_end"]
