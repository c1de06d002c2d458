"""Means of errors between numbers, and the share of the variance that is explained."""

from __future__ import annotations

from typing import Any

from horn.api.bounds import choice, whole
from horn.api.losses.base import match_rank
from horn.api.losses.regression import (
    log_cosh,
    mean_absolute_error,
    mean_absolute_percentage_error,
    mean_squared_error,
    mean_squared_logarithmic_error,
)
from horn.api.losses.similarity import cosine
from horn.api.metrics.mean import Mean, MeanMetricWrapper, in_float
from horn.api.metrics.metric import Metric
from horn.spec import ops
from horn.spec.graph import spec_of
from horn.spec.laws import need_equal_targets, need_rank


class MeanSquaredError(MeanMetricWrapper):
    """The mean of ``(y_true - y_pred)**2``.

    Args:
        name: For logs.
        dtype: Of the state.

    Example:
        >>> round(float(MeanSquaredError()(np.array([[0.0, 2.0]]), np.array([[1.0, 2.0]]))), 4)
        0.5
    """

    def __init__(self, name: str | None = "mean_squared_error", dtype: Any = None) -> None:
        super().__init__(mean_squared_error, name, dtype)


class MeanAbsoluteError(MeanMetricWrapper):
    """The mean of ``|y_true - y_pred|``.

    Args:
        name: For logs.
        dtype: Of the state.

    Example:
        >>> round(float(MeanAbsoluteError()(np.array([[0.0, 2.0]]), np.array([[1.0, 2.0]]))), 4)
        0.5
    """

    def __init__(self, name: str | None = "mean_absolute_error", dtype: Any = None) -> None:
        super().__init__(mean_absolute_error, name, dtype)


class MeanAbsolutePercentageError(MeanMetricWrapper):
    """The mean of ``100 |y_true - y_pred| / |y_true|``, in per cent.

    Args:
        name: For logs.
        dtype: Of the state.

    Example:
        >>> round(float(MeanAbsolutePercentageError()(np.array([[2.0, 4.0]]), np.array([[1.0, 4.0]]))), 4)
        25.0
    """

    def __init__(self, name: str | None = "mean_absolute_percentage_error", dtype: Any = None) -> None:
        super().__init__(mean_absolute_percentage_error, name, dtype)


class MeanSquaredLogarithmicError(MeanMetricWrapper):
    """The mean of ``(log(1 + y_true) - log(1 + y_pred))**2``.

    Args:
        name: For logs.
        dtype: Of the state.

    Example:
        >>> round(float(MeanSquaredLogarithmicError()(np.array([[1.0]]), np.array([[3.0]]))), 4)
        0.4805
    """

    def __init__(self, name: str | None = "mean_squared_logarithmic_error", dtype: Any = None) -> None:
        super().__init__(mean_squared_logarithmic_error, name, dtype)


class LogCoshError(MeanMetricWrapper):
    """The mean of ``log(cosh(y_pred - y_true))``.

    Args:
        name: For logs.
        dtype: Of the state.

    Example:
        >>> round(float(LogCoshError()(np.array([[0.0]]), np.array([[1.0]]))), 4)
        0.4338
    """

    def __init__(self, name: str | None = "logcosh", dtype: Any = None) -> None:
        super().__init__(log_cosh, name, dtype)


class CosineSimilarity(MeanMetricWrapper):
    """The mean cosine of the angle between targets and outputs: 1 where they point one way.

    Args:
        name: For logs.
        dtype: Of the state.
        axis: Of the vectors.

    Example:
        >>> round(float(CosineSimilarity()(np.array([[3.0, 0.0]]), np.array([[2.0, 0.0]]))), 4)
        1.0
    """

    def __init__(
        self,
        name: str | None = "cosine_similarity",
        dtype: Any = None,
        axis: int = -1,
    ) -> None:
        whole("CosineSimilarity", "axis", axis, low=-32)
        super().__init__(cosine, name, dtype, axis=axis)


class RootMeanSquaredError(Mean):
    """The square root of the mean of ``(y_true - y_pred)**2``.

    Args:
        name: For logs.
        dtype: Of the state.

    Example:
        >>> round(float(RootMeanSquaredError()(np.array([[0.0, 2.0]]), np.array([[1.0, 2.0]]))), 4)
        0.7071
    """

    def __init__(self, name: str | None = "root_mean_squared_error", dtype: Any = None) -> None:
        super().__init__(name, dtype)

    def update_state(self, y_true: Any, y_pred: Any, sample_weight: Any = None) -> None:  # type: ignore[override]
        y_true, y_pred = match_rank(*in_float(y_true, y_pred, self.dtype))
        need_equal_targets(self.name, spec_of(y_true), spec_of(y_pred))
        super().update_state(ops.square(ops.subtract(y_pred, y_true)), sample_weight)

    def result(self) -> Any:
        return ops.sqrt(super().result())


