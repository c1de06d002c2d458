"""A graph made ready to run on one backend: a straight line of kernel calls.

`lower` rewrites a graph until every node is one that the backend has a kernel for, by expanding
composites; it drops what nothing needs and shares what is computed twice. `Program` then walks
the line. Plans, compiled steps, eager composites and the bodies of scans are all programs.
"""

from __future__ import annotations

from functools import lru_cache, partial
from itertools import accumulate
from typing import TYPE_CHECKING, Any

import numpy as np

from horn import contract, dtypes, settings, tree
from horn.errors import UnsupportedOpError
from horn.spec.graph import Graph, Literal, Node, Symbol, trace
from horn.spec.sizes import Dim, evaluate, unknowns
from horn.spec.tensorspec import TensorSpec

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from horn.contract import Backend
    from horn.spec.op import Op

_KEPT_ELEMENTS = 1024
"""A temporary of fewer elements stays until the run is over: releasing it costs more than it saves.

A larger one has memory that the next can use while the cache holds it.
"""

_FOLDED = 1024
"""The most elements of a constant that lowering works out for any backend."""

_HELD = 1 << 22
"""The most elements of a constant that is worked out by a backend's kernels and held as its tensor."""


@lru_cache(maxsize=2048)
def _expand(
    op: Op, specs: tuple[Any, ...], form: tuple[Any, ...], items: tuple[Any, ...], key: settings.Settings
) -> tuple[Graph, bool]:
    del key  # bodies read the settings
    attrs = {name: value for name, value, _ in items}
    present = [spec for spec in specs if spec is not None]

    def body(*symbols: Any) -> Any:
        rest = iter(symbols)
        leaves = [None if spec is None else next(rest) for spec in specs]
        return op.run_body(leaves, form, attrs)

    graph, result, captured = trace(body, present)
    if captured:
        raise ValueError(f"the body of {op.name!r} reads tensors that are not its operands")
    return graph, not tree.is_nested(result)


def _items(attrs: dict[str, Any]) -> tuple[Any, ...]:
    return tuple((name, value, type(value)) for name, value in attrs.items())


def expand(op: Op, specs: Sequence[Any], form: tuple[Any, ...], attrs: dict[str, Any]) -> Graph:
    """Return the body of a composite as a graph, recorded once for each signature."""
    return _expand(op, tuple(specs), form, _items(attrs), settings.current())[0]


def expands_to_single(op: Op, specs: Sequence[Any], form: tuple[Any, ...], attrs: dict[str, Any]) -> bool:
    """Return whether a composite returns one tensor, and not a tuple of them."""
    return _expand(op, tuple(specs), form, _items(attrs), settings.current())[1]


