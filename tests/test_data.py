"""Data: everything that `fit`, `evaluate` and `predict` take trains alike, and what they refuse."""

from __future__ import annotations

import copy
import logging
import threading
import time
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

import horn
from horn.api.models import sources
from horn.api.models.batches import BatchData, MappedData, NumberedData
from horn.api.models.class_weights import weigh
from horn.api.models.data import ArrayData
from horn.api.models.orders import Orders, permutations
from horn.errors import ArgumentError, DataError, HornError
from horn.state.random import Stream

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

RANDOM = np.random.default_rng(2)
X = RANDOM.normal(size=(20, 3)).astype("float32")
Y = RANDOM.normal(size=(20, 2)).astype("float32")
LABELS = RANDOM.integers(0, 3, size=20).astype("int32")
W = RANDOM.uniform(0, 2, size=20).astype("float32")


def model(loss: str = "mse", units: int = 2) -> Any:
    horn.utils.set_random_seed(3)
    made = horn.Sequential([horn.Input(shape=(3,)), horn.layers.Dense(units)], backend="numpy")
    made.compile(horn.optimizers.SGD(0.1), loss)
    return made


def classifier() -> Any:
    horn.utils.set_random_seed(3)
    made = horn.Sequential(
        [horn.Input(shape=(3,)), horn.layers.Dense(3, activation="softmax")], backend="numpy"
    )
    made.compile(horn.optimizers.SGD(0.1), "sparse_categorical_crossentropy")
    return made


def assert_same(one: Any, other: Any) -> None:
    assert one.history.history == other.history.history
    for left, right in zip(one.get_weights(), other.get_weights(), strict=True):
        np.testing.assert_array_equal(left, right)


def fitted(x: Any, y: Any = None, **options: Any) -> Any:
    trained = model()
    trained.fit(x, y, **{"verbose": 0, "epochs": 2, "batch_size": 6, **options})
    return trained


class Batches(horn.utils.PyDataset):
    """The data in numbered batches; notes what is called."""

    def __init__(self, size: int = 6, **options: Any) -> None:
        super().__init__(**options)
        self.size, self.asked, self.calls = size, [], []
        self.threads: set[str] = set()

    def __len__(self) -> int:
        return (len(X) + self.size - 1) // self.size

    def __getitem__(self, index: int) -> Any:
        self.asked.append(index)
        self.threads.add(threading.current_thread().name)
        time.sleep(0.002 * (index % 2 == 0))  # so that threads would overtake one another
        taken = slice(index * self.size, (index + 1) * self.size)
        return X[taken], Y[taken]

    def on_epoch_begin(self) -> None:
        self.calls.append("begin")

    def on_epoch_end(self) -> None:
        self.calls.append("end")


@pytest.fixture
def mapped(tmp_path: Path) -> Any:
    """The inputs and targets on a disk."""
    arrays = []
    for name, array in (("x", X), ("y", Y)):
        file = np.memmap(tmp_path / name, dtype="float32", mode="w+", shape=array.shape)
        file[:] = array
        arrays.append(file)
    return arrays


# -- what is taken -----------------------------------------------------------------------------


@pytest.mark.parametrize(
    "form",
    [np.ndarray.tolist, horn.Variable, lambda array: array.astype("float64"), np.asfortranarray],
    ids=["lists", "variables", "float64", "other strides"],
)
def test_arrays_of_any_kind_train_alike(form: Any) -> None:
    assert_same(fitted(form(X), form(Y), validation_split=0.2), fitted(X, Y, validation_split=0.2))
    np.testing.assert_array_equal(model().predict(form(X), verbose=0), model().predict(X, verbose=0))


def test_integers_that_int32_does_not_hold_are_refused() -> None:
    for wrong in (np.int64(2**31), np.uint32(2**31), np.int64(-(2**40))):
        with pytest.raises(DataError, match="too large"):
            fitted(np.full((20, 3), wrong), Y)
    assert_same(fitted(np.full((20, 3), 7), Y), fitted(np.full((20, 3), 7, "int32"), Y))


def test_lists_of_unequal_rows_are_refused() -> None:
    with pytest.raises(HornError, match="list"):
        fitted([[1.0, 2.0, 3.0], [1.0]], [[1.0, 2.0], [3.0, 4.0]])


