"""Activations of straight pieces, and those whose results are zero over a range.

NaN stays NaN in all of them. Where two pieces meet, the page says which one has the gradient.
"""

from __future__ import annotations

from horn.spec.normalise import Axis
from horn.spec.op import Tensor, composite, ops


@composite(to_float=True)
def relu6(x: Tensor):
    """Return `x` limited to the range from 0 to 6; the gradient at both ends is one."""
    return ops.clip(x, 0, 6)


@composite(to_float=True)
def clipped_relu(
    x: Tensor, negative_slope: float = 0.0, max_value: float | None = None, threshold: float = 0.0
):
    """Return `x` above a threshold, a slope times its distance from it below, and no more than a limit.

    At the threshold the slope below has the gradient; at the limit and above there is none.

    Args:
        x: Any tensor.
        negative_slope: The factor of ``x - threshold`` where `x` is not above the threshold.
        max_value: The limit; None for no limit.
        threshold: Above it `x` stays.

    Example:
        >>> ops.clipped_relu(np.array([-1.0, 0.5, 1.5, 9.0]), 0.5, 6.0, 1.0)
        array([-1.  , -0.25,  1.5 ,  6.  ])
    """
    below = ops.less_equal(x, threshold)
    left = (x - threshold) * negative_slope if negative_slope else ops.zeros((), x.dtype)
    bent = ops.where(below, left, x)
    return bent if max_value is None else ops.minimum(bent, max_value)


@clipped_relu.vjp
def _(cotangent, output, x, *, negative_slope, max_value, threshold):
    grad = ops.where(ops.less_equal(x, threshold), cotangent * negative_slope, cotangent)
    return grad if max_value is None else ops.where(ops.less(output, max_value), grad, 0.0)


@composite(to_float=True)
def hard_sigmoid(x: Tensor):
    """Return ``x / 6 + 1 / 2`` limited to the range from 0 to 1; its ends have the gradient of the inside."""
    return ops.clip(x / 6.0 + 0.5, 0.0, 1.0)


@hard_sigmoid.vjp
def _(cotangent, output, x):
    return ops.where(ops.less_equal(ops.absolute(x), 3.0), cotangent / 6.0, 0.0)


@composite(to_float=True)
def hard_silu(x: Tensor):
    """Return ``x * hard_sigmoid(x)``, known as hard swish too; at -3 and 3 the inside has the gradient.

    Reference:
        Howard et al., Searching for MobileNetV3, arXiv:1905.02244.
    """
    return ops.where(ops.less(x, -3.0), 0.0, x * ops.hard_sigmoid(x))


@hard_silu.vjp
def _(cotangent, output, x):
    outside = ops.where(ops.less(x, 0), 0.0, cotangent)
    return ops.where(ops.less_equal(ops.absolute(x), 3.0), cotangent * (x / 3.0 + 0.5), outside)


@composite
def hard_tanh(x: Tensor):
    """Return `x` limited to the range from -1 to 1; the gradient at both ends is one."""
    return ops.clip(x, -1, 1)


@composite(to_float=True)
def hard_shrink(x: Tensor, threshold: float = 0.5):
    """Return `x`, but zero where its size is not above the threshold; there is no gradient there."""
    return ops.where(ops.less_equal(ops.absolute(x), threshold), 0.0, x)


@composite(to_float=True)
def soft_shrink(x: Tensor, threshold: float = 0.5):
    """Return `x` moved towards zero by the threshold, and zero where it is not so far from it."""
    return x - ops.clip(x, -threshold, threshold)


@soft_shrink.vjp
def _(cotangent, output, x, *, threshold):
    return ops.where(ops.greater(ops.absolute(x), threshold), cotangent, 0.0)


@composite(to_float=True)
def threshold(x: Tensor, threshold: float, default_value: float):
    """Return `x` where it is above the threshold, and the default value, without gradient, elsewhere."""
    return ops.where(ops.less_equal(x, threshold), default_value, x)


# -- of sparse results ------------------------------------------------------------------------------


@composite(to_float=True)
def sparse_plus(x: Tensor):
    """Return zero up to -1, ``(x + 1)**2 / 4`` up to 1, and `x` from there on: a `softplus` that ends."""
    middle = ops.square(ops.clip(x, -1.0, 1.0) + 1.0) * 0.25
    return ops.where(ops.less(x, 1.0), middle, x)


@sparse_plus.vjp
def _(cotangent, output, x):
    return cotangent * (ops.clip(x, -1.0, 1.0) + 1.0) * 0.5


@composite(to_float=True)
def sparse_sigmoid(x: Tensor):
    """Return ``(x + 1) / 2`` limited to the range from 0 to 1: the slope of `sparse_plus`."""
    return ops.clip((x + 1.0) * 0.5, 0.0, 1.0)


@composite(to_float=True)
def sparsemax(x: Tensor, axis: Axis = -1):
    """Return the point with sum one and no negative part along `axis` that is the nearest to `x`.

    Unlike those of `softmax`, many of its parts are zero.

    Example:
        >>> ops.sparsemax(np.array([0.5, 0.0, -1.0]))
        array([0.75, 0.25, 0.  ])

    Reference:
        Martins & Astudillo, From Softmax to Sparsemax, arXiv:1602.02068, algorithm 1.
    """
    size, rank = x.shape[axis], len(x.shape)
    shifted = x - ops.max(x, axis=axis, keepdims=True)
    ordered = ops.sort(shifted, axis=axis, descending=True)
    totals = ops.cumsum(ordered, axis=axis)
    ranks = ops.reshape(
        ops.arange(1, size + 1, dtype=x.dtype), tuple(size if i == axis else 1 for i in range(rank))
    )
    kept = ops.cast(ops.greater(ordered * ranks + 1.0, totals), x.dtype)
    count = ops.sum(kept, axis=axis, keepdims=True)
    level = (ops.sum(ops.where(ops.equal(kept, 1), ordered, 0.0), axis=axis, keepdims=True) - 1.0) / count
    return ops.maximum(shifted - level, 0)


@sparsemax.vjp
def _(cotangent, output, x, *, axis):
    support = ops.cast(ops.greater(output, 0), cotangent.dtype)
    share = ops.sum(cotangent * support, axis=axis, keepdims=True) / ops.sum(
        support, axis=axis, keepdims=True
    )
    return support * (cotangent - share)
