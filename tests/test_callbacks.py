"""Callbacks: which hooks are called, in what order and with what, and what they can do."""

from __future__ import annotations

import itertools
from typing import Any

import numpy as np
import pytest

import horn
from horn.api.callbacks.callback import Callback, History
from horn.api.callbacks.callback_list import CallbackList

RANDOM = np.random.default_rng(0)
X = RANDOM.normal(size=(20, 3)).astype("float32")
Y = RANDOM.normal(size=(20, 2)).astype("float32")

BATCH_HOOKS = {f"on_{phase}batch_{when}" for phase in ("", "train_", "test_", "predict_") for when in ("begin", "end")}
HOOKS = [name for name in vars(Callback) if name.startswith("on_")]


def model(**options: Any) -> Any:
    horn.utils.set_random_seed(0)
    made = horn.Sequential([horn.Input(shape=(3,)), horn.layers.Dense(2)], backend="numpy")
    made.compile("sgd", "mse", metrics=["mae"], **options)
    return made


class Diary(Callback):
    """Notes each hook that is called, with its arguments; those of batches not."""

    def __init__(self, name: str = "", book: list[Any] | None = None) -> None:
        self.name = name
        self.book: list[Any] = [] if book is None else book

    def note(self, hook: str, *arguments: Any) -> None:
        self.book.append((self.name + hook, *arguments))

    def hooks(self) -> list[str]:
        """Return the names of the hooks in order, each run of one name once."""
        return [name for name, _ in itertools.groupby(entry[0] for entry in self.book)]


class BatchDiary(Diary):
    """Notes the hooks of batches as well."""


def noting(hook: str) -> Any:
    return lambda self, *arguments: self.note(hook, *arguments)


for hook in HOOKS:
    setattr(BatchDiary if hook in BATCH_HOOKS else Diary, hook, noting(hook))


# -- order -------------------------------------------------------------------------------------


def test_fit_calls_the_hooks_of_epochs_around_their_steps() -> None:
    diary = Diary()
    model().fit(X, Y, epochs=2, verbose=0, callbacks=[diary])
    epoch = ["on_epoch_begin", "on_progress", "on_epoch_end"]
    assert diary.hooks() == ["on_train_begin", *epoch, *epoch, "on_train_end", "on_exit"]
    assert [entry[1] for entry in diary.book if entry[0] == "on_epoch_begin"] == [0, 1]


def test_validation_lies_between_the_steps_and_the_end_of_an_epoch() -> None:
    diary = Diary()
    model().fit(X, Y, epochs=2, verbose=0, validation_data=(X, Y), validation_freq=2, callbacks=[diary])
    assert diary.hooks() == [
        "on_train_begin",
        "on_epoch_begin", "on_progress", "on_epoch_end",
        "on_epoch_begin", "on_progress", "on_test_begin", "on_progress", "on_test_end", "on_epoch_end",
        "on_train_end", "on_exit",
    ]  # fmt: skip


@pytest.mark.parametrize(("method", "phase"), [("evaluate", "test"), ("predict", "predict")])
def test_evaluate_and_predict_call_their_own_hooks(method: str, phase: str) -> None:
    diary = BatchDiary()
    data = [X] if method == "predict" else [X, Y]
    getattr(model(), method)(*data, batch_size=10, verbose=0, callbacks=[diary])
    batch = [f"on_{phase}_batch_begin", f"on_{phase}_batch_end", "on_progress"]
    assert diary.hooks() == [f"on_{phase}_begin", *batch, *batch, f"on_{phase}_end", "on_exit"]


def test_each_hook_is_called_on_all_callbacks_in_their_order() -> None:
    book: list[Any] = []
    model().fit(X, Y, epochs=2, verbose=0, callbacks=[Diary("a ", book), Diary("b ", book)])
    names = [entry[0] for entry in book]
    assert [name.removeprefix("a ") for name in names[::2]] == [name.removeprefix("b ") for name in names[1::2]]


def test_set_model_and_params_come_first_and_outlast_validation() -> None:
    seen = []

    class Look(Callback):
        def on_epoch_end(self, epoch: int, logs: Any = None) -> None:
            seen.append((self.model, self.params))

    trained = model()
    trained.fit(X, Y, epochs=2, batch_size=5, verbose=0, validation_data=(X[:5], Y[:5]), callbacks=[Look()])
    assert seen == [(trained, {"epochs": 2, "steps": 4, "verbose": 0})] * 2


# -- batches -----------------------------------------------------------------------------------


@pytest.mark.parametrize("eager", [False, True])
def test_a_batch_hook_is_called_once_a_batch_with_the_running_figures(eager: bool) -> None:
    diary = BatchDiary()
    trained = model(run_eagerly=eager)
    trained.optimizer.learning_rate = 0.0
    trained.fit(X, Y, batch_size=4, verbose=0, shuffle=False, callbacks=[diary])
    begun = [entry[1] for entry in diary.book if entry[0] == "on_train_batch_begin"]
    ended = [entry[1:] for entry in diary.book if entry[0] == "on_train_batch_end"]
    assert begun == [number for number, _ in ended] == [0, 1, 2, 3, 4]
    apart = Y - trained.predict(X, verbose=0)
    for number, logs in ended:
        seen = apart[: 4 * (number + 1)]
        assert logs == pytest.approx({"loss": np.mean(seen**2), "mae": np.mean(np.abs(seen))}, rel=1e-5)
        assert {type(value) for value in logs.values()} == {float}


