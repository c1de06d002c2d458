"""Places for results: where a kernel puts what a later node wants to find side by side."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from horn.spec.graph import Symbol
from horn.spec.program import attributes, flattened

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from horn.contract import Backend
    from horn.spec.graph import Node


class Places:
    """The places that results of a plan have, in memory that stays from run to run.

    Args:
        backend: Whose kernels run.
        may_stay: Whether nothing that leaves the plan may share memory with a symbol.
    """

    def __init__(self, backend: Backend, may_stay: Callable[[Symbol], bool]) -> None:
        self._backend, self._may_stay = backend, may_stay
        self._taken: dict[int, tuple[Any, Any]] = {}  # by symbol: the kernel, the place

    def kernels(self, symbols: Sequence[Any]) -> list[Callable[..., Any]]:
        """Return what puts each of some symbols into a place; nothing where one of them can have none."""
        free = {id(symbol) for symbol in symbols} - self._taken.keys()
        found = [self._kernel(symbol) for symbol in symbols] if len(free) == len(symbols) else []
        return [kernel for kernel in found if kernel] if all(found) else []

    def give(self, symbols: Sequence[Any], kernels: Sequence[Any], places: Sequence[Any]) -> None:
        """Give symbols their places, into which these `kernels` will put them."""
        for symbol, kernel, place in zip(symbols, kernels, places, strict=True):
            self._taken[id(symbol)] = kernel, place

    def of(self, node: Node) -> tuple[Callable[..., Any], Any] | None:
        """Return the kernel that puts the result of a node into its place, and the place; else None."""
        return self._taken.get(id(node.outputs[0])) if node.outputs else None

    def _kernel(self, symbol: Any) -> Callable[..., Any] | None:
        node = symbol.node if isinstance(symbol, Symbol) else None
        make = self._backend.into_kernels.get(node.op.name) if node else None
        if node is None or make is None or not self._may_stay(symbol):
            return None
        if self._backend.residual_kernels.keys() & {node.op.name, node.op.gradient_of}:
            return None  # a plain kernel would leave or use no residual
        specs = [None if x is None else x.spec for x in node.inputs]
        kernel = make(*node.op.regroup(specs, node.form), **attributes(node.attrs, self._backend))
        return kernel and flattened(kernel, (*node.form, None))
