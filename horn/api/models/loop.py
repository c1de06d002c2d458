"""The one loop: `fit`, `evaluate` and `predict`, for every model and every backend.

It hands whole runs of steps to the compiled function, so that Python is left out of most of them,
and reads figures off the device only when something shows or logs them.
"""

from __future__ import annotations

import logging
import signal
import threading
import time
from contextlib import contextmanager, nullcontext
from typing import TYPE_CHECKING, Any

import numpy as np

from horn import contract, tree
from horn.api.callbacks.callback_list import CallbackList, members
from horn.api.callbacks.progress import ProgbarLogger
from horn.api.models.checks import check_bounds, check_finite
from horn.api.models.data import ArrayData
from horn.api.models.pace import Pace
from horn.api.models.profile import Unmeasured
from horn.engine.compile import Compiled
from horn.errors import ArgumentError, DataError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from horn.api.callbacks.callback import Callback
    from horn.api.models.batches import BatchData
    from horn.api.models.profile import Profile

_log = logging.getLogger("horn")
_UNMEASURED = Unmeasured()
_nothing = nullcontext()


class Epochs:
    """Runs the steps of one phase over one set of data, epoch by epoch.

    Args:
        model: The model.
        phase: ``"train"``, ``"test"`` or ``"predict"``.
        data: The data.
        callbacks: Told about each batch or dispatch.
        profile: What measures the parts of a run, or nothing.
    """

    def __init__(
        self,
        model: Any,
        phase: str,
        data: ArrayData | BatchData,
        callbacks: CallbackList,
        profile: Profile | Unmeasured = _UNMEASURED,
    ) -> None:
        self.model, self.phase, self.data, self.callbacks, self.profile = model, phase, data, callbacks, profile
        self.backend: contract.Backend = model.backend
        self.by_batch = callbacks.needs_batches(phase)
        wanted = 1 if self.by_batch else getattr(model, "steps_per_execution", "auto")
        self.pace = Pace(wanted if isinstance(wanted, int) else None)
        self._resident: list[Any] | None = None
        self._prepared: Any = None
        self.results: Any = None

    def prepare(self) -> None:
        """Compile for the data, and check the data, before anything changes."""
        if isinstance(self.data, ArrayData):
            self._prepared = function_for(self.model, self.phase, self.data)

    def run(self, order: list[np.ndarray] | None = None, on_results: Callable[[Any], None] | None = None) -> int:
        """Run one epoch and return the number of steps; none where the batches have run out.

        Args:
            order: The rows of each batch, for data in arrays.
            on_results: Called with the results of every batch; then each is a dispatch of its own.
        """
        done, self.results = 0, None
        if isinstance(self.data, ArrayData):
            for rows in order or self.data.order_anew():
                if not self._stopped() or not done:
                    done = self._run_rows(rows, done, on_results)
        else:
            for batch in self.profile.over(self.data):
                done = self._run_batch(batch, done, on_results)
                if self._stopped():
                    break
        return done

    def _function(self, batch: Any) -> Any:
        return self.model._functions.get(self.phase, batch)  # noqa: SLF001

    def _function_for(self, size: int) -> Any:
        """Return the function for batches of so many examples.

        What `prepare` found serves once for what does not train, since nothing can come between.
        """
        assert isinstance(self.data, ArrayData)
        prepared, self._prepared = self._prepared, None
        if prepared is not None and self.phase == "predict" and size == self.data.batch_size:
            return prepared
        return self._function(self.data.example_batch(size))

    def _run_rows(self, rows: np.ndarray, done: int, on_results: Callable[[Any], None] | None) -> int:
        assert isinstance(self.data, ArrayData)
        with self.profile.span("compile"):
            function = self._function_for(rows.shape[1])
        if self._resident is None and not self.backend.has_room(sum(leaf.nbytes for leaf in self.data.leaves)):
            return self._run_apart(function, rows, done, on_results)
        with self.profile.span("data"):
            if self._resident is None:
                self._resident = [self.backend.adopt(leaf) for leaf in self.data.leaves]
            # What does not train reads rows in order: one batch of all of them is read as it lies.
            whole = self.phase != "train" and rows.size == self.data.examples == rows.shape[1]
            order = None if whole else self.backend.asarray(rows)
        if not self.pace.fixed:
            self.pace = self.model._functions.pace(function, rows.shape[1])  # noqa: SLF001
        start = 0
        while start < len(rows):
            count = 1 if on_results else self.pace.steps(len(rows) - start)
            self._dispatch(function, self._resident, order, start, count, done)
            start, done = start + count, done + count
            if on_results:
                on_results(self.results)
            if self._stopped():
                break
        return done

    def _run_apart(
        self, function: Any, rows: np.ndarray, done: int, on_results: Callable[[Any], None] | None
    ) -> int:
        """Run batches each of which comes to the device for itself, where all of the data have no room."""
        assert isinstance(self.data, ArrayData)
        for chosen in rows:
            with self.profile.span("data"):
                leaves = [leaf[chosen] for leaf in self.data.leaves]
            done = self._run_leaves(function, leaves, done, on_results)
            if self._stopped():
                break
        return done

    def _run_batch(self, batch: Any, done: int, on_results: Callable[[Any], None] | None) -> int:
        with self.profile.span("compile"):
            function = self._function(batch)
        with self.profile.span("data"):
            check_finite(batch)
            if isinstance(function, Compiled):
                check_bounds(function.step, batch)
        return self._run_leaves(function, tree.flatten(batch), done, on_results)

    def _run_leaves(
        self, function: Any, leaves: list[np.ndarray], done: int, on_results: Callable[[Any], None] | None
    ) -> int:
        """Run one step on the host arrays of a batch."""
        with self.profile.span("data"):
            arrays = [self.backend.adopt(leaf) for leaf in leaves]
        self._dispatch(function, arrays, None, 0, 1, done)
        if on_results:
            on_results(self.results)
        return done + 1

    def _dispatch(self, function: Any, arrays: list[Any], order: Any, start: int, count: int, done: int) -> None:
        hook, profile = f"on_{self.phase}_batch", self.profile
        if self.by_batch:
            with profile.span("callbacks"):
                self.callbacks.call(f"{hook}_begin", done, {})
        begun = time.perf_counter()
        with interrupt_after() if function.changes else _nothing:
            with profile.dispatch(function, count):
                self.results = function(arrays, order, start, count)
            profile.wait(self.logs)
        self.pace.took(time.perf_counter() - begun, count)
        with profile.span("callbacks"):
            if self.by_batch:
                self.callbacks.call(f"{hook}_end", done, {} if self.phase == "predict" else self.logs())
            self.callbacks.call("on_progress", self.phase, done + count, self.data.steps, self.logs)

    def logs(self) -> dict[str, float]:
        """Return the running figures as Python floats; waits for the device."""
        if not isinstance(self.results, dict):
            return {}
        return {name: float(_host(self.backend, value)) for name, value in self.results.items()}

    def _stopped(self) -> bool:
        """Return whether a callback has ended the training, which it can at any step."""
        return self.phase == "train" and self.model.stop_training


