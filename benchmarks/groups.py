"""The runs of one task on one backend, and what can be asked of them."""

from __future__ import annotations

from dataclasses import dataclass
from statistics import median
from typing import Any

from pairs import Ratio, ratio


@dataclass
class Group:
    """What ran side by side.

    Attributes:
        task: A workload, or another task.
        backend: A name.
        runs: The figures of each round for ``"horn"``, ``"keras"``, ``"native:..."``.
        trouble: What failed or took too long, and why, by kind.
        peak: Operations a second of a product of matrices on this backend.
        flops: Operations of a training step.
    """

    task: str
    backend: str
    runs: dict[str, list[dict[str, Any]]]
    trouble: dict[str, str]
    peak: float = float("nan")
    flops: float = 0.0

    @property
    def rounds(self) -> int:
        """How many rounds there were."""
        return len(self.runs.get("horn", []))

    def of(self, kind: str, key: str = "us") -> list[float]:
        """Return one figure of each round."""
        return [run[key] for run in self.runs.get(kind, [])]

    def natives(self) -> list[str]:
        """Return the hand-written variants on this backend that ran in every round."""
        full = [kind for kind, found in self.runs.items() if len(found) == self.rounds]
        return [kind for kind in full if kind.startswith("native:") and "@" not in kind]

    def best_native(self, key: str = "us") -> str | None:
        """Return the fastest hand-written variant, or None where there is none."""
        return min(self.natives(), key=lambda kind: median(self.of(kind, key)), default=None)

    def against(self, kind: str | None, key: str = "us") -> Ratio | None:
        """Return how many times as fast Horn is; None if one of the two did not run each time."""
        if kind is None or len(self.of(kind, key)) != len(self.of("horn", key)):
            return None
        return ratio(self.of(kind, key), self.of("horn", key))

    def check(self) -> None:
        """Note as trouble what trains another number of parameters than Horn, or does not learn."""
        for kind, found in self.runs.items():
            if found[0]["parameters"] != self.runs["horn"][0]["parameters"]:
                self.trouble[kind] = f"trains {found[0]['parameters']} parameters"
            if not all(run["loss"] < run["first_loss"] for run in found):
                self.trouble[kind] = f"does not learn: {found[0]['first_loss']:.4f} to {found[0]['loss']:.4f}"
