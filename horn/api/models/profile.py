"""`fit(..., profile=True)`: where the time of a training run goes, and what to do about it."""

from __future__ import annotations

import time
from collections import Counter, defaultdict
from contextlib import AbstractContextManager, contextmanager, nullcontext
from typing import TYPE_CHECKING, Any

from horn.engine.compile import Compiled
from horn.engine.plan import watching

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from horn.api.callbacks.callback import History
    from horn.api.models.loop import Epochs

_LONGEST = 12
"""Lines of the table of ops."""

_NOTABLE = 0.2
"""The share of the time from which on a part is worth a remark."""

PARTS = {
    "compile": "the first dispatch of each kind of batch",
    "data": "reading and moving batches",
    "dispatch": "running steps, or handing them to a device",
    "device": "waiting for the device",
    "callbacks": "among them the display",
    "validation": "evaluating after epochs",
}
"""What a run is divided into, in the order of the report."""


class Span(AbstractContextManager[None]):
    """Adds the time of a block to one part of a profile."""

    def __init__(self, profile: Profile, part: str) -> None:
        self.profile, self.part = profile, part

    def __enter__(self) -> None:
        self.begun = time.perf_counter()

    def __exit__(self, *error: object) -> None:
        self.profile.seconds[self.part] += time.perf_counter() - self.begun


