"""``horn-mutate``: run the suite against every mutant and print which check killed which."""

from __future__ import annotations

import argparse
import sys
import time
import warnings
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from horn.engine import reference
from horn.spec import ops
from horn_conformance.causes import parts, roots
from horn_conformance.checks import Item, items, run
from horn_conformance.failure import Disagreement
from horn_conformance.mutants import MUTANTS
from horn_conformance.suite import Profile, Suite

if TYPE_CHECKING:
    from collections.abc import Sequence

    from horn.contract import Backend
    from horn_conformance.mutants.mutant import Mutant

PROFILE = Profile(
    cases=99, gradients=99, draws=3, modes=1, floats=(), integers=("int32", "int8", "uint8", "int64")
)
_USERS = 4
"""How many ops that are made of the defective one are checked too, to see whom the report blames."""


class Outcome(NamedTuple):
    """What the suite said about one mutant.

    Attributes:
        killers: The checks of the right op that failed.
        blamed: The ops that the report names as root causes.
        said: The first line of the first failure.
    """

    killers: list[str]
    blamed: list[str]
    said: str


def users(name: str, backend: Backend, count: int) -> list[str]:
    """Return some ops, from all over the pages, that the op is a part of, or a part of their gradients."""
    found = [other for other in ops if name in parts(other, backend)]
    return found[:: -(-len(found) // count) or 1]


def examine(mutant: Mutant, known: dict[Any, Any]) -> Outcome:
    """Run the checks of the op that is defective, and of a few that use it."""
    with mutant.backend() as backend, np.errstate(all="ignore"), warnings.catch_warnings():
        warnings.simplefilter("ignore", RuntimeWarning)  # NumPy's mean of nothing heeds no error state
        suite = Suite(backend, PROFILE, {} if mutant.slot else known)
        only = ["add"]
        if mutant.op in ops:
            # What is wrong in a page is wrong for whoever fuses a kernel out of it, too.
            whose = reference.backend if mutant.slot else backend
            only = [mutant.op, *users(mutant.op, whose, 99 if mutant.is_benign else _USERS)]
        found = items(suite, pages_too=mutant.slot is not None, only=only)
        failures = _failures(suite, found if mutant.op in ops else [*items(suite, only=()), *found])
        blamed = sorted(roots(failures, backend))
    killers = sorted({item.check for item in failures if item.op == mutant.op})
    return Outcome(killers, blamed, str(next(iter(failures.values()), "")).partition("\n")[0])


def _failures(suite: Suite, found: Sequence[Item]) -> dict[Item, Disagreement]:
    failures: dict[Item, Disagreement] = {}
    for item in found:
        try:
            run(suite, item)
        except Disagreement as disagreement:
            failures[item] = disagreement
        except Exception as error:  # noqa: BLE001  (a mutant may break anything)
            failures[item] = Disagreement(item.op, item.check, f"{type(error).__name__}: {error}")
    return failures


def verdict(mutant: Mutant, outcome: Outcome) -> str:
    """Return ``"killed"``, or what went wrong."""
    if mutant.is_benign:
        return "passed" if not outcome.blamed else "FALSE ALARM"
    if not outcome.blamed:
        return "SURVIVED"
    return "killed" if outcome.killers and outcome.blamed == [mutant.op] else "BLAMED ON OTHERS"


def main(given: Sequence[str] | None = None) -> int:
    """Print the kill matrix; the exit code is 0 if all are killed and all harmless ones pass."""
    parser = argparse.ArgumentParser(
        prog="horn-mutate", description="Grade the conformance suite with defective backends."
    )
    parser.add_argument(
        "--only", action="append", metavar="NAME", help="M001 and so on; may be given several times"
    )
    parser.add_argument("--verbose", action="store_true", help="print the first failure of each")
    chosen = parser.parse_args(given)
    started, known, right = time.perf_counter(), {}, 0
    selected = [mutant for mutant in MUTANTS if not chosen.only or mutant.name in chosen.only]
    for mutant in sorted(selected, key=lambda mutant: mutant.name):
        outcome = examine(mutant, known)
        grade = verdict(mutant, outcome)
        right += grade in ("killed", "passed")
        by = ", ".join(outcome.killers) or "-"
        print(f"{mutant.name}  {grade:16}  {mutant.op}: {mutant.what}  [{by}]", flush=True)
        if chosen.verbose or grade not in ("killed", "passed"):
            print(f"      blamed {outcome.blamed or 'nobody'}: {outcome.said}", flush=True)
    harmless = sum(mutant.is_benign for mutant in selected)
    print(f"{len(selected) - harmless} mutants, {harmless} harmless; {right} of {len(selected)} as they should be; "
          f"{time.perf_counter() - started:.0f} s")  # fmt: skip
    return int(right < len(selected))


if __name__ == "__main__":
    sys.exit(main())
