"""What the calls of a run share: the masks of its tensors, and the losses that layers have added.

A run is one call of a layer from outside with all calls within, or one step of a model.
"""

from __future__ import annotations

from contextlib import contextmanager
from contextvars import ContextVar
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator


class Run:
    """The shared notes of one run.

    Attributes:
        masks: By the identity of a tensor, the tensor and its mask.
        losses: Layers, each with a scalar that it has added.
        depth: How many calls of layers are open.
        trail: Where somebody listens, a list of each call: the layer, the depth, the path, the outputs.
    """

    def __init__(self) -> None:
        self.masks: dict[int, tuple[Any, Any]] = {}
        self.losses: list[tuple[Any, Any]] = []
        self.depth = 0
        self.trail: list[list[Any]] | None = None


_run: ContextVar[Run | None] = ContextVar("horn_run", default=None)
current = _run.get


@contextmanager
def run() -> Iterator[Run]:
    """Give the run around the block, or begin one that ends with the block."""
    known = _run.get()
    if known is not None:
        yield known
        return
    begun = Run()
    token = _run.set(begun)
    try:
        yield begun
    finally:
        _run.reset(token)


@contextmanager
def call() -> Iterator[Run]:
    """Open a call of a layer within the run around it, or within one of its own."""
    with run() as around:
        around.depth += 1
        try:
            yield around
        finally:
            around.depth -= 1
