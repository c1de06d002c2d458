"""The area under a curve over all thresholds."""

from __future__ import annotations

from typing import Any

import numpy as np

from horn import settings
from horn.api.bounds import choice, flag, real, several, whole
from horn.api.metrics.counting import Counts, check_thresholds, count
from horn.api.metrics.mean import in_float
from horn.api.metrics.metric import Metric
from horn.errors import ArgumentError, ShapeError
from horn.spec import ops
from horn.spec.graph import spec_of

CURVES = ("ROC", "PR", "PRGAIN")
SUMMATIONS = ("interpolation", "minoring", "majoring")


class AUC(Metric):
    """The area under the curve of two rates as the threshold goes from 0 to 1.

    Args:
        num_thresholds: How many thresholds to count at, evenly from 0 to 1, two or more.
        curve: ``"ROC"`` for the true over the false positive rate, ``"PR"`` for precision over
            recall, ``"PRGAIN"`` for their gains over saying yes to all.
        summation_method: ``"interpolation"`` between neighbours, ``"minoring"`` for the lower one
            of them, ``"majoring"`` for the higher one.
        name: For logs.
        dtype: Of the state.
        thresholds: Those to count at, in [0, 1]; one below and one above are added.
        multi_label: Whether to take the area for each label and return the mean of them.
        num_labels: How many labels there are, where that is known.
        label_weights: One factor for each label: of its area in the mean, or without `multi_label`
            of its counts.
        from_logits: Whether to put a sigmoid before.

    Shapes:
        y_true, y_pred: (batch, ...), or (batch, labels) for `multi_label`
        returns:        ()

    Reference:
        Davis & Goadrich, The relationship between precision-recall and ROC curves (ICML 2006), on
        the interpolation between points of precision and recall.
        Flach & Kull, Precision-recall-gain curves (NeurIPS 2015).

    Example:
        >>> m = AUC(num_thresholds=3)
        >>> float(m([0, 0, 1, 1], np.array([0.0, 0.5, 0.3, 0.9])))
        0.75
    """

    def __init__(
        self,
        num_thresholds: int = 200,
        curve: str = "ROC",
        summation_method: str = "interpolation",
        name: str | None = None,
        dtype: Any = None,
        thresholds: Any = None,
        multi_label: bool = False,
        num_labels: int | None = None,
        label_weights: Any = None,
        from_logits: bool = False,
    ) -> None:
        multi_label = flag("AUC", "multi_label", multi_label)
        from_logits = flag("AUC", "from_logits", from_logits)
        choice("AUC", "curve", curve, CURVES)
        choice("AUC", "summation_method", summation_method, SUMMATIONS)
        whole("AUC", "num_thresholds", num_thresholds, low=2)
        if num_labels is not None:
            whole("AUC", "num_labels", num_labels, low=1)
        if num_labels is not None and not multi_label:
            raise ArgumentError(
                "AUC was given a number of labels, but not to look at them one by one.",
                expected="num_labels with multi_label=True alone",
                got=f"num_labels={num_labels}",
                remedy="pass multi_label=True, or leave num_labels out",
            )
        inner = None if thresholds is None else sorted(check_thresholds("AUC", thresholds, 0.5))
        weights = (
            None
            if label_weights is None
            else [real("AUC", "label_weights", w, "[0, inf)") for w in several("AUC", "label_weights", label_weights)]
        )
        super().__init__(dtype, name)
        self.curve, self.summation_method = curve, summation_method
        self.multi_label, self.num_labels, self.label_weights = multi_label, num_labels, weights
        self.from_logits, self.init_thresholds = from_logits, inner
        if inner is None:
            inner = [i / (num_thresholds - 1) for i in range(1, num_thresholds - 1)]
        # The first lies below every output and the last above, so that the curve has both ends.
        self.thresholds = [-settings.epsilon(), *inner, 1.0 + settings.epsilon()]
        self.num_thresholds = len(self.thresholds)
        self.sums: list[Any] = []
        if not self.multi_label or num_labels is not None:
            self._build(num_labels)

    def _build(self, labels: Any) -> None:
        """Make the state: for each threshold, or for each threshold and label."""
        shape = (self.num_thresholds,) if labels is None else (self.num_thresholds, labels)
        self.sums = [self.add_sum(field, shape) for field in Counts._fields]

    def update_state(self, y_true: Any, y_pred: Any, sample_weight: Any = None) -> None:
        """Take a batch into account; the targets are 0 or 1, the outputs in [0, 1]."""
        y_true, y_pred = in_float(y_true, y_pred, self.dtype)
        if self.from_logits:
            y_pred = ops.sigmoid(y_pred)
        if self.multi_label:
            self._check_labels(spec_of(y_pred).shape)
        counts = count(
            y_true, y_pred, self.thresholds, sample_weight, dtype=self.dtype, by_label=self.multi_label,
            label_weights=None if self.multi_label else self.label_weights,
        )  # fmt: skip
        self.accumulate(*zip(self.sums, counts, strict=True))

    def _check_labels(self, shape: Any) -> None:
        known = self.sums[0].shape[1] if self.sums else None
        if len(shape) != 2 or known not in (None, shape[-1]):
            raise ShapeError(
                f"{self.name} was given outputs that are not one for each label.",
                expected=f"shape (batch, {'labels' if known is None else known})",
                got=str(shape),
                remedy="pass outputs with one column for each label",
            )
        if not self.sums:
            self._build(shape[-1])

    def result(self) -> Any:
        """Return the area; zero before the first batch."""
        if not self.sums:
            return ops.zeros((), self.dtype)
        counts = Counts(*[variable.value for variable in self.sums])
        if self.curve == "PR" and self.summation_method == "interpolation":
            areas = _interpolated(counts, self.num_thresholds)
        else:
            areas = self._under(*_curve(self.curve, counts))
        if not self.multi_label:
            return areas
        if self.label_weights is None:
            return ops.mean(areas)
        weights = np.asarray(self.label_weights, "float32")
        return ops.ratio(ops.sum(ops.multiply(areas, ops.cast(weights, self.dtype))), float(weights.sum()))

    def _under(self, x: Any, y: Any) -> Any:
        """Return the sum of the widths, each times a height between the two of its ends."""
        before, after = _pairs(y, self.num_thresholds)
        if self.summation_method == "interpolation":
            height = ops.multiply(ops.add(before, after), 0.5)
        else:
            height = (ops.minimum if self.summation_method == "minoring" else ops.maximum)(before, after)
        left, right = _pairs(x, self.num_thresholds)
        return ops.sum(ops.multiply(ops.subtract(left, right), height), axis=0)

    def get_config(self) -> dict[str, Any]:
        return {
            **super().get_config(),
            "num_thresholds": self.num_thresholds,
            "curve": self.curve,
            "summation_method": self.summation_method,
            "thresholds": self.init_thresholds,
            "multi_label": self.multi_label,
            "num_labels": self.num_labels,
            "label_weights": self.label_weights,
            "from_logits": self.from_logits,
        }


