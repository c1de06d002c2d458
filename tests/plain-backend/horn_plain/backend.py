"""The backend itself: conversions, the table of kernels, and the hook by which Horn finds it.

No kernel overwrites an operand, so the contract's defaults, which take tensors to be immutable, are
right for everything that is not here: the storage of Variables, copies, plans, gradients.
"""

from __future__ import annotations

import numpy as np
import torch

from horn import dtypes
from horn.contract import Backend
from horn.registry import hookimpl
from horn_plain.kernels import KERNELS, native


class PlainBackend(Backend):
    """PyTorch as a mere library of array functions."""

    name = "plain"
    spec_version = 1
    capabilities = frozenset({"float64", "float16", "bfloat16", "host_scalars"})
    tensor_types = (torch.Tensor,)

    def __init__(self) -> None:
        self.kernels = KERNELS

    def asarray(self, value: np.ndarray, dtype: str | None = None) -> torch.Tensor:
        """Return a tensor that holds a copy of an array, in `dtype` where given."""
        name = dtypes.canonical(dtype or value.dtype)
        wanted = native(name)
        if name == "bfloat16":  # no dtype of NumPy's own; float32 holds each of its numbers
            return torch.as_tensor(np.array(value, np.float32, order="C")).to(wanted)
        return torch.as_tensor(np.array(value, dtypes.numpy_dtype(name), order="C"))

    def to_numpy(self, tensor: torch.Tensor) -> np.ndarray:
        """Return the values of a tensor as an array of the same dtype."""
        if tensor.dtype is torch.bfloat16:
            return tensor.to(torch.float32).numpy().astype(dtypes.numpy_dtype("bfloat16"))
        return tensor.numpy()

    def describe(self, tensor: torch.Tensor) -> tuple[tuple[int, ...], str]:
        """Return the shape and the canonical dtype of a tensor."""
        return tuple(tensor.shape), dtypes.canonical(tensor.dtype)


@hookimpl
def horn_backend(name: str) -> Backend | None:
    """Return this backend when it is asked for."""
    return PlainBackend() if name == "plain" else None
