"""The best of one figure over all thresholds at which another is good enough."""

from __future__ import annotations

from typing import Any

from horn.api.bounds import real, whole
from horn.api.metrics.counting import Counts, count
from horn.api.metrics.mean import in_float
from horn.api.metrics.metric import Metric
from horn.spec import ops


class _Tradeoff(Metric):
    """The largest `_wanted` at a threshold where `_asked` is at least a value."""

    asked: str

    def __init__(
        self, value: float, num_thresholds: int, class_id: int | None, name: str | None, dtype: Any
    ) -> None:
        owner = type(self).__name__
        real(owner, self.asked, value, "[0, 1]")
        whole(owner, "num_thresholds", num_thresholds, low=1)
        if class_id is not None:
            whole(owner, "class_id", class_id, low=0)
        super().__init__(dtype, name)
        self.value, self.num_thresholds, self.class_id = value, num_thresholds, class_id
        last = num_thresholds - 1
        self.thresholds = [i / last for i in range(num_thresholds)] if last else [0.5]
        self.sums = [self.add_sum(field, (num_thresholds,)) for field in Counts._fields]

    def update_state(self, y_true: Any, y_pred: Any, sample_weight: Any = None) -> None:
        """Take a batch into account; the targets are 0 or 1, the outputs in [0, 1]."""
        y_true, y_pred = in_float(y_true, y_pred, self.dtype)
        counts = count(
            y_true, y_pred, self.thresholds, sample_weight, dtype=self.dtype, class_id=self.class_id
        )
        self.accumulate(*zip(self.sums, counts, strict=True))

    def figures(self, counts: Counts) -> tuple[Any, Any]:
        """Return what is asked for and what is wanted, for each threshold."""
        raise NotImplementedError

    def result(self) -> Any:
        """Return the largest figure; zero where no threshold is good enough."""
        asked, wanted = self.figures(Counts(*[variable.value for variable in self.sums]))
        return ops.max(ops.where(ops.less_equal(self.value, asked), wanted, 0.0))

    def get_config(self) -> dict[str, Any]:
        own = {self.asked: self.value, "num_thresholds": self.num_thresholds, "class_id": self.class_id}
        return {**super().get_config(), **own}


def _share(right: Any, wrong: Any) -> Any:
    return ops.ratio(right, ops.add(right, wrong))


def _sensitivity(counts: Counts) -> Any:
    return _share(counts.true_positives, counts.false_negatives)


def _specificity(counts: Counts) -> Any:
    return _share(counts.true_negatives, counts.false_positives)


def _precision(counts: Counts) -> Any:
    return _share(counts.true_positives, counts.false_positives)


class SensitivityAtSpecificity(_Tradeoff):
    """The largest share of the positives that is found, where a share of the negatives is told right.

    Args:
        specificity: The share of the negatives, in [0, 1].
        num_thresholds: How many thresholds to try, evenly from 0 to 1.
        class_id: Which class to look at, along the last axis; None for all.
        name: For logs.
        dtype: Of the state.

    Example:
        >>> m = SensitivityAtSpecificity(0.5)
        >>> float(m([0, 0, 0, 1, 1], np.array([0.0, 0.3, 0.8, 0.3, 0.8])))
        0.5
    """

    asked = "specificity"

    def __init__(
        self,
        specificity: float,
        num_thresholds: int = 200,
        class_id: int | None = None,
        name: str | None = None,
        dtype: Any = None,
    ) -> None:
        super().__init__(specificity, num_thresholds, class_id, name, dtype)

    def figures(self, counts: Counts) -> tuple[Any, Any]:
        return _specificity(counts), _sensitivity(counts)


class SpecificityAtSensitivity(_Tradeoff):
    """The largest share of the negatives that is told right, where a share of the positives is found.

    Args:
        sensitivity: The share of the positives, in [0, 1].
        num_thresholds: How many thresholds to try, evenly from 0 to 1.
        class_id: Which class to look at, along the last axis; None for all.
        name: For logs.
        dtype: Of the state.

    Example:
        >>> m = SpecificityAtSensitivity(0.5)
        >>> round(float(m([0, 0, 0, 1, 1], np.array([0.0, 0.3, 0.8, 0.3, 0.8]))), 4)
        0.6667
    """

    asked = "sensitivity"

    def __init__(
        self,
        sensitivity: float,
        num_thresholds: int = 200,
        class_id: int | None = None,
        name: str | None = None,
        dtype: Any = None,
    ) -> None:
        super().__init__(sensitivity, num_thresholds, class_id, name, dtype)

    def figures(self, counts: Counts) -> tuple[Any, Any]:
        return _sensitivity(counts), _specificity(counts)


class PrecisionAtRecall(_Tradeoff):
    """The largest precision where the recall is at least a value.

    Args:
        recall: In [0, 1].
        num_thresholds: How many thresholds to try, evenly from 0 to 1.
        class_id: Which class to look at, along the last axis; None for all.
        name: For logs.
        dtype: Of the state.

    Example:
        >>> m = PrecisionAtRecall(0.5)
        >>> float(m([0, 0, 0, 1, 1], np.array([0.0, 0.3, 0.8, 0.3, 0.8])))
        0.5
    """

    asked = "recall"

    def __init__(
        self,
        recall: float,
        num_thresholds: int = 200,
        class_id: int | None = None,
        name: str | None = None,
        dtype: Any = None,
    ) -> None:
        super().__init__(recall, num_thresholds, class_id, name, dtype)

    def figures(self, counts: Counts) -> tuple[Any, Any]:
        return _sensitivity(counts), _precision(counts)


class RecallAtPrecision(_Tradeoff):
    """The largest recall where the precision is at least a value.

    Args:
        precision: In [0, 1].
        num_thresholds: How many thresholds to try, evenly from 0 to 1.
        class_id: Which class to look at, along the last axis; None for all.
        name: For logs.
        dtype: Of the state.

    Example:
        >>> m = RecallAtPrecision(0.8)
        >>> float(m([0, 0, 1, 1], np.array([0.0, 0.5, 0.3, 0.9])))
        0.5
    """

    asked = "precision"

    def __init__(
        self,
        precision: float,
        num_thresholds: int = 200,
        class_id: int | None = None,
        name: str | None = None,
        dtype: Any = None,
    ) -> None:
        super().__init__(precision, num_thresholds, class_id, name, dtype)

    def figures(self, counts: Counts) -> tuple[Any, Any]:
        return _precision(counts), _sensitivity(counts)
