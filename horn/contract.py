"""The backend contract: what a package of kernels declares and what the core asks of it.

A backend is an instance of a subclass of `Backend`. Everything it must bring is named here;
everything it may bring has a default, here or in the engine. The module also keeps which backend
is current in this context, and a slot for the function that finds backends by name, so that the
floors above can ask for one without knowing the registry.
"""

from __future__ import annotations

from contextlib import AbstractContextManager, nullcontext
from contextvars import ContextVar
from operator import attrgetter
from typing import TYPE_CHECKING, Any, ClassVar, NamedTuple

from horn.errors import BackendError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    import numpy as np

SPEC_VERSION = 1
"""The version of the op spec and of this contract. A plugin names the one it was written for."""

Tensor = Any
"""A tensor of whatever framework; nothing in Horn wraps one."""

Storage = Any
"""What holds a Variable's value: a leaf Parameter, a tf.Variable, a jax.Array, an ndarray."""


class Backend:
    """A set of kernels and the few conversions that the core needs.

    Required: `name`, `tensor_types`, `kernels`, `asarray`, `to_numpy`, `describe`. The rest has
    a default that is right for a framework with immutable tensors.

    Attributes:
        name: How users choose it, ``"torch"``.
        spec_version: The `SPEC_VERSION` that it was written for.
        capabilities: Claims that conformance verifies, from ``{"float64", "bfloat16",
            "float16", "compiles", "subnormals", "host_scalars", "eager_gradient"}``: the dtypes it
            computes in, whether it brings `compile`, whether it keeps numbers below the smallest
            normal one, whether reading a scalar is cheap, and whether its own gradient lets code
            see the values of tensors.
        tensor_types: The Python types of its tensors.
        kernels: Op name to native function. A kernel receives tensors of this backend by position,
            already promoted, and the op's attributes by keyword, already normalised. One that is the
            page's own body, compiled, may say so by ``is_page = True``: conformance then does not
            compare it with its decomposition. A kernel of any kind may have a function ``made_for``,
            called once with the specs of the operands and the attributes: it returns a function of
            operands with these specs, which may have its checks behind it, or None for the kernel
            itself. (Parameters that are updated as one vector keep only their dtype.)
        in_place_kernels: Op name to a function that overwrites the donated operands and returns
            them. Used only where nothing reads the old values afterwards.
        into_kernels: Op name to a function that is called like ``made_for``. It returns a kernel that takes
            one tensor more, after the operands: of the result's shape and dtype, to be filled and returned.
            Plans have gradients put where the updates of `in_place_kernels` read them. None: not for these.
        residual_kernels: Op name to a pair. The first is called like the kernel and returns
            ``(outputs, residual)``; the second takes ``(residual, cotangents)`` and returns the
            gradients of every operand, as ``<op>_grad`` does.
    """

    name: ClassVar[str]
    spec_version: ClassVar[int] = SPEC_VERSION
    capabilities: ClassVar[frozenset[str]] = frozenset()
    tensor_types: tuple[type, ...]
    kernels: Mapping[str, Callable[..., Any]]
    in_place_kernels: Mapping[str, Callable[..., Any]] = {}
    into_kernels: Mapping[str, Callable[..., Callable[..., Any] | None]] = {}
    residual_kernels: Mapping[str, tuple[Callable[..., Any], Callable[..., Any]]] = {}

    # -- conversion (required) -------------------------------------------------------------

    def asarray(self, value: np.ndarray, dtype: str | None = None) -> Tensor:
        """Return a tensor that holds a copy of a NumPy array, in `dtype` where given."""
        raise NotImplementedError

    def adopt(self, value: np.ndarray) -> Tensor:
        """Return a tensor of a NumPy array that nobody changes; without a copy where that is possible."""
        return self.asarray(value)

    def own(self, value: np.ndarray) -> Tensor:
        """Return a tensor of a NumPy array that nobody else has; without a copy where that is possible."""
        return self.adopt(value)

    def feed(self, value: np.ndarray) -> Any:
        """Return what the runner of a compiled step takes for a NumPy array that it sees once."""
        return self.adopt(value)

    def to_numpy(self, tensor: Tensor) -> np.ndarray:
        """Return the values of a tensor as a NumPy array of the same dtype."""
        raise NotImplementedError

    def describe(self, tensor: Tensor) -> tuple[tuple[int, ...], str]:
        """Return the shape and the canonical dtype of a tensor."""
        raise NotImplementedError

    signature: Any = staticmethod(attrgetter("shape", "dtype"))
    """Something hashable that fixes the shape and dtype of a tensor, and its device where there are
    several; called on every eager op."""

    @property
    def bare(self) -> Backend:
        """The same backend for plans: its kernels leave NumPy's error state to whoever runs them."""
        return self

    # -- storage of Variables --------------------------------------------------------------

    def variable(self, value: np.ndarray, *, trainable: bool) -> Storage:  # noqa: ARG002
        """Return a new storage that holds a copy of `value`."""
        return self.asarray(value)

    def read(self, storage: Storage) -> Tensor:
        """Return the tensor in a storage, without a copy where the framework allows it."""
        return storage

    def write(self, storage: Storage, tensor: Tensor) -> Storage:  # noqa: ARG002
        """Put `tensor` into a storage and return it; an immutable framework returns the tensor."""
        return tensor

    def copy(self, tensor: Tensor) -> Tensor:
        """Return a tensor of the same values that nothing else can overwrite."""
        return tensor

    # -- what updates in place need, where there are `in_place_kernels` ------------------------

    def flat(self, tensors: Sequence[Tensor]) -> Tensor:
        """Return the elements of tensors of one dtype, one after the other, as a new vector."""
        raise NotImplementedError

    def together(self, storages: Sequence[Storage]) -> tuple[Tensor, Sequence[Storage]]:
        """Lay storages of one dtype end to end; return the vector of all, and the storages.

        Storages that lie so already stay what they are.
        """
        raise NotImplementedError

    # -- running (optional: the engine has a default for each) -----------------------------

    compile: Callable[..., Any] | None = None
    """``compile(step, *, jit_compile) -> runner``; see `horn.engine.compile`. `jit_compile` is True or False
    where users say whether the framework's own compiler shall join ops, else None: the backend decides.
    Default: a plan."""

    value_and_grad: Callable[..., Any] | None = None
    """``value_and_grad(fn, values) -> (outputs, gradients)`` with the framework's own gradient,
    for steps that cannot be traced. Default: the pages' gradients."""

    embed: Callable[[Tensor], Tensor] | None = None
    """``embed(tensor)`` returns a constant of the code being traced in place of a tensor that was made
    outside of it. Default: the tensor itself, for frameworks that see that it is constant."""

    @property
    def devices(self) -> Sequence[str]:
        """Where tensors can live: ``"cpu"``, and ``"gpu:0"``, ``"gpu:1"`` and so on where there are any."""
        return ("cpu",)

    @property
    def place(self) -> Any:
        """What tells where new tensors live now, as a key: tensors that are kept are kept for each place."""
        return None

    def device(self, name: str) -> AbstractContextManager[Any]:  # noqa: ARG002
        """Run a block whose new tensors live on one of `devices`."""
        return nullcontext()

    def has_room(self, size: int) -> bool:  # noqa: ARG002
        """Return whether `size` bytes of data can stay where new tensors live, with room left to compute.

        Where not, batches are brought there one by one. By default all data can stay.
        """
        return True

    def in_float32(self) -> AbstractContextManager[Any]:
        """Run a block in which products of float32 are computed in float32, on any device.

        The default has nothing to do, which is right for a backend that never rounds what it multiplies.
        """
        return nullcontext()

    def flush_denormals(self, wanted: bool) -> None:
        """Let kernels take numbers below the smallest normal one for zero, or not, in this thread.

        A backend with a switch overrides this; without one, it only agrees to what it does anyway.
        """
        keeps = "subnormals" in self.capabilities
        if wanted == keeps:
            does = "always keeps" if keeps else "always flushes"
            raise BackendError(
                f"The backend {self.name!r} has no switch for numbers below the smallest normal one.",
                expected=f"{not wanted}: it {does} them",
                got=str(wanted),
                remedy="choose the backend 'torch', which has one",
            )

    def stack_results(self, tensors: list[Tensor]) -> np.ndarray:
        """Return scalars of this backend as one NumPy array, with one transfer if it can."""
        import numpy  # noqa: ICN001, PLC0415

        return numpy.stack([self.to_numpy(tensor) for tensor in tensors])

    def __deepcopy__(self, memo: Any) -> Backend:
        return self  # there is one of each

    def __repr__(self) -> str:
        return f"<horn backend {self.name!r}>"