class Lowering:
    """The rewriting of one graph for one set of kernels.

    Args:
        kernels: The ops that need no expansion.
        binding: Values of the unknown sizes.
        keep: Composites that stay whole though they have no plain kernel.
        holder: The backend whose kernels work out large constants now, or None.
    """

    def __init__(
        self,
        kernels: Mapping[str, Any],
        binding: Mapping[str, int],
        keep: frozenset[str],
        holder: Backend | None = None,
    ) -> None:
        self.kernels = kernels
        self.binding = binding
        self.keep = keep
        self.holder = holder
        self._known: dict[Any, Node] = {}

    def graph(self, graph: Graph) -> Graph:
        """Return `graph` with every node lowered."""
        inputs = [Symbol(self._spec(symbol.spec)) for symbol in graph.inputs]
        return Graph(inputs, self._inline(graph, inputs))

    def _inline(self, graph: Graph, values: Sequence[Any]) -> list[Any]:
        env: dict[int, Any] = {id(s): v for s, v in zip(graph.inputs, values, strict=True)}
        for node in graph.nodes:
            leaves = [self._leaf(x, env) for x in node.inputs]
            for old, new in zip(node.outputs, self._node(node, leaves), strict=True):
                env[id(old)] = new
        return [self._leaf(out, env) for out in graph.outputs]

    def _leaf(self, held: Any, env: dict[int, Any]) -> Any:
        if isinstance(held, Symbol):
            return env[id(held)]
        if isinstance(held, Literal) and isinstance(held.value, Dim) and self.binding:
            dtype = dtypes.numpy_dtype(held.spec.dtype)
            return Literal(np.asarray(held.value.evaluate(self.binding), dtype), held.spec)
        return held

    def _node(self, node: Node, leaves: list[Any]) -> Sequence[Any]:
        op, attrs = node.op, self._attrs(node.attrs)
        specs = [self._spec(out.spec) for out in node.outputs]
        if op.identity and specs[0] == leaves[0].spec:
            return leaves[:1]
        size = _constant_size(leaves, attrs, specs)
        if size is not None:
            if size <= _FOLDED and not op.is_composite and all(isinstance(x.value, np.ndarray) for x in leaves):
                return _worked_out(node, op.body, [x.value for x in leaves], attrs, specs)
            if size <= _HELD and self.holder and op.name in self.kernels:
                native = [native_literal(x, self.holder) for x in leaves]
                return _worked_out(node, self.kernels[op.name], native, attrs, specs)
        if op.name in self.kernels or op.name in self.keep:
            return self._emit(node, leaves, attrs, specs)
        if not op.is_composite:
            raise UnsupportedOpError(
                f"This backend has no kernel for the op {op.name!r}.",
                expected=f"a kernel named {op.name!r}",
                got="none",
                remedy="use another backend, or ask its authors for the kernel",
            )
        given = [None if leaf is None else leaf.spec for leaf in leaves]
        return self._inline(expand(op, given, node.form, attrs), [x for x in leaves if x is not None])

    def _emit(
        self, node: Node, leaves: list[Any], attrs: dict[str, Any], specs: list[TensorSpec]
    ) -> Sequence[Any]:
        key = (node.op.name, tuple(_identity(x) for x in leaves), node.form, _items(attrs))
        known = self._known.get(key)
        if known is None:
            known = Node(node.op, tuple(leaves), node.form, attrs, specs, None, single=node.single)
            known.scope = node.scope
            self._known[key] = known
        return known.outputs

    def _attrs(self, attrs: dict[str, Any]) -> dict[str, Any]:
        if not self.binding:
            return attrs
        return {
            name: Lowering(self.kernels, self.binding, self.keep).graph(value)
            if isinstance(value, Graph)
            else evaluate(value, self.binding)
            for name, value in attrs.items()
        }

    def _spec(self, spec: TensorSpec) -> TensorSpec:
        return TensorSpec(evaluate(spec.shape, self.binding), spec.dtype) if self.binding else spec


def _constant_size(leaves: list[Any], attrs: dict[str, Any], specs: list[TensorSpec]) -> int | None:
    """Return how many elements the largest result of a node has that reads constants alone; else None."""
    if not all(isinstance(x, Literal) and not isinstance(x.value, Dim) for x in leaves):
        return None
    if any(isinstance(value, Graph) for value in attrs.values()) or unknowns(attrs.values()):
        return None
    sizes = [spec.size for spec in specs]
    return max(sizes) if all(isinstance(n, int) for n in sizes) else None  # type: ignore[type-var]


def _worked_out(
    node: Node, run: Callable[..., Any], values: list[Any], attrs: dict[str, Any], specs: list[TensorSpec]
) -> list[Literal]:
    """Return the results of a node whose operands are known, as constants."""
    with np.errstate(all="ignore"):
        result = run(*node.op.regroup(values, node.form), **attrs)
    results = result if isinstance(result, tuple) else (result,)
    return [
        Literal(np.asarray(r) if isinstance(r, np.generic) else r, spec)
        for r, spec in zip(results, specs, strict=True)
    ]


def _identity(leaf: Any) -> Any:
    if isinstance(leaf, Literal) and isinstance(leaf.value, np.ndarray) and leaf.value.size <= _FOLDED:
        return (leaf.spec, leaf.value.tobytes())
    return id(leaf)


def lower(
    graph: Graph,
    backend: Backend,
    binding: Mapping[str, int] | None = None,
    keep: frozenset[str] = frozenset(),
    *,
    hold: bool = False,
) -> Graph:
    """Return `graph` in the ops that `backend` has kernels for, with its sizes filled in.

    Args:
        graph: Any graph.
        backend: Whose kernels count.
        binding: Values of the unknown sizes.
        keep: Composites that stay whole though they have no plain kernel.
        hold: Whether large constants are worked out now and held, and not anew in each run.
    """
    return Lowering(backend.kernels, binding or {}, keep, backend if hold else None).graph(graph)


