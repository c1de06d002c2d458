"""Relatives of Adam: update rules with running first and second moments.

Each takes lists and returns one flat tuple: the new parameters, then the new slots, in the order
of the operands that it donates. Corrections of the bias are ``-expm1(t * log(beta))``, as in
`adam_update`.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

from horn.spec.op import Tensor, composite, ops


def _correction(beta, t):
    """Return ``1 - beta**t``, with the logarithm from float64."""
    return ops.negative(ops.expm1(t * (math.log(beta) if beta else -math.inf)))


def _moments(g, m, v, beta_1, beta_2):
    """Return the next running means of the gradient and of its square."""
    return m + (g - m) * (1.0 - beta_1), v + (ops.square(g) - v) * (1.0 - beta_2)


@composite(donates=("params", "moments", "velocities", "largest"))
def amsgrad_update(
    params: Sequence[Tensor],
    gradients: Sequence[Tensor],
    moments: Sequence[Tensor],
    velocities: Sequence[Tensor],
    largest: Sequence[Tensor],
    learning_rate: Tensor,
    iteration: Tensor,
    beta_1: float = 0.9,
    beta_2: float = 0.999,
    epsilon: float = 1e-7,
):
    """Return parameters, both moments and the largest second moments after one step of AMSGrad.

    As `adam_update`, with the largest second moment so far in place of the present one.

    Args:
        params: The parameters.
        gradients: One for each.
        moments: The running mean of the gradients.
        velocities: The running mean of their squares.
        largest: The largest that each running mean of squares has been.
        learning_rate: A scalar.
        iteration: How many steps were done before, an integer scalar.
        beta_1: How much of the first moment is kept.
        beta_2: How much of the second moment is kept.
        epsilon: Added to the root of the second moment, outside of the bias correction.

    Reference:
        Reddi, Kale & Kumar, On the convergence of Adam and beyond, arXiv:1904.09237, algorithm 2.
    """
    new_params, new_moments, new_velocities, new_largest = [], [], [], []
    for p, g, m, v, most in zip(params, gradients, moments, velocities, largest, strict=True):
        t = ops.cast(iteration, p.dtype) + 1.0
        alpha = ops.cast(learning_rate, p.dtype) * ops.sqrt(_correction(beta_2, t)) / _correction(beta_1, t)
        m, v = _moments(g, m, v, beta_1, beta_2)
        most = ops.maximum(most, v)
        new_params.append(p - m * alpha / (ops.sqrt(most) + epsilon))
        new_moments.append(m)
        new_velocities.append(v)
        new_largest.append(most)
    return (*new_params, *new_moments, *new_velocities, *new_largest)


@composite(donates=("params", "moments", "norms"))
def adamax_update(
    params: Sequence[Tensor],
    gradients: Sequence[Tensor],
    moments: Sequence[Tensor],
    norms: Sequence[Tensor],
    learning_rate: Tensor,
    iteration: Tensor,
    beta_1: float = 0.9,
    beta_2: float = 0.999,
    epsilon: float = 1e-7,
):
    """Return parameters, first moments and weighted infinity norms after one step of Adamax.

    With ``u' = max(beta_2 * u, |g|)`` the step is
    ``learning_rate / (1 - beta_1**t) * m' / (u' + epsilon)``, where ``t = iteration + 1``.

    Args:
        params: The parameters.
        gradients: One for each.
        moments: The running mean of the gradients.
        norms: The weighted infinity norms.
        learning_rate: A scalar.
        iteration: How many steps were done before, an integer scalar.
        beta_1: How much of the first moment is kept.
        beta_2: How much of the norm is kept.
        epsilon: Added to the norm.

    Reference:
        Kingma & Ba, Adam, arXiv:1412.6980, algorithm 2.
    """
    new_params, new_moments, new_norms = [], [], []
    for p, g, m, u in zip(params, gradients, moments, norms, strict=True):
        t = ops.cast(iteration, p.dtype) + 1.0
        m = m + (g - m) * (1.0 - beta_1)
        u = ops.maximum(u * beta_2, ops.absolute(g))
        rate = ops.cast(learning_rate, p.dtype) / _correction(beta_1, t)
        new_params.append(p - m * rate / (u + epsilon))
        new_moments.append(m)
        new_norms.append(u)
    return (*new_params, *new_moments, *new_norms)


@composite(donates=("params", "moments", "velocities"))
def nadam_update(
    params: Sequence[Tensor],
    gradients: Sequence[Tensor],
    moments: Sequence[Tensor],
    velocities: Sequence[Tensor],
    learning_rate: Tensor,
    iteration: Tensor,
    product: Tensor,
    beta_1: float = 0.9,
    beta_2: float = 0.999,
    epsilon: float = 1e-7,
):
    """Return parameters, both moments and the product of the momentums after one step of Nadam.

    With ``mu(t) = beta_1 * (1 - 0.5 * 0.96**t)`` and the product ``P' = P * mu(t)``, where
    ``t = iteration + 1``, the look-ahead is
    ``m^ = mu(t+1) * m' / (1 - P' * mu(t+1)) + (1 - mu(t)) * g / (1 - P')``, and the step
    ``learning_rate * m^ / (sqrt(v' / (1 - beta_2**t)) + epsilon)``.

    Args:
        params: The parameters.
        gradients: One for each.
        moments: The running mean of the gradients.
        velocities: The running mean of their squares.
        learning_rate: A scalar.
        iteration: How many steps were done before, an integer scalar.
        product: The product of ``mu`` over all steps before; 1 at first.
        beta_1: The momentum that ``mu`` tends to.
        beta_2: How much of the second moment is kept.
        epsilon: Added to the root of the second moment.

    Reference:
        Dozat, Incorporating Nesterov momentum into Adam (ICLR workshop 2016), algorithm 2.
    """
    new_params, new_moments, new_velocities = [], [], []
    new_product = product * _momentum(beta_1, iteration, 1.0, product.dtype)
    for p, g, m, v in zip(params, gradients, moments, velocities, strict=True):
        now = _momentum(beta_1, iteration, 1.0, p.dtype)
        later = _momentum(beta_1, iteration, 2.0, p.dtype)
        total = ops.cast(new_product, p.dtype)
        t = ops.cast(iteration, p.dtype) + 1.0
        m, v = _moments(g, m, v, beta_1, beta_2)
        ahead = m * (later / (1.0 - total * later)) + g * ((1.0 - now) / (1.0 - total))
        size = ops.sqrt(v / _correction(beta_2, t)) + epsilon
        new_params.append(p - ahead * ops.cast(learning_rate, p.dtype) / size)
        new_moments.append(m)
        new_velocities.append(v)
    return (*new_params, *new_moments, *new_velocities, new_product)


def _momentum(beta, iteration, ahead, dtype):
    """Return Nadam's momentum for a step, which warms up from half of beta."""
    t = ops.cast(iteration, dtype) + ahead
    return (1.0 - ops.exp(t * math.log(0.96)) * 0.5) * beta


@composite(donates=("params", "moments", "velocities"))
def lamb_update(
    params: Sequence[Tensor],
    gradients: Sequence[Tensor],
    moments: Sequence[Tensor],
    velocities: Sequence[Tensor],
    learning_rate: Tensor,
    iteration: Tensor,
    beta_1: float = 0.9,
    beta_2: float = 0.999,
    epsilon: float = 1e-7,
):
    """Return parameters and both moments after one step of LAMB.

    With the corrected moments ``m^`` and ``v^`` of Adam and ``r = m^ / (sqrt(v^) + epsilon)``, the
    step is ``learning_rate * |p| / |r| * r``; the ratio of the Euclidean norms is 1 where one is 0.

    Args:
        params: The parameters.
        gradients: One for each.
        moments: The running mean of the gradients.
        velocities: The running mean of their squares.
        learning_rate: A scalar.
        iteration: How many steps were done before, an integer scalar.
        beta_1: How much of the first moment is kept.
        beta_2: How much of the second moment is kept.
        epsilon: Added to the root of the second moment.

    Reference:
        You et al., Large batch optimization for deep learning, arXiv:1904.00962, algorithm 2.
    """
    new_params, new_moments, new_velocities = [], [], []
    for p, g, m, v in zip(params, gradients, moments, velocities, strict=True):
        t = ops.cast(iteration, p.dtype) + 1.0
        m, v = _moments(g, m, v, beta_1, beta_2)
        r = m / _correction(beta_1, t) / (ops.sqrt(v / _correction(beta_2, t)) + epsilon)
        ours, its = ops.sqrt(ops.sum(ops.square(p))), ops.sqrt(ops.sum(ops.square(r)))
        both = ops.logical_and(ops.greater(ours, 0.0), ops.greater(its, 0.0))
        trust = ops.where(both, ours / ops.where(both, its, 1.0), 1.0)
        new_params.append(p - r * (trust * ops.cast(learning_rate, p.dtype)))
        new_moments.append(m)
        new_velocities.append(v)
    return (*new_params, *new_moments, *new_velocities)


@composite(donates=("params", "anchors", "velocities"))
def schedule_free_update(
    params: Sequence[Tensor],
    gradients: Sequence[Tensor],
    anchors: Sequence[Tensor],
    velocities: Sequence[Tensor],
    learning_rate: Tensor,
    iteration: Tensor,
    beta_1: float = 0.9,
    beta_2: float = 0.999,
    epsilon: float = 1e-8,
    warmup_steps: int = 0,
):
    """Return parameters, the points of plain descent and second moments after a schedule-free step.

    The parameter y lies between a sequence z of plain steps and its average x:
    ``y = (1 - beta_1) * z + beta_1 * x``. With ``d = g / (sqrt(v' / (1 - beta_2**t)) + epsilon)`` and
    ``c = 1 / t``, where ``t = iteration + 1``, ``z' = z - rate * d`` and
    ``y' = (1 - c) * y + c * z - rate * (1 - beta_1 * (1 - c)) * d``, so that x need not be kept.

    Args:
        params: The parameters, y.
        gradients: One for each.
        anchors: The points of plain descent, z; at first the parameters.
        velocities: The running mean of the squared gradients.
        learning_rate: A scalar.
        iteration: How many steps were done before, an integer scalar.
        beta_1: How near the parameters are to the average.
        beta_2: How much of the second moment is kept.
        epsilon: Added to the root of the second moment.
        warmup_steps: Over how many steps the rate rises in proportion to ``t``.

    Reference:
        Defazio et al., The road less scheduled, arXiv:2405.15682, algorithm 1.
    """
    new_params, new_anchors, new_velocities = [], [], []
    for y, g, z, v in zip(params, gradients, anchors, velocities, strict=True):
        t = ops.cast(iteration, y.dtype) + 1.0
        rate = ops.cast(learning_rate, y.dtype)
        if warmup_steps:
            rate = rate * ops.minimum(t / float(warmup_steps), 1.0)
        v = v + (ops.square(g) - v) * (1.0 - beta_2)
        d = g / (ops.sqrt(v / _correction(beta_2, t)) + epsilon)
        c = 1.0 / t
        new_params.append(y + (z - y) * c - d * (rate * (1.0 - (1.0 - c) * beta_1)))
        new_anchors.append(z - d * rate)
        new_velocities.append(v)
    return (*new_params, *new_anchors, *new_velocities)