def gathered(families: Iterable[Any], table: str = "KERNELS") -> dict[str, Any]:
    """Return what the modules of a backend, one for each family of ops, list in tables of one name."""
    return {name: kernel for family in families for name, kernel in getattr(family, table, {}).items()}


class Context(NamedTuple):
    """What a call of an op looks up: the chosen backend, the innermost trace, the nesting depth."""

    backend: Backend | None
    trace: Any
    depth: int


_context: ContextVar[Context] = ContextVar("horn_context", default=Context(None, None, 0))  # noqa: B039
get_context = _context.get

resolve: list[Callable[[str | None], Backend]] = []
"""The resolver slot: one function from a name, or None for the default, to a backend."""


def load(name: str | None) -> Backend:
    """Return the backend of that name, or the default one for None."""
    if not resolve:
        raise BackendError(
            "No function that finds backends is installed.",
            expected="`import horn` before the first op",
            got="a part of Horn imported by itself",
            remedy="import horn",
        )
    return resolve[0](name)


_default: list[Backend] = []


def current_backend() -> Backend:
    """Return the backend that neutral inputs (NumPy arrays, numbers, lists) go to."""
    chosen = _context.get().backend
    if chosen is not None:
        return chosen
    if not _default:
        _default.append(load(None))
    return _default[0]


