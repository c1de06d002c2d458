"""Pooling over one, two or three dimensions: the largest element of each window, or the mean.

The primitives take channels last and explicit padding; what users call works out the padding and
the data format.
"""

from __future__ import annotations

import math

import numpy as np

from horn.errors import ShapeError
from horn.spec import windows
from horn.spec.laws import need_float, show
from horn.spec.op import Tensor, composite, ops, primitive
from horn.spec.windows import Pairs, Sizes, places_of, window_count


@primitive
def max_pooling(x: Tensor, pool_size: Sizes, strides: Sizes, padding: Pairs):
    """Return the largest element of each window; NaN where a window holds one.

    Elements outside of `x` count as minus infinity.

    Shapes:
        x:       (batch, *spatial, channels)
        returns: (batch, *windows, channels)
    """
    return max_pooling_take.body(x, x, pool_size, strides, padding)


@max_pooling.law
def _(x, pool_size, strides, padding):
    need_float("max_pooling", x)
    spatial = x.rank - 2
    if spatial < 1 or not len(pool_size) == len(strides) == len(padding) == spatial:
        raise ShapeError(
            "max_pooling was given windows of another rank than its input.",
            expected="(batch, *spatial, channels) and one size for each spatial axis",
            got=f"{show(x.shape)} with windows {pool_size}",
            remedy="match the pooling layer to the rank of its input",
        )
    counts = _pool_counts(x.shape, pool_size, strides, padding)
    if any(isinstance(count, int) and count < 1 for count in counts):
        raise ShapeError(
            "max_pooling was given a window larger than its padded input.",
            expected="at least one window along each axis",
            got=f"windows {pool_size} for an input {show(x.shape)}",
            remedy="use padding='same', a smaller window, or larger images",
        )
    return x.with_shape((x.shape[0], *counts, x.shape[-1]))


def _pool_counts(shape, pool_size, strides, padding):
    rows = zip(shape[1:-1], pool_size, strides, padding, strict=True)
    return tuple(window_count(*row) for row in rows)


@max_pooling.vjp
def _(cotangent, output, x, **rest):
    return ops.max_pooling_grad(cotangent, output, x, **rest)


@primitive(gradient_of="max_pooling")
def max_pooling_grad(
    cotangent: Tensor, output: Tensor, x: Tensor, pool_size: Sizes, strides: Sizes, padding: Pairs
):
    """Return the gradient of `max_pooling`: each window gives all to its first largest element.

    The first is the one with the lowest index along the axes in order; a NaN counts as largest.

    Shapes:
        cotangent: that of the result of `max_pooling`
        returns:   the shape of `x`
    """
    first = _first_largest(x, pool_size, strides, padding)
    padded = np.zeros([n + sum(p) for n, p in zip(x.shape, ((0, 0), *padding, (0, 0)), strict=True)], x.dtype)
    places = places_of(pool_size, strides, (1,) * len(pool_size), cotangent.shape[1:-1])
    for number, (_, place) in enumerate(places):
        padded[place] += np.where(first == number, cotangent, 0)
    inside = tuple(np.s_[p[0] : p[0] + n] for n, p in zip(x.shape[1:-1], padding, strict=True))
    return padded[(np.s_[:], *inside)]


def _first_largest(x, pool_size, strides, padding):
    """Return for each window the number of the offset of its first largest element."""
    padded = np.pad(x, ((0, 0), *padding, (0, 0)), constant_values=-np.inf)
    counts = _pool_counts(x.shape, pool_size, strides, padding)
    places = places_of(pool_size, strides, (1,) * len(pool_size), counts)
    return np.argmax(np.stack([padded[place] for _, place in places]), axis=0)


@max_pooling_grad.law
def _(cotangent, output, x, pool_size, strides, padding):
    return x


@max_pooling_grad.vjp
def _(given, result, cotangent, output, x, **rest):
    return ops.max_pooling_take(given, x, **rest), None, None