def _pairs(x: Any, thresholds: int) -> tuple[Any, Any]:
    """Return the figures at all thresholds but the last, and at the next ones."""
    rest = spec_of(x).shape[1:]
    zeros = (0,) * len(rest)
    return ops.slice(x, (0, *zeros), (thresholds - 1, *rest)), ops.slice(x, (1, *zeros), (thresholds, *rest))


def _curve(curve: str, counts: Counts) -> tuple[Any, Any]:
    """Return the two rates of a curve, for each threshold."""
    tp, fp, tn, fn = counts
    if curve == "PRGAIN":
        odds = ops.ratio(ops.add(tp, fn), ops.add(tn, fp))
        missed, excess = (ops.multiply(odds, ops.ratio(wrong, tp)) for wrong in (fn, fp))
        recall = ops.where(ops.equal(tp, 0), 0.0, ops.maximum(ops.subtract(1.0, missed), 0.0))
        return recall, ops.subtract(1.0, excess)
    recall = ops.ratio(tp, ops.add(tp, fn))
    return (
        (ops.ratio(fp, ops.add(fp, tn)), recall)
        if curve == "ROC"
        else (recall, ops.ratio(tp, ops.add(tp, fp)))
    )


def _interpolated(counts: Counts, thresholds: int) -> Any:
    """Return the area under precision over recall where true positives grow linearly with all yeses.

    Between two points ``tp = slope * p + start`` with p the number of yeses, so the area is that of
    ``precision d(recall)``, the integral of ``slope * (1 - start / p ...)``, in closed form.
    """
    tp, fp, _, fn = counts
    yes = ops.add(tp, fp)
    (tp_a, tp_b), (yes_a, yes_b), (_, fn_b) = (_pairs(x, thresholds) for x in (tp, yes, fn))
    gained = ops.subtract(tp_a, tp_b)
    slope = ops.ratio(gained, ops.maximum(ops.subtract(yes_a, yes_b), 0.0))
    start = ops.subtract(tp_b, ops.multiply(slope, yes_b))
    both = ops.logical_and(ops.less(0.0, yes_a), ops.less(0.0, yes_b))
    growth = ops.where(both, ops.ratio(yes_a, yes_b), 1.0)
    area = ops.multiply(slope, ops.add(gained, ops.multiply(start, ops.log(growth))))
    return ops.sum(ops.ratio(area, ops.add(tp_b, fn_b)), axis=0)
