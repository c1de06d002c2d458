"""Losses: an op that gives one value for each example, and how those become one number."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from horn.api.layers.layer import snake_case
from horn.api.lookup import by_name
from horn.errors import ArgumentError, suggestion
from horn.spec import ops
from horn.spec.graph import spec_of

if TYPE_CHECKING:
    from collections.abc import Callable

REDUCTIONS = ("sum_over_batch_size", "sum", "mean", "none", None)


class Loss:
    """The base of losses: `call` gives one value for each example, calling reduces them.

    Args:
        name: For logs.
        reduction: ``"sum_over_batch_size"`` for the mean, ``"sum"``, or ``"none"``.

    Example:
        >>> float(MeanSquaredError()(np.array([[0.0, 2.0]]), np.array([[1.0, 2.0]])))
        0.5
    """

    def __init__(self, name: str | None = None, reduction: str | None = "sum_over_batch_size") -> None:
        self.name = name or snake_case(type(self).__name__)
        if reduction not in REDUCTIONS:
            raise ArgumentError(
                f"There is no reduction named {reduction!r}.",
                expected="one of sum_over_batch_size, sum, mean, none",
                got=repr(reduction),
                remedy=suggestion(reduction, [r for r in REDUCTIONS if r]),
            )
        self.reduction = reduction

    def call(self, y_true: Any, y_pred: Any) -> Any:
        """Return one value for each example."""
        raise NotImplementedError(f"{type(self).__name__} has no `call`")

    def __call__(self, y_true: Any, y_pred: Any, sample_weight: Any = None) -> Any:
        """Return the reduced loss.

        Args:
            y_true: The targets.
            y_pred: The outputs of the model.
            sample_weight: One factor for each example; the mean still divides by their number.
        """
        values = self.call(*match_rank(y_true, y_pred))
        if sample_weight is not None:
            values = ops.multiply(values, _spread(sample_weight, values))
        if self.reduction in ("none", None):
            return values
        return ops.sum(values) if self.reduction == "sum" else ops.mean(values)


def match_rank(y_true: Any, y_pred: Any) -> tuple[Any, Any]:
    """Return targets and outputs where (N,) stands for (N, 1), whichever of the two lacks the axis."""
    true, pred = spec_of(y_true).shape, spec_of(y_pred).shape
    if len(true) == len(pred) - 1 and pred[-1] == 1:
        return ops.reshape(y_true, (*true, 1)), y_pred
    if len(pred) == len(true) - 1 and true[-1] == 1:
        return ops.reshape(y_true, true[:-1]), y_pred
    return y_true, y_pred


def _spread(weight: Any, values: Any) -> Any:
    """Return the weights of examples with axes of size one, so that they broadcast over values."""
    rank, shape = len(spec_of(values).shape), spec_of(weight).shape
    if len(shape) == rank + 1 and shape[-1] == 1:
        return ops.reshape(weight, shape[:-1])
    return ops.reshape(weight, (*shape, *(1,) * (rank - len(shape)))) if len(shape) < rank else weight


class FunctionLoss(Loss):
    """A loss from a function of targets and outputs.

    Args:
        fn: Gives one value for each example.
        name: For logs.
        reduction: As for `Loss`.
        **options: Passed on to `fn`.
    """

    def __init__(
        self,
        fn: Callable[..., Any],
        name: str | None = None,
        reduction: str | None = "sum_over_batch_size",
        **options: Any,
    ) -> None:
        super().__init__(name or getattr(fn, "__name__", None), reduction)
        self.fn, self.options = fn, options

    def call(self, y_true: Any, y_pred: Any) -> Any:
        """Return one value for each example."""
        return self.fn(y_true, y_pred, **self.options)


class MeanSquaredError(FunctionLoss):
    """The mean of ``(y_true - y_pred)**2``."""

    def __init__(self, reduction: str | None = "sum_over_batch_size", name: str = "mean_squared_error") -> None:
        super().__init__(ops.mean_squared_error, name, reduction)


class MeanAbsoluteError(FunctionLoss):
    """The mean of ``|y_true - y_pred|``."""

    def __init__(self, reduction: str | None = "sum_over_batch_size", name: str = "mean_absolute_error") -> None:
        super().__init__(ops.mean_absolute_error, name, reduction)


def binary_crossentropy(y_true: Any, y_pred: Any, from_logits: bool = False) -> Any:
    """Return the cross-entropy of yes/no predictions, the mean over the last axis, in nats."""
    return ops.mean(ops.binary_crossentropy(y_true, y_pred, from_logits=from_logits), axis=-1)


class BinaryCrossentropy(FunctionLoss):
    """The cross-entropy of yes/no predictions, in nats.

    Args:
        from_logits: Whether the outputs are logits; prefer it, it is exact for any logit.
        reduction: As for `Loss`.
        name: For logs.
    """

    def __init__(
        self,
        from_logits: bool = False,
        reduction: str | None = "sum_over_batch_size",
        name: str = "binary_crossentropy",
    ) -> None:
        super().__init__(binary_crossentropy, name, reduction, from_logits=from_logits)


class CategoricalCrossentropy(FunctionLoss):
    """The cross-entropy of class probabilities, in nats; the targets are probabilities too.

    Args:
        from_logits: Whether the outputs are logits; prefer it, it is exact for any logit.
        axis: The axis of the classes.
        reduction: As for `Loss`.
        name: For logs.
    """

    def __init__(
        self,
        from_logits: bool = False,
        axis: int = -1,
        reduction: str | None = "sum_over_batch_size",
        name: str = "categorical_crossentropy",
    ) -> None:
        super().__init__(ops.categorical_crossentropy, name, reduction, from_logits=from_logits, axis=axis)


class SparseCategoricalCrossentropy(FunctionLoss):
    """The cross-entropy of integer labels, in nats.

    Args:
        from_logits: Whether the outputs are logits; prefer it, it is exact for any logit.
        reduction: As for `Loss`.
        name: For logs.
    """

    def __init__(
        self,
        from_logits: bool = False,
        reduction: str | None = "sum_over_batch_size",
        name: str = "sparse_categorical_crossentropy",
    ) -> None:
        super().__init__(sparse_categorical_crossentropy, name, reduction, from_logits=from_logits)


def sparse_categorical_crossentropy(y_true: Any, y_pred: Any, from_logits: bool = False) -> Any:
    """Return the cross-entropy of integer labels, in nats; labels (N, 1) are taken as (N,)."""
    true, pred = spec_of(y_true).shape, spec_of(y_pred).shape
    if len(true) == len(pred) and true[-1] == 1:
        y_true = ops.reshape(y_true, true[:-1])
    return ops.sparse_categorical_crossentropy(y_true, y_pred, from_logits=from_logits)


TABLE: dict[str, Any] = {
    "mean_squared_error": MeanSquaredError,
    "mse": MeanSquaredError,
    "mean_absolute_error": MeanAbsoluteError,
    "mae": MeanAbsoluteError,
    "binary_crossentropy": BinaryCrossentropy,
    "categorical_crossentropy": CategoricalCrossentropy,
    "sparse_categorical_crossentropy": SparseCategoricalCrossentropy,
}


def get(identifier: Any) -> Any:
    """Return the loss that a name, a function or an object means; None stays None."""
    if identifier is None or isinstance(identifier, Loss):
        return identifier
    if isinstance(identifier, type) and issubclass(identifier, Loss):
        return identifier()
    return FunctionLoss(identifier) if callable(identifier) else by_name("loss", identifier, TABLE)()
