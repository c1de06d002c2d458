"""Sequential models: layers in a row."""

from __future__ import annotations

from typing import Any

from horn.api.layers.layer import Layer
from horn.api.models.model import Model
from horn.engine.step import output_specs
from horn.errors import ArgumentError
from horn.spec.graph import KerasTensor


class Sequential(Model):
    """Layers in a row: each takes what the one before returned.

    Args:
        layers: The layers; an `Input` may come first and fixes the shape of the inputs.
        **kwargs: Those of `Model`.

    Example:
        >>> from horn.api.layers.core import Dense, Input
        >>> model = Sequential([Input(shape=(4,)), Dense(3), Dense(2)])
        >>> model.count_params()
        23
    """

    def __init__(self, layers: list[Any] | None = None, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self._layers: list[Layer] = []
        self._input: KerasTensor | None = None
        for layer in layers or []:
            self.add(layer)

    def add(self, layer: Any) -> None:
        """Add a layer at the end."""
        if isinstance(layer, KerasTensor):
            if self._layers or self._input is not None:
                raise ArgumentError(
                    f"An Input was added to the Sequential model {self.name!r} after something else.",
                    expected="the Input as the first element",
                    got=f"an Input after {len(self._layers)} layers",
                    remedy="put it first, or build a functional model",
                )
            self._input = layer
            return
        if not isinstance(layer, Layer):
            raise ArgumentError(
                f"The Sequential model {self.name!r} was given something that is no layer.",
                expected="a Layer or an Input",
                got=repr(layer),
                remedy="call the class: Dense(10), not Dense",
            )
        self._layers.append(layer)
        self._functions.clear()
        self._build_now()

    def pop(self) -> Layer:
        """Remove the last layer and return it."""
        self._functions.clear()
        return self._layers.pop()

    def _build_now(self) -> None:
        """Make the weights at once where the shape of the inputs is known."""
        if self._input is not None:
            output_specs(self, self._input.spec)

    @property
    def layers(self) -> list[Layer]:
        """The layers, in order."""
        return self._layers

    def sublayers(self) -> list[Layer]:
        """Return the layers, then any that are attributes."""
        found = {id(layer): layer for layer in (*self._layers, *super().sublayers())}
        return list(found.values())

    def call(self, inputs: Any) -> Any:
        """Run the layers in a row."""
        for layer in self._layers:
            inputs = layer(inputs)
        return inputs
