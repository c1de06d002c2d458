"""Activations, normalisation and dropout: what layers are made of."""

from __future__ import annotations

from horn.spec.normalise import Axes, Axis
from horn.spec.op import Tensor, composite, ops


@composite
def relu(x: Tensor):
    """Return `x` where it is positive and zero elsewhere; the gradient at zero is zero, NaN stays."""
    return ops.maximum(x, 0)


@relu.vjp
def _(cotangent, output, x):
    return ops.relu_grad(cotangent, output)


@composite
def relu_grad(cotangent: Tensor, output: Tensor):
    """Return the gradient of `relu` from its result: the cotangent where the result is positive."""
    return ops.where(ops.greater(output, 0), cotangent, 0.0)


@composite(to_float=True)
def leaky_relu(x: Tensor, negative_slope: float = 0.2):
    """Return `x` where it is positive and `negative_slope` times `x` elsewhere.

    Reference:
        Maas, Hannun & Ng, Rectifier nonlinearities improve neural network acoustic models (2013).
    """
    return ops.where(ops.greater(x, 0), x, x * negative_slope)


@leaky_relu.vjp
def _(cotangent, output, x, *, negative_slope):
    return ops.where(ops.greater(x, 0), cotangent, cotangent * negative_slope)


@composite(to_float=True)
def softplus(x: Tensor):
    """Return ``log(1 + exp(x))``, without overflow: a smooth `relu`."""
    return ops.maximum(x, 0) + ops.log1p(ops.exp(ops.negative(ops.absolute(x))))


@softplus.vjp
def _(cotangent, output, x):
    return cotangent * ops.sigmoid(x)


@composite(to_float=True)
def softmax(x: Tensor, axis: Axis = -1):
    """Return ``exp(x) / sum(exp(x))`` along `axis`: positive, with sum one.

    The maximum is subtracted first, so no finite `x` overflows; an infinite one gives NaN.

    Reference:
        Blanchard, Higham & Higham, IMA J. Numer. Anal. 41 (2021) 2311-2330.
    """
    shifted = ops.exp(x - ops.stop_gradient(ops.max(x, axis=axis, keepdims=True)))
    return shifted / ops.sum(shifted, axis=axis, keepdims=True)


@softmax.vjp
def _(cotangent, output, x, *, axis):
    weighted = cotangent * output
    return weighted - output * ops.sum(weighted, axis=axis, keepdims=True)


@composite(to_float=True)
def log_softmax(x: Tensor, axis: Axis = -1):
    """Return ``log(softmax(x))``, exact where softmax underflows."""
    shifted = x - ops.stop_gradient(ops.max(x, axis=axis, keepdims=True))
    return shifted - ops.log(ops.sum(ops.exp(shifted), axis=axis, keepdims=True))


@log_softmax.vjp
def _(cotangent, output, x, *, axis):
    return cotangent - ops.exp(output) * ops.sum(cotangent, axis=axis, keepdims=True)


@composite(to_float=True)
def moments(x: Tensor, axis: Axes, keepdims: bool = False):
    """Return the mean and the variance (``ddof=0``) along `axis`."""
    mean = ops.mean(x, axis=axis, keepdims=True)
    variance = ops.mean(ops.square(x - mean), axis=axis, keepdims=True)
    if keepdims:
        return mean, variance
    shape = tuple(size for i, size in enumerate(x.shape) if i not in axis)
    return ops.reshape(mean, shape), ops.reshape(variance, shape)


@composite(promote=True, to_float=True)
def batch_normalization(
    x: Tensor,
    mean: Tensor,
    variance: Tensor,
    offset: Tensor | None = None,
    scale: Tensor | None = None,
    axis: Axis = -1,
    epsilon: float = 1e-3,
):
    """Return ``(x - mean) / sqrt(variance + epsilon) * scale + offset`` with given statistics.

    Args:
        x: Any tensor.
        mean: One for each channel.
        variance: One for each channel.
        offset: One for each channel; None for zero.
        scale: One for each channel; None for one.
        axis: The axis of the channels.
        epsilon: Added to the variance, inside of the root.
    """
    shape = tuple(size if i == axis else 1 for i, size in enumerate(x.shape))
    factor = ops.rsqrt(variance + epsilon)
    if scale is not None:
        factor = factor * scale
    shift = ops.negative(mean * factor)
    if offset is not None:
        shift = shift + offset
    return x * ops.reshape(factor, shape) + ops.reshape(shift, shape)


