"""The loop: which examples each step sees, with what weight, and what comes back."""

from __future__ import annotations

import logging
import signal
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

import horn
from horn.api.models.loop import interrupt_after
from horn.errors import ArgumentError, DataError

if TYPE_CHECKING:
    from collections.abc import Iterator

RANDOM = np.random.default_rng(1)
X = RANDOM.normal(size=(20, 3)).astype("float32")
Y = RANDOM.normal(size=(20, 2)).astype("float32")
W = RANDOM.uniform(0, 2, size=20).astype("float32")


def model(rate: float = 0.1, metrics: Any = ("mae",), **options: Any) -> Any:
    horn.utils.set_random_seed(3)
    made = horn.Sequential([horn.Input(shape=(3,)), horn.layers.Dense(2)], backend="numpy")
    made.compile(horn.optimizers.SGD(rate), "mse", metrics=list(metrics), **options)
    return made


def batches(size: int = 5) -> Iterator[Any]:
    """Yield the data in order, once."""
    for start in range(0, len(X), size):
        yield X[start : start + size], Y[start : start + size]


class Anew:
    """An iterable that begins anew each time, and counts."""

    def __init__(self, size: int = 5) -> None:
        self.size, self.begun, self.taken = size, 0, 0

    def __iter__(self) -> Iterator[Any]:
        self.begun += 1
        for batch in batches(self.size):
            self.taken += 1
            yield batch


def expected(x: np.ndarray, y: np.ndarray, weight: np.ndarray | float = 1.0) -> dict[str, float]:
    """Return the figures of an untrained model, by NumPy alone."""
    apart = y - model().predict(x, verbose=0)
    squares, sizes = (apart**2).mean(axis=1), np.abs(apart).mean(axis=1)
    return {"loss": float(np.mean(squares * weight)), "mae": float(np.mean(sizes))}


def close(figures: dict[str, float]) -> Any:
    return pytest.approx(figures, rel=1e-5)


def assert_same_weights(one: Any, other: Any) -> None:
    for left, right in zip(one.get_weights(), other.get_weights(), strict=True):
        np.testing.assert_array_equal(left, right)


def last(history: Any) -> dict[str, float]:
    return {name: values[-1] for name, values in history.history.items()}


# -- validation --------------------------------------------------------------------------------


def val(figures: dict[str, float]) -> dict[str, float]:
    return {f"val_{name}": value for name, value in figures.items()}


def test_validation_split_holds_out_the_last_examples() -> None:
    history = model(rate=0.0).fit(X, Y, batch_size=5, verbose=0, validation_split=0.25)
    assert last(history) == close({**expected(X[:15], Y[:15]), **val(expected(X[15:], Y[15:]))})


def test_validation_split_trains_as_if_the_rest_were_not_there() -> None:
    split, alone = model(), model()
    split.fit(X, Y, epochs=3, batch_size=4, verbose=0, validation_split=0.25)
    alone.fit(X[:15], Y[:15], epochs=3, batch_size=4, verbose=0)
    assert_same_weights(split, alone)


def test_validation_split_splits_weights_and_lists() -> None:
    history = model(rate=0.0).fit(X.tolist(), Y.tolist(), sample_weight=W.tolist(), verbose=0, validation_split=0.25)
    assert last(history) == close({**expected(X[:15], Y[:15], W[:15]), **val(expected(X[15:], Y[15:], W[15:]))})


@pytest.mark.parametrize("share", [-0.1, 1.0, 2])
def test_a_validation_split_outside_of_0_and_1_is_refused(share: float) -> None:
    with pytest.raises(ArgumentError, match=r"validation split outside of \(0, 1\)"):
        model().fit(X, Y, verbose=0, validation_split=share)


def test_a_validation_split_that_leaves_nothing_to_train_on_is_refused() -> None:
    with pytest.raises(DataError, match="leaves nothing on one side"):
        model().fit(X, Y, verbose=0, validation_split=0.99)


