"""Cross-entropies that count less what is predicted well already, and one for noisy labels."""

from __future__ import annotations

from typing import Any

from horn.api.bounds import flag, real, whole
from horn.api.losses.base import FunctionLoss
from horn.api.losses.crossentropy import labels, smooth
from horn.spec import ops
from horn.spec.graph import spec_of


def binary_focal_crossentropy(
    y_true: Any,
    y_pred: Any,
    apply_class_balancing: bool = False,
    alpha: float = 0.25,
    gamma: float = 2.0,
    from_logits: bool = False,
    label_smoothing: float = 0.0,
    axis: int = -1,
) -> Any:
    """Return the focal cross-entropy of yes/no predictions, the mean over `axis`, in nats.

    Args:
        y_true: 0 or 1, or a probability.
        y_pred: Probabilities, or logits.
        apply_class_balancing: Whether to weigh class 1 by `alpha` and class 0 by ``1 - alpha``.
        alpha: The weight of class 1.
        gamma: How strongly what is predicted well is held back.
        from_logits: Whether the outputs are logits; prefer it, it is exact for any logit.
        label_smoothing: Share of each target, in [0, 1], that is moved to one half.
        axis: To take the mean along.

    Shapes:
        y_true, y_pred: equal
        returns:        the same without `axis`

    Reference:
        Lin et al., Focal loss for dense object detection, arXiv:1708.02002.

    Example:
        >>> binary_focal_crossentropy(np.array([[0.0, 1.0]]), np.array([[0.5, 0.5]])).round(4)
        array([0.1733])
    """
    y_true = ops.cast(smooth(y_true, label_smoothing, 2), spec_of(y_pred).dtype)
    values = ops.binary_focal_crossentropy(y_true, y_pred, gamma=gamma, from_logits=from_logits)
    if apply_class_balancing:
        weight = ops.add(ops.multiply(y_true, 2.0 * alpha - 1.0), 1.0 - alpha)
        values = ops.multiply(weight, values)
    return ops.mean(values, axis=axis)


def categorical_focal_crossentropy(
    y_true: Any,
    y_pred: Any,
    alpha: Any = 0.25,
    gamma: float = 2.0,
    from_logits: bool = False,
    label_smoothing: float = 0.0,
    axis: int = -1,
) -> Any:
    """Return the focal cross-entropy of class probabilities along `axis`, in nats.

    Args:
        y_true: Probability of each class: a one-hot row for a certain one.
        y_pred: Probabilities, normalised here to sum one, or logits.
        alpha: The weight of all classes, or a list of one for each.
        gamma: How strongly what is predicted well is held back.
        from_logits: Whether the outputs are logits.
        label_smoothing: Share of each target, in [0, 1], that is spread evenly over all classes.
        axis: The axis of the classes.

    Shapes:
        y_true, y_pred: (..., classes), equal
        returns:        the same without `axis`

    Reference:
        Lin et al., Focal loss for dense object detection, arXiv:1708.02002.

    Example:
        >>> categorical_focal_crossentropy(np.array([[1.0, 0.0]]), np.array([[0.5, 0.5]])).round(4)
        array([0.0433])
    """
    spec = spec_of(y_pred)
    if label_smoothing:
        y_true = smooth(y_true, label_smoothing, spec.shape[axis])
    weight = ops.convert_to_tensor(alpha, spec.dtype)
    return ops.categorical_focal_crossentropy(
        y_true, y_pred, weight, gamma=gamma, from_logits=from_logits, axis=axis
    )


def categorical_generalized_cross_entropy(y_true: Any, y_pred: Any, q: float) -> Any:
    """Return ``(1 - p**q) / q`` for the probability p of each label.

    Args:
        y_true: Integer labels, or one-hot rows of the shape of the outputs.
        y_pred: The probability of each class.
        q: From near 0, the cross-entropy, to near 1, which forgives wrong labels the most.

    Shapes:
        y_true:  (...) or (..., classes)
        y_pred:  (..., classes)
        returns: (...)

    Reference:
        Zhang & Sabuncu, arXiv:1805.07836.

    Example:
        >>> categorical_generalized_cross_entropy(np.array([1]), np.array([[0.75, 0.25]]), q=0.5)
        array([1.])
    """
    true, pred = spec_of(y_true), spec_of(y_pred)
    if true.shape != pred.shape or pred.shape[-1] == 1:
        y_true = ops.one_hot(labels(y_true, y_pred), pred.shape[-1], dtype=pred.dtype)
    return ops.generalized_crossentropy(y_true, y_pred, q=q)


