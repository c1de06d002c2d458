"""Compares Horn with Keras and with hand-written loops on the same backend, and writes a report.

python benchmarks/run.py                      everything, seven rounds
python benchmarks/run.py --only torch mlp     some backends or tasks
python benchmarks/run.py --write              to report.md and its pictures
python benchmarks/run.py --device gpu --only jax torch [--precision float32] [--policy mixed_bfloat16]
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
from dataclasses import asdict
from itertools import product
from pathlib import Path
from typing import Any

import conditions
import report
from groups import Group
from workloads import WORKLOADS

HERE = Path(__file__).parent
BACKENDS = ("numpy", "jax", "torch", "tensorflow")
VARIANTS = {
    "numpy": ("plain",),
    "jax": ("step", "loop"),
    "torch": ("eager", "compile"),
    "tensorflow": ("step", "loop", "step+xla", "loop+xla"),
}
# Loops that XLA compiles run convolutions on a processor many times slower than single steps do.
NOT_WITH_CONVOLUTIONS = ("loop", "loop+xla")
NUMPY_BY_HAND = ("mlp_small", "mlp", "vgg", "deep")
SINGLE = ("predict:mlp_small", "predict:mlp")
TASKS = (*WORKLOADS, *SINGLE, "import", "weights")
# A hand-written variant this much slower than the best one of the first round is not run again.
HOPELESS = 1.3


def contenders(task: str, backend: str) -> list[str]:
    """Return the cells of a task on a backend; one of another backend is written ``kind@backend``."""
    kinds = ["horn"] if backend == "numpy" else ["horn", "keras"]
    if task in ("import", "weights"):
        return kinds if task == "weights" else [*kinds, "native"]
    variants = VARIANTS[backend]
    if task in SINGLE:
        xla = [v for v in variants if not v.startswith("loop")]
        return kinds + [f"native:{v}" for v in xla]
    if WORKLOADS[task].has_convolutions:
        skipped = NOT_WITH_CONVOLUTIONS if backend == "jax" else NOT_WITH_CONVOLUTIONS[1:]
        variants = tuple(v for v in variants if v not in skipped)
    if backend == "numpy":
        variants = variants if task in NUMPY_BY_HAND else ()
        return [
            *kinds,
            *(f"native:{v}" for v in variants),
            *(["native:eager@torch"] if task in NUMPY_BY_HAND else []),
        ]
    return kinds + [f"native:{v}" for v in variants]


def cell(kind: str, backend: str, task: str, options: argparse.Namespace) -> dict[str, Any] | str:
    """Run one measurement in a process of its own and return its figures, or why there are none."""
    kind, _, other = kind.partition("@")
    command = [sys.executable, str(HERE / "cell.py"), kind, other or backend, task]
    command += ["--seconds", str(options.seconds), *conditions.words(options)]
    try:
        done = subprocess.run(
            command, capture_output=True, text=True, check=False, timeout=options.limit, env=_environment()
        )
    except subprocess.TimeoutExpired:
        return f"gave no answer in {options.limit:g} s"
    if done.returncode:
        print(done.stderr[-2000:], file=sys.stderr)
        return f"failed: {(done.stderr.strip().splitlines() or ['killed'])[-1][:200]}"
    return json.loads(done.stdout.splitlines()[-1])


def _environment() -> dict[str, str]:
    """Return the variables of a cell, whose sources are compiled once, as those of installed packages are."""
    return {key: value for key, value in os.environ.items() if key != "PYTHONDONTWRITEBYTECODE"}


def compare(group: Group, options: argparse.Namespace) -> None:
    """Run the cells of a task on a backend in turn, round by round, until there are enough rounds."""
    task, backend = group.task, group.backend
    for turn in range(group.rounds, options.rounds):
        kinds = [kind for kind in contenders(task, backend) if _is_wanted(kind, group)]
        for kind in kinds[turn % len(kinds) :] + kinds[: turn % len(kinds)]:
            figures = cell(kind, backend, task, options)
            if isinstance(figures, str):
                group.trouble[kind] = figures
            else:
                group.runs.setdefault(kind, []).append(figures)
            print(f"{task:18} {backend:10} {kind:18} {report.line(figures)}", file=sys.stderr, flush=True)
    if task in WORKLOADS and "horn" in group.runs:
        group.check()
        rows = 1024 if options.device == "cpu" else 8192
        group.peak = _one(f"gemm:{rows}", backend, options, "flops_per_s")
        group.flops = _one(f"flops:{task}", "numpy", options, "flops")


def _one(task: str, backend: str, options: argparse.Namespace, key: str) -> float:
    figures = cell("horn", backend, task, options)
    return float("nan") if isinstance(figures, str) else figures[key]


def _is_wanted(kind: str, group: Group) -> bool:
    """Return whether a contender runs in the next round: in the first one all do."""
    return not group.runs or (kind not in group.trouble and not _hopeless(kind, group.runs))


def _hopeless(kind: str, runs: dict[str, list[dict[str, Any]]]) -> bool:
    if not kind.startswith("native:") or "@" in kind or "us" not in runs[kind][0]:
        return False
    best = min(
        found[0]["us"] for other, found in runs.items() if other.startswith("native:") and "@" not in other
    )
    return runs[kind][0]["us"] > HOPELESS * best


def _kept(paths: list[Path]) -> list[Group]:
    found = [json.loads(path.read_text(encoding="utf-8")) for path in paths if path.exists()]
    return [Group(**fields) for groups in found for fields in groups]


def measured(options: argparse.Namespace) -> list[Group]:
    """Return what a file has of the tasks that are wanted, and measure what it lacks."""
    chosen = set(options.only)
    groups = _kept(options.runs)
    known = {(group.task, group.backend): group for group in groups}
    for task, backend in product(TASKS, BACKENDS):
        wanted = backend in (chosen & set(BACKENDS) or BACKENDS) and task in (chosen & set(TASKS) or TASKS)
        group = known.get((task, backend)) or Group(task, backend, {}, {})
        if wanted and group.rounds < options.rounds:
            groups += [] if group in groups else [group]
            compare(group, options)
            if options.runs:
                options.runs[0].write_text(json.dumps([asdict(group) for group in groups]), encoding="utf-8")
    return sorted(groups, key=lambda group: (TASKS.index(group.task), BACKENDS.index(group.backend)))


def main() -> None:
    """Measure and print the report; with --write, keep it."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    names = (*BACKENDS, *TASKS)
    parser.add_argument("--only", nargs="+", default=[], choices=names, help="some backends or tasks")
    parser.add_argument("--rounds", type=int, default=7, help="paired runs of each comparison")
    parser.add_argument("--seconds", type=float, default=3.0, help="steady time of a cell")
    conditions.add(parser)
    parser.add_argument("--limit", type=float, default=600.0, help="seconds after which a cell is given up")
    parser.add_argument("--runs", type=Path, nargs="+", default=[], help="files with figures; the first is added to")
    parser.add_argument("--note", default="", help="a sentence for the report: what ran beside what")
    parser.add_argument("--write", action="store_true", help="write report.md, or report_gpu.md, and its pictures")
    options = parser.parse_args()
    text, pictures = report.make(measured(options), options)
    print(text)
    if options.write:
        (HERE / f"{report.name(options)}.md").write_text(text, encoding="utf-8")
        for name, picture in pictures.items():
            (HERE / name).write_text(picture, encoding="utf-8")


if __name__ == "__main__":
    main()
