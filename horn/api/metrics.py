"""Metrics: running figures over the examples of an epoch, kept on the device until they are read."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from horn import dtypes, settings
from horn.api.layers.layer import snake_case
from horn.api.lookup import by_name
from horn.api.losses import match_rank
from horn.spec import ops
from horn.spec.graph import spec_of
from horn.spec.sizes import product
from horn.state.variable import Variable

if TYPE_CHECKING:
    from collections.abc import Callable


class Metric:
    """The base of metrics.

    A subclass makes its state with `add_variable`, moves it in `update_state` and reads it in
    `result`, with ops.

    Args:
        name: For logs.
    """

    def __init__(self, name: str | None = None) -> None:
        self.name = name or snake_case(type(self).__name__)
        self.variables: list[Variable] = []

    def add_variable(self, shape: tuple[int, ...] = (), dtype: str | None = None, name: str = "state") -> Variable:
        """Return a new piece of state that starts at zero; float32 or wider unless told."""
        dtype = dtype or dtypes.promote("float32", settings.floatx())
        variable = Variable(np.zeros(shape, dtype), trainable=False, name=f"{self.name}/{name}")
        self.variables.append(variable)
        return variable

    def update_state(self, y_true: Any, y_pred: Any, sample_weight: Any = None) -> None:
        """Take a batch into account."""
        raise NotImplementedError(f"{type(self).__name__} has no `update_state`")

    def result(self) -> Any:
        """Return the figure for everything seen since the last reset."""
        raise NotImplementedError(f"{type(self).__name__} has no `result`")

    def reset_state(self) -> None:
        """Forget everything seen."""
        for variable in self.variables:
            variable.assign(np.zeros(variable.shape, variable.dtype))

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        """Update and return the result."""
        self.update_state(*args, **kwargs)
        return self.result()

    def __repr__(self) -> str:
        return f"<{type(self).__name__} {self.name!r}>"


class Mean(Metric):
    """The weighted mean of whatever it is given.

    Example:
        >>> m = Mean()
        >>> m.update_state([1.0, 3.0])
        >>> float(m.result())
        2.0
    """

    def __init__(self, name: str = "mean") -> None:
        super().__init__(name)
        self.total = self.add_variable(name="total")
        self.count = self.add_variable(name="count")

    def update_state(self, values: Any, sample_weight: Any = None) -> None:  # type: ignore[override]
        """Take values into account, each with its weight (one unless given)."""
        values = ops.cast(values, self.total.dtype)
        if sample_weight is None:
            weight: Any = product(spec_of(values).shape)
            total = ops.sum(values)
        else:
            spread = ops.broadcast_to(ops.cast(sample_weight, self.total.dtype), spec_of(values).shape)
            weight, total = ops.sum(spread), ops.sum(ops.multiply(values, spread))
        self.total.assign(ops.add(self.total, total))
        self.count.assign(ops.add(self.count, weight))

    def result(self) -> Any:
        """Return the mean; zero before the first value."""
        return ops.divide(self.total, ops.maximum(self.count, 1e-12))


class MeanMetricWrapper(Mean):
    """The mean of a function of targets and outputs.

    Args:
        fn: Gives one value for each example.
        name: For logs.
        **options: Passed on to `fn`.
    """

    def __init__(self, fn: Callable[..., Any], name: str | None = None, **options: Any) -> None:
        super().__init__(name or getattr(fn, "__name__", "metric"))
        self.fn, self.options = fn, options

    def update_state(self, y_true: Any, y_pred: Any, sample_weight: Any = None) -> None:  # type: ignore[override]
        """Take a batch into account."""
        super().update_state(self.fn(y_true, y_pred, **self.options), sample_weight)


def sparse_categorical_accuracy(y_true: Any, y_pred: Any) -> Any:
    """Return for each example whether the largest output is that of its integer label."""
    true, pred = spec_of(y_true).shape, spec_of(y_pred).shape
    if len(true) == len(pred) and true[-1] == 1:
        y_true = ops.reshape(y_true, true[:-1])
    return ops.cast(ops.equal(ops.argmax(y_pred, axis=-1), ops.cast(y_true, "int32")), "float32")


def categorical_accuracy(y_true: Any, y_pred: Any) -> Any:
    """Return for each example whether the largest output is where the largest target is."""
    return ops.cast(ops.equal(ops.argmax(y_pred, axis=-1), ops.argmax(y_true, axis=-1)), "float32")


def binary_accuracy(y_true: Any, y_pred: Any, threshold: float = 0.5) -> Any:
    """Return for each example the share of outputs on the right side of the threshold."""
    y_true, y_pred = match_rank(y_true, y_pred)
    said = ops.cast(ops.less(threshold, y_pred), "float32")
    return ops.mean(ops.cast(ops.equal(said, ops.cast(y_true, "float32")), "float32"), axis=-1)


class SparseCategoricalAccuracy(MeanMetricWrapper):
    """The share of examples whose largest output is that of their integer label."""

    def __init__(self, name: str = "sparse_categorical_accuracy") -> None:
        super().__init__(sparse_categorical_accuracy, name)


class CategoricalAccuracy(MeanMetricWrapper):
    """The share of examples whose largest output is where their target is largest."""

    def __init__(self, name: str = "categorical_accuracy") -> None:
        super().__init__(categorical_accuracy, name)


class BinaryAccuracy(MeanMetricWrapper):
    """The share of outputs on the right side of a threshold."""

    def __init__(self, name: str = "binary_accuracy", threshold: float = 0.5) -> None:
        super().__init__(binary_accuracy, name, threshold=threshold)


def accuracy(y_true: Any, y_pred: Any) -> Any:
    """Return the accuracy that fits the shapes: binary, of labels, or of one-hot targets."""
    true, pred = spec_of(y_true).shape, spec_of(y_pred).shape
    if pred[-1] == 1:
        return binary_accuracy(y_true, y_pred)
    same = len(true) == len(pred) and true[-1] != 1
    return categorical_accuracy(y_true, y_pred) if same else sparse_categorical_accuracy(y_true, y_pred)


TABLE: dict[str, Any] = {
    "accuracy": lambda: MeanMetricWrapper(accuracy, "accuracy"),
    "acc": lambda: MeanMetricWrapper(accuracy, "acc"),
    "sparse_categorical_accuracy": SparseCategoricalAccuracy,
    "categorical_accuracy": CategoricalAccuracy,
    "binary_accuracy": BinaryAccuracy,
    "mean_squared_error": lambda: MeanMetricWrapper(ops.mean_squared_error, "mean_squared_error"),
    "mse": lambda: MeanMetricWrapper(ops.mean_squared_error, "mse"),
    "mean_absolute_error": lambda: MeanMetricWrapper(ops.mean_absolute_error, "mean_absolute_error"),
    "mae": lambda: MeanMetricWrapper(ops.mean_absolute_error, "mae"),
}


def get(identifier: Any) -> Metric:
    """Return the metric that a name, a function or an object means."""
    if isinstance(identifier, Metric):
        return identifier
    if isinstance(identifier, type) and issubclass(identifier, Metric):
        return identifier()
    return MeanMetricWrapper(identifier) if callable(identifier) else by_name("metric", identifier, TABLE)()
