"""From a stateful function to something fast: trace it, compile it for a backend, run it.

`Compiled` checks the state out of the Variables before each dispatch and in again after it, so
that a callback, an exception or Ctrl-C sees a whole model.
"""

from __future__ import annotations

from contextlib import nullcontext
from typing import TYPE_CHECKING, Any

from horn import contract, settings, tree
from horn.engine.plan import Runner
from horn.engine.step import Step, trace_step

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from horn.contract import Backend


class Compiled:
    """A step on one backend.

    Args:
        step: The traced step.
        backend: Where it runs.
        jit_compile: Whether the framework's own compiler shall join ops; None to let the backend decide.

    Attributes:
        changes: Whether a run changes any Variable.
    """

    def __init__(self, step: Step, backend: Backend, *, jit_compile: bool | None = None) -> None:
        self.step = step
        self.backend = backend
        self.changes = bool(step.updates)
        self.run = Runner(step, backend) if backend.compile is None else backend.compile(step, jit_compile=jit_compile)
        self._rounding = backend.in_float32 if settings.matmul_precision() == "float32" else nullcontext

    def __call__(self, arrays: Sequence[Any], order: Any = None, start: int = 0, count: int = 1) -> Any:
        """Run `count` steps and return the results of the last, as the tree the function returned.

        Args:
            arrays: Tensors of the backend, or what it feeds: the leaves of a batch, or with `order` of
                the data set.
            order: int32 (steps, batch), the rows of each batch; None to run on `arrays` as they are.
            start: The first step to run.
            count: How many steps to run.
        """
        variables = self.step.variables
        state = [variable.storage(self.backend) for variable in variables]
        try:
            with contract.context(backend=self.backend), self._rounding():
                results = self.run(state, arrays, order, start, count)
        finally:
            if self.changes:
                for variable, storage in zip(variables, state, strict=True):
                    variable.set_storage(storage)
        return tree.unflatten(self.step.results, results)

    def once(self, leaves: Sequence[Any]) -> Any:
        """Run a step on the leaves of a batch, host arrays, and return its results."""
        return self([self.backend.feed(leaf) for leaf in leaves])


def compile_step(fn: Callable[..., Any], batch: Any, backend: Backend, *, jit_compile: bool | None = None) -> Compiled:
    """Trace ``fn(batch)`` and compile it for `backend`.

    Args:
        fn: Takes a tree like `batch`, may read and assign Variables, returns a tree of tensors.
        batch: A tree of specs or arrays.
        backend: Where it will run.
        jit_compile: Whether the framework's own compiler shall join ops; None to let the backend decide.
    """
    with contract.context(backend=backend):
        return Compiled(trace_step(fn, batch), backend, jit_compile=jit_compile)
