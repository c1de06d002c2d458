"""Equal draws of a step as one draw of several keys, for backends that compile the whole step.

Twenty rounds of the cipher are some hundred operations, and a compiler works through them once for
each layer that drops or adds noise: in a deep model most of the time before the first step. Draws
of one shape differ in their keys alone, so many of them become one call and a slice for each.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from horn.spec.graph import Graph, Literal, Symbol, Trace, back_in, lift
from horn.spec.op import ops
from horn.spec.program import lower

if TYPE_CHECKING:
    from horn.contract import Backend
    from horn.spec.graph import Node

_FEWEST = 8
"""Fewer draws stay apart: each is then computed inside of the loop that reads it."""


def join_draws(graph: Graph, backend: Backend) -> Graph:
    """Return a lowered graph with draws that are equal but for their keys made at once.

    Args:
        graph: In the ops of `backend`.
        backend: Whose kernels count.
    """
    groups = {id(node): group for group in _groups(graph) for node in group}
    if not groups:
        return graph
    recording = Trace()
    with recording.active():
        inputs = [recording.input(symbol.spec) for symbol in graph.inputs]
        env: dict[int, Any] = {id(old): new for old, new in zip(graph.inputs, inputs, strict=True)}

        def read(held: Any) -> Any:
            return env[id(held)] if isinstance(held, Symbol) else held

        for node in graph.nodes:
            group = groups.get(id(node))
            if group is None:
                with back_in(node.scope):
                    result = node.op.call([read(x) for x in node.inputs], node.form, node.attrs)
                results = result if isinstance(result, tuple) else (result,)
                env.update({id(out): value for out, value in zip(node.outputs, results, strict=True)})
            elif node is group[0]:
                keys = ops.stack([read(member.inputs[0]) for member in group])
                together = node.op.call([keys, read(node.inputs[1])], node.form, node.attrs)
                env.update({id(member.outputs[0]): together[i] for i, member in enumerate(group)})
        outputs = [lift(recording, read(out)) for out in graph.outputs]
    return lower(Graph(inputs, outputs), backend)


def _groups(graph: Graph) -> list[list[Node]]:
    """Return the draws that differ in nothing but the key, where they are many."""
    given = {id(symbol) for symbol in graph.inputs}
    found: dict[Any, list[Node]] = {}
    for node in graph.nodes:
        if list(node.op.operands) != ["key", "step"]:
            continue
        if not all(isinstance(x, Literal) or id(x) in given for x in node.inputs):
            continue
        key, step = node.inputs
        if key.spec.rank == 1 and step.spec.rank == 0:
            found.setdefault((node.op.name, key.spec, id(step), tuple(node.attrs.items())), []).append(node)
    return [group for group in found.values() if len(group) >= _FEWEST]
