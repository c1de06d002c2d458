"""The report: what the runs say, as Markdown tables, pictures, and the aims reached or not."""

from __future__ import annotations

import os
import platform
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from statistics import median
from typing import TYPE_CHECKING, Any

import aims
import conditions
import plot
from workloads import WORKLOADS

if TYPE_CHECKING:
    import argparse

    from groups import Group

INTRODUCTION = """\
Every cell is a process of its own. The cells of a comparison ran in turn, round by round, each round beginning
with another one. Times are medians over the rounds. A ratio is the geometric mean of the ratios within the
rounds, with a 95 % interval by Student's t on their logarithms; above 1, Horn is the faster one.
Hand-written loops shuffle, train and keep the running loss and accuracy as `fit` does, and have the same number
of trained parameters; of their variants the fastest counts. Those that took 1.3 times the time of the best one in
the first round were not run again. A first step is building, compiling and one step, after the imports; what the
framework imports later on its own is part of it. Memory is the largest resident set of the process. The share of
the peak is of three times the operations of the forward pass (by `horn/engine/flops.py`), against a float32
product of matrices (1024x1024, or on a GPU 8192x8192) on the backend that is fastest at it, measured beside each
comparison."""


def line(figures: dict[str, Any] | str) -> str:
    """Return figures in one line, for the terminal."""
    if isinstance(figures, str):
        return figures
    return ", ".join(f"{name} {value:,.4g}" for name, value in figures.items())


def make(groups: list[Group], options: argparse.Namespace) -> tuple[str, dict[str, str]]:
    """Return the report, and pictures by their file names."""
    trained = [group for group in groups if group.task in WORKLOADS and "horn" in group.runs]
    pictures = {f"{name(options)}_{picture}": drawn for picture, drawn in _pictures(trained).items()}
    parts = [
        "# Horn, measured",
        f"{versions()}; {machine()}; {_rounds(groups)} rounds of {options.seconds:g} s, "
        f"{conditions.described(options)} {options.note}".strip(),
        INTRODUCTION,
        *(f"![{picture}]({picture})" for picture in pictures),
    ]
    for title, rows in (
        ("Training steps", _steps(trained)),
        ("First step and memory", _costs(trained)),
        ("Hand-written variants", _variants(trained)),
        ("One example", _single([g for g in groups if g.task.startswith("predict:")])),
        ("Import", _plain([g for g in groups if g.task == "import"], "import_s", "s")),
        ("Weights written", _plain([g for g in groups if g.task == "weights"], "save_s", "s")),
        ("Weights read", _plain([g for g in groups if g.task == "weights"], "load_s", "s")),
        ("Trouble", _trouble(groups)),
        ("Aims", aims.table([g for g in groups if "horn" in g.runs])),
    ):
        if len(rows) > 2:
            parts += [f"## {title}", "\n".join(rows)]
    return "\n\n".join(parts) + "\n", pictures


def name(options: argparse.Namespace) -> str:
    """Return what the report and its pictures are called."""
    return "report" if options.device == "cpu" else "report_gpu"


def _head(*columns: str) -> list[str]:
    return [_row(*columns), _row(*("---" if i < 2 else "---:" for i in range(len(columns))))]


def _row(*cells: Any) -> str:
    return f"| {' | '.join(map(str, cells))} |"


def _figure(group: Group, kind: str | None, key: str, form: str = ",.0f") -> str:
    runs = group.runs.get(kind or "", [])
    return format(median(run[key] for run in runs), form) if runs else "-"


def _steps(groups: list[Group]) -> list[str]:
    rows = _head(
        "workload", "backend", "Horn, us", "Keras, us", "Horn against Keras", "best by hand, us", "Horn against it",
        "Horn, % of the peak", "processors used",
    )  # fmt: skip
    peak = max((group.peak for group in groups if group.peak == group.peak), default=float("nan"))
    for group in groups:
        best = group.best_native()
        hand = f"{_figure(group, best, 'us')} ({best.partition(':')[2]})" if best else "-"
        share = group.flops / (median(group.of("horn")) * 1e-6) / peak * 100
        mine, keras = _figure(group, "horn", "us"), _figure(group, "keras", "us")
        against = (group.against("keras") or "-", hand, group.against(best) or "-")
        cores = _figure(group, "horn", "cores", ".2f")
        rows.append(_row(group.task, group.backend, mine, keras, *against, f"{share:.0f}", cores))
    return rows


