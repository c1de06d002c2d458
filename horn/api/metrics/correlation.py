"""Correlations of targets and outputs, along an axis of each example."""

from __future__ import annotations

from typing import Any

from horn import settings
from horn.api.bounds import whole
from horn.api.losses.base import match_rank
from horn.api.metrics.mean import MeanMetricWrapper
from horn.spec import ops
from horn.spec.graph import spec_of
from horn.spec.laws import need_equal_targets


def _centred(x: Any, axis: int) -> tuple[Any, Any]:
    """Return the mean and the distances to it."""
    mean = ops.mean(x, axis=axis, keepdims=True)
    return mean, ops.subtract(x, mean)


def pearson_correlation(y_true: Any, y_pred: Any, axis: int = -1) -> Any:
    """Return the correlation coefficient of targets and outputs along `axis`, from -1 to 1.

    It is NaN where either does not vary.

    Args:
        y_true: The targets.
        y_pred: The outputs.
        axis: Along which the correlation is taken.

    Shapes:
        y_true, y_pred: (..., values), equal
        returns:        the same without `axis`

    Example:
        >>> pearson_correlation(np.array([[1.0, 2.0, 3.0]]), np.array([[1.0, 2.0, 4.0]])).round(4)
        array([0.982])
    """
    y_true, y_pred = match_rank(y_true, y_pred)
    need_equal_targets("pearson_correlation", spec_of(y_true), spec_of(y_pred))
    (_, a), (_, b) = _centred(y_true, axis), _centred(y_pred, axis)
    lengths = ops.multiply(
        ops.sqrt(ops.sum(ops.square(a), axis=axis)), ops.sqrt(ops.sum(ops.square(b), axis=axis))
    )
    return ops.divide(ops.sum(ops.multiply(a, b), axis=axis), lengths)


def concordance_correlation(y_true: Any, y_pred: Any, axis: int = -1) -> Any:
    """Return how well the outputs fit the line on which they equal the targets, from -1 to 1.

    It is ``2 cov / (var_true + var_pred + (mean_true - mean_pred)**2)`` along `axis`, with
    `horn.config.epsilon` added below, so what does not vary gives zero.

    Args:
        y_true: The targets.
        y_pred: The outputs.
        axis: Along which the correlation is taken.

    Shapes:
        y_true, y_pred: (..., values), equal
        returns:        the same without `axis`

    Reference:
        Lin, A concordance correlation coefficient to evaluate reproducibility, Biometrics 45 (1989)
        255-268.

    Example:
        >>> concordance_correlation(np.array([[1.0, 2.0, 3.0]]), np.array([[1.0, 2.0, 4.0]])).round(4)
        array([0.8571])
    """
    y_true, y_pred = match_rank(y_true, y_pred)
    need_equal_targets("concordance_correlation", spec_of(y_true), spec_of(y_pred))
    (mean_a, a), (mean_b, b) = _centred(y_true, axis), _centred(y_pred, axis)
    both = ops.mean(ops.add(ops.square(a), ops.square(b)), axis=axis)
    apart = ops.sum(ops.square(ops.subtract(mean_a, mean_b)), axis=axis)
    below = ops.add(ops.add(both, apart), settings.epsilon())
    return ops.divide(ops.multiply(ops.mean(ops.multiply(a, b), axis=axis), 2.0), below)


class PearsonCorrelation(MeanMetricWrapper):
    """The mean correlation coefficient of targets and outputs.

    Args:
        name: For logs.
        dtype: Of the state.
        axis: To correlate along.

    Reference:
        Pearson, Notes on regression and inheritance in the case of two parents, Proceedings of the Royal
        Society of London 58 (1895) 240-242.

    Example:
        >>> round(float(PearsonCorrelation()(np.array([[1.0, 2.0, 3.0]]), np.array([[1.0, 2.0, 4.0]]))), 4)
        0.982
    """

    def __init__(
        self,
        name: str | None = "pearson_correlation",
        dtype: Any = None,
        axis: int = -1,
    ) -> None:
        whole("PearsonCorrelation", "axis", axis, low=-32)
        super().__init__(pearson_correlation, name, dtype, axis=axis)


class ConcordanceCorrelation(MeanMetricWrapper):
    """The mean concordance correlation of targets and outputs.

    Args:
        name: For logs.
        dtype: Of the state.
        axis: To correlate along.

    Reference:
        Lin, A concordance correlation coefficient to evaluate reproducibility, Biometrics 45 (1989) 255-268.

    Example:
        >>> m = ConcordanceCorrelation()
        >>> round(float(m(np.array([[1.0, 2.0, 3.0]]), np.array([[1.0, 2.0, 4.0]]))), 4)
        0.8571
    """

    def __init__(
        self,
        name: str | None = "concordance_correlation",
        dtype: Any = None,
        axis: int = -1,
    ) -> None:
        whole("ConcordanceCorrelation", "axis", axis, low=-32)
        super().__init__(concordance_correlation, name, dtype, axis=axis)