@pytest.mark.parametrize("workers", [1, 3])
def test_a_numbered_data_set_trains_as_arrays_do(workers: int) -> None:
    data = Batches(workers=workers, max_queue_size=2)
    assert_same(fitted(data, shuffle=False), fitted(X, Y, shuffle=False))
    assert data.calls == ["begin", "end"] * 2
    assert sorted(data.asked) == sorted([0, 1, 2, 3] * 2)
    assert (threading.current_thread().name in data.threads) == (workers == 1)


def test_a_numbered_data_set_is_shuffled_by_batches_in_training_only() -> None:
    data = Batches(size=1)
    trained = fitted(data)
    first, second = data.asked[:20], data.asked[20:]
    assert sorted(first) == sorted(second) == list(range(20))
    assert first != second != list(range(20))
    data.asked.clear()
    trained.evaluate(data, verbose=0)
    trained.predict(data, verbose=0)
    assert data.asked == list(range(20)) * 2


def test_threads_show_the_errors_of_a_data_set() -> None:
    class Fails(Batches):
        def __getitem__(self, index: int) -> Any:
            if index == 2:
                raise OSError("the disk is gone")
            return super().__getitem__(index)

    with pytest.raises(OSError, match="the disk is gone"):
        fitted(Fails(workers=2))


def test_a_data_set_without_end_needs_steps() -> None:
    class Endless(Batches):
        @property
        def num_batches(self) -> None:
            return None

        def __getitem__(self, index: int) -> Any:
            self.asked.append(index)
            return X[:5], Y[:5]

    data = Endless()
    fitted(data, steps_per_epoch=3)
    assert data.asked == list(range(6))


@pytest.mark.parametrize("shuffle", [True, False, "batch"])
def test_arrays_on_a_disk_train_as_those_in_memory_do(mapped: Any, shuffle: Any) -> None:
    options = {"shuffle": shuffle, "validation_split": 0.3}
    assert_same(fitted(*mapped, **options), fitted(X, Y, **options))
    assert_same(fitted(mapped[0], Y, **options), fitted(X, Y, **options))
    np.testing.assert_allclose(
        model().predict(mapped[0], batch_size=6, verbose=0),
        model().predict(X, batch_size=6, verbose=0),
        rtol=1e-6,
    )


def test_arrays_on_a_disk_are_read_batch_by_batch(mapped: Any) -> None:
    data = sources.make(*mapped, None, 6, None)
    assert isinstance(data, MappedData)
    assert all(leaf is given for leaf, given in zip(data.tree, mapped, strict=True))
    assert [type(x) for x, _ in data] == [np.ndarray] * 4
    assert [len(x) for x, _ in data] == [6, 6, 6, 2]


def test_kinds_of_data_are_told_apart(mapped: Any) -> None:
    kinds = {
        ArrayData: (X, X.tolist(), (X, X), {"a": X}, range(4)),
        BatchData: (iter([X]), (batch for batch in [X]), {1: X}.values()),
        NumberedData: (Batches(),),
        MappedData: (mapped[0], {"a": X, "b": mapped[0]}),
    }
    for kind, examples in kinds.items():
        for example in examples:
            assert type(sources.make(example, None, None, None, None)) is kind


# -- steps -------------------------------------------------------------------------------------


class Seen(horn.callbacks.Callback):
    """Counts the steps of epochs."""

    def __init__(self) -> None:
        self.steps: list[int] = []

    def on_epoch_begin(self, epoch: int, logs: Any = None) -> None:
        self.steps.append(0)

    def on_progress(self, phase: str, done: int, total: int | None, read_logs: Any) -> None:
        if phase == "train":
            self.steps[-1] = done


@pytest.mark.parametrize("source", ["arrays", "numbered", "mapped", "anew"])
def test_an_epoch_of_some_steps_goes_on_and_is_cut_short_at_the_end(
    source: str, mapped: Any, caplog: pytest.LogCaptureFixture
) -> None:
    class Anew:
        def __iter__(self) -> Iterator[Any]:
            return iter(Batches(5))

    data = {"arrays": (X, Y), "numbered": (Batches(5),), "mapped": mapped, "anew": (Anew(),)}[source]
    seen = Seen()
    with caplog.at_level(logging.WARNING, logger="horn"):
        part = fitted(*data, batch_size=5, steps_per_epoch=3, epochs=4, shuffle=False, callbacks=[seen])
    assert seen.steps == [3, 1, 3, 1]
    assert "ended after 1 of the 3 steps" in caplog.text
    whole = fitted(X, Y, batch_size=5, epochs=2, shuffle=False)
    for left, right in zip(part.get_weights(), whole.get_weights(), strict=True):
        np.testing.assert_array_equal(left, right)


