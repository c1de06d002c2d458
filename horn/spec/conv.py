"""Convolution over one, two or three dimensions, and its transposed, depthwise and separable forms.

The primitives take channels last and explicit padding; what users call works out the padding and
the data format. The gradients are ops too, and each is the gradient of another, so they
differentiate again.
"""

from __future__ import annotations

import numpy as np

from horn.errors import ArgumentError, ShapeError
from horn.spec import windows
from horn.spec.laws import need_float, show
from horn.spec.op import Tensor, composite, ops, primitive
from horn.spec.windows import Pairs, Sizes, places_of, window_count


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
    for offset, places in places_of(kernel.shape[:-2], strides, dilation_rate, counts):
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
    if (
        spatial < 1
        or kernel.rank != x.rank
        or not len(strides) == len(padding) == len(dilation_rate) == spatial
    ):
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
    for offset, places in places_of(kernel.shape[:-2], strides, dilation_rate, counts):
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
    for offset, places in places_of(window, strides, dilation_rate, counts):
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


# -- what users call --------------------------------------------------------------------------


def _checked(op, inputs, kernel):
    """Raise unless inputs and kernel have one rank, with an axis of space."""
    if len(inputs.shape) != len(kernel.shape) or len(kernel.shape) < 3:
        raise ShapeError(
            f"{op} was given inputs and a kernel of different ranks.",
            expected="inputs with a batch, spatial axes and channels, and a kernel with as many axes",
            got=f"{show(inputs.shape)} and {show(kernel.shape)}",
            remedy="match the rank of the kernel to that of the inputs",
        )


