"""Which op a failure is due to: of what the wrong result was made, and what of that fails by itself.

A check of one op runs others: those of its body, those of its gradient, those that the check itself
calls. A disagreement knows its draw and which result was wrong, so the ops on the way to that result
are known too. An op is blamed only for a failure that none of them explains by failing itself.

Results and gradients are kept apart: whatever runs an op relies on its results, but only what
differentiates it relies on its gradient. Where max pooling has a wrong gradient and the op that
computes this gradient, planned beside max pooling, gives a wrong result, the second explains the first.
"""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING, Any, NamedTuple

from horn.engine import reference
from horn.spec import ops
from horn.spec.graph import Graph
from horn.spec.program import Lowering
from horn_conformance.checks import ON_PAGE
from horn_conformance.plan import PLANS
from horn_conformance.trial import Trial

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from horn.contract import Backend
    from horn_conformance.checks import Item
    from horn_conformance.failure import Disagreement

_JOINT = ("shape", "grad", "kink", "native", "planned", "compiled", "fused", "differences", "settled")
"""Checks that run an op together with its gradient."""

_CALLED = {
    "native": ("sum", "multiply", "add"),
    "capabilities": ("divide", "multiply"),
    "random": ("random_bits",),
    "promotion": ("add",),
    "steps": ("matmul", "multiply", "square", "subtract", "sum", "tanh", "transpose"),
}
"""The ops that a check calls by itself, whatever it checks."""


class Part(NamedTuple):
    """What a result may rely on.

    Attributes:
        op: The op, or ``"backend"``.
        what: ``"results"`` or ``"gradient"`` of the op, either with a mark where it is compiled;
            ``"page"``, of which the expectations are made; of the backend, the name of a check.
    """

    op: str
    what: str


def parts(name: str, backend: Backend) -> set[str]:
    """Return the other kernels of a backend that an op and its gradient are made of.

    Args:
        name: The op.
        backend: Whose kernels are not taken apart.
    """
    if name not in PLANS:
        return set()
    return set(_names(_graph(_first(name), "joint"), _kernels(backend))) - {name}


def roots(failures: Mapping[Item, Disagreement], backend: Backend) -> dict[str, list[str]]:
    """Return the ops whose failures no other failing op explains, each with those that echo it.

    Args:
        failures: Failed items and what they said.
        backend: What was tested.
    """
    failing = {_failing(item, failure) for item, failure in failures.items()}
    causes: dict[str, set[str]] = {item.op: set() for item in failures}
    first: set[str] = set()
    for item, failure in failures.items():
        others = {part.op for part in _reliance(item, failure, backend) & failing} - {item.op}
        causes[item.op] |= others
        first |= set() if others else {item.op}
    behind = {op: _behind(op, causes) for op in causes}
    # Ops that explain one another, and that nothing else explains, are all named.
    first |= {
        op for op in causes if not behind[op] & first and all(op in behind[other] for other in behind[op])
    }
    return {op: sorted(echo for echo in set(causes) - first if op in behind[echo]) for op in first}


def _behind(op: str, causes: Mapping[str, set[str]]) -> set[str]:
    """Return every op that explains `op`, and what explains those."""
    seen: set[str] = set()
    ahead = [op]
    while ahead:
        new = causes[ahead.pop()] - seen
        seen |= new
        ahead += new
    return seen


def _failing(item: Item, failure: Disagreement) -> Part:
    """Return what a failure shows to be wrong."""
    if item.op == "backend":
        return Part(item.op, item.check)
    if item.check == "oracle":
        return Part(item.op, "page")
    trial, output = failure.trial, failure.output
    is_result = trial is not None and output is not None and output < len(trial.outputs())
    what = "results" if is_result or item.check not in _JOINT else "gradient"
    return Part(item.op, what + _way(item))


def _reliance(item: Item, failure: Disagreement, backend: Backend) -> set[Part]:
    """Return everything that the failing result of a check relies on."""
    found = {Part(name, what) for name in _CALLED.get(item.check, ()) for what in ("results", "gradient")}
    if item.op in PLANS:
        found |= _parts_of(item, failure, backend)
    found |= {Part(op, what + _way(item)) for op, what in found}
    return found | ({Part("backend", "steps")} if item.check == "compiled" else set())


def _way(item: Item) -> str:
    """Return the mark of what is compiled: an op that is wrong only there explains nothing elsewhere."""
    return ", compiled" if item.check == "compiled" else ""


def _parts_of(item: Item, failure: Disagreement, backend: Backend) -> set[Part]:
    """Return what the failing result of an op is made of."""
    trial = failure.trial
    if trial is None or item.check == "error":  # what a law forbids has no graph
        trial = _first(item.op)
    # What refuses a call is the laws of the ops in the body, whatever kernel the op itself has.
    kernels = _kernels(reference.backend if item.check in (*ON_PAGE, "error") else backend)
    if item.check == "fused":
        taken = {op for op in kernels if op == item.op or ops[op].gradient_of == item.op}
        kernels = {op: kernel for op, kernel in kernels.items() if op not in taken}
    graph = _graph(trial, "joint" if item.check in _JOINT else "forward")
    if failure.output is not None:
        graph = Graph(graph.inputs, graph.outputs[failure.output : failure.output + 1])
    found = {Part(name, "results") for name in _names(graph, kernels)}
    found |= {Part(name, "page") for name in _names(graph, reference.backend.kernels)}
    if trial.layout == "turned":
        found.add(Part("transpose", "results"))
    source = ops[item.op].gradient_of
    if _failing(item, failure).what.startswith("gradient") or (source and ops[item.op].is_composite):
        # The page of a gradient may take it from the ops that the other op is made of.
        graph = _graph(trial, "forward")
        found |= {Part(name, "gradient") for name in (*_names(graph, kernels), *_names(graph, _noted()))}
    return found - {Part(str(source), "gradient")}


def _kernels(backend: Backend) -> dict[str, Any]:
    """Return the kernels of a backend; a primitive whose kernel is missing is no less a part."""
    return {name: None for name in ops if not ops[name].is_composite} | dict(backend.kernels)


def _first(name: str) -> Trial:
    plan = PLANS[name]
    return Trial(plan.cases[0], "int32" if plan.takes == "integer" else "float32")


def _graph(trial: Trial, kind: str) -> Graph:
    """Return the graph of a draw; as much of it as a page that is wrong itself lets be traced."""
    for tried in (kind, "forward"):
        with suppress(Exception):
            return trial.graph(tried if trial.has_gradient else "forward")[0]
    return Graph([], [])


def _noted() -> dict[str, None]:
    """Return the ops that a tape notes as one call: all but composites without a gradient of their own."""
    return {name: None for name in ops if ops[name].vjp_rule is not None or not ops[name].is_composite}


def _names(graph: Graph, kernels: Mapping[str, Any]) -> Iterator[str]:
    """Give the kernels that a graph runs, constants included, which lowering works out by itself."""
    lowered = Lowering(kernels, {}, frozenset()).graph(graph)
    yield from (node.op.name for node in graph.nodes if node.op.name in kernels)
    yield from _nested(lowered.nodes, kernels)


def _nested(nodes: Iterable[Any], kernels: Mapping[str, Any]) -> Iterator[str]:
    for node in nodes:
        yield node.op.name
        for value in node.attrs.values():
            if isinstance(value, Graph):
                yield from _names(value, kernels)
