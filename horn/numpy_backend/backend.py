"""The built-in backend: the pages' own bodies as kernels, and faster ones where speed asks for it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from horn.contract import gathered
from horn.numpy_backend import (
    control,
    conv,
    cumulative,
    elementwise,
    gru,
    indexing,
    linalg,
    losses,
    metrics,
    nn,
    optim,
    random,
    recurrent,
    reduction,
    scratch,
    shaping,
    sorting,
    special,
)
from horn.numpy_backend.pages import Pages
from horn.numpy_backend.silence import silent, silent_once

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

_FAMILIES = (
    control, conv, cumulative, elementwise, gru, indexing, linalg, losses, metrics, nn, random, recurrent, reduction,
    shaping, sorting, special,
)  # fmt: skip

_REPORTS_NOTHING = {
    *("arange", "argmax", "argsort", "bitwise_and", "broadcast_to", "concatenate", "flip", "full", "logical_and"),
    *("logical_not", "logical_or", "pad", "random_bits", "random_mask", "reshape", "right_shift", "scan", "slice"),
    *("stop_gradient", "transpose", "where"),
}
"""Kernels without floating-point arithmetic, and `scan`, which runs other kernels."""


class NumPyBackend(Pages):
    """The backend that needs nothing but NumPy, on which every model can train.

    Args:
        is_silent: Whether its kernels keep NumPy's warnings to themselves. Those of the backend
            without do not, and whoever runs many of them sets ``np.errstate`` once: see `bare`.
    """

    capabilities = frozenset({"float64", "bfloat16", "float16", "host_scalars", "in_place", "subnormals"})

    def __init__(self, *, is_silent: bool = True) -> None:
        super().__init__()
        self.kernels = {**self.kernels, **gathered(_FAMILIES)}
        self.in_place_kernels = {**optim.IN_PLACE_KERNELS, **metrics.IN_PLACE_KERNELS}
        self.into_kernels = gathered(_FAMILIES, "INTO_KERNELS")
        self.residual_kernels = gathered(_FAMILIES, "RESIDUAL_KERNELS")
        self._bare = self
        if is_silent:
            self._bare = NumPyBackend(is_silent=False)
            self._silence()

    def _silence(self) -> None:
        def cover(name: str, kernel: Callable[..., Any]) -> Callable[..., Any]:
            return kernel if name in _REPORTS_NOTHING else silent(kernel)

        self.kernels = {name: cover(name, kernel) for name, kernel in self.kernels.items()}
        self.in_place_kernels = {name: silent_once(kernel) for name, kernel in self.in_place_kernels.items()}
        self.residual_kernels = {
            name: (silent_once(forward), silent_once(backward))
            for name, (forward, backward) in self.residual_kernels.items()
        }

    @property
    def bare(self) -> NumPyBackend:
        """The same backend for plans: its kernels leave ``np.errstate`` to whoever runs them."""
        return self._bare

    # -- storage of Variables ------------------------------------------------------------------

    def variable(self, value: np.ndarray, *, trainable: bool) -> np.ndarray:  # noqa: ARG002
        """Return an array of its own, C-contiguous and writeable, that holds a copy of `value`."""
        return self.asarray(value)

    def write(self, storage: np.ndarray, tensor: np.ndarray) -> np.ndarray:
        """Copy `tensor` into the storage, which plans hold on to, and return the storage."""
        np.copyto(storage, tensor)
        return storage

    def copy(self, tensor: np.ndarray) -> np.ndarray:
        """Return a copy, C-contiguous."""
        return np.array(tensor, order="C")

    def flat(self, tensors: Sequence[np.ndarray]) -> np.ndarray:
        """Return the elements of arrays, one after the other, as a new vector."""
        return np.concatenate(tensors, axis=None)

    def together(self, storages: Sequence[np.ndarray]) -> tuple[np.ndarray, list[np.ndarray]]:
        """Lay arrays end to end, where they are not; return the vector, and its parts."""
        vector = storages[0].base
        if isinstance(vector, np.ndarray) and _fill(vector, storages):
            return vector, list(storages)
        ends = np.cumsum([x.size for x in storages])
        vector = scratch.aligned(ends[-1], storages[0].dtype)
        np.concatenate(storages, axis=None, out=vector)
        return vector, [vector[end - x.size : end].reshape(x.shape) for x, end in zip(storages, ends, strict=True)]


def _fill(vector: np.ndarray, parts: Sequence[np.ndarray]) -> bool:
    """Return whether C-contiguous parts lie in a vector end to end and fill it."""
    address = vector.ctypes.data
    for part in parts:
        if part.base is not vector or part.ctypes.data != address or not part.flags.c_contiguous:
            return False
        address += part.nbytes
    return vector.ndim == 1 and address == vector.ctypes.data + vector.nbytes
