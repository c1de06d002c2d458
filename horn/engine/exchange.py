"""Pooling before relu: the same results from a fraction of the elements.

Relu keeps order, so the largest of its results in a window is the result of the largest element,
a NaN included. The gradient is the same too: where that element is positive, the elements equal to
it are the same ones before and after relu, and elsewhere relu passes nothing on. So where a step
pools the result of relu and does nothing else with it, relu follows the pooling instead, and its
gradient comes before that of the pooling.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from horn.spec.graph import trace
from horn.spec.op import ops

if TYPE_CHECKING:
    from horn.spec.graph import Graph, Node


def pool_first(graph: Graph) -> Graph:
    """Return a lowered graph in which pooling comes before each relu whose result is only pooled."""
    relus = _pooled(graph)
    if not relus:
        return graph
    largest: dict[int, Any] = {}  # by relu, the pooled elements of what it was given

    def call(node: Node, leaves: list[Any]) -> Any:
        relu = relus.get(id(node))
        if relu is None:
            return node.op.call(leaves, node.form, node.attrs)
        if node.op.name == "max_pooling":
            largest[id(relu)] = node.op.call(leaves, node.form, node.attrs)
            return ops.relu(largest[id(relu)])
        if node.op.name == "max_pooling_grad":
            cotangent, output, x = leaves
            given = [ops.relu_grad(cotangent, output), largest[id(relu)], x]
            return node.op.call(given, node.form, node.attrs)
        return leaves[0]  # relu and its gradient have gone elsewhere

    return trace(lambda *inputs: graph.replay(inputs, call=call), [x.spec for x in graph.inputs])[0]


def _pooled(graph: Graph) -> dict[int, Node]:
    """Return the relus whose results are only pooled, by each node that has a part in it."""
    readers: dict[int, list[Node | None]] = {id(out): [None] for out in graph.outputs}
    for node in graph.nodes:
        for symbol in node.inputs:
            readers.setdefault(id(symbol), []).append(node)
    found: dict[int, Node] = {}
    for relu in graph.nodes:
        if relu.op.name == "relu":
            found |= {id(node): relu for node in _parts(relu, readers)}
    return found


def _parts(relu: Node, readers: dict[int, list[Node | None]]) -> list[Node]:
    """Return the relu, the pooling and, in a step that has them, the gradients of both; else nothing."""
    y = relu.outputs[0]
    by_name = {node.op.name: node for node in readers[id(y)] if node is not None}
    pooling = by_name.get("max_pooling")
    if pooling is None or len(by_name) != len(readers[id(y)]):
        return []
    if len(by_name) == 1:
        return [relu, pooling]
    spread, masked = by_name.get("max_pooling_grad"), by_name.get("relu_grad")
    if spread is None or masked is None or len(by_name) != 3:
        return []
    gradient = spread.outputs[0]
    belongs = spread.attrs == pooling.attrs and spread.inputs[1] is pooling.outputs[0] and spread.inputs[2] is y
    follows = masked.inputs[0] is gradient and masked.inputs[1] is y and readers[id(gradient)] == [masked]
    return [relu, pooling, spread, masked] if belongs and follows else []
