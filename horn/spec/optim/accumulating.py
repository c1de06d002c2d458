"""Update rules that divide by a sum or running mean of squares, and Lion, which keeps signs alone.

Each takes lists and returns one flat tuple: the new parameters, then the new slots, in the order
of the operands that it donates.
"""

from __future__ import annotations

from collections.abc import Sequence

from horn.spec.op import Tensor, composite, ops


@composite(donates=("params", "accumulators"))
def adagrad_update(
    params: Sequence[Tensor],
    gradients: Sequence[Tensor],
    accumulators: Sequence[Tensor],
    learning_rate: Tensor,
    epsilon: float = 1e-7,
):
    """Return parameters and sums of squares after one step of Adagrad.

    With ``a' = a + g**2`` the step is ``learning_rate * g / sqrt(a' + epsilon)``.

    Args:
        params: The parameters.
        gradients: One for each.
        accumulators: The sum of the squared gradients.
        learning_rate: A scalar.
        epsilon: Added inside of the root.

    Reference:
        Duchi, Hazan & Singer, JMLR 12 (2011) 2121-2159.
    """
    new_params, new_accumulators = [], []
    for p, g, a in zip(params, gradients, accumulators, strict=True):
        a = a + ops.square(g)
        new_accumulators.append(a)
        new_params.append(p - g * ops.cast(learning_rate, p.dtype) / ops.sqrt(a + epsilon))
    return (*new_params, *new_accumulators)


@composite(donates=("params", "squares", "deltas"))
def adadelta_update(
    params: Sequence[Tensor],
    gradients: Sequence[Tensor],
    squares: Sequence[Tensor],
    deltas: Sequence[Tensor],
    learning_rate: Tensor,
    rho: float = 0.95,
    epsilon: float = 1e-7,
):
    """Return parameters, running squares of gradients and of steps after one step of Adadelta.

    With ``s' = rho * s + (1 - rho) * g**2`` and ``step = g * sqrt(d + epsilon) / sqrt(s' + epsilon)``
    the parameter moves by ``-learning_rate * step``, and ``d' = rho * d + (1 - rho) * step**2``.

    Args:
        params: The parameters.
        gradients: One for each.
        squares: The running mean of the squared gradients.
        deltas: The running mean of the squared steps.
        learning_rate: A scalar; 1 in the paper.
        rho: How much of the running means is kept.
        epsilon: Added inside of both roots.

    Reference:
        Zeiler, arXiv:1212.5701, algorithm 1.
    """
    new_params, new_squares, new_deltas = [], [], []
    for p, g, s, d in zip(params, gradients, squares, deltas, strict=True):
        s = s + (ops.square(g) - s) * (1.0 - rho)
        step = g * ops.sqrt(d + epsilon) / ops.sqrt(s + epsilon)
        new_squares.append(s)
        new_deltas.append(d + (ops.square(step) - d) * (1.0 - rho))
        new_params.append(p - step * ops.cast(learning_rate, p.dtype))
    return (*new_params, *new_squares, *new_deltas)


@composite(donates=("params", "velocities", "means", "momentums"))
def centered_rmsprop_update(
    params: Sequence[Tensor],
    gradients: Sequence[Tensor],
    velocities: Sequence[Tensor],
    means: Sequence[Tensor],
    momentums: Sequence[Tensor],
    learning_rate: Tensor,
    rho: float = 0.9,
    momentum: float = 0.0,
    epsilon: float = 1e-7,
):
    """Return parameters, running squares, means and momentums after one step of centred RMSprop.

    As `rmsprop_update`, with the running variance in place of the running square: the step is
    ``learning_rate * g / sqrt(v' - m'**2 + epsilon)``, where ``m' = rho * m + (1 - rho) * g``.

    Args:
        params: The parameters.
        gradients: One for each.
        velocities: The running mean of the squared gradients.
        means: The running mean of the gradients.
        momentums: One for each; an empty list without momentum.
        learning_rate: A scalar.
        rho: How much of the running means is kept.
        momentum: How much of the last step is kept.
        epsilon: Added inside of the root.

    Reference:
        Graves, arXiv:1308.0850, equations 38-41.
    """
    new_params, new_velocities, new_means, new_momentums = [], [], [], []
    for i, (p, g, v, mean) in enumerate(zip(params, gradients, velocities, means, strict=True)):
        v = v + (ops.square(g) - v) * (1.0 - rho)
        mean = mean + (g - mean) * (1.0 - rho)
        step = g * ops.cast(learning_rate, p.dtype) / ops.sqrt(v - ops.square(mean) + epsilon)
        new_velocities.append(v)
        new_means.append(mean)
        if momentum:
            step = momentums[i] * momentum + step
            new_momentums.append(step)
        new_params.append(p - step)
    return (*new_params, *new_velocities, *new_means, *new_momentums)


