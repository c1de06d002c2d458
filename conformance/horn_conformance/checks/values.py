"""Whether results have the right values: drawn ones, special ones, and no traces left behind."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from horn.engine import reference
from horn.spec.graph import Symbol
from horn_conformance.checks.judging import attempt, judge
from horn_conformance.compare import is_vague
from horn_conformance.failure import Disagreement, disagreement
from horn_conformance.trial import Trial

if TYPE_CHECKING:
    from collections.abc import Sequence

    from horn_conformance.plan import Plan
    from horn_conformance.suite import Suite


def value(suite: Suite, plan: Plan, dtype: str) -> None:
    """Results lie within the bound that is derived from the page, on every case and layout."""
    vague = 0
    trials = [trial for case in suite.cases(plan) for trial in suite.trials(case, dtype)]
    for trial in trials:
        tensors = trial.tensors(suite.backend, trial.leaves)
        results = attempt(suite, trial, "value", lambda t=trial, x=tensors: t.forward(*x))
        judge(suite, trial, "value", "forward", results)
        want, bounds = suite.expect(trial, "forward")
        vague += any(is_vague(y, bound) for y, bound in zip(want, bounds, strict=True))
    if dtype in ("float32", "float64") and vague > 0.2 * len(trials):
        text = f"the suite is too vague here: {vague} of {len(trials)} bounds say little"
        raise Disagreement(plan.cases[0].op, f"value / {dtype}", text)


def special(suite: Suite, plan: Plan, dtype: str) -> None:
    """NaN, infinities, signed zeros, extremes and indices out of range give what the page says."""
    for case in plan.special:
        if not all(suite.supports(x) for x in case.attrs.values() if isinstance(x, str)):
            continue
        trial = Trial(case, dtype)
        tensors = trial.tensors(suite.backend, trial.leaves)
        results = attempt(suite, trial, "special", lambda t=trial, x=tensors: t.forward(*x))
        judge(suite, trial, "special", "forward", results)


def state(suite: Suite, plan: Plan, dtype: str) -> None:
    """A result is the same twice, and nothing that comes later changes it or the operands."""
    backend = suite.backend
    for case in suite.cases(plan):
        trial, other = Trial(case, dtype, seed=1), Trial(case, dtype, seed=2)
        storages = [backend.variable(leaf, trainable=False) for leaf in trial.leaves]
        tensors = [backend.read(storage) for storage in storages]
        first = attempt(suite, trial, "state", lambda t=trial, x=tensors: t.forward(*x))
        before = [np.array(backend.to_numpy(y)) for y in first]
        if not _all_same(suite, tensors, trial.leaves):
            raise disagreement(trial, "state", "an operand was overwritten", backend.name)
        again = attempt(suite, trial, "state", lambda t=trial, x=tensors: t.forward(*x))
        if not _all_same(suite, again, before):
            raise disagreement(trial, "state", "the same call gave other bits", backend.name)
        different = trial.tensors(backend, other.leaves)
        attempt(suite, trial, "state", lambda t=trial, x=different: t.forward(*x))
        if not _all_same(suite, first, before):
            raise disagreement(trial, "state", "a later call changed the result", backend.name)
        if _may_alias(trial):
            continue
        for storage, leaf in zip(storages, trial.leaves, strict=True):
            backend.write(storage, backend.asarray(np.zeros_like(leaf)))
        if not _all_same(suite, first, before):
            raise disagreement(trial, "state", "the result changes with an operand's storage", backend.name)


def _all_same(suite: Suite, tensors: Sequence[Any], arrays: Sequence[np.ndarray]) -> bool:
    return all(_same(suite.backend.to_numpy(y), old) for y, old in zip(tensors, arrays, strict=True))


def _may_alias(trial: Trial) -> bool:
    """Return whether the page lets a result be a view of an operand."""
    return any(_root(out).node is None for out in reference.lowered(trial.graph("forward")[0]).outputs)


def _root(out: Any) -> Any:
    while isinstance(out, Symbol) and out.node is not None and out.node.op.aliases:
        out = out.node.inputs[0]
    return out if isinstance(out, Symbol) else Symbol(out.spec)


def _same(got: Any, want: np.ndarray) -> bool:
    return np.array_equal(reference.widen(got), reference.widen(want), equal_nan=True)