def forget_default() -> None:
    """Look the default backend up anew at the next call."""
    _default.clear()


def set_backend(backend: Backend | None) -> None:
    """Make `backend` the current one of this context; None goes back to the default."""
    _context.set(_context.get()._replace(backend=backend))


_same = object()


def context(*, backend: Any = _same, trace: Any = _same, depth: Any = _same) -> AbstractContextManager[Context]:
    """Run a block in a changed `Context`; the old one comes back however the block ends."""
    old = _context.get()  # `_replace` would take three times as long, at each step
    changed = Context(
        old.backend if backend is _same else backend,
        old.trace if trace is _same else trace,
        old.depth if depth is _same else depth,
    )
    return _Changed(changed)


class _Changed(AbstractContextManager[Context]):
    """A block in another context; a generator's would take twice as long, at each step."""

    __slots__ = ("changed", "token")

    def __init__(self, changed: Context) -> None:
        self.changed = changed

    def __enter__(self) -> Context:
        self.token = _context.set(self.changed)
        return self.changed

    def __exit__(self, *error: object) -> None:
        _context.reset(self.token)


_owners: dict[type, Backend] = {}
signatures: dict[type, Callable[[Tensor], Any]] = {}
"""Tensor type to `Backend.signature`, for the fast way of an eager call."""


def register_types(backend: Backend) -> None:
    """Note which Python types are tensors of `backend`, once it is loaded."""
    for tensor_type in backend.tensor_types:
        _note(tensor_type, backend)


def _note(tensor_type: type, backend: Backend) -> None:
    _owners[tensor_type] = backend
    signatures[tensor_type] = backend.signature


def owner(tensor_type: type) -> Backend | None:
    """Return the backend whose tensors have this type, or None for what is no tensor."""
    try:
        return _owners[tensor_type]
    except KeyError:
        pass
    for known, backend in list(_owners.items()):
        if issubclass(tensor_type, known):
            _note(tensor_type, backend)
            return backend
    return None
