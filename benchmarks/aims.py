"""What the project wants to reach, and what the runs say to that."""

from __future__ import annotations

from collections.abc import Iterable
from statistics import median
from typing import TYPE_CHECKING, NamedTuple

from pairs import Ratio, geometric_mean
from workloads import WORKLOADS

if TYPE_CHECKING:
    from groups import Group

Points = list[tuple[str, Ratio]]
FRAMEWORKS = ("jax", "torch", "tensorflow")


class Aim(NamedTuple):
    """One line.

    Attributes:
        text: What is wanted.
        points: What was measured, by name; the least of them counts.
        bound: The least that is wanted, in times as fast.
        mean: Whether the geometric mean of the points counts instead.
    """

    text: str
    points: Points
    bound: float
    mean: bool = False

    def row(self) -> str:
        """Return the line of the table."""
        if not self.points:
            return f"| {self.text} | not measured | - |"
        if self.mean:
            value = geometric_mean(point.value for _, point in self.points)
            return f"| {self.text} | {_verdict(value, self.bound)} | {value:.2f}x over {len(self.points)} |"
        name, least = min(self.points, key=lambda named: named[1].value)
        noise = " (within the noise)" if least.low < self.bound < least.high else ""
        below = sum(point.value < self.bound for _, point in self.points)
        verdict = _verdict(least.value, self.bound) + noise
        return f"| {self.text} | {verdict} | {least}: {name}; {below} of {len(self.points)} below |"


def _verdict(value: float, bound: float) -> str:
    return "reached" if value >= bound else "**not reached**"


def table(groups: list[Group]) -> list[str]:
    """Return the rows of the table; ratios are given as times as fast, so that more is better."""
    trained = [g for g in groups if g.task in WORKLOADS]
    rows = ["| aim | | least ratio |", "|---|---|---|"]
    every = (*_training(trained), *_single(groups), *_numpy(trained), *_files(groups))
    return [*rows, *(aim.row() for aim in every), *_import(groups)]


def _points(groups: Iterable[Group], rival: str, key: str = "us") -> Points:
    """Return the ratios to a rival; ``"best"`` is the best hand-written variant by that figure."""
    found = [(g, g.against(g.best_native(key) if rival == "best" else rival, key)) for g in groups]
    return [(f"{g.task}, {g.backend}", value) for g, value in found if value]


def _training(groups: list[Group]) -> Iterable[Aim]:
    for backend in FRAMEWORKS:
        points = _points((g for g in groups if g.backend == backend), "keras")
        yield Aim(f"{backend}: no workload below 1.0x of Keras", points, 1.0)
        yield Aim(f"{backend}: 1.5x of Keras in the geometric mean", points, 1.5, mean=True)
    for backend in FRAMEWORKS:
        points = _points((g for g in groups if g.backend == backend), "best")
        yield Aim(f"{backend}: no workload below 0.95x of the best hand-written loop", points, 0.95)
    for backend, bound in (*((name, 1.5) for name in FRAMEWORKS), ("numpy", 0.9)):
        small = _points((g for g in groups if g.backend == backend and g.task == "mlp_small"), "best")
        yield Aim(f"{backend}: mlp_small at {bound}x of the best hand-written loop", small, bound)


def _single(groups: list[Group]) -> Iterable[Aim]:
    one = [g for g in groups if g.task.startswith("predict:")]
    for backend in ("numpy", *FRAMEWORKS):
        own = [g for g in one if g.backend == backend]
        rival = "native:compile" if backend == "torch" else "best"
        points = _points(own, rival, "predict_us")
        yield Aim(
            f"{backend}: `predict` of one example at 0.5x of a call of the compiled function", points, 0.5
        )
    for backend in ("torch", "tensorflow"):
        points = _points((g for g in one if g.backend == backend), "keras", "predict_us")
        yield Aim(f"{backend}: `predict` of one example at 20x of Keras", points, 20.0)
    eager = _points((g for g in one if g.backend == "torch"), "native:eager", "call_us")
    yield Aim("torch: `model(x)` on one example at 0.5x of an eager call", eager, 0.5)


def _files(groups: list[Group]) -> Iterable[Aim]:
    for verb, key in (("written", "save_s"), ("read", "load_s")):
        points = _points((g for g in groups if g.task == "weights"), "keras", key)
        yield Aim(f"weights {verb} at 1.0x of Keras", points, 1.0)


def _import(groups: list[Group]) -> list[str]:
    """Return the line about what `import horn` adds to `import numpy`, which is no ratio."""
    runs = next((g.runs["horn"] for g in groups if (g.task, g.backend) == ("import", "numpy")), [])
    if not any("added_s" in run for run in runs):
        return []
    seconds, modules = (median(run[key] for run in runs) for key in ("added_s", "added_modules"))
    reached = "reached" if seconds < 0.06 and modules < 40 else "**not reached**"
    text = "`import horn` adds less than 0.06 s and 40 modules to `import numpy`"
    return [f"| {text} | {reached} | {seconds:.3f} s, {modules:.0f} modules |"]


def _numpy(groups: list[Group]) -> Iterable[Aim]:
    for task, bound in (("mlp", 0.8), ("vgg", 0.4)):
        points = _points((g for g in groups if g.backend == "numpy" and g.task == task), "native:eager@torch")
        yield Aim(f"numpy: {task} at {bound}x of eager PyTorch", points, bound)
