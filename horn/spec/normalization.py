"""Normalisation of each example by itself: by mean and variance, by root mean square, by a norm."""

from __future__ import annotations

from horn import settings
from horn.errors import ArgumentError
from horn.spec.normalise import Axes
from horn.spec.op import Tensor, composite, ops
from horn.spec.sizes import product


def _wide(*tensors):
    """Return tensors with those of 16 bits in float32, in which statistics are taken."""
    return tuple(
        ops.cast(x, "float32") if x is not None and x.dtype in ("float16", "bfloat16") else x for x in tensors
    )


def _along(x, axis):
    """Return the shape of `x` with size one on every axis that is not normalised."""
    return tuple(size if i in axis else 1 for i, size in enumerate(x.shape))


def _small(epsilon):
    return settings.epsilon() if epsilon is None else epsilon


@composite(promote=("x",), to_float=True)
def layer_normalization(
    x: Tensor,
    gamma: Tensor | None = None,
    beta: Tensor | None = None,
    axis: Axes = -1,
    epsilon: float | None = None,
):
    """Return ``(x - mean) / sqrt(variance + epsilon) * gamma + beta``, with statistics along `axis`.

    Numbers of 16 bits are taken to float32 on the way; the result has the dtype of `x`.

    Args:
        x: Any tensor.
        gamma: A factor for each place along `axis`; None for one.
        beta: A term for each place along `axis`; None for zero.
        axis: Over which axes the statistics run.
        epsilon: Added to the variance, inside of the root; None for `horn.config.epsilon`.

    Shapes:
        gamma, beta: the sizes of `x` along `axis`, in order
        returns:     that of `x`

    Example:
        >>> ops.layer_normalization(np.array([[1.0, 3.0], [5.0, 5.0]]), epsilon=0.0625).round(3)
        array([[-0.97,  0.97],
               [ 0.  ,  0.  ]])

    Reference:
        Ba, Kiros & Hinton, Layer Normalization, arXiv:1607.06450.
    """
    wide, gamma, beta = _wide(x, gamma, beta)
    centred = wide - ops.mean(wide, axis=axis, keepdims=True)
    variance = ops.mean(ops.square(centred), axis=axis, keepdims=True)
    y = centred * ops.rsqrt(variance + _small(epsilon))
    shape = _along(x, axis)
    if gamma is not None:
        y = y * ops.reshape(gamma, shape)
    if beta is not None:
        y = y + ops.reshape(beta, shape)
    return ops.cast(y, x.dtype)


@layer_normalization.vjp
def _(cotangent, output, x, gamma, beta, *, axis, epsilon):
    by_x, by_gamma, by_beta = ops.layer_normalization_grad(
        cotangent, output, x, gamma, beta, axis=axis, epsilon=epsilon
    )
    return by_x, None if gamma is None else by_gamma, None if beta is None else by_beta


@composite(gradient_of="layer_normalization")
def layer_normalization_grad(
    cotangent: Tensor,
    output: Tensor,
    x: Tensor,
    gamma: Tensor | None = None,
    beta: Tensor | None = None,
    axis: Axes = -1,
    epsilon: float | None = None,
):
    """Return the gradients of `layer_normalization` by `x`, `gamma` and `beta`.

    The last two have the sizes of `x` along `axis`, also where there is no `gamma` or `beta`.
    """
    given, wide, factor = _wide(cotangent, x, gamma)
    shape = _along(x, axis)
    sizes = tuple(x.shape[i] for i in axis)
    rest = tuple(i for i in range(len(x.shape)) if i not in axis)
    centred = wide - ops.mean(wide, axis=axis, keepdims=True)
    inverse = ops.rsqrt(ops.mean(ops.square(centred), axis=axis, keepdims=True) + _small(epsilon))
    normal = centred * inverse
    scaled = given if factor is None else given * ops.reshape(factor, shape)
    along = ops.mean(scaled * normal, axis=axis, keepdims=True)
    by_x = (scaled - ops.mean(scaled, axis=axis, keepdims=True) - normal * along) * inverse
    by_gamma = ops.reshape(ops.sum(given * normal, axis=rest), sizes)
    by_beta = ops.reshape(ops.sum(given, axis=rest), sizes)
    return (
        ops.cast(by_x, x.dtype),
        ops.cast(by_gamma, x.dtype if gamma is None else gamma.dtype),
        ops.cast(by_beta, x.dtype if beta is None else beta.dtype),
    )


