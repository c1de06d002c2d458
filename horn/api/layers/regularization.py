"""Layers that act only while a model is trained."""

from __future__ import annotations

from typing import Any

from horn.api.layers.layer import Layer
from horn.errors import ArgumentError
from horn.spec import ops
from horn.state.random import Stream


class Dropout(Layer):
    """A share of the inputs set to zero while training, the rest scaled up to keep the mean.

    The mask depends on the seed, the layer and the step alone: it is the same on every backend.

    Args:
        rate: The share to drop, in [0, 1).
        seed: An integer for masks that depend on it alone; None for the process's seed.
        **kwargs: Those of `Layer`.

    Reference:
        Srivastava et al., JMLR 15 (2014) 1929-1958.
    """

    def __init__(self, rate: float, seed: int | None = None, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        if isinstance(rate, bool) or not isinstance(rate, int | float) or not 0 <= rate < 1:
            raise ArgumentError(
                f"Dropout {self.name!r} was given a rate outside of [0, 1).",
                expected="0 <= rate < 1",
                got=repr(rate),
                remedy="pass the share to drop, such as 0.5",
            )
        self.rate = float(rate)
        self.seed = seed
        self.stream = Stream(seed)

    def call(self, inputs: Any, training: bool = False) -> Any:
        """Return the inputs, with elements dropped while training."""
        if not training or self.rate == 0:
            return inputs
        key, step = self.stream.next()
        return ops.dropout(inputs, key, step, rate=self.rate)
