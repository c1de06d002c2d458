"""Horn's TensorFlow backend: kernels for the op pages, and steps compiled by ``tf.function``."""
