"""How many floating-point operations a graph takes: counted from the shapes, before anything runs.

A multiplication and an addition count as two, a function such as `exp` as one for each element;
moving elements about counts as nothing.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from horn.spec.program import expand
from horn.spec.sizes import product

if TYPE_CHECKING:
    from horn.spec.graph import Graph, Node


def flops(graph: Graph) -> dict[str, Any]:
    """Return the count for each path of layers; it is a `Dim` where sizes are unknown."""
    found: dict[str, Any] = {}
    known: dict[int, Any] = {}
    for node in graph.nodes:
        found[node.scope] = found.get(node.scope, 0) + _of_node(node, known)
    return found


def _of_node(node: Node, known: dict[int, Any]) -> Any:
    if node.op.is_composite:
        specs = [None if x is None else x.spec for x in node.inputs]
        return _of_graph(expand(node.op, specs, node.form, node.attrs), known)
    rule = _RULES.get(node.op.name) or _FAMILIES.get(node.op.family)
    return rule(node, known) if rule else 0


def _of_graph(graph: Graph, known: dict[int, Any]) -> Any:
    if id(graph) not in known:
        total: Any = 0
        for node in graph.nodes:
            total = total + _of_node(node, known)
        known[id(graph)] = total
    return known[id(graph)]


def _elements(node: Node, known: dict[int, Any]) -> Any:
    del known
    return node.outputs[0].spec.size


def _reduced(node: Node, known: dict[int, Any]) -> Any:
    del known
    return node.inputs[0].spec.size


def _matmul(node: Node, known: dict[int, Any]) -> Any:
    del known
    return node.outputs[0].spec.size * node.inputs[0].spec.shape[-1] * 2


def _convolution(node: Node, known: dict[int, Any]) -> Any:
    del known
    return node.outputs[0].spec.size * product(node.inputs[1].spec.shape[:-1]) * 2


def _pooling(node: Node, known: dict[int, Any]) -> Any:
    del known
    return node.outputs[0].spec.size * product(node.attrs["pool_size"])


def _scan(node: Node, known: dict[int, Any]) -> Any:
    return _of_graph(node.attrs["body"], known) * node.attrs["length"]


_FAMILIES = {
    "elementwise.arithmetic": _elements,
    "elementwise.comparison": _elements,
    "elementwise.exponential": _elements,
    "reduction": _reduced,
}
_RULES = {
    "matmul": _matmul,
    "convolution": _convolution,
    "max_pooling": _pooling,
    "scan": _scan,
}
