"""The compiled forms of a model's steps, one for each kind of batch, and the eager way out."""

from __future__ import annotations

import copy
import logging
import traceback
from typing import TYPE_CHECKING, Any, TypeAlias

from horn import contract, settings, tree
from horn.api.layers import calls
from horn.api.layers.weighted import Weighted
from horn.api.models.pace import Pace
from horn.api.optimizers.optimizer import Optimizer
from horn.engine.compile import compile_step
from horn.engine.gradients import prefer_native
from horn.errors import HornError, SideEffectError, TraceError
from horn.spec.graph import spec_of
from horn.state.random import in_step

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from horn.contract import Backend
    from horn.engine.compile import Compiled
    from horn.state.variable import Variable

_log = logging.getLogger("horn")
_RECENT = 64  # kinds of batches that are recognised at once
_Ids: TypeAlias = tuple[int, ...]
_PACKAGE = __name__.split(".", maxsplit=1)[0]


class Functions:
    """What a model runs for ``"train"``, ``"test"`` and ``"predict"``.

    Args:
        model: The model.
    """

    def __init__(self, model: Any) -> None:
        self.model = model
        self._compiled: dict[Any, Any] = {}
        self._paces: dict[tuple[int, int], Pace] = {}
        self._rules_assigned = 0
        self._found: tuple[object, list[Variable], _Ids, _Ids] | None = None
        self._layers: list[list[Any]] = []  # those that the functions are of, so that no other gets their ids
        self._recent: dict[Any, tuple[object, Compiled | Eager]] = {}

    def clear(self) -> None:
        """Forget everything compiled: something that it was made from has changed."""
        self._compiled.clear()
        self._layers.clear()
        self._recent.clear()
        self._paces.clear()

    def pace(self, function: Compiled | Eager, size: int) -> Pace:
        """Return the pace of a function on batches of so many examples, as its earlier runs have found it."""
        return self._paces.setdefault((id(function), size), Pace())

    def get(self, phase: str, batch: Any) -> Compiled | Eager:
        """Return the function of a phase for batches like this one.

        Args:
            phase: ``"train"``, ``"test"`` or ``"predict"``.
            batch: A tree of host arrays; its first axis counts the examples.
        """
        if self._rules_assigned != Optimizer.rules_assigned:  # perhaps to an optimizer of this model
            self._rules_assigned = Optimizer.rules_assigned
            self.clear()
        token = Weighted.changed
        shapes = tuple([None if leaf is None else (leaf.shape, leaf.dtype) for leaf in tree.flatten(batch)])
        like = (phase, shapes, tree.form(batch), settings.current())
        known = self._recent.get(like)
        if known is not None and known[0] is token:
            return known[1]
        function = self._search(phase, batch)
        # What trains depends on each Variable's `trainable` as well, of whose changes nothing tells.
        if phase != "train" and self._found is not None and self._found[0] is token:
            if len(self._recent) >= _RECENT:
                self._recent.clear()
            self._recent[like] = token, function
        return function

    def _search(self, phase: str, batch: Any) -> Compiled | Eager:
        """Return the function of a phase for batches like this one, made where there is none."""
        parts = self._parts(phase)
        specs = [spec_of(leaf) for leaf in tree.flatten(batch)]
        leaves = tuple((spec.shape[1:], spec.dtype) for spec in specs)
        kind = (phase, leaves, tree.form(batch), settings.current())
        sizes = tuple(spec.shape[:1] for spec in specs)
        for key in ((kind, parts), (kind, parts, sizes), kind):
            if key in self._compiled:
                return self._compiled[key]
        found = self._make(phase, batch)
        if isinstance(found, Eager):  # it reads the parameters at each run, and takes any size
            self._compiled[kind] = found
            return found
        # A compiled step is made for these parameters, which building the layers may just have
        # made, and where its code had to know it for this size.
        parts = self._parts(phase)
        self._compiled[(kind, parts) if found.step.takes_any_size else (kind, parts, sizes)] = found
        self._layers.append(self.model.layers_within())
        return found

    def _parts(self, phase: str) -> tuple[_Ids, _Ids]:
        """Return what a step is made of: the layers, and the parameters that it trains or else reads."""
        model = self.model
        if self._found is None or self._found[0] is not Weighted.changed:
            changed, layers = Weighted.changed, tuple(map(id, model.layers_within()))
            if not model.tells_changes():
                return layers, tuple(map(id, model.trainable_variables if phase == "train" else model.variables))
            self._found = changed, model._unfrozen(), layers, tuple(map(id, model.variables))  # noqa: SLF001
        _, unfrozen, layers, variables = self._found
        return layers, tuple([id(v) for v in unfrozen if v.trainable]) if phase == "train" else variables

    def _make(self, phase: str, batch: Any) -> Compiled | Eager:
        backend: Backend = self.model.backend
        step = self._step(phase)
        eager = Eager(step, backend, tree.map_structure(lambda leaf: None, batch), phase)
        if getattr(self.model, "run_eagerly", False):
            return eager
        try:
            self.model.ensure_built(batch)
            return compile_step(step, batch, backend, jit_compile=self.model.jit_compile)
        except HornError as error:
            if not isinstance(error, TraceError) or isinstance(error, SideEffectError):
                raise
            eager.reason = error
        except Exception as error:  # noqa: BLE001  (user code met a symbolic tensor; the eager run will tell)
            eager.reason = error
        return eager

    def _step(self, phase: str) -> Callable[[Any], Any]:
        """Return the model's step of a phase, run with the number of the step for random streams."""
        training = phase == "train"
        counter = self.model._counters["train" if training else "other"]  # noqa: SLF001
        step = getattr(self.model, f"{phase}_step")

        def numbered(data: Any) -> Any:
            with in_step(counter.value, training=training) as running, calls.run():
                result = step(data)
                if training or running.calls:
                    counter.assign(counter + 1)
            return result

        return numbered

    def __deepcopy__(self, memo: dict[int, Any]) -> Functions:
        return Functions(copy.deepcopy(self.model, memo))


