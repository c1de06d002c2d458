"""The JAX backend: conversion, the kernel table, JAX's gradient and its compiler."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

import jax
import jax.numpy as jnp
import numpy as np

from horn import dtypes
from horn.contract import Backend
from horn.errors import DTypeError
from horn_jax import (  # noqa: F401  (each family fills the table of kernels)
    control,
    conv,
    creation,
    elementwise,
    indexing,
    linalg,
    nn,
    random,
    recurrent,
    reduction,
    shaping,
    sorting,
)
from horn_jax.composites import composite_kernels
from horn_jax.kernel import WIDE, guarding, in_64_bits, is_wide, kernels, residual_kernels
from horn_jax.runner import JaxRunner

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from contextlib import AbstractContextManager

_copy = guarding(jax.jit(jnp.copy))


class JaxBackend(Backend):
    """Kernels of XLA; a Variable is stored as a jax.Array that each step replaces."""

    name: ClassVar[str] = "jax"
    capabilities: ClassVar[frozenset[str]] = frozenset({"float64", "bfloat16", "float16", "compiles"})
    tensor_types = (jax.Array, jax.core.Tracer)

    def __init__(self) -> None:
        self.kernels = dict(kernels)
        self.kernels.update(composite_kernels(self))
        self.residual_kernels = dict(residual_kernels)

    # -- conversion --------------------------------------------------------------------------

    def asarray(self, value: np.ndarray, dtype: str | None = None) -> jax.Array:
        """Return a tensor that holds a copy of a NumPy array, in `dtype` where given."""
        array = np.asarray(value, None if dtype is None else dtypes.numpy_dtype(dtype))
        if array.dtype.kind in "OUSM":
            raise DTypeError(
                f"A tensor of JAX cannot hold elements of {array.dtype}.",
                expected="numbers or bools",
                got=f"an array of {array.dtype}, shape {array.shape}",
                remedy="encode the values as integers first",
            )
        if array.dtype in WIDE:
            return in_64_bits(_constant, array)
        return _constant(array)

    def own(self, value: np.ndarray) -> jax.Array:
        """Return a tensor in the memory of an array, if that begins where XLA wants it."""
        tensor = None if value.dtype in WIDE else jax.device_put(value)
        return self.asarray(value) if tensor is None or isinstance(tensor, jax.core.Tracer) else tensor

    def feed(self, value: np.ndarray) -> Any:
        """Return the array itself: a compiled function takes it over faster than `asarray` does."""
        return value if value.dtype.kind in "biuf" and value.dtype.isnative else self.asarray(value)

    def to_numpy(self, tensor: jax.Array) -> np.ndarray:
        """Return the values of a tensor as a new NumPy array of the same dtype."""
        return np.array(tensor)

    def describe(self, tensor: jax.Array) -> tuple[tuple[int, ...], str]:
        """Return the shape and the canonical dtype of a tensor."""
        return tensor.shape, dtypes.canonical(tensor.dtype)

    def signature(self, tensor: jax.Array) -> Any:
        """Return JAX's own description of a tensor, which is made once and hashes fast."""
        return tensor.aval

    def copy(self, tensor: jax.Array) -> jax.Array:
        """Return a tensor of the same values in memory of its own."""
        return _copy(tensor)

    # -- where and how exactly -----------------------------------------------------------------

    @property
    def devices(self) -> Sequence[str]:
        """``"cpu"``, and the GPUs that JAX sees."""
        return ("cpu", *(f"gpu:{i}" for i in range(len(_gpus()))))

    def device(self, name: str) -> AbstractContextManager[Any]:
        """Run a block whose new tensors live on one of `devices`."""
        kind, _, index = name.partition(":")
        return jax.default_device(_gpus()[int(index)] if kind == "gpu" else jax.devices("cpu")[0])

    def has_room(self, size: int) -> bool:
        """Return whether `size` bytes are less than half of what is free on a GPU, as far as JAX knows."""
        known = (jax.config.jax_default_device or jax.devices()[0]).memory_stats() or {}
        limit = known.get("bytes_limit")
        return limit is None or size < (limit - known["bytes_in_use"]) / 2

    def in_float32(self) -> AbstractContextManager[Any]:
        """Run a block in which products of float32 are computed in float32; what it compiles stays so."""
        return jax.default_matmul_precision("float32")

    # -- running -----------------------------------------------------------------------------

    def value_and_grad(  # type: ignore[override]
        self, fn: Callable[[list[Any]], tuple[Any, Any]], values: list[Any]
    ) -> tuple[tuple[Any, Any], list[Any]]:
        """Return what ``fn(values)`` gives, a loss and anything beside it, and JAX's gradients.

        Args:
            fn: Takes the list and returns a scalar tensor and a tree.
            values: Floating-point tensors.
        """
        differentiate = jax.value_and_grad(fn, has_aux=True)
        if is_wide(values):
            return in_64_bits(differentiate, list(values))
        return differentiate(list(values))

    def compile(self, step: Any, *, jit_compile: bool | None = None) -> JaxRunner:  # type: ignore[override]
        """Return what runs `step`, compiled by XLA for each shape of its batches; it always is."""
        del jit_compile
        return JaxRunner(step, self)


def _gpus() -> Sequence[jax.Device]:
    try:
        return jax.devices("gpu")
    except RuntimeError:  # that is how JAX says that there is none
        return ()


def _constant(array: np.ndarray) -> jax.Array:
    tensor = jnp.array(array)
    if isinstance(tensor, jax.core.Tracer):
        # Inside of a trace of the user's; whoever keeps the tensor must not keep a tracer.
        with jax.ensure_compile_time_eval():
            return jnp.array(array)
    return tensor