def test_batches_cannot_be_split() -> None:
    with pytest.raises(ArgumentError, match="split an iterable of batches"):
        model().fit(batches(), verbose=0, validation_split=0.5)


@pytest.mark.parametrize("kind", [tuple, list])
def test_validation_data_may_have_weights(kind: Any) -> None:
    history = model(rate=0.0).fit(X, Y, verbose=0, validation_data=kind([X[:7], Y[:7], W[:7]]))
    assert last(history) == close({**expected(X, Y), **val(expected(X[:7], Y[:7], W[:7]))})


def test_validation_does_not_touch_the_training() -> None:
    plain, watched = model(), model()
    plain.fit(X, Y, epochs=3, batch_size=4, verbose=0)
    watched.fit(X, Y, epochs=3, batch_size=4, verbose=0, validation_data=(X, Y), validation_batch_size=3)
    assert_same_weights(plain, watched)
    assert watched.history.history["loss"] == plain.history.history["loss"]


def test_validation_takes_as_many_steps_as_it_is_told() -> None:
    data = Anew()
    history = model(rate=0.0).fit(X, Y, epochs=3, verbose=0, validation_data=data, validation_steps=2)
    assert data.begun == 3
    assert last(history) == close({**expected(X, Y), **val(expected(X[:10], Y[:10]))})


def test_wrong_validation_data_are_found_before_training() -> None:
    trained = model()
    with pytest.raises(DataError, match="NaN"):
        trained.fit(X, Y, verbose=0, validation_data=(X * np.nan, Y))
    assert_same_weights(trained, model())


# -- weights -----------------------------------------------------------------------------------


def test_sample_weights_scale_the_loss_and_average_the_metrics() -> None:
    assert model().evaluate(X, Y, batch_size=5, sample_weight=W, verbose=0, return_dict=True) == close(
        {**expected(X, Y, W)}
    )
    assert last(model(rate=0.0).fit(X, Y, sample_weight=W, verbose=0)) == close(expected(X, Y, W))


def test_an_example_of_weight_zero_teaches_nothing() -> None:
    weighted, other = model(), model()
    weight = np.repeat([2.0, 0.0], 10)
    weighted.fit(X, Y, batch_size=20, epochs=3, sample_weight=weight, verbose=0)
    other.fit(X[:10], Y[:10], batch_size=10, epochs=3, verbose=0)
    for one, two in zip(weighted.get_weights(), other.get_weights(), strict=True):
        np.testing.assert_allclose(one, two, rtol=1e-5, atol=1e-6)


def test_weights_of_another_length_are_refused() -> None:
    with pytest.raises(DataError, match="different numbers of examples"):
        model().fit(X, Y, sample_weight=W[:7], verbose=0)


# -- batches that somebody else makes ----------------------------------------------------------


def test_batches_of_an_iterable_train_as_arrays_do() -> None:
    arrays, iterable = model(), model()
    arrays.fit(X, Y, epochs=3, batch_size=5, shuffle=False, verbose=0)
    iterable.fit(Anew(), epochs=3, verbose=0)
    assert_same_weights(arrays, iterable)
    assert iterable.history.history == arrays.history.history


def test_an_iterable_begins_anew_in_each_epoch() -> None:
    data = Anew()
    model().fit(data, epochs=3, verbose=0)
    assert (data.begun, data.taken) == (3, 12)


def test_a_generator_goes_on_where_the_last_epoch_ended_and_gives_no_batch_in_vain() -> None:
    taken = []

    def endless() -> Iterator[Any]:
        while True:
            for batch in batches(5):
                taken.append(batch)
                yield batch

    history = model(rate=0.0).fit(endless(), epochs=2, steps_per_epoch=3, verbose=0)
    assert len(taken) == 6
    assert history.history["loss"] == [
        pytest.approx(expected(X[:15], Y[:15])["loss"], rel=1e-5),
        pytest.approx(expected(np.r_[X[15:], X[:10]], np.r_[Y[15:], Y[:10]])["loss"], rel=1e-5),
    ]


