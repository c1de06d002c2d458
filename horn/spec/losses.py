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


@composite
def sparse_categorical_crossentropy(target: Tensor, output: Tensor, from_logits: bool = False, axis: int = -1):
    """Return the cross-entropy of integer labels, in nats: minus the log-probability of the label.

    Other classes do not count, so their logits may be minus infinity. A label outside of the
    classes has no probability and yields NaN; `fit` checks the labels before its first step.

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
    picked = ops.sum(ops.where(marked, _log_probabilities(scores, from_logits, -1), 0.0), axis=-1)
    return ops.where(legal, ops.negative(picked), float("nan"))


def _marked(target, scores):
    """Return which class each label means, a row of bools for each, and which labels are classes."""
    labels, classes = ops.cast(target, "int32"), scores.shape[-1]
    legal = ops.logical_and(ops.less_equal(0, labels), ops.less(labels, classes))
    return ops.equal(ops.expand_dims(labels, -1), ops.arange(classes)), legal


def _last(x, axis):
    """Return `x` with an axis moved to the end."""
    rank = len(x.shape)
    at = axis % rank
    return x if at == rank - 1 else ops.transpose(x, (*(i for i in range(rank) if i != at), at))


@sparse_categorical_crossentropy.vjp
def _(cotangent, losses, target, output, *, from_logits, axis):
    options = {"from_logits": from_logits, "axis": axis}
    return None, ops.sparse_categorical_crossentropy_grad(cotangent, losses, target, output, **options)


@composite(gradient_of="sparse_categorical_crossentropy")
def sparse_categorical_crossentropy_grad(
    cotangent: Tensor, losses: Tensor, target: Tensor, output: Tensor, from_logits: bool = False, axis: int = -1
):
    """Return the gradient of `sparse_categorical_crossentropy` by its outputs.

    With 1 for the class of the label and 0 for the others, it is ``softmax(z) - label`` for logits
    z; for probabilities of sum s, of which the label has the share q, ``(1 - label / q) / s``,
    which is zero where q was clipped. A label outside of the classes has no gradient.
    """
    scores = _last(output, axis)
    marked, legal = _marked(target, scores)
    marked = ops.cast(marked, scores.dtype)
    share = ops.expand_dims(ops.where(legal, cotangent, 0.0), -1)
    if from_logits:
        grad = (ops.softmax(scores, axis=-1) - marked) * share
    else:
        small = settings.epsilon()
        total = ops.sum(scores, axis=-1, keepdims=True)
        q = ops.sum(scores * marked, axis=-1, keepdims=True) / total
        clipped = ops.clip(q, small, 1.0 - small)
        grad = (1.0 - marked / clipped) * (ops.where(ops.equal(q, clipped), share, 0.0) / total)
    rank, at = len(output.shape), axis % len(output.shape)
    return ops.transpose(grad, (*range(at), rank - 1, *range(at, rank - 1))) if at != rank - 1 else grad


@sparse_categorical_crossentropy.bounds
def _(target, output, *, from_logits, axis):
    return "target", 0, output.shape[axis] - 1


def _log_probabilities(output, from_logits, axis):
    if from_logits:
        return ops.log_softmax(output, axis=axis)
    small = settings.epsilon()
    share = output / ops.sum(output, axis=axis, keepdims=True)
    return ops.log(ops.clip(share, small, 1.0 - small))
