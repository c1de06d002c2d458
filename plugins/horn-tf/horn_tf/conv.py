"""Convolution kernels: TensorFlow's two- and three-dimensional ops, and what these lack on CPUs.

One spatial axis is two of which the second has size one. TensorFlow's CPU kernels know no groups in
gradients and in volumes: depthwise convolutions have ops of their own, any others are cut into
their groups. Nor do they know dilation there. A dilated convolution of stride one is the plain one
on each of the interleaved parts of its input, which `SpaceToBatchND` lays side by side, and a
stride is dilation by the zeros that its gradient skips.
"""

from __future__ import annotations

from horn_tf.shaping import pad, pad_edges
from horn_tf.tensors import index, ints, raw, rows, shape_of

_NO_PAIR = (0, 0)


def convolution(x, kernel, *, strides, padding, dilation_rate, groups=1):
    if len(strides) == 1:
        y = _flat(convolution, _image(x), _filter(kernel), strides, padding, dilation_rate, groups)
        return _sequence(y)
    depthwise = _is_depthwise(kernel, groups, dilation_rate)
    if depthwise:
        return raw.DepthwiseConv2dNative(
            input=x, filter=_per_channel(kernel, groups), **_call(strides, padding)
        )
    if len(strides) == 2:
        return raw.Conv2D(input=x, filter=kernel, dilations=[1, *dilation_rate, 1], **_call(strides, padding))
    return _volume(x, kernel, strides, padding, dilation_rate, groups)


def convolution_input_grad(cotangent, kernel, *, input_shape, strides, padding, dilation_rate, groups=1):
    if len(strides) == 1:
        given = (_image(cotangent), _filter(kernel))
        x = _flat(convolution_input_grad, *given, strides, padding, dilation_rate, groups, input_shape=(*input_shape, 1))
        return _sequence(x)
    return None
