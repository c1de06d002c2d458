"""Convolution kernels: TensorFlow's two- and three-dimensional ops, and what these lack on CPUs.

One spatial axis is two of which the first has size one. TensorFlow's CPU kernels know no groups in
gradients and in volumes: a depthwise convolution has ops of its own, any other is cut into its
groups. Nor do they know dilation there. A dilated convolution with stride one is the plain one on
each of the interleaved parts of its input, which `SpaceToBatchND` lays side by side, and a stride
is a stride of one some of whose results are left out.
"""

from __future__ import annotations

from functools import wraps
from typing import NamedTuple

from horn_tf import pooling
from horn_tf.shaping import pad, pad_edges, slice as cut
from horn_tf.tensors import index, ints, raw, rows, shape_of


class Window(NamedTuple):
    """How windows lie on the input: one entry for each spatial axis."""

    strides: tuple[int, ...]
    padding: tuple[tuple[int, int], ...]
    dilation: tuple[int, ...]

    @property
    def is_dilated(self) -> bool:
        """Whether the elements of a window are apart anywhere."""
        return any(d > 1 for d in self.dilation)

    @property
    def call(self) -> dict:
        """The attributes of TensorFlow's two-dimensional ops."""
        edges = [n for pair in ((0, 0), *self.padding, (0, 0)) for n in pair]
        steps = [1, *self.strides, 1]
        return {"strides": steps, "padding": "EXPLICIT", "explicit_paddings": edges}


def _over_images(places, result_place):
    """Let a kernel for images take sequences: a spatial axis of size one is put in front of theirs.

    Args:
        places: Where the new axis is in each operand.
        result_place: Where it is in the result.
    """

    def decorate(kernel):
        @wraps(kernel)
        def over_sequences(a, b, *, strides, padding, dilation_rate, groups=1, **sizes):
            window = Window(tuple(strides), tuple(padding), tuple(dilation_rate))
            if len(strides) > 1:
                return kernel(a, b, window, groups, *sizes.values())
            # Depthwise kernels want equal strides; on an axis of size one any stride is the same.
            window = Window(window.strides * 2, ((0, 0), *window.padding), (1, *window.dilation))
            a, b = (raw.ExpandDims(input=x, axis=index(at)) for x, at in zip((a, b), places, strict=True))
            result = kernel(a, b, window, groups, *((1, *size) for size in sizes.values()))
            return raw.Squeeze(input=result, axis=[result_place])

        return over_sequences

    return decorate


@_over_images(places=(1, 0), result_place=1)
def convolution(x, kernel, window, groups):
    if window.is_dilated and (_is_depthwise(x, window, groups) or len(window.strides) == 3):
        return _dilated(x, kernel, window, groups)
    if _is_depthwise(x, window, groups):
        return raw.DepthwiseConv2dNative(input=x, filter=_by_channel(kernel, groups), **window.call)
    if len(window.strides) == 2:
        return raw.Conv2D(input=x, filter=kernel, dilations=[1, *window.dilation, 1], **window.call)
    if groups > 1:
        return _in_groups(lambda a, b: _volumes(a, b, window), x, kernel, groups)
    return _volumes(x, kernel, window)


