"""Batches of a slow source, made in a thread of their own while the model trains on those before."""

from __future__ import annotations

import contextvars
import queue
import threading
import time
from typing import TYPE_CHECKING, Any

import numpy as np

from horn import tree

if TYPE_CHECKING:
    from collections.abc import Iterator

_TRIED = 3
"""How many batches are taken in turn first, to see what the source costs."""

_SLOW = 0.0003
"""Seconds a batch from which on a thread pays."""

_DEPTH = 2
"""How many batches wait at most."""

_FAREWELL = 1.0
"""Seconds that the end of an epoch waits for a thread which is in the middle of a batch."""

_PATIENCE = 0.1
"""Seconds after which the thread looks again whether it is still wanted."""


def ahead(batches: Iterator[Any]) -> Iterator[Any]:
    """Yield what an iterator yields; from a slow one, make the next while the last is used.

    Nothing is taken beyond the end of `batches`: who wants a number of them passes that many. Batches
    are copied in the thread, since a source may fill one buffer again and again.

    Args:
        batches: Trees of arrays.
    """
    spent = 0.0
    for _ in range(_TRIED):
        begun = time.perf_counter()
        for batch in batches:
            spent += time.perf_counter() - begun
            yield batch
            break
        else:
            return
    if spent <= _SLOW * _TRIED:
        yield from batches
        return
    worker = Worker(batches)
    try:
        yield from worker.results()
    finally:
        worker.leave()


class Worker:
    """A thread that takes batches from an iterator and hands over copies.

    Args:
        batches: Trees of arrays.
    """

    def __init__(self, batches: Iterator[Any]) -> None:
        self._waiting: queue.Queue[tuple[str, Any]] = queue.Queue(_DEPTH)
        self._unwanted = threading.Event()
        # The source sees the choices of the thread that trains, such as the backend.
        run = contextvars.copy_context().run
        self._thread = threading.Thread(target=run, args=(self._work, batches), daemon=True, name="horn-batches")
        self._thread.start()

    def results(self) -> Iterator[Any]:
        """Yield the batches; raise what the source raised."""
        while True:
            kind, value = self._waiting.get()
            if kind == "end":
                return
            if kind == "error":
                raise value
            yield value

    def leave(self) -> None:
        """Let the thread end, and wait for it a little: it may be in the middle of a batch."""
        self._unwanted.set()
        self._thread.join(_FAREWELL)

    def _work(self, batches: Iterator[Any]) -> None:
        try:
            for batch in batches:
                self._hand_over("batch", tree.map_structure(_copy, batch))
                if self._unwanted.is_set():
                    return
            self._hand_over("end", None)
        except BaseException as error:  # noqa: BLE001  (raised again where the batch is asked for)
            self._hand_over("error", error)

    def _hand_over(self, kind: str, value: Any) -> None:
        while not self._unwanted.is_set():
            try:
                self._waiting.put((kind, value), timeout=_PATIENCE)
            except queue.Full:
                continue
            return


def _copy(leaf: Any) -> Any:
    return None if leaf is None else np.array(leaf)
