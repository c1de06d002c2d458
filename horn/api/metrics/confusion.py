"""Metrics of yes/no answers: the four counts, precision and recall."""

from __future__ import annotations

from typing import Any

from horn.api.bounds import whole
from horn.api.metrics.counting import check_thresholds, count
from horn.api.metrics.mean import in_float
from horn.api.metrics.metric import Metric
from horn.spec import ops

_EVERYTHING = -1e10
"""Below any output, above what `top_k` leaves out."""


def single(values: Any, thresholds: list[float]) -> Any:
    """Return a figure for each threshold, or a scalar where there is one threshold."""
    return ops.reshape(values, ()) if len(thresholds) == 1 else values


class _Count(Metric):
    """One of the four counts.

    Args:
        thresholds: One or more, in [0, 1]; 0.5 unless given.
        name: For logs.
        dtype: Of the state.

    Shapes:
        y_true:  (batch, ...), 0 or 1
        y_pred:  (batch, ...), as `y_true`
        result:  (), or (thresholds,) for several
    """

    which: str

    def __init__(self, thresholds: Any = None, name: str | None = None, dtype: Any = None) -> None:
        found = check_thresholds(type(self).__name__, thresholds, 0.5)
        super().__init__(dtype, name)
        self.init_thresholds, self.thresholds = thresholds, found
        self.accumulator = self.add_sum("accumulator", (len(found),))

    def update_state(self, y_true: Any, y_pred: Any, sample_weight: Any = None) -> None:
        """Take a batch into account; the targets are 0 or 1."""
        y_true, y_pred = in_float(y_true, y_pred, self.dtype)
        counts = count(y_true, y_pred, self.thresholds, sample_weight, dtype=self.dtype)
        self.accumulate((self.accumulator, getattr(counts, self.which)))

    def result(self) -> Any:
        return single(self.accumulator.value, self.thresholds)

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "thresholds": self.init_thresholds}


class TruePositives(_Count):
    """How many outputs rightly say yes; scalar, or one for each threshold.

    Args:
        thresholds: One or more, in [0, 1], that an output has to exceed; 0.5 unless given.
        name: For logs.
        dtype: Of the state.

    Example:
        >>> float(TruePositives()([0, 1, 1], np.array([0.9, 0.8, 0.2])))
        1.0
    """

    which = "true_positives"


class FalsePositives(_Count):
    """How many outputs wrongly say yes; scalar, or one for each threshold.

    Args:
        thresholds: One or more, in [0, 1], that an output has to exceed; 0.5 unless given.
        name: For logs.
        dtype: Of the state.

    Example:
        >>> float(FalsePositives()([0, 1, 1], np.array([0.9, 0.8, 0.2])))
        1.0
    """

    which = "false_positives"


class TrueNegatives(_Count):
    """How many outputs rightly say no; scalar, or one for each threshold.

    Args:
        thresholds: One or more, in [0, 1], that an output has to exceed; 0.5 unless given.
        name: For logs.
        dtype: Of the state.

    Example:
        >>> float(TrueNegatives()([0, 1, 1], np.array([0.9, 0.8, 0.2])))
        0.0
    """

    which = "true_negatives"


class FalseNegatives(_Count):
    """How many outputs wrongly say no; scalar, or one for each threshold.

    Args:
        thresholds: One or more, in [0, 1], that an output has to exceed; 0.5 unless given.
        name: For logs.
        dtype: Of the state.

    Example:
        >>> float(FalseNegatives()([0, 1, 1], np.array([0.9, 0.8, 0.2])))
        1.0
    """

    which = "false_negatives"


class _Share(Metric):
    """The share of true positives among themselves and one kind of error.

    Shapes:
        y_true:  (batch, ...), 0 or 1
        y_pred:  (batch, ...), as `y_true`
        result:  (), or (thresholds,) for several
    """

    wrong: str

    def __init__(
        self,
        thresholds: Any = None,
        top_k: int | None = None,
        class_id: int | None = None,
        name: str | None = None,
        dtype: Any = None,
    ) -> None:
        owner = type(self).__name__
        found = check_thresholds(owner, thresholds, 0.5 if top_k is None else _EVERYTHING)
        if top_k is not None:
            whole(owner, "top_k", top_k, low=1)
        if class_id is not None:
            whole(owner, "class_id", class_id, low=0)
        super().__init__(dtype, name)
        self.init_thresholds, self.thresholds = thresholds, found
        self.top_k, self.class_id = top_k, class_id
        self.true_positives = self.add_sum("true_positives", (len(found),))
        setattr(self, self.wrong, self.add_sum(self.wrong, (len(found),)))

    def update_state(self, y_true: Any, y_pred: Any, sample_weight: Any = None) -> None:
        """Take a batch into account; the targets are 0 or 1."""
        y_true, y_pred = in_float(y_true, y_pred, self.dtype)
        counts = count(
            y_true, y_pred, self.thresholds, sample_weight,
            dtype=self.dtype, class_id=self.class_id, top_k=self.top_k,
        )  # fmt: skip
        wrong = getattr(self, self.wrong)
        self.accumulate((self.true_positives, counts.true_positives), (wrong, getattr(counts, self.wrong)))

    def result(self) -> Any:
        right = self.true_positives.value
        return single(ops.ratio(right, ops.add(right, getattr(self, self.wrong))), self.thresholds)

    def get_config(self) -> dict[str, Any]:
        own = {"thresholds": self.init_thresholds, "top_k": self.top_k, "class_id": self.class_id}
        return {**super().get_config(), **own}


class Precision(_Share):
    """The share of the outputs that say yes which is right; zero where none does.

    Args:
        thresholds: One or more, in [0, 1], that an output has to exceed; 0.5 unless given, and
            none with `top_k`.
        top_k: How many of the largest outputs of an example can say yes.
        class_id: Which class to look at, along the last axis; None for all.
        name: For logs.
        dtype: Of the state.

    Example:
        >>> round(float(Precision()([0, 1, 1, 1], np.array([1.0, 0.0, 1.0, 1.0]))), 4)
        0.6667
    """

    wrong = "false_positives"


class Recall(_Share):
    """The share of the targets that are yes which the outputs find; zero where there is none.

    Args:
        thresholds: One or more, in [0, 1], that an output has to exceed; 0.5 unless given, and
            none with `top_k`.
        top_k: How many of the largest outputs of an example can say yes.
        class_id: Which class to look at, along the last axis; None for all.
        name: For logs.
        dtype: Of the state.

    Example:
        >>> round(float(Recall()([0, 1, 1, 1], np.array([1.0, 0.0, 1.0, 1.0]))), 4)
        0.6667
    """

    wrong = "false_negatives"
