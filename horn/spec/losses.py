"""Losses, one value for each example; layers of `horn.losses` reduce them."""

from __future__ import annotations

from horn import settings
from horn.errors import ShapeError
from horn.spec.laws import show
from horn.spec.normalise import Axis
from horn.spec.op import Tensor, composite, ops


def _same_shape(name, target, output):
    if target.shape != output.shape:
        raise ShapeError(
            f"{name} was given targets of another shape than the outputs.",
            expected=f"targets of shape {show(output.shape)}, that of the outputs",
            got=show(target.shape),
            remedy="reshape the targets, or change the number of units of the last layer",
        )


@composite(promote=True, to_float=True)
def mean_squared_error(y_true: Tensor, y_pred: Tensor):
    """Return the mean of ``(y_true - y_pred)**2`` over the last axis.

    Shapes:
        y_true, y_pred: (..., units), equal
        returns:        (...)
    """
    _same_shape("mean_squared_error", y_true, y_pred)
    return ops.mean(ops.square(y_pred - y_true), axis=-1)


@composite(promote=True, to_float=True)
def mean_absolute_error(y_true: Tensor, y_pred: Tensor):
    """Return the mean of ``|y_true - y_pred|`` over the last axis.

    Shapes:
        y_true, y_pred: (..., units), equal
        returns:        (...)
    """
    _same_shape("mean_absolute_error", y_true, y_pred)
    return ops.mean(ops.absolute(y_pred - y_true), axis=-1)


@composite(promote=True, to_float=True)
def binary_crossentropy(target: Tensor, output: Tensor, from_logits: bool = False):
    """Return the cross-entropy of independent yes/no predictions, element by element, in nats.

    For a target t and a probability p it is ``-t log p - (1 - t) log(1 - p)``. Logits z use
    ``max(z, 0) - z t + log(1 + exp(-|z|))``, exact for any finite z; probabilities are clipped
    to [1e-7, 1 - 1e-7] (`horn.config.epsilon`).

    Shapes:
        target, output, returns: equal
    """
    _same_shape("binary_crossentropy", target, output)
    if from_logits:
        return ops.softplus(output) - output * target
    small = settings.epsilon()
    p = ops.clip(output, small, 1.0 - small)
    return ops.negative(target * ops.log(p) + (1.0 - target) * ops.log(1.0 - p))


@composite(promote=True, to_float=True)
def categorical_crossentropy(target: Tensor, output: Tensor, from_logits: bool = False, axis: Axis = -1):
    """Return the cross-entropy of class probabilities along `axis`, in nats.

    Probabilities are normalised to sum one, then clipped to [1e-7, 1 - 1e-7].

    Shapes:
        target, output: (..., classes), equal
        returns:        the same without `axis`
    """
    _same_shape("categorical_crossentropy", target, output)
    return ops.negative(ops.sum(target * _log_probabilities(output, from_logits, axis), axis=axis))


@composite(to_float=False)
def sparse_categorical_crossentropy(target: Tensor, output: Tensor, from_logits: bool = False, axis: int = -1):
    """Return the cross-entropy of integer labels, in nats: minus the log-probability of the label.

    A label outside of the classes has no probability and yields NaN; `fit` checks the labels
    before its first step.

    Shapes:
        target:  (...), integers
        output:  (..., classes)
        returns: (...)
    """
    scores = _last(output, axis)
    if target.shape != scores.shape[:-1]:
        raise ShapeError(
            "sparse_categorical_crossentropy was given labels of another shape than the outputs.",
            expected=f"integer labels of shape {show(scores.shape[:-1])}",
            got=show(target.shape),
            remedy="pass one integer label for each example, or use categorical_crossentropy",
        )
    marked, legal = _marked(target, scores)
    picked = ops.sum(_log_probabilities(scores, from_logits, -1) * marked, axis=-1)
    return ops.where(legal, ops.negative(picked), float("nan"))


def _marked(target, scores):
    """Return the labels as one-hot rows, and which of them are classes."""
    labels, classes = ops.cast(target, "int32"), scores.shape[-1]
    legal = ops.logical_and(ops.less_equal(0, labels), ops.less(labels, classes))
    return ops.one_hot(labels, classes, dtype=scores.dtype), legal


def _last(x, axis):
    """Return `x` with an axis moved to the end."""
    rank = len(x.shape)
    at = axis % rank
    return x if at == rank - 1 else ops.transpose(x, (*(i for i in range(rank) if i != at), at))


@sparse_categorical_crossentropy.vjp
def _(cotangent, output_values, target, output, *, from_logits, axis):
    # With q the probability of the label: d/dz = softmax(z) - marked for logits z, and for
    # probabilities p of sum s, d/dp = (1 - marked / q) / s, zero where q was clipped.
    scores = _last(output, axis)
    marked, legal = _marked(target, scores)
    share = ops.expand_dims(ops.where(legal, cotangent, 0.0), -1)
    if from_logits:
        grad = (ops.softmax(scores, axis=-1) - marked) * share
    else:
        small = settings.epsilon()
        total = ops.sum(scores, axis=-1, keepdims=True)
        q = ops.sum(scores * marked, axis=-1, keepdims=True) / total
        inside = ops.logical_and(ops.less_equal(small, q), ops.less_equal(q, 1.0 - small))
        grad = (1.0 - marked / ops.clip(q, small, 1.0)) * (ops.where(inside, share, 0.0) / total)
    rank, at = len(output.shape), axis % len(output.shape)
    return None, ops.transpose(grad, (*range(at), rank - 1, *range(at, rank - 1))) if at != rank - 1 else grad


@sparse_categorical_crossentropy.bounds
def _(target, output, *, from_logits, axis):
    return "target", 0, output.shape[axis] - 1


def _log_probabilities(output, from_logits, axis):
    if from_logits:
        return ops.log_softmax(output, axis=axis)
    small = settings.epsilon()
    share = output / ops.sum(output, axis=axis, keepdims=True)
    return ops.log(ops.clip(share, small, 1.0 - small))
