"""Convolution and pooling over one, two or three dimensions.

The primitives take channels last and explicit padding; `conv` and `max_pool`, which users call,
work out the padding and the data format. The gradients are ops too, and each is the gradient of
another, so they differentiate again.
"""

from __future__ import annotations

import itertools

import numpy as np

from horn import settings
from horn.errors import ArgumentError, ShapeError, suggestion
from horn.spec.laws import need_float, show
from horn.spec.op import Tensor, composite, ops, primitive

Pairs = tuple[tuple[int, int], ...]
Sizes = tuple[int, ...]


def window_count(size, window, stride, padding, dilation=1):
    """Return how many windows fit along one axis of a padded input."""
    reach = (window - 1) * dilation + 1
    return (size + padding[0] + padding[1] - reach) // stride + 1


def _windows(x, window, strides, dilation, counts):
    """Yield each offset of a window with the slice of `x` that all windows have there."""
    for offset in itertools.product(*map(range, window)):
        places = tuple(
            np.s_[o * d : o * d + (n - 1) * s + 1 : s]
            for o, d, n, s in zip(offset, dilation, counts, strides, strict=True)
        )
        yield offset, (np.s_[:], *places)


@primitive(promote=True)
def convolution(
    x: Tensor, kernel: Tensor, strides: Sizes, padding: Pairs, dilation_rate: Sizes, groups: int = 1
):
    """Return the cross-correlation of `x` with `kernel`, zeros outside of `x`.

    ``y[n, i, f] = sum over k, c of x[n, i * strides + k * dilation_rate - before, c] * kernel[k, c, f]``

    Args:
        x: Channels last.
        kernel: Spatial sizes, input channels of one group, filters.
        strides: One for each spatial axis.
        padding: For each spatial axis the number of zeros before and after.
        dilation_rate: The distance of neighbouring kernel elements, for each spatial axis.
        groups: Into how many parts channels and filters are divided; part g of the filters sees
            part g of the channels.

    Shapes:
        x:       (batch, *spatial, channels)
        kernel:  (*window, channels // groups, filters)
        returns: (batch, *windows, filters)
    """
    counts = _counts(x.shape, kernel.shape, strides, padding, dilation_rate)
    padded = np.pad(x, ((0, 0), *padding, (0, 0)))
    depth, filters = kernel.shape[-2], kernel.shape[-1] // groups
    result = np.zeros((x.shape[0], *counts, kernel.shape[-1]), x.dtype)
    for offset, places in _windows(padded, kernel.shape[:-2], strides, dilation_rate, counts):
        for g in range(groups):
            seen = padded[places][..., g * depth : (g + 1) * depth]
            weights = kernel[offset][:, g * filters : (g + 1) * filters]
            result[..., g * filters : (g + 1) * filters] += seen @ weights
    return result


def _counts(x_shape, kernel_shape, strides, padding, dilation_rate):
    rows = zip(x_shape[1:-1], kernel_shape[:-2], strides, padding, dilation_rate, strict=True)
    return tuple(window_count(*row) for row in rows)


@convolution.law
def _(x, kernel, strides, padding, dilation_rate, groups):
    need_float("convolution", x)
    spatial = x.rank - 2
    if spatial < 1 or kernel.rank != x.rank or not len(strides) == len(padding) == len(dilation_rate) == spatial:
        raise ShapeError(
            "convolution was given operands of different ranks.",
            expected="(batch, *spatial, channels) and (*window, channels, filters), an attribute for each spatial axis",
            got=f"{show(x.shape)} and {show(kernel.shape)} with strides {strides}",
            remedy="match the rank of the kernel to that of the input",
        )
    if kernel.shape[-2] * groups != x.shape[-1] or kernel.shape[-1] % groups != 0:
        raise ShapeError(
            "convolution was given a kernel for another number of channels.",
            expected=f"{x.shape[-1]} input channels, and filters divisible by {groups} groups",
            got=f"a kernel {show(kernel.shape)} for an input {show(x.shape)}",
            remedy="check the number of channels and the data format of the input",
        )
    counts = _counts(x.shape, kernel.shape, strides, padding, dilation_rate)
    if any(isinstance(count, int) and count < 1 for count in counts):
        raise ShapeError(
            "convolution was given a window larger than its padded input.",
            expected="at least one window along each axis",
            got=f"a kernel {show(kernel.shape)} for an input {show(x.shape)}, padding {padding}",
            remedy="use padding='same', a smaller kernel, or larger images",
        )
    return x.with_shape((x.shape[0], *counts, kernel.shape[-1]))


