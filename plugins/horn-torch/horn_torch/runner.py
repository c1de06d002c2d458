"""How a traced step runs on PyTorch: the engine's plan, with autograd out of the way."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import torch

from horn.engine.plan import Runner

if TYPE_CHECKING:
    from collections.abc import Sequence


class TorchRunner(Runner):
    """A plan in inference mode, where no call asks whether autograd wants to know of it."""

    def __call__(self, state: list[Any], arrays: Sequence[Any], order: Any, start: int, count: int) -> list[Any]:
        """Run `count` steps and return the results of the last. See `horn.engine.compile`."""
        with torch.inference_mode():
            results = super().__call__(state, arrays, order, start, count)
        # Autograd refuses tensors that were made in inference mode; a copy made outside it takes.
        return [x.clone() if x.is_inference() else x for x in results]
