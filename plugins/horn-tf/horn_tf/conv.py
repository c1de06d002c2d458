"""Convolution kernels: TensorFlow's two- and three-dimensional ops, and what these lack on CPUs.

One spatial axis is two of which the first has size one. Explicit padding costs their gradients a
factor of four, so any padding but TensorFlow's two is added to the input before. They know no groups
in gradients and in volumes: a depthwise convolution has ops of its own, any other is cut into its
groups. Nor do they know dilation there: a dilated convolution with stride one is the plain one on
each of the interleaved parts of its input, which `SpaceToBatchND` lays side by side, and a stride
is a stride of one some of whose results are left out.
"""

from __future__ import annotations

from functools import wraps
from typing import NamedTuple

from horn_tf import pooling
from horn_tf.shaping import pad, pad_edges, slice as cut
from horn_tf.tensors import index, ints, raw, rows, shape_of

_NONE = (0, 0)


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
    def has_equal_strides(self) -> bool:
        """Whether these are images with one stride for both axes, as depthwise ops want it."""
        return len(self.strides) == 2 and self.strides[0] == self.strides[1]

    def laid(self, sizes, windows):
        """Return the attributes of TensorFlow's ops, and the padding that is left to do before.

        Args:
            sizes: Of the input.
            windows: Of the kernel.
        """
        call = {"strides": [1, *self.strides, 1], "padding": "VALID"}
        same = []
        for n, k, step, d in zip(sizes, windows, self.strides, self.dilation, strict=True):
            missing = max((-(-n // step) - 1) * step + (k - 1) * d + 1 - n, 0)
            same.append((missing // 2, missing - missing // 2))
        if self.padding == tuple(same):
            return {**call, "padding": "SAME"}, (_NONE,) * (len(sizes) + 2)
        return call, (_NONE, *self.padding, _NONE)


def _over_images(places, result_place):
    """Let a kernel for images take sequences: a spatial axis of size one is put in front of theirs.

    Args:
        places: Where the new axis is in each operand.
        result_place: Where it is in the result.
    """

    def decorate(kernel):
        @wraps(kernel)
        def over_sequences(a, b, *, strides, padding, dilation_rate, groups=1, **sizes):
            window = Window(tuple(strides), tuple(map(tuple, padding)), tuple(dilation_rate))
            if len(strides) > 1:
                return kernel(a, b, window, groups, *sizes.values())
            # Depthwise kernels want equal strides; on an axis of size one any stride is the same.
            window = Window(window.strides * 2, (_NONE, *window.padding), (1, *window.dilation))
            a, b = (raw.ExpandDims(input=x, axis=index(at)) for x, at in zip((a, b), places, strict=True))
            result = kernel(a, b, window, groups, *((1, *size) for size in sizes.values()))
            return raw.Squeeze(input=result, axis=[result_place])

        return over_sequences

    return decorate


@_over_images(places=(1, 0), result_place=1)
def convolution(x, kernel, window, groups):
    depthwise = _is_depthwise(shape_of(x)[-1], window, groups)
    volumes = len(window.strides) == 3
    if window.is_dilated and (depthwise or volumes):
        return _dilated(x, kernel, window, groups)
    call, edges = window.laid(shape_of(x)[1:-1], shape_of(kernel)[:-2])
    x = pad_edges(x, edges)
    if depthwise:
        return raw.DepthwiseConv2dNative(input=x, filter=_by_channel(kernel, groups), **call)
    if not volumes:
        return raw.Conv2D(input=x, filter=kernel, dilations=[1, *window.dilation, 1], **call)
    return _in_groups(lambda a, b: raw.Conv3D(input=a, filter=b, **call), x, kernel, groups)


@_over_images(places=(1, 0), result_place=1)
def convolution_input_grad(cotangent, kernel, window, groups, input_shape):
    if window.is_dilated:
        return _dilated_input_grad(cotangent, kernel, window, groups, input_shape)
    depth = shape_of(kernel)[-2]
    call, edges = window.laid(input_shape, shape_of(kernel)[:-2])
    shape = (shape_of(cotangent)[0], *input_shape, depth * groups)
    padded = [n + before + after for n, (before, after) in zip(shape, edges, strict=True)]
    if _is_depthwise(depth * groups, window, groups):
        call = {**call, "input_sizes": ints(tuple(padded)), "filter": _by_channel(kernel, groups)}
        found = raw.DepthwiseConv2dNativeBackpropInput(out_backprop=cotangent, **call)
    else:
        op = raw.Conv2DBackpropInput if len(input_shape) == 2 else raw.Conv3DBackpropInputV2
        call["input_sizes"] = ints((*padded[:-1], depth))
        found = _in_groups(lambda a, b: op(out_backprop=a, filter=b, **call), cotangent, kernel, groups)
    if tuple(padded) == shape:
        return found
    starts = tuple(before for before, _ in edges)
    return cut(found, starts=starts, stops=tuple(a + n for a, n in zip(starts, shape, strict=True)))


@_over_images(places=(1, 1), result_place=0)
def convolution_kernel_grad(x, cotangent, window, groups, size):
    if window.is_dilated:
        return _dilated_kernel_grad(x, cotangent, window, groups, size)
    depth, filters = shape_of(x)[-1], shape_of(cotangent)[-1]
    call, edges = window.laid(shape_of(x)[1:-1], size)
    x = pad_edges(x, edges)
    if _is_depthwise(depth, window, groups):
        call["filter_sizes"] = ints((*size, depth, filters // depth))
        found = raw.DepthwiseConv2dNativeBackpropFilter(input=x, out_backprop=cotangent, **call)
        return raw.Reshape(tensor=found, shape=ints((*size, 1, filters)))
    op = raw.Conv2DBackpropFilter if len(size) == 2 else raw.Conv3DBackpropFilterV2
    call["filter_sizes"] = ints((*size, depth // groups, filters // groups))
    return _in_groups(lambda a, b: op(input=a, out_backprop=b, **call), x, cotangent, groups)


# -- groups --------------------------------------------------------------------------------------


def _is_depthwise(depth, window, groups):
    return depth == groups > 1 and window.has_equal_strides


def _by_channel(kernel, groups):
    """Return a depthwise kernel as TensorFlow lays it out: (window, channels, filters of each)."""
    *size, _, filters = shape_of(kernel)
    return raw.Reshape(tensor=kernel, shape=ints((*size, groups, filters // groups)))


def _in_groups(call, first, second, groups):
    """Return the results of each part of the last axes, side by side."""
    if groups == 1:
        return call(first, second)
    last = index(-1)
    lefts = raw.Split(axis=last, value=first, num_split=groups)
    rights = raw.Split(axis=last, value=second, num_split=groups)
    return raw.ConcatV2(values=[call(a, b) for a, b in zip(lefts, rights, strict=True)], axis=last)


# -- dilation ------------------------------------------------------------------------------------


class _Interleaved(NamedTuple):
    """Sizes of a dilated convolution along the spatial axes, rounded up to whole interleavings."""

    edges: tuple[tuple[int, int], ...]  # the padding, and zeros after it
    results: tuple[int, ...]  # with stride one, those of the further zeros included


def _interleaved(sizes, windows, window):
    edges, results = [], []
    for n, k, (before, after), d in zip(sizes, windows, window.padding, window.dilation, strict=True):
        extra = -(n + before + after) % d
        edges.append((before, after + extra))
        results.append(n + before + after + extra - (k - 1) * d)
    return _Interleaved(tuple(edges), tuple(results))


def _apart(x, edges, window):
    """Return padded input with its interleaved parts side by side along the batch."""
    return raw.SpaceToBatchND(input=x, block_shape=ints(window.dilation), paddings=rows(edges, 2))


def _apart_cotangent(cotangent, results, window):
    """Return a cotangent with zeros for the results left out, its interleaved parts side by side."""
    widths = [
        (0, full - (n - 1) * step - 1, step - 1)
        for n, step, full in zip(shape_of(cotangent)[1:-1], window.strides, results, strict=True)
    ]
    full = pad(cotangent, pad_width=((0, 0, 0), *widths, (0, 0, 0)))
    return _apart(full, (_NONE,) * len(widths), window)


def _plain(window):
    axes = len(window.strides)
    return {"strides": (1,) * axes, "padding": (_NONE,) * axes, "dilation_rate": (1,) * axes}


def _dilated(x, kernel, window, groups):
    batch, *inner, _ = shape_of(x)
    windows = shape_of(kernel)[:-2]
    sizes = _interleaved(inner, windows, window)
    parts = convolution(_apart(x, sizes.edges, window), kernel, groups=groups, **_plain(window))
    crops = rows((_NONE,) * len(inner), 2)
    full = raw.BatchToSpaceND(input=parts, block_shape=ints(window.dilation), crops=crops)
    asked = (
        n + a + b - (k - 1) * d
        for n, k, (a, b), d in zip(inner, windows, window.padding, window.dilation, strict=True)
    )
    starts, stops = (0,) * (len(inner) + 2), (batch, *asked, shape_of(full)[-1])
    return cut(full, starts=starts, stops=stops, strides=(1, *window.strides, 1))


def _dilated_input_grad(cotangent, kernel, window, groups, input_shape):
    sizes = _interleaved(input_shape, shape_of(kernel)[:-2], window)
    spaces = zip(input_shape, sizes.edges, window.dilation, strict=True)
    parts = tuple((n + a + b) // d for n, (a, b), d in spaces)
    given = _apart_cotangent(cotangent, sizes.results, window)
    found = convolution_input_grad(given, kernel, groups=groups, input_shape=parts, **_plain(window))
    return raw.BatchToSpaceND(input=found, block_shape=ints(window.dilation), crops=rows(sizes.edges, 2))


def _dilated_kernel_grad(x, cotangent, window, groups, size):
    sizes = _interleaved(shape_of(x)[1:-1], size, window)
    parts = _apart(x, sizes.edges, window)
    given = _apart_cotangent(cotangent, sizes.results, window)
    return convolution_kernel_grad(parts, given, groups=groups, window=size, **_plain(window))


KERNELS = {
    "convolution": convolution,
    "convolution_input_grad": convolution_input_grad,
    "convolution_kernel_grad": convolution_kernel_grad,
    **pooling.KERNELS,
}
RESIDUAL_KERNELS = pooling.RESIDUAL_KERNELS