class Program:
    """A lowered graph as a line of kernel calls on one backend.

    Args:
        graph: Any graph; it is lowered here.
        backend: Whose kernels run.
        binding: Values of the unknown sizes of the graph.
        lowered: Whether `graph` has been lowered already.
    """

    def __init__(
        self, graph: Graph, backend: Backend, binding: Mapping[str, int] | None = None, *, lowered: bool = False
    ) -> None:
        self.graph = graph if lowered else lower(graph, backend, binding)
        self.backend = backend
        self._build()

    def _build(self) -> None:
        slots: dict[Any, int] = {}
        self._initial: list[Any] = []
        self._constants: list[int] = []
        self._large: set[int] = set()
        for symbol in self.graph.inputs:
            slots[id(symbol)] = self._slot(None)
        self._inputs = len(self._initial)
        pairs = residual_pairs(self.graph, self.backend)
        self.code: list[list[Any]] = []
        for node in self.graph.nodes:
            ins = tuple(-1 if x is None else self._input(x, slots) for x in node.inputs)
            outs = tuple(self._slot(None) for _ in node.outputs)
            self._large |= {slot for slot, out in zip(outs, node.outputs, strict=True) if _is_large(out.spec)}
            slots.update({id(out): slot for out, slot in zip(node.outputs, outs, strict=True)})
            function, ins, outs = self._function(node, ins, outs, pairs)
            alone = node.single and len(outs) == 1  # a residual may have come to the outputs
            self.code.append([function, ins, outs[0] if alone else outs, ()])
        self._outputs = [self._input(out, slots) for out in self.graph.outputs]
        self._release()

    def _slot(self, value: Any) -> int:
        self._initial.append(value)
        return len(self._initial) - 1

    def _input(self, held: Symbol | Literal, slots: dict[Any, int]) -> int:
        key = _identity(held)
        known = slots.get(key)
        if known is None:
            assert isinstance(held, Literal), "a node reads a symbol that nothing makes"
            known = slots[key] = self._slot(native_literal(held, self.backend))
            self._constants.append(known)
        return known

    def _function(self, node: Node, ins: tuple[int, ...], outs: tuple[int, ...], pairs: dict[int, Any]) -> Any:
        """Return the function of one instruction, with the slots it reads and fills."""
        pair = pairs.get(node.serial)
        if pair is None:
            return bind(node, self.backend), ins, outs
        if pair.forward is node:
            pair.slot = self._slot(None)
            self._large.add(pair.slot)
            return pair.run_forward(), ins, (*outs, pair.slot)
        return pair.run_backward(), (pair.slot, *ins[: pair.cotangents]), outs

    def _release(self) -> None:
        """Note after which instruction each temporary is dead, so that its memory goes early."""
        kept = set(self._outputs) | {i for i, value in enumerate(self._initial) if value is not None}
        kept |= set(range(self._inputs))
        for step in reversed(self.code):
            filled = step[2] if isinstance(step[2], tuple) else (step[2],)
            last = [slot for slot in {*step[1], *filled} if slot >= 0 and slot not in kept]
            kept |= set(last)
            step[3] = tuple(slot for slot in last if slot in self._large)
        self._line = [_instruction(*step) for step in self.code]

    def __call__(self, *values: Any) -> tuple[Any, ...]:
        """Run on tensors of the backend, one for each input; return one for each output."""
        env = self.walk(self._line, values)
        return tuple([env[i] for i in self._outputs])

    def walk(self, line: list[Any], values: Sequence[Any]) -> list[Any]:
        """Run the instructions of `line`, all or some, and return the contents of the slots."""
        env = self._initial.copy()
        if self.backend.embed is not None:
            for slot in self._constants:
                env[slot] = self.backend.embed(env[slot])
        env[: self._inputs] = values
        env.append(None)  # slot -1: an absent operand
        for function, first, second, others, outs, dead in line:
            # Written out for one and two operands, which most kernels have: it is the loop that
            # every step of every model runs through.
            if others is not None:
                result = function(*[env[i] for i in others])
            elif second is None:
                result = function(env[first])
            else:
                result = function(env[first], env[second])
            if type(outs) is int:
                env[outs] = result
            else:
                for slot, value in zip(outs, result, strict=True):
                    env[slot] = value
            if dead:
                for slot in dead:
                    env[slot] = None
        return env

    def single(self, *values: Any) -> Any:
        """Run and return the only output."""
        return self(*values)[0]


def _instruction(function: Any, ins: tuple[int, ...], outs: Any, dead: tuple[int, ...]) -> tuple[Any, ...]:
    """Return one instruction as the loop reads it: function, operand slots, result slots, dead slots."""
    if len(ins) == 1:
        return function, ins[0], None, None, outs, dead
    if len(ins) == 2:
        return function, ins[0], ins[1], None, outs, dead
    return function, None, None, ins, outs, dead


