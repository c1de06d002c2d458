"""Runs every test: those of the core, and conformance on each backend, one process each.

    python tests/run.py                 all of them, two at a time
    python tests/run.py core numpy      only these

Each writes its output to build/tests/NAME.log. The exit status is 0 if all passed. A backend that is not
installed has failed: to leave one out, name the others.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor, as_completed
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).resolve().parent.parent
LOGS = ROOT / "build" / "tests"
LIMIT = 35 * 60
"""Seconds after which a process is stopped and counts as failed."""

SHOWN = 60
"""Lines of a failed process's output that are shown."""


def conformance(backend: str, profile: str, *others: str) -> list[str]:
    """Return the arguments that make pytest run the suite, and other tests, on a backend."""
    return [*others, "--pyargs", "horn_conformance", "--horn-backend", backend, "--horn-profile", profile]


EVERY_CLASS = "tests/every_class/test_there.py"

# The longest first, so that the last ones fill the gaps.
RUNS = {
    "jax": conformance("jax", "smoke", "tests/models", EVERY_CLASS, "plugins/horn-jax/horn_jax/native.py"),
    "tensorflow": conformance(
        "tensorflow", "smoke", "tests/models", EVERY_CLASS, "plugins/horn-tf/horn_tf/native.py",
        "plugins/horn-tf/tests",
    ),
    "numpy": conformance("numpy", "default", "tests/models"),
    "keras": ["tests/keras_oracle"],
    "core": [
        "tests", "horn", "conformance/tests",
        "--ignore=tests/models", "--ignore=tests/plain-backend", "--ignore=tests/keras_oracle",
    ],
    "torch": conformance(
        "torch", "smoke", "tests/models", EVERY_CLASS, "plugins/horn-torch/horn_torch/native.py",
        "plugins/horn-torch/tests",
    ),
    "plain": conformance("plain", "smoke"),
}


class Outcome(NamedTuple):
    """How one process ended."""

    name: str
    passed: bool
    seconds: float
    lines: list[str]


def environment(jobs: int) -> dict[str, str]:
    """Return the environment of a process: no choice of a backend, and a fair share of the cores."""
    share = str(max(1, (os.cpu_count() or 1) // jobs))
    chosen = {key: value for key, value in os.environ.items() if key not in ("HORN_BACKEND", "KERAS_BACKEND")}
    return {"OMP_NUM_THREADS": share, "OPENBLAS_NUM_THREADS": share, "TF_CPP_MIN_LOG_LEVEL": "2", **chosen}


def run(name: str, jobs: int) -> Outcome:
    """Run the tests called `name` in a process of their own."""
    start = time.monotonic()
    log = LOGS / f"{name}.log"
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", *RUNS[name]]
    with log.open("w", encoding="utf-8") as output:
        try:
            status = subprocess.run(
                command, cwd=ROOT, env=environment(jobs), stdout=output, stderr=subprocess.STDOUT,
                timeout=LIMIT, check=False,
            ).returncode
        except subprocess.TimeoutExpired:
            output.write(f"\nstopped after {LIMIT} s\n")
            status = -1
    lines = log.read_text(encoding="utf-8", errors="replace").splitlines()
    return Outcome(name, status == 0, time.monotonic() - start, lines)


def report(outcome: Outcome) -> None:
    """Print one line about a process, and the end of its output if it failed."""
    if not outcome.passed:
        print(f"\n---- {outcome.name}: the end of build/tests/{outcome.name}.log")
        print("\n".join(outcome.lines[-SHOWN:]))
    verdict = "passed" if outcome.passed else "FAILED"
    summary = outcome.lines[-1].strip("= ") if outcome.lines else "no output"
    print(f"{verdict}  {outcome.name:<10}  {outcome.seconds:5.0f} s  {summary}", flush=True)


def main() -> int:
    """Run what the command line names and return the exit status."""
    parser = argparse.ArgumentParser(description="Run the tests, one process for each backend.")
    parser.add_argument("names", nargs="*", metavar="NAME", help=f"some of {', '.join(RUNS)}; all if none is named")
    parser.add_argument("--jobs", type=int, default=2, help="how many processes at a time (2)")
    arguments = parser.parse_args()
    unknown = sorted(set(arguments.names) - set(RUNS))
    if unknown:
        parser.error(f"there are no tests called {', '.join(unknown)}; choose from {', '.join(RUNS)}")
    LOGS.mkdir(parents=True, exist_ok=True)
    with ThreadPoolExecutor(arguments.jobs) as pool:
        started = [pool.submit(run, name, arguments.jobs) for name in RUNS if name in (arguments.names or RUNS)]
        for future in as_completed(started):
            report(future.result())
    return 0 if all(future.result().passed for future in started) else 1


if __name__ == "__main__":
    sys.exit(main())
