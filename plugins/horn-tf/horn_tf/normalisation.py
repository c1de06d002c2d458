"""Batch normalisation, the second half of the family `nn`: TensorFlow's fused op where it applies."""

from __future__ import annotations

import numpy as np

from horn.spec.sizes import product
from horn_tf.tensors import EagerTensor, ints, may_meet_xla, number, on_cpu, raw, shape_of, tf


def batch_normalization_train(x, scale, offset, *, axis=-1, epsilon=1e-3):
    if _is_fused(x, axis):
        given = {"x": _image(x), "scale": scale, "offset": offset, "epsilon": epsilon}
        y, mean, _, _, variance, _ = raw.FusedBatchNormV3(mean=_nothing(), variance=_nothing(), **given)
        return raw.Reshape(tensor=y, shape=ints(shape_of(x))), mean, variance
    rest, channels = _axes(x, axis)
    mean = raw.Mean(input=x, axis=rest, keep_dims=True)
    centred = raw.Sub(x=x, y=mean)
    variance = raw.Mean(input=raw.Square(x=centred), axis=rest, keep_dims=True)
    factor = raw.Mul(x=_inverse(variance, epsilon), y=raw.Reshape(tensor=scale, shape=channels))
    y = raw.AddV2(x=raw.Mul(x=centred, y=factor), y=raw.Reshape(tensor=offset, shape=channels))
    flat = ints(shape_of(scale))
    return y, raw.Reshape(tensor=mean, shape=flat), raw.Reshape(tensor=variance, shape=flat)


def batch_normalization_train_grad(
    cotangent,
    cotangent_mean,
    cotangent_variance,
    output,
    mean,
    variance,
    x,
    scale,
    offset,
    *,
    axis=-1,
    epsilon=1e-3,
):
    del output, offset
    plain = _fused_grad if _is_fused(x, axis) else _grad
    by_x, by_scale, by_offset = plain(cotangent, mean, variance, x, scale, axis, epsilon)
    if _is_zero(cotangent_mean) and _is_zero(cotangent_variance):
        return by_x, by_scale, by_offset
    _, channels = _axes(x, axis)
    count = number(product(shape_of(x)) // max(shape_of(scale)[0], 1), x.dtype)
    centred = raw.Sub(x=x, y=raw.Reshape(tensor=mean, shape=channels))
    by_mean = raw.RealDiv(x=raw.Reshape(tensor=cotangent_mean, shape=channels), y=count)
    by_variance = raw.RealDiv(x=raw.Reshape(tensor=cotangent_variance, shape=channels), y=count)
    by_variance = raw.Mul(x=centred, y=raw.AddV2(x=by_variance, y=by_variance))
    return raw.AddV2(x=raw.AddV2(x=by_x, y=by_mean), y=by_variance), by_scale, by_offset


def _is_zero(cotangent):
    """Return whether a cotangent is known to be zero, as where the statistics only go into averages."""
    if isinstance(cotangent, EagerTensor):
        return not np.any(cotangent.numpy())
    return cotangent.op.type == "ZerosLike"


# -- TensorFlow's op -------------------------------------------------------------------------------


def _is_fused(x, axis):
    """Return whether TensorFlow's op serves; on GPUs and in XLA its statistics mean something else."""
    channels_last = axis == len(shape_of(x)) - 1
    return channels_last and x.dtype is tf.float32 and product(shape_of(x)) and on_cpu() and not may_meet_xla()


def _image(x):
    """Return `x` with four axes, the last of which is that of the channels."""
    return raw.Reshape(tensor=x, shape=ints((1, 1, -1, shape_of(x)[-1]))) if len(shape_of(x)) != 4 else x


def _nothing():
    return raw.Fill(dims=ints((0,)), value=number(0, tf.float32))


def _fused_grad(cotangent, mean, variance, x, scale, axis, epsilon):
    del axis
    kept = {"reserve_space_1": mean, "reserve_space_2": variance, "reserve_space_3": _nothing()}
    by_x, by_scale, by_offset, _, _ = raw.FusedBatchNormGradV3(
        y_backprop=_image(cotangent), x=_image(x), scale=scale, epsilon=epsilon, **kept
    )
    return raw.Reshape(tensor=by_x, shape=ints(shape_of(x))), by_scale, by_offset


# -- written out -----------------------------------------------------------------------------------


def _axes(x, axis):
    """Return the axes to reduce, and the shape in which a statistic broadcasts against `x`."""
    shape = shape_of(x)
    rest = ints(tuple(i for i in range(len(shape)) if i != axis))
    return rest, ints(tuple(n if i == axis else 1 for i, n in enumerate(shape)))


def _inverse(variance, epsilon):
    return raw.Rsqrt(x=raw.AddV2(x=variance, y=number(epsilon, variance.dtype)))


def _grad(cotangent, mean, variance, x, scale, axis, epsilon):
    rest, channels = _axes(x, axis)
    count = number(product(shape_of(x)) // max(shape_of(scale)[0], 1), x.dtype)
    inverse = _inverse(variance, epsilon)
    centred = raw.Sub(x=x, y=raw.Reshape(tensor=mean, shape=channels))
    normal = raw.Mul(x=centred, y=raw.Reshape(tensor=inverse, shape=channels))
    by_offset = raw.Sum(input=cotangent, axis=rest, keep_dims=False)
    by_scale = raw.Sum(input=raw.Mul(x=cotangent, y=normal), axis=rest, keep_dims=False)
    level = raw.Reshape(tensor=raw.RealDiv(x=by_offset, y=count), shape=channels)
    slope = raw.Reshape(tensor=raw.RealDiv(x=by_scale, y=count), shape=channels)
    spread = raw.Sub(x=raw.Sub(x=cotangent, y=level), y=raw.Mul(x=normal, y=slope))
    factor = raw.Reshape(tensor=raw.Mul(x=inverse, y=scale), shape=channels)
    return raw.Mul(x=spread, y=factor), by_scale, by_offset


KERNELS = {
    "batch_normalization_train": batch_normalization_train,
    "batch_normalization_train_grad": batch_normalization_train_grad,
}