def test_without_a_batch_hook_many_steps_are_one_dispatch() -> None:
    diary = Diary()
    model(steps_per_execution=4).fit(X, Y, batch_size=2, verbose=0, callbacks=[diary])
    progress = [entry[1:4] for entry in diary.book if entry[0] == "on_progress"]
    assert progress == [("train", 4, 10), ("train", 8, 10), ("train", 10, 10)]


def test_batch_hooks_change_no_result() -> None:
    plain, watched = model(), model()
    plain.fit(X, Y, epochs=3, batch_size=4, verbose=0)
    watched.fit(X, Y, epochs=3, batch_size=4, verbose=0, callbacks=[BatchDiary()])
    assert plain.history.history == watched.history.history
    for one, other in zip(plain.get_weights(), watched.get_weights(), strict=True):
        np.testing.assert_array_equal(one, other)


def test_progress_gives_figures_when_they_are_asked_for() -> None:
    class Ask(Callback):
        def __init__(self) -> None:
            self.seen: list[Any] = []

        def on_progress(self, phase: str, done: int, total: int | None, read_logs: Any) -> None:
            self.seen.append((phase, done, total, read_logs()))

    ask = Ask()
    trained = model()
    trained.predict(X, batch_size=20, verbose=0, callbacks=[ask])
    figures = trained.evaluate(X, Y, batch_size=20, verbose=0, callbacks=[ask], return_dict=True)
    assert ask.seen == [("predict", 1, 1, {}), ("test", 1, 1, figures)]


# -- History -----------------------------------------------------------------------------------


def test_history_keeps_one_value_of_every_figure_for_each_epoch() -> None:
    trained = model()
    history = trained.fit(X, Y, epochs=5, initial_epoch=2, verbose=0, validation_data=(X, Y))
    assert history is trained.history
    assert history.epoch == [2, 3, 4]
    assert list(history.history) == ["loss", "mae", "val_loss", "val_mae"]
    assert {len(values) for values in history.history.values()} == {3}
    assert history.history["val_loss"][-1] == pytest.approx(trained.evaluate(X, Y, verbose=0)[0])


def test_history_has_no_figure_for_an_epoch_that_is_not_validated() -> None:
    history = model().fit(X, Y, epochs=5, verbose=0, validation_data=(X, Y), validation_freq=2)
    assert len(history.history["loss"]) == 5
    assert len(history.history["val_loss"]) == 2


def test_history_has_what_a_callback_adds_to_the_logs() -> None:
    class Adds(Callback):
        def on_epoch_end(self, epoch: int, logs: Any = None) -> None:
            logs["extra"] = epoch * 10

    assert model().fit(X, Y, epochs=2, verbose=0, callbacks=[Adds()]).history["extra"] == [0, 10]


# -- ends --------------------------------------------------------------------------------------


class Stops(Callback):
    """Ends training from a hook."""

    def __init__(self, hook: str) -> None:
        setattr(self, hook, lambda *arguments: setattr(self.model, "stop_training", True))


@pytest.mark.parametrize("hook", ["on_epoch_begin", "on_progress", "on_epoch_end"])
def test_stop_training_ends_fit_after_the_epoch(hook: str) -> None:
    trained, diary = model(), Diary()
    history = trained.fit(X, Y, epochs=5, verbose=0, callbacks=[Stops(hook), diary])
    assert trained.stop_training
    assert history.epoch == [0]
    assert diary.hooks()[-3:] == ["on_epoch_end", "on_train_end", "on_exit"]


def test_a_stopped_model_trains_again() -> None:
    trained = model()
    trained.fit(X, Y, epochs=5, verbose=0, callbacks=[Stops("on_epoch_end")])
    assert trained.fit(X, Y, epochs=2, verbose=0).epoch == [0, 1]


@pytest.mark.parametrize("error", [KeyboardInterrupt(), ValueError("broken")], ids=repr)
@pytest.mark.parametrize("method", ["fit", "evaluate", "predict"])
def test_on_exit_is_called_after_an_exception(method: str, error: BaseException) -> None:
    class Breaks(Callback):
        def on_progress(self, *arguments: Any) -> None:
            raise error

    diary = Diary()
    data = [X] if method == "predict" else [X, Y]
    with pytest.raises(type(error)):
        getattr(model(), method)(*data, verbose=0, callbacks=[Breaks(), diary])
    assert diary.hooks()[-1] == "on_exit"
    assert [entry[0] for entry in diary.book].count("on_exit") == 1


def test_on_exit_is_called_on_all_even_if_one_raises() -> None:
    class Breaks(Callback):
        def on_exit(self) -> None:
            raise ValueError("broken")

    diary = Diary()
    with pytest.raises(ValueError, match="broken"), CallbackList([Breaks(), diary]).until_exit():
        pass
    assert diary.hooks() == ["on_exit"]


def test_history_is_a_callback_of_its_own() -> None:
    history = History()
    history.on_epoch_end(3, {"loss": 0.5})
    history.on_epoch_end(4)
    assert (history.epoch, history.history) == ([3, 4], {"loss": [0.5]})
