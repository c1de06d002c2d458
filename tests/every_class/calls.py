"""How a class is called once it is made: inputs for a layer, targets for a loss or a metric."""

from __future__ import annotations

from typing import Any

import numpy as np

import horn
from horn import tree


def arrays(values: Any) -> list[np.ndarray]:
    return [np.asarray(horn.ops.convert_to_numpy(leaf)) for leaf in tree.flatten(values)]


def assert_equal(one: Any, other: Any) -> None:
    for a, b in zip(arrays(one), arrays(other), strict=True):
        np.testing.assert_array_equal(a, b)


def inputs_of(made: type, on: tuple[tuple[int, ...], ...]) -> Any:
    random = np.random.default_rng(0)
    if made.__name__ == "Embedding":
        return random.integers(0, 4, on[0]).astype("int32")
    found = [random.normal(size=shape).astype("float32") for shape in on]
    return found[0] if len(found) == 1 else found


def called(layer: Any, x: Any) -> Any:
    """Return what a layer makes of inputs; a cell is called with states, an attention with two inputs."""
    name = type(layer).__name__
    if name.endswith(("Cell", "Cells")):
        return layer(x, layer.get_initial_state(batch_size=len(x)))
    return layer(*x) if name in ("MultiHeadAttention", "GroupedQueryAttention") else layer(x)


TRUE = {
    "labels": np.array([1, 0, 1, 1], "int32"),
    "rows": np.eye(2, dtype="float32")[[1, 0, 1, 1]],
}
OUTPUTS = np.array([[0.25, 0.75], [0.5, 0.5], [0.9, 0.1], [0.4, 0.6]], "float32")
BY_LABEL = ("Sparse", "Circle", "CategoricalGeneralized")


def answers(thing: Any) -> Any:
    """Return what a loss or a metric says of some targets and outputs."""
    name = type(thing).__name__
    if name == "CTC":
        return thing(
            np.array([[1, 2]], "int32"), np.random.default_rng(0).normal(size=(1, 5, 4)).astype("float32")
        )
    if name in ("Mean", "Sum"):
        return thing(OUTPUTS)
    if name in ("IoU", "MeanIoU"):
        sparse = (thing.sparse_y_true, thing.sparse_y_pred)
        rows = np.eye(3, dtype="float32")[[1, 0, 1, 1]]
        return thing(TRUE["labels"] if sparse[0] else rows, TRUE["labels"][::-1] if sparse[1] else rows[::-1])
    if name.startswith("OneHot"):
        rows = np.eye(3, dtype="float32")[[1, 0, 1, 1]]
        return thing(rows, TRUE["labels"][::-1] if thing.sparse_y_pred else rows[::-1])
    if name == "R2Score":
        return thing(TRUE["rows"][:, :1], OUTPUTS[:, :1])
    if name == "SparseTopKCategoricalAccuracy":
        return thing(TRUE["labels"], np.array([[1, 0], [1, 0], [0, 1], [0, 1]], "float32"))
    return thing(TRUE["labels" if name.startswith(BY_LABEL) else "rows"], OUTPUTS)
