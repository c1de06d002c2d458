"""The recorded graph: symbolic tensors, nodes, and what one trace collects.

A `Symbol` stands for a tensor whose values come later. An op called on one records a `Node`.
Nodes hang together by their inputs alone, so a `Graph` is just its inputs and its outputs; the
nodes between are found by walking back.
"""

from __future__ import annotations

import itertools
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import numpy as np

from horn import contract, dtypes, settings, tree
from horn.errors import DTypeError, TraceError
from horn.spec.operators import Operators
from horn.spec.sizes import Dim, public
from horn.spec.tensorspec import TensorSpec

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

    from horn.spec.op import Op

_serial = itertools.count()


def next_serial() -> int:
    """Return a number larger than all before: the order in which nodes were made."""
    return next(_serial)


class Symbol(Operators):
    """A tensor without values: output number `index` of a node, or an input of a graph.

    Args:
        spec: Its shape and dtype.
        node: The node that makes it; None for an input of a graph.
        index: Which output of the node it is.
        trace: The trace it belongs to; None in a functional model under construction.
    """

    __slots__ = ("index", "name", "node", "spec", "trace")

    def __init__(
        self, spec: TensorSpec, node: Any = None, index: int = 0, trace: Trace | None = None
    ) -> None:
        self.spec = spec
        self.node = node
        self.index = index
        self.trace = trace
        self.name: str | None = None

    @property
    def level(self) -> int:  # type: ignore[override]
        """How deep the trace is that this symbol belongs to."""
        return self.trace.level if self.trace is not None else 0


class KerasTensor(Symbol):
    """A symbolic tensor of a functional model under construction, as `Input` and layers give it.

    Its `shape` has None for a size that is not known.

    Attributes:
        mask_spec: Shape and dtype of the mask that it will come with, or None.
    """

    __slots__ = ("mask_spec",)

    def __init__(self, *args: Any) -> None:
        super().__init__(*args)
        self.mask_spec: TensorSpec | None = None

    def __deepcopy__(self, memo: Any) -> KerasTensor:
        return self  # it has no values; copied models share it

    @property
    def shape(self) -> tuple[Any, ...]:
        """One size for each axis, None where it is not known."""
        return public(self.spec.shape)


class Literal:
    """A constant in a graph: a NumPy array, a native tensor, or a `Dim` that a run evaluates.

    Args:
        value: The constant.
        spec: Its shape and dtype.
    """

    __slots__ = ("spec", "value")

    def __init__(self, value: Any, spec: TensorSpec) -> None:
        self.value = value
        self.spec = spec

    def __repr__(self) -> str:
        return f"<Literal {self.spec}>"


class Node:
    """One call of an op in a graph.

    Attributes:
        op: The op.
        inputs: A flat tuple of `Symbol`, `Literal` or None, one for each operand leaf.
        form: How `inputs` divide into operands: None for a single one, a count for a sequence.
        attrs: The normalised attributes.
        outputs: Its symbols, one for each result.
        single: Whether the op returns one tensor, and not a tuple, be it of one.
        scope: The path of the layer that made the call, for messages.
    """

    __slots__ = ("attrs", "form", "inputs", "op", "outputs", "scope", "serial", "single")

    def __init__(
        self,
        op: Op,
        inputs: tuple[Any, ...],
        form: tuple[int | None, ...],
        attrs: dict[str, Any],
        specs: Sequence[TensorSpec],
        trace: Trace | None,
        *,
        single: bool,
    ) -> None:
        self.op = op
        self.single = single
        self.inputs = inputs
        self.form = form
        self.attrs = attrs
        kind = KerasTensor if any(isinstance(x, KerasTensor) for x in inputs) else Symbol
        self.outputs = tuple(kind(spec, self, i, trace) for i, spec in enumerate(specs))
        self.serial = next_serial()
        self.scope = "/".join(_scope)

    def __repr__(self) -> str:
        return f"<Node {self.op.name} -> {[out.spec for out in self.outputs]}>"


_scope: list[str] = []


enter = _scope.append
"""Name the layer whose ops are recorded until `leave`; nested names join with a slash."""

leave = _scope.pop


@contextmanager
def scope(name: str) -> Iterator[None]:
    """Name the layer whose ops a block records."""
    enter(name)
    try:
        yield
    finally:
        leave()


