"""Losses between distributions, and between counts and rates."""

from __future__ import annotations

from typing import Any

from horn.api.losses.base import FunctionLoss
from horn.spec import ops

kl_divergence = ops.kl_divergence
poisson = ops.poisson


class KLDivergence(FunctionLoss):
    """The sum of ``y_true log(y_true / y_pred)``, in nats.

    Args:
        reduction: As for `Loss`.
        name: For logs.
        dtype: As for `Loss`.

    Reference:
        Kullback & Leibler, On information and sufficiency, Ann. Math. Stat. 22 (1951) 79-86.

    Example:
        >>> round(float(KLDivergence()(np.array([[0.5, 0.5]]), np.array([[0.25, 0.75]]))), 4)
        0.1438
    """

    def __init__(
        self,
        reduction: str | None = "sum_over_batch_size",
        name: str | None = "kl_divergence",
        dtype: Any = None,
    ) -> None:
        super().__init__(kl_divergence, name, reduction, dtype)


class Poisson(FunctionLoss):
    """The mean of ``y_pred - y_true log(y_pred)``: minus the log-likelihood of counts.

    Args:
        reduction: As for `Loss`.
        name: For logs.
        dtype: As for `Loss`.

    Example:
        >>> round(float(Poisson()(np.array([[2.0]]), np.array([[1.0]]))), 4)
        1.0
    """

    def __init__(
        self, reduction: str | None = "sum_over_batch_size", name: str | None = "poisson", dtype: Any = None
    ) -> None:
        super().__init__(poisson, name, reduction, dtype)
