"""The TensorFlow backend: its kernels, and how its tensors and variables are made and read."""

from __future__ import annotations

from contextlib import nullcontext
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np

from horn import dtypes
from horn.contract import Backend, gathered
from horn.errors import BackendError
from horn_tf import (
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
from horn_tf.runner import Runner
from horn_tf.tensors import EagerTensor, raw, shape_of, tf, tf_dtype
from horn_tf.tracing import embedded, has_gpu

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from contextlib import AbstractContextManager

_FAMILIES = (
    control, conv, creation, elementwise, indexing, linalg, nn, random, recurrent, reduction, shaping, sorting,
)  # fmt: skip

_has_parts = hasattr(EagerTensor, "_shape_tuple") and hasattr(EagerTensor, "_datatype_enum")


class TensorFlowBackend(Backend):
    """TensorFlow's eager and symbolic tensors, with steps compiled by ``tf.function``."""

    name = "tensorflow"
    capabilities = frozenset({"float64", "float16", "bfloat16", "compiles"})
    tensor_types = (EagerTensor, tf.Tensor)
    kernels: ClassVar = gathered(_FAMILIES)
    residual_kernels: ClassVar = gathered(_FAMILIES, "RESIDUAL_KERNELS")

    # -- conversion ------------------------------------------------------------------------------

    def asarray(self, value: np.ndarray, dtype: str | None = None) -> tf.Tensor:
        """Return an eager tensor that holds a copy, inside of a function being traced too."""
        kind = None if dtype is None else tf_dtype(dtype)
        if tf.executing_eagerly():
            return tf.constant(value, kind)
        with tf.init_scope():
            return tf.constant(value, kind)

    def to_numpy(self, tensor: tf.Tensor) -> np.ndarray:
        """Return the values of an eager tensor."""
        return np.asarray(tensor.numpy())

    def describe(self, tensor: tf.Tensor) -> tuple[tuple[int, ...], str]:
        """Return the shape and the canonical dtype of a tensor."""
        return shape_of(tensor), dtypes.canonical(tensor.dtype.name)

    def signature(self, tensor: tf.Tensor) -> Any:
        """Return what fixes shape and dtype; a TensorShape would take four times as long."""
        if _has_parts and type(tensor) is EagerTensor:
            return tensor._shape_tuple(), tensor._datatype_enum()  # noqa: SLF001
        return shape_of(tensor), tensor.dtype

    # -- where and how exactly ---------------------------------------------------------------------

    @property
    def devices(self) -> Sequence[str]:
        """``"cpu"``, and the GPUs that TensorFlow sees."""
        return ("cpu", *(f"gpu:{i}" for i in range(len(tf.config.list_physical_devices("GPU")))))

    def device(self, name: str) -> AbstractContextManager[Any]:
        """Run a block whose new tensors live on one of `devices`."""
        return tf.device(f"/{name}")

    def in_float32(self) -> AbstractContextManager[Any]:
        """Run a block in which products of float32 are computed in float32: TensorFlow has no such block."""
        if has_gpu() and tf.config.experimental.tensor_float_32_execution_enabled():
            raise BackendError(
                "TensorFlow has no switch for the precision of products that holds for one block.",
                expected="matmul_precision 'fast', or TensorFloat-32 switched off for the whole process",
                got="'float32' on a machine with a GPU",
                remedy="call tf.config.experimental.enable_tensor_float_32_execution(False) at the start",
            )
        return nullcontext()

    # -- storage ---------------------------------------------------------------------------------

    def variable(self, value: np.ndarray, *, trainable: bool) -> tf.Variable:
        """Return a new variable that holds a copy of `value`."""
        with tf.init_scope():
            return tf.Variable(tf.constant(value), trainable=trainable)

    def read(self, storage: tf.Variable) -> tf.Tensor:
        """Return the value, which a later assignment leaves alone."""
        return storage.read_value()

    def write(self, storage: tf.Variable, tensor: tf.Tensor) -> tf.Variable:
        """Assign to the variable."""
        raw.AssignVariableOp(resource=storage.handle, value=tensor)
        return storage

    # -- running ---------------------------------------------------------------------------------

    def embed(self, tensor: tf.Tensor) -> tf.Tensor:
        """Return a constant of the function being traced, where this is one that the backend compiles."""
        return embedded(tensor)

    def compile(self, step: Any, *, jit_compile: bool | None = None) -> Runner:
        """Return a runner of the step as one ``tf.function``; XLA compiles it as told, or where it suits."""
        return Runner(self, step, jit_compile=jit_compile)

    def value_and_grad(
        self, fn: Callable[..., Any], values: Sequence[tf.Tensor]
    ) -> tuple[tuple[tf.Tensor, Any], list[tf.Tensor]]:
        """Return ``fn(values)``, which is a loss and something beside it, and the gradients of the loss."""
        with tf.GradientTape(watch_accessed_variables=False) as tape:
            tape.watch(values)
            loss, aux = fn(values)
        found = tape.gradient(loss, values, unconnected_gradients=tf.UnconnectedGradients.ZERO)
        return (loss, aux), [tf.convert_to_tensor(gradient) for gradient in found]
