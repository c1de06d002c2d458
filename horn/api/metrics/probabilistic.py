"""Means of cross-entropies and of divergences, in nats."""

from __future__ import annotations

from typing import Any

from horn.api.bounds import flag, real, whole
from horn.api.losses.crossentropy import (
    binary_crossentropy,
    categorical_crossentropy,
    sparse_categorical_crossentropy,
)
from horn.api.losses.probabilistic import kl_divergence, poisson
from horn.api.metrics.mean import MeanMetricWrapper


class BinaryCrossentropy(MeanMetricWrapper):
    """The mean cross-entropy of yes/no predictions.

    Args:
        name: For logs.
        dtype: Of the state.
        from_logits: Whether the outputs are logits.
        label_smoothing: Share of each target, in [0, 1], that is spread evenly.

    Example:
        >>> round(float(BinaryCrossentropy()(np.array([[0.0, 1.0]]), np.array([[0.5, 0.5]]))), 4)
        0.6931
    """

    def __init__(
        self,
        name: str | None = "binary_crossentropy",
        dtype: Any = None,
        from_logits: bool = False,
        label_smoothing: float = 0,
    ) -> None:
        real("BinaryCrossentropy", "label_smoothing", label_smoothing, "[0, 1]")
        from_logits = flag(type(self).__name__, "from_logits", from_logits)
        super().__init__(
            binary_crossentropy, name, dtype, from_logits=from_logits, label_smoothing=label_smoothing
        )


class CategoricalCrossentropy(MeanMetricWrapper):
    """The mean cross-entropy of class probabilities.

    Args:
        name: For logs.
        dtype: Of the state.
        from_logits: Whether the outputs are logits.
        label_smoothing: Share of each target, in [0, 1], that is spread evenly.
        axis: The axis of the classes.

    Example:
        >>> round(float(CategoricalCrossentropy()(np.array([[0.0, 1.0]]), np.array([[0.5, 0.5]]))), 4)
        0.6931
    """

    def __init__(
        self,
        name: str | None = "categorical_crossentropy",
        dtype: Any = None,
        from_logits: bool = False,
        label_smoothing: float = 0,
        axis: int = -1,
    ) -> None:
        real("CategoricalCrossentropy", "label_smoothing", label_smoothing, "[0, 1]")
        whole("CategoricalCrossentropy", "axis", axis, low=-32)
        from_logits = flag(type(self).__name__, "from_logits", from_logits)
        super().__init__(
            categorical_crossentropy,
            name,
            dtype,
            from_logits=from_logits,
            label_smoothing=label_smoothing,
            axis=axis,
        )


class SparseCategoricalCrossentropy(MeanMetricWrapper):
    """The mean cross-entropy of integer labels.

    Args:
        name: For logs.
        dtype: Of the state.
        from_logits: Whether the outputs are logits.
        ignore_class: A label that counts as a cross-entropy of zero.
        axis: The axis of the classes.

    Shapes:
        y_true:  (batch, ...), integer labels; or with an axis of size one behind them
        y_pred:  (batch, ..., classes)
        result:  ()

    Example:
        >>> round(float(SparseCategoricalCrossentropy()(np.array([1]), np.array([[0.5, 0.5]]))), 4)
        0.6931
    """

    def __init__(
        self,
        name: str | None = "sparse_categorical_crossentropy",
        dtype: Any = None,
        from_logits: bool = False,
        ignore_class: int | None = None,
        axis: int = -1,
    ) -> None:
        if ignore_class is not None:
            whole("SparseCategoricalCrossentropy", "ignore_class", ignore_class, low=-(2**31))
        whole("SparseCategoricalCrossentropy", "axis", axis, low=-32)
        from_logits = flag(type(self).__name__, "from_logits", from_logits)
        super().__init__(
            sparse_categorical_crossentropy,
            name,
            dtype,
            from_logits=from_logits,
            ignore_class=ignore_class,
            axis=axis,
        )


class KLDivergence(MeanMetricWrapper):
    """The mean of the sums of ``y_true log(y_true / y_pred)``.

    Args:
        name: For logs.
        dtype: Of the state.

    Example:
        >>> round(float(KLDivergence()(np.array([[0.5, 0.5]]), np.array([[0.25, 0.75]]))), 4)
        0.1438
    """

    def __init__(self, name: str | None = "kl_divergence", dtype: Any = None) -> None:
        super().__init__(kl_divergence, name, dtype)


class Poisson(MeanMetricWrapper):
    """The mean of ``y_pred - y_true log(y_pred)``.

    Args:
        name: For logs.
        dtype: Of the state.

    Example:
        >>> round(float(Poisson()(np.array([[2.0]]), np.array([[1.0]]))), 4)
        1.0
    """

    def __init__(self, name: str | None = "poisson", dtype: Any = None) -> None:
        super().__init__(poisson, name, dtype)
