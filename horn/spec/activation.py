"""Activations beside those of `nn`: each a formula of one tensor that no finite number makes overflow.

NaN stays NaN in all of them. Where two branches meet, the page says which one has the gradient.
"""

from __future__ import annotations

import math

from horn.errors import ArgumentError
from horn.spec.normalise import Axis
from horn.spec.op import Tensor, composite, ops

_SELU_ALPHA = 1.6732632423543772848170429916717
_SELU_SCALE = 1.0507009873554804934193349852946


def _need_positive(name, argument, value):
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 < value < math.inf:
        raise ArgumentError(
            f"{name} was given a number that it has no meaning for.",
            expected=f"{argument} above zero",
            got=f"{argument}={value!r}",
            remedy="pass a positive number",
        )


# -- of the exponential kind ----------------------------------------------------------------------


@composite(to_float=True)
def elu(x: Tensor, alpha: float = 1.0):
    """Return `x` where it is positive and ``alpha * (exp(x) - 1)`` elsewhere; at zero the latter has the gradient.

    Example:
        >>> ops.elu(np.array([-1000.0, 0.0, 2.0]))
        array([-1.,  0.,  2.])

    Reference:
        Clevert, Unterthiner & Hochreiter, arXiv:1511.07289.
    """
    return ops.where(ops.greater(x, 0), x, ops.expm1(ops.minimum(x, 0)) * alpha)


@elu.vjp
def _(cotangent, output, x, *, alpha):
    return ops.where(ops.greater(x, 0), cotangent, cotangent * (ops.exp(ops.minimum(x, 0)) * alpha))


@composite(to_float=True)
def selu(x: Tensor):
    """Return `elu` with the scales that keep the mean at zero and the variance at one from layer to layer.

    Reference:
        Klambauer et al., Self-Normalizing Neural Networks, arXiv:1706.02515.
    """
    return ops.elu(x, _SELU_ALPHA) * _SELU_SCALE


@composite(to_float=True)
def celu(x: Tensor, alpha: float = 1.0):
    """Return `x` where it is positive and ``alpha * (exp(x / alpha) - 1)`` elsewhere: `elu` without a kink.

    Reference:
        Barron, arXiv:1704.07483.
    """
    _need_positive("celu", "alpha", alpha)
    return ops.where(ops.greater(x, 0), x, ops.expm1(ops.minimum(x, 0) / alpha) * alpha)


@celu.vjp
def _(cotangent, output, x, *, alpha):
    return ops.where(ops.greater(x, 0), cotangent, cotangent * ops.exp(ops.minimum(x, 0) / alpha))


@composite(to_float=True)
def log_sigmoid(x: Tensor):
    """Return ``log(sigmoid(x))``, exact where the sigmoid underflows."""
    return ops.negative(ops.softplus(ops.negative(x)))


@composite(to_float=True)
def silu(x: Tensor):
    """Return ``x * sigmoid(x)``, known as swish too; NaN at minus infinity.

    Reference:
        Elfwing, Uchibe & Doya, arXiv:1702.03118; Ramachandran, Zoph & Le, arXiv:1710.05941.
    """
    return x * ops.sigmoid(x)


@silu.vjp
def _(cotangent, output, x):
    gate = ops.sigmoid(x)
    return cotangent * (gate * (1.0 + x * (1.0 - gate)))


@composite(to_float=True)
def mish(x: Tensor):
    """Return ``x * tanh(softplus(x))``; NaN at minus infinity.

    Reference:
        Misra, arXiv:1908.08681.
    """
    return x * ops.tanh(ops.softplus(x))


@mish.vjp
def _(cotangent, output, x):
    gate = ops.tanh(ops.softplus(x))
    return cotangent * (gate + x * ((1.0 - gate * gate) * ops.sigmoid(x)))


