"""Shares of right answers."""

from __future__ import annotations

from typing import Any

from horn.api.bounds import flag, real, whole
from horn.api.losses.base import match_rank
from horn.api.losses.crossentropy import labels
from horn.api.metrics.mean import MeanMetricWrapper
from horn.errors import ShapeError
from horn.spec import ops
from horn.spec.graph import spec_of
from horn.spec.laws import show

# The functions that end in `_hits` give bools, which sum exactly; the public ones give float32.


def _as_number(hits: Any) -> Any:
    return ops.cast(hits, "float32")


def equal_hits(y_true: Any, y_pred: Any) -> Any:
    """Return whether each output equals its target."""
    return ops.equal(y_true, y_pred)


def binary_hits(y_true: Any, y_pred: Any, threshold: float = 0.5) -> Any:
    """Return whether each output is on the right side of the threshold."""
    y_true, y_pred = match_rank(y_true, y_pred)
    said = ops.cast(ops.less(threshold, y_pred), spec_of(y_true).dtype)
    return ops.equal(said, y_true)


def categorical_hits(y_true: Any, y_pred: Any) -> Any:
    """Return for each example whether the largest output is where the largest target is."""
    return ops.equal(ops.argmax(y_pred, axis=-1), ops.argmax(y_true, axis=-1))


def sparse_hits(y_true: Any, y_pred: Any) -> Any:
    """Return for each example whether the largest output is that of its integer label."""
    label, best = labels(y_true, y_pred), ops.argmax(y_pred, axis=-1)
    if spec_of(label).shape != spec_of(best).shape:
        raise ShapeError(
            "sparse_categorical_accuracy was given labels of another shape than the outputs.",
            expected=f"integer labels of shape {show(spec_of(best).shape)}",
            got=show(spec_of(label).shape),
            remedy="pass one integer label for each example, or use categorical_accuracy",
        )
    return ops.equal(best, label)


def sparse_top_k_hits(y_true: Any, y_pred: Any, k: int = 5, from_sorted_ids: bool = False) -> Any:
    """Return for each example whether its label is among the `k` largest outputs."""
    label = ops.expand_dims(labels(y_true, y_pred), -1)
    classes = spec_of(y_pred).shape[-1]
    if from_sorted_ids:
        first = ops.less(ops.arange(classes), k)
        found = ops.logical_and(first, ops.equal(ops.cast(y_pred, "int32"), label))
        return ops.less(0, ops.sum(found, axis=-1))
    # One is among the k largest where fewer than k are larger: no sort is needed.
    own = ops.equal(ops.arange(classes), label)
    score = ops.max(ops.where(own, y_pred, float("-inf")), axis=-1)
    larger = ops.sum(ops.less(ops.expand_dims(score, -1), y_pred), axis=-1)
    return ops.logical_and(ops.less(larger, k), ops.equal(score, score))  # NaN is never a hit


def top_k_hits(y_true: Any, y_pred: Any, k: int = 5) -> Any:
    """Return for each example whether its largest target is among the `k` largest outputs."""
    return sparse_top_k_hits(ops.argmax(y_true, axis=-1), y_pred, k)


def binary_accuracy(y_true: Any, y_pred: Any, threshold: float = 0.5) -> Any:
    """Return for each output 1 if it is on the right side of the threshold, else 0.

    Args:
        y_true: 0 or 1.
        y_pred: Probabilities.
        threshold: What is above it says 1.

    Shapes:
        y_true, y_pred, returns: equal

    Example:
        >>> binary_accuracy(np.array([0.0, 1.0]), np.array([0.4, 0.3]))
        array([1., 0.], dtype=float32)
    """
    return _as_number(binary_hits(y_true, y_pred, threshold))


def categorical_accuracy(y_true: Any, y_pred: Any) -> Any:
    """Return for each example 1 if the largest output is where the largest target is, else 0.

    Args:
        y_true: The targets.
        y_pred: The outputs.

    Shapes:
        y_true, y_pred: (..., classes), equal
        returns:        (...)

    Example:
        >>> categorical_accuracy(np.array([[0.0, 1.0]]), np.array([[0.4, 0.6]]))
        array([1.], dtype=float32)
    """
    return _as_number(categorical_hits(y_true, y_pred))


def sparse_categorical_accuracy(y_true: Any, y_pred: Any) -> Any:
    """Return for each example 1 if the largest output is that of its integer label, else 0.

    Args:
        y_true: Integer labels.
        y_pred: The outputs.

    Shapes:
        y_true:  (...) or (..., 1), integers
        y_pred:  (..., classes)
        returns: (...)

    Example:
        >>> sparse_categorical_accuracy(np.array([1]), np.array([[0.4, 0.6]]))
        array([1.], dtype=float32)
    """
    return _as_number(sparse_hits(y_true, y_pred))


def top_k_categorical_accuracy(y_true: Any, y_pred: Any, k: int = 5) -> Any:
    """Return for each example 1 if its largest target is among the `k` largest outputs, else 0.

    Args:
        y_true: The targets.
        y_pred: The outputs.
        k: Among how many of the largest outputs the right class has to be.

    Shapes:
        y_true, y_pred: (..., classes), equal
        returns:        (...)

    Example:
        >>> top_k_categorical_accuracy(np.array([[0.0, 0.0, 1.0]]), np.array([[0.5, 0.1, 0.4]]), k=2)
        array([1.], dtype=float32)
    """
    return _as_number(top_k_hits(y_true, y_pred, k))


