"""A step: stateful code, traced once into a graph from state and batch to new state and results."""

from __future__ import annotations

from collections import OrderedDict
from functools import cached_property
from itertools import zip_longest
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from horn import tree
from horn.engine.draws import join_draws
from horn.engine.exchange import pool_first
from horn.errors import DataError, SideEffectError, UnknownSizeError
from horn.spec.graph import Graph, Symbol, Trace, lift, spec_of
from horn.spec.program import Program, expand, lower
from horn.spec.sizes import Dim
from horn.spec.tensorspec import TensorSpec
from horn.state.pure import Discovery

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from horn.contract import Backend
    from horn.state.variable import Variable

BATCH = Dim("N")
"""The unknown number of examples in a batch."""

_KEPT_PROGRAMS = 8


class Bound(NamedTuple):
    """What an op demands of integers that come straight from the batch."""

    leaf: int
    low: Any
    high: Any
    op: str
    scope: str


class Step:
    """A traced step, ready to be compiled by any backend.

    Attributes:
        graph: Inputs are the state, then the leaves of the batch; outputs are the new values of
            the updated state, then the results.
        variables: The Variables that the state stands for, in order, without duplicates.
        updates: Output i is the new value of state input ``updates[i]``.
        results: The tree that the step returned, with symbols for leaves.
    """

    def __init__(self, graph: Graph, variables: list[Variable], updates: list[int], results: Any) -> None:
        self.graph = graph
        self.variables = variables
        self.updates = updates
        self.results = results
        self._lowered: dict[int, Graph] = {}
        self._programs: OrderedDict[Any, Any] = OrderedDict()

    @property
    def n_state(self) -> int:
        """How many of the inputs are state."""
        return len(self.variables)

    @property
    def batch(self) -> list[Symbol]:
        """The inputs that are leaves of the batch."""
        return self.graph.inputs[self.n_state :]

    @property
    def takes_any_size(self) -> bool:
        """Whether the number of examples in a batch is open: no code had to know it."""
        return all(isinstance(symbol.spec.shape[0], Dim) for symbol in self.batch if symbol.spec.rank)

    def binding(self, shapes: Sequence[tuple[int, ...]]) -> dict[str, int]:
        """Return the values of the unknown sizes for a batch of these shapes."""
        found: dict[str, int] = {}
        for symbol, shape in zip(self.batch, shapes, strict=True):
            for size, value in zip(symbol.spec.shape, shape, strict=True):
                if isinstance(size, Dim):
                    (name,) = size.unknowns()
                    if found.setdefault(name, value) != value:
                        raise DataError(
                            "The arrays of a batch have different numbers of examples.",
                            expected="one size along the first axis of inputs, targets and weights",
                            got=f"{found[name]} and {value}",
                            remedy="make the arrays equally long",
                        )
                elif size != value:
                    raise DataError(
                        "A step was given a batch of other sizes than those that its code had to know.",
                        expected=f"{size} examples in each batch, as in the first one",
                        got=f"{value}",
                        remedy=f"use batch_size={size}, with a number of examples that it divides",
                    )
        return found

    def lowered(self, backend: Backend, shapes: Sequence[tuple[int, ...]], **options: Any) -> Graph:
        """Return the graph in the ops of `backend`, with the sizes of a batch filled in; see `lower`."""
        return pool_first(lower(self.graph, backend, self.binding(shapes), **options))

    def program(
        self,
        backend: Backend,
        shapes: Sequence[tuple[int, ...]],
        make: Callable[[Backend, Sequence[tuple[int, ...]]], Any] | None = None,
    ) -> Any:
        """Return the program for a batch of these shapes; a bounded number is kept.

        Args:
            backend: Whose kernels run.
            shapes: One shape for each leaf of the batch.
            make: What to keep in place of a plain `Program`.
        """
        key = (backend, tuple(map(tuple, shapes)))
        found = self._programs.get(key)
        if found is None:
            if make is None:
                graph = join_draws(self.lowered(backend, shapes), backend)
                found = Program(graph, backend, lowered=True)
            else:
                found = make(backend, shapes)
            self._programs[key] = found
            while len(self._programs) > _KEPT_PROGRAMS:
                self._programs.popitem(last=False)
        self._programs.move_to_end(key)
        return found

    def contains(self, name: str) -> bool:
        """Return whether the step calls an op, directly or inside of composites and scans."""
        return _contains(self.graph, name, {})

    @cached_property
    def bounds(self) -> list[Bound]:
        """What ops demand of integers that reach them unchanged from the batch."""
        leaves = {id(symbol): i for i, symbol in enumerate(self.batch)}
        found: list[Bound] = []
        for node in self.graph.nodes:
            rule = node.op.bounds_rule
            if rule is None:
                continue
            operands = node.op.regroup(node.inputs, node.form)
            named, low, high = rule(*operands, **node.attrs)
            origin = _origin(operands[list(node.op.operands).index(named)])
            if id(origin) in leaves:
                found.append(Bound(leaves[id(origin)], low, high, node.op.name, node.scope))
        return found


def _origin(symbol: Any) -> Any:
    """Return where a symbol's values come from, past changes of shape and dtype."""
    while isinstance(symbol, Symbol) and symbol.node is not None:
        if symbol.node.op.name not in ("cast", "reshape", "expand_dims", "squeeze", "transpose", "slice"):
            break
        symbol = symbol.node.inputs[0]
    return symbol