@composite(to_float=True)
def gelu(x: Tensor, approximate: bool = True):
    """Return `x` times the probability that a standard normal number is below `x`.

    Args:
        x: Any tensor.
        approximate: Whether that probability is taken from a hyperbolic tangent, which is off by less
            than 0.0005, or from `erf`.

    Example:
        >>> ops.gelu(np.array([-1.0, 0.0, 1.0]), approximate=False)
        array([-0.15865525,  0.        ,  0.84134475])

    Reference:
        Hendrycks & Gimpel, arXiv:1606.08415.
    """
    if approximate:
        return (x * 0.5) * (1.0 + ops.tanh(_gelu_angle(x)))
    return (x * 0.5) * (1.0 + ops.erf(x * math.sqrt(0.5)))


def _gelu_angle(x):
    return (x + x * x * x * 0.044715) * math.sqrt(2.0 / math.pi)


@gelu.vjp
def _(cotangent, output, x, *, approximate):
    if not approximate:
        density = ops.exp(x * x * -0.5) * (1.0 / math.sqrt(2.0 * math.pi))
        return cotangent * ((1.0 + ops.erf(x * math.sqrt(0.5))) * 0.5 + ops.clip(x, -40.0, 40.0) * density)
    near = ops.clip(x, -10.0, 10.0)  # beyond, the tangent is one and the powers might overflow
    tangent = ops.tanh(_gelu_angle(near))
    slope = (near * near * (3 * 0.044715) + 1.0) * math.sqrt(2.0 / math.pi)
    return cotangent * ((1.0 + tangent) * 0.5 + near * 0.5 * (1.0 - tangent * tangent) * slope)


@composite(to_float=True)
def glu(x: Tensor, axis: Axis = -1):
    """Return the first half of `x` along `axis` times the sigmoid of the second.

    Shapes:
        returns: that of `x`, with half the size along `axis`, which has to be even

    Reference:
        Dauphin et al., Language Modeling with Gated Convolutional Networks, arXiv:1612.08083.
    """
    values, gates = ops.split(x, 2, axis=axis)
    return values * ops.sigmoid(gates)


# -- of roots and fractions -------------------------------------------------------------------------


@composite(to_float=True)
def softsign(x: Tensor):
    """Return ``x / (1 + |x|)``, between -1 and 1, which it is at the infinities."""
    return ops.where(ops.isinf(x), ops.sign(x), x / (1.0 + ops.absolute(x)))


@softsign.vjp
def _(cotangent, output, x):
    share = 1.0 / (1.0 + ops.absolute(x))
    return cotangent * share * share


@composite(to_float=True)
def squareplus(x: Tensor, b: int | float = 4):
    """Return ``(x + sqrt(x**2 + b)) / 2``, a smooth `relu`; with `b` zero it is `relu`.

    Reference:
        Barron, arXiv:2112.11687.
    """
    if b == 0:
        return ops.relu(x)
    _need_positive("squareplus", "b", b)
    root, size = ops.sqrt(x * x + float(b)), ops.absolute(x)
    # Left of zero the sum would cancel; its product with the difference is b.
    return ops.where(ops.greater(x, 0), (size + root) * 0.5, (0.5 * b) / (size + root))


@squareplus.vjp
def _(cotangent, output, x, *, b):
    if b == 0:
        return ops.relu_grad(cotangent, output)
    return cotangent * (output / ops.sqrt(x * x + float(b)))


@composite(to_float=True)
def tanh_shrink(x: Tensor):
    """Return ``x - tanh(x)``."""
    return x - ops.tanh(x)


# -- of straight pieces ---------------------------------------------------------------------------


@composite(to_float=True)
def relu6(x: Tensor):
    """Return `x` limited to the range from 0 to 6; the gradient at both ends is one."""
    return ops.clip(x, 0, 6)


@composite(to_float=True)
def clipped_relu(
    x: Tensor, negative_slope: float = 0.0, max_value: float | None = None, threshold: float = 0.0
):
    """Return `x` above a threshold, a slope times its distance to the threshold below, and no more than a limit.

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
    share = ops.sum(cotangent * support, axis=axis, keepdims=True) / ops.sum(support, axis=axis, keepdims=True)
    return support * (cotangent - share)