def test_the_steps_of_an_epoch_may_end_with_the_data(caplog: pytest.LogCaptureFixture) -> None:
    seen = Seen()
    fitted(X, Y, batch_size=5, steps_per_epoch=2, epochs=4, callbacks=[seen])
    fitted(Batches(5), steps_per_epoch=2, epochs=4, callbacks=[seen])
    assert seen.steps == [2] * 8
    assert not caplog.records


@pytest.mark.parametrize("make", [lambda: X, lambda: Batches(5)], ids=["arrays", "numbered"])
def test_predict_and_evaluate_take_the_first_steps(make: Any) -> None:
    made = model()
    np.testing.assert_array_equal(
        made.predict(make(), batch_size=5, steps=2, verbose=0), made.predict(X[:10], batch_size=5, verbose=0)
    )
    targets = (Y,) if isinstance(make(), np.ndarray) else ()
    assert made.evaluate(make(), *targets, batch_size=5, steps=2, verbose=0) == pytest.approx(
        made.evaluate(X[:10], Y[:10], verbose=0), rel=1e-6
    )


def test_each_validation_begins_with_the_first_step() -> None:
    history = model().fit(
        X, Y, epochs=3, initial_epoch=1, verbose=0, batch_size=5, validation_data=(X, Y), validation_steps=2,
        validation_freq=[1, 3],
    )  # fmt: skip
    assert history.epoch == [1, 2]
    made = fitted(X, Y, epochs=2, batch_size=5)
    assert history.history["val_loss"] == pytest.approx([made.evaluate(X[:10], Y[:10], verbose=0)], rel=1e-5)


def test_shuffling_by_batches_keeps_neighbours() -> None:
    made = model()
    drawn = made._order(ArrayData(X, 6), shuffle="batch")
    assert [block.shape for block in drawn] == [(3, 6), (1, 2)]
    assert sorted(row[0] for row in drawn[0]) == [0, 6, 12]
    assert (np.diff(drawn[0], axis=1) == 1).all()


def test_orders_that_are_drawn_ahead_are_those_that_are_drawn_alone() -> None:
    counts = [5] * 40 + [7, 5, 40_000, 5, 5]
    horn.utils.set_random_seed(3)
    orders = Orders()
    twin = copy.deepcopy(orders)
    horn.utils.set_random_seed(3)
    stream = Stream()
    for epoch, count in enumerate(counts):
        alone = permutations(stream, range(epoch, epoch + 1), count)[0]
        assert sorted(alone) == list(range(count))
        np.testing.assert_array_equal(orders.next(count), alone)
        np.testing.assert_array_equal(twin.next(count), alone)


# -- class weights -----------------------------------------------------------------------------


@pytest.mark.parametrize("form", ["labels", "column", "one hot"])
def test_class_weights_are_sample_weights(form: str) -> None:
    factors = {0: 0.5, 2: 3.0}
    targets = {"labels": LABELS, "column": LABELS[:, None], "one hot": np.eye(3, dtype="float32")[LABELS]}[
        form
    ]
    wanted = np.array([{0: 0.5, 1: 1.0, 2: 3.0}[int(label)] for label in LABELS], "float32")
    np.testing.assert_array_equal(weigh((X, targets), factors)[2], wanted)


@pytest.mark.parametrize("streaming", [False, True])
def test_class_weights_weigh_the_training_only(streaming: bool) -> None:
    factors = {0: 0.5, 2: 3.0}
    weights = weigh((X, LABELS), factors)[2]
    weighted, other = classifier(), classifier()
    data = [iter([(X, LABELS)] * 2)] if streaming else [X, LABELS]
    options = {"epochs": 2, "batch_size": 20, "shuffle": False, "verbose": 0, "validation_data": (X, LABELS)}
    weighted.fit(*data, class_weight=factors, **({"steps_per_epoch": 1} if streaming else {}), **options)
    other.fit(X, LABELS, sample_weight=weights, **options)
    assert_same(weighted, other)
    assert weighted.train_on_batch(X, LABELS, class_weight=factors) == other.train_on_batch(
        X, LABELS, weights
    )


