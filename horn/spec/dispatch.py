"""What a call of an op means, decided by the types of its arguments.

Boxes note the call on their tape; inside a trace, and on symbols, it is recorded; on tensors and
neutral values the kernel of their backend runs. Promotion, validation and normalisation happen
once for each signature, in `prepare`, and are kept.
"""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from horn import contract, dtypes, settings
from horn.errors import BackendError, UnsupportedOpError
from horn.spec import normalise
from horn.spec.boxes import Box
from horn.spec.graph import Node, lift, spec_of
from horn.spec.namespace import ops
from horn.spec.operators import Operators
from horn.spec.program import Program, attributes, expand, fitted
from horn.spec.sizes import Dim, unknowns
from horn.spec.tensorspec import TensorSpec

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from horn.contract import Backend
    from horn.spec.op import Op

Form = tuple[int | None, ...]
"""How flat leaves divide into operands: None for one tensor, a count for a sequence."""


class Prepared(NamedTuple):
    """What one signature of an op comes to."""

    specs: tuple[TensorSpec | None, ...]  # of the operand leaves, after promotion
    attrs: dict[str, Any]
    outputs: tuple[TensorSpec, ...]
    single: bool  # whether the op returns one tensor, or a tuple


def call(op: Op, leaves: Sequence[Any], form: Form, attrs: dict[str, Any]) -> Any:
    """Run, record or note one call; `leaves` are tensors, arrays, numbers, Dims or None."""
    homes = [x.backend for x in leaves if hasattr(type(x), "__horn_value__")]
    leaves = [unwrap(x) for x in leaves]
    context = contract.get_context()
    level, top = 0, None
    symbolic = False
    for x in leaves:
        if isinstance(x, Operators):
            symbolic = True
            if isinstance(x, Box) and x.level > level:
                level, top = x.level, x
    trace = context.trace
    if top is not None and (trace is None or level > trace.level):
        return top.tape.call(op, leaves, form, attrs)
    if trace is not None or symbolic or has_dim(leaves, attrs):
        return record(op, leaves, form, attrs, trace)
    backend = backend_of(op.name, leaves, homes)
    return entry(op, backend, leaves, form, attrs)(*leaves)


def unwrap(value: Any) -> Any:
    """Return the present value of a Variable, and anything else as it is."""
    stored = getattr(type(value), "__horn_value__", None)
    return value if stored is None else stored(value)


def at_home(leaves: Sequence[Any], backend: Backend) -> bool:
    """Return whether every Variable and every tensor among `leaves` belongs to `backend`."""
    for leaf in leaves:
        home = leaf.backend if hasattr(type(leaf), "__horn_value__") else contract.owner(type(leaf))
        if home is not backend and home is not None:
            return False
    return True


def has_dim(leaves: Sequence[Any], attrs: dict[str, Any]) -> bool:
    """Return whether an unknown size is among the operands or attributes."""
    return any(isinstance(x, Dim) for x in leaves) or bool(unknowns(attrs.values()))


# -- once per signature ---------------------------------------------------------------------


def prepare(op: Op, leaves: Sequence[Any], form: Form, attrs: dict[str, Any]) -> Prepared:
    """Return the promoted specs, normalised attributes and output specs of a call."""
    kinds = tuple(_kind(x) for x in leaves)
    frozen = {name: normalise.freeze(value) for name, value in attrs.items()}
    items = tuple((name, value, type(value)) for name, value in frozen.items())
    return _prepare(op, kinds, form, items, settings.current())


def is_number(value: Any) -> bool:
    """Return whether `value` is a Python number, which has no dtype; NumPy's float64 has one."""
    return isinstance(value, bool | int | float) and not isinstance(value, np.generic)


def _kind(leaf: Any) -> Any:
    if leaf is None:
        return None
    if is_number(leaf):
        return type(leaf)
    return int if isinstance(leaf, Dim) else spec_of(leaf)


