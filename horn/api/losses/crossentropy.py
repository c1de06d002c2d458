"""Cross-entropies: of yes/no predictions, of class probabilities, of integer labels."""

from __future__ import annotations

from typing import Any

from horn import dtypes
from horn.api.bounds import flag, real, whole
from horn.api.losses.base import FunctionLoss
from horn.spec import ops
from horn.spec.graph import spec_of


def smooth(y_true: Any, share: float, classes: Any) -> Any:
    """Return targets of which a share is spread evenly over all classes."""
    return ops.add(ops.multiply(y_true, 1.0 - share), share / classes) if share else y_true


def binary_crossentropy(
    y_true: Any, y_pred: Any, from_logits: bool = False, label_smoothing: float = 0.0, axis: int = -1
) -> Any:
    """Return the cross-entropy of yes/no predictions, the mean over `axis`, in nats.

    Args:
        y_true: 0 or 1, or a probability.
        y_pred: Probabilities, or logits.
        from_logits: Whether the outputs are logits; prefer it, it is exact for any logit.
        label_smoothing: Share of each target, in [0, 1], that is moved to one half.
        axis: To take the mean along.

    Shapes:
        y_true, y_pred: equal
        returns:        the same without `axis`

    Example:
        >>> binary_crossentropy(np.array([[0.0, 1.0]]), np.array([[0.5, 0.5]])).round(4)
        array([0.6931])
    """
    y_true = smooth(y_true, label_smoothing, 2)
    return ops.mean(ops.binary_crossentropy(y_true, y_pred, from_logits=from_logits), axis=axis)


def categorical_crossentropy(
    y_true: Any, y_pred: Any, from_logits: bool = False, label_smoothing: float = 0.0, axis: int = -1
) -> Any:
    """Return the cross-entropy of class probabilities along `axis`, in nats.

    Args:
        y_true: Probability of each class: a one-hot row for a certain one.
        y_pred: Probabilities, normalised here to sum one, or logits.
        from_logits: Whether the outputs are logits; prefer it, it is exact for any logit.
        label_smoothing: Share of each target, in [0, 1], that is spread evenly over all classes.
        axis: The axis of the classes.

    Shapes:
        y_true, y_pred: (..., classes), equal
        returns:        the same without `axis`

    Reference:
        Szegedy et al., arXiv:1512.00567, section 7, on label smoothing.

    Example:
        >>> categorical_crossentropy(np.array([[1.0, 0.0]]), np.array([[0.5, 0.5]])).round(4)
        array([0.6931])
    """
    if label_smoothing:
        y_true = smooth(y_true, label_smoothing, spec_of(y_pred).shape[axis])
    return ops.categorical_crossentropy(y_true, y_pred, from_logits=from_logits, axis=axis)


def sparse_categorical_crossentropy(
    y_true: Any, y_pred: Any, from_logits: bool = False, ignore_class: int | None = None, axis: int = -1
) -> Any:
    """Return the cross-entropy of integer labels, in nats; labels (N, 1) are taken as (N,).

    Args:
        y_true: The label of each example.
        y_pred: Probabilities, normalised here to sum one, or logits.
        from_logits: Whether the outputs are logits; prefer it, it is exact for any logit.
        ignore_class: A label whose examples have a loss of zero, such as that of padding.
        axis: The axis of the classes.

    Shapes:
        y_true:  (...), integers
        y_pred:  (..., classes)
        returns: (...)

    Example:
        >>> sparse_categorical_crossentropy(np.array([1]), np.array([[0.5, 0.5]])).round(4)
        array([0.6931])
    """
    y_true = labels(y_true, y_pred)
    if ignore_class is None:
        return ops.sparse_categorical_crossentropy(y_true, y_pred, from_logits=from_logits, axis=axis)
    counted = ops.not_equal(y_true, ignore_class)
    y_true = ops.where(counted, y_true, 0)
    values = ops.sparse_categorical_crossentropy(y_true, y_pred, from_logits=from_logits, axis=axis)
    return ops.where(counted, values, 0.0)


def labels(y_true: Any, y_pred: Any) -> Any:
    """Return integer labels without a last axis of size one, where they have one too many."""
    true = spec_of(y_true)
    if len(true.shape) == len(spec_of(y_pred).shape) and true.shape[-1] == 1:
        y_true = ops.reshape(y_true, true.shape[:-1])
    return y_true if dtypes.is_integer(true.dtype) else ops.cast(y_true, "int32")


