"""The short report of a run: a table of families and checks, and the causes at the root."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from horn.spec import ops
from horn.spec.graph import Graph
from horn.spec.program import lower
from horn_conformance.checks import ON_OP, ON_PAGE
from horn_conformance.plan import PLANS
from horn_conformance.trial import Trial

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from horn.contract import Backend
    from horn_conformance.checks import Item
    from horn_conformance.suite import Suite


_BY_GRADIENT = ("grad", "kink", "native", "planned", "compiled", "differences", "settled")
"""Checks that run gradients too, where an op may fail for what its gradient is made of."""


def parts(name: str, backend: Backend, kind: str = "joint") -> set[str]:
    """Return the other kernels of a backend that an op is made of, by default with its gradient.

    Args:
        name: The op.
        backend: Whose kernels are not taken apart.
        kind: ``"forward"`` to leave the gradient out.
    """
    plan = PLANS.get(name)
    if plan is None:
        return set()
    trial = Trial(plan.cases[0], "int32" if plan.takes == "integer" else "float32")
    return set(_names(trial.graph(kind if trial.has_gradient else "forward")[0], backend)) - {name}


def _names(graph: Graph, backend: Backend) -> Iterable[str]:
    for node in lower(graph, backend).nodes:
        yield node.op.name
        for value in node.attrs.values():
            if isinstance(value, Graph):
                yield from _names(value, backend)


def roots(failures: Mapping[Item, str], backend: Backend) -> dict[str, list[str]]:
    """Return the ops whose failures no other failing op explains, each with those that echo it.

    Args:
        failures: Failed items and what they said.
        backend: What was tested.
    """
    failed = {item.op for item in failures}
    forward = {item.op for item in failures if item.check not in _BY_GRADIENT}
    causes = {
        op: parts(op, backend, "forward") & forward if op in forward else parts(op, backend) & failed
        for op in failed
    }
    found: dict[str, list[str]] = {op: [] for op in failed if not causes[op] or _in_circle(op, causes)}
    for op in sorted(failed - set(found)):
        for cause in causes[op] & set(found):
            found[cause].append(op)
    return found


def _in_circle(op: str, causes: Mapping[str, set[str]]) -> bool:
    """Return whether each op that may explain `op` is explained by it in turn."""
    return all(op in causes[cause] for cause in causes[op])


def table(outcomes: Mapping[Item, str | None]) -> str:
    """Return counts of agreements and disagreements by family and check."""
    columns = [check for check in (*ON_OP, *ON_PAGE) if any(item.check == check for item in outcomes)]
    counts: Counter[tuple[str, str, bool]] = Counter()
    families: list[str] = []
    for item, failure in outcomes.items():
        if item.op not in ops:
            continue
        family = ops[item.op].family.split(".")[0]
        families += [family] * (family not in families)
        counts[family, item.check, failure is None] += 1
    rows = [["", *columns]]
    for family in families:
        cells = [(counts[family, check, True], counts[family, check, False]) for check in columns]
        rows.append(
            [
                family,
                *(f"{good}" + (f" !{bad}" if bad else "") if good or bad else "-" for good, bad in cells),
            ]
        )
    widths = [max(len(row[i]) for row in rows) for i in range(len(rows[0]))]
    return "\n".join(
        "  ".join(cell.rjust(width) for cell, width in zip(row, widths, strict=True)) for row in rows
    )


def render(suite: Suite, profile: str, outcomes: Mapping[Item, str | None], seconds: float) -> str:
    """Return the report as text.

    Args:
        suite: The run.
        profile: The name of its profile.
        outcomes: What each item said, None for agreement.
        seconds: How long it took.
    """
    failures = {item: text for item, text in outcomes.items() if text is not None}
    verdict = "NOT CONFORMANT" if failures else "CONFORMANT"
    lines = [
        f"horn conformance - {suite.backend.name} - profile {profile} - {len(outcomes)} items - {seconds:.0f} s",
        verdict + (f": {len(failures)} disagreements" if failures else ""),
        "",
        table(outcomes),
    ]
    bad = {item.check for item in failures if item.op == "backend"}
    general = [
        f"{item.check} {'!' if item.check in bad else 'ok'}" for item in outcomes if item.op == "backend"
    ]
    lines += ["", "contract  " + "  ".join(general)] if general else []
    for number, (op, echoes) in enumerate(sorted(roots(failures, suite.backend).items()), 1):
        mine = [item for item in failures if item.op == op]
        lines += ["", f"root cause {number}: {op}, in {', '.join(sorted({item.check for item in mine}))}"
                  + (f" (echoes in {', '.join(echoes)})" if echoes else "")]  # fmt: skip
        lines += [f"  {line}" for line in failures[mine[0]].splitlines()]
    return "\n".join(lines)
