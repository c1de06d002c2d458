"""Images, sequences and volumes made larger by whole factors."""

from __future__ import annotations

import math

import numpy as np

from horn.errors import ArgumentError, ShapeError, suggestion
from horn.spec import windows
from horn.spec.laws import show
from horn.spec.op import Tensor, composite, ops


def _linear(t):
    return np.maximum(1 - np.abs(t), 0)


def _cubic(t):
    """Return the cubic convolution kernel of Keys, with a = -1/2."""
    t = np.abs(t)
    near, far = (1.5 * t - 2.5) * t * t + 1, ((-0.5 * t + 2.5) * t - 4) * t + 2
    return np.where(t <= 1, near, np.where(t < 2, far, 0.0))


def _lanczos(radius):
    def kernel(t):
        return np.where(np.abs(t) < radius, np.sinc(t) * np.sinc(t / radius), 0.0)

    return kernel


_KERNELS = {
    "bilinear": (1, _linear),
    "bicubic": (2, _cubic),
    "lanczos3": (3, _lanczos(3)),
    "lanczos5": (5, _lanczos(5)),
}
"""How far each kernel reaches, in elements of the input, and the kernel."""

_NAMES = ("nearest", *_KERNELS)


@composite
def upsample(
    inputs: Tensor,
    size: int | tuple[int, ...],
    interpolation: str = "nearest",
    data_format: str | None = None,
):
    """Return images, sequences or volumes made larger by a whole factor along each spatial axis.

    Every element stands for an interval of length one, so an axis of n elements that becomes one of
    ``n * s`` is sampled at ``(i + 1/2) / s - 1/2``. ``"nearest"`` repeats each element. The others
    weigh the elements around a place with a kernel; those that would lie outside of the input do not
    count, and the weights of the others are scaled so that their sum is one.

    Args:
        inputs: ``(batch, *spatial, channels)``, or channels second for ``"channels_first"``.
        size: The factors: one number, or one for each spatial axis.
        interpolation: ``"nearest"``, ``"bilinear"``, ``"bicubic"``, ``"lanczos3"`` or ``"lanczos5"``.
        data_format: Default: `horn.config.image_data_format()`.

    Reference:
        Keys, Cubic convolution interpolation for digital image processing, IEEE Transactions on
        Acoustics, Speech and Signal Processing 29 (1981) 1153-1160.

    Example:
        >>> x = np.array([[[0.0], [4.0]]], "float32")
        >>> ops.upsample(x, 2).ravel(), ops.upsample(x, 2, interpolation="bilinear").ravel()
        (array([0., 0., 4., 4.], dtype=float32), array([0., 1., 3., 4.], dtype=float32))
    """
    spatial = len(inputs.shape) - 2
    _check(inputs, interpolation)
    factors = windows.per_axis(size, spatial, "size")
    y = windows.channels_last(inputs, data_format)
    if interpolation == "nearest":
        y = _repeated(y, factors)
    else:
        for axis, factor in enumerate(factors, start=1):
            y = _interpolated(y, axis, factor, *_KERNELS[interpolation]) if factor > 1 else y
    return windows.in_format(y, data_format)


def _check(inputs, interpolation):
    if interpolation not in _NAMES:
        raise ArgumentError(
            f"There is no interpolation named {interpolation!r}.",
            expected=f"one of {', '.join(_NAMES)}",
            got=repr(interpolation),
            remedy=suggestion(interpolation, _NAMES),
        )
    if len(inputs.shape) < 3:
        raise ShapeError(
            "upsample was given inputs without an axis of space.",
            expected="inputs with a batch, one or more spatial axes, and channels",
            got=show(inputs.shape),
            remedy="add the axis that is missing, for example x[..., None]",
        )


def _repeated(x, factors):
    """Return `x` with each element repeated along the spatial axes."""
    batch, *sizes, channels = x.shape
    apart, wide = [batch], [batch]
    for n, factor in zip(sizes, factors, strict=True):
        apart += [n, 1]
        wide += [n, factor]
    large = (n * factor for n, factor in zip(sizes, factors, strict=True))
    spread = ops.broadcast_to(ops.reshape(x, (*apart, channels)), (*wide, channels))
    return ops.reshape(spread, (batch, *large, channels))


def _interpolated(x, axis, factor, radius, kernel):
    """Return `x` interpolated along one axis, as a convolution with one filter for each phase."""
    taps = _taps(factor, radius, kernel).astype(np.float64)
    reach = taps.shape[0] // 2
    rank, size = len(x.shape), x.shape[axis]
    order = (*(i for i in range(rank) if i != axis), axis)
    rows = ops.transpose(x, order)
    rest = rows.shape[:-1]
    call = {"strides": (1,), "padding": ((reach, reach),), "dilation_rate": (1,)}
    filters = ops.cast(taps[:, None, :], x.dtype)
    y = ops.convolution(ops.reshape(rows, (math.prod(rest), size, 1)), filters, **call)
    y = y / ops.convolution(ops.ones((1, size, 1), x.dtype), filters, **call)
    y = ops.reshape(y, (*rest, size * factor))
    return ops.transpose(y, tuple(order.index(i) for i in range(rank)))


def _taps(factor, radius, kernel):
    """Return the weights (place of the input from -reach to reach, phase of the output)."""
    phases = (np.arange(factor) + 0.5) / factor - 0.5
    places = np.arange(-radius, radius + 1)
    return kernel(phases[None, :] - places[:, None])
