"""Kernels of activations and normalisation."""

from __future__ import annotations

from horn_tf.tensors import BOOL, as_dtype, ints, number, raw, shape_of, tf
from horn_tf.tracing import runs_op_by_op


def relu(x):
    if x.dtype.is_floating and runs_op_by_op():
        # TensorFlow's optimizer would put Relu into the convolution before it, where a NaN becomes 0.
        return raw.Maximum(x=x, y=number(0, x.dtype))
    return raw.Relu(features=as_dtype(x, tf.int32) if x.dtype is BOOL else x)


def relu_grad(cotangent, output):
    # TensorFlow's own op multiplies, which makes NaN of an infinite cotangent.
    positive = raw.Greater(x=output, y=number(0, output.dtype))
    if runs_op_by_op():
        # Zeros are one pass more over memory, but SelectV2 spreads a scalar in three times the time.
        return raw.Select(condition=positive, x=cotangent, y=raw.ZerosLike(x=cotangent))
    return raw.SelectV2(condition=positive, t=cotangent, e=number(0, cotangent.dtype))


def leaky_relu(x, *, negative_slope=0.2):
    if x.dtype is tf.float32:  # in which the attribute of the op is kept
        return raw.LeakyRelu(features=x, alpha=negative_slope)
    scaled = raw.Mul(x=x, y=number(negative_slope, x.dtype))
    return raw.SelectV2(condition=raw.Greater(x=x, y=number(0, x.dtype)), t=x, e=scaled)


def softplus(x):
    return raw.Softplus(features=x)


def softmax(x, *, axis=-1):
    if axis % len(shape_of(x)) == len(shape_of(x)) - 1:
        # The division gives all of a row the NaN that TensorFlow leaves to one of its elements.
        share = raw.Softmax(logits=x)
        return raw.RealDiv(x=share, y=raw.Sum(input=share, axis=ints((axis,)), keep_dims=True))
    shifted = raw.Exp(x=raw.Sub(x=x, y=raw.Max(input=x, axis=ints((axis,)), keep_dims=True)))
    return raw.RealDiv(x=shifted, y=raw.Sum(input=shifted, axis=ints((axis,)), keep_dims=True))


def log_softmax(x, *, axis=-1):
    if axis % len(shape_of(x)) == len(shape_of(x)) - 1:
        return raw.LogSoftmax(logits=x)
    shifted = raw.Sub(x=x, y=raw.Max(input=x, axis=ints((axis,)), keep_dims=True))
    total = raw.Sum(input=raw.Exp(x=shifted), axis=ints((axis,)), keep_dims=True)
    return raw.Sub(x=shifted, y=raw.Log(x=total))


KERNELS = {
    "relu": relu,
    "relu_grad": relu_grad,
    "leaky_relu": leaky_relu,
    "softplus": softplus,
    "softmax": softmax,
    "log_softmax": log_softmax,
}
