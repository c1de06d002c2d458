"""Plans: how a step runs on a framework that works op by op, such as NumPy and PyTorch.

A plan is a program whose optimizer updates overwrite the state where that is safe, whose random
numbers are drawn for several steps in one call, and whose results are copies, so that nothing that leaves
it changes later.
"""

from __future__ import annotations

from contextlib import contextmanager
from contextvars import ContextVar
from functools import cache
from operator import itemgetter
from time import perf_counter
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np

from horn.engine.blocks import Blocks
from horn.engine.places import Places
from horn.engine.straight import straight
from horn.spec.graph import Graph, Literal, Symbol
from horn.spec.program import Program, bind, fitted, flattened

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from contextlib import AbstractContextManager

    from horn.contract import Backend
    from horn.engine.step import Step
    from horn.spec.graph import Node

Note: TypeAlias = "Callable[[Node, float], None]"
Line: TypeAlias = "Callable[..., list[Any]]"
"""A function of state and batch, which returns the new values of the state and then, perhaps, the results."""
_note: ContextVar[Note | None] = ContextVar("horn_note", default=None)
_LARGEST = (32 << 20) - (64 << 10)
"""Bytes: a little less than the most that the allocator learns from."""
_MANY_STEPS = 200
"""After as many runs a line is written out: compiling it costs about what walking it did."""
_BANK_NUMBERS = 1 << 18
_BANK_STEPS = 64
_BANKS = "host_scalars"
"""The capability that a bank of draws needs: it reads the number of the step."""


@contextmanager
def watching(note: Note | None) -> Iterator[None]:
    """Tell `note` of each kernel that plans call within the block, and of its seconds; None tells nobody."""
    token = _note.set(note)
    try:
        yield
    finally:
        _note.reset(token)


