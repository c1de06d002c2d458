"""Compares Horn with Keras and with hand-written loops on the same backend, and writes a report.

python benchmarks/run.py                      everything, three rounds
python benchmarks/run.py --only torch mlp     some backends or workloads
"""

from __future__ import annotations

import argparse
import json
import platform
import subprocess
import sys
from importlib.metadata import PackageNotFoundError, version
from itertools import product
from pathlib import Path
from statistics import median

HERE = Path(__file__).parent
BACKENDS = ("numpy", "jax", "torch", "tensorflow")
WORKLOADS = ("mlp_small", "mlp", "convnet")
# What each backend is compared with: Keras cannot train on NumPy.
RIVALS = {"numpy": ("native",), "jax": ("keras",), "torch": ("native", "keras"), "tensorflow": ("keras",)}


def cell(kind: str, backend: str, workload: str, seconds: float) -> dict[str, float]:
    """Run one measurement in a process of its own."""
    command = [sys.executable, str(HERE / "cell.py"), kind, backend, workload, str(seconds)]
    done = subprocess.run(command, capture_output=True, text=True, check=False, cwd=HERE)
    if done.returncode:
        raise SystemExit(f"{' '.join(command[1:])} failed:\n{done.stderr[-2000:]}")
    return json.loads(done.stdout.splitlines()[-1])


def compare(backend: str, workload: str, rounds: int, seconds: float) -> list[str]:
    """Run Horn and its rivals in turn and return the rows of the report."""
    rivals = [r for r in RIVALS[backend] if not (backend == "numpy" and workload == "convnet")]
    runs: dict[str, list[float]] = {kind: [] for kind in ("horn", *rivals)}
    for _ in range(rounds):
        for kind, times in runs.items():
            times.append(cell(kind, backend, workload, seconds)["us"])
    rows = []
    for rival in rivals:
        ratios = sorted(other / mine for mine, other in zip(runs["horn"], runs[rival], strict=True))
        rows.append(
            f"| {workload} | {backend} | {median(runs['horn']):,.0f} | {rival} | {median(runs[rival]):,.0f} "
            f"| {median(ratios):.2f} | {ratios[0]:.2f} to {ratios[-1]:.2f} |"
        )
    return rows


def versions() -> str:
    """Return the versions of what was measured."""
    found = []
    for name in ("numpy", "jax", "torch", "tensorflow", "tensorflow-cpu", "keras"):
        try:
            found.append(f"{name} {version(name)}")
        except PackageNotFoundError:
            continue
    return f"Python {platform.python_version()}, " + ", ".join(found)


def main() -> None:
    """Measure and print the table; with --write, keep it as report.md."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--only", nargs="+", default=[], help="backends and workloads to run")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--seconds", type=float, default=3.0, help="steady time of a cell")
    parser.add_argument("--write", action="store_true", help="write the table to report.md")
    arguments = parser.parse_args()
    chosen = set(arguments.only)
    lines = [
        "| workload | backend | Horn, us a step | against | us a step | times as fast (median) | range |",
        "|---|---|---:|---|---:|---:|---|",
    ]
    print(*lines, sep="\n", flush=True)
    for workload, backend in product(WORKLOADS, BACKENDS):
        if (chosen & set(BACKENDS) and backend not in chosen) or (chosen & set(WORKLOADS) and workload not in chosen):
            continue
        for row in compare(backend, workload, arguments.rounds, arguments.seconds):
            print(row, flush=True)
            lines.append(row)
    if arguments.write:
        head = f"# Training steps, measured\n\n{versions()}; {arguments.rounds} rounds, medians of pairs.\n\n"
        (HERE / "report.md").write_text(head + "\n".join(lines) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