class BinaryCrossentropy(FunctionLoss):
    """The cross-entropy of yes/no predictions, in nats.

    Args:
        from_logits: Whether the outputs are logits; prefer it, it is exact for any logit.
        label_smoothing: Share of each target, in [0, 1], that is moved to one half.
        axis: To take the mean along.
        reduction: As for `Loss`.
        name: For logs.
        dtype: As for `Loss`.

    Example:
        >>> round(float(BinaryCrossentropy()(np.array([[0.0, 1.0]]), np.array([[0.5, 0.5]]))), 4)
        0.6931
    """

    def __init__(
        self,
        from_logits: bool = False,
        label_smoothing: float = 0.0,
        axis: int = -1,
        reduction: str | None = "sum_over_batch_size",
        name: str | None = "binary_crossentropy",
        dtype: Any = None,
    ) -> None:
        real("BinaryCrossentropy", "label_smoothing", label_smoothing, "[0, 1]")
        whole("BinaryCrossentropy", "axis", axis, low=-32)
        from_logits = flag(type(self).__name__, "from_logits", from_logits)
        super().__init__(
            binary_crossentropy, name, reduction, dtype,
            from_logits=from_logits, label_smoothing=label_smoothing, axis=axis,
        )  # fmt: skip


class CategoricalCrossentropy(FunctionLoss):
    """The cross-entropy of class probabilities, in nats; the targets are probabilities too.

    Args:
        from_logits: Whether the outputs are logits; prefer it, it is exact for any logit.
        label_smoothing: Share of each target, in [0, 1], that is spread evenly over all classes.
        axis: The axis of the classes.
        reduction: As for `Loss`.
        name: For logs.
        dtype: As for `Loss`.

    Reference:
        Szegedy et al., Rethinking the Inception architecture for computer vision, arXiv:1512.00567,
        section 7, on label smoothing.

    Example:
        >>> round(float(CategoricalCrossentropy()(np.array([[1.0, 0.0]]), np.array([[0.5, 0.5]]))), 4)
        0.6931
    """

    def __init__(
        self,
        from_logits: bool = False,
        label_smoothing: float = 0.0,
        axis: int = -1,
        reduction: str | None = "sum_over_batch_size",
        name: str | None = "categorical_crossentropy",
        dtype: Any = None,
    ) -> None:
        real("CategoricalCrossentropy", "label_smoothing", label_smoothing, "[0, 1]")
        whole("CategoricalCrossentropy", "axis", axis, low=-32)
        from_logits = flag(type(self).__name__, "from_logits", from_logits)
        super().__init__(
            categorical_crossentropy, name, reduction, dtype,
            from_logits=from_logits, label_smoothing=label_smoothing, axis=axis,
        )  # fmt: skip


class SparseCategoricalCrossentropy(FunctionLoss):
    """The cross-entropy of integer labels, in nats.

    Args:
        from_logits: Whether the outputs are logits; prefer it, it is exact for any logit.
        ignore_class: A label whose examples do not count, such as that of padding.
        reduction: As for `Loss`.
        axis: The axis of the classes.
        name: For logs.
        dtype: As for `Loss`.

    Shapes:
        y_true:  (batch, ...), integer labels; or with an axis of size one behind them
        y_pred:  (batch, ..., classes)
        returns: (), or (batch, ...) for no reduction

    Example:
        >>> round(float(SparseCategoricalCrossentropy()(np.array([1]), np.array([[0.5, 0.5]]))), 4)
        0.6931
    """

    def __init__(
        self,
        from_logits: bool = False,
        ignore_class: int | None = None,
        reduction: str | None = "sum_over_batch_size",
        axis: int = -1,
        name: str | None = "sparse_categorical_crossentropy",
        dtype: Any = None,
    ) -> None:
        whole("SparseCategoricalCrossentropy", "axis", axis, low=-32)
        if ignore_class is not None:
            whole("SparseCategoricalCrossentropy", "ignore_class", ignore_class, low=-(2**31))
        from_logits = flag(type(self).__name__, "from_logits", from_logits)
        super().__init__(
            sparse_categorical_crossentropy, name, reduction, dtype,
            from_logits=from_logits, ignore_class=ignore_class, axis=axis,
        )  # fmt: skip

    def counted(self, y_true: Any, y_pred: Any, values: Any) -> Any:
        del values
        ignored = self.options["ignore_class"]
        return None if ignored is None else ops.not_equal(labels(y_true, y_pred), ignored)
