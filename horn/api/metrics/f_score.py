"""Harmonic means of precision and recall."""

from __future__ import annotations

from typing import Any

from horn.api.bounds import choice, real
from horn.api.losses.base import match_rank
from horn.api.metrics.mean import in_float
from horn.api.metrics.metric import Metric
from horn.errors import ShapeError
from horn.spec import ops
from horn.spec.graph import spec_of
from horn.spec.laws import need_equal_targets, need_rank

_AVERAGES = ("micro", "macro", "weighted")


class FBetaScore(Metric):
    """The weighted harmonic mean of precision and recall, for each class or in one figure.

    It is ``(1 + beta**2) * precision * recall / (beta**2 * precision + recall)``.

    Args:
        average: None for one figure a class, ``"micro"`` for all counts together, ``"macro"`` for
            the mean over the classes, ``"weighted"`` for the mean by how often each occurs.
        beta: How many times recall counts as much as precision; above zero.
        threshold: In (0, 1], what an output has to exceed to say yes; None for the largest of each
            example.
        name: For logs.
        dtype: Of the state.

    Shapes:
        y_true, y_pred: (batch, classes)
        returns:        (classes,) without an average, else ()

    Reference:
        van Rijsbergen, Information retrieval, 2nd edition (1979), chapter 7.

    Example:
        >>> m = FBetaScore(beta=2.0, threshold=0.5)
        >>> m(np.array([[1, 1], [1, 0]]), np.array([[0.2, 0.6], [0.9, 0.7]])).round(4)
        array([0.5556, 0.8333], dtype=float32)
    """

    def __init__(
        self,
        average: str | None = None,
        beta: float = 1.0,
        threshold: float | None = None,
        name: str | None = "fbeta_score",
        dtype: Any = None,
    ) -> None:
        owner = type(self).__name__
        if average is not None:
            choice(owner, "average", average, _AVERAGES)
        real(owner, "beta", beta, "(0, inf)")
        if threshold is not None:
            real(owner, "threshold", threshold, "(0, 1]")
        super().__init__(dtype, name)
        self.average, self.beta, self.threshold = average, beta, threshold
        self.sums: list[Any] = []

    def _build(self, classes: Any) -> None:
        """Make the state: true and false positives, false negatives, and how often each class occurs."""
        shape = () if self.average == "micro" else (classes,)
        names = ("true_positives", "false_positives", "false_negatives", "intermediate_weights")
        self.sums = [self.add_sum(name, shape) for name in names]
        self._classes = classes

    def update_state(self, y_true: Any, y_pred: Any, sample_weight: Any = None) -> None:
        """Take a batch into account; the targets are rows of 0 and 1."""
        y_true, y_pred = match_rank(*in_float(y_true, y_pred, self.dtype))
        need_rank(self.name, spec_of(y_pred), 2)
        need_equal_targets(self.name, spec_of(y_true), spec_of(y_pred))
        batch, classes = spec_of(y_pred).shape
        if not self.sums:
            self._build(classes)
        if classes != self._classes:
            raise ShapeError(
                f"{self.name} was given another number of classes than before.",
                expected=f"shape (batch, {self._classes})",
                got=str(spec_of(y_pred).shape),
                remedy="make a metric for each number of classes",
            )
        if self.threshold is None:
            best = ops.equal(y_pred, ops.max(y_pred, axis=-1, keepdims=True))
            said = ops.logical_and(best, ops.less(1e-9, ops.absolute(y_pred)))  # a row of zeros says nothing
        else:
            said = ops.less(self.threshold, y_pred)
        yes, said = ops.cast(y_true, self.dtype), ops.cast(said, self.dtype)
        no, silent = ops.subtract(1.0, yes), ops.subtract(1.0, said)
        pairs = ((yes, said), (no, said), (yes, silent))
        values = [*(ops.multiply(a, b) for a, b in pairs), yes]
        if sample_weight is not None:
            weight = ops.reshape(ops.cast(sample_weight, self.dtype), (batch, 1))
            values = [ops.multiply(value, weight) for value in values]
        axis = None if self.average == "micro" else 0
        self.accumulate(
            *((total, ops.sum(value, axis=axis)) for total, value in zip(self.sums, values, strict=True))
        )

    def result(self) -> Any:
        """Return the score; zero before the first batch, and for classes that do not occur."""
        if not self.sums:
            return ops.zeros((), self.dtype)
        tp, fp, fn, weight = (variable.value for variable in self.sums)
        square = self.beta**2
        wrong = ops.add(fp, ops.multiply(fn, square))
        right = ops.multiply(tp, 1.0 + square)
        score = ops.ratio(right, ops.add(right, wrong))
        if self.average == "macro":
            return ops.mean(score)
        if self.average == "weighted":
            return ops.ratio(ops.sum(ops.multiply(score, weight)), ops.sum(weight))
        return score

    def get_config(self) -> dict[str, Any]:
        own = {"average": self.average, "beta": self.beta, "threshold": self.threshold}
        return {**super().get_config(), **own}


class F1Score(FBetaScore):
    """The harmonic mean of precision and recall, for each class or in one figure.

    Args:
        average: None for one figure a class, ``"micro"`` for all counts together, ``"macro"`` for
            the mean over the classes, ``"weighted"`` for the mean by how often each occurs.
        threshold: In (0, 1], what an output has to exceed to say yes; None for the largest of each
            example.
        name: For logs.
        dtype: Of the state.

    Shapes:
        y_true, y_pred: (batch, classes)
        returns:        (classes,) without an average, else ()

    Example:
        >>> m = F1Score(average="micro")
        >>> float(m(np.array([[1, 0], [0, 1]]), np.array([[0.8, 0.2], [0.9, 0.1]])))
        0.5
    """

    def __init__(
        self,
        average: str | None = None,
        threshold: float | None = None,
        name: str | None = "f1_score",
        dtype: Any = None,
    ) -> None:
        super().__init__(average, 1.0, threshold, name, dtype)

    def get_config(self) -> dict[str, Any]:
        config = super().get_config()
        del config["beta"]
        return config
