"""The short report of a run: a table of families and checks, and the causes at the root."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from horn.spec import ops
from horn_conformance.causes import roots
from horn_conformance.checks import ON_OP, ON_PAGE

if TYPE_CHECKING:
    from collections.abc import Mapping

    from horn_conformance.checks import Item
    from horn_conformance.failure import Disagreement
    from horn_conformance.suite import Suite


def table(outcomes: Mapping[Item, Disagreement | None]) -> str:
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


def render(suite: Suite, profile: str, outcomes: Mapping[Item, Disagreement | None], seconds: float) -> str:
    """Return the report as text.

    Args:
        suite: The run.
        profile: The name of its profile.
        outcomes: What each item said, None for agreement.
        seconds: How long it took.
    """
    failures = {item: failure for item, failure in outcomes.items() if failure is not None}
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
        lines += [f"  {line}" for line in str(failures[mine[0]]).splitlines()]
    return "\n".join(lines)