# -- what is refused ---------------------------------------------------------------------------


@pytest.mark.parametrize(
    "options",
    [
        {"batch_size": 0}, {"batch_size": -1}, {"batch_size": 2.5}, {"batch_size": True},
        {"epochs": -1}, {"epochs": 1.5}, {"epochs": "3"}, {"initial_epoch": -1},
        {"validation_split": 1.5}, {"validation_split": -0.1}, {"validation_split": float("nan")},
        {"validation_split": "0.1"}, {"validation_split": 1.5, "validation_data": (X, LABELS)},
        {"validation_freq": 0}, {"validation_freq": [0]}, {"validation_freq": "2"},
        {"validation_steps": 0}, {"validation_batch_size": 0}, {"steps_per_epoch": 0}, {"steps_per_epoch": -1},
        {"shuffle": "batches"}, {"shuffle": None},
        {"class_weight": {3: 2.0}}, {"class_weight": {-1: 2.0}}, {"class_weight": {"a": 2.0}},
        {"class_weight": {0: -1.0}}, {"class_weight": {0: float("nan")}}, {"class_weight": [1.0, 2.0, 3.0]},
        {"class_weight": {}}, {"class_weight": {0: 1.0}, "sample_weight": W},
        {"sample_weight": W[:7]}, {"validation_data": (X, LABELS[:7])}, {"validation_data": (X,)},
        {"validation_data": (X, LABELS, W, W)}, {"validation_data": iter([(X, LABELS)]), "epochs": 2},
        {"x": X[:0], "y": LABELS[:0]}, {"x": X[:7]}, {"x": None}, {"x": "data.csv"}, {"x": ()}, {"x": {}},
        {"x": np.float32(3)}, {"x": Batches()}, {"x": [], "y": []},
        {"x": Batches(), "y": None, "sample_weight": W}, {"x": Batches(), "y": None, "validation_split": 0.1},
    ],
    ids=lambda options: next(iter(options)),
)  # fmt: skip
def test_wrong_values_are_refused_and_change_nothing(options: dict[str, Any]) -> None:
    trained = classifier()
    before = trained.get_weights()
    with pytest.raises(HornError) as caught:
        trained.fit(**{"x": X, "y": LABELS, "verbose": 0, **options})
    assert all((caught.value.what, caught.value.expected, caught.value.got, caught.value.remedy))
    for left, right in zip(trained.get_weights(), before, strict=True):
        np.testing.assert_array_equal(left, right)
    assert not int(trained.optimizer.iterations)


@pytest.mark.parametrize("method", ["evaluate", "predict"])
@pytest.mark.parametrize("options", [{"steps": 0}, {"batch_size": 0}])
def test_evaluate_and_predict_refuse_what_fit_refuses(method: str, options: dict[str, Any]) -> None:
    data = [X] if method == "predict" else [X, Y]
    with pytest.raises(ArgumentError):
        getattr(model(), method)(*data, verbose=0, **options)


def test_class_weights_for_batches_with_weights_are_refused() -> None:
    with pytest.raises(DataError, match="batches that they cannot weigh"):
        classifier().fit(iter([(X, LABELS, W)]), class_weight={0: 1.0}, verbose=0)


@pytest.mark.parametrize(
    "options", [{"workers": -1}, {"workers": 1.5}, {"max_queue_size": 0}, {"use_multiprocessing": True}]
)
def test_a_numbered_data_set_refuses_wrong_arguments(options: dict[str, Any]) -> None:
    with pytest.raises(ArgumentError):
        Batches(**options)


def test_no_epochs_change_nothing() -> None:
    trained = model()
    before = trained.get_weights()
    assert trained.fit(X, Y, epochs=0, verbose=0).history == {}
    assert trained.fit(X, Y, epochs=2, initial_epoch=2, verbose=0).history == {}
    for left, right in zip(trained.get_weights(), before, strict=True):
        np.testing.assert_array_equal(left, right)
