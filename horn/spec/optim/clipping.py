"""Limits on the size of gradients."""

from __future__ import annotations

from collections.abc import Sequence

from horn import dtypes
from horn.spec.op import Tensor, composite, ops


@composite
def clip_by_norm(x: Tensor, norm: float):
    """Return `x`, scaled down to a Euclidean norm of `norm` where it has a larger one.

    Args:
        x: A gradient.
        norm: The largest norm, more than zero.

    Shapes:
        x, returns: equal

    Notes:
        A gradient of zeros stays as it is; one with an infinite element becomes NaN or 0.

    Example:
        >>> ops.clip_by_norm(np.array([3.0, 4.0]), norm=1.0)
        array([0.6, 0.8])
    """
    length = ops.sqrt(_squares(x))
    return ops.cast(ops.cast(x, length.dtype) * norm / ops.maximum(length, norm), x.dtype)


def _squares(x):
    """Return the sum of squares, in float32 or wider: in half precision small ones would vanish."""
    return ops.sum(ops.square(ops.cast(x, dtypes.promote(x.dtype, "float32"))))


@composite
def clip_by_global_norm(xs: Sequence[Tensor], norm: float):
    """Return tensors, all scaled by one factor where they have a larger norm than `norm` together.

    Args:
        xs: The gradients of all parameters.
        norm: The largest root of the sum of all squares, more than zero.

    Returns:
        A tuple, one tensor for each. All are NaN where one has an element that is not finite, so
        that a step which went wrong cannot pass for a small one.

    Reference:
        Pascanu, Mikolov & Bengio, arXiv:1211.5063, algorithm 1.

    Example:
        >>> ops.clip_by_global_norm([np.array([3.0]), np.array([4.0])], norm=1.0)
        (array([0.6]), array([0.8]))
    """
    total = _squares(xs[0])
    for x in xs[1:]:
        total = total + ops.cast(_squares(x), total.dtype)
    length = ops.sqrt(total)
    # inf - inf is NaN, so a norm that is not finite spoils the factor and does not make it zero.
    factor = norm / ops.maximum(length, norm) + (length - length)
    return tuple(x * ops.cast(factor, x.dtype) for x in xs)
