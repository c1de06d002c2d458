"""How time and memory grow: with the batch, the depth, the variables, the epochs and the data.

python benchmarks/growth.py                     Horn on every backend, as Markdown
python benchmarks/growth.py --only torch depth  some backends or questions
python benchmarks/growth.py --kind keras        the same for Keras
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
from itertools import product
from pathlib import Path

import cell
import conditions
from questions import FIGURES, QUESTIONS

HERE = Path(__file__).parent
BACKENDS = ("numpy", "jax", "torch", "tensorflow")


def slope(found: dict[str, float]) -> tuple[float, float]:
    """Return the slope over all, and over the last two, on logarithmic axes."""
    import numpy as np

    sizes, times = np.log([float(n) for n in found]), np.log(list(found.values()))
    last = (times[-1] - times[-2]) / (sizes[-1] - sizes[-2])
    return float(np.polyfit(sizes, times, 1)[0]), float(last)


def row(question: str, backend: str, found: dict[str, float]) -> str:
    """Return the line of a table."""
    digits = 1 if question in FIGURES else 0
    figures = ", ".join(f"{name}: {value:,.{digits}f}" for name, value in found.items())
    slopes = "| |" if question in FIGURES else "{:.2f} | {:.2f} |".format(*slope(found))
    return f"| {question} | {backend} | {figures} | {slopes}"


def ask(question: str, backend: str, options: argparse.Namespace) -> str:
    """Answer one question in a process of its own, and return the line of the table."""
    command = [sys.executable, str(HERE / "growth.py"), "--kind", options.kind, "--cell", question, backend]
    done = subprocess.run(
        [*command, *conditions.words(options)],
        capture_output=True,
        text=True,
        check=False,
        timeout=1800,
    )
    if done.returncode:
        reason = done.stderr.strip().splitlines()[-1] if done.stderr.strip() else f"exit {done.returncode}"
        return f"| {question} | {backend} | failed: {reason[:200]} | | |"
    return row(question, backend, json.loads(done.stdout.splitlines()[-1]))


def main() -> None:
    """Ask every question on every backend; with --write, keep the table as growth.md."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--only", nargs="+", default=[], choices=(*BACKENDS, *QUESTIONS))
    parser.add_argument("--kind", choices=("horn", "keras"), default="horn")
    conditions.add(parser)
    parser.add_argument("--write", action="store_true", help="write growth.md")
    parser.add_argument("--cell", nargs=2, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.cell:
        question, backend = options.cell
        conditions.settle(backend, options)
        print(json.dumps(QUESTIONS[question](cell.imported(options.kind, backend))))
        return
    backends = [b for b in BACKENDS if options.kind == "horn" or b != "numpy"]
    chosen = set(options.only)
    lines = [
        "| question | backend | microseconds by size, or figures | slope | slope at the end |",
        "|---|---|---|---:|---:|",
    ]
    print(*lines, sep="\n", flush=True)
    for question, backend in product(QUESTIONS, backends):
        if (chosen & set(BACKENDS) and backend not in chosen) or (
            chosen & set(QUESTIONS) and question not in chosen
        ):
            continue
        lines.append(ask(question, backend, options))
        print(lines[-1], flush=True)
    if options.write:
        text = f"# How {options.kind} grows\n\n{INTRODUCTION}\n\n" + "\n".join(lines) + "\n"
        (HERE / "growth.md").write_text(text, encoding="utf-8")


INTRODUCTION = """\
The slope of the logarithm of the time over the logarithm of the size: 1 is proportional, below 1 there is a fixed
part. `batch`, `depth` and `variables` are times of a step; `epochs` of a whole `fit`; `data` of an epoch; `first`
of building, compiling and one step; `build` of building alone. `disk` trains with the memory that the process may
take bounded (RLIMIT_DATA); `source` from a generator."""

if __name__ == "__main__":
    main()