class BinaryFocalCrossentropy(FunctionLoss):
    """The focal cross-entropy of yes/no predictions, in nats.

    Args:
        apply_class_balancing: Whether to weigh class 1 by `alpha` and class 0 by ``1 - alpha``.
        alpha: The weight of class 1, in [0, 1].
        gamma: How strongly what is predicted well is held back; zero or more.
        from_logits: Whether the outputs are logits; prefer it, it is exact for any logit.
        label_smoothing: Share of each target, in [0, 1], that is moved to one half.
        axis: To take the mean along.
        reduction: As for `Loss`.
        name: For logs.
        dtype: As for `Loss`.

    Reference:
        Lin et al., Focal loss for dense object detection, arXiv:1708.02002.

    Example:
        >>> round(float(BinaryFocalCrossentropy()(np.array([[0.0, 1.0]]), np.array([[0.5, 0.5]]))), 4)
        0.1733
    """

    def __init__(
        self,
        apply_class_balancing: bool = False,
        alpha: float = 0.25,
        gamma: float = 2.0,
        from_logits: bool = False,
        label_smoothing: float = 0.0,
        axis: int = -1,
        reduction: str | None = "sum_over_batch_size",
        name: str | None = "binary_focal_crossentropy",
        dtype: Any = None,
    ) -> None:
        owner = "BinaryFocalCrossentropy"
        real(owner, "alpha", alpha, "[0, 1]")
        real(owner, "gamma", gamma, "[0, inf)")
        real(owner, "label_smoothing", label_smoothing, "[0, 1]")
        whole(owner, "axis", axis, low=-32)
        apply_class_balancing = flag(type(self).__name__, "apply_class_balancing", apply_class_balancing)
        from_logits = flag(type(self).__name__, "from_logits", from_logits)
        super().__init__(
            binary_focal_crossentropy, name, reduction, dtype,
            apply_class_balancing=apply_class_balancing, alpha=alpha, gamma=gamma,
            from_logits=from_logits, label_smoothing=label_smoothing, axis=axis,
        )  # fmt: skip


class CategoricalFocalCrossentropy(FunctionLoss):
    """The focal cross-entropy of class probabilities, in nats.

    Args:
        alpha: The weight of all classes, or a list of one for each.
        gamma: How strongly what is predicted well is held back; zero or more.
        from_logits: Whether the outputs are logits.
        label_smoothing: Share of each target, in [0, 1], that is spread evenly over all classes.
        axis: The axis of the classes.
        reduction: As for `Loss`.
        name: For logs.
        dtype: As for `Loss`.

    Reference:
        Lin et al., Focal loss for dense object detection, arXiv:1708.02002.

    Example:
        >>> round(float(CategoricalFocalCrossentropy()(np.array([[1.0, 0.0]]), np.array([[0.5, 0.5]]))), 4)
        0.0433
    """

    def __init__(
        self,
        alpha: Any = 0.25,
        gamma: float = 2.0,
        from_logits: bool = False,
        label_smoothing: float = 0.0,
        axis: int = -1,
        reduction: str | None = "sum_over_batch_size",
        name: str | None = "categorical_focal_crossentropy",
        dtype: Any = None,
    ) -> None:
        owner = "CategoricalFocalCrossentropy"
        for one in alpha if isinstance(alpha, (list, tuple)) else [alpha]:
            real(owner, "alpha", one, "[0, inf)")
        real(owner, "gamma", gamma, "[0, inf)")
        real(owner, "label_smoothing", label_smoothing, "[0, 1]")
        whole(owner, "axis", axis, low=-32)
        from_logits = flag(type(self).__name__, "from_logits", from_logits)
        super().__init__(
            categorical_focal_crossentropy, name, reduction, dtype,
            alpha=alpha, gamma=gamma, from_logits=from_logits, label_smoothing=label_smoothing, axis=axis,
        )  # fmt: skip


class CategoricalGeneralizedCrossEntropy(FunctionLoss):
    """A cross-entropy of integer labels that is less moved by those that are wrong.

    Args:
        q: Above 0, the cross-entropy, and below 1, which forgives wrong labels the most.
        reduction: As for `Loss`.
        name: For logs.
        dtype: As for `Loss`.

    Shapes:
        y_true:  (batch, ...), integer labels, or (batch, ..., classes), one-hot rows
        y_pred:  (batch, ..., classes)
        returns: (), or (batch, ...) for no reduction

    Reference:
        Zhang & Sabuncu, arXiv:1805.07836.

    Example:
        >>> float(CategoricalGeneralizedCrossEntropy()(np.array([1]), np.array([[0.75, 0.25]])))
        1.0
    """

    def __init__(
        self,
        q: float = 0.5,
        reduction: str | None = "sum_over_batch_size",
        name: str | None = "categorical_generalized_cross_entropy",
        dtype: Any = None,
    ) -> None:
        real("CategoricalGeneralizedCrossEntropy", "q", q, "(0, 1)")
        super().__init__(categorical_generalized_cross_entropy, name, reduction, dtype, q=q)