class Profile:
    """The time of a training run, part by part.

    Attributes:
        seconds: The time of each of `PARTS`, and of ``"total"``.
        steps: How many steps were taken outside of first dispatches.
        dispatches: In how many dispatches.
        ops: Seconds of each ``(op, layer)`` where the backend runs a plan; empty for compiled steps.
        calls: How often each was called.
        eager: Whether steps ran op by op, without a trace.
        by_batch: The callbacks that wanted to see each batch.

    Example:
        >>> import horn as keras
        >>> model = keras.Sequential([keras.Input((2,)), keras.layers.Dense(1)], backend="numpy")
        >>> model.compile("sgd", "mse")
        >>> x, y = [[1.0, 2.0]] * 8, [[3.0]] * 8
        >>> history = model.fit(x, y, epochs=3, verbose=0, profile=True)  # doctest: +ELLIPSIS
        Where the time went...
        >>> sorted(history.profile.seconds)
        ['callbacks', 'compile', 'data', 'device', 'dispatch', 'total', 'validation']
    """

    def __init__(self) -> None:
        self.seconds: dict[str, float] = dict.fromkeys([*PARTS, "total"], 0.0)
        self.steps = self.dispatches = 0
        self.ops: defaultdict[tuple[str, str], float] = defaultdict(float)
        self.calls: Counter[tuple[str, str]] = Counter()
        self.eager = False
        self.by_batch: list[str] = []
        self._seen: set[int] = set()
        self._waits = "compile"

    def span(self, part: str) -> AbstractContextManager[None]:
        """Return a block whose time counts for a part."""
        return Span(self, part)

    def over(self, batches: Iterable[Any]) -> Iterator[Any]:
        """Yield batches; the time that they take to come counts as that of the data."""
        waiting = iter(batches)
        while True:
            with self.span("data"):
                batch = next(waiting, self)
            if batch is self:
                return
            yield batch

    @contextmanager
    def dispatch(self, function: Any, count: int) -> Iterator[None]:
        """Measure a block that hands `count` steps to the backend, and its kernels where it runs a plan."""
        steady, self.eager = id(function) in self._seen, not isinstance(function, Compiled)
        self._seen.add(id(function))
        self._waits = "device" if steady else "compile"
        self.steps += count * steady
        self.dispatches += steady
        with watching(self._note if steady else None), self.span("dispatch" if steady else "compile"):
            yield

    def wait(self, figures: Callable[[], Any]) -> None:
        """Read the figures of a dispatch, which waits for the backend."""
        with self.span(self._waits):
            figures()

    @contextmanager
    def whole(self, training: Epochs, history: History) -> Iterator[None]:
        """Measure a block, and print the report at its end."""
        with self.span("total"):
            yield
        history.profile = self
        self.by_batch = training.callbacks.with_batch_hooks("train")
        print(self.report())  # the user asked for it

    def _note(self, node: Any, seconds: float) -> None:
        self.ops[node.op.name, node.scope] += seconds
        self.calls[node.op.name, node.scope] += 1

    def report(self) -> str:
        """Return the table and the advice as text."""
        total = self.seconds["total"]
        count = f"{self.steps} steps beside first ones, {self.dispatches} dispatches"
        lines = [f"Where the time went: {total:.2f} s, {count}"]
        rest = {**self.seconds, "other": total - sum(self.seconds[part] for part in PARTS)}
        for part in [*PARTS, "other"]:
            a_step = f"{rest[part] / self.steps * 1e6:10.1f} us" if self.steps and part != "compile" else " " * 13
            share = rest[part] / total if total else 0.0
            lines.append(f"  {part:<11}{rest[part]:8.2f} s {a_step} {share:6.1%}   {PARTS.get(part, '')}".rstrip())
        lines += self._table()
        lines += ["What to do:", *(f"  * {hint}" for hint in self._hints())]
        return "\n".join(lines)

    def _table(self) -> list[str]:
        if not self.ops:
            return []
        total, steps = sum(self.ops.values()), max(self.steps, 1)
        ranked = self._ranked()
        lines = ["Ops of a step, the slowest first (calls, us, share, op, layer):"]
        for (op, layer), seconds in ranked[:_LONGEST]:
            figures = f"{self.calls[op, layer] / steps:5.0f} {seconds / steps * 1e6:10.1f} {seconds / total:6.1%}"
            lines.append(f"  {figures}   {op}  {layer}".rstrip())
        if len(self.ops) > _LONGEST:
            others = total - sum(seconds for _, seconds in ranked[:_LONGEST])
            count = len(self.ops) - _LONGEST
            lines.append(f"        {others / steps * 1e6:10.1f} {others / total:6.1%}   {count} others")
        return lines

    def _ranked(self) -> list[tuple[tuple[str, str], float]]:
        return sorted(self.ops.items(), key=lambda pair: -pair[1])

    def _hints(self) -> list[str]:
        """Return what to do, from the figures."""
        found = []
        total = self.seconds["total"] or 1.0
        share = {part: self.seconds[part] / total for part in PARTS}
        if self.eager:
            found.append("the steps run op by op: the message before training says why; mended, they run far faster")
        if share["data"] > _NOTABLE:
            found.append("data take much of the time: pass arrays, or let a PyDataset load ahead with workers=2")
        if share["callbacks"] > _NOTABLE:
            found.append("callbacks take much of the time: let them act at the end of epochs")
        if self.by_batch and self.dispatches and self.steps == self.dispatches:
            names = ", ".join(self.by_batch)
            found.append(f"each step is a dispatch of its own, since these have hooks for batches: {names}")
        if share["validation"] > 2 * _NOTABLE:
            found.append("validation takes much of the time: raise validation_freq or validation_batch_size")
        if share["compile"] > 2 * _NOTABLE:
            found.append("most of the time went into the first steps; a longer run pays it once")
        if self.ops:
            (op, layer), seconds = self._ranked()[0]
            part = seconds / sum(self.ops.values())
            where = f" of {layer!r}" if layer else ""
            if part > 2 * _NOTABLE:
                found.append(f"{op}{where} is {part:.0%} of a step: there a change helps most")
        elif not self.eager:
            found.append("a compiled step is one function; the profiler of its framework looks inside of it")
        return found or ["nothing stands out"]


class Unmeasured:
    """What stands in for a `Profile` where none is wanted: it measures nothing and costs nothing."""

    _nothing = nullcontext()

    def span(self, part: str) -> AbstractContextManager[None]:
        """Return a block that is not measured."""
        del part
        return self._nothing

    def over(self, batches: Iterable[Any]) -> Iterable[Any]:
        """Return the batches."""
        return batches

    def dispatch(self, function: Any, count: int) -> AbstractContextManager[None]:
        """Return a block that is not measured."""
        del function, count
        return self._nothing

    def wait(self, figures: Callable[[], Any]) -> None:
        """Wait for nothing."""

    def whole(self, training: Epochs, history: History) -> AbstractContextManager[None]:
        """Return a block that is not measured."""
        del training, history
        return self._nothing
