"""The form of a mutant: the NumPy backend with one kernel exchanged, or one gradient of a page."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, NamedTuple

from horn.numpy_backend import NumPyBackend
from horn.spec import dispatch, ops, program
from horn.spec.graph import spec_of
from horn_conformance.trial import forget_graphs

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from horn.contract import Backend


class Mutant(NamedTuple):
    """One defect.

    Attributes:
        name: ``"M001"``; ``"N01"`` for a difference that is allowed.
        op: The op that a failure has to name, or ``"backend"``.
        what: What is wrong, in words.
        change: Changes a fresh backend.
        slot: Which part of the page is exchanged, ``"vjp_rule"``, ``"law_rule"`` or ``"body"``, if one is.
        rule: What is put in its place.
    """

    name: str
    op: str
    what: str
    change: Callable[[Backend], None]
    slot: str | None = None
    rule: Callable[..., Any] | None = None

    @property
    def is_benign(self) -> bool:
        """Whether the suite has to let it pass."""
        return self.name.startswith("N")

    @contextmanager
    def backend(self) -> Iterator[Backend]:
        """Give a backend with the defect, and take the defect back out of the page."""
        made = NumPyBackend(is_silent=False)  # the other keeps kernels for plans apart, without the defect
        made.name = f"mutant-{self.name}"  # type: ignore[misc]
        made.kernels = dict(made.kernels)
        self.change(made)
        kept = getattr(ops[self.op], self.slot) if self.slot else None
        try:
            if self.slot:
                _exchange(self.op, self.slot, self.rule)
            yield made
        finally:
            if self.slot:
                _exchange(self.op, self.slot, kept)


def _exchange(op: str, slot: str, rule: Any) -> None:
    setattr(ops[op], slot, rule)
    forget_graphs()
    program._expand.cache_clear()  # noqa: SLF001  (expansions hold the rule that was exchanged)
    dispatch._prepare.cache_clear()  # noqa: SLF001


MUTANTS: list[Mutant] = []


def kernel(name: str, op: str, what: str) -> Callable[[Any], Any]:
    """Declare a defect in a kernel: the function takes the original and returns the defective one."""

    def declare(make: Callable[[Callable[..., Any]], Callable[..., Any]]) -> Any:
        def change(backend: Backend) -> None:
            backend.kernels[op] = make(original(backend, op))  # type: ignore[index]

        MUTANTS.append(Mutant(name, op, what, change))
        return make

    return declare


def page(name: str, op: str, what: str, slot: str = "vjp_rule") -> Callable[[Any], Any]:
    """Declare a defect in the gradient, the law or the body of a page, which every backend would share."""

    def declare(rule: Callable[..., Any]) -> Any:
        MUTANTS.append(Mutant(name, op, what, lambda backend: None, slot, rule))
        return rule

    return declare


def whole(name: str, op: str, what: str) -> Callable[[Any], Any]:
    """Declare a defect that the function puts into a backend by itself."""

    def declare(change: Callable[[Backend], None]) -> Any:
        MUTANTS.append(Mutant(name, op, what, change))
        return change

    return declare


def original(backend: Backend, name: str) -> Callable[..., Any]:
    """Return the kernel of an op, or its decomposition called like one."""
    op = ops[name]
    if name in backend.kernels:
        return backend.kernels[name]

    def decomposed(*operands: Any, **attrs: Any) -> Any:
        leaves, form = op.flatten(operands)
        specs = [None if leaf is None else spec_of(leaf) for leaf in leaves]
        run = program.Program(program.expand(op, specs, form, attrs), backend)
        results = run(*[leaf for leaf in leaves if leaf is not None])
        return results[0] if program.expands_to_single(op, specs, form, attrs) else results

    return decomposed
