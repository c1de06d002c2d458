"""Intersection over union, from a matrix of how often each class is taken for each."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from horn.api.bounds import flag, real, several, whole
from horn.api.metrics.metric import Metric
from horn.errors import ArgumentError
from horn.spec import ops
from horn.spec.graph import spec_of
from horn.spec.laws import need_equal_targets

if TYPE_CHECKING:
    from collections.abc import Sequence


class _IoUBase(Metric):
    """The confusion matrix: row i, column j counts targets of class i that were taken for class j.

    Args:
        num_classes: How many classes there are.
        name: For logs.
        dtype: Of the state.
        ignore_class: A label whose elements do not count.
        sparse_y_true: Whether the targets are labels, and not rows of probabilities.
        sparse_y_pred: Whether the outputs are labels, and not rows of probabilities.
        axis: The axis of those rows.

    Shapes:
        y_true:  (batch, ...), labels, or with an axis of classes more
        y_pred:  (batch, ...), labels, or with an axis of classes more
        result:  ()

    Reference:
        Everingham et al., The PASCAL visual object classes (VOC) challenge, International Journal of Computer
        Vision 88 (2010) 303-338.
    """

    def __init__(
        self,
        num_classes: int,
        name: str | None = None,
        dtype: Any = None,
        ignore_class: int | None = None,
        sparse_y_true: bool = True,
        sparse_y_pred: bool = True,
        axis: int = -1,
    ) -> None:
        owner = type(self).__name__
        whole(owner, "num_classes", num_classes, low=1)
        whole(owner, "axis", axis, low=-32)
        if ignore_class is not None:
            whole(owner, "ignore_class", ignore_class, low=-(2**31))
        super().__init__(dtype, name)
        self.num_classes, self.ignore_class, self.axis = num_classes, ignore_class, axis
        self.sparse_y_true = flag(owner, "sparse_y_true", sparse_y_true)
        self.sparse_y_pred = flag(owner, "sparse_y_pred", sparse_y_pred)
        self.target_class_ids: list[int] = list(range(num_classes))
        self.total_cm = self.add_sum("total_confusion_matrix", (num_classes, num_classes))

    def update_state(self, y_true: Any, y_pred: Any, sample_weight: Any = None) -> None:
        """Take a batch into account; elements whose label is no class do not count."""
        if not self.sparse_y_true:
            y_true = ops.argmax(y_true, axis=self.axis)
        if not self.sparse_y_pred:
            y_pred = ops.argmax(y_pred, axis=self.axis)
        y_true, y_pred = ops.cast(y_true, "int32"), ops.cast(y_pred, "int32")
        y_true, y_pred = ops.reshape(y_true, (-1,)), ops.reshape(y_pred, (-1,))
        need_equal_targets(self.name, spec_of(y_true), spec_of(y_pred))
        legal = ops.logical_and(self._is_class(y_true), self._is_class(y_pred))
        if self.ignore_class is not None:
            legal = ops.logical_and(legal, ops.not_equal(y_true, self.ignore_class))
        place = ops.where(legal, ops.add(ops.multiply(y_true, self.num_classes), y_pred), -1)
        weight = ops.ones_like(y_true)
        if sample_weight is not None:
            weight = self._flat(sample_weight, spec_of(y_true).shape)
        counts = ops.segment_sum(weight, place, num_segments=self.num_classes**2)
        self.accumulate((self.total_cm, ops.reshape(counts, (self.num_classes, self.num_classes))))

    def _flat(self, sample_weight: Any, shape: Any) -> Any:
        weight = ops.cast(sample_weight, self.dtype)
        rank = len(spec_of(weight).shape)
        return ops.broadcast_to(weight, shape) if rank == 0 else ops.reshape(weight, shape)

    def _is_class(self, label: Any) -> Any:
        return ops.logical_and(ops.less_equal(0, label), ops.less(label, self.num_classes))

    def result(self) -> Any:
        """Return the mean over the classes that are asked for and occur."""
        chosen = [float(i in self.target_class_ids) for i in range(self.num_classes)]
        wanted = ops.convert_to_tensor(chosen, self.dtype)
        classes = ops.arange(self.num_classes)
        diagonal = ops.equal(ops.expand_dims(classes, 0), ops.expand_dims(classes, 1))
        matrix = self.total_cm.value
        both = ops.sum(ops.where(diagonal, matrix, 0.0), axis=0)
        either = ops.subtract(ops.add(ops.sum(matrix, axis=0), ops.sum(matrix, axis=1)), both)
        occurs = ops.multiply(wanted, ops.cast(ops.less(0.0, either), self.dtype))
        return ops.ratio(ops.sum(ops.multiply(ops.ratio(both, either), occurs)), ops.sum(occurs))

    def get_config(self) -> dict[str, Any]:
        return {
            **super().get_config(),
            "num_classes": self.num_classes,
            "ignore_class": self.ignore_class,
            "sparse_y_true": self.sparse_y_true,
            "sparse_y_pred": self.sparse_y_pred,
            "axis": self.axis,
        }


class IoU(_IoUBase):
    """The elements in both target and output over those in either, the mean over some classes.

    Args:
        num_classes: How many classes there are.
        target_class_ids: Which of them to take the mean over.
        name: For logs.
        dtype: Of the state.
        ignore_class: A label whose elements do not count.
        sparse_y_true: Whether the targets are labels, and not rows of probabilities.
        sparse_y_pred: Whether the outputs are labels, and not rows of probabilities.
        axis: The axis of those rows.

    Example:
        >>> round(float(IoU(num_classes=2, target_class_ids=[0])([0, 0, 1, 1], [0, 1, 0, 1])), 4)
        0.3333
    """

    def __init__(
        self,
        num_classes: int,
        target_class_ids: Sequence[int],
        name: str | None = None,
        dtype: Any = None,
        ignore_class: int | None = None,
        sparse_y_true: bool = True,
        sparse_y_pred: bool = True,
        axis: int = -1,
    ) -> None:
        owner, ids = type(self).__name__, several(type(self).__name__, "target_class_ids", target_class_ids)
        whole(owner, "num_classes", num_classes, low=1)
        for one in ids:
            whole(owner, "target_class_ids", one, low=0)
            if one >= num_classes:
                raise ArgumentError(
                    f"{owner} was given a class that there is not.",
                    expected=f"target_class_ids from 0 to {num_classes - 1}",
                    got=repr(one),
                    remedy="count classes from zero, or raise num_classes",
                )
        super().__init__(num_classes, name, dtype, ignore_class, sparse_y_true, sparse_y_pred, axis)
        self.target_class_ids = ids

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "target_class_ids": self.target_class_ids}


class BinaryIoU(IoU):
    """Intersection over union of yes/no outputs: those above a threshold are class 1.

    Args:
        target_class_ids: Which of the classes 0 and 1 to take the mean over.
        threshold: In [0, 1]; what reaches it is class 1.
        name: For logs.
        dtype: Of the state.

    Example:
        >>> m = BinaryIoU(target_class_ids=[0, 1], threshold=0.3)
        >>> round(float(m([0, 1, 0, 1], np.array([0.1, 0.2, 0.4, 0.7]))), 4)
        0.3333
    """

    def __init__(
        self,
        target_class_ids: Sequence[int] = (0, 1),
        threshold: float = 0.5,
        name: str | None = None,
        dtype: Any = None,
    ) -> None:
        real("BinaryIoU", "threshold", threshold, "[0, 1]")
        super().__init__(2, target_class_ids, name, dtype)
        self.threshold = threshold

    def update_state(self, y_true: Any, y_pred: Any, sample_weight: Any = None) -> None:
        super().update_state(y_true, ops.less_equal(self.threshold, y_pred), sample_weight)

    def get_config(self) -> dict[str, Any]:
        own = {"target_class_ids": self.target_class_ids, "threshold": self.threshold}
        return {**Metric.get_config(self), **own}


class MeanIoU(_IoUBase):
    """The elements in both target and output over those in either, the mean over all classes.

    Args:
        num_classes: How many classes there are.
        name: For logs.
        dtype: Of the state.
        ignore_class: A label whose elements do not count.
        sparse_y_true: Whether the targets are labels, and not rows of probabilities.
        sparse_y_pred: Whether the outputs are labels, and not rows of probabilities.
        axis: The axis of those rows.

    Example:
        >>> round(float(MeanIoU(num_classes=2)([0, 0, 1, 1], [0, 1, 0, 1])), 4)
        0.3333
    """


class OneHotIoU(IoU):
    """Intersection over union of one-hot targets, the mean over some classes.

    Args:
        num_classes: How many classes there are.
        target_class_ids: Which of them to take the mean over.
        name: For logs.
        dtype: Of the state.
        ignore_class: A label whose elements do not count.
        sparse_y_pred: Whether the outputs are labels, and not rows of probabilities.
        axis: The axis of those rows.

    Example:
        >>> m = OneHotIoU(num_classes=2, target_class_ids=[0])
        >>> round(float(m(np.eye(2)[[0, 0, 1, 1]], np.eye(2)[[0, 1, 0, 1]])), 4)
        0.3333
    """

    def __init__(
        self,
        num_classes: int,
        target_class_ids: Sequence[int],
        name: str | None = None,
        dtype: Any = None,
        ignore_class: int | None = None,
        sparse_y_pred: bool = False,
        axis: int = -1,
    ) -> None:
        super().__init__(num_classes, target_class_ids, name, dtype, ignore_class, False, sparse_y_pred, axis)

    def get_config(self) -> dict[str, Any]:
        config = super().get_config()
        del config["sparse_y_true"]
        return config


class OneHotMeanIoU(MeanIoU):
    """Intersection over union of one-hot targets, the mean over all classes.

    Args:
        num_classes: How many classes there are.
        name: For logs.
        dtype: Of the state.
        ignore_class: A label whose elements do not count.
        sparse_y_pred: Whether the outputs are labels, and not rows of probabilities.
        axis: The axis of those rows.

    Example:
        >>> round(float(OneHotMeanIoU(num_classes=2)(np.eye(2)[[0, 0, 1, 1]], np.eye(2)[[0, 1, 0, 1]])), 4)
        0.3333
    """

    def __init__(
        self,
        num_classes: int,
        name: str | None = None,
        dtype: Any = None,
        ignore_class: int | None = None,
        sparse_y_pred: bool = False,
        axis: int = -1,
    ) -> None:
        super().__init__(num_classes, name, dtype, ignore_class, False, sparse_y_pred, axis)

    def get_config(self) -> dict[str, Any]:
        config = super().get_config()
        del config["sparse_y_true"]
        return config
