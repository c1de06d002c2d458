"""Losses that ask for a margin between right and wrong."""

from __future__ import annotations

from typing import Any

from horn.api.losses.base import FunctionLoss
from horn.spec import ops
from horn.spec.graph import spec_of
from horn.spec.laws import need_equal_targets


def _signed(y_true: Any, y_pred: Any) -> Any:
    """Return targets of -1 and 1 in the dtype of the outputs; those of 0 and 1 are turned into them.

    They are taken for 0 and 1 if there is nothing else among them.
    """
    y_true = ops.cast(y_true, spec_of(y_pred).dtype)
    neither = ops.logical_and(ops.not_equal(y_true, 0), ops.not_equal(y_true, 1))
    zero_one = ops.equal(ops.sum(neither), 0)
    return ops.where(zero_one, ops.subtract(ops.multiply(y_true, 2), 1), y_true)


def _missing(name: str, y_true: Any, y_pred: Any) -> Any:
    """Return how much each output lacks of a margin of one."""
    need_equal_targets(name, spec_of(y_true), spec_of(y_pred))
    return ops.maximum(ops.subtract(1.0, ops.multiply(_signed(y_true, y_pred), y_pred)), 0.0)


def hinge(y_true: Any, y_pred: Any) -> Any:
    """Return the mean of ``max(1 - y_true * y_pred, 0)`` over the last axis.

    Args:
        y_true: -1 or 1; targets that are all 0 or 1 are turned into those.
        y_pred: The outputs, of any size.

    Shapes:
        y_true, y_pred: (..., units), equal
        returns:        (...)

    Example:
        >>> hinge(np.array([[1.0, -1.0]]), np.array([[0.5, -2.0]]))
        array([0.25])
    """
    return ops.mean(_missing("hinge", y_true, y_pred), axis=-1)


def squared_hinge(y_true: Any, y_pred: Any) -> Any:
    """Return the mean of ``max(1 - y_true * y_pred, 0)**2`` over the last axis.

    Args:
        y_true: -1 or 1; targets that are all 0 or 1 are turned into those.
        y_pred: The outputs, of any size.

    Shapes:
        y_true, y_pred: (..., units), equal
        returns:        (...)

    Example:
        >>> squared_hinge(np.array([[1.0, -1.0]]), np.array([[0.5, -2.0]]))
        array([0.125])
    """
    return ops.mean(ops.square(_missing("squared_hinge", y_true, y_pred)), axis=-1)


def categorical_hinge(y_true: Any, y_pred: Any) -> Any:
    """Return how far the largest wrong output comes within one of the right one.

    It is ``max(1 + max((1 - y_true) * y_pred) - sum(y_true * y_pred), 0)`` along the last axis.

    Args:
        y_true: One-hot rows.
        y_pred: The outputs, of any size.

    Shapes:
        y_true, y_pred: (..., classes), equal
        returns:        (...)

    Example:
        >>> categorical_hinge(np.array([[0.0, 1.0]]), np.array([[0.5, 1.0]]))
        array([0.5])
    """
    need_equal_targets("categorical_hinge", spec_of(y_true), spec_of(y_pred))
    y_true = ops.cast(y_true, spec_of(y_pred).dtype)
    right = ops.sum(ops.multiply(y_true, y_pred), axis=-1)
    wrong = ops.max(ops.multiply(ops.subtract(1.0, y_true), y_pred), axis=-1)
    return ops.maximum(ops.add(ops.subtract(wrong, right), 1.0), 0.0)


class Hinge(FunctionLoss):
    """The mean of ``max(1 - y_true * y_pred, 0)`` for targets of -1 and 1, or of 0 and 1.

    Args:
        reduction: As for `Loss`.
        name: For logs.
        dtype: As for `Loss`.

    Reference:
        Cortes & Vapnik, Support-vector networks, Machine Learning 20 (1995) 273-297.

    Example:
        >>> float(Hinge()(np.array([[1.0, -1.0]]), np.array([[0.5, -2.0]])))
        0.25
    """

    def __init__(
        self, reduction: str | None = "sum_over_batch_size", name: str | None = "hinge", dtype: Any = None
    ) -> None:
        super().__init__(hinge, name, reduction, dtype)


class SquaredHinge(FunctionLoss):
    """The mean of ``max(1 - y_true * y_pred, 0)**2`` for targets of -1 and 1, or of 0 and 1.

    Args:
        reduction: As for `Loss`.
        name: For logs.
        dtype: As for `Loss`.

    Reference:
        Tang, Deep learning using linear support vector machines, arXiv:1306.0239.

    Example:
        >>> float(SquaredHinge()(np.array([[1.0, -1.0]]), np.array([[0.5, -2.0]])))
        0.125
    """

    def __init__(
        self,
        reduction: str | None = "sum_over_batch_size",
        name: str | None = "squared_hinge",
        dtype: Any = None,
    ) -> None:
        super().__init__(squared_hinge, name, reduction, dtype)


class CategoricalHinge(FunctionLoss):
    """How far the largest wrong output comes within one of the right one.

    Args:
        reduction: As for `Loss`.
        name: For logs.
        dtype: As for `Loss`.

    Reference:
        Crammer & Singer, On the algorithmic implementation of multiclass kernel-based vector machines, JMLR 2
        (2001) 265-292.

    Example:
        >>> float(CategoricalHinge()(np.array([[0.0, 1.0]]), np.array([[0.5, 1.0]])))
        0.5
    """

    def __init__(
        self,
        reduction: str | None = "sum_over_batch_size",
        name: str | None = "categorical_hinge",
        dtype: Any = None,
    ) -> None:
        super().__init__(categorical_hinge, name, reduction, dtype)