class Eager:
    """A step that runs op by op, with the framework's own gradient where it has one.

    Args:
        step: The step.
        backend: Where it runs.
        structure: The tree of a batch.
        phase: For the message.
    """

    changes = True  # for all that anybody knows

    def __init__(self, step: Callable[[Any], Any], backend: Backend, structure: Any, phase: str) -> None:
        self.step_function = step
        self.backend = backend
        self.structure = structure
        self.phase = phase
        self.reason: Exception | None = None
        self.said = False

    def __call__(self, arrays: Sequence[Any], order: Any = None, start: int = 0, count: int = 1) -> Any:
        """Run `count` steps, as `Compiled` does."""
        result: Any = None
        # The framework's gradient serves functions of the framework; JAX's hides the values that
        # a step without a trace may want to see, and then the pages' gradients serve.
        sees_values = "eager_gradient" in self.backend.capabilities
        foreign = self.reason is not None and not isinstance(self.reason, TraceError)
        token = prefer_native.set(sees_values or foreign)
        try:
            with contract.context(backend=self.backend):
                for i in range(start, start + count):
                    result = self.step_function(tree.unflatten(self.structure, self._batch(arrays, order, i)))
        finally:
            prefer_native.reset(token)
        if self.reason is not None and not self.said:
            self._say_why(self.reason)
        return result

    def once(self, leaves: Sequence[Any]) -> Any:
        """Run a step on the leaves of a batch, host arrays, as `Compiled` does."""
        return self([self.backend.adopt(leaf) for leaf in leaves])

    def _batch(self, arrays: Sequence[Any], order: Any, i: int) -> list[Any]:
        if order is None:
            return list(arrays)
        take = self.backend.kernels["take"]
        return [take(a, order[i], axis=0) for a in arrays]

    def _say_why(self, error: Exception) -> None:
        """Say in one line, once, where tracing stopped and why."""
        self.said = True
        frames = traceback.extract_tb(error.__traceback__)
        own = [f for f in frames if f"{_PACKAGE}/" not in f.filename.replace("\\", "/")] or frames
        place = f"{own[-1].filename}:{own[-1].lineno}" if own else "unknown place"
        where = next(iter(getattr(error, "__notes__", [])), "").strip()
        what = str(error).splitlines()[0] if str(error) else type(error).__name__
        _log.warning(
            "The %s step runs eagerly, which is slower: %s (%s%s)",
            self.phase, what, place, f", {where}" if where else "",
        )  # fmt: skip


