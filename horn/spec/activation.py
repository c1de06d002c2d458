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
    """Return `x` where it is positive and ``alpha * (exp(x) - 1)`` elsewhere, at zero too.

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
    return ops.gelu_grad(cotangent, x, approximate=approximate)


@composite
def gelu_grad(cotangent: Tensor, x: Tensor, approximate: bool = True):
    """Return the gradient of `gelu` by `x`, which is that of the identity or zero far from zero.

    Args:
        cotangent: The gradient by the result.
        x: The operand of `gelu`.
        approximate: That of `gelu`.
    """
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
    """Return ``x - tanh(x)``; near zero it is as exact as `x`, not as itself."""
    return x - ops.tanh(x)
