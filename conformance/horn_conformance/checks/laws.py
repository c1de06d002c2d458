"""Whether shapes, dtypes and errors are what the laws of the pages say."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np

from horn import dtypes
from horn.errors import HornError
from horn.spec import ops
from horn.spec.graph import trace
from horn.spec.program import Program
from horn.spec.sizes import Dim, evaluate
from horn_conformance.checks.judging import attempt, judge
from horn_conformance.failure import Disagreement, disagreement
from horn_conformance.trial import Trial

if TYPE_CHECKING:
    from collections.abc import Callable

    from horn.spec.graph import Graph
    from horn_conformance.plan import Case, Fault, Plan
    from horn_conformance.suite import Suite

UNKNOWN = "N"


def shape(suite: Suite, plan: Plan, dtype: str) -> None:
    """Real results have the shapes that the law states, for known sizes and for unknown ones."""
    for case in suite.cases(plan):
        trial = Trial(case, dtype)
        tensors = trial.tensors(suite.backend, trial.leaves)
        results = attempt(suite, trial, "shape", lambda t=trial, x=tensors: t.forward(*x))
        shapes = [tuple(suite.backend.describe(y)[0]) for y in results]
        lawful = [spec.shape for spec in trial.outputs()]
        if shapes != lawful:
            raise disagreement(trial, "shape", f"got {shapes}, the law says {lawful}", suite.backend.name)
        if case.unknown is not None:
            _check_unknown(suite, trial, lawful)


def _check_unknown(suite: Suite, trial: Trial, lawful: list[Any]) -> None:
    kind = "joint" if trial.has_gradient else "forward"
    graph = attempt(suite, trial, "shape", lambda: _open_graph(trial, kind))
    binding = {UNKNOWN: trial.case.unknown}
    shapes = [evaluate(out.spec.shape, binding) for out in graph.outputs[: len(lawful)]]
    if shapes != lawful:
        text = f"with an unknown size {[out.spec.shape for out in graph.outputs]}, want {lawful}"
        raise disagreement(trial, "shape", text, suite.backend.name)
    tensors = trial.tensors(suite.backend, trial.values(kind))
    run = attempt(suite, trial, "shape", lambda: Program(graph, suite.backend, binding))
    judge(suite, trial, "shape", kind, attempt(suite, trial, "shape", lambda: run(*tensors)))


def _open_graph(trial: Trial, kind: str) -> Graph:
    """Return a graph of a draw with an unknown in place of one of its sizes."""
    case, size = trial.case, Dim(UNKNOWN)

    def opened(value: Any) -> Any:
        if isinstance(value, tuple):
            return tuple(map(opened, value))
        return size if value == case.unknown and isinstance(value, int) else value

    specs = [symbol.spec.with_shape(opened(symbol.spec.shape)) for symbol in trial.graph(kind)[0].inputs]
    changed = {name: opened(value) for name, value in case.attrs.items() if isinstance(value, tuple)}
    opened_trial = Trial(replace(case, attrs={**case.attrs, **changed}), trial.dtype)
    return trace(opened_trial.joint if kind == "joint" else opened_trial.forward, specs)[0]


def result_dtype(suite: Suite, plan: Plan, dtype: str) -> None:  # noqa: ARG001
    """Results have the dtype that the law states, for operands of every dtype that the op takes."""
    case = suite.cases(plan)[0]
    for name in operand_dtypes(suite, plan):
        trial = Trial(case, name)
        tensors = trial.tensors(suite.backend, trial.leaves)
        results = attempt(suite, trial, "dtype", lambda t=trial, x=tensors: t.forward(*x))
        named = [suite.backend.describe(y)[1] for y in results]
        lawful = [spec.dtype for spec in trial.outputs()]
        if named != lawful:
            raise disagreement(trial, "dtype", f"got {named}, the law says {lawful}", suite.backend.name)
        judge(suite, trial, "dtype", "forward", results)


def operand_dtypes(suite: Suite, plan: Plan) -> list[str]:
    """Return the dtypes under test that an op takes and the backend claims."""
    wanted = ("float32", *(suite.profile.floats or ("float64", "bfloat16")))
    floats = [name for name in wanted if suite.supports(name)]
    integers = list(suite.profile.integers)
    table = {
        "float": floats,
        "wide": [name for name in floats if name in ("float32", "float64")],
        "number": floats + integers,
        "any": [*floats, *integers, "bool"],
        "integer": integers,
        "none": ["float32"],
    }
    return table[plan.takes]


def error(suite: Suite, plan: Plan, dtype: str) -> None:
    """What a law forbids raises the same error as in a trace, and before any kernel runs."""
    for fault in plan.faults:
        trial = Trial(fault.case, dtype)
        expected = _message(fault, lambda t=trial: trace(t.forward, list(t.specs)))
        tensors = trial.tensors(suite.backend, trial.leaves)
        with suite.active(), Spy(suite.backend) as called:
            got = _message(fault, lambda t=trial, x=tensors: t.forward(*x))
        if got != expected:
            raise disagreement(trial, "error", f"got {got!r}, want {expected!r}", suite.backend.name)
        if called:
            raise disagreement(
                trial, "error", f"the kernel {called[0]!r} ran before the error", suite.backend.name
            )


def _message(fault: Fault, call: Callable[[], Any]) -> str:
    """Return class and text of the error that `call` raises."""
    case: Case = fault.case
    try:
        call()
    except HornError as error:
        if not isinstance(error, fault.error) or fault.word not in str(error):
            text = f"{type(error).__name__} without the word {fault.word!r}: {error}"
            raise Disagreement(case.op, "error", text) from error
        return f"{type(error).__name__}: {error}"
    except Exception as error:
        raise Disagreement(case.op, "error", f"raised a bare {type(error).__name__}: {error}") from error
    raise Disagreement(case.op, "error", f"nothing was raised, want {fault.error.__name__} for {case.attrs}")


class Spy:
    """Notes which kernels of a backend are called within a block."""

    def __init__(self, backend: Any) -> None:
        self.backend = backend
        self.called: list[str] = []

    def __enter__(self) -> list[str]:
        self.kernels = self.backend.kernels
        self.backend.kernels = {name: self._noting(name, kernel) for name, kernel in self.kernels.items()}
        return self.called

    def _noting(self, name: str, kernel: Any) -> Any:
        def noted(*operands: Any, **attrs: Any) -> Any:
            self.called.append(name)
            return kernel(*operands, **attrs)

        return noted

    def __exit__(self, *details: object) -> None:
        self.backend.kernels = self.kernels


def promotion(suite: Suite) -> None:
    """Every two dtypes, and each with a Python number, meet where the lattice says."""
    backend = suite.backend
    names = [n for n in (*dtypes.FLOATS, *suite.profile.integers, "bool") if suite.supports(n)]
    tensors = {name: backend.asarray(np.ones(2, dtypes.numpy_dtype(name)), name) for name in names}
    rows = [(tensors[a], tensors[b], dtypes.promote(a, b), (a, b)) for a in names for b in names]
    for a in names:
        rows += [(tensors[a], x, dtypes.promote_with_number(a, x), (a, x)) for x in (True, 2, 2.5)]
        rows += [(x, tensors[a], dtypes.promote_with_number(a, x), (x, a)) for x in (True, 2, 2.5)]
    for x, y, want, pair in rows:
        if not suite.supports(want):
            continue
        with suite.active():
            got = backend.describe(ops.add(x, y))[1]
        if got != want:
            raise Disagreement("add", "promotion", f"{pair[0]} and {pair[1]} gave {got}, want {want}")
