"""Losses of directions."""

from __future__ import annotations

from typing import Any

from horn import settings
from horn.api.bounds import whole
from horn.api.losses.base import FunctionLoss, match_rank
from horn.spec import ops


def unit(x: Any, axis: int) -> Any:
    """Return vectors along `axis` divided by their length, at least `horn.config.epsilon`."""
    least = settings.epsilon() ** 2
    squares = ops.sum(ops.square(x), axis=axis, keepdims=True)
    # The root comes last: that of zero has no gradient.
    return ops.multiply(x, ops.rsqrt(ops.maximum(squares, least)))


def cosine(y_true: Any, y_pred: Any, axis: int = -1) -> Any:
    """Return the cosine of the angle between vectors along `axis`, from -1 to 1."""
    y_true, y_pred = match_rank(y_true, y_pred)
    return ops.sum(ops.multiply(unit(y_true, axis), unit(y_pred, axis)), axis=axis)


def cosine_similarity(y_true: Any, y_pred: Any, axis: int = -1) -> Any:
    """Return minus the cosine of the angle between vectors along `axis`: -1 where they point one way.

    A vector of zeros gives zero.

    Args:
        y_true: The targets.
        y_pred: The outputs.
        axis: Of the vectors.

    Shapes:
        y_true, y_pred: (..., features), equal
        returns:        the same without `axis`

    Example:
        >>> cosine_similarity(np.array([[3.0, 0.0]]), np.array([[2.0, 0.0]]))
        array([-1.])
    """
    return ops.negative(cosine(y_true, y_pred, axis))


class CosineSimilarity(FunctionLoss):
    """Minus the cosine of the angle between targets and outputs.

    Args:
        axis: Of the vectors.
        reduction: As for `Loss`.
        name: For logs.
        dtype: As for `Loss`.

    Example:
        >>> float(CosineSimilarity()(np.array([[3.0, 0.0]]), np.array([[2.0, 0.0]])))
        -1.0
    """

    def __init__(
        self,
        axis: int = -1,
        reduction: str | None = "sum_over_batch_size",
        name: str | None = "cosine_similarity",
        dtype: Any = None,
    ) -> None:
        whole("CosineSimilarity", "axis", axis, low=-32)
        super().__init__(cosine_similarity, name, reduction, dtype, axis=axis)
