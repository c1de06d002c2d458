"""Activations, normalisation and dropout, each in a few passes over one buffer."""

from __future__ import annotations

from typing import Any

import numpy as np

from horn.numpy_backend.elementwise import FAST, FLOAT_BITS, ZERO, keep
from horn.numpy_backend.pages import page, page_pair
from horn.numpy_backend.reduction import column_products, column_sums, is_narrow, max_, sum_


def relu(x: Any) -> Any:
    """Return `x` where it is positive and zero elsewhere."""
    zero = ZERO.get(x.dtype)
    return _relu_page(x) if zero is None else np.maximum(x, zero)


def relu_grad(cotangent: Any, output: Any) -> Any:
    """Return the cotangent where the result of `relu` is positive and zero elsewhere."""
    zero = ZERO.get(output.dtype)
    if zero is None or cotangent.dtype not in FLOAT_BITS:
        return _relu_grad_page(cotangent, output)
    return keep(np.greater(output, zero), cotangent)


def leaky_relu(x: Any, negative_slope: float = 0.2) -> Any:
    """Return the larger of `x` and ``negative_slope * x``, which is the page for slopes in (0, 1]."""
    if x.dtype not in FAST or not 0.0 < negative_slope <= 1.0:
        return _leaky_relu_page(x, negative_slope=negative_slope)
    return np.maximum(x, np.multiply(x, negative_slope))


def softplus(x: Any) -> Any:
    """Return ``log(1 + exp(x))``."""
    if x.dtype not in FAST or not x.ndim:
        return _softplus_page(x)
    e = np.absolute(x)
    np.negative(e, e)
    np.exp(e, e)
    np.log1p(e, e)
    return np.add(np.maximum(x, ZERO[x.dtype]), e, e)


