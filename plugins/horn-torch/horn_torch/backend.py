"""The backend itself: conversions, storage of Variables, the native gradient, the table of kernels."""

from __future__ import annotations

from operator import attrgetter
from typing import TYPE_CHECKING, Any

import numpy as np
import torch

from horn import dtypes, tree
from horn.contract import Backend, gathered
from horn_torch import (
    activation,
    attention,
    control,
    conv,
    creation,
    cumulative,
    elementwise,
    gru,
    indexing,
    linalg,
    losses,
    metrics,
    nn,
    normalization,
    optim,
    pooling,
    random,
    recurrent,
    reduction,
    shaping,
    sorting,
)
from horn_torch.dtypes import native
from horn_torch.places import has_gpu, is_far, place, placing, without_tf32
from horn_torch.runner import TorchRunner

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from contextlib import AbstractContextManager

    from horn.engine.step import Step

_flatten = torch._C._nn.flatten_dense_tensors

_FAMILIES = (
    activation, attention, control, conv, creation, cumulative, elementwise, gru, indexing, linalg, losses, metrics,
    nn, normalization, pooling, random, recurrent, reduction, shaping, sorting,
)  # fmt: skip


class TorchBackend(Backend):
    """PyTorch: tensors are torch.Tensor, trained parameters are leaf torch.nn.Parameter."""

    name = "torch"
    spec_version = 1
    tensor_types = (torch.Tensor,)

    def __init__(self) -> None:
        self.steps_flush = True
        """Whether traced steps take numbers below the smallest normal one for zero, as XLA's do."""
        # What is kept for operands like these has constants beside it, on the same device.
        self.signature = attrgetter("shape", "dtype", *(["device"] if has_gpu() else []))
        self.kernels = gathered(_FAMILIES)
        self.in_place_kernels = {**optim.IN_PLACE_KERNELS, **metrics.IN_PLACE_KERNELS}
        self.into_kernels = gathered(_FAMILIES, "INTO_KERNELS")
        self.residual_kernels = gathered(_FAMILIES, "RESIDUAL_KERNELS")

    def flush_denormals(self, wanted: bool) -> None:
        """Set PyTorch's switch, for this thread; traced steps do as is set last."""
        if not torch.set_flush_denormal(wanted) and wanted:
            super().flush_denormals(wanted=True)
        self.steps_flush = wanted

    @property
    def capabilities(self) -> frozenset[str]:  # type: ignore[override]
        """What it can do where new tensors live: on a GPU to read a scalar is to wait for it."""
        everywhere = {"float64", "float16", "bfloat16", "compiles", "in_place", "eager_gradient"}
        return frozenset(everywhere if is_far() else {*everywhere, "host_scalars"})

    # -- where and how exactly ---------------------------------------------------------------

    @property
    def devices(self) -> Sequence[str]:
        """``"cpu"``, and the GPUs that PyTorch sees."""
        return ("cpu", *(f"gpu:{i}" for i in range(torch.cuda.device_count())))

    @property
    def place(self) -> Any:
        """The device of new tensors, or None for PyTorch's own default."""
        return place()

    def device(self, name: str) -> AbstractContextManager[None]:
        """Run a block whose new tensors live on one of `devices`."""
        return placing(torch.device(name.replace("gpu", "cuda")))

    def has_room(self, size: int) -> bool:
        """Return whether `size` bytes are less than half of what is free, on a GPU."""
        where = place()
        if where is None or where.type != "cuda":
            return True
        cached = torch.cuda.memory_reserved(where) - torch.cuda.memory_allocated(where)
        return size < (torch.cuda.mem_get_info(where)[0] + cached) / 2

    def in_float32(self) -> AbstractContextManager[None]:
        """Run a block in which products of float32 are computed in float32."""
        return without_tf32()

    # -- conversion --------------------------------------------------------------------------

    def asarray(self, value: np.ndarray, dtype: str | None = None) -> torch.Tensor:
        """Return a contiguous copy of an array, in the place of new tensors."""
        name = dtypes.canonical(dtype or value.dtype)
        wanted = native(name)
        array = np.array(value, dtypes.numpy_dtype(name), order="C")
        if name == "bfloat16":  # no dtype of NumPy's own: hand over its bits
            return torch.as_tensor(array.view(np.int16), device=place()).view(wanted)
        return torch.as_tensor(array, device=place())

    def adopt(self, value: np.ndarray) -> torch.Tensor:
        """Return a tensor that shares the memory of an array where PyTorch can."""
        name, flags = dtypes.canonical(value.dtype), value.flags
        if name != "bfloat16" and flags.c_contiguous and flags.writeable and value.dtype.isnative:
            native(name)
            return torch.as_tensor(value, device=place())
        return self.asarray(value)

    def to_numpy(self, tensor: torch.Tensor) -> np.ndarray:
        """Return the values as an array, which shares the memory of a tensor on the CPU."""
        host = tensor.detach().cpu()
        if host.dtype is torch.bfloat16:
            return host.view(torch.int16).numpy().view(dtypes.numpy_dtype("bfloat16"))
        return host.numpy()

    def describe(self, tensor: torch.Tensor) -> tuple[tuple[int, ...], str]:
        """Return the shape and the canonical dtype of a tensor."""
        return tuple(tensor.shape), dtypes.canonical(tensor.dtype)

    # -- storage of Variables ----------------------------------------------------------------

    def variable(self, value: np.ndarray, *, trainable: bool) -> torch.Tensor:
        """Return a leaf Parameter for a trained float, else a plain tensor; it holds a copy."""
        tensor = self.asarray(value)
        if trainable and tensor.is_floating_point():
            return torch.nn.Parameter(tensor)
        return tensor

    def read(self, storage: torch.Tensor) -> torch.Tensor:
        """Return a tensor of the same memory that autograd does not watch."""
        return storage.detach() if storage.requires_grad and torch.is_grad_enabled() else storage

    def write(self, storage: torch.Tensor, tensor: torch.Tensor) -> torch.Tensor:
        """Copy `tensor` into the memory of a storage, which stays the same object."""
        storage.detach().copy_(tensor.detach())
        return storage

    def copy(self, tensor: torch.Tensor) -> torch.Tensor:
        """Return a tensor of the same values in memory of its own."""
        return tensor.clone()

    def flat(self, tensors: Sequence[torch.Tensor]) -> torch.Tensor:
        """Return the elements of tensors, one after the other, as a new vector."""
        return _flatten(tensors)

    def together(self, storages: Sequence[torch.Tensor]) -> tuple[torch.Tensor, list[torch.Tensor]]:
        """Lay tensors end to end, where they are not; return the vector, and its parts.

        A Parameter stays the same object and gets new memory.
        """
        with torch.inference_mode(mode=False), torch.no_grad():
            if not _fill_their_memory(storages):
                vector = _flatten([x.detach() for x in storages])
                parts = vector.split([x.numel() for x in storages])
                storages = [_moved(x, part.view(x.shape)) for x, part in zip(storages, parts, strict=True)]
            first = storages[0].detach()
            return first.as_strided((sum(x.numel() for x in storages),), (1,), 0), list(storages)

    # -- running -----------------------------------------------------------------------------

    def compile(self, step: Step, *, jit_compile: bool | None = None) -> TorchRunner:
        """Return what runs a traced step, as a plan whatever `jit_compile` says."""
        del jit_compile
        return TorchRunner(step, self)

    def value_and_grad(
        self, fn: Callable[[list[torch.Tensor]], tuple[torch.Tensor, Any]], values: Sequence[torch.Tensor]
    ) -> tuple[tuple[torch.Tensor, Any], list[torch.Tensor]]:
        """Return what `fn` returns, and the gradient of its loss by each of `values`, from autograd.

        Args:
            fn: Takes a list of tensors that require a gradient; returns a scalar and any tree.
            values: Floating-point tensors.
        """
        with torch.enable_grad():
            leaves = [value.detach().requires_grad_() for value in values]
            loss, aux = fn(leaves)
        if loss.requires_grad and leaves:
            grads = list(torch.autograd.grad(loss, leaves, allow_unused=True, materialize_grads=True))
        else:
            grads = [torch.zeros_like(leaf) for leaf in leaves]
        return (loss.detach(), tree.map_structure(_released, aux)), grads

    def stack_results(self, tensors: list[torch.Tensor]) -> np.ndarray:
        """Return scalars as one array, with one transfer."""
        return self.to_numpy(torch.stack(tensors))


def _released(leaf: Any) -> Any:
    """Return a tensor without its history, and anything else as it is."""
    return leaf.detach() if isinstance(leaf, torch.Tensor) else leaf


def _fill_their_memory(tensors: Sequence[torch.Tensor]) -> bool:
    """Return whether contiguous tensors lie end to end in one memory and fill it."""
    memory = tensors[0].untyped_storage()
    start = 0
    for x in tensors:
        if x.untyped_storage().data_ptr() != memory.data_ptr() or x.storage_offset() != start or not x.is_contiguous():
            return False
        start += x.numel()
    return start * tensors[0].element_size() == memory.nbytes()


def _moved(tensor: torch.Tensor, place: torch.Tensor) -> torch.Tensor:
    """Return the tensor in other memory, which has its values already."""
    if not isinstance(tensor, torch.nn.Parameter):
        return place
    tensor.data = place
    return tensor