@_over_images(places=(1, 0), result_place=1)
def convolution_input_grad(cotangent, kernel, window, groups, input_shape):
    depth = shape_of(kernel)[-2] * groups
    shape = (shape_of(cotangent)[0], *input_shape, depth)
    if window.is_dilated:
        return _dilated_input_grad(cotangent, kernel, window, groups, input_shape)
    if groups > 1 and depth == groups and _has_equal_strides(window):
        filters = _by_channel(kernel, groups)
        return raw.DepthwiseConv2dNativeBackpropInput(
            input_sizes=ints(shape), filter=filters, out_backprop=cotangent, **window.call
        )
    if groups > 1:
        parted = (*shape[:-1], depth // groups)
        return _in_groups(lambda a, b: _input_grad(a, b, window, parted), cotangent, kernel, groups)
    return _input_grad(cotangent, kernel, window, shape)


@_over_images(places=(1, 1), result_place=0)
def convolution_kernel_grad(x, cotangent, window, groups, size):
    if window.is_dilated:
        return _dilated_kernel_grad(x, cotangent, window, groups, size)
    depth, filters = shape_of(x)[-1], shape_of(cotangent)[-1]
    if _is_depthwise(x, window, groups):
        found = raw.DepthwiseConv2dNativeBackpropFilter(
            input=x, filter_sizes=ints((*size, depth, filters // depth)), out_backprop=cotangent, **window.call
        )
        return raw.Reshape(tensor=found, shape=ints((*size, 1, filters)))
    parted = (*size, depth // groups, filters // groups)
    if groups > 1:
        return _in_groups(lambda a, b: _kernel_grad(a, b, window, parted), x, cotangent, groups)
    return _kernel_grad(x, cotangent, window, parted)


# -- without groups and dilation -----------------------------------------------------------------


def _volumes(x, kernel, window):
    padded = pad_edges(x, (_NONE, *window.padding, _NONE))
    return raw.Conv3D(input=padded, filter=kernel, strides=[1, *window.strides, 1], padding="VALID")


def _input_grad(cotangent, kernel, window, shape):
    if len(window.strides) == 2:
        return raw.Conv2DBackpropInput(
            input_sizes=ints(shape), filter=kernel, out_backprop=cotangent, **window.call
        )
    edges = (_NONE, *window.padding, _NONE)
    padded = tuple(n + before + after for n, (before, after) in zip(shape, edges, strict=True))
    steps = [1, *window.strides, 1]
    found = raw.Conv3DBackpropInputV2(
        input_sizes=ints(padded), filter=kernel, out_backprop=cotangent, strides=steps, padding="VALID"
    )
    starts = tuple(before for before, _ in edges)
    return cut(found, starts=starts, stops=tuple(a + n for a, n in zip(starts, shape, strict=True)))


def _kernel_grad(x, cotangent, window, shape):
    if len(window.strides) == 2:
        return raw.Conv2DBackpropFilter(
            input=x, filter_sizes=ints(shape), out_backprop=cotangent, **window.call
        )
    padded = pad_edges(x, (_NONE, *window.padding, _NONE))
    steps = [1, *window.strides, 1]
    return raw.Conv3DBackpropFilterV2(
        input=padded, filter_sizes=ints(shape), out_backprop=cotangent, strides=steps, padding="VALID"
    )


_NONE = (0, 0)


# -- groups --------------------------------------------------------------------------------------


def _has_equal_strides(window):
    return len(window.strides) == 2 and window.strides[0] == window.strides[1]


def _is_depthwise(x, window, groups):
    return groups > 1 and shape_of(x)[-1] == groups and _has_equal_strides(window)


def _by_channel(kernel, groups):
    """Return a depthwise kernel as TensorFlow lays it out: (window, channels, filters of each)."""
    *size, _, filters = shape_of(kernel)
    return raw.Reshape(tensor=kernel, shape=ints((*size, groups, filters // groups)))


def _in_groups(call, first, second, groups):
    """Return the results of each part of the last axes, side by side."""
    last = index(-1)
    lefts = raw.Split(axis=last, value=first, num_split=groups)
    rights = raw.Split(axis=last, value=second, num_split=groups)
    parts = [call(a, b) for a, b in zip(lefts, rights, strict=True)]
    return raw.ConcatV2(values=parts, axis=last)


# -- dilation ------------------------------------------------------------------------------------


class _Interleaved(NamedTuple):
    """Sizes of a dilated convolution along the spatial axes, rounded up to whole interleavings."""

    extra: tuple[int, ...]  # zeros after the padded input
    results: tuple[int, ...]  # results with stride one, those of the extra zeros included


def _interleaved(sizes, windows, window):
    extra, results = [], []
    for n, k, (before, after), d in zip(sizes, windows, window.padding, window.dilation, strict=True):
        padded = n + before + after
        extra.append(-padded % d)
        results.append(padded + extra[-1] - (k - 1) * d)
    return _Interleaved(tuple(extra), tuple(results))


def _plain(window):
    axes = len(window.strides)
    return {"strides": (1,) * axes, "padding": ((0, 0),) * axes, "dilation_rate": (1,) * axes}


def _apart(x, window, extra):
    """Return the padded input with its interleaved parts side by side along the batch."""
    edges = tuple((a, b + more) for (a, b), more in zip(window.padding, extra, strict=True))
    return raw.SpaceToBatchND(input=x, block_shape=ints(window.dilation), paddings=rows(edges, 2))


def _apart_cotangent(cotangent, window, results):
    """Return a cotangent with zeros for the results left out, its interleaved parts side by side."""
    widths = [
        (0, full - (n - 1) * step - 1, step - 1)
        for n, step, full in zip(shape_of(cotangent)[1:-1], window.strides, results, strict=True)
    ]
    full = pad(cotangent, pad_width=((0, 0, 0), *widths, (0, 0, 0)))
    nothing = rows(((0, 0),) * len(widths), 2)
    return raw.SpaceToBatchND(input=full, block_shape=ints(window.dilation), paddings=nothing)


def _dilated(x, kernel, window, groups):
    sizes = _interleaved(shape_of(x)[1:-1], shape_of(kernel)[:-2], window)
    parts = convolution(_apart(x, window, sizes.extra), kernel, groups=groups, **_plain(window))
    crops = rows(((0, 0),) * len(sizes.extra), 2)
    full = raw.BatchToSpaceND(input=parts, block_shape=ints(window.dilation), crops=crops)
    batch, *inner, filters = shape_of(full)
    stops = tuple(n - more for n, more in zip(inner, sizes.extra, strict=True))
    return cut(full, starts=(0,) * len(stops) + (0, 0), stops=(batch, *stops, filters), strides=(1, *window.strides, 1))


def _dilated_input_grad(cotangent, kernel, window, groups, input_shape):
    sizes = _interleaved(input_shape, shape_of(kernel)[:-2], window)
    edges = [(a, b + more) for (a, b), more in zip(window.padding, sizes.extra, strict=True)]
    parts = tuple(
        (n + a + b) // d for n, (a, b), d in zip(input_shape, edges, window.dilation, strict=True)
    )
    found = convolution_input_grad(
        _apart_cotangent(cotangent, window, sizes.results), kernel, groups=groups, input_shape=parts, **_plain(window)
    )
    return raw.BatchToSpaceND(input=found, block_shape=ints(window.dilation), crops=rows(tuple(edges), 2))


def _dilated_kernel_grad(x, cotangent, window, groups, size):
    sizes = _interleaved(shape_of(x)[1:-1], size, window)
    given = _apart_cotangent(cotangent, window, sizes.results)
    parts = _apart(x, window, sizes.extra)
    return convolution_kernel_grad(parts, given, groups=groups, window=size, **_plain(window))


KERNELS = {
    "convolution": convolution,
    "convolution_input_grad": convolution_input_grad,
    "convolution_kernel_grad": convolution_kernel_grad,
    **pooling.KERNELS,
}
RESIDUAL_KERNELS = pooling.RESIDUAL_KERNELS
