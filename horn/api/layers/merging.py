"""Layers of several inputs."""

from __future__ import annotations

from typing import Any

from horn.api.layers.layer import Layer
from horn.spec import ops


class Concatenate(Layer):
    """Inputs joined along an axis.

    Args:
        axis: The axis along which they are joined.
        **kwargs: Those of `Layer`.
    """

    def __init__(self, axis: int = -1, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.axis = axis

    def call(self, inputs: Any) -> Any:
        """Return the joined inputs."""
        return ops.concatenate(list(inputs), axis=self.axis)


class Add(Layer):
    """The sum of the inputs, which broadcast."""

    def call(self, inputs: Any) -> Any:
        """Return the sum."""
        total = inputs[0]
        for x in inputs[1:]:
            total = ops.add(total, x)
        return total


def concatenate(inputs: Any, axis: int = -1, **kwargs: Any) -> Any:
    """Return `inputs` joined along an axis; `Concatenate` as a function."""
    return Concatenate(axis=axis, **kwargs)(inputs)


def add(inputs: Any, **kwargs: Any) -> Any:
    """Return the sum of `inputs`; `Add` as a function."""
    return Add(**kwargs)(inputs)
