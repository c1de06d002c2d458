"""Update rules that see a parameter as a matrix and not as a heap of numbers.

Each takes lists and returns one flat tuple: the new parameters, then the new slots, in the order
of the operands that it donates.
"""

from __future__ import annotations

from collections.abc import Sequence

from horn.spec.op import Tensor, composite, ops


@composite(donates=("params", "rows", "columns", "velocities"))
def adafactor_update(
    params: Sequence[Tensor],
    gradients: Sequence[Tensor],
    rows: Sequence[Tensor],
    columns: Sequence[Tensor],
    velocities: Sequence[Tensor],
    learning_rate: Tensor,
    iteration: Tensor,
    beta_2_decay: float = -0.8,
    epsilon_1: float = 1e-30,
    epsilon_2: float = 1e-3,
    clip_threshold: float = 1.0,
    relative_step: bool = True,
):
    """Return parameters, factors and second moments after one step of Adafactor.

    The second moment of a parameter with two axes or more is the outer product of its running
    means over the last axis and over the one before, ``rows`` and ``columns``; with fewer axes it
    is kept whole. With ``u = g / sqrt(v')`` the step is
    ``max(epsilon_2, rms(p)) * rho * u / max(1, rms(u) / clip_threshold)``, where
    ``rho = min(learning_rate, 1 / sqrt(t))``, and ``t = iteration + 1``.

    Args:
        params: The parameters.
        gradients: One for each.
        rows: Running means over the last axis; any scalar for a parameter with fewer than two axes.
        columns: Running means over the axis before the last; the same.
        velocities: The second moments.
        learning_rate: A scalar.
        iteration: How many steps were done before, an integer scalar.
        beta_2_decay: The running means keep ``1 - t**beta_2_decay``; less than 0.
        epsilon_1: Added to the squares of the gradients.
        epsilon_2: The least size of a parameter that a step is in proportion to.
        clip_threshold: The largest root mean square of a step before it is scaled.
        relative_step: Whether the rate falls with ``1 / sqrt(t)`` before all else.

    Reference:
        Shazeer & Stern, Adafactor, arXiv:1804.04235, algorithms 4 and 5.
    """
    new_params, new_rows, new_columns, new_velocities = [], [], [], []
    for p, g, r, c, v in zip(params, gradients, rows, columns, velocities, strict=True):
        t = ops.cast(iteration, p.dtype) + 1.0
        rate, falling = ops.cast(learning_rate, p.dtype), ops.rsqrt(t)
        if relative_step:
            rate = ops.minimum(rate, falling)
        rate = ops.minimum(rate, falling) * ops.maximum(_rms(p), epsilon_2)
        # At the first step the share is one, and what was there before must not leave a rounding error.
        share = ops.power(t, beta_2_decay)
        kept = 1.0 - share
        squares = ops.square(g) + epsilon_1
        if len(p.shape) < 2:
            v = v * kept + squares * share
        else:
            r = r * kept + ops.mean(squares, axis=-1) * share
            c = c * kept + ops.mean(squares, axis=-2) * share
            scale = r / ops.mean(r, axis=-1, keepdims=True)
            v = ops.expand_dims(scale, -1) * ops.expand_dims(c, -2)
        step = g * ops.rsqrt(v)
        new_params.append(p - step * (rate / ops.maximum(_rms(step) / clip_threshold, 1.0)))
        new_rows.append(r)
        new_columns.append(c)
        new_velocities.append(v)
    return (*new_params, *new_rows, *new_columns, *new_velocities)


def _rms(x):
    """Return the root of the mean square of all elements."""
    return ops.sqrt(ops.mean(ops.square(x)))


@composite(donates=("params", "momentums"))
def muon_update(
    params: Sequence[Tensor],
    gradients: Sequence[Tensor],
    momentums: Sequence[Tensor],
    learning_rate: Tensor,
    momentum: float = 0.95,
    nesterov: bool = True,
    steps: int = 5,
    a: float = 3.4445,
    b: float = -4.775,
    c: float = 2.0315,
    rms_rate: float | None = 0.2,
):
    """Return matrices and momentums after one step of Muon.

    With ``m' = momentum * m + g`` and ``u = g + momentum * m'``, or ``m'`` without Nesterov's
    look-ahead, the step is ``learning_rate * rms_rate * sqrt(max(rows, columns))`` times the
    nearest matrix to u whose singular values are all about one, as far as some steps of a
    Newton-Schulz iteration come: ``X <- a X + b (X X^T) X + c (X X^T)^2 X``.

    Args:
        params: The parameters, of two axes each.
        gradients: One for each.
        momentums: One for each.
        learning_rate: A scalar.
        momentum: How much of the last momentum is kept.
        nesterov: Whether to look ahead.
        steps: How many steps of the iteration to take.
        a: The iteration's factor of the first power.
        b: That of the third.
        c: That of the fifth.
        rms_rate: The root mean square of a step at a learning rate of one; None for no scale.

    Reference:
        Jordan et al., Muon: an optimizer for hidden layers in neural networks (2024); the scale of
        a step is that of Liu et al., Muon is scalable for LLM training, arXiv:2502.16982.
    """
    new_params, new_momentums = [], []
    for p, g, m in zip(params, gradients, momentums, strict=True):
        m = m * momentum + g
        u = _orthogonalized(m * momentum + g if nesterov else m, steps, a, b, c)
        scale = 1.0 if rms_rate is None else rms_rate * max(p.shape) ** 0.5
        new_params.append(p - u * (ops.cast(learning_rate, p.dtype) * scale))
        new_momentums.append(m)
    return (*new_params, *new_momentums)


def _orthogonalized(x, steps, a, b, c):
    """Return a matrix with the singular vectors of `x` and singular values near one."""
    tall = x.shape[0] > x.shape[1]
    x = ops.transpose(x) if tall else x
    x = x / (ops.sqrt(ops.sum(ops.square(x))) + 1e-7)
    for _ in range(steps):
        gram = ops.matmul(x, ops.transpose(x))
        x = x * a + ops.matmul(gram * b + ops.matmul(gram, gram) * c, x)
    return ops.transpose(x) if tall else x
