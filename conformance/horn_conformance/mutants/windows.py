"""Mutants of convolution and pooling."""

from __future__ import annotations

import numpy as np

from horn.spec import ops
from horn_conformance.mutants.mutant import kernel, original as kernel_of, whole


@kernel("M071", "convolution", "flips the kernel")
def _(original):
    return lambda x, kernel, **attrs: original(x, np.flip(kernel, tuple(range(kernel.ndim - 2))), **attrs)


@whole("M073", "conv", "pads for 'same' as if the stride divided the size")
def _(backend):
    convolution = kernel_of(backend, "convolution")
    original = kernel_of(backend, "conv")

    def conv(inputs, kernel, strides, padding, data_format, dilation_rate):
        spatial = kernel.ndim - 2
        if (
            padding != "same"
            or data_format == "channels_first"
            or dilation_rate != 1
            or not isinstance(strides, int)
        ):
            return original(
                inputs,
                kernel,
                strides=strides,
                padding=padding,
                data_format=data_format,
                dilation_rate=dilation_rate,
            )
        totals = [max(k - strides, 0) + strides - 1 for k in kernel.shape[:-2]]
        pairs = tuple((total // 2, total - total // 2) for total in totals)
        return convolution(inputs, kernel, strides=(strides,) * spatial, padding=pairs, dilation_rate=(1,) * spatial,
                           groups=inputs.shape[-1] // kernel.shape[-2])  # fmt: skip

    backend.kernels["conv"] = conv


@kernel("M075", "convolution", "ignores the dilation where there is a stride")
def _(original):
    def convolution(x, kernel, strides, padding, dilation_rate, groups):
        y = original(x, kernel, strides=strides, padding=padding, dilation_rate=dilation_rate, groups=groups)
        if max(strides) == 1 or max(dilation_rate) == 1:
            return y
        near = original(
            x, kernel, strides=strides, padding=padding, dilation_rate=(1,) * len(strides), groups=groups
        )
        return np.ascontiguousarray(near[tuple(np.s_[:n] for n in y.shape)])

    return convolution


@kernel("M077", "convolution", "orders the filters of a depthwise kernel by multiplier first")
def _(original):
    def convolution(x, kernel, groups, **attrs):
        y = original(x, kernel, groups=groups, **attrs)
        if groups == 1 or kernel.shape[-2] != 1:
            return y
        return y.reshape(*y.shape[:-1], groups, -1).swapaxes(-1, -2).reshape(y.shape)

    return convolution


@kernel("M078", "convolution", "swaps the padding before and after")
def _(original):
    return lambda x, kernel, padding, **attrs: original(
        x, kernel, padding=tuple(p[::-1] for p in padding), **attrs
    )


@kernel("M081", "convolution", "ignores the stride of a window of one")
def _(original):
    def convolution(x, kernel, strides, **attrs):
        y = original(x, kernel, strides=strides, **attrs)
        if max(kernel.shape[:-2]) > 1:
            return y
        near = original(x, kernel, strides=(1,) * len(strides), **attrs)
        return np.ascontiguousarray(near[tuple(np.s_[:n] for n in y.shape)])

    return convolution


@kernel("M129", "convolution_kernel_grad", "ignores the dilation")
def _(original):
    def grad(x, cotangent, window, strides, padding, dilation_rate, groups):
        return ops.convolution_kernel_grad.body(
            x, cotangent, window, strides, padding, (1,) * len(strides), groups
        )

    return grad


@kernel("M131", "convolution_input_grad", "mixes the groups")
def _(original):
    def grad(cotangent, kernel, groups, **attrs):
        return original(
            cotangent,
            np.roll(kernel, kernel.shape[-1] // groups, -1) if groups > 1 else kernel,
            groups=groups,
            **attrs,
        )

    return grad


@kernel("M085", "max_pooling", "drops NaN")
def _(original):
    return lambda x, **attrs: original(np.where(np.isnan(x), np.asarray(-np.inf, x.dtype), x), **attrs)


@kernel("M086", "max_pooling", "pads with zeros")
def _(original):
    def pooling(x, padding, **attrs):
        padded = np.pad(x, ((0, 0), *padding, (0, 0)))
        return original(padded, padding=((0, 0),) * len(padding), **attrs)

    return pooling


@kernel("M088", "max_pooling_grad", "gives all to the last of equal elements")
def _(original):
    def grad(cotangent, output, x, pool_size, strides, padding):
        turned = tuple(range(1, x.ndim - 1))
        sizes = zip(x.shape[1:-1], pool_size, strides, padding, strict=True)
        rests = [(n + sum(p) - k) % s for n, k, s, p in sizes]
        back = tuple((p[1] - rest, p[0]) for p, rest in zip(padding, rests, strict=True))
        if min(p[0] for p in back) < 0:
            return original(cotangent, output, x, pool_size=pool_size, strides=strides, padding=padding)
        given = [np.flip(y, turned) for y in (cotangent, output, x)]
        return np.flip(original(*given, pool_size=pool_size, strides=strides, padding=back), turned)

    return grad