class R2Score(Metric):
    """The share of the variance of the targets that the outputs explain, at most 1.

    The variance is gathered batch by batch around a moving mean, so it keeps its precision where
    the mean is large beside it. Targets that are all equal give 1 if the outputs are equal to
    them and 0 if not.

    Args:
        class_aggregation: ``"uniform_average"`` for the mean over the outputs,
            ``"variance_weighted_average"`` for one weighted by their variance, None for one figure
            each.
        num_regressors: The number of inputs, for the adjusted score; 0 for the plain one. As in Keras
            every target value counts as a sample; with too few of them the score stays plain.
        name: For logs.
        dtype: Of the state.

    Shapes:
        y_true, y_pred: (batch, outputs)

    Reference:
        Chan, Golub & LeVeque, Algorithms for computing the sample variance, Am. Stat. 37 (1983)
        242-247, eq. 2.1.

    Example:
        >>> metric = R2Score()
        >>> round(float(metric(np.array([[1.0], [4.0], [3.0]]), np.array([[2.0], [4.0], [4.0]]))), 4)
        0.5714
    """

    def __init__(
        self,
        class_aggregation: str | None = "uniform_average",
        num_regressors: int = 0,
        name: str | None = "r2_score",
        dtype: Any = None,
    ) -> None:
        if class_aggregation is not None:
            choices = ("uniform_average", "variance_weighted_average")
            choice("R2Score", "class_aggregation", class_aggregation, choices)
        whole("R2Score", "num_regressors", num_regressors, low=0)
        super().__init__(dtype, name)
        self.class_aggregation, self.num_regressors = class_aggregation, num_regressors
        self.num_samples = self.add_sum("num_samples")
        self.is_built = False

    def _build(self, outputs: Any) -> None:
        """Make the state that depends on the number of outputs."""
        self.is_built = True
        self.count = self.add_sum("count")
        self.mean = self.add_variable((outputs,), name="mean")
        self.spread = self.add_sum("spread", (outputs,))
        self.residual = self.add_sum("residual", (outputs,))

    def update_state(self, y_true: Any, y_pred: Any, sample_weight: Any = None) -> None:
        y_true, y_pred = match_rank(*in_float(y_true, y_pred, self.dtype))
        need_rank(self.name, spec_of(y_pred), 2)
        need_equal_targets(self.name, spec_of(y_true), spec_of(y_pred))
        batch, outputs = spec_of(y_pred).shape
        if not self.is_built:
            self._build(outputs)
        y_true, y_pred = ops.cast(y_true, self.dtype), ops.cast(y_pred, self.dtype)
        weight = ops.ones((batch, 1), self.dtype)
        if sample_weight is not None:
            weight = ops.reshape(ops.cast(sample_weight, self.dtype), (batch, 1))
        total = ops.sum(weight)
        mean = ops.ratio(ops.sum(ops.multiply(weight, y_true), axis=0), total)
        within = ops.sum(ops.multiply(weight, ops.square(ops.subtract(y_true, mean))), axis=0)
        residual = ops.sum(ops.multiply(weight, ops.square(ops.subtract(y_true, y_pred))), axis=0)
        # Two groups of values become one: the distance of their means adds to the spread.
        share = ops.ratio(total, ops.add(self.count, total))
        apart = ops.subtract(mean, self.mean)
        between = ops.multiply(ops.square(apart), ops.multiply(self.count, share))
        self.mean.assign(ops.add(self.mean, ops.multiply(apart, share)))
        self.accumulate(
            (self.num_samples, batch * outputs), (self.count, total),
            (self.spread, ops.add(within, between)), (self.residual, residual),
        )  # fmt: skip

    def result(self) -> Any:
        if not self.is_built:
            return ops.zeros((), self.dtype)
        flat = ops.equal(self.spread, 0)
        score = ops.subtract(1.0, ops.ratio(self.residual, self.spread))
        wrong = ops.logical_or(ops.not_equal(self.residual, 0), ops.equal(self.count, 0))
        score = ops.where(ops.logical_and(flat, wrong), 0.0, score)
        if self.class_aggregation == "uniform_average":
            score = ops.mean(score)
        elif self.class_aggregation == "variance_weighted_average":
            score = ops.ratio(ops.sum(ops.multiply(score, self.spread)), ops.sum(self.spread))
        if not self.num_regressors:
            return score
        left = ops.subtract(self.num_samples, self.num_regressors + 1.0)
        factor = ops.ratio(ops.subtract(self.num_samples, 1.0), left)
        return ops.where(
            ops.less(0, left), ops.subtract(1.0, ops.multiply(ops.subtract(1.0, score), factor)), score
        )

    def get_config(self) -> dict[str, Any]:
        own = {"class_aggregation": self.class_aggregation, "num_regressors": self.num_regressors}
        return {**super().get_config(), **own}
