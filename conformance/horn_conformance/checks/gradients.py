"""Whether gradients agree, densely and with cotangents that are not uniform."""

from __future__ import annotations

from functools import reduce
from typing import TYPE_CHECKING, Any

import numpy as np

from horn import dtypes
from horn.engine import reference
from horn.spec import ops
from horn.spec.graph import spec_of
from horn_conformance.checks.judging import attempt, judge
from horn_conformance.compare import compare
from horn_conformance.failure import disagreement
from horn_conformance.trial import Trial

if TYPE_CHECKING:
    from collections.abc import Sequence

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


def native(suite: Suite, plan: Plan, dtype: str) -> None:
    """The framework's own gradient through the kernels is the page's, away from kinks."""
    backend = suite.backend
    for case in suite.cases(plan, suite.profile.modes):
        trial = Trial(case, dtype, case.smooth_round, seed=5)
        if not trial.has_gradient:
            continue
        tensors = trial.tensors(backend, trial.values("joint"))
        leaves, cotangents = tensors[: len(trial.leaves)], tensors[len(trial.leaves) :]

        def loss(
            values: Sequence[Any], trial: Trial = trial, leaves: list[Any] = leaves, given: list[Any] = cotangents
        ) -> Any:
            filled = dict(zip(trial.floats, values, strict=True))
            results = trial.forward(*(filled.get(i, leaf) for i, leaf in enumerate(leaves)))
            floats = [y for y in results if dtypes.is_float(spec_of(y).dtype)]
            terms = [ops.sum(ops.multiply(y, c)) for y, c in zip(floats, given, strict=True)]
            return reduce(ops.add, terms), results

        watched = [leaves[i] for i in trial.floats]
        (_, results), gradients = attempt(
            suite, trial, "native", lambda fn=loss, x=watched: backend.value_and_grad(fn, x)
        )
        judge(suite, trial, "native", "joint", [*results, *gradients])


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
    pairs = zip(gradients, row.gradients, strict=True)
    for i, (got, settled) in enumerate(pairs, len(trial.outputs())):
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
        count = len(trial.outputs())
        for i, (got, want) in enumerate(zip(results[count:], row.gradients, strict=True), count):
            if not np.allclose(got, want, rtol=1e-12, atol=1e-30, equal_nan=True):
                raise disagreement(trial, "kink", f"the page gives {got}, want {want}", "numpy", i)
