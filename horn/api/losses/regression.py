"""Losses between numbers."""

from __future__ import annotations

from typing import Any

from horn.api.bounds import real
from horn.api.losses.base import FunctionLoss
from horn.spec import ops

mean_squared_error = ops.mean_squared_error
mean_absolute_error = ops.mean_absolute_error
mean_absolute_percentage_error = ops.mean_absolute_percentage_error
mean_squared_logarithmic_error = ops.mean_squared_logarithmic_error
huber = ops.huber
log_cosh = ops.log_cosh


class MeanSquaredError(FunctionLoss):
    """The mean of ``(y_true - y_pred)**2``.

    Args:
        reduction: As for `Loss`.
        name: For logs.
        dtype: As for `Loss`.

    Example:
        >>> float(MeanSquaredError()(np.array([[0.0, 2.0]]), np.array([[1.0, 2.0]])))
        0.5
    """

    def __init__(
        self,
        reduction: str | None = "sum_over_batch_size",
        name: str | None = "mean_squared_error",
        dtype: Any = None,
    ) -> None:
        super().__init__(mean_squared_error, name, reduction, dtype)


class MeanAbsoluteError(FunctionLoss):
    """The mean of ``|y_true - y_pred|``.

    Args:
        reduction: As for `Loss`.
        name: For logs.
        dtype: As for `Loss`.

    Example:
        >>> float(MeanAbsoluteError()(np.array([[0.0, 2.0]]), np.array([[3.0, 2.0]])))
        1.5
    """

    def __init__(
        self,
        reduction: str | None = "sum_over_batch_size",
        name: str | None = "mean_absolute_error",
        dtype: Any = None,
    ) -> None:
        super().__init__(mean_absolute_error, name, reduction, dtype)


class MeanAbsolutePercentageError(FunctionLoss):
    """The mean of ``100 |y_true - y_pred| / |y_true|``, in per cent.

    Args:
        reduction: As for `Loss`.
        name: For logs.
        dtype: As for `Loss`.

    Example:
        >>> float(MeanAbsolutePercentageError()(np.array([[2.0, 4.0]]), np.array([[1.0, 4.0]])))
        25.0
    """

    def __init__(
        self,
        reduction: str | None = "sum_over_batch_size",
        name: str | None = "mean_absolute_percentage_error",
        dtype: Any = None,
    ) -> None:
        super().__init__(mean_absolute_percentage_error, name, reduction, dtype)


class MeanSquaredLogarithmicError(FunctionLoss):
    """The mean of ``(log(1 + y_true) - log(1 + y_pred))**2``.

    Args:
        reduction: As for `Loss`.
        name: For logs.
        dtype: As for `Loss`.

    Example:
        >>> round(float(MeanSquaredLogarithmicError()(np.array([[1.0]]), np.array([[3.0]]))), 4)
        0.4805
    """

    def __init__(
        self,
        reduction: str | None = "sum_over_batch_size",
        name: str | None = "mean_squared_logarithmic_error",
        dtype: Any = None,
    ) -> None:
        super().__init__(mean_squared_logarithmic_error, name, reduction, dtype)


class Huber(FunctionLoss):
    """The error squared and halved where it is small, and linear where it is large.

    Args:
        delta: Where it becomes linear; above zero.
        reduction: As for `Loss`.
        name: For logs.
        dtype: As for `Loss`.

    Reference:
        Huber, Robust estimation of a location parameter, Ann. Math. Stat. 35 (1964) 73-101.

    Example:
        >>> float(Huber()(np.array([[0.0, 0.0]]), np.array([[1.0, 3.0]])))
        1.5
    """

    def __init__(
        self,
        delta: float = 1.0,
        reduction: str | None = "sum_over_batch_size",
        name: str | None = "huber_loss",
        dtype: Any = None,
    ) -> None:
        real("Huber", "delta", delta, "(0, inf)")
        super().__init__(huber, name, reduction, dtype, delta=delta)


class LogCosh(FunctionLoss):
    """The mean of ``log(cosh(y_pred - y_true))``: nearly the squared error, then nearly the absolute one.

    Args:
        reduction: As for `Loss`.
        name: For logs.
        dtype: As for `Loss`.

    Example:
        >>> round(float(LogCosh()(np.array([[0.0]]), np.array([[1.0]]))), 4)
        0.4338
    """

    def __init__(
        self,
        reduction: str | None = "sum_over_batch_size",
        name: str | None = "log_cosh",
        dtype: Any = None,
    ) -> None:
        super().__init__(log_cosh, name, reduction, dtype)