def _turned(x: Any, axis: int) -> Any:
    """Return `x` as columns to normalise, copied, where it consists of short rows; else None."""
    size = x.shape[axis]
    if axis != x.ndim - 1 or x.ndim < 2 or not x.size or not is_narrow(x.size // size, size):
        return None
    return np.array(x.reshape(-1, size).T, order="C")


def softmax(x: Any, axis: int = -1) -> Any:
    """Return ``exp(x) / sum(exp(x))`` along `axis`."""
    if x.dtype not in FAST:
        return _softmax_page(x, axis=axis)
    columns = _turned(x, axis)
    if columns is not None:
        np.subtract(columns, np.maximum.reduce(columns, 0), columns)
        np.exp(columns, columns)
        np.divide(columns, np.add.reduce(columns, 0), columns)
        return np.array(columns.T, order="C").reshape(x.shape)
    e = np.subtract(x, max_(x, (axis,), keepdims=True))
    np.exp(e, e)
    return np.divide(e, sum_(e, (axis,), keepdims=True), e)


def log_softmax(x: Any, axis: int = -1) -> Any:
    """Return the logarithm of `softmax`."""
    if x.dtype not in FAST:
        return _log_softmax_page(x, axis=axis)
    columns = _turned(x, axis)
    if columns is not None:
        np.subtract(columns, np.maximum.reduce(columns, 0), columns)
        np.subtract(columns, np.log(np.add.reduce(np.exp(columns), 0)), columns)
        return np.array(columns.T, order="C").reshape(x.shape)
    shifted = np.subtract(x, max_(x, (axis,), keepdims=True))
    return np.subtract(shifted, np.log(sum_(np.exp(shifted), (axis,), keepdims=True)), shifted)


# -- batch normalisation ---------------------------------------------------------------------


def batch_normalization(
    x: Any, mean: Any, variance: Any, offset: Any, scale: Any, axis: int = -1, epsilon: float = 1e-3
) -> Any:
    """Return `x` normalised with given statistics: one factor and one shift for each channel."""
    if x.dtype not in FAST:
        return _batch_normalization_page(x, mean, variance, offset, scale, axis=axis, epsilon=epsilon)
    factor = np.reciprocal(np.sqrt(np.add(variance, epsilon)))
    if scale is not None:
        factor = np.multiply(factor, scale)
    shift = np.negative(np.multiply(mean, factor))
    if offset is not None:
        shift = np.add(shift, offset)
    shape = (-1,) + (1,) * (x.ndim - 1 - axis)
    y = np.multiply(x, factor.reshape(shape))
    return np.add(y, shift.reshape(shape), y)


def _is_plain(x: Any, scale: Any, offset: Any, axis: int) -> bool:
    """Return whether `x` is a matrix of rows of channels, and the others are vectors."""
    vectors = scale.ndim == offset.ndim == 1
    return vectors and x.dtype in FAST and x.ndim > 1 and axis == x.ndim - 1 and x.size > 0


def batch_normalization_train(x: Any, scale: Any, offset: Any, axis: int = -1, epsilon: float = 1e-3) -> Any:
    """Return `x` normalised by its own statistics, and these."""
    return batch_normalization_train_forward(x, scale, offset, axis, epsilon)[0]


def batch_normalization_train_forward(
    x: Any, scale: Any, offset: Any, axis: int = -1, epsilon: float = 1e-3
) -> tuple[Any, Any]:
    """Return the results, and what the gradient needs again: the centred rows, factors and scale."""
    if not _is_plain(x, scale, offset, axis):
        return _pages_forward(x, scale, offset, axis=axis, epsilon=epsilon)
    rows = x.reshape(-1, x.shape[-1])
    count = len(rows)
    mean = np.divide(column_sums(rows), count)
    centred = np.subtract(rows, mean)
    variance = np.divide(column_products(centred, centred), count)
    inverse = np.reciprocal(np.sqrt(np.add(variance, epsilon)))
    y = np.multiply(centred, np.multiply(inverse, scale))
    np.add(y, offset, y)
    return (y.reshape(x.shape), mean, variance), (x.shape, centred, inverse, scale)


def batch_normalization_train_backward(
    residual: tuple[Any, ...], cotangents: tuple[Any, ...]
) -> tuple[Any, ...]:
    """Return the gradients by `x`, `scale` and `offset`.

    The page's gradient by `x` is one combination of the cotangent, the centred rows and one, with
    three factors for each channel.
    """
    if len(residual) == 3:
        return _pages_backward(residual, cotangents)
    shape, centred, inverse, scale = residual
    cotangent, cotangent_mean, cotangent_variance = cotangents
    rows = cotangent.reshape(centred.shape)
    count = len(rows)
    by_offset = column_sums(rows)
    by_scale = np.multiply(column_products(rows, centred), inverse)
    factor = np.multiply(inverse, scale)
    spread = np.multiply(by_scale, np.multiply(inverse, factor))
    along = np.divide(np.subtract(np.multiply(cotangent_variance, 2.0), spread), count)
    constant = np.divide(np.subtract(cotangent_mean, np.multiply(by_offset, factor)), count)
    by_x = np.multiply(centred, along)
    np.add(by_x, constant, by_x)
    np.add(by_x, np.multiply(rows, factor), by_x)
    return by_x.reshape(shape), by_scale, by_offset


def batch_normalization_train_grad(*operands: Any, axis: int = -1, epsilon: float = 1e-3) -> tuple[Any, ...]:
    """Return the gradients of `batch_normalization_train` where its forward run left nothing."""
    *cotangents, _, mean, variance, x, scale, offset = operands
    if not _is_plain(x, scale, offset, axis) or any(given.dtype != x.dtype for given in operands):
        return _batch_normalization_train_grad_page(*operands, axis=axis, epsilon=epsilon)
    centred = np.subtract(x.reshape(-1, x.shape[-1]), mean)
    inverse = np.reciprocal(np.sqrt(np.add(variance, epsilon)))
    return batch_normalization_train_backward((x.shape, centred, inverse, scale), tuple(cotangents))


_relu_page = page("relu")
_relu_grad_page = page("relu_grad")
_leaky_relu_page = page("leaky_relu")
_softplus_page = page("softplus")
_softmax_page = page("softmax")
_log_softmax_page = page("log_softmax")
_batch_normalization_page = page("batch_normalization")
_batch_normalization_train_grad_page = page("batch_normalization_train_grad")
_pages_forward, _pages_backward = page_pair("batch_normalization_train")

KERNELS = {
    "batch_normalization": batch_normalization,
    "batch_normalization_train": batch_normalization_train,
    "batch_normalization_train_grad": batch_normalization_train_grad,
    "leaky_relu": leaky_relu,
    "log_softmax": log_softmax,
    "relu": relu,
    "relu_grad": relu_grad,
    "softmax": softmax,
    "softplus": softplus,
}

RESIDUAL_KERNELS = {
    "batch_normalization_train": (batch_normalization_train_forward, batch_normalization_train_backward),
}
