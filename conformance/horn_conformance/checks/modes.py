"""Whether an op means the same however it is run: planned, compiled, decomposed, in place, into a tensor."""

from __future__ import annotations

from copy import copy
from typing import TYPE_CHECKING, Any

import numpy as np

from horn import tree
from horn.dtypes import numpy_dtype
from horn.engine.plan import Runner
from horn.engine.step import Step
from horn.spec import ops
from horn.spec.graph import Graph
from horn.spec.program import Program
from horn_conformance.checks.judging import attempt, judge
from horn_conformance.failure import disagreement
from horn_conformance.trial import Trial

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from horn_conformance.plan import Plan
    from horn_conformance.suite import Suite


def planned(suite: Suite, plan: Plan, dtype: str) -> None:
    """A program of the traced op and its gradient, residual kernels included, gives what is expected."""
    for case in suite.cases(plan, suite.profile.modes):
        for trial in suite.trials(case, dtype, 2):
            kind = _kind(trial)
            graph, arrays = trial.graph(kind)
            tensors = trial.tensors(suite.backend, arrays)
            program = attempt(suite, trial, "planned", lambda g=graph: Program(g, suite.backend))
            judge(
                suite,
                trial,
                "planned",
                kind,
                attempt(suite, trial, "planned", lambda p=program, x=tensors: p(*x)),
            )


def compiled(suite: Suite, plan: Plan, dtype: str) -> None:
    """One compiled step gives what is expected for each of two batches, its donated operands being state."""
    for case in suite.cases(plan, suite.profile.modes):
        trials = suite.trials(case, dtype, 2)
        kind = "forward" if ops[case.op].donates else _kind(trials[0])
        run = attempt(suite, trials[0], "compiled", lambda t=trials[0], k=kind: _compile(suite, t, k))
        for trial in trials:
            results = attempt(suite, trial, "compiled", lambda t=trial, k=kind, r=run: r(t.values(k)))
            judge(suite, trial, "compiled", kind, results)


def _kind(trial: Trial) -> str:
    return "joint" if trial.has_gradient else "forward"


def _compile(suite: Suite, trial: Trial, kind: str) -> Callable[[Sequence[np.ndarray]], list[Any]]:
    """Return a function of arrays that runs the compiled step on fresh state."""
    backend = suite.backend
    graph, arrays = trial.graph(kind)
    donated = _donated(trial)
    rest = [i for i in range(len(arrays)) if i not in donated]
    turned = Graph([graph.inputs[i] for i in (*donated, *rest)], graph.outputs)
    step = Step(turned, [None] * len(donated), list(range(len(donated))), graph.outputs[len(donated) :])  # type: ignore[list-item]
    runner = Runner(step, backend) if backend.compile is None else backend.compile(step)

    def run(values: Sequence[np.ndarray]) -> list[Any]:
        state = [backend.variable(values[i], trainable=True) for i in donated]
        results = runner(state, [backend.asarray(values[i]) for i in rest], None, 0, 1)
        return [*(backend.read(storage) for storage in state), *results]

    return run


def _donated(trial: Trial) -> list[int]:
    """Return which operand leaves the results take over, in the order of the results."""
    op, places, start = ops[trial.case.op], {}, 0
    for name, operand in zip(op.operands, trial.operands, strict=False):
        count = len([leaf for leaf in tree.flatten(operand) if leaf is not None])
        places[name] = range(start, start + count)
        start += count
    return [i for name in op.donates for i in places[name]]


def fused(suite: Suite, plan: Plan, dtype: str) -> None:
    """Where a backend fuses a composite, its page and that of its gradient agree on the same backend too.

    `planned` runs the kernels, residual ones among them; here the op and its gradient are taken apart.
    """
    apart, name = copy(suite.backend), plan.cases[0].op
    taken = {name} | {op for op in ops if ops[op].gradient_of == name}
    apart.kernels = {op: kernel for op, kernel in suite.backend.kernels.items() if op not in taken}
    for case in suite.cases(plan, suite.profile.modes):
        for trial in suite.trials(case, dtype, 1):
            kind = "forward" if ops[name].donates else _kind(trial)
            graph, arrays = trial.graph(kind)
            tensors = trial.tensors(apart, arrays)
            run = attempt(suite, trial, "fused", lambda g=graph: Program(g, apart))
            results = attempt(suite, trial, "fused", lambda r=run, x=tensors: r(*x))
            judge(suite, trial, "fused", kind, results)


def in_place(suite: Suite, plan: Plan, dtype: str) -> None:
    """A kernel that overwrites its operands returns what the decomposition gives, and spares the others."""
    backend = suite.backend
    for case in suite.cases(plan):
        for trial in suite.trials(case, dtype, 1):
            graph, arrays = trial.graph("forward")
            (node,) = graph.nodes
            tensors = [backend.read(backend.variable(array, trainable=False)) for array in arrays]
            kernel = backend.in_place_kernels[case.op]
            grouped = node.op.regroup(tensors, node.form)
            results = attempt(suite, trial, "in_place", lambda k=kernel, x=grouped, n=node: k(*x, **n.attrs))
            judge(suite, trial, "in_place", "forward", tree.flatten(results))
            donated = _donated(trial)
            for i, (tensor, array) in enumerate(zip(tensors, arrays, strict=True)):
                if i not in donated and not np.array_equal(backend.to_numpy(tensor), array):
                    text = f"operand {i} was overwritten, though it is not donated"
                    raise disagreement(trial, "in_place", text, backend.name)


def into(suite: Suite, plan: Plan, dtype: str) -> None:
    """A kernel that is given a tensor for its result fills and returns it."""
    backend = suite.backend
    for case in suite.cases(plan):
        for trial in suite.trials(case, dtype, 1):
            graph, arrays = trial.graph("forward")
            (node,) = graph.nodes
            specs = [None if x is None else x.spec for x in node.inputs]
            kernel = backend.into_kernels[case.op](*node.op.regroup(specs, node.form), **node.attrs)
            if kernel is None:
                continue
            spec = node.outputs[0].spec
            room = backend.read(
                backend.variable(np.ones(spec.shape, numpy_dtype(spec.dtype)), trainable=False)
            )
            tensors = node.op.regroup(trial.tensors(backend, arrays), node.form)
            result = attempt(suite, trial, "into", lambda k=kernel, x=tensors, r=room: k(*x, r))
            if result is not room:
                raise disagreement(
                    trial, "into", "another tensor came back than was to be filled", backend.name
                )
            judge(suite, trial, "into", "forward", [result])
