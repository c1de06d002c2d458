"""Losses of overlap, for masks."""

from __future__ import annotations

from typing import Any

from horn import settings
from horn.api.bounds import real, whole
from horn.api.losses.base import FunctionLoss
from horn.spec import ops
from horn.spec.graph import spec_of
from horn.spec.laws import need_equal_targets


def dice(y_true: Any, y_pred: Any, axis: Any = None) -> Any:
    """Return one minus twice the overlap over the sum of both, along `axis`.

    `horn.config.epsilon` is added above and below, so two empty masks agree.

    Args:
        y_true: Which elements belong, 0 or 1.
        y_pred: With what probability each belongs.
        axis: An axis, or several, to sum along; None for all, which makes the batch one mask.

    Shapes:
        y_true, y_pred: equal
        returns:        the same without `axis`

    Reference:
        Sudre et al., Generalised Dice overlap as a deep learning loss function, arXiv:1707.03237.

    Example:
        >>> round(float(dice(np.array([1.0, 1.0]), np.array([1.0, 0.0]))), 4)
        0.3333
    """
    need_equal_targets("dice", spec_of(y_true), spec_of(y_pred))
    y_true, small = ops.cast(y_true, spec_of(y_pred).dtype), settings.epsilon()
    overlap = ops.sum(ops.multiply(y_true, y_pred), axis=axis)
    both = ops.add(ops.sum(y_true, axis=axis), ops.sum(y_pred, axis=axis))
    share = ops.divide(ops.add(ops.multiply(overlap, 2.0), small), ops.add(both, small))
    return ops.subtract(1.0, share)


def tversky(y_true: Any, y_pred: Any, alpha: float = 0.5, beta: float = 0.5, axis: Any = None) -> Any:
    """Return one minus the overlap over itself, `alpha` of what is missed and `beta` of the excess.

    With both at one half it is the Dice loss; a larger `alpha` asks for more recall. The numbers are
    Keras's; its documentation, and the paper, name the two the other way round.

    Args:
        y_true: Which elements belong, 0 or 1.
        y_pred: With what probability each belongs.
        alpha: The weight of what is wrongly left out.
        beta: The weight of what is wrongly taken in.
        axis: An axis, or several, to sum along; None for all, which makes the batch one mask.

    Shapes:
        y_true, y_pred: equal
        returns:        the same without `axis`

    Reference:
        Salehi et al., Tversky loss function for image segmentation using 3D fully convolutional
        deep networks, arXiv:1706.05721.

    Example:
        >>> round(float(tversky(np.array([1.0, 1.0]), np.array([1.0, 0.0]), alpha=1.0)), 4)
        0.5
    """
    need_equal_targets("tversky", spec_of(y_true), spec_of(y_pred))
    y_true, small = ops.cast(y_true, spec_of(y_pred).dtype), settings.epsilon()
    overlap = ops.sum(ops.multiply(y_true, y_pred), axis=axis)
    excess = ops.sum(ops.multiply(ops.subtract(1.0, y_true), y_pred), axis=axis)
    missed = ops.sum(ops.multiply(y_true, ops.subtract(1.0, y_pred)), axis=axis)
    whole = ops.add(overlap, ops.add(ops.multiply(missed, alpha), ops.multiply(excess, beta)))
    return ops.subtract(1.0, ops.divide(ops.add(overlap, small), ops.add(whole, small)))


def _check_axis(owner: str, axis: Any) -> Any:
    if axis is None:
        return None
    if isinstance(axis, (list, tuple)):
        return tuple(whole(owner, "axis", one, low=-32) for one in axis)
    return whole(owner, "axis", axis, low=-32)


class Dice(FunctionLoss):
    """One minus twice the overlap of two masks over the sum of both.

    Args:
        reduction: As for `Loss`.
        name: For logs.
        axis: An axis, or several, to sum along; None for all, which makes the batch one mask.
        dtype: As for `Loss`.

    Reference:
        Milletari, Navab & Ahmadi, V-Net: fully convolutional neural networks for volumetric medical image
        segmentation, 3DV 2016, arXiv:1606.04797.

    Example:
        >>> round(float(Dice()(np.array([1.0, 1.0]), np.array([1.0, 0.0]))), 4)
        0.3333
    """

    def __init__(
        self,
        reduction: str | None = "sum_over_batch_size",
        name: str | None = "dice",
        axis: Any = None,
        dtype: Any = None,
    ) -> None:
        super().__init__(dice, name, reduction, dtype, axis=_check_axis("Dice", axis))


class Tversky(FunctionLoss):
    """One minus the overlap of two masks over itself and a weighted part of what differs.

    Args:
        alpha: The weight of what is wrongly left out.
        beta: The weight of what is wrongly taken in.
        reduction: As for `Loss`.
        name: For logs.
        axis: An axis, or several, to sum along; None for all, which makes the batch one mask.
        dtype: As for `Loss`.

    Reference:
        Salehi, Erdogmus & Gholipour, Tversky loss function for image segmentation using 3D fully
        convolutional deep networks, arXiv:1706.05721.

    Example:
        >>> round(float(Tversky(alpha=1.0)(np.array([1.0, 1.0]), np.array([1.0, 0.0]))), 4)
        0.5
    """

    def __init__(
        self,
        alpha: float = 0.5,
        beta: float = 0.5,
        reduction: str | None = "sum_over_batch_size",
        name: str | None = "tversky",
        axis: Any = None,
        dtype: Any = None,
    ) -> None:
        real("Tversky", "alpha", alpha, "[0, inf)")
        real("Tversky", "beta", beta, "[0, inf)")
        axis = _check_axis("Tversky", axis)
        super().__init__(tversky, name, reduction, dtype, alpha=alpha, beta=beta, axis=axis)
