"""The loss of a sequence whose alignment with the outputs is unknown."""

from __future__ import annotations

from typing import Any

from horn.api.losses.base import FunctionLoss
from horn.errors import ShapeError
from horn.spec import ops
from horn.spec.graph import spec_of
from horn.spec.laws import show


def ctc(y_true: Any, y_pred: Any) -> Any:
    """Return minus the log-probability of labels over all their alignments with the outputs.

    Args:
        y_true: Labels from 1 on; zeros fill a row up behind its last label.
        y_pred: Logits of each class at each step; class 0 is the blank.

    Shapes:
        y_true:  (batch, labels), integers
        y_pred:  (batch, time, classes)
        returns: (batch,)

    Raises:
        ShapeError: The ranks are others.

    Reference:
        Graves et al., Connectionist temporal classification (ICML 2006).

    Example:
        >>> ctc(np.array([[1]]), np.array([[[0.0, 0.0]]])).round(4)  # one step, two equal classes
        array([0.6931])
    """
    target, output = spec_of(y_true), spec_of(y_pred)
    if target.rank != 2 or output.rank != 3:
        raise ShapeError(
            "ctc was given shapes that do not fit.",
            expected="targets (batch, labels) and outputs (batch, time, classes)",
            got=f"{show(target.shape)} and {show(output.shape)}",
            remedy="pass integer labels, one row for each sequence",
        )
    label = ops.cast(y_true, "int32")
    batch, time = output.shape[:2]
    length = ops.sum(ops.cast(ops.not_equal(label, 0), "int32"), axis=1)
    steps = ops.broadcast_to(ops.multiply(ops.ones((), "int32"), time), (batch,))
    return ops.ctc_loss(label, y_pred, length, steps, mask_index=0)


class CTC(FunctionLoss):
    """Minus the log-probability of labels over all their alignments with the outputs.

    Args:
        reduction: As for `Loss`.
        name: For logs.
        dtype: As for `Loss`.

    Shapes:
        y_true:  (batch, labels), integers
        y_pred:  (batch, time, classes), logits
        returns: (), or (batch,) for no reduction

    Reference:
        Graves et al., Connectionist temporal classification (ICML 2006).

    Example:
        >>> round(float(CTC()(np.array([[1]]), np.array([[[0.0, 0.0]]]))), 4)
        0.6931
    """

    def __init__(
        self, reduction: str | None = "sum_over_batch_size", name: str | None = "ctc", dtype: Any = None
    ) -> None:
        super().__init__(ctc, name, reduction, dtype)
