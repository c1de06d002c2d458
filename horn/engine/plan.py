"""Plans: how a step runs on a framework that works op by op, such as NumPy and PyTorch.

A plan is a program whose optimizer updates overwrite the state where that is safe, whose masks
are drawn for several steps in one call, and whose results are copies, so that nothing that leaves
it changes later.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from horn.spec.graph import Literal, Symbol
from horn.spec.program import Program, bind

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from horn.contract import Backend
    from horn.engine.step import Step
    from horn.spec.graph import Node

_BANK_WORDS = 1 << 18
_BANK_STEPS = 64
_BANKS = "host_scalars"
"""The capability that a bank of masks needs: it reads the number of the step."""


class Plan(Program):
    """A step as a line of kernel calls for batches of one shape.

    Args:
        step: The traced step.
        backend: Whose kernels run.
        shapes: One shape for each leaf of the batch.
    """

    def __init__(self, step: Step, backend: Backend, shapes: Sequence[tuple[int, ...]]) -> None:
        self.step = step
        # A fused dropout would hide its mask from the bank.
        hides = frozenset({"dropout"}) if _BANKS in backend.capabilities else frozenset()
        graph = step.lowered(backend, shapes, keep=frozenset(backend.in_place_kernels), expand_too=hides)
        self._roots = _Roots(graph.nodes)
        super().__init__(graph, backend, lowered=True)
        self._finish()

    def _finish(self) -> None:
        """Decide what happens to each output: nothing, a write into the state, or a copy."""
        n_updates, n_state = len(self.step.updates), self.step.n_state
        state = {id(symbol) for symbol in self.graph.inputs[:n_state]}
        inputs = {id(symbol) for symbol in self.graph.inputs}
        self.writes: list[tuple[int, int, bool]] = []
        for i, out in enumerate(self.graph.outputs[:n_updates]):
            target = self.step.updates[i]
            if id(out) not in self._in_place.get(target, ()):
                self.writes.append((i, target, id(self._roots.of(out)) in state))
        self.copies = [
            id(self._roots.of(out)) in inputs or isinstance(out, Literal) for out in self.graph.outputs[n_updates:]
        ]

    def _build(self) -> None:
        # Which outputs need no write, by state input: filled while instructions are made.
        self._in_place: dict[int, set[int]] = {}
        super()._build()

    def _function(self, node: Node, ins: tuple[int, ...], outs: tuple[int, ...], pairs: dict[int, Any]) -> Any:
        if node.op.name in self.backend.in_place_kernels and node.op.donates:
            return self._overwriting(node), ins, outs
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
        regroup, form, attrs = node.op.regroup, node.form, node.attrs

        def overwrite(*leaves: Any) -> Any:
            if copied:
                leaves = tuple(copy(x) if i in copied else x for i, x in enumerate(leaves))
            return kernel(*regroup(leaves, form), **attrs)

        return overwrite

    def _may_donate(self, node: Node, place: int, output: Symbol) -> bool:
        """Return whether a node may overwrite its operand `place` with `output`.

        The operand has to be state whose new value is exactly that output, and nothing that comes
        later, no other operand of the node and no result may read the old value or a view of it.
        """
        old = node.inputs[place]
        inputs = [id(symbol) for symbol in self.graph.inputs[: self.step.n_state]]
        if id(old) not in inputs:
            return False
        target = inputs.index(id(old))
        if target not in self.step.updates:
            return False
        if self.graph.outputs[self.step.updates.index(target)] is not output:
            return False
        later = [x for n in self.graph.nodes if n.serial > node.serial for x in n.inputs]
        beside = [x for i, x in enumerate(node.inputs) if i != place]
        if any(self._roots.of(x) is old for x in (*later, *beside, *self.graph.outputs)):
            return False
        self._in_place.setdefault(target, set()).add(id(output))
        return True

    # -- masks of several steps ------------------------------------------------------------------

    def _bank(self, node: Node) -> Callable[..., Any] | None:
        """Return a bank for a mask whose step is the state itself, where scalars are cheap to read."""
        if node.op.name != "random_mask" or _BANKS not in self.backend.capabilities:
            return None
        key, step = node.inputs
        state = [id(symbol) for symbol in self.graph.inputs[: self.step.n_state]]
        if not isinstance(key, Literal) or id(self._roots.of(step)) not in state or step.spec.shape:
            return None
        size = int(np.prod(node.attrs["shape"], dtype=np.int64))
        steps = min(_BANK_STEPS, _BANK_WORDS // max(size, 1))
        return Bank(bind(node, self.backend), self.backend, steps) if steps > 1 else None

    # -- running -----------------------------------------------------------------------------------

    def run(self, state: list[Any], batch: Sequence[Any]) -> list[Any]:
        """Run one step; the new state goes into the storages, the results are returned."""
        backend = self.backend
        outputs = self(*[backend.read(storage) for storage in state], *batch)
        fresh = [(target, backend.copy(outputs[i]) if alias else outputs[i]) for i, target, alias in self.writes]
        n = len(self.step.updates)
        results = [backend.copy(x) if alias else x for x, alias in zip(outputs[n:], self.copies, strict=True)]
        for target, value in fresh:
            state[target] = backend.write(state[target], value)
        return results


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
    places: dict[str, range] = {}
    start = 0
    for name, count in zip(node.op.operands, node.form, strict=True):
        stop = start + (1 if count is None else count)
        places[name] = range(start, stop)
        start = stop
    return [i for name in node.op.donates for i in places[name]]


class Bank:
    """Masks drawn for several steps in one call of the kernel; bit-equal to drawing one by one.

    Args:
        draw: The kernel, with its attributes bound.
        backend: Where the masks live.
        steps: For how many steps to draw.
    """

    def __init__(self, draw: Callable[..., Any], backend: Backend, steps: int) -> None:
        self.draw, self.backend, self.steps = draw, backend, steps
        self.first, self.masks = -steps - 1, None

    def __call__(self, key: Any, step: Any) -> Any:
        """Return the mask of one step, from the store if it holds it."""
        row = int(step) - self.first
        if not 0 <= row < self.steps:
            self.first, row = int(step), 0
            wanted = (np.arange(self.steps, dtype=np.int64) + self.first).astype(np.int32)
            self.masks = self.draw(key, self.backend.asarray(wanted))
        return self.masks[row]  # type: ignore[index]


class Runner:
    """What `compile` returns where a backend brings no compiler of its own.

    Args:
        step: The traced step.
        backend: Whose kernels run.
    """

    def __init__(self, step: Step, backend: Backend) -> None:
        self.step = step
        self.backend = backend.bare

    def __call__(self, state: list[Any], arrays: Sequence[Any], order: Any, start: int, count: int) -> list[Any]:
        """Run `count` steps and return the results of the last. See `horn.engine.compile`."""
        take = self.backend.kernels["take"]
        results: list[Any] = []
        with np.errstate(all="ignore"):
            for i in range(start, start + count):
                batch = arrays if order is None else [take(a, order[i], axis=0) for a in arrays]
                shapes = [self.backend.describe(x)[0] for x in batch]
                plan = self.step.program(self.backend, shapes, self._plan)
                results = plan.run(state, batch)
        return results

    def _plan(self, backend: Backend, shapes: Sequence[tuple[int, ...]]) -> Plan:
        return Plan(self.step, backend, shapes)
