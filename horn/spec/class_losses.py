"""Losses of classes beyond the plain cross-entropies: focal ones, and one for noisy labels."""

from __future__ import annotations

from horn import settings
from horn.spec.laws import need_equal_targets
from horn.spec.normalise import Axis
from horn.spec.op import Tensor, composite, ops


def _to_the(x, gamma):
    """Return ``x**gamma`` without `power` where it can be avoided: it is slow, and NaN below zero."""
    if gamma == 0.0:
        return ops.ones_like(x)
    return x if gamma == 1.0 else ops.square(x) if gamma == 2.0 else ops.power(x, gamma)


@composite(promote=True, to_float=True)
def binary_focal_crossentropy(target: Tensor, output: Tensor, gamma: float = 2.0, from_logits: bool = False):
    """Return the cross-entropy of yes/no predictions times ``(1 - p_t)**gamma``, element by element.

    With p the probability that the output gives, ``1 - p_t = t (1 - p) + (1 - t) p`` is what the
    prediction misses of a target t; so what is predicted well counts little. Logits are not made
    into probabilities on the way, which keeps both factors exact for large ones.

    Shapes:
        target, output, returns: equal

    Reference:
        Lin et al., Focal loss for dense object detection, arXiv:1708.02002, eq. 4.
    """
    need_equal_targets("binary_focal_crossentropy", target, output)
    if from_logits:
        yes, no = ops.sigmoid(output), ops.sigmoid(ops.negative(output))
    else:
        yes, no = output, 1.0 - output
    missed = target * no + (1.0 - target) * yes
    return _to_the(missed, gamma) * ops.binary_crossentropy(target, output, from_logits=from_logits)


@composite(promote=True, to_float=True)
def categorical_focal_crossentropy(
    target: Tensor, output: Tensor, alpha: Tensor, gamma: float = 2.0, from_logits: bool = False, axis: Axis = -1
):
    """Return the sum of ``-alpha (1 - p)**gamma t log p`` over the classes, in nats.

    Probabilities are normalised to sum one, then clipped to [1e-7, 1 - 1e-7]
    (`horn.config.epsilon`); logits are taken to probabilities first.

    Args:
        target: Probability of each class.
        output: Probability of each class, or its logit.
        alpha: The weight of each class, or of all.
        gamma: How strongly what is predicted well is held back.
        from_logits: Whether `output` holds logits.
        axis: The axis of the classes.

    Shapes:
        target, output: (..., classes), equal
        alpha:          () or what broadcasts to them
        returns:        the same without `axis`

    Reference:
        Lin et al., Focal loss for dense object detection, arXiv:1708.02002.
    """
    need_equal_targets("categorical_focal_crossentropy", target, output)
    small = settings.epsilon()
    p = ops.softmax(output, axis=axis) if from_logits else output / ops.sum(output, axis=axis, keepdims=True)
    p = ops.clip(p, small, 1.0 - small)
    held_back = ops.log(p) * _to_the(1.0 - p, gamma)
    return ops.negative(ops.sum(alpha * target * held_back, axis=axis))


@composite(promote=True, to_float=True)
def generalized_crossentropy(target: Tensor, output: Tensor, q: float = 0.5):
    """Return ``(1 - p**q) / q`` with p the sum of ``target * output`` over the last axis.

    It goes from the cross-entropy at q = 0 to the absolute error at q = 1, which is less moved by
    labels that are wrong.

    Shapes:
        target, output: (..., classes), equal
        returns:        (...)

    Reference:
        Zhang & Sabuncu, Generalized cross entropy loss for training deep neural networks with
        noisy labels, arXiv:1805.07836, eq. 6.
    """
    need_equal_targets("generalized_crossentropy", target, output)
    return (1.0 - ops.power(ops.sum(target * output, axis=-1), q)) / q