@lru_cache(maxsize=8192)
def _prepare(
    op: Op, kinds: tuple[Any, ...], form: Form, items: tuple[Any, ...], key: settings.Settings
) -> Prepared:
    del key  # promotion and bodies read the settings
    specs = _promote(op, kinds, form)
    given = {name: value for name, value, _ in items}
    attrs = normalise.attributes(op.name, op.attribute_kinds, specs, given)
    if op.law_rule is None and op.donates and op.elementwise:
        # An update of some hundred parameters need not be written out to know its results.
        columns = dict(zip(op.operands, op.regroup(specs, form), strict=True))
        outputs = tuple(spec for name in op.donates for spec in columns[name])
        return Prepared(specs, attrs, outputs, single=False)
    if op.law_rule is None:
        graph = expand(op, specs, form, attrs)
        outputs = tuple(out.spec for out in graph.outputs)
        return Prepared(specs, attrs, outputs, op.returns_single(specs, form, attrs))
    result = op.law_rule(*op.regroup(specs, form), **attrs)
    if isinstance(result, tuple):
        return Prepared(specs, attrs, result, single=False)
    return Prepared(specs, attrs, (result,), single=True)


def _promote(op: Op, kinds: tuple[Any, ...], form: Form) -> tuple[TensorSpec | None, ...]:
    """Return the spec of each leaf after the promotion that the page declares."""
    flags = op.promoted(form)
    tensors = [k.dtype for k, flag in zip(kinds, flags, strict=True) if flag and isinstance(k, TensorSpec)]
    numbers = [k(1) for k, flag in zip(kinds, flags, strict=True) if flag and isinstance(k, type)]
    target = dtypes.result_type(tensors, numbers) if tensors or numbers else None
    if target is not None and op.promote_to_float:
        target = dtypes.to_float(target)
    specs: list[TensorSpec | None] = []
    for kind, flag, boolean in zip(kinds, flags, op.boolean(form), strict=True):
        wanted = "bool" if boolean else target if flag else None
        if kind is None:
            specs.append(None)
        elif isinstance(kind, type):
            specs.append(TensorSpec((), wanted or dtypes.of_number(kind(1))))
        else:
            specs.append(kind.with_dtype(wanted) if wanted else kind)
    return tuple(specs)


def inline(
    op: Op, leaves: Sequence[Any], form: Form, attrs: dict[str, Any], box: Callable[[Any], Any]
) -> tuple[list[Any], Form, dict[str, Any]]:
    """Return operands and attributes as the body of a composite expects them.

    Neutral and native operands are put into boxes, so that the body's operators are ours.
    """
    specs = _promote(op, tuple(_kind(x) for x in leaves), form)
    ready = []
    for leaf, spec in zip(leaves, specs, strict=True):
        if leaf is None or spec is None:
            ready.append(None)
            continue
        if is_number(leaf):
            leaf = np.asarray(leaf, dtypes.numpy_dtype(spec.dtype))
        elif isinstance(leaf, Dim):
            leaf = ops.full((), 1, spec.dtype) * leaf
        elif spec_of(leaf).dtype != spec.dtype:
            leaf = ops.cast(leaf, spec.dtype)
        ready.append(leaf if isinstance(leaf, Operators) else box(leaf))
    frozen = {name: normalise.freeze(value) for name, value in attrs.items()}
    return ready, form, normalise.attributes(op.name, op.attribute_kinds, specs, frozen)


# -- recording ------------------------------------------------------------------------------


def record(op: Op, leaves: Sequence[Any], form: Form, attrs: dict[str, Any], trace: Any) -> Any:
    """Add a node to the trace, or to the functional model under construction."""
    prepared = prepare(op, leaves, form, attrs)
    inputs = []
    for leaf, spec in zip(leaves, prepared.specs, strict=True):
        if leaf is None or spec is None:
            inputs.append(None)
            continue
        neutral = contract.owner(type(leaf)) is None or isinstance(leaf, np.ndarray | np.generic)
        held = lift(trace, leaf, spec.dtype if neutral and not isinstance(leaf, Operators) else None)
        inputs.append(held if held.spec.dtype == spec.dtype else ops.cast(held, spec.dtype))
    node = Node(op, tuple(inputs), form, prepared.attrs, prepared.outputs, trace, single=prepared.single)
    return node.outputs[0] if prepared.single else node.outputs


# -- running --------------------------------------------------------------------------------