def sparse_top_k_categorical_accuracy(
    y_true: Any, y_pred: Any, k: int = 5, from_sorted_ids: bool = False
) -> Any:
    """Return for each example 1 if its label is among the `k` largest outputs, else 0.

    An output as large as the k-th counts as among them.

    Args:
        y_true: Integer labels.
        y_pred: The output of each class; or with `from_sorted_ids` labels, the likeliest first.
        k: How many count.
        from_sorted_ids: Whether the outputs are labels in the order of their scores.

    Shapes:
        y_true:  (...) or (..., 1), integers
        y_pred:  (..., classes)
        returns: (...)

    Example:
        >>> sparse_top_k_categorical_accuracy(np.array([2]), np.array([[0.5, 0.1, 0.4]]), k=2)
        array([1.], dtype=float32)
    """
    return _as_number(sparse_top_k_hits(y_true, y_pred, k, from_sorted_ids))


def accuracy_hits(y_true: Any, y_pred: Any) -> Any:
    """Return the hits that fit the shapes: binary, of labels, or of one-hot targets."""
    true, pred = spec_of(y_true).shape, spec_of(y_pred).shape
    if pred[-1] == 1:
        return binary_hits(y_true, y_pred)
    same = len(true) == len(pred) and true[-1] != 1
    return categorical_hits(y_true, y_pred) if same else sparse_hits(y_true, y_pred)


class Accuracy(MeanMetricWrapper):
    """The share of outputs that equal their target.

    Args:
        name: For logs.
        dtype: Of the state.

    Example:
        >>> float(Accuracy()(np.array([1, 2, 3, 4]), np.array([0, 2, 3, 4])))
        0.75
    """

    def __init__(self, name: str | None = "accuracy", dtype: Any = None) -> None:
        super().__init__(equal_hits, name, dtype)


class BinaryAccuracy(MeanMetricWrapper):
    """The share of outputs on the right side of a threshold.

    Args:
        name: For logs.
        dtype: Of the state.
        threshold: In [0, 1]; what is above it says 1.

    Example:
        >>> float(BinaryAccuracy()(np.array([[0.0], [1.0]]), np.array([[0.4], [0.3]])))
        0.5
    """

    def __init__(
        self, name: str | None = "binary_accuracy", dtype: Any = None, threshold: float = 0.5
    ) -> None:
        real("BinaryAccuracy", "threshold", threshold, "[0, 1]")
        super().__init__(binary_hits, name, dtype, threshold=threshold)


class CategoricalAccuracy(MeanMetricWrapper):
    """The share of examples whose largest output is where their target is largest.

    Args:
        name: For logs.
        dtype: Of the state.

    Example:
        >>> float(CategoricalAccuracy()(np.array([[0.0, 1.0]]), np.array([[0.4, 0.6]])))
        1.0
    """

    def __init__(self, name: str | None = "categorical_accuracy", dtype: Any = None) -> None:
        super().__init__(categorical_hits, name, dtype)


class SparseCategoricalAccuracy(MeanMetricWrapper):
    """The share of examples whose largest output is that of their integer label.

    Args:
        name: For logs.
        dtype: Of the state.

    Shapes:
        y_true:  (batch, ...), integer labels; or with an axis of size one behind them
        y_pred:  (batch, ..., classes)
        result:  ()

    Example:
        >>> float(SparseCategoricalAccuracy()(np.array([1]), np.array([[0.4, 0.6]])))
        1.0
    """

    def __init__(self, name: str | None = "sparse_categorical_accuracy", dtype: Any = None) -> None:
        super().__init__(sparse_hits, name, dtype)


class TopKCategoricalAccuracy(MeanMetricWrapper):
    """The share of examples whose largest target is among the `k` largest outputs.

    Args:
        k: How many count.
        name: For logs.
        dtype: Of the state.

    Example:
        >>> metric = TopKCategoricalAccuracy(k=2)
        >>> float(metric(np.array([[0.0, 0.0, 1.0]]), np.array([[0.5, 0.1, 0.4]])))
        1.0
    """

    def __init__(
        self, k: int = 5, name: str | None = "top_k_categorical_accuracy", dtype: Any = None
    ) -> None:
        whole("TopKCategoricalAccuracy", "k", k, low=1)
        super().__init__(top_k_hits, name, dtype, k=k)


class SparseTopKCategoricalAccuracy(MeanMetricWrapper):
    """The share of examples whose integer label is among the `k` largest outputs.

    Args:
        k: How many count.
        name: For logs.
        dtype: Of the state.
        from_sorted_ids: Whether the outputs are labels in the order of their scores.

    Shapes:
        y_true:  (batch, ...), integer labels; or with an axis of size one behind them
        y_pred:  (batch, ..., classes)
        result:  ()

    Example:
        >>> float(SparseTopKCategoricalAccuracy(k=2)(np.array([2]), np.array([[0.5, 0.1, 0.4]])))
        1.0
    """

    def __init__(
        self,
        k: int = 5,
        name: str | None = "sparse_top_k_categorical_accuracy",
        dtype: Any = None,
        from_sorted_ids: bool = False,
    ) -> None:
        whole("SparseTopKCategoricalAccuracy", "k", k, low=1)
        from_sorted_ids = flag(type(self).__name__, "from_sorted_ids", from_sorted_ids)
        super().__init__(sparse_top_k_hits, name, dtype, k=k, from_sorted_ids=from_sorted_ids)