@composite(donates=("params", "accumulators", "linears"))
def ftrl_update(
    params: Sequence[Tensor],
    gradients: Sequence[Tensor],
    accumulators: Sequence[Tensor],
    linears: Sequence[Tensor],
    learning_rate: Tensor,
    learning_rate_power: float = -0.5,
    l1: float = 0.0,
    l2: float = 0.0,
    l2_shrinkage: float = 0.0,
    beta: float = 0.0,
):
    """Return parameters, sums of squares and linear terms after one step of FTRL-Proximal.

    With ``n' = n + g**2``, ``sigma = (n'**-power - n**-power) / learning_rate`` and the linear term
    ``z' = z + g + 2 * l2_shrinkage * p - sigma * p``, the parameter becomes
    ``(clip(z', -l1, l1) - z') / (n'**-power / learning_rate + 2 * l2 + beta / learning_rate)``.

    Args:
        params: The parameters.
        gradients: One for each.
        accumulators: The sum of the squared gradients.
        linears: The linear terms.
        learning_rate: A scalar, more than zero.
        learning_rate_power: How the rate falls with the sum of squares, at most 0.
        l1: The strength of the L1 penalty.
        l2: The strength of the L2 penalty.
        l2_shrinkage: The strength of an L2 penalty on the gradient alone, not on the sum of squares.
        beta: The paper's beta.

    Reference:
        McMahan et al., Ad click prediction: a view from the trenches (KDD 2013), algorithm 1.
    """
    new_params, new_accumulators, new_linears = [], [], []
    for p, g, n, z in zip(params, gradients, accumulators, linears, strict=True):
        rate = ops.cast(learning_rate, p.dtype)
        grown = n + ops.square(g)
        power, old_power = ops.power(grown, -learning_rate_power), ops.power(n, -learning_rate_power)
        z = z + (g + p * (2.0 * l2_shrinkage)) - (power - old_power) / rate * p
        quadratic = power / rate + (beta / rate + 2.0 * l2)
        new_params.append((ops.clip(z, -l1, l1) - z) / quadratic)
        new_accumulators.append(grown)
        new_linears.append(z)
    return (*new_params, *new_accumulators, *new_linears)


@composite(donates=("params", "moments"))
def lion_update(
    params: Sequence[Tensor],
    gradients: Sequence[Tensor],
    moments: Sequence[Tensor],
    learning_rate: Tensor,
    beta_1: float = 0.9,
    beta_2: float = 0.99,
):
    """Return parameters and running means after one step of Lion.

    The step is ``learning_rate * sign(beta_1 * m + (1 - beta_1) * g)``, and then
    ``m' = beta_2 * m + (1 - beta_2) * g``.

    Args:
        params: The parameters.
        gradients: One for each.
        moments: The running mean of the gradients.
        learning_rate: A scalar.
        beta_1: How much of the running mean counts in the step.
        beta_2: How much of the running mean is kept.

    Reference:
        Chen et al., Symbolic discovery of optimization algorithms, arXiv:2302.06675, algorithm 2.
    """
    new_params, new_moments = [], []
    for p, g, m in zip(params, gradients, moments, strict=True):
        direction = ops.sign(m * beta_1 + g * (1.0 - beta_1))
        new_params.append(p - ops.cast(learning_rate, p.dtype) * direction)
        new_moments.append(m * beta_2 + g * (1.0 - beta_2))
    return (*new_params, *new_moments)
