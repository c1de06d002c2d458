"""What one run of the suite knows: the backend, how much to try, and what has been worked out."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, NamedTuple

from hypothesis import HealthCheck, Phase, given, settings, strategies as st

from horn import contract
from horn.engine import numerics
from horn_conformance.plan import PLANS
from horn_conformance.trial import LAYOUTS, Trial

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    import numpy as np

    from horn.contract import Backend
    from horn_conformance.plan import Case, Plan


class Profile(NamedTuple):
    """How much a run tries.

    Attributes:
        cases: How many cases of each op.
        gradients: How many of them with gradients.
        draws: How many draws of values for each case; a third of that in further float dtypes.
        modes: How many cases are run planned and compiled too.
        floats: Float dtypes beside float32 in which values and gradients are tried.
        integers: Integer dtypes that are tried.
    """

    cases: int
    gradients: int
    draws: int
    modes: int
    floats: tuple[str, ...]
    integers: tuple[str, ...]


_INTEGERS = ("int32", "int8", "uint8", "int64", "int16")
_FLOATS = ("float64", "bfloat16", "float16")
PROFILES = {
    "smoke": Profile(cases=2, gradients=1, draws=2, modes=1, floats=(), integers=_INTEGERS[:1]),
    "default": Profile(cases=99, gradients=99, draws=6, modes=2, floats=_FLOATS, integers=_INTEGERS),
    "thorough": Profile(cases=99, gradients=99, draws=60, modes=99, floats=_FLOATS, integers=_INTEGERS),
}


class Suite:
    """One run against one backend.

    Args:
        backend: What is tested.
        profile: How much is tried.
        known: Expectations of earlier runs with the same pages, to be read and added to.
    """

    def __init__(self, backend: Backend, profile: Profile, known: dict[Any, Any] | None = None) -> None:
        self.backend = backend
        self.profile = profile
        self.known = {} if known is None else known

    @contextmanager
    def active(self) -> Iterator[None]:
        """Make the backend the current one for a block."""
        with contract.context(backend=self.backend):
            yield

    def supports(self, dtype: str) -> bool:
        """Return whether the backend claims a dtype; only some floats are optional."""
        return dtype not in ("float64", "float16", "bfloat16") or dtype in self.backend.capabilities

    def cases(self, plan: Plan, limit: int | None = None) -> list[Case]:
        """Return the cases of a plan that the backend has the dtypes for."""
        named = [
            case for case in plan.cases
            if all(self.supports(value) for value in case.attrs.values() if isinstance(value, str))
        ]  # fmt: skip
        return named[: self.profile.cases if limit is None else min(limit, self.profile.cases)]

    def trials(self, case: Case, dtype: str, draws: int | None = None) -> list[Trial]:
        """Return draws of a case: hypothesis chooses the seeds; recipes and layouts take turns."""
        seen: list[Trial] = []
        first = PLANS[case.op].cases.index(case)

        def add(seed: int) -> None:
            layout = LAYOUTS[(len(seen) + first) % len(LAYOUTS)]
            seen.append(Trial(case, dtype, len(seen) % case.rounds, seed, layout))

        few = max(2, self.profile.draws // 3) if dtype in self.profile.floats else self.profile.draws
        explore(add, few if draws is None else draws)
        return seen

    def expect(self, trial: Trial, kind: str) -> tuple[list[np.ndarray], list[np.ndarray]]:
        """Return expected results and bounds of one trial.

        Args:
            trial: The draw.
            kind: ``"forward"``, or ``"joint"`` for results and gradients.
        """
        key = (*trial.key, kind)
        if key not in self.known:
            graph, arrays = trial.graph(kind)
            subnormals = "subnormals" in self.backend.capabilities
            want, bounds = numerics.tolerance(graph, arrays, trial.unit, subnormals=subnormals)
            if kind == "forward" and PLANS[trial.case.op].exact:
                bounds = [bound * 0 for bound in bounds]
            self.known[key] = want, bounds
        return self.known[key]


def explore(body: Callable[[int], None], draws: int) -> None:
    """Call `body` with seeds that hypothesis chooses, the same in every run."""

    @settings(
        max_examples=draws, derandomize=True, deadline=None, database=None,
        phases=(Phase.generate,), suppress_health_check=list(HealthCheck),
    )  # fmt: skip
    @given(seed=st.integers(0, 2**32 - 1))
    def run(seed: int) -> None:
        body(seed)

    run()
