"""Whether gradients agree, densely and with cotangents that are not uniform."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from horn.engine import reference
from horn_conformance.checks.judging import attempt, judge
from horn_conformance.compare import compare
from horn_conformance.failure import disagreement
from horn_conformance.trial import Trial

if TYPE_CHECKING:
    from horn_conformance.plan import Kink, Plan
    from horn_conformance.suite import Suite


def grad(suite: Suite, plan: Plan, dtype: str) -> None:
    """The tape on this backend gives the gradients that the reference gives, for every operand."""
    for case in suite.cases(plan, suite.profile.gradients):
        if not Trial(case, dtype).has_gradient:
            continue
        for trial in suite.trials(case, dtype):
            tensors = trial.tensors(suite.backend, trial.values("joint"))
            results = attempt(suite, trial, "grad", lambda t=trial, x=tensors: t.joint(*x))
            judge(suite, trial, "grad", "joint", results)


def kink(suite: Suite, plan: Plan, dtype: str) -> None:
    """Where the derivative does not exist, the gradient is the one that was settled, written down again."""
    for row in plan.kinks:
        trial = Trial(row.case, dtype)
        values = [*trial.leaves, np.asarray(row.cotangent, trial.leaves[trial.floats[0]].dtype)]
        tensors = trial.tensors(suite.backend, values)
        results = attempt(suite, trial, "kink", lambda t=trial, x=tensors: t.joint(*x))
        gradients = [suite.backend.to_numpy(y) for y in results[len(trial.outputs()) :]]
        _compare_settled(suite, trial, row, gradients)


def _compare_settled(suite: Suite, trial: Trial, row: Kink, gradients: list[np.ndarray]) -> None:
    for i, (got, settled) in enumerate(zip(gradients, row.gradients, strict=True)):
        want = np.asarray(settled, np.float64)
        mismatch = compare(np.asarray(got), want, 1e-6 * np.abs(np.nan_to_num(want, posinf=0.0)), trial.dtype)
        if mismatch is not None:
            raise disagreement(trial, "kink", mismatch, suite.backend.name, i)


def settled_by_page(plan: Plan) -> None:
    """The page itself, in float64, gives the gradients at kinks that are written down here."""
    for row in plan.kinks:
        trial = Trial(row.case, "float64")
        values = [*trial.leaves, np.asarray(row.cotangent, np.float64)]
        results = reference.evaluate(trial.graph("joint")[0], values)
        for i, (got, want) in enumerate(zip(results[len(trial.outputs()) :], row.gradients, strict=True)):
            if not np.allclose(got, want, rtol=1e-12, atol=1e-30, equal_nan=True):
                raise disagreement(trial, "kink", f"the page gives {got}, want {want}", "numpy", i)