class Plan(Program):
    """A step as a line of kernel calls for batches of one shape.

    Args:
        step: The traced step.
        backend: Whose kernels run.
        shapes: One shape for each leaf of the batch.
    """

    def __init__(self, step: Step, backend: Backend, shapes: Sequence[tuple[int, ...]]) -> None:
        self.step = step
        graph = step.lowered(backend, shapes, keep=frozenset(backend.in_place_kernels), hold=True)
        self._roots = _Roots(graph.nodes)
        self._states = {id(symbol): i for i, symbol in enumerate(graph.inputs[: step.n_state])}
        new = graph.outputs[: len(step.updates)]
        self._replaces = dict(zip(step.updates, new, strict=True))  # by state input
        self._returned = {id(self._roots.of(out)) for out in graph.outputs}
        self._reads: dict[int, list[int]] = {}  # by the start of a chain of views, the nodes in order
        for node in graph.nodes:
            for symbol in node.inputs:
                self._reads.setdefault(id(self._roots.of(symbol)), []).append(node.serial)
        super().__init__(graph, backend, lowered=True)
        self._finish()

    def _build(self) -> None:
        # Which outputs need no write, by state input, and the joined operands of updates: filled
        # while instructions are made.
        self._in_place: dict[int, set[int]] = {}
        self.blocks: list[Blocks] = []
        self._places = Places(self.backend, lambda symbol: id(self._roots.of(symbol)) not in self._returned)
        overwrites = self.backend.in_place_kernels
        self._updates = {
            node.serial: self._overwriting(node)
            for node in self.graph.nodes
            if node.op.name in overwrites and node.op.donates
        }
        super()._build()

    def _finish(self) -> None:
        """Decide what happens to each output: nothing, a new value of the state, or a copy."""
        count = len(self.step.updates)
        inputs = {id(symbol) for symbol in self.graph.inputs}
        self.fresh: list[tuple[int, int, bool]] = []  # slot, state input, whether to copy
        for i, out in enumerate(self.graph.outputs[:count]):
            target = self.step.updates[i]
            if id(out) not in self._in_place.get(target, ()):
                root = self._roots.of(out)
                lasting = id(root) in self._states or isinstance(root, Literal)
                self.fresh.append((self._outputs[i], target, lasting))
        copies = [
            id(self._roots.of(out)) in inputs or isinstance(out, Literal) for out in self.graph.outputs[count:]
        ]
        self._copied = [i for i, alias in enumerate(copies) if alias]
        needed = {node.serial for node in Graph(self.graph.inputs, self.graph.outputs[:count]).nodes}
        self._is_needed = [node.serial in needed for node in self.graph.nodes]
        self._kept = [slot for slot, _, _ in self.fresh]
        self._wanted = [*self._kept, *self._outputs[count:]]
        self._without = _Repeated(*self._forms(self._needed(self._line), self._needed(self.code), self._kept))
        self._whole = _Repeated(*self._forms(self._line, self.code, self._wanted))

    def _function(self, node: Node, ins: tuple[int, ...], outs: tuple[int, ...], pairs: dict[int, Any]) -> Any:
        if node.serial in self._updates:
            return self._updates[node.serial], ins, outs
        placed = self._places.of(node)
        if placed is not None:
            return placed[0], (*ins, self._slot(placed[1])), outs
        bank = self._bank(node)
        if bank is not None:
            return bank, ins, outs
        return super()._function(node, ins, outs, pairs)

    # -- updates in place ----------------------------------------------------------------------

    def _overwriting(self, node: Node) -> Callable[..., Any]:
        """Return the in-place kernel of a node, which first copies what it must not overwrite."""
        kernel, copy = self.backend.in_place_kernels[node.op.name], self.backend.copy
        donated = _donated_leaves(node)
        copied = [i for k, i in enumerate(donated) if not self._may_donate(node, i, node.outputs[k])]
        specs = [symbol.spec for symbol in node.inputs]
        overwrite = fitted(kernel, node.op, specs, node.form, node.attrs)
        flat = flattened(overwrite, node.form)
        if copied:
            return lambda *leaves: flat(*[copy(x) if i in copied else x for i, x in enumerate(leaves)])
        if not node.op.elementwise:
            return flat
        blocks = Blocks(node, {i: self._states[id(node.inputs[i])] for i in donated}, self.backend, self._places)
        if not blocks.groups:
            return flat
        self.blocks.append(blocks)
        pick = itemgetter(*donated)

        def overwrite_blocks(*leaves: Any) -> Any:
            overwrite(*blocks.operands(leaves))
            return pick(leaves)

        return overwrite_blocks

    def _may_donate(self, node: Node, place: int, output: Symbol) -> bool:
        """Return whether a node may overwrite its operand `place` with `output`.

        The operand has to be state whose new value is exactly that output, and nothing that comes
        later, no other operand of the node and no result may read the old value or a view of it.
        """
        old = node.inputs[place]
        target = self._states.get(id(old))
        if target is None or self._replaces.get(target) is not output or id(old) in self._returned:
            return False
        reads = self._reads[id(old)]
        if reads[-1] > node.serial or reads.count(node.serial) > 1:
            return False
        self._in_place.setdefault(target, set()).add(id(output))
        return True

    # -- draws of several steps ------------------------------------------------------------------

    def _bank(self, node: Node) -> Callable[..., Any] | None:
        """Return a bank for a draw whose step is the state itself, where scalars are cheap to read."""
        if _BANKS not in self.backend.capabilities or not node.op.is_draw:
            return None
        key, step = node.inputs
        if not isinstance(key, Literal) or id(self._roots.of(step)) not in self._states or step.spec.shape:
            return None
        size = node.outputs[0].spec.size
        assert isinstance(size, int), "a plan is made for known sizes"
        steps = min(_BANK_STEPS, _BANK_NUMBERS // max(size, 1))
        return Bank(bind(node, self.backend), self.backend, steps) if steps > 1 else None

    # -- running -----------------------------------------------------------------------------------

    def settle(self, state: list[Any]) -> None:
        """Bring the storages into the places in which the updates want them."""
        for blocks in self.blocks:
            blocks.settle(state)

    def lines(self, count: int, note: Note | None = None) -> tuple[Line, Line]:
        """Return what runs a step whose results nobody wants, and what runs one with results.

        Args:
            count: How many steps will be run.
            note: Told the seconds of each kernel.
        """
        if note is not None:
            pairs = zip(self._line, self.graph.nodes, strict=True)
            watched = [(_watched(line[0], node, note), *line[1:]) for line, node in pairs]
            return self._walker(self._needed(watched), self._kept), self._walker(watched, self._wanted)
        return self._without.before(count - 1), self._whole.before(1)

    def _needed(self, each: list[Any]) -> list[Any]:
        """Return what belongs to the instructions that the new state needs, of one thing for each."""
        return [x for x, is_needed in zip(each, self._is_needed, strict=True) if is_needed]

    def _forms(self, line: list[Any], code: list[Any], wanted: list[int]) -> tuple[Line, Callable[[], Line]]:
        """Return what walks instructions, and what writes them out."""
        return self._walker(line, wanted), lambda: straight(code, self._inputs, self._initial, wanted)

    def _walker(self, line: list[Any], wanted: list[int]) -> Line:
        def walk(*values: Any) -> list[Any]:
            env = self.walk(line, values)
            return [env[slot] for slot in wanted]

        return walk

    def run(self, line: Line, values: list[Any], batch: Sequence[Any], *, last: bool) -> list[Any]:
        """Run one step and return its results.

        Args:
            line: One of `lines`.
            values: The state, which the new values replace; updates overwrite it where they can.
            batch: The leaves of the batch.
            last: Whether the results are wanted.
        """
        copy, fresh = self.backend.copy, self.fresh
        found = line(*values, *batch)
        results: list[Any] = []
        if last:
            results = found[len(fresh) :]
            for i in self._copied:
                results[i] = copy(results[i])
        if not fresh:
            return results
        # All are copied before any is replaced, so that none is copied from what came after it.
        new = [copy(x) if alias else x for x, (_, _, alias) in zip(found, fresh, strict=False)]
        for (_, target, _), value in zip(fresh, new, strict=True):
            values[target] = value
        return results


class _Repeated:
    """A line that is walked at first, and written out once it runs so often that this pays.

    Args:
        walked: Runs it.
        write: Returns what runs it faster.
    """

    def __init__(self, walked: Line, write: Callable[[], Line]) -> None:
        self._line = walked
        self._write: Callable[[], Line] | None = write
        self._left = _MANY_STEPS

    def before(self, count: int) -> Line:
        """Return what shall run the next `count` times."""
        self._left -= count
        write = self._write
        if self._left <= 0 and write is not None:
            self._line, self._write = write(), None
        return self._line


def _watched(function: Callable[..., Any], node: Node, note: Note) -> Callable[..., Any]:
    """Return a function that tells how long it took, each time."""

    def run(*operands: Any) -> Any:
        begun = perf_counter()
        result = function(*operands)
        note(node, perf_counter() - begun)
        return result

    return run


class _Roots:
    """Whose memory each symbol of a graph may share: the end of a chain of views."""

    def __init__(self, nodes: list[Node]) -> None:
        self._view_of = {id(node.outputs[0]): node.inputs[0] for node in nodes if node.op.aliases}

    def of(self, symbol: Any) -> Any:
        """Return the symbol at the start of the chain of views that ends in `symbol`."""
        while id(symbol) in self._view_of:
            symbol = self._view_of[id(symbol)]
        return symbol


def _donated_leaves(node: Node) -> list[int]:
    """Return which operand leaves the outputs of a node take over, in the order of the outputs."""
    columns = dict(zip(node.op.operands, node.op.regroup(range(len(node.inputs)), node.form), strict=True))
    return [i for name in node.op.donates for i in columns[name]]


class Bank:
    """Random numbers of several steps from one call of a kernel; bit-equal to drawing one by one.

    Args:
        draw: The kernel of an op from a key and a step, with its attributes bound.
        backend: Where the numbers live.
        steps: For how many steps to draw.
    """

    def __init__(self, draw: Callable[..., Any], backend: Backend, steps: int) -> None:
        self.draw, self.backend, self.steps = draw, backend, steps
        self.first, self.drawn = -steps - 1, None

    def __call__(self, key: Any, step: Any) -> Any:
        """Return the numbers of one step, from the store if it holds them."""
        row = int(step) - self.first
        if not 0 <= row < self.steps:
            self.first, row = int(step), 0
            wanted = (np.arange(self.steps, dtype=np.int64) + self.first).astype(np.int32)
            self.drawn = self.draw(key, self.backend.asarray(wanted))
        return self.drawn[row]  # type: ignore[index]


@cache
def _keep_freed_memory() -> None:
    """Let the allocator keep what temporaries give back, so that the next step meets no page faults.

    The C library of GNU returns large pieces to the system until it has seen an even larger one go;
    from then on it keeps up to twice as much. No page of this one is touched, and it is freed at once.
    """
    np.empty(_LARGEST, np.uint8)


class Runner:
    """What `compile` returns where a backend brings no compiler of its own.

    Args:
        step: The traced step.
        backend: Whose kernels run.
    """

    def __init__(self, step: Step, backend: Backend) -> None:
        self.step = step
        self.backend = backend.bare
        self._last: tuple[Any, Any] = (None, None)
        _keep_freed_memory()

    def __call__(self, state: list[Any], arrays: Sequence[Any], order: Any, start: int, count: int) -> list[Any]:
        """Run `count` steps and return the results of the last. See `horn.engine.compile`."""
        backend, take = self.backend, self.backend.kernels["take"]
        plan = self._plan_for(arrays, order)
        plan.settle(state)
        without, whole = plan.lines(count, _note.get())
        values = list(map(backend.read, state))
        results: list[Any] = []
        try:
            with self._around():
                for i in range(start, start + count):
                    batch = arrays if order is None else [take(a, order[i], axis=0) for a in arrays]
                    last = i == start + count - 1
                    results = plan.run(whole if last else without, values, batch, last=last)
        finally:
            for _, target, _ in plan.fresh:
                state[target] = backend.write(state[target], values[target])
        return results

    def _around(self) -> AbstractContextManager[Any]:
        """Return what steps run within: kernels leave NumPy's error state to it."""
        return np.errstate(all="ignore")

    def _plan_for(self, arrays: Sequence[Any], order: Any) -> Plan:
        """Return the plan for arrays like these; the last one is found by a look at them."""
        backend = self.backend
        key = [backend.signature(x) for x in (arrays if order is None else (*arrays, order))], order is None
        known, plan = self._last
        if known != key:
            shapes = [backend.describe(x)[0] for x in arrays]
            if order is not None:
                examples = backend.describe(order)[0][1:]
                shapes = [(*examples, *shape[1:]) for shape in shapes]
            plan = self.step.program(backend, shapes, self._plan)
            self._last = key, plan
        return plan

    def _plan(self, backend: Backend, shapes: Sequence[tuple[int, ...]]) -> Plan:
        return Plan(self.step, backend, shapes)
