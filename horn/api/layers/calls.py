"""What the calls of a run share: the masks of its tensors, and the losses that layers have added.

A run is one call of a layer from outside with all calls within, or one step of a model.
"""

from __future__ import annotations

from contextlib import contextmanager
from contextvars import ContextVar
from typing import TYPE_CHECKING, Any

from horn.spec import graph
from horn.state.variable import compute_dtype

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


_training: ContextVar[bool] = ContextVar("horn_training", default=False)
is_training = _training.get
"""Whether the call around trains; one that was not told takes it from there."""


class Opened:
    """A call of a layer within the run around it, or within one of its own.

    One object in place of four blocks, since it is around each layer of each eager call.

    Args:
        name: Of the layer.
        training: The phase.
        dtype: What weights are read in, where it is not their own.
    """

    __slots__ = ("began", "dtype", "name", "precision", "run", "token", "training")

    def __init__(self, name: str, training: bool, dtype: str | None) -> None:
        self.name = name
        self.training = training
        self.dtype = dtype

    def __enter__(self) -> Run:
        run = _run.get()
        self.began = None
        if run is None:
            run = Run()
            self.began = _run.set(run)
        self.run = run
        graph.enter(self.name)
        self.token = _training.set(self.training)
        self.precision = compute_dtype.set(self.dtype)
        run.depth += 1
        return run

    def __exit__(self, *error: object) -> None:
        self.run.depth -= 1
        compute_dtype.reset(self.precision)
        _training.reset(self.token)
        graph.leave()
        if self.began is not None:
            _run.reset(self.began)