@composite(promote=True, to_float=True)
def batch_normalization_train(x: Tensor, scale: Tensor, offset: Tensor, axis: Axis = -1, epsilon: float = 1e-3):
    """Return `x` normalised by its own statistics, with their mean and variance (``ddof=0``).

    Args:
        x: Any tensor; the statistics run over every axis but `axis`.
        scale: One for each channel.
        offset: One for each channel.
        axis: The axis of the channels.
        epsilon: Added to the variance, inside of the root.

    Returns:
        The normalised tensor, the means, the variances.

    Reference:
        Ioffe & Szegedy, Batch Normalization, arXiv:1502.03167, algorithm 1.
    """
    rest = tuple(i for i in range(len(x.shape)) if i != axis)
    shape = tuple(size if i == axis else 1 for i, size in enumerate(x.shape))
    mean = ops.mean(x, axis=rest, keepdims=True)
    centred = x - mean
    variance = ops.mean(ops.square(centred), axis=rest, keepdims=True)
    factor = ops.rsqrt(variance + epsilon) * ops.reshape(scale, shape)
    y = centred * factor + ops.reshape(offset, shape)
    return y, ops.reshape(mean, scale.shape), ops.reshape(variance, scale.shape)


@batch_normalization_train.vjp
def _(cotangents, outputs, x, scale, offset, *, axis, epsilon):
    given = [ops.zeros_like(y) if c is None else c for c, y in zip(cotangents, outputs, strict=True)]
    return ops.batch_normalization_train_grad(*given, *outputs, x, scale, offset, axis=axis, epsilon=epsilon)


@composite(gradient_of="batch_normalization_train")
def batch_normalization_train_grad(
    cotangent: Tensor,
    cotangent_mean: Tensor,
    cotangent_variance: Tensor,
    output: Tensor,
    mean: Tensor,
    variance: Tensor,
    x: Tensor,
    scale: Tensor,
    offset: Tensor,
    axis: Axis = -1,
    epsilon: float = 1e-3,
):
    """Return the gradients of `batch_normalization_train` by `x`, `scale` and `offset`.

    Reference:
        Ioffe & Szegedy, Batch Normalization, arXiv:1502.03167, section 3.
    """
    rest = tuple(i for i in range(len(x.shape)) if i != axis)
    shape = tuple(size if i == axis else 1 for i, size in enumerate(x.shape))
    count = 1
    for i in rest:
        count = count * x.shape[i]
    inverse = ops.rsqrt(variance + epsilon)
    centred = x - ops.reshape(mean, shape)
    normal = centred * ops.reshape(inverse, shape)
    by_offset = ops.sum(cotangent, axis=rest)
    by_scale = ops.sum(cotangent * normal, axis=rest)
    spread = cotangent - ops.reshape(by_offset / count, shape) - normal * ops.reshape(by_scale / count, shape)
    by_x = spread * ops.reshape(inverse * scale, shape)
    by_x = by_x + ops.reshape(cotangent_mean / count, shape)
    by_x = by_x + centred * ops.reshape(cotangent_variance * 2.0 / count, shape)
    return by_x, by_scale, by_offset


@composite
def dropout(x: Tensor, key: Tensor, step: Tensor, rate: float):
    """Return `x` with a share of about `rate` of its elements at zero, the others scaled up.

    What is kept is multiplied by ``1 / (1 - rate)``, so the expected value stays, and what is
    dropped by zero: an infinite element that is dropped yields NaN, as in PyTorch. The factors are
    `dropout_mask` of the key and the step: the same on every backend.

    Args:
        x: Any floating-point tensor.
        key: Two int32 words.
        step: The int32 number of the step.
        rate: The share to drop, in [0, 1); it is rounded to a multiple of 2**-16.

    Reference:
        Srivastava et al., JMLR 15 (2014) 1929-1958.
    """
    return x * ops.dropout_mask(key, step, shape=x.shape, rate=rate, dtype=x.dtype)


@dropout.vjp
def _(cotangent, output, x, key, step, *, rate):
    return ops.dropout(cotangent, key, step, rate=rate), None, None