def backend_of(what: str, leaves: Sequence[Any], homes: Sequence[Backend | None] = ()) -> Backend:
    """Return the one backend of a call; neutral values alone go to the current one.

    Args:
        what: The op, for the message.
        leaves: The operands.
        homes: The backends of the Variables among them; None for one that is on the host.
    """
    neutral = np.ndarray | np.generic | bool | int | float
    owners = [contract.owner(type(x)) for x in leaves if x is not None and not isinstance(x, neutral)]
    found: Backend | None = None
    for owner in (*homes, *owners):
        if owner is None:
            continue
        if found is not None and owner is not found:
            raise BackendError(
                f"{what} was given tensors of two backends.",
                expected="tensors of one backend",
                got=f"a tensor of {found.name!r} and one of {owner.name!r}",
                remedy="convert one of them to NumPy first: horn.ops.convert_to_numpy(x)",
            )
        found = owner
    return found or contract.current_backend()


def entry(
    op: Op, backend: Backend, leaves: Sequence[Any], form: Form, attrs: dict[str, Any]
) -> Callable[..., Any]:
    """Return a function of the leaves that converts what needs it and calls the kernel."""
    prepared = prepare(op, leaves, form, attrs)
    kernel = kernel_for(op, backend, prepared, form)
    if settings.matmul_precision() == "float32":
        kernel = _in_float32(kernel, backend)
    converters = [_converter(backend, x, spec) for x, spec in zip(leaves, prepared.specs, strict=True)]
    if all(count is None for count in form):
        if all(convert is None for convert in converters):
            return kernel
        if len(converters) == 2:  # a tensor and a number
            first, second = converters
            if first is None and second is not None:
                return lambda x, y: kernel(x, second(y))
            if second is None and first is not None:
                return lambda x, y: kernel(first(x), y)

    def converted(*values: Any) -> Any:
        ready = [x if convert is None else convert(x) for x, convert in zip(values, converters, strict=True)]
        return kernel(*op.regroup(ready, form))

    return converted


def _in_float32(kernel: Callable[..., Any], backend: Backend) -> Callable[..., Any]:
    def precise(*operands: Any) -> Any:
        with backend.in_float32():
            return kernel(*operands)

    return precise


def kernel_for(op: Op, backend: Backend, prepared: Prepared, form: Form) -> Callable[..., Any]:
    """Return the kernel with its attributes bound, or the expansion of a composite."""
    kernel = backend.kernels.get(op.name)
    if kernel is None:
        if not op.is_composite:
            raise missing_kernel(op.name, backend)
        program = Program(expand(op, prepared.specs, form, prepared.attrs), backend)
        if None not in prepared.specs and all(count is None for count in form):
            return program.single if prepared.single else program

        def expanded(*operands: Any) -> Any:
            leaves = [x for x in op.flatten(operands)[0] if x is not None]
            return program.single(*leaves) if prepared.single else program(*leaves)

        return expanded
    return fitted(kernel, op, prepared.specs, form, attributes(prepared.attrs, backend))


def missing_kernel(name: str, backend: Backend) -> UnsupportedOpError:
    """Return the error for a primitive that a backend does not have."""
    return UnsupportedOpError(
        f"The backend {backend.name!r} has no kernel for the op {name!r}.",
        expected=f"a kernel named {name!r} in its `kernels`",
        got=f"{len(backend.kernels)} kernels, none of that name",
        remedy="use another backend, or ask its authors for the kernel",
    )


def _converter(backend: Backend, leaf: Any, spec: TensorSpec | None) -> Callable[[Any], Any] | None:
    """Return what turns values like `leaf` into tensors of `backend`, or None for no change."""
    if leaf is None or spec is None:
        return None
    if isinstance(leaf, backend.tensor_types):
        if spec_of(leaf).dtype == spec.dtype:
            return None
        cast = backend.kernels["cast"]
        return lambda value: cast(value, dtype=spec.dtype)
    target = dtypes.numpy_dtype(spec.dtype)
    if is_number(leaf):
        return lambda value: _constant(backend, value, type(value), spec.dtype, backend.place)
    return lambda value: backend.asarray(np.asarray(value, target), spec.dtype)


@lru_cache(maxsize=1024)
def _constant(backend: Backend, number: complex, kind: type, dtype: str, place: Any) -> Any:
    del kind, place  # parts of the key: 1, 1.0 and True are equal
    return backend.asarray(np.asarray(number, dtypes.numpy_dtype(dtype)), dtype)