def test_a_generator_that_is_used_up_ends_fit_and_says_so(caplog: pytest.LogCaptureFixture) -> None:
    trained = model(rate=0.0)
    with caplog.at_level(logging.WARNING, logger="horn"):
        history = trained.fit(batches(), epochs=3, verbose=0)
    assert history.epoch == [0]
    assert last(history) == close(expected(X, Y))
    assert "used up after epoch 1" in caplog.text


@pytest.mark.parametrize("method", ["fit", "evaluate", "predict"])
def test_an_iterable_without_a_batch_is_an_error(method: str) -> None:
    with pytest.raises(DataError, match="There was nothing to"):
        getattr(model(), method)(iter([]), verbose=0)


@pytest.mark.parametrize("kind", [tuple, list])
def test_a_batch_may_have_weights_and_be_a_list(kind: Any) -> None:
    data = [kind([X[:5], Y[:5], W[:5]]), kind([X[5:], Y[5:], W[5:]])]
    figures = model().evaluate(iter(data), verbose=0, return_dict=True)
    assert figures["mae"] == pytest.approx(expected(X, Y, W)["mae"], rel=1e-5)


def test_targets_beside_batches_are_refused() -> None:
    with pytest.raises(ArgumentError, match="Targets were passed beside"):
        model().fit(batches(), Y, verbose=0)


def test_no_data_are_refused() -> None:
    with pytest.raises(ArgumentError, match="no data"):
        model().fit(verbose=0)


# -- the last batch, and the order -------------------------------------------------------------


@pytest.mark.parametrize("size", [1, 3, 7, 19, 20, 64])
def test_a_smaller_last_batch_counts_by_its_examples(size: int) -> None:
    trained = model(rate=0.0)
    assert last(trained.fit(X, Y, batch_size=size, verbose=0)) == close(expected(X, Y))
    assert trained.evaluate(X, Y, batch_size=size, verbose=0, return_dict=True) == close(expected(X, Y))
    # One row times a matrix is another kernel than many, so what nearly cancels differs by rounding.
    parts, whole = (trained.predict(X, batch_size=n, verbose=0) for n in (size, 20))
    np.testing.assert_allclose(parts, whole, rtol=1e-6, atol=1e-6)


def test_a_smaller_last_batch_is_a_step_of_its_own() -> None:
    whole, apart = model(), model()
    whole.fit(X, Y, batch_size=12, shuffle=False, verbose=0)
    apart.train_on_batch(X[:12], Y[:12])
    apart.train_on_batch(X[12:], Y[12:])
    assert_same_weights(whole, apart)


@pytest.mark.parametrize("steps", [1, 3, 1000])
def test_the_number_of_steps_in_a_dispatch_changes_no_bit(steps: int) -> None:
    auto, fixed = model(), model(steps_per_execution=steps)
    auto.fit(X, Y, epochs=2, batch_size=3, verbose=0)
    fixed.fit(X, Y, epochs=2, batch_size=3, verbose=0)
    assert_same_weights(auto, fixed)


def test_each_epoch_has_an_order_of_its_own_that_the_seed_fixes() -> None:
    first, second, ordered = model(), model(), model()
    first.fit(X, Y, epochs=2, batch_size=1, verbose=0)
    second.fit(X, Y, epochs=1, batch_size=1, verbose=0)
    second.fit(X, Y, epochs=1, batch_size=1, verbose=0)
    ordered.fit(X, Y, epochs=2, batch_size=1, verbose=0, shuffle=False)
    assert_same_weights(first, second)
    assert any((one != two).any() for one, two in zip(first.get_weights(), ordered.get_weights(), strict=True))


# -- one batch, and what comes back ------------------------------------------------------------


def test_train_on_batch_is_one_step_of_fit() -> None:
    once, fitted = model(), model()
    figures = once.train_on_batch(X, Y, sample_weight=W, return_dict=True)
    fitted.fit(X, Y, sample_weight=W, batch_size=20, shuffle=False, verbose=0)
    assert_same_weights(once, fitted)
    assert figures == close(expected(X, Y, W))
    assert figures == last(fitted.history)