@primitive
def max_pooling_take(values: Tensor, x: Tensor, pool_size: Sizes, strides: Sizes, padding: Pairs):
    """Return the element of `values` at the place where each window of `x` is first largest.

    With `x` for `values` it is `max_pooling`; it is also the gradient of `max_pooling_grad`.
    """
    first = _first_largest(x, pool_size, strides, padding)
    padded = np.pad(values, ((0, 0), *padding, (0, 0)), constant_values=-np.inf)
    places = places_of(pool_size, strides, (1,) * len(pool_size), first.shape[1:-1])
    candidates = np.stack([padded[place] for _, place in places])
    return np.take_along_axis(candidates, first[np.newaxis], 0)[0]


@max_pooling_take.law
def _(values, x, pool_size, strides, padding):
    return max_pooling.law_rule(x, pool_size, strides, padding)


@max_pooling_take.vjp
def _(cotangent, output, values, x, **rest):
    return ops.max_pooling_grad(cotangent, ops.max_pooling(x, **rest), x, **rest), None


# -- what users call --------------------------------------------------------------------------


def _windows(name, inputs, pool_size, strides, padding, data_format):
    """Return the inputs with their channels last, and the attributes of the primitives."""
    spatial = len(inputs.shape) - 2
    if spatial < 1:
        raise ShapeError(
            f"{name} was given inputs without an axis of space.",
            expected="inputs with a batch, one or more spatial axes, and channels",
            got=show(inputs.shape),
            remedy="add the axis that is missing, for example x[..., None]",
        )
    windows.named(padding, ("valid", "same"))
    x = windows.channels_last(inputs, data_format)
    window = windows.per_axis(pool_size, spatial, "pool_size")
    steps = window if strides is None else windows.per_axis(strides, spatial, "strides")
    pairs = windows.pairs(padding, x.shape[1:-1], window, steps, (1,) * spatial)
    return x, window, steps, pairs


@composite
def max_pool(
    inputs: Tensor,
    pool_size: int | tuple[int, ...],
    strides: int | tuple[int, ...] | None = None,
    padding: str = "valid",
    data_format: str | None = None,
):
    """Return the largest element of each window of images, sequences or volumes.

    Args:
        inputs: ``(batch, *spatial, channels)``, or channels second for ``"channels_first"``.
        pool_size: One number, or one for each spatial axis.
        strides: Default: `pool_size`, so that windows do not overlap.
        padding: ``"valid"`` for none, ``"same"`` for as many windows as strides fit.
        data_format: Default: `horn.config.image_data_format()`.
    """
    x, window, steps, pairs = _windows("max_pool", inputs, pool_size, strides, padding, data_format)
    return windows.in_format(ops.max_pooling(x, pool_size=window, strides=steps, padding=pairs), data_format)


@composite(to_float=True)
def average_pool(
    inputs: Tensor,
    pool_size: int | tuple[int, ...],
    strides: int | tuple[int, ...] | None = None,
    padding: str = "valid",
    data_format: str | None = None,
):
    """Return the mean of each window of images, sequences or volumes; padding does not count.

    Args:
        inputs: ``(batch, *spatial, channels)``, or channels second for ``"channels_first"``.
        pool_size: One number, or one for each spatial axis.
        strides: Default: `pool_size`, so that windows do not overlap.
        padding: ``"valid"`` for none, ``"same"`` for as many windows as strides fit.
        data_format: Default: `horn.config.image_data_format()`.

    Example:
        >>> x = np.array([[[1.0], [3.0], [5.0]]], "float32")
        >>> ops.average_pool(x, 2, padding="same").ravel()
        array([2., 5.], dtype=float32)
    """
    x, window, steps, pairs = _windows("average_pool", inputs, pool_size, strides, padding, data_format)
    call = {"strides": steps, "padding": pairs, "dilation_rate": (1,) * len(window)}
    channels = x.shape[-1]
    total = ops.convolution(x, ops.ones((*window, 1, channels), x.dtype), groups=channels, **call)
    return windows.in_format(total / _held(x, window, call), data_format)


def _held(x, window, call):
    """Return how many elements of `x` each window holds: a number, or a tensor of them."""
    if all(pair == (0, 0) for pair in call["padding"]):
        return float(math.prod(window))
    inside = ops.ones((1, *x.shape[1:-1], 1), x.dtype)
    return ops.convolution(inside, ops.ones((*window, 1, 1), x.dtype), groups=1, **call)