def _contains(graph: Graph, name: str, seen: dict[int, bool]) -> bool:
    if id(graph) in seen:
        return False
    seen[id(graph)] = True
    for node in graph.nodes:
        if node.op.name == name:
            return True
        inner = [value for value in node.attrs.values() if isinstance(value, Graph)]
        if node.op.is_composite:
            specs = [None if x is None else x.spec for x in node.inputs]
            inner.append(expand(node.op, specs, node.form, node.attrs))
        if any(_contains(body, name, seen) for body in inner):
            return True
    return False


def trace_step(fn: Callable[..., Any], batch: Any) -> Step:
    """Trace ``fn(batch)``, which may read and assign Variables, into a `Step`.

    The number of examples stays unknown where the code allows it; code that must know it is
    traced for the sizes of this batch.

    Args:
        fn: Takes a tree of tensors like `batch` and returns a tree of results.
        batch: A tree of `TensorSpec` or of arrays; the first axis of each counts the examples.
    """
    specs = [leaf if isinstance(leaf, TensorSpec) else spec_of(leaf) for leaf in tree.flatten(batch)]
    try:
        return _trace_twice(fn, batch, [_open(spec) for spec in specs])
    except UnknownSizeError:
        return _trace_twice(fn, batch, specs)


def _trace_twice(fn: Callable[..., Any], batch: Any, specs: list[TensorSpec]) -> Step:
    """Trace a step, and once more to see whether Python code beside the ops changes what it does."""
    first, second = _trace(fn, batch, specs), _trace(fn, batch, specs)
    found = _difference(first, second)
    if found is not None or list(map(id, first.variables)) != list(map(id, second.variables)):
        # The first one has built layers or optimizer slots; only what comes after is compared.
        first, second = second, _trace(fn, batch, specs)
        found = _difference(first, second)
    if found is None:
        return second
    raise SideEffectError(
        "The step did something else when it was traced a second time.",
        expected="the same ops with the same constants each time",
        got=f"{_show(found[0])}, then {_show(found[1])}",
        remedy="keep counters in Variables and draw random numbers with horn.random, not in Python",
    )


def _difference(first: Step, second: Step) -> tuple[Any, Any] | None:
    """Return the first lines in which two traces differ, or None."""
    pairs = zip_longest(fingerprint(first.graph), fingerprint(second.graph))
    return next((pair for pair in pairs if pair[0] != pair[1]), None)


def _show(line: Any) -> str:
    return "nothing" if line is None else line[0]


def fingerprint(graph: Graph) -> list[tuple[Any, ...]]:
    """Return what a graph does, line by line, comparable between traces of the same code."""
    places = {id(symbol): f"in{i}" for i, symbol in enumerate(graph.inputs)}
    lines: list[tuple[Any, ...]] = []
    for number, node in enumerate(graph.nodes):
        places.update({id(out): f"{number}.{out.index}" for out in node.outputs})
        attrs = [(k, fingerprint(v) if isinstance(v, Graph) else v) for k, v in node.attrs.items()]
        read = [places.get(id(x)) or _constant(x) for x in node.inputs]
        lines.append((f"{node.op.name} in {node.scope!r}" if node.scope else node.op.name, read, attrs))
    lines.append(("the results", [places.get(id(x)) or _constant(x) for x in graph.outputs]))
    return lines


def _constant(held: Any) -> Any:
    if held is None:
        return None
    value = held.value
    return (held.spec, value.tobytes() if isinstance(value, np.ndarray) else None)


def _open(spec: TensorSpec) -> TensorSpec:
    return spec.with_shape((BATCH, *spec.shape[1:])) if spec.rank else spec


def _trace(fn: Callable[..., Any], batch: Any, specs: list[TensorSpec]) -> Step:
    recording = Trace()
    with recording.active(), Discovery(recording).active() as state:
        leaves = [recording.input(spec) for spec in specs]
        results = fn(tree.unflatten(batch, list(leaves)))
        held = [lift(recording, leaf) for leaf in tree.flatten(results)]
        variables = [variable for variable, _ in state.inputs]
        updates = [i for i, variable in enumerate(variables) if id(variable) in state.assigned]
        new = [lift(recording, state.values[id(variables[i])]) for i in updates]
    if recording.captures:
        raise ValueError(f"a step captured {[symbol.spec for _, symbol in recording.captures]}")
    inputs = [symbol for _, symbol in state.inputs] + leaves
    return Step(Graph(inputs, [*new, *held]), variables, updates, tree.unflatten(results, held))


def output_specs(fn: Callable[..., Any], inputs: Any) -> Any:
    """Return the tree of specs that ``fn(inputs)`` returns, without running anything.

    Args:
        fn: May read Variables.
        inputs: A tree of `TensorSpec`.
    """
    return recorded(fn, inputs)[1]


def recorded(fn: Callable[..., Any], inputs: Any) -> tuple[Graph, Any]:
    """Return the graph of ``fn(inputs)`` and the tree of specs that it returns.

    Args:
        fn: May read Variables.
        inputs: A tree of `TensorSpec`.
    """
    recording = Trace()
    with recording.active(), Discovery(recording).active() as state:
        symbols = [recording.input(spec) for spec in tree.flatten(inputs)]
        results = fn(tree.unflatten(inputs, symbols))
        held = [lift(recording, leaf) for leaf in tree.flatten(results) if leaf is not None]
    specs = tree.map_structure(lambda leaf: None if leaf is None else spec_of(leaf), results)
    return Graph([*symbols, *(symbol for _, symbol in state.inputs)], held), specs