def test_test_on_batch_trains_nothing() -> None:
    tested = model()
    assert tested.test_on_batch(X, Y, sample_weight=W, return_dict=True) == close(expected(X, Y, W))
    assert_same_weights(tested, model())


def test_one_batch_may_be_lists() -> None:
    assert model().train_on_batch(X.tolist(), Y.tolist()) == model().train_on_batch(X, Y)


@pytest.mark.parametrize("method", ["evaluate", "test_on_batch", "train_on_batch"])
def test_figures_come_as_a_number_a_list_or_a_dictionary(method: str) -> None:
    silent = {"verbose": 0} if method == "evaluate" else {}

    def call(metrics: Any, **options: Any) -> Any:
        return getattr(model(metrics=metrics), method)(X, Y, **silent, **options)

    figures = expected(X, Y)
    assert call([]) == pytest.approx(figures["loss"], rel=1e-5)
    assert type(call([])) is float
    assert call(["mae"]) == pytest.approx([figures["loss"], figures["mae"]], rel=1e-5)
    assert call(["mae"], return_dict=True) == close(figures)
    assert call([], return_dict=True) == close({"loss": figures["loss"]})


def test_predictions_are_numpy_arrays_in_the_order_of_the_examples() -> None:
    made = model()
    kernel, bias = made.get_weights()
    predicted = made.predict(X, batch_size=6, verbose=0)
    assert type(predicted) is np.ndarray
    assert predicted.dtype == np.float32
    np.testing.assert_allclose(predicted, X @ kernel + bias, rtol=1e-5, atol=1e-6)
    np.testing.assert_array_equal(made.predict_on_batch(X), made.predict(X, batch_size=20, verbose=0))
    np.testing.assert_allclose(made.predict(batches(6), verbose=0), predicted, rtol=1e-6)


def test_predictions_have_the_form_of_the_outputs() -> None:
    inputs = horn.Input(shape=(3,))
    both = horn.Model(inputs, {"a": horn.layers.Dense(2)(inputs), "b": horn.layers.Dense(1)(inputs)}, backend="numpy")
    predicted = both.predict(X, batch_size=6, verbose=0)
    assert {name: part.shape for name, part in predicted.items()} == {"a": (20, 2), "b": (20, 1)}


@pytest.mark.parametrize("verbose", ["loud", 3, -1, None])
def test_an_unknown_way_to_show_progress_is_refused(verbose: Any) -> None:
    with pytest.raises(ArgumentError, match="no such way to show progress"):
        model().fit(X, Y, verbose=verbose)


# -- Ctrl-C ------------------------------------------------------------------------------------


@pytest.fixture
def interruptible() -> Iterator[None]:
    """Let Ctrl-C raise, which it does not where the tests run in the background of a shell."""
    old = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, old)


@pytest.mark.usefixtures("interruptible")
@pytest.mark.parametrize(("times", "wanted"), [(1, ["the step"]), (2, [])])
def test_an_interrupt_waits_for_the_end_of_a_step_and_a_second_one_does_not(times: int, wanted: list[str]) -> None:
    done = []

    def step() -> None:
        with interrupt_after():
            for _ in range(times):
                signal.raise_signal(signal.SIGINT)
            done.append("the step")

    with pytest.raises(KeyboardInterrupt):
        step()
    assert done == wanted
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler


def test_an_interrupted_model_trains_on() -> None:
    class Interrupts(horn.callbacks.Callback):
        def on_progress(self, *arguments: Any) -> None:
            raise KeyboardInterrupt

    trained = model(steps_per_execution=1)
    with pytest.raises(KeyboardInterrupt):
        trained.fit(X, Y, batch_size=5, shuffle=False, verbose=0, callbacks=[Interrupts()])
    other = model()
    other.train_on_batch(X[:5], Y[:5])
    assert_same_weights(trained, other)
    assert trained.fit(X, Y, verbose=0).epoch == [0]