@average_pool.vjp
def _(cotangent, output, inputs, *, pool_size, strides, padding, data_format):
    # The kernel of ones needs no gradient, so that of the inputs is written out.
    x, window, steps, pairs = _windows("average_pool", inputs, pool_size, strides, padding, data_format)
    call = {"strides": steps, "padding": pairs, "dilation_rate": (1,) * len(window)}
    share = windows.channels_last(cotangent, data_format) / _held(x, window, call)
    channels = x.shape[-1]
    ones = ops.ones((*window, 1, channels), x.dtype)
    grad = ops.convolution_input_grad(share, ones, input_shape=x.shape[1:-1], groups=channels, **call)
    return windows.in_format(grad, data_format)


def _adapted(name, inputs, output_size, data_format, missing, reduce):
    """Return `inputs` with each spatial axis divided into windows, each of which is reduced to one."""
    spatial = len(inputs.shape) - 2
    counts = windows.per_axis(output_size, spatial, "output_size")
    y = windows.channels_last(inputs, data_format)
    for axis, count in enumerate(counts, start=1):
        size = y.shape[axis]
        if not isinstance(size, int) or size == 0:
            raise ShapeError(
                f"{name} needs to know the sizes that it divides.",
                expected="a fixed size of one or more on each spatial axis",
                got=show(inputs.shape),
                remedy="fix the sizes in Input(shape=...), or use the pooling of fixed windows",
            )
        shape = y.shape
        if size % count == 0:
            y = ops.reshape(y, (*shape[:axis], count, size // count, *shape[axis + 1 :]))
            y = reduce(y, axis + 1, size // count)
            continue
        places, inside = _shares(size, count)
        taken = ops.take(y, places, axis=axis)
        mask = inside.reshape(inside.shape + (1,) * (len(shape) - axis - 1))
        y = reduce(ops.where(mask, taken, missing), axis + 1, inside.sum(1).reshape((count, *mask.shape[2:])))
    return windows.in_format(y, data_format)


def _shares(size, count):
    """Return for each of `count` windows the places it holds, filled up, and which are no filling.

    Window i reaches from ``floor(i * size / count)`` to ``ceil((i + 1) * size / count)``.
    """
    starts = np.arange(count) * size // count
    stops = -(np.arange(1, count + 1) * size // -count)
    places = starts[:, None] + np.arange((stops - starts).max())
    inside = places < stops[:, None]
    return np.minimum(places, size - 1).astype(np.int32), inside


@composite(to_float=True)
def adaptive_average_pool(inputs: Tensor, output_size: int | tuple[int, ...], data_format: str | None = None):
    """Return the means of as many windows as asked for, of nearly equal sizes.

    Along an axis of n elements, window i of m holds those from ``floor(i * n / m)`` to before
    ``ceil((i + 1) * n / m)``; neighbours share an element where m does not divide n.

    Args:
        inputs: ``(batch, *spatial, channels)``, or channels second for ``"channels_first"``; the
            spatial sizes are known.
        output_size: How many windows: one number, or one for each spatial axis.
        data_format: Default: `horn.config.image_data_format()`.

    Example:
        >>> ops.adaptive_average_pool(np.array([[[1.0], [2.0], [6.0]]], "float32"), 2).ravel()
        array([1.5, 4. ], dtype=float32)
    """

    def mean(x, axis, held):
        return ops.sum(x, axis=axis) / (float(held) if isinstance(held, int) else ops.cast(held, x.dtype))

    return _adapted("adaptive_average_pool", inputs, output_size, data_format, 0.0, mean)


@composite(to_float=True)
def adaptive_max_pool(inputs: Tensor, output_size: int | tuple[int, ...], data_format: str | None = None):
    """Return the largest elements of as many windows as asked for, of nearly equal sizes.

    The windows are those of `adaptive_average_pool`.

    Args:
        inputs: ``(batch, *spatial, channels)``, or channels second for ``"channels_first"``; the
            spatial sizes are known.
        output_size: How many windows: one number, or one for each spatial axis.
        data_format: Default: `horn.config.image_data_format()`.
    """

    def largest(x, axis, held):
        del held
        return ops.max(x, axis=axis)

    return _adapted("adaptive_max_pool", inputs, output_size, data_format, float("-inf"), largest)
