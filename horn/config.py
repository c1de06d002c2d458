"""Settings: the public names."""

from horn.api.choice import set_flush_denormals
from horn.api.policies import dtype_policy, set_dtype_policy
from horn.settings import (
    epsilon,
    floatx,
    image_data_format,
    matmul_precision,
    set_epsilon,
    set_floatx,
    set_image_data_format,
    set_matmul_precision,
)

__all__ = [
    "dtype_policy", "epsilon", "floatx", "image_data_format", "matmul_precision", "set_dtype_policy",
    "set_epsilon", "set_floatx", "set_flush_denormals", "set_image_data_format", "set_matmul_precision",
]  # fmt: skip