@convolution.vjp
def _(cotangent, output, x, kernel, *, strides, padding, dilation_rate, groups):
    rest = {"strides": strides, "padding": padding, "dilation_rate": dilation_rate, "groups": groups}
    return (
        ops.convolution_input_grad(cotangent, kernel, input_shape=x.shape[1:-1], **rest),
        ops.convolution_kernel_grad(x, cotangent, window=kernel.shape[:-2], **rest),
    )


@primitive(promote=True)
def convolution_input_grad(
    cotangent: Tensor,
    kernel: Tensor,
    input_shape: Sizes,
    strides: Sizes,
    padding: Pairs,
    dilation_rate: Sizes,
    groups: int = 1,
):
    """Return the gradient of `convolution` by its input, which is a transposed convolution.

    Args:
        cotangent: In the shape of the result of `convolution`.
        kernel: The kernel of `convolution`.
        input_shape: The spatial sizes of its input; the other attributes are those of the call.

    Shapes:
        returns: (batch, *input_shape, channels)
    """
    counts = cotangent.shape[1:-1]
    depth, filters = kernel.shape[-2], kernel.shape[-1] // groups
    sizes = [n + before + after for n, (before, after) in zip(input_shape, padding, strict=True)]
    padded = np.zeros((cotangent.shape[0], *sizes, depth * groups), cotangent.dtype)
    for offset, places in _windows(padded, kernel.shape[:-2], strides, dilation_rate, counts):
        for g in range(groups):
            weights = kernel[offset][:, g * filters : (g + 1) * filters]
            given = cotangent[..., g * filters : (g + 1) * filters]
            padded[places][..., g * depth : (g + 1) * depth] += given @ weights.T
    inside = tuple(np.s_[before : before + n] for n, (before, _) in zip(input_shape, padding, strict=True))
    return padded[(np.s_[:], *inside)]


@convolution_input_grad.law
def _(cotangent, kernel, input_shape, strides, padding, dilation_rate, groups):
    return cotangent.with_shape((cotangent.shape[0], *input_shape, kernel.shape[-2] * groups))


@convolution_input_grad.vjp
def _(given, output, cotangent, kernel, *, input_shape, **rest):
    return (
        ops.convolution(given, kernel, **rest),
        ops.convolution_kernel_grad(given, cotangent, window=kernel.shape[:-2], **rest),
    )


@primitive(promote=True)
def convolution_kernel_grad(
    x: Tensor,
    cotangent: Tensor,
    window: Sizes,
    strides: Sizes,
    padding: Pairs,
    dilation_rate: Sizes,
    groups: int = 1,
):
    """Return the gradient of `convolution` by its kernel.

    Args:
        x: The input of `convolution`.
        cotangent: In the shape of its result.
        window: The spatial sizes of its kernel; the other attributes are those of the call.

    Shapes:
        returns: (*window, channels // groups, filters)
    """
    counts = cotangent.shape[1:-1]
    depth, filters = x.shape[-1] // groups, cotangent.shape[-1] // groups
    padded = np.pad(x, ((0, 0), *padding, (0, 0)))
    result = np.zeros((*window, depth, cotangent.shape[-1]), x.dtype)
    for offset, places in _windows(padded, window, strides, dilation_rate, counts):
        for g in range(groups):
            seen = padded[places][..., g * depth : (g + 1) * depth].reshape(-1, depth)
            given = cotangent[..., g * filters : (g + 1) * filters].reshape(-1, filters)
            result[offset][:, g * filters : (g + 1) * filters] = seen.T @ given
    return result


