"""`Loss`: a function that gives one value for each example, and how those become one number."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from horn import dtypes, settings
from horn.api import bounds
from horn.api.keywords import ExactKeywords
from horn.api.layers import masks
from horn.api.naming import snake_case
from horn.errors import ArgumentError, suggestion
from horn.spec import ops
from horn.spec.graph import spec_of

if TYPE_CHECKING:
    from collections.abc import Callable

REDUCTIONS = ("sum_over_batch_size", "sum", "mean", "mean_with_sample_weight", "none", None)


class Loss(ExactKeywords):
    """The base of losses: `call` gives one value for each example, calling reduces them.

    Args:
        name: For logs.
        reduction: ``"sum_over_batch_size"`` or ``"mean"`` for the mean over all values, whatever
            they weigh; ``"mean_with_sample_weight"`` for the weighted mean; ``"sum"``; or
            ``"none"``, also written None, for the values themselves.
        dtype: In which to compute; unless given, that of the outputs, and at least the default
            float.

    Shapes:
        y_true:  (batch, ...)
        y_pred:  (batch, ...), as `y_true`
        returns: (), or for no reduction one value for each example

    Raises:
        ArgumentError: An argument has a value that it cannot have, or does not exist.
        ShapeError: Targets and outputs do not go together, when it is called.

    Example:
        >>> class Distance(Loss):
        ...     def call(self, y_true, y_pred):
        ...         return ops.max(ops.absolute(y_pred - y_true), axis=-1)
        >>> float(Distance()(np.array([[0.0, 2.0]]), np.array([[3.0, 2.0]])))
        3.0
    """

    def __init__(
        self, name: str | None = None, reduction: str | None = "sum_over_batch_size", dtype: Any = None
    ) -> None:
        self.name = bounds.name(type(self).__name__, name) or snake_case(type(self).__name__)
        if reduction not in REDUCTIONS:
            raise ArgumentError(
                f"There is no reduction named {reduction!r}.",
                expected="one of sum_over_batch_size, sum, mean, mean_with_sample_weight, none",
                got=repr(reduction),
                remedy=suggestion(reduction, [r for r in REDUCTIONS if r]),
            )
        self.reduction = reduction
        with bounds.about(type(self).__name__, "dtype"):
            self._given_dtype = None if dtype is None else dtypes.canonical(dtype)

    @property
    def dtype(self) -> str:
        """The dtype to compute in."""
        return self._given_dtype or settings.floatx()

    def call(self, y_true: Any, y_pred: Any) -> Any:
        """Return one value for each example."""
        raise NotImplementedError(f"{type(self).__name__} has no `call`")

    def counted(self, y_true: Any, y_pred: Any, values: Any) -> Any:
        """Return which of the values count, as bools that broadcast to them; None for all.

        A mean is taken over those that count.
        """
        del y_true, y_pred, values

    def __call__(self, y_true: Any, y_pred: Any, sample_weight: Any = None, mask: Any = None) -> Any:
        """Return the reduced loss.

        Args:
            y_true: The targets.
            y_pred: The outputs of the model.
            sample_weight: One factor for each example, or for each value.
            mask: Which examples or values count, where the outputs are padded; a mean is taken
                over those alone. Unless given, it is the one that the layers put beside the outputs.
        """
        mask = masks.of(y_pred) if mask is None else mask
        y_true, y_pred = match_rank(*self._cast(y_true, y_pred))
        values = self.call(y_true, y_pred)
        counted = self.counted(y_true, y_pred, values)
        if mask is not None and counted is not None:
            mask = ops.logical_and(spread(mask, values), spread(counted, values))
        elif mask is None:
            mask = counted
        return reduce(values, sample_weight, mask, self.reduction)

    def _cast(self, y_true: Any, y_pred: Any) -> tuple[Any, Any]:
        """Return targets and outputs in the dtype to compute in; integer targets stay as they are."""
        found = spec_of(y_pred).dtype
        wanted = self._given_dtype or dtypes.promote(settings.floatx(), found)
        y_pred = y_pred if found == wanted else ops.cast(y_pred, wanted)
        dtype = spec_of(y_true).dtype
        return ops.cast(y_true, wanted) if dtypes.is_float(dtype) and dtype != wanted else y_true, y_pred

    def get_config(self) -> dict[str, Any]:
        """Return the arguments that make an equal loss."""
        config: dict[str, Any] = {"name": self.name, "reduction": self.reduction}
        return config if self._given_dtype is None else {**config, "dtype": self._given_dtype}

    @classmethod
    def from_config(cls, config: dict[str, Any]) -> Loss:
        """Return a loss made from what `get_config` returned."""
        return cls(**config)

    def __repr__(self) -> str:
        return f"<{type(self).__name__} {self.name!r}>"


def match_rank(y_true: Any, y_pred: Any) -> tuple[Any, Any]:
    """Return targets and outputs where (N,) stands for (N, 1), whichever of the two lacks the axis."""
    true, pred = spec_of(y_true).shape, spec_of(y_pred).shape
    if len(true) == len(pred) - 1 and pred[-1] == 1:
        return ops.reshape(y_true, (*true, 1)), y_pred
    if len(pred) == len(true) - 1 and true[-1] == 1:
        return ops.reshape(y_true, true[:-1]), y_pred
    return y_true, y_pred


def spread(weight: Any, values: Any) -> Any:
    """Return the weights of examples with axes of size one, so that they broadcast over values."""
    rank, shape = len(spec_of(values).shape), spec_of(weight).shape
    if len(shape) == rank + 1 and shape[-1] == 1:
        return ops.reshape(weight, shape[:-1])
    return ops.reshape(weight, (*shape, *(1,) * (rank - len(shape)))) if len(shape) < rank else weight


def combine(sample_weight: Any, mask: Any, values: Any) -> Any:
    """Return the weight of each value from weights and a mask, broadcastable to it; None for one each."""
    dtype = spec_of(values).dtype
    weight = None if sample_weight is None else ops.cast(spread(sample_weight, values), dtype)
    if mask is None:
        return weight
    kept = ops.cast(spread(mask, values), dtype)
    return kept if weight is None else ops.multiply(weight, kept)


def reduce(values: Any, sample_weight: Any, mask: Any, reduction: str | None) -> Any:
    """Return values weighted and made one number; see `Loss` for the ways."""
    weight = combine(sample_weight, mask, values)
    if weight is not None:
        values = ops.multiply(values, weight)
    if reduction in ("none", None):
        return values
    if reduction == "sum":
        return ops.sum(values)
    shape = spec_of(values).shape
    if reduction == "mean_with_sample_weight" and weight is not None:
        return ops.ratio(ops.sum(values), ops.sum(ops.broadcast_to(weight, shape)))
    if mask is not None:
        kept = ops.cast(spread(mask, values), spec_of(values).dtype)
        return ops.ratio(ops.sum(values), ops.sum(ops.broadcast_to(kept, shape)))
    return ops.mean(values)


class FunctionLoss(Loss):
    """A loss from a function of targets and outputs.

    Args:
        fn: Gives one value for each example.
        name: For logs.
        reduction: As for `Loss`.
        dtype: As for `Loss`.
        **options: Passed on to `fn`, and part of the configuration.
    """

    def __init__(
        self,
        fn: Callable[..., Any],
        name: str | None = None,
        reduction: str | None = "sum_over_batch_size",
        dtype: Any = None,
        **options: Any,
    ) -> None:
        super().__init__(getattr(fn, "__name__", None) if name is None else name, reduction, dtype)
        self.fn, self.options = bounds.function(type(self).__name__, "fn", fn), options

    def call(self, y_true: Any, y_pred: Any) -> Any:
        """Return one value for each example."""
        return self.fn(y_true, y_pred, **self.options)

    def get_config(self) -> dict[str, Any]:
        """Return the arguments that make an equal loss."""
        given = {"fn": self.fn} if type(self) is FunctionLoss else {}
        return {**given, **super().get_config(), **self.options}