def function_for(model: Any, phase: str, data: ArrayData) -> Any:
    """Return the function of a phase for arrays, which are checked before anything changes."""
    check_finite(data.tree)
    function = model._functions.get(phase, data.example_batch())  # noqa: SLF001
    if isinstance(function, Compiled):
        check_bounds(function.step, data.tree)
    return function


def _host(backend: contract.Backend, value: Any) -> Any:
    return backend.to_numpy(value) if isinstance(value, backend.tensor_types) else value


@contextmanager
def interrupt_after() -> Iterator[None]:
    """Hold back Ctrl-C until the block is over, so that no step is left half done.

    A second Ctrl-C is not held back. Outside of the main thread nothing changes.
    """
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    caught: list[Any] = []
    old = signal.getsignal(signal.SIGINT)

    def hold(number: int, frame: Any) -> None:
        if caught or not callable(old):
            signal.default_int_handler(number, frame)
        caught.append((number, frame))

    if callable(old):
        signal.signal(signal.SIGINT, hold)
    try:
        yield
    finally:
        if callable(old):
            signal.signal(signal.SIGINT, old)
    if caught:
        old(*caught[0])  # type: ignore[operator]


def tell(
    model: Any,
    data: ArrayData | BatchData,
    callbacks: Iterable[Callback] | None,
    verbose: int | str,
    *,
    epochs: int = 1,
    last: Iterable[Callback] = (),
) -> CallbackList:
    """Return the callbacks of a loop: the display, if there shall be one, those given, and `last`."""
    if verbose not in ("auto", 0, 1, 2):
        raise ArgumentError(
            "There is no such way to show progress.",
            expected="verbose='auto', 0, 1 or 2",
            got=repr(verbose),
            remedy="leave it at 'auto', or pass 0 for silence",
        )
    shown = 1 if verbose == "auto" else int(verbose)
    given = members(callbacks)
    bar = [ProgbarLogger()] if shown and not any(isinstance(one, ProgbarLogger) for one in given) else []
    every = [*bar, *given, *last]
    return CallbackList(every, model=model, epochs=epochs, steps=data.steps, verbose=shown)


def nothing_to(do: str) -> DataError:
    """Return the error for data without a batch."""
    return DataError(
        f"There was nothing to {do}.",
        expected="at least one batch",
        got="none",
        remedy="check the iterable that was passed; a generator is used up after one pass",
    )


def say_used_up(epochs: int) -> None:
    """Say that batches came to an end before training did; raise `DataError` if there was none.

    Args:
        epochs: How many epochs there were batches for.
    """
    if not epochs:
        raise nothing_to("train on")
    _log.warning("The batches were used up after epoch %d, where fit ended: a generator cannot begin anew.", epochs)


def collect(parts: list[Any]) -> Any:
    """Return results of batches, as trees of arrays, joined along the examples."""
    if not parts:
        raise nothing_to("predict")
    columns = zip(*[tree.flatten(part) for part in parts], strict=True)
    return tree.unflatten(parts[0], [np.concatenate(column) for column in columns])