@contextmanager
def back_in(path: str) -> Iterator[None]:
    """Name the layer that a block works for, by its whole path: a gradient belongs to the layer of its op."""
    outer = _scope[:]
    _scope[:] = [path] if path else []
    try:
        yield
    finally:
        _scope[:] = outer


def current_scope() -> str:
    """Return the path of the layer that is being called, or an empty string."""
    return "/".join(_scope)


class Trace:
    """One recording. While it is the innermost, every op records here, neutral inputs included.

    A value of an outer trace or of a tape, met inside, becomes a capture: an extra input of the
    graph, which whoever runs the graph has to pass.

    Args:
        capture_native: Whether native tensors are captured too, or kept as constants.
    """

    def __init__(self, *, capture_native: bool = False) -> None:
        self.level = 0
        self.capture_native = capture_native
        self.captures: list[tuple[Any, Symbol]] = []
        self._known: dict[int, Symbol] = {}

    @contextmanager
    def active(self) -> Iterator[Trace]:
        """Record what the block does."""
        depth = contract.get_context().depth + 1
        self.level = depth
        with contract.context(trace=self, depth=depth):
            yield self

    def input(self, spec: TensorSpec) -> Symbol:
        """Return a new symbol of this trace that is made by no node."""
        return Symbol(spec, trace=self)

    def capture(self, value: Any, spec: TensorSpec) -> Symbol:
        """Return the symbol that stands for an outer value, the same one each time."""
        known = self._known.get(id(value))
        if known is None:
            known = self._known[id(value)] = self.input(spec)
            self.captures.append((value, known))
        return known


class Graph:
    """A computation from `inputs` to `outputs`, both flat lists.

    Args:
        inputs: Symbols without a node.
        outputs: Symbols, or literals where a result does not depend on the inputs.
    """

    def __init__(self, inputs: Iterable[Symbol], outputs: Iterable[Symbol | Literal]) -> None:
        self.inputs = list(inputs)
        self.outputs = list(outputs)
        self._nodes: list[Node] | None = None

    @property
    def nodes(self) -> list[Node]:
        """The nodes that the outputs need, in the order in which they were recorded."""
        if self._nodes is None:
            self._nodes = reachable(self.outputs)
        return self._nodes

    def replay(
        self,
        values: Sequence[Any],
        known: Mapping[int, Any] | None = None,
        call: Callable[[Node, list[Any]], Any] | None = None,
    ) -> list[Any]:
        """Call every op again on `values`, one for each input, and return the outputs.

        Args:
            values: Anything that an op takes: tensors, symbols of another trace, boxes.
            known: By the identity of a symbol, what it stands for: its op is not called.
            call: Gives the result of a node for its operand leaves; default: that of its op.
        """
        call = call or _again
        env: dict[int, Any] = {id(s): value for s, value in zip(self.inputs, values, strict=True)}
        env.update(known or {})

        def read(held: Any) -> Any:
            return env[id(held)] if isinstance(held, Symbol) else held

        for node in self.nodes:
            if node.outputs and id(node.outputs[0]) in env:
                continue
            with back_in(node.scope):
                result = call(node, [read(x) for x in node.inputs])
            results = result if isinstance(result, tuple) else (result,)
            env.update({id(out): value for out, value in zip(node.outputs, results, strict=True)})
        return [read(out) for out in self.outputs]

    def __repr__(self) -> str:
        lines = [f"graph({', '.join(str(symbol.spec) for symbol in self.inputs)})"]
        names: dict[int, str] = {id(symbol): f"in{i}" for i, symbol in enumerate(self.inputs)}
        for number, node in enumerate(self.nodes):
            for out in node.outputs:
                names[id(out)] = f"v{number}" + (f".{out.index}" if len(node.outputs) > 1 else "")
            given = ", ".join(names.get(id(x), "const") for x in node.inputs if x is not None)
            shapes = " ".join(str(out.spec) for out in node.outputs)
            lines.append(f"  v{number} = {node.op.name}({given})  # {shapes} {node.scope}")
        lines.append(f"  return {', '.join(names.get(id(x), 'const') for x in self.outputs)}")
        return "\n".join(lines)


def _again(node: Node, leaves: list[Any]) -> Any:
    return node.op.call(leaves, node.form, node.attrs)


