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
    begun, count = time.perf_counter(), 0
    spent = 0.0
    for batch in batches:
        spent += time.perf_counter() - begun
        count += 1
        yield batch
        if count == _TRIED:
            break
        begun = time.perf_counter()
    else:
        return
    yield from _threaded(batches) if spent > _SLOW * _TRIED else batches


def _threaded(batches: Iterator[Any]) -> Iterator[Any]:
    waiting: queue.Queue[tuple[str, Any]] = queue.Queue(_DEPTH)
    unwanted = threading.Event()

    def hand_over(kind: str, value: Any) -> None:
        while not unwanted.is_set():
            try:
                waiting.put((kind, value), timeout=_PATIENCE)
                return
            except queue.Full:
                continue

    def work() -> None:
        try:
            for batch in batches:
                hand_over("batch", tree.map_structure(_copy, batch))
                if unwanted.is_set():
                    return
            hand_over("end", None)
        except BaseException as error:  # noqa: BLE001  (raised again where the batch is asked for)
            hand_over("error", error)

    # The source sees the choices of the thread that trains, such as the backend.
    thread = threading.Thread(target=contextvars.copy_context().run, args=(work,), daemon=True, name="horn-batches")
    thread.start()
    try:
        while True:
            kind, value = waiting.get()
            if kind == "batch":
                yield value
            elif kind == "error":
                raise value
            else:
                return
    finally:
        unwanted.set()
        thread.join(_FAREWELL)


def _copy(leaf: Any) -> Any:
    return None if leaf is None else np.array(leaf)