def _convolved(op, inputs, kernel, strides, padding, data_format, dilation_rate, groups=None):
    spatial = len(kernel.shape) - 2
    _checked(op, inputs, kernel)
    windows.named(padding, ("valid", "same", "full", "causal") if spatial == 1 else ("valid", "same", "full"))
    x = windows.channels_last(inputs, data_format)
    steps = windows.per_axis(strides, spatial, "strides")
    dilation = windows.per_axis(dilation_rate, spatial, "dilation_rate")
    pairs = windows.pairs(padding, x.shape[1:-1], kernel.shape[:-2], steps, dilation)
    groups = groups or x.shape[-1] // kernel.shape[-2] or 1
    y = ops.convolution(x, kernel, strides=steps, padding=pairs, dilation_rate=dilation, groups=groups)
    return windows.in_format(y, data_format)


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
        padding: ``"valid"`` for none, ``"same"`` for as many windows as strides fit, ``"full"`` for
            every window that has at least one element of the input, ``"causal"``,
            for sequences, so that no window sees what comes after its place.
        data_format: Default: `horn.config.image_data_format()`.
        dilation_rate: One number, or one for each spatial axis.

    Example:
        >>> ops.conv(np.ones((1, 4, 1), "float32"), np.ones((2, 1, 1), "float32"), padding="causal").ravel()
        array([1., 2., 2., 2.], dtype=float32)
    """
    return _convolved("conv", inputs, kernel, strides, padding, data_format, dilation_rate)


@composite(promote=True)
def depthwise_conv(
    inputs: Tensor,
    kernel: Tensor,
    strides: int | tuple[int, ...] = 1,
    padding: str = "valid",
    data_format: str | None = None,
    dilation_rate: int | tuple[int, ...] = 1,
):
    """Return the convolution of each channel with filters of its own.

    Filter m of channel c is channel ``c * multiplier + m`` of the result.

    Args:
        inputs: ``(batch, *spatial, channels)``, or channels second for ``"channels_first"``.
        kernel: ``(*window, channels, multiplier)``.
        strides: One number, or one for each spatial axis.
        padding: As in `conv`.
        data_format: Default: `horn.config.image_data_format()`.
        dilation_rate: One number, or one for each spatial axis.
    """
    channels, multiplier = kernel.shape[-2:]
    each = ops.reshape(kernel, (*kernel.shape[:-2], 1, channels * multiplier))
    return _convolved("depthwise_conv", inputs, each, strides, padding, data_format, dilation_rate, channels)


@composite(promote=True)
def separable_conv(
    inputs: Tensor,
    depthwise_kernel: Tensor,
    pointwise_kernel: Tensor,
    strides: int | tuple[int, ...] = 1,
    padding: str = "valid",
    data_format: str | None = None,
    dilation_rate: int | tuple[int, ...] = 1,
):
    """Return a `depthwise_conv` whose channels are then mixed at each place.

    Args:
        inputs: ``(batch, *spatial, channels)``, or channels second for ``"channels_first"``.
        depthwise_kernel: ``(*window, channels, multiplier)``.
        pointwise_kernel: ``(1, ..., channels * multiplier, filters)``.
        strides: Of the depthwise part: one number, or one for each spatial axis.
        padding: Of the depthwise part, as in `conv`.
        data_format: Default: `horn.config.image_data_format()`.
        dilation_rate: Of the depthwise part: one number, or one for each spatial axis.

    Reference:
        Chollet, Xception, arXiv:1610.02357.
    """
    place = {
        "strides": strides,
        "padding": padding,
        "dilation_rate": dilation_rate,
        "data_format": data_format,
    }
    return ops.conv(
        ops.depthwise_conv(inputs, depthwise_kernel, **place), pointwise_kernel, data_format=data_format
    )


@composite(promote=True)
def conv_transpose(
    inputs: Tensor,
    kernel: Tensor,
    strides: int | tuple[int, ...] = 1,
    padding: str = "valid",
    output_padding: int | tuple[int, ...] | None = None,
    data_format: str | None = None,
    dilation_rate: int | tuple[int, ...] = 1,
):
    """Return the transposed convolution: each input element adds a scaled kernel to the result.

    It is the gradient of a `conv` by its inputs, so it enlarges what strides made smaller. With k
    the reach of the dilated kernel, s the stride and n the size, the result has the size

        n * s + max(k - s, 0)                         for "valid"
        n * s                                         for "same"
        (n - 1) * s + k + output_padding              for "valid" with `output_padding`
        (n - 1) * s + k - k // 2 * 2 + output_padding for "same" with `output_padding`

    and what the kernels cover beyond it is cut off on both sides, the odd one at the end.

    Args:
        inputs: ``(batch, *spatial, channels)``, or channels second for ``"channels_first"``.
        kernel: ``(*window, filters, channels)``: filters are the channels of the result.
        strides: One number, or one for each spatial axis.
        padding: ``"valid"`` or ``"same"``.
        output_padding: How much larger the result is than it must be, less than the strides; None for
            the first two rows above.
        data_format: Default: `horn.config.image_data_format()`.
        dilation_rate: One number, or one for each spatial axis.

    Reference:
        Dumoulin & Visin, A guide to convolution arithmetic for deep learning, arXiv:1603.07285.
    """
    spatial = len(kernel.shape) - 2
    _checked("conv_transpose", inputs, kernel)
    windows.named(padding, ("valid", "same"))
    x = windows.channels_last(inputs, data_format)
    if x.shape[-1] != kernel.shape[-1]:
        raise ShapeError(
            "conv_transpose was given a kernel for another number of channels.",
            expected=f"a kernel whose last axis is the {x.shape[-1]} channels of the inputs",
            got=f"a kernel {show(kernel.shape)} for inputs {show(inputs.shape)}",
            remedy="check the data format of the inputs, and that the filters are the last axis but one",
        )
    steps = windows.per_axis(strides, spatial, "strides")
    dilation = windows.per_axis(dilation_rate, spatial, "dilation_rate")
    extra = _extra(output_padding, steps)
    rows = zip(x.shape[1:-1], kernel.shape[:-2], steps, dilation, extra, strict=True)
    sizes, pairs = zip(
        *(_enlarged(n, (k - 1) * d + 1, s, padding, more) for n, k, s, d, more in rows), strict=True
    )
    options = {"strides": steps, "padding": pairs, "dilation_rate": dilation}
    return windows.in_format(ops.convolution_input_grad(x, kernel, input_shape=sizes, **options), data_format)


def _extra(output_padding, strides):
    """Return the output padding of each axis, or None for each."""
    if output_padding is None or isinstance(output_padding, int):
        given = (output_padding,) * len(strides)
    else:
        given = tuple(output_padding)
    if len(given) != len(strides) or any(
        more is not None and not 0 <= more < s for more, s in zip(given, strides, strict=False)
    ):
        raise ArgumentError(
            "output_padding does not fit the strides.",
            expected=f"None, or integers from 0 to less than the strides {strides}",
            got=f"output_padding={output_padding!r}",
            remedy="leave it out, or choose larger strides",
        )
    return given


def _enlarged(n, reach, stride, padding, extra):
    """Return the size of a transposed convolution along one axis, and what is cut off there."""
    if extra is None:
        size = n * stride + (max(reach - stride, 0) if padding == "valid" else 0)
    else:
        size = (n - 1) * stride + reach + extra - (reach // 2 * 2 if padding == "same" else 0)
    if isinstance(size, int) and size < 1:
        raise ShapeError(
            "conv_transpose cuts off all that it computes.",
            expected="a result with at least one element along each axis",
            got=f"{size} of inputs with {n} elements, a kernel that reaches over {reach}, strides {stride}",
            remedy="use padding='valid', a smaller kernel, or larger inputs",
        )
    total = (n - 1) * stride + reach - size  # the size cancels where it is unknown
    cut = max(total, 0)
    return size, (cut // 2, cut - cut // 2)