def reachable(outputs: Iterable[Any]) -> list[Node]:
    """Return every node behind `outputs`, oldest first."""
    found: dict[int, Node] = {}
    stack = [out.node for out in outputs if isinstance(out, Symbol) and out.node is not None]
    while stack:
        node = stack.pop()
        if node.serial in found:
            continue
        found[node.serial] = node
        stack += [x.node for x in node.inputs if isinstance(x, Symbol) and x.node is not None]
    return [found[serial] for serial in sorted(found)]


_SYMBOLIC, _ARRAYS = (Operators, Literal), (np.ndarray, np.generic)


def spec_of(value: Any) -> TensorSpec:
    """Return the shape and dtype of anything that an op takes: tensor, array, number or list."""
    if isinstance(value, _SYMBOLIC):
        return value.spec
    if isinstance(value, _ARRAYS):
        return TensorSpec(value.shape, dtypes.canonical(value.dtype))
    backend = contract.owner(type(value))
    if backend is not None:
        return TensorSpec(*backend.describe(value))
    if isinstance(value, bool | int | float):
        return TensorSpec((), dtypes.of_number(value))
    if isinstance(value, Dim):
        return TensorSpec((), "int32")
    stored = getattr(value, "__horn_value__", None)
    if stored is not None:
        return spec_of(stored())
    return spec_of(as_array(value))


def as_array(value: Any) -> np.ndarray:
    """Return a number, a list or an array as NumPy; floats of a list take the default float."""
    if isinstance(value, np.ndarray):
        return value
    array = np.asarray(value)
    if array.dtype.kind == "O":
        raise DTypeError(
            f"A {type(value).__name__} is no tensor.",
            expected="a tensor, a NumPy array, a number, or a list of numbers of equal length",
            got=repr(value)[:80],
            remedy="convert it to a NumPy array first",
        )
    if not isinstance(value, np.generic) and array.dtype == np.float64:
        array = array.astype(dtypes.numpy_dtype(settings.floatx()))
    if not isinstance(value, np.generic) and array.dtype == np.int64:
        array = array.astype(np.int32)
    return array


def lift(trace: Trace | None, value: Any, dtype: str | None = None) -> Symbol | Literal:
    """Return `value` as something a node of `trace` can hold: its symbol, a capture, a literal.

    A neutral value becomes a literal of `dtype`, where that is given.
    """
    stored = getattr(type(value), "__horn_value__", None)
    if stored is not None:
        value = stored(value)
    if isinstance(value, Literal):
        return value
    if isinstance(value, Operators):
        if isinstance(value, Symbol) and value.trace is trace:
            return value
        if trace is None:
            raise TraceError(
                "A tensor of a running trace met a tensor of a functional model.",
                expected="tensors of one trace",
                got=f"{value!r}",
                remedy="build functional models outside of layers' `call` and of `train_step`",
            )
        return trace.capture(value, value.spec)
    if isinstance(value, Dim):
        return Literal(value, TensorSpec((), dtype or "int32"))
    if not isinstance(value, np.ndarray | np.generic) and contract.owner(type(value)) is not None:
        spec = spec_of(value)
        if trace is not None and trace.capture_native:
            return trace.capture(value, spec)
        return Literal(value, spec)
    # A Python number goes straight to its dtype: by way of the default float, float64 would lose digits.
    array = np.asarray(value) if dtype and isinstance(value, bool | int | float) else as_array(value)
    array = array.astype(dtypes.numpy_dtype(dtype)) if dtype else array.copy()
    return Literal(array, spec_of(array))


def trace(
    fn: Callable[..., Any], specs: Iterable[TensorSpec], *, capture_native: bool = False
) -> tuple[Graph, Any, list[Any]]:
    """Record ``fn(*symbols)``; return its graph, the tree that it returned, the captured values.

    The symbols of the captures follow the others in `graph.inputs`.

    Args:
        fn: Takes one symbol for each spec and returns a tree of tensors.
        specs: Shape and dtype of each input.
        capture_native: Whether native tensors become inputs too, or stay constants.
    """
    recording = Trace(capture_native=capture_native)
    with recording.active():
        inputs = [recording.input(spec) for spec in specs]
        result = fn(*inputs)
        outputs = [lift(recording, leaf) for leaf in tree.flatten(result)]
    captured = [value for value, _ in recording.captures]
    graph = Graph([*inputs, *(symbol for _, symbol in recording.captures)], outputs)
    return graph, result, captured
