"""Whether the pages themselves are right: against a second oracle, and against central differences.

These need no backend. A page that is wrong would make every backend wrong in the same way.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from horn import dtypes
from horn.engine import numerics, reference
from horn.spec import ops
from horn.spec.random import threefry2x32
from horn_conformance.checks.contract import THREEFRY
from horn_conformance.compare import compare
from horn_conformance.failure import Disagreement, disagreement
from horn_conformance.oracles import ORACLES
from horn_conformance.trial import Trial
from horn_conformance.window_oracles import threefry

if TYPE_CHECKING:
    from collections.abc import Callable

    from horn_conformance.plan import Plan

_LARGE = 4000
"""Cases with more elements are too slow for oracles that loop."""


def oracle(plan: Plan) -> None:
    """A primitive's body agrees with an independent one, special values included."""
    name = plan.cases[0].op
    if name not in ORACLES:
        raise Disagreement(name, "oracle", "there is no second oracle for this primitive")
    cases = [(case, round_) for case in plan.cases for round_ in range(min(case.rounds, 2))]
    for case, round_ in [*cases, *((case, 0) for case in plan.special)]:
        trial = Trial(case, "int32" if plan.takes == "integer" else "float64", round_, seed=round_)
        if case.call is None and sum(leaf.size for leaf in trial.leaves) < _LARGE:
            _compare_oracle(trial)
    if name == "scan":
        for case in plan.cases:
            _compare_scans(Trial(case, "float64"))
    if name == "random_bits":
        known_answers()


def _compare_oracle(trial: Trial) -> None:
    graph, arrays = trial.graph("forward")
    (node,) = [node for node in graph.nodes if node.op.name == trial.case.op] or [None]
    if node is None or len(graph.nodes) != 1:
        return
    want = reference.evaluate(graph, arrays)[0]
    operands = node.op.regroup([reference.widen(x) for x in arrays], node.form)
    with np.errstate(all="ignore"):
        second = np.asarray(ORACLES[trial.case.op](*operands, **node.attrs))
    _agree(trial, want, second)


def _agree(trial: Trial, want: np.ndarray, second: np.ndarray) -> None:
    dtype, lawful = dtypes.canonical(want.dtype), trial.outputs()[0].dtype
    if dtypes.is_integer(dtype):
        low, size = int(np.iinfo(dtype).min), 2 ** np.iinfo(dtype).bits
        second = np.array([(int(x) - low) % size + low for x in second.ravel()], object).reshape(second.shape)
    finite = np.abs(want[np.isfinite(want)]) if want.dtype.kind == "f" else np.zeros(1)
    scale = float(finite.max()) if finite.size else 0.0
    bound = np.full(want.shape, 1e-12 * max(scale, 0.0)) if want.dtype.kind == "f" else np.zeros(want.shape)
    bound = np.minimum(bound, 1e-9 * np.abs(np.nan_to_num(want, posinf=0.0, neginf=0.0))) + 1e-15 * scale
    if lawful in ("float32", "float16", "bfloat16"):
        bound = bound + numerics.unit_roundoff(lawful) * scale  # a constant that the page has rounded
    mismatch = compare(second.astype(want.dtype), want, bound, dtype)
    if mismatch is not None:
        raise disagreement(trial, "oracle", mismatch, "numpy")


def _compare_scans(trial: Trial) -> None:
    """Compare the loop of `scan` with the oracle's, whatever its body is."""
    graph, arrays = trial.graph("forward")
    want = reference.evaluate(graph, arrays)
    page = reference.backend.kernels["scan"]
    reference.backend.kernels["scan"] = ORACLES["scan"]
    try:
        second = reference.evaluate(graph, arrays)
    finally:
        reference.backend.kernels["scan"] = page
    for a, b in zip(want, second, strict=True):
        _agree(trial, a, b)


def known_answers() -> None:
    """The page's Threefry and the oracle's give the known answers of Random123."""
    for key, counter, want in THREEFRY:
        words = [np.array([word], np.uint32) for word in (*key, *counter)]
        page = tuple(int(word[0]) for word in threefry2x32(words[:2], words[2:]))
        if page != want or threefry(key, counter) != want:
            raise Disagreement(
                "random_bits", "oracle", f"key {key}, counter {counter}: got {page}, want {want}"
            )


def differences(plan: Plan) -> None:
    """The gradient of the page, in float64, agrees with central differences for every element."""
    for case in plan.cases if plan.smooth and plan.takes not in ("none", "integer") else ():
        trial = Trial(case, "float64", case.smooth_round, seed=3)
        if trial.has_gradient and sum(leaf.size for leaf in trial.leaves) < 200:
            _compare_differences(trial)


def _compare_differences(trial: Trial) -> None:
    graph, arrays = trial.graph("joint")
    gradients = reference.evaluate(graph, arrays)[len(trial.outputs()) :]
    forward, leaves = trial.graph("forward")[0], [reference.widen(leaf) for leaf in trial.leaves]
    cotangents = iter(trial.cotangents)
    given = [next(cotangents) if dtypes.is_float(spec.dtype) else None for spec in trial.outputs()]

    def weighted(values: list[Any]) -> tuple[float, float]:
        pairs = zip(reference.evaluate(forward, values), given, strict=True)
        terms = [np.where(np.isfinite(y), y * c, 0.0) for y, c in pairs if c is not None]
        return sum(float(t.sum()) for t in terms), sum(float(np.abs(t).sum()) for t in terms)

    pairs = zip(trial.floats, gradients, strict=True)
    for i, (place, gradient) in enumerate(pairs, len(trial.outputs())):
        want, bound = _slopes(weighted, leaves, place)
        mismatch = compare(gradient, want, bound, "float64")
        if mismatch is not None:
            raise disagreement(trial, "differences", mismatch, "numpy", i)


def _slopes(
    fn: Callable[[list[Any]], tuple[float, float]], leaves: list[Any], place: int
) -> tuple[np.ndarray, np.ndarray]:
    """Return the gradient by one operand from differences over two distances, and its uncertainty."""
    slopes, bounds = np.zeros(leaves[place].shape), np.zeros(leaves[place].shape)
    for i in np.ndindex(*leaves[place].shape):
        estimates, rounding = [], 0.0
        for h in (2e-4, 1e-4):
            step = (
                h * max(1.0, abs(float(leaves[place][i])) * 0.1) if abs(leaves[place][i]) > 1e-3 else h * 1e-2
            )
            values = []
            for sign in (1.0, -1.0):
                moved = list(leaves)
                moved[place] = leaves[place].copy()
                moved[place][i] += sign * step
                values.append(fn(moved))
            estimates.append((values[0][0] - values[1][0]) / (2 * step))
            rounding = max(rounding, 1e-14 * max(values[0][1], values[1][1]) / step)
        slopes[i] = (4.0 * estimates[1] - estimates[0]) / 3.0
        bounds[i] = abs(estimates[0] - estimates[1]) * 0.5 + rounding + 1e-12
    return slopes, bounds


def is_primitive(plan: Plan) -> bool:
    """Return whether the op of a plan has a body in NumPy."""
    return not ops[plan.cases[0].op].is_composite
