"""A Variable: a named value that training changes, kept in the storage of one backend.

It is lazy: until a backend needs it, it is a NumPy array on the host, so a model can be built
before anyone says where it runs. Inside a pure run (see `horn.state.pure`) its value is whatever
the run passes in, and an assignment is noted and not done.
"""

from __future__ import annotations

from contextvars import ContextVar
from functools import lru_cache
from typing import TYPE_CHECKING, Any

import numpy as np

from horn import contract, dtypes, settings
from horn.errors import BackendError, ShapeError, TraceError
from horn.spec.graph import as_array, current_scope, spec_of
from horn.spec.laws import show
from horn.spec.namespace import ops
from horn.spec.operators import Operators
from horn.spec.sizes import product
from horn.spec.tensorspec import TensorSpec

if TYPE_CHECKING:
    from horn.contract import Backend, Storage
    from horn.state.pure import Scope

scope: ContextVar[Scope | None] = ContextVar("horn_scope", default=None)

_SMALL = 1024  # elements

compute_dtype: ContextVar[str | None] = ContextVar("horn_compute_dtype", default=None)
"""The dtype in which weights are read, where the layer around computes in another than it keeps."""


class Variable(Operators):
    """A named tensor that can be assigned to.

    Args:
        value: Its first value: an array, a number or a list.
        dtype: Default: that of the value, with Python floats in the default float.
        trainable: Whether optimizers change it.
        name: For messages and files.

    Example:
        >>> v = Variable([1.0, 2.0], name="v")
        >>> v.assign(v + 1)
        >>> v.numpy()
        array([2., 3.], dtype=float32)
    """

    __slots__ = (
        "_backend", "_host", "_storage", "autocast", "awaits_layer", "constraint", "name", "path", "regularizer",
        "spec", "trainable",
    )  # fmt: skip

    def __init__(
        self, value: Any, *, dtype: str | None = None, trainable: bool = True, name: str = "variable"
    ) -> None:
        array = as_array(value)
        if dtype is None and dtypes.canonical(array.dtype) == "float64" and not isinstance(value, np.ndarray):
            dtype = settings.floatx()
        self._host: np.ndarray | None = np.array(array, dtypes.numpy_dtype(dtypes.canonical(dtype or array.dtype)))
        self.spec = TensorSpec(self._host.shape, dtypes.canonical(self._host.dtype))
        self._backend: Backend | None = None
        self._storage: Storage = None
        self.trainable = trainable
        self.name = name
        self.path = name
        self.regularizer: Any = None
        self.constraint: Any = None
        self.awaits_layer = False
        self.autocast = False

    @property
    def level(self) -> int:  # type: ignore[override]
        """A Variable stands outside of every trace."""
        return 0

    # -- reading -----------------------------------------------------------------------------

    def __horn_value__(self) -> Any:
        """Return the present value for use in an op, without a copy."""
        running = scope.get()
        value = self.present() if running is None else running.read(self)
        wanted = compute_dtype.get()
        if wanted is None or wanted == self.spec.dtype or not self.autocast or not dtypes.is_float(self.spec.dtype):
            return value
        return ops.cast(value, wanted)

    def present(self) -> Any:
        """Return the value outside of any run.

        A layer's weight that nobody has run yet is read without settling where it lives: that is
        for the model that first runs it.
        """
        if self._backend is not None:
            return self._backend.read(self._storage)
        backend = contract.current_backend()
        if self.awaits_layer and not current_scope():
            assert self._host is not None
            return backend.asarray(self._host)
        return self.tensor(backend)

    @property
    def value(self) -> Any:
        """The present value: inside a pure run what was passed in, outside a copy to keep."""
        present = self.__horn_value__()
        owner = contract.owner(type(present))
        return present if owner is None or scope.get() is not None else owner.copy(present)

    def numpy(self) -> np.ndarray:
        """Return the present value as a new NumPy array."""
        return np.array(self.shown())

    def shown(self) -> np.ndarray:
        """Return the present value as an array to look at before the next change: it may share the memory."""
        if self._backend is None:
            assert self._host is not None
            return self._host
        return self._backend.to_numpy(self._backend.read(self._storage))

    def __array__(self, dtype: Any = None, copy: Any = None) -> np.ndarray:
        array = self.numpy()
        return array if dtype is None else array.astype(dtype)

    def __float__(self) -> float:
        return float(self.numpy())

    def __int__(self) -> int:
        return int(self.numpy())

    def __bool__(self) -> bool:
        return bool(self.numpy())

    def __index__(self) -> int:
        return int(self.numpy())

    # -- writing -----------------------------------------------------------------------------

    def assign(self, value: Any) -> None:
        """Give the Variable a new value of its shape; the dtype is converted.

        Raises:
            ShapeError: The value has another shape.
            TraceError: A symbolic value reached it outside of a pure run.
        """
        found = spec_of(value)
        if found.shape != self.spec.shape:
            raise ShapeError(
                f"The variable {self.path!r} was assigned a value of another shape.",
                expected=show(self.spec.shape),
                got=show(found.shape),
                remedy="reshape the value, or build a new layer for this size",
            )
        running = scope.get()
        if running is not None:
            running.write(self, value)
            return
        if isinstance(value, Operators) and not isinstance(value, Variable):
            raise TraceError(
                f"The variable {self.path!r} was assigned a symbolic tensor outside of a step.",
                expected="a tensor with values",
                got=repr(value),
                remedy="assign inside of `call` or `train_step`",
            )
        self.store(value.numpy() if isinstance(value, Variable) else value)

    def assign_add(self, value: Any) -> None:
        """Add `value` to the present value."""
        self.assign(self + value)

    def assign_sub(self, value: Any) -> None:
        """Subtract `value` from the present value."""
        self.assign(self - value)

    def clear(self) -> None:
        """Set every element to zero."""
        backend = self._backend
        if backend is not None and scope.get() is None and product(self.spec.shape) <= _SMALL:
            self._storage = backend.write(self._storage, _zeros(backend, self.spec, backend.place))
        else:
            self.assign(np.zeros(self.shape, dtypes.numpy_dtype(self.dtype)))

    def store(self, value: Any) -> None:
        """Put a value with contents into the storage, or on the host while there is none."""
        owner = None if isinstance(value, np.ndarray | np.generic) else contract.owner(type(value))
        if self._backend is None:
            array = as_array(value) if owner is None else owner.to_numpy(value)
            self._host = np.array(array, dtypes.numpy_dtype(self.dtype))
            return
        if owner is not self._backend or spec_of(value).dtype != self.dtype:
            array = as_array(value) if owner is None else owner.to_numpy(value)
            value = self._backend.asarray(array, self.dtype)
        self._storage = self._backend.write(self._storage, value)

    def prepared(self, array: np.ndarray) -> Any:
        """Return what `put` takes for an array of this shape and dtype that nobody else has."""
        return array if self._backend is None else self._backend.own(array)

    def put(self, value: Any) -> None:
        """Store what was `prepared`: nothing is made here, so that nothing is left that could fail."""
        if self._backend is None:
            self._host = value
        else:
            self._storage = self._backend.write(self._storage, value)

    # -- storage -----------------------------------------------------------------------------

    @property
    def backend(self) -> Backend | None:
        """The backend that holds the value; None while it is only on the host."""
        return self._backend

    def storage(self, backend: Backend) -> Storage:
        """Return the storage on `backend`, made there from the host's value on first use."""
        if self._backend is None:
            assert self._host is not None
            self._storage = backend.variable(self._host, trainable=self.trainable and dtypes.is_float(self.dtype))
            self._backend, self._host = backend, None
        if self._backend is not backend:
            raise BackendError(
                f"The variable {self.path!r} was used on another backend than its own.",
                expected=f"the backend {self._backend.name!r}, which holds it",
                got=f"the backend {backend.name!r}",
                remedy=f"make a copy of the model there: model.to_backend({backend.name!r})",
            )
        return self._storage

    def set_storage(self, storage: Storage) -> None:
        """Take over a storage that a step has left; for the engine."""
        self._storage = storage

    def tensor(self, backend: Backend) -> Any:
        """Return the present value as a tensor of `backend`, without a copy."""
        return backend.read(self.storage(backend))

    def __deepcopy__(self, memo: dict[int, Any]) -> Variable:
        """Return a new Variable of the same value, on the host until a backend needs it."""
        twin = Variable(self.numpy(), trainable=self.trainable, name=self.name)
        twin.awaits_layer, twin.autocast = self.awaits_layer, self.autocast
        twin.path, twin.regularizer, twin.constraint = self.path, self.regularizer, self.constraint
        memo[id(self)] = twin
        return twin

    def __repr__(self) -> str:
        return f"<Variable {self.path} {self.spec}>"


@lru_cache(maxsize=64)
def _zeros(backend: Backend, spec: TensorSpec, place: Any) -> Any:
    """Return a tensor of zeros that nobody changes; it takes longer to make than to copy."""
    del place  # a part of the key
    return backend.asarray(np.zeros(spec.shape, dtypes.numpy_dtype(spec.dtype)), spec.dtype)
