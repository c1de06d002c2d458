"""Horn's TensorFlow backend: kernels for the op pages, and steps compiled by ``tf.function``."""

from horn_tf.native import module

__all__ = ["module"]
