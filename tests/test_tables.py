"""Tables of pandas: as inputs, targets and weights they train as the arrays do that they hold."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import horn
from horn.api.models import sources
from horn.api.models.data import ArrayData
from horn.errors import DataError

pd = pytest.importorskip("pandas")

ROWS = 20
RANDOM = np.random.default_rng(2)
X = RANDOM.normal(size=(ROWS, 3)).astype("float32")
Y = RANDOM.normal(size=(ROWS, 1)).astype("float32")
W = RANDOM.uniform(0, 2, size=ROWS).astype("float32")
LABELS = RANDOM.integers(0, 3, size=ROWS)
MANY = {
    "0..n": range(ROWS), "from 7": range(7, ROWS + 7), "backwards": range(ROWS, 0, -1), "all alike": [0] * ROWS,
    "words": [f"row {i}" for i in range(ROWS)], "dates": pd.date_range("2020-01-01", periods=ROWS),
}  # fmt: skip


def table(array: np.ndarray, index: Any = None, dtype: str | None = None) -> Any:
    """Return a table whose rows are labelled by anything."""
    return pd.DataFrame(array, columns=list("abc")[: array.shape[1]], index=index).astype(dtype or "float32")


def fitted(x: Any, y: Any, units: int = 1, **options: Any) -> list[np.ndarray]:
    horn.utils.set_random_seed(3)
    net = horn.Sequential([horn.layers.Dense(units)], backend="numpy")
    net.compile(horn.optimizers.SGD(0.1), "mse")
    history = net.fit(x, y, batch_size=6, epochs=2, verbose=0, **options).history
    return [*net.get_weights(), *map(np.asarray, history.values())]


def same(one: Any, other: Any) -> None:
    for left, right in zip(one, other, strict=True):
        np.testing.assert_array_equal(left, right)


@pytest.mark.parametrize("index", MANY.values(), ids=MANY)
def test_the_labels_of_rows_do_not_matter(index: Any) -> None:
    x, y, w = (
        table(X, index),
        pd.Series(Y[:, 0], index=list(index)[::-1], name="y"),
        pd.Series(W, index=index),
    )
    for held_out in (0.0, 0.2):
        wanted = fitted(X, Y, sample_weight=W, validation_split=held_out)
        same(fitted(x, y, sample_weight=w, validation_split=held_out), wanted)
    same(fitted(x, table(Y, index), validation_data=(x, y, w)), fitted(X, Y, validation_data=(X, Y, W)))


def test_a_series_is_one_feature() -> None:
    same(fitted(pd.Series(X[:, 0]), pd.Series(Y[:, 0])), fitted(X[:, :1], Y))


def test_tables_by_name_and_in_a_list() -> None:
    first, second = horn.Input((3,), name="first"), horn.Input((1,), name="second")
    both = horn.layers.Concatenate()([first, second])
    model = horn.Model([first, second], horn.layers.Dense(2)(both), backend="numpy")
    wanted = model.predict([X, Y], verbose=0)
    np.testing.assert_array_equal(model.predict([table(X), pd.Series(Y[:, 0])], verbose=0), wanted)
    np.testing.assert_array_equal(model.predict({"first": table(X), "second": table(Y)}, verbose=0), wanted)


def test_labels_and_their_weights() -> None:
    factors = {0: 1.0, 1: 2.0, 2: 0.5}
    found = []
    for x, y in ((X, LABELS), (table(X), pd.Series(LABELS, index=range(5, ROWS + 5)))):
        horn.utils.set_random_seed(3)
        net = horn.Sequential([horn.layers.Dense(3, "softmax")], backend="numpy")
        net.compile("sgd", "sparse_categorical_crossentropy", metrics=["accuracy"])
        net.fit(x, y, class_weight=factors, verbose=0)
        found.append([*net.get_weights(), *map(np.asarray, net.evaluate(x, y, verbose=0))])
    same(*found)


@pytest.mark.parametrize(
    "columns",
    [
        {"a": "float32", "b": "int64"}, {"a": "float64", "b": "bool"}, {"a": "int8", "b": "bool"}, {"a": "bool"},
        {"a": "Int64"}, {"a": "Int64", "b": "Float64"}, {"a": "boolean", "b": "float32"}, {"a": "Int32", "b": "bool"},
        {"a": "category"}, {"a": "object", "b": "float32"}, {"a": "Sparse[float64]", "b": "int64"},
    ],
    ids=lambda columns: " ".join(columns.values()),
)  # fmt: skip
def test_columns_of_several_dtypes(columns: dict[str, str]) -> None:
    array = np.stack([np.arange(ROWS) % 2 for _ in columns], axis=1)
    frame = pd.DataFrame(
        {name: pd.Series(array[:, i]).astype(kind) for i, (name, kind) in enumerate(columns.items())}
    )
    same(fitted(frame, Y), fitted(array.astype("float32"), Y))
    same(fitted(X, frame, units=array.shape[1]), fitted(X, array.astype("float32"), units=array.shape[1]))


NONE = {
    "words": ({"a": X[:, 0], "b": ["x"] * ROWS}, r"column 'b' .*\n.*\n.*'x'"),
    "one word": ({"a": [*range(ROWS - 1), "?"]}, r"column 'a' .*\n.*\n.*'\?'"),
    "categories": ({"a": pd.Categorical(["x", "y"] * 10)}, "column 'a'"),
    "strings": ({"a": X[:, 0], "b": pd.array(["x"] * ROWS, dtype="string")}, "column 'b'"),
    "lists": ({"a": [[1, 2], [3]] * 10}, "column 'a'"),
    "dates": ({"a": pd.date_range("2020-01-01", periods=ROWS)}, "datetime64"),
    "a date and a number": (
        {"a": X[:, 0], "b": pd.date_range("2020-01-01", periods=ROWS)},
        "column 'b'|datetime64",
    ),
    "complex": ({"a": X[:, 0] * 1j}, "complex64"),
    "missing beside floats": (
        {"a": X[:, 0], "b": pd.array([*range(ROWS - 1), None], dtype="Int64")},
        "column 'b'|NaN",
    ),
    "missing integer": ({"b": pd.array([*range(ROWS - 1), None], dtype="Int64")}, "column 'b'|NaN"),
    "missing float": ({"a": pd.array([None, *range(ROWS - 1)], dtype="Float64")}, "column 'a'|NaN"),
    "missing bool": ({"a": pd.array([True, None] * 10, dtype="boolean")}, r"column 'a' .*\n.*\n.*NA"),
    "None": ({"a": [1.0, None] * 10}, "NaN in example 1"),
}


@pytest.mark.parametrize(("columns", "message"), NONE.values(), ids=NONE)
def test_what_is_no_number_is_refused_before_anything_changes(columns: Any, message: str) -> None:
    frame = pd.DataFrame(columns)
    net = horn.Sequential([horn.layers.Dense(1)], backend="numpy")
    net.compile("sgd", "mse")
    for x, y in ((frame, Y), (X, frame), (frame[frame.columns[-1]], Y)):
        with pytest.raises(DataError, match=message):
            net.fit(x, y, verbose=0)
    assert int(net.optimizer.iterations) == 0
    with pytest.raises(DataError, match=message):
        net.predict(frame, verbose=0)


def test_a_missing_weight_is_refused() -> None:
    for weights in (pd.Series([1.0, None] * 10), pd.array([1, None] * 10, dtype="Int64")):
        with pytest.raises(DataError):
            fitted(X, Y, sample_weight=weights)


def test_a_table_is_data_in_memory() -> None:
    assert type(sources.make(table(X), None, None, 4, None)) is ArrayData
    assert type(sources.make(pd.Series(W), None, None, 4, None)) is ArrayData
