"""How a traced step runs on PyTorch: the engine's plan, without autograd and subnormal numbers."""

from __future__ import annotations

from contextlib import AbstractContextManager, nullcontext
from typing import TYPE_CHECKING, Any

import torch

from horn.engine.plan import Runner

if TYPE_CHECKING:
    from collections.abc import Sequence

_inference_mode = torch._C._InferenceMode  # noqa: SLF001  (what `torch.inference_mode` enters, in half the time)
_nothing = nullcontext()
_LEAST_NORMAL, _HALF = 2.0**-1022, 0.5


class _Flushing(AbstractContextManager[None]):
    """Flushes subnormal numbers within a block, on this thread; PyTorch's switch is for the processor."""

    __slots__ = ("already",)

    def __enter__(self) -> None:
        self.already = _LEAST_NORMAL * _HALF == 0.0
        if not self.already:
            torch.set_flush_denormal(True)

    def __exit__(self, *error: object) -> None:
        if not self.already:
            torch.set_flush_denormal(False)


class TorchRunner(Runner):
    """A plan in inference mode, where no call asks whether autograd wants to know of it."""

    def __call__(self, state: list[Any], arrays: Sequence[Any], order: Any, start: int, count: int) -> list[Any]:
        """Run `count` steps and return the results of the last. See `horn.engine.compile`."""
        with _inference_mode(True):
            results = super().__call__(state, arrays, order, start, count)
        # Autograd refuses tensors that were made in inference mode; a copy made outside it takes.
        return [x.clone() if x.is_inference() else x for x in results]

    def _around(self) -> AbstractContextManager[Any]:
        return _Flushing() if self.backend.steps_flush else _nothing
