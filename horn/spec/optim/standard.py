"""The update rules of the most used optimizers, each over all parameters at once.

Each takes lists and returns one flat tuple: the new parameters, then the new slots, in the order
of the operands that it donates. The memory of those may be taken over by the results.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

from horn.spec.op import Tensor, composite, ops


@composite(donates=("params", "momentums"), elementwise=True)
def sgd_update(
    params: Sequence[Tensor],
    gradients: Sequence[Tensor],
    momentums: Sequence[Tensor],
    learning_rate: Tensor,
    momentum: float = 0.0,
    nesterov: bool = False,
):
    """Return parameters after one step down the gradient, with momentum where it is not zero.

    With ``m' = momentum * m - learning_rate * g`` the parameter moves by ``m'``, or with Nesterov's
    look-ahead by ``momentum * m' - learning_rate * g``.

    Args:
        params: The parameters.
        gradients: One for each.
        momentums: One for each; an empty list without momentum.
        learning_rate: A scalar.
        momentum: How much of the last step is kept, in [0, 1).
        nesterov: Whether to look ahead.

    Reference:
        Sutskever et al., On the importance of initialization and momentum (2013).
    """
    new_params, new_momentums = [], []
    for i, (p, g) in enumerate(zip(params, gradients, strict=True)):
        step = g * ops.negative(ops.cast(learning_rate, p.dtype))
        if momentum:
            m = momentums[i] * momentum + step
            new_momentums.append(m)
            step = m * momentum + step if nesterov else m
        new_params.append(p + step)
    return (*new_params, *new_momentums)


@composite(donates=("params", "moments", "velocities"), elementwise=True)
def adam_update(
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
    """Return parameters, first and second moments after one step of Adam.

    With ``t = iteration + 1`` the step is ``alpha * m' / (sqrt(v') + epsilon)``, where
    ``alpha = learning_rate * sqrt(1 - beta_2**t) / (1 - beta_1**t)``. Both corrections are taken as
    ``-expm1(t * log(beta))`` with the logarithm from float64: in float32 ``1 - beta**t`` alone is
    wrong by 1e-5 for small t.

    Args:
        params: The parameters.
        gradients: One for each.
        moments: The running mean of the gradients.
        velocities: The running mean of their squares.
        learning_rate: A scalar.
        iteration: How many steps were done before, an integer scalar.
        beta_1: How much of the first moment is kept.
        beta_2: How much of the second moment is kept.
        epsilon: Added to the root of the second moment, outside of the bias correction.

    Reference:
        Kingma & Ba, Adam, arXiv:1412.6980, section 2, the form before algorithm 1's last line.
    """
    new_params, new_moments, new_velocities = [], [], []
    for p, g, m, v in zip(params, gradients, moments, velocities, strict=True):
        t = ops.cast(iteration, p.dtype) + 1.0
        correction_1 = ops.negative(ops.expm1(t * _logarithm(beta_1)))
        correction_2 = ops.negative(ops.expm1(t * _logarithm(beta_2)))
        alpha = ops.cast(learning_rate, p.dtype) * ops.sqrt(correction_2) / correction_1
        m = m + (g - m) * (1.0 - beta_1)
        v = v + (ops.square(g) - v) * (1.0 - beta_2)
        new_moments.append(m)
        new_velocities.append(v)
        new_params.append(p - m * alpha / (ops.sqrt(v) + epsilon))
    return (*new_params, *new_moments, *new_velocities)


def _logarithm(beta):
    """Return the logarithm of a number in [0, 1), in float64."""
    return math.log(beta) if beta else -math.inf


@composite(donates=("params", "velocities", "momentums"), elementwise=True)
def rmsprop_update(
    params: Sequence[Tensor],
    gradients: Sequence[Tensor],
    velocities: Sequence[Tensor],
    momentums: Sequence[Tensor],
    learning_rate: Tensor,
    rho: float = 0.9,
    momentum: float = 0.0,
    epsilon: float = 1e-7,
):
    """Return parameters, running squares and momentums after one step of RMSprop.

    With ``v' = rho * v + (1 - rho) * g**2`` the step is ``learning_rate * g / sqrt(v' + epsilon)``;
    with momentum, ``m' = momentum * m + step`` is subtracted in its place.

    Args:
        params: The parameters.
        gradients: One for each.
        velocities: The running mean of the squared gradients.
        momentums: One for each; an empty list without momentum.
        learning_rate: A scalar.
        rho: How much of the running mean is kept.
        momentum: How much of the last step is kept.
        epsilon: Added inside of the root.

    Reference:
        Hinton, Neural Networks for Machine Learning (2012), lecture 6e.
    """
    new_params, new_velocities, new_momentums = [], [], []
    for i, (p, g, v) in enumerate(zip(params, gradients, velocities, strict=True)):
        v = v + (ops.square(g) - v) * (1.0 - rho)
        step = g * ops.cast(learning_rate, p.dtype) / ops.sqrt(v + epsilon)
        new_velocities.append(v)
        if momentum:
            step = momentums[i] * momentum + step
            new_momentums.append(step)
        new_params.append(p - step)
    return (*new_params, *new_velocities, *new_momentums)
