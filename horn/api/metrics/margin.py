"""Means of what is missing to a margin."""

from __future__ import annotations

from typing import Any

from horn.api.losses.margin import categorical_hinge, hinge, squared_hinge
from horn.api.metrics.mean import MeanMetricWrapper


class Hinge(MeanMetricWrapper):
    """The mean of ``max(1 - y_true * y_pred, 0)`` for targets of -1 and 1, or of 0 and 1.

    Args:
        name: For logs.
        dtype: Of the state.

    Example:
        >>> round(float(Hinge()(np.array([[1.0, -1.0]]), np.array([[0.5, -2.0]]))), 4)
        0.25
    """

    def __init__(self, name: str | None = "hinge", dtype: Any = None) -> None:
        super().__init__(hinge, name, dtype)


class SquaredHinge(MeanMetricWrapper):
    """The mean of ``max(1 - y_true * y_pred, 0)**2`` for targets of -1 and 1, or of 0 and 1.

    Args:
        name: For logs.
        dtype: Of the state.

    Example:
        >>> round(float(SquaredHinge()(np.array([[1.0, -1.0]]), np.array([[0.5, -2.0]]))), 4)
        0.125
    """

    def __init__(self, name: str | None = "squared_hinge", dtype: Any = None) -> None:
        super().__init__(squared_hinge, name, dtype)


class CategoricalHinge(MeanMetricWrapper):
    """How far the largest wrong output comes within one of the right one, on average.

    Args:
        name: For logs.
        dtype: Of the state.

    Example:
        >>> round(float(CategoricalHinge()(np.array([[0.0, 1.0]]), np.array([[0.5, 1.0]]))), 4)
        0.5
    """

    def __init__(self, name: str | None = "categorical_hinge", dtype: Any = None) -> None:
        super().__init__(categorical_hinge, name, dtype)
