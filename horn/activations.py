"""Activations: the public names."""

from horn.api.activations import get, linear
from horn.spec import ops

exponential = ops.exp
leaky_relu = ops.leaky_relu
log_softmax = ops.log_softmax
relu = ops.relu
sigmoid = ops.sigmoid
softmax = ops.softmax
softplus = ops.softplus
tanh = ops.tanh

__all__ = [
    "exponential",
    "get",
    "leaky_relu",
    "linear",
    "log_softmax",
    "relu",
    "sigmoid",
    "softmax",
    "softplus",
    "tanh",
]
