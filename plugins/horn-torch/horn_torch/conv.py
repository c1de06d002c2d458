"""Convolution over one, two or three spatial axes, and its gradients.

Operands are channels last and PyTorch's are channels first; permuted views of the one are exactly
the other in the memory format that PyTorch calls channels_last, for which oneDNN is faster than
for contiguous channels first. One spatial axis runs as two, since there is no such format for it.
"""

from __future__ import annotations

from typing import NamedTuple

import torch

from horn.errors import UnsupportedOpError
from horn.spec.windows import window_count

_backward = torch.ops.aten.convolution_backward.default


class _Call(NamedTuple):
    """The attributes of one convolution in the words of PyTorch.

    Attributes:
        strides: One for each spatial axis.
        padding: One for each spatial axis: what lies on both sides.
        dilation: One for each spatial axis.
        groups: How many.
        extra: Explicit padding that has to be put around the input first; None for none.
    """

    strides: list[int]
    padding: list[int]
    dilation: list[int]
    groups: int
    extra: list[tuple[int, int]] | None


def need_windows(rank):
    """Raise `UnsupportedOpError` for windows over more axes than PyTorch has kernels for."""
    if rank > 3:
        raise UnsupportedOpError(
            f"PyTorch was asked to slide a window over {rank} axes.",
            expected="one, two or three spatial axes",
            got=f"{rank}",
            remedy="fold some axes into the batch, or use another backend",
        )


def _call(strides, padding, dilation_rate, groups):
    need_windows(len(strides))
    if len(strides) == 1:
        strides, padding, dilation_rate = (1, *strides), ((0, 0), *padding), (1, *dilation_rate)
    if all(before == after for before, after in padding):
        return _Call(list(strides), [before for before, _ in padding], list(dilation_rate), groups, None)
    return _Call(list(strides), [0] * len(strides), list(dilation_rate), groups, list(padding))


def channels_first(x):
    """Return a view with the last axis second; three axes become four first."""
    if x.ndim == 3:
        return torch.permute(x.unsqueeze(1), (0, 3, 1, 2))
    return torch.permute(x, (0, x.ndim - 1, *range(1, x.ndim - 1)))


def channels_last(y, rank):
    """Return the inverse of `channels_first`, for a result with `rank` spatial axes."""
    if rank == 1:
        return torch.permute(y, (0, 2, 3, 1)).squeeze(1)
    return torch.permute(y, (0, *range(2, y.ndim), 1))


def filters_first(kernel):
    """Return a view of a kernel as PyTorch has it: filters, channels, window."""
    if kernel.ndim == 3:
        kernel = kernel.unsqueeze(0)
    return torch.permute(kernel, (kernel.ndim - 1, kernel.ndim - 2, *range(kernel.ndim - 2)))


def padded(x, padding, value=0.0):
    """Return `x`, channels first, with explicit padding around its spatial axes."""
    widths = [width for pair in reversed(padding) for width in pair]
    return torch.constant_pad_nd(x, widths, value)


def unpadded(x, padding):
    """Return the view of `x`, channels first, that lies inside of the padding."""
    for axis, (before, after) in enumerate(padding, start=2):
        x = x.narrow(axis, before, x.shape[axis] - before - after)
    return x


def convolution(x, kernel, strides, padding, dilation_rate, groups=1):
    call = _call(strides, padding, dilation_rate, groups)
    if not x.numel() or not kernel.numel():
        rows = zip(x.shape[1:-1], kernel.shape[:-2], strides, padding, dilation_rate, strict=True)
        return x.new_zeros((x.shape[0], *(window_count(*row) for row in rows), kernel.shape[-1]))
    first = channels_first(x)
    if call.extra:
        first = padded(first, call.extra)
    y = torch.convolution(
        first, filters_first(kernel), None, call.strides, call.padding, call.dilation,
        False, [0] * len(call.strides), call.groups,
    )  # fmt: skip
    return channels_last(y, len(strides))


def convolution_input_grad(cotangent, kernel, input_shape, strides, padding, dilation_rate, groups=1):
    call = _call(strides, padding, dilation_rate, groups)
    shape = (cotangent.shape[0], *input_shape, kernel.shape[-2] * groups)
    if not cotangent.numel() or not kernel.numel():
        return cotangent.new_zeros(shape)
    outer = padding if call.extra else ((0, 0),) * len(strides)
    sizes = [n + before + after for n, (before, after) in zip(input_shape, outer, strict=True)]
    # Only the shape and the layout of the input matter, so nothing fills it.
    first = channels_first(cotangent.new_empty((shape[0], *sizes, shape[-1])))
    grad = _gradients(call, cotangent, first, filters_first(kernel), [True, False, False])[0]
    if call.extra:
        grad = unpadded(grad, call.extra)
    return channels_last(grad, len(strides))


def convolution_kernel_grad(x, cotangent, window, strides, padding, dilation_rate, groups=1):
    call = _call(strides, padding, dilation_rate, groups)
    shape = (*window, x.shape[-1] // groups, cotangent.shape[-1])
    if not cotangent.numel() or not x.numel():
        return x.new_zeros(shape)
    first = channels_first(x)
    if call.extra:
        first = padded(first, call.extra)
    weight = filters_first(x.new_empty(shape))
    grad = _gradients(call, cotangent, first, weight, [False, True, False])[1]
    # In the order of the parameter's memory, which a fused optimizer walks along.
    return torch.permute(grad, (*range(2, grad.ndim), 1, 0)).reshape(shape).contiguous()


def _gradients(call, cotangent, x, weight, wanted):
    return _backward(
        channels_first(cotangent), x, weight, None, call.strides, call.padding, call.dilation,
        False, [0] * len(call.strides), call.groups, wanted,
    )  # fmt: skip


KERNELS = {
    "convolution": convolution,
    "convolution_input_grad": convolution_input_grad,
    "convolution_kernel_grad": convolution_kernel_grad,
}
