"""``horn-conform NAME``: run the suite against one backend and print the short report.

Exit codes: 0 conformant, 1 not conformant, 2 the suite itself failed, 3 the backend does not load.
"""

from __future__ import annotations

import argparse
import sys
import time
import traceback
from typing import TYPE_CHECKING

from horn.spec import ops
from horn_conformance.checks import Item, items, run
from horn_conformance.failure import Disagreement
from horn_conformance.loading import load
from horn_conformance.report import render
from horn_conformance.suite import PROFILES, Suite

if TYPE_CHECKING:
    from collections.abc import Sequence


def arguments(given: Sequence[str] | None) -> argparse.Namespace:
    """Return the parsed command line."""
    what = "Check whether a backend means what Horn's op pages say."
    parser = argparse.ArgumentParser(prog="horn-conform", description=what)
    parser.add_argument("backend", help="a registered name, or module:Class")
    parser.add_argument("--device", metavar="NAME", help="where its tensors live: cpu, gpu, gpu:1 ...")
    parser.add_argument("--profile", default="default", choices=sorted(PROFILES))
    parser.add_argument(
        "--op", action="append", choices=list(ops), metavar="OP", help="check this op alone (repeatable)"
    )
    parser.add_argument("--self-check", action="store_true", help="check the op pages themselves as well")
    return parser.parse_args(given)


def outcomes(suite: Suite, found: Sequence[Item]) -> dict[Item, Disagreement | None]:
    """Return what each item says: None where it agrees."""
    said: dict[Item, Disagreement | None] = {}
    for item in found:
        try:
            run(suite, item)
            said[item] = None
        except Disagreement as disagreement:
            said[item] = disagreement
    return said


def main(given: Sequence[str] | None = None) -> int:
    """Run the suite and return the exit code."""
    chosen = arguments(given)
    started = time.perf_counter()
    try:
        backend = load(chosen.backend, chosen.device)
    except Exception as error:  # noqa: BLE001  (a plugin may fail in any way)
        print(
            f"The backend {chosen.backend!r} does not load.\n{type(error).__name__}: {error}", file=sys.stderr
        )
        return 3
    suite = Suite(backend, PROFILES[chosen.profile])
    try:
        said = outcomes(suite, items(suite, pages_too=chosen.self_check, only=chosen.op))
        print(render(suite, chosen.profile, said, time.perf_counter() - started))
    except Exception:  # noqa: BLE001  (whatever is no disagreement is a fault of the suite)
        traceback.print_exc()
        return 2
    return int(any(failure is not None for failure in said.values()))


if __name__ == "__main__":
    sys.exit(main())
