"""Equal draws of a step as one draw of several keys, for backends that compile the whole step.

Twenty rounds of the cipher are some hundred operations, and a compiler works through them once for
each layer that drops or adds noise: in a deep model most of the time before the first step. Draws
of one shape differ in their keys alone, so many of them become one call and a slice for each.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from horn.spec.graph import Literal, trace
from horn.spec.op import ops
from horn.spec.program import lower

if TYPE_CHECKING:
    from horn.contract import Backend
    from horn.spec.graph import Graph, Node

_FEWEST = 8
"""Fewer draws stay apart: each is then computed inside of the loop that reads it."""


def join_draws(graph: Graph, backend: Backend) -> Graph:
    """Return a lowered graph with draws that are equal but for their keys made at once.

    Args:
        graph: In the ops of `backend`.
        backend: Whose kernels count.
    """
    groups = _groups(graph)
    if not groups:
        return graph

    def joined(*inputs: Any) -> list[Any]:
        given: dict[int, Any] = {id(old): new for old, new in zip(graph.inputs, inputs, strict=True)}
        drawn: dict[int, Any] = {}
        for group in groups:
            keys, steps = zip(*([given.get(id(x), x) for x in node.inputs] for node in group), strict=True)
            together = group[0].op.call([ops.stack(keys), steps[0]], group[0].form, group[0].attrs)
            drawn |= {id(node.outputs[0]): together[i] for i, node in enumerate(group)}
        return graph.replay(inputs, drawn)

    return lower(trace(joined, [x.spec for x in graph.inputs])[0], backend)


def _groups(graph: Graph) -> list[list[Node]]:
    """Return the draws that differ in nothing but the key, where they are many."""
    given = {id(symbol) for symbol in graph.inputs}
    found: dict[Any, list[Node]] = {}
    for node in graph.nodes:
        if not node.op.is_draw or not all(isinstance(x, Literal) or id(x) in given for x in node.inputs):
            continue
        key, step = node.inputs
        if key.spec.rank == 1 and step.spec.rank == 0:
            found.setdefault((node.op.name, key.spec, id(step), tuple(node.attrs.items())), []).append(node)
    return [group for group in found.values() if len(group) >= _FEWEST]
