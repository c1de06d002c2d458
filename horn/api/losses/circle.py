"""The loss of embeddings that shall be near for equal labels and far for others."""

from __future__ import annotations

from typing import Any

from horn.api.bounds import flag, real
from horn.api.losses.base import FunctionLoss
from horn.errors import ArgumentError
from horn.spec import ops
from horn.spec.graph import spec_of

_LEFT_OUT = -1e9
"""What stands for a pair that does not count, within a sum of exponentials: nothing, yet finite."""


def circle(
    y_true: Any,
    y_pred: Any,
    ref_labels: Any = None,
    ref_embeddings: Any = None,
    remove_diagonal: bool = True,
    gamma: float = 80,
    margin: float = 0.4,
) -> Any:
    """Return for each embedding how it stands between those of its label and the others.

    With s the products with other embeddings, it is
    ``log(1 + sum_n exp(gamma a_n (s_n - margin)) * sum_p exp(-gamma a_p (s_p - 1 + margin)))`` over
    n of other labels and p of the same, where ``a_n = max(s_n + margin, 0)`` and
    ``a_p = max(1 + margin - s_p, 0)``. It is zero where there are none of the same label, or none
    of others.

    Args:
        y_true: Integer labels.
        y_pred: Embeddings of length one.
        ref_labels: Labels of the embeddings to compare with; the same ones unless given.
        ref_embeddings: Those embeddings.
        remove_diagonal: Whether the i-th embedding is not compared with the i-th reference, which
            is itself.
        gamma: The scale.
        margin: How much nearer those of the same label shall be.

    Shapes:
        y_true:         (batch,) or (batch, 1)
        y_pred:         (batch, features)
        ref_labels:     (references,)
        ref_embeddings: (references, features)
        returns:        (batch,)

    Raises:
        ArgumentError: References have labels alone, or embeddings alone.

    Reference:
        Sun et al., Circle loss: a unified perspective of pair similarity optimization,
        arXiv:2002.10857.

    Example:
        >>> x = np.array([[1.0, 0.0], [1.0, 0.0], [0.0, 1.0]])
        >>> circle(np.array([0, 0, 1]), x).round(4)
        array([0., 0., 0.])
    """
    if (ref_labels is None) != (ref_embeddings is None):
        raise ArgumentError(
            "circle was given half of its references.",
            expected="both ref_labels and ref_embeddings, or neither",
            got="ref_labels alone" if ref_embeddings is None else "ref_embeddings alone",
            remedy="pass the other one too",
        )
    labels = ops.reshape(y_true, (-1, 1))
    others = ops.reshape(labels if ref_labels is None else ref_labels, (1, -1))
    same = ops.equal(labels, others)
    near, far = same, ops.logical_not(same)
    if remove_diagonal:
        rows, columns = spec_of(same).shape
        off = ops.not_equal(ops.reshape(ops.arange(rows), (-1, 1)), ops.reshape(ops.arange(columns), (1, -1)))
        near = ops.logical_and(near, off)
    references = y_pred if ref_embeddings is None else ops.cast(ref_embeddings, spec_of(y_pred).dtype)
    s = ops.matmul(y_pred, ops.transpose(references))
    pull = _weighted(ops.subtract(1.0 + margin, s), ops.subtract(1.0 - margin, s), gamma, near)
    push = _weighted(ops.add(s, margin), ops.subtract(s, margin), gamma, far)
    return ops.softplus(ops.add(pull, push))


def _weighted(weight: Any, distance: Any, gamma: float, counted: Any) -> Any:
    """Return ``log(sum(exp(gamma * weight * distance)))`` over the pairs that count."""
    score = ops.multiply(ops.multiply(ops.maximum(weight, 0.0), distance), gamma)
    return ops.logsumexp(ops.where(counted, score, _LEFT_OUT), axis=1)


class Circle(FunctionLoss):
    """How embeddings stand between those of their label and the others; see `circle`.

    The mean is taken over the embeddings whose loss is not zero.

    Args:
        gamma: The scale.
        margin: How much nearer those of the same label shall be.
        remove_diagonal: Whether an embedding is not compared with itself.
        reduction: As for `Loss`.
        name: For logs.
        dtype: As for `Loss`.

    Shapes:
        y_true:  (batch,) or (batch, 1), integer labels
        y_pred:  (batch, features)
        returns: (), or (batch,) for no reduction

    Reference:
        Sun et al., Circle loss: a unified perspective of pair similarity optimization, CVPR 2020,
        arXiv:2002.10857.

    Example:
        >>> x = np.array([[1.0, 0.0], [0.0, 1.0], [0.0, 1.0]])
        >>> round(float(Circle()(np.array([0, 0, 1]), x)), 2)
        94.4
    """

    def __init__(
        self,
        gamma: float = 80.0,
        margin: float = 0.4,
        remove_diagonal: bool = True,
        reduction: str | None = "sum_over_batch_size",
        name: str | None = "circle",
        dtype: Any = None,
    ) -> None:
        real("Circle", "gamma", gamma, "(0, inf)")
        real("Circle", "margin", margin)
        remove_diagonal = flag(type(self).__name__, "remove_diagonal", remove_diagonal)
        super().__init__(
            circle, name, reduction, dtype, gamma=gamma, margin=margin, remove_diagonal=remove_diagonal
        )

    def counted(self, y_true: Any, y_pred: Any, values: Any) -> Any:
        del y_true, y_pred
        return ops.less(0.0, values)