def _is_large(spec: TensorSpec) -> bool:
    """Return whether a tensor is worth releasing before the run is over."""
    return not isinstance(spec.size, int) or spec.size >= _KEPT_ELEMENTS


def native_literal(literal: Literal, backend: Backend) -> Any:
    """Return a constant of a graph as a tensor of `backend`."""
    value = literal.value
    if isinstance(value, np.ndarray | np.generic):
        return backend.asarray(np.asarray(value), literal.spec.dtype)
    owner = contract.owner(type(value))
    if owner is None or owner is backend:
        return value
    return backend.asarray(owner.to_numpy(value), literal.spec.dtype)


def bind(node: Node, backend: Backend) -> Callable[..., Any]:
    """Return the kernel of a node as a function of its flat operand leaves."""
    specs = [None if x is None else x.spec for x in node.inputs]
    kernel = fitted(backend.kernels[node.op.name], node.op, specs, node.form, attributes(node.attrs, backend))
    return flattened(kernel, node.form)


def attributes(attrs: Mapping[str, Any], backend: Backend) -> dict[str, Any]:
    """Return attributes as a kernel wants them: a graph is a program."""
    return {name: Program(x, backend) if isinstance(x, Graph) else x for name, x in attrs.items()}


def fitted(
    kernel: Callable[..., Any], op: Op, specs: Sequence[Any], form: tuple[Any, ...], attrs: dict[str, Any]
) -> Callable[..., Any]:
    """Return a kernel as a function of its operands: the one made for these specs, where it has one."""
    make = getattr(kernel, "made_for", None)
    made = make(*op.regroup(specs, form), **attrs) if make else None
    return made or (partial(kernel, **attrs) if attrs else kernel)


def flattened(kernel: Callable[..., Any], form: tuple[Any, ...]) -> Callable[..., Any]:
    """Return a function of grouped operands as one of their flat leaves."""
    if all(count is None for count in form):
        return kernel
    ends = list(accumulate(1 if count is None else count for count in form))
    places = [
        end - 1 if count is None else slice(end - count, end) for count, end in zip(form, ends, strict=True)
    ]
    return lambda *leaves: kernel(*[leaves[place] for place in places])


class Pair:
    """A forward node and the node of its gradient, which share a residual outside the graph."""

    def __init__(self, forward: Node, kernels: tuple[Any, Any], cotangents: int) -> None:
        self.forward = forward
        self.cotangents = cotangents
        self.slot = -1
        self._forward, self._backward = kernels

    def run_forward(self) -> Callable[..., Any]:
        """Return the forward function: its outputs, then the residual."""
        node = self.forward
        specs = [None if x is None else x.spec for x in node.inputs]
        kernel = flattened(fitted(self._forward, node.op, specs, node.form, node.attrs), node.form)
        if len(node.outputs) == 1:
            return kernel

        def forward(*leaves: Any) -> tuple[Any, ...]:
            outputs, residual = kernel(*leaves)
            return (*outputs, residual)

        return forward

    def run_backward(self) -> Callable[..., Any]:
        """Return the function from residual and cotangents to the gradients."""
        kernel = self._backward
        return kernel if self.cotangents == 1 else lambda residual, *given: kernel(residual, given)


def residual_pairs(graph: Graph, backend: Backend) -> dict[int, Pair]:
    """Find each gradient node whose forward node is in the graph too, where kernels exist.

    A gradient op takes the cotangents, then the outputs and the operands of the forward op, with
    the same attributes.
    """
    found: dict[int, Pair] = {}
    makers = {id(out): node for node in graph.nodes for out in node.outputs}
    for node in graph.nodes:
        source = node.op.gradient_of
        if source is None or source not in backend.residual_kernels:
            continue
        count = (len(node.inputs) - 1) // 2
        for cotangents in range(1, count + 1):
            forward = makers.get(id(node.inputs[cotangents]))
            if forward is None or forward.op.name != source or len(forward.outputs) != cotangents:
                continue
            expected = (*forward.outputs, *forward.inputs)
            if [id(x) for x in node.inputs[cotangents:]] == [id(x) for x in expected]:
                if forward.serial not in found and forward.attrs == node.attrs:
                    pair = Pair(forward, backend.residual_kernels[source], cotangents)
                    found[forward.serial] = found[node.serial] = pair
                break
    return found