@composite(promote=("x",), to_float=True)
def rms_normalization(x: Tensor, scale: Tensor | None = None, axis: Axes = -1, epsilon: float | None = None):
    """Return ``x / sqrt(mean(x**2) + epsilon) * scale``, with the mean along `axis`.

    Numbers of 16 bits are taken to float32 on the way; the result has the dtype of `x`.

    Args:
        x: Any tensor.
        scale: A factor for each place along `axis`; None for one.
        axis: Over which axes the mean runs.
        epsilon: Added to the mean, inside of the root; None for `horn.config.epsilon`.

    Shapes:
        scale:   the sizes of `x` along `axis`, in order
        returns: that of `x`

    Example:
        >>> ops.rms_normalization(np.array([3.0, 4.0]), epsilon=0.0).round(3)
        array([0.849, 1.131])

    Reference:
        Zhang & Sennrich, Root Mean Square Layer Normalization, arXiv:1910.07467.
    """
    wide, factor = _wide(x, scale)
    y = wide * ops.rsqrt(ops.mean(ops.square(wide), axis=axis, keepdims=True) + _small(epsilon))
    if factor is not None:
        y = y * ops.reshape(factor, _along(x, axis))
    return ops.cast(y, x.dtype)


@composite(promote=("x",), to_float=True)
def normalize(x: Tensor, axis: Axes = -1, order: int = 2, epsilon: float | None = None):
    """Return `x` divided by its norm along `axis`, which is taken to be `epsilon` where it is less.

    Args:
        x: Any tensor.
        axis: The axes of the vectors.
        order: Which norm: the `order`-th root of the sum of so many-th powers of the sizes, 1 or more.
        epsilon: The least norm to divide by; None for `horn.config.epsilon`.

    Example:
        >>> ops.normalize(np.array([[3.0, 4.0], [0.0, 0.0]]))
        array([[0.6, 0.8],
               [0. , 0. ]])
    """
    if isinstance(order, bool) or not isinstance(order, int) or order < 1:
        raise ArgumentError(
            "normalize was given an order that is none.",
            expected="an integer of 1 or more",
            got=f"order={order!r}",
            remedy="write order=2 for the Euclidean norm",
        )
    small = _small(epsilon)
    if order == 2:
        # In 16 bits the square of the default epsilon is zero, so it is taken apart.
        (wide,) = _wide(x)
        total = ops.sum(ops.square(wide), axis=axis, keepdims=True)
        return ops.cast(wide * ops.rsqrt(ops.maximum(total, small * small)), x.dtype)
    flat = len(axis) == 1
    sizes = ops.absolute(x)
    if order == 1:
        return x / ops.maximum(ops.sum(sizes, axis=axis, keepdims=True), small)
    if flat:
        return x / ops.maximum(ops.norm(x, ord=order, axis=axis[0], keepdims=True), small)
    # Several axes are one long vector.
    rest = tuple(i for i in range(len(x.shape)) if i not in axis)
    vectors = ops.reshape(
        ops.transpose(x, (*rest, *axis)), (*(x.shape[i] for i in rest), product(x.shape[i] for i in axis))
    )
    norms = ops.norm(vectors, ord=order, axis=-1)
    kept = tuple(1 if i in axis else size for i, size in enumerate(x.shape))
    return x / ops.maximum(ops.reshape(norms, kept), small)
