"""Sums and weighted means of whatever a metric looks at."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from horn import dtypes
from horn.api.bounds import function
from horn.api.layers import masks
from horn.api.losses.base import match_rank, spread
from horn.api.metrics.metric import Metric
from horn.spec import ops
from horn.spec.graph import spec_of
from horn.spec.sizes import Dim, product

if TYPE_CHECKING:
    from collections.abc import Callable


def per_example(values: Any, rank: int, dtype: str) -> Any:
    """Return values as they are up to an axis, and the means over the axes behind it.

    Bools stay what they are where nothing is averaged: their sum is exact, and one step less.
    """
    spec = spec_of(values)
    if len(spec.shape) > rank:
        return ops.mean(ops.cast(values, dtype), axis=tuple(range(rank, len(spec.shape))))
    return values if spec.dtype in ("bool", dtype) else ops.cast(values, dtype)


def weighted(values: Any, sample_weight: Any, dtype: str) -> tuple[Any, Any]:
    """Return the sum of values, each times its weight, and the sum of the weights.

    Without weights every example counts one, and its value is the mean over all axes but the
    first. Weights of fewer axes than the values are for the means over the others.
    """
    shape = spec_of(values).shape
    if sample_weight is None:
        values = per_example(values, 1, dtype)
        return (ops.sum(values), shape[0]) if shape else (ops.cast(values, dtype), 1)
    if isinstance(sample_weight, int | float | Dim):
        return ops.multiply(ops.cast(per_example(values, 0, dtype), dtype), sample_weight), sample_weight
    weight_shape = spec_of(sample_weight).shape
    if len(weight_shape) == len(shape) + 1 and weight_shape[-1] == 1:
        sample_weight, weight_shape = ops.reshape(sample_weight, weight_shape[:-1]), weight_shape[:-1]
    values = ops.cast(per_example(values, len(weight_shape), dtype), dtype)
    weight = ops.broadcast_to(ops.cast(sample_weight, dtype), spec_of(values).shape)
    total, count = ops.sum(ops.multiply(values, weight)), ops.sum(weight)
    rest = product(spec_of(values).shape[1:])
    return (total, count) if rest == 1 else (ops.divide(total, rest), ops.divide(count, rest))


class Sum(Metric):
    """The weighted sum of whatever it is given.

    Args:
        name: For logs.
        dtype: Of the state.

    Shapes:
        values:        any
        sample_weight: a number, or the first axes of the values
        result:        ()

    Example:
        >>> m = Sum()
        >>> m.update_state([1.0, 3.0])
        >>> float(m.result())
        4.0
    """

    def __init__(self, name: str | None = "sum", dtype: Any = None) -> None:
        super().__init__(dtype, name)
        self.total = self.add_sum("total")

    def update_state(self, values: Any, sample_weight: Any = None) -> None:
        """Take values into account, each times its weight (one unless given)."""
        values = ops.cast(values, self.dtype)
        if sample_weight is not None:
            values = ops.multiply(values, spread(ops.cast(sample_weight, self.dtype), values))
        self.accumulate((self.total, ops.sum(values)))

    def result(self) -> Any:
        """Return the sum."""
        return self.total.value


class Mean(Metric):
    """The weighted mean of whatever it is given.

    Args:
        name: For logs.
        dtype: Of the state.

    Shapes:
        values:        any
        sample_weight: a number, or the first axes of the values
        result:        ()

    Example:
        >>> m = Mean()
        >>> m.update_state([1.0, 3.0])
        >>> float(m.result())
        2.0
    """

    def __init__(self, name: str | None = "mean", dtype: Any = None) -> None:
        super().__init__(dtype, name)
        self.total = self.add_sum("total")
        self.count = self.add_sum("count")

    def update_state(self, values: Any, sample_weight: Any = None) -> None:
        """Take values into account, each with its weight (one unless given).

        Args:
            values: A tensor, or a number. Behind the first axis, or behind those of the weights, a
                mean is taken.
            sample_weight: A tensor, or a number for all of them together.
        """
        total, count = weighted(values, sample_weight, self.dtype)
        self.accumulate((self.total, total), (self.count, count))

    def result(self) -> Any:
        """Return the mean; zero before the first value."""
        return ops.ratio(self.total, self.count)


def in_float(y_true: Any, y_pred: Any, dtype: str) -> tuple[Any, Any]:
    """Return targets and outputs in float32 or wider where they are floats."""
    found = spec_of(y_pred).dtype
    wanted = dtypes.promote(found, dtype) if dtypes.is_float(found) else dtype
    y_pred = ops.cast(y_pred, wanted) if dtypes.is_float(found) and found != wanted else y_pred
    true = spec_of(y_true).dtype
    return ops.cast(y_true, wanted) if dtypes.is_float(true) and true != wanted else y_true, y_pred


class MeanMetricWrapper(Mean):
    """The mean of a function of targets and outputs.

    Args:
        fn: Gives one value for each example.
        name: For logs.
        dtype: Of the state.
        **kwargs: Passed on to `fn`.

    Example:
        >>> m = MeanMetricWrapper(lambda y_true, y_pred: ops.absolute(y_pred - y_true), "distance")
        >>> float(m(np.array([1.0, 3.0]), np.array([2.0, 3.0])))
        0.5
    """

    def __init__(
        self, fn: Callable[..., Any], name: str | None = None, dtype: Any = None, **kwargs: Any
    ) -> None:
        function(type(self).__name__, "fn", fn)
        super().__init__(getattr(fn, "__name__", "metric") if name is None else name, dtype)
        self.fn, self.options = fn, kwargs

    def update_state(self, y_true: Any, y_pred: Any, sample_weight: Any = None) -> None:  # type: ignore[override]
        """Take a batch into account; steps that the layers have masked do not count."""
        mask = masks.of(y_pred)
        if mask is not None:
            kept = ops.cast(mask, self.dtype)
            sample_weight = kept if sample_weight is None else ops.multiply(kept, spread(sample_weight, kept))
        y_true, y_pred = match_rank(*in_float(y_true, y_pred, self.dtype))
        super().update_state(self.fn(y_true, y_pred, **self.options), sample_weight)

    def get_config(self) -> dict[str, Any]:
        given = {"fn": self.fn} if type(self) is MeanMetricWrapper else {}
        return {**given, **super().get_config(), **self.options}
