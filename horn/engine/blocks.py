"""Small parameters side by side in memory, so that an update rule runs once over all of them.

The rule of an optimizer is a dozen calls for each parameter, and for a small one the calls cost
more than the arithmetic. Where a rule works element by element, the parameters of one dtype are
laid end to end and updated as one vector; their storages become views of it. Their gradients are
made in such a vector where the kernels of all of them can do that, and else copied into one.
"""

from __future__ import annotations

from operator import itemgetter
from typing import TYPE_CHECKING, Any

import numpy as np

from horn.dtypes import numpy_dtype

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from horn.contract import Backend
    from horn.engine.places import Places
    from horn.spec.graph import Node

_SMALL = 16384
"""The most elements of a parameter that is laid beside others; a larger one is work enough."""


class Blocks:
    """The operands of an update node, with the small parameters of each dtype joined.

    Args:
        node: A node of an elementwise op, which may overwrite all that it donates.
        state: For each leaf that the node overwrites, which state input it is.
        backend: Whose kernel runs.
        places: Told where the other operands are to be made.
    """

    def __init__(self, node: Node, state: dict[int, int], backend: Backend, places: Places) -> None:
        self.backend = backend
        # Leaf numbers: one for a scalar operand, a list with one for each parameter otherwise.
        self.columns: list[Any] = node.op.regroup(range(len(node.inputs)), node.form)
        lists = [column for column in self.columns if isinstance(column, list) and column]
        kinds: dict[Any, list[int]] = {}
        for k, row in enumerate(zip(*lists, strict=True)):
            specs = [node.inputs[leaf].spec for leaf in row]
            is_small = all(spec.shape == specs[0].shape and spec.size <= _SMALL for spec in specs)
            kinds.setdefault(tuple(spec.dtype for spec in specs) if is_small else k, []).append(k)
        self.groups = [group for group in kinds.values() if len(group) > 1]
        self.apart = [group[0] for group in kinds.values() if len(group) == 1]
        self._state = state
        self._joins = {
            column[0]: [self._join([column[k] for k in group], node.inputs, places) for group in self.groups]
            for column in lists
            if column[0] not in state
        }
        self._fixed: list[Any] = []
        self._open: list[tuple[int, Callable[[Sequence[Any]], Any]]] = []

    def settle(self, state: list[Any]) -> None:
        """Lay the storages of each group end to end, where they are not yet."""
        rows = [self._row(column, state) for column in self.columns]
        self._open = [(place, row) for place, row in enumerate(rows) if callable(row)]
        self._fixed = [None if callable(row) else row for row in rows]

    def operands(self, leaves: Sequence[Any]) -> list[Any]:
        """Return the operands of the rule; its lists begin with one vector for each group."""
        operands = self._fixed.copy()
        for place, row in self._open:
            operands[place] = row(leaves)
        return operands

    def _row(self, column: Any, state: list[Any]) -> list[Any] | Callable[[Sequence[Any]], Any]:
        """Return one operand of the rule, or the function that picks it from the leaves of the node."""
        if not isinstance(column, list):
            return itemgetter(column)
        if not column:
            return []
        apart = [column[k] for k in self.apart]
        if column[0] in self._state:
            vectors = [self._together([self._state[column[k]] for k in group], state) for group in self.groups]
            return (lambda leaves: [*vectors, *[leaves[i] for i in apart]]) if apart else vectors
        joins = self._joins[column[0]]
        return lambda leaves: [*[join(leaves) for join in joins], *[leaves[i] for i in apart]]

    def _join(self, members: list[int], symbols: Sequence[Any], places: Places) -> Callable[[Sequence[Any]], Any]:
        """Return what picks some operands from the leaves of the node as one vector."""
        wanted = [symbols[i] for i in members]
        kernels = places.kernels(wanted)
        if not kernels:
            pick, flat = itemgetter(*members), self.backend.flat
            return lambda leaves: flat(pick(leaves))
        empty = [np.empty(x.spec.shape, numpy_dtype(x.spec.dtype)) for x in wanted]
        vector, parts = self.backend.together([self.backend.variable(x, trainable=False) for x in empty])
        places.give(wanted, kernels, parts)
        return lambda _: vector

    def _together(self, members: list[int], state: list[Any]) -> Any:
        """Lay some storages end to end and return the vector."""
        vector, storages = self.backend.together([state[i] for i in members])
        for i, storage in zip(members, storages, strict=True):
            state[i] = storage
        return vector