@convolution_kernel_grad.law
def _(x, cotangent, window, strides, padding, dilation_rate, groups):
    return x.with_shape((*window, x.shape[-1] // groups, cotangent.shape[-1]))


@convolution_kernel_grad.vjp
def _(given, output, x, cotangent, *, window, **rest):
    return (
        ops.convolution_input_grad(cotangent, given, input_shape=x.shape[1:-1], **rest),
        ops.convolution(x, given, **rest),
    )


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
    places = _windows(padded, pool_size, strides, (1,) * len(pool_size), cotangent.shape[1:-1])
    for number, (_, place) in enumerate(places):
        padded[place] += np.where(first == number, cotangent, 0)
    inside = tuple(np.s_[p[0] : p[0] + n] for n, p in zip(x.shape[1:-1], padding, strict=True))
    return padded[(np.s_[:], *inside)]


def _first_largest(x, pool_size, strides, padding):
    """Return for each window the number of the offset of its first largest element."""
    padded = np.pad(x, ((0, 0), *padding, (0, 0)), constant_values=-np.inf)
    counts = _pool_counts(x.shape, pool_size, strides, padding)
    places = _windows(padded, pool_size, strides, (1,) * len(pool_size), counts)
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
    places = _windows(padded, pool_size, strides, (1,) * len(pool_size), first.shape[1:-1])
    candidates = np.stack([padded[place] for _, place in places])
    return np.take_along_axis(candidates, first[np.newaxis], 0)[0]


@max_pooling_take.law
def _(values, x, pool_size, strides, padding):
    return max_pooling.law_rule(x, pool_size, strides, padding)


@max_pooling_take.vjp
def _(cotangent, output, values, x, **rest):
    return ops.max_pooling_grad(cotangent, ops.max_pooling(x, **rest), x, **rest), None


# -- what users call --------------------------------------------------------------------------


def _tuple(value, count, name):
    given = tuple(value) if isinstance(value, tuple | list) else (value,) * count
    if len(given) != count or not all(isinstance(n, int) and n >= 1 for n in given):
        raise ArgumentError(
            f"{name} does not fit {count} spatial axes.",
            expected=f"a positive integer, or {count} of them",
            got=repr(value),
            remedy=f"write {name}=1 or {name}={(1,) * count}",
        )
    return given


def _pairs(padding, sizes, window, strides, dilation):
    """Return explicit padding for 'valid' or 'same'; 'same' puts the odd zero after."""
    if padding not in ("valid", "same"):
        raise ArgumentError(
            f"There is no padding named {padding!r}.",
            expected="'valid' or 'same'",
            got=repr(padding),
            remedy=suggestion(padding, ("valid", "same")),
        )
    if padding == "valid":
        return ((0, 0),) * len(window)
    pairs = []
    for size, k, stride, d in zip(sizes, window, strides, dilation, strict=True):
        reach = (k - 1) * d + 1
        # With stride 1 the size cancels, so that an unknown one does no harm.
        missing = reach - 1 if stride == 1 else ((size + stride - 1) // stride - 1) * stride + reach - size
        total = missing if stride == 1 or missing > 0 else 0
        pairs.append((total // 2, total - total // 2))
    return tuple(pairs)


def _format(data_format):
    return settings.image_data_format() if data_format is None else data_format


def _to_last(x):
    rank = len(x.shape)
    return ops.transpose(x, (0, *range(2, rank), 1))


def _to_first(x):
    rank = len(x.shape)
    return ops.transpose(x, (0, rank - 1, *range(1, rank - 1)))


@composite(promote=True)
def conv(
    inputs: Tensor,
    kernel: Tensor,
    strides: int | tuple[int, ...] = 1,
    padding: str = "valid",
    data_format: str | None = None,
    dilation_rate: int | tuple[int, ...] = 1,
):
    """Return the convolution of images, sequences or volumes with a kernel, as layers mean it.

    Args:
        inputs: ``(batch, *spatial, channels)``, or channels second for ``"channels_first"``.
        kernel: ``(*window, channels // groups, filters)``; the groups follow from the channels.
        strides: One number, or one for each spatial axis.
        padding: ``"valid"`` for none, ``"same"`` for as many windows as strides fit.
        data_format: Default: `horn.config.image_data_format()`.
        dilation_rate: One number, or one for each spatial axis.
    """
    spatial = len(kernel.shape) - 2
    first = _format(data_format) == "channels_first"
    x = _to_last(inputs) if first else inputs
    steps = _tuple(strides, spatial, "strides")
    dilation = _tuple(dilation_rate, spatial, "dilation_rate")
    pairs = _pairs(padding, x.shape[1:-1], kernel.shape[:-2], steps, dilation)
    groups = x.shape[-1] // kernel.shape[-2]
    y = ops.convolution(x, kernel, strides=steps, padding=pairs, dilation_rate=dilation, groups=groups or 1)
    return _to_first(y) if first else y


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
    spatial = len(inputs.shape) - 2
    first = _format(data_format) == "channels_first"
    x = _to_last(inputs) if first else inputs
    window = _tuple(pool_size, spatial, "pool_size")
    steps = window if strides is None else _tuple(strides, spatial, "strides")
    pairs = _pairs(padding, x.shape[1:-1], window, steps, (1,) * spatial)
    y = ops.max_pooling(x, pool_size=window, strides=steps, padding=pairs)
    return _to_first(y) if first else y