def _costs(groups: list[Group]) -> list[str]:
    names = ("Horn", "Keras", "by hand")
    rows = _head(
        "workload", "backend", *(f"{n}, first step, s" for n in names), *(f"{n}, memory, MB" for n in names)
    )
    for group in groups:
        kinds = ("horn", "keras", group.best_native())
        first = [_figure(group, kind, "first_s", ".2f") for kind in kinds]
        rows.append(
            _row(group.task, group.backend, *first, *(_figure(group, kind, "rss_mb") for kind in kinds))
        )
    return rows


def _variants(groups: list[Group]) -> list[str]:
    rows = _head("workload", "backend", "variant", "us", "first step, s", "accuracy", "runs")
    for group in groups:
        for kind in (k for k in group.runs if k.startswith("native:")):
            figures = [_figure(group, kind, key, form) for key, form in _VARIANT_FIGURES]
            rows.append(
                _row(group.task, group.backend, kind.partition(":")[2], *figures, len(group.runs[kind]))
            )
    return rows


_VARIANT_FIGURES = (("us", ",.0f"), ("first_s", ".2f"), ("accuracy", ".2f"))


def _single(groups: list[Group]) -> list[str]:
    rows = _head("workload", "backend", "implementation", "predict, us", "call, us")
    for group in groups:
        for kind in group.runs:
            figures = (_figure(group, kind, "predict_us"), _figure(group, kind, "call_us"))
            rows.append(_row(group.task.partition(":")[2], group.backend, kind, *figures))
    return rows


def _plain(groups: list[Group], key: str, unit: str) -> list[str]:
    rows = _head(
        "task", "backend", f"Horn, {unit}", f"Keras, {unit}", f"framework alone, {unit}", "Horn against Keras"
    )
    for group in groups:
        figures = [_figure(group, kind, key, ".3f") for kind in ("horn", "keras", "native")]
        rows.append(_row(group.task, group.backend, *figures, group.against("keras", key) or "-"))
    return rows


def _trouble(groups: list[Group]) -> list[str]:
    rows = _head("task", "backend", "implementation", "what")
    for group in groups:
        rows += [_row(group.task, group.backend, kind, what) for kind, what in group.trouble.items()]
    return rows


def _pictures(groups: list[Group]) -> dict[str, str]:
    wanted = {
        "keras.svg": ("A training step against Keras 3", lambda g: g.against("keras")),
        "native.svg": (
            "A training step against the best hand-written loop",
            lambda g: g.against(g.best_native()),
        ),
        "first_step.svg": ("The first step against Keras 3", lambda g: g.against("keras", "first_s")),
    }
    found = {}
    for name, (title, measure) in wanted.items():
        points = [(g.task, g.backend, measure(g)) for g in groups]
        known = [(task, backend, value) for task, backend, value in points if value]
        if known:
            found[name] = plot.ratios(title, known)
    return found


def _rounds(groups: list[Group]) -> str:
    """Return how many rounds there were, the fewest and the most."""
    counts = {group.rounds for group in groups if group.rounds}
    return " to ".join(str(n) for n in sorted({min(counts, default=0), max(counts, default=0)}))


def machine() -> str:
    """Return the system, the processor as it calls itself, and how many there are."""
    listed = Path("/proc/cpuinfo")
    lines = listed.read_text(encoding="utf-8").splitlines() if listed.exists() else []
    names = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    name = names[0] if names else platform.processor() or platform.machine()
    return f"{platform.system()}, {os.cpu_count()} x {name}"


def versions() -> str:
    """Return the versions of what was measured."""
    found = []
    for name in ("numpy", "jax", "optax", "torch", "tensorflow", "tensorflow-cpu", "keras"):
        try:
            found.append(f"{name} {version(name)}")
        except PackageNotFoundError:
            continue
    return f"Python {platform.python_version()}, " + ", ".join(found)
