"""Sequential models: layers in a row."""

from __future__ import annotations

from typing import Any

from horn import tree
from horn.api.configuration import arguments, plain, revived
from horn.api.layers import masks
from horn.api.layers.core import described_input, revived_input
from horn.api.layers.layer import Layer
from horn.api.models.model import Model
from horn.engine.step import BATCH
from horn.errors import ArgumentError
from horn.spec import graph
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

    _not_configured = ("dtype", "backend", "layers")

    def __init__(self, layers: list[Any] | None = None, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self._layers: list[Layer] = []
        self._input: KerasTensor | None = None
        self._output: Any = None
        if not isinstance(layers, list | tuple | None):
            raise ArgumentError(
                f"The Sequential model {self.name!r} was given layers that are no list.",
                expected="layers as a list of layers",
                got=f"layers={layers!r}",
                remedy="write Sequential([Dense(10), Dense(1)])",
            )
        for layer in layers or []:
            self.add(layer)

    def add(self, layer: Any) -> None:
        """Add a layer at the end; its weights are made at once where the shape of the inputs is known."""
        if isinstance(layer, KerasTensor):
            if self._layers or self._input is not None:
                raise ArgumentError(
                    f"An Input was added to the Sequential model {self.name!r} after something else.",
                    expected="the Input as the first element",
                    got=f"an Input after {len(self._layers)} layers",
                    remedy="put it first, or build a functional model",
                )
            self._input = self._output = layer
            return
        if not isinstance(layer, Layer):
            raise ArgumentError(
                f"The Sequential model {self.name!r} was given something that is no layer.",
                expected="layers that are each a Layer or an Input",
                got=repr(layer),
                remedy="call the class: Dense(10), not Dense",
            )
        if any(layer.name == other.name for other in self._layers):
            raise ArgumentError(
                f"The Sequential model {self.name!r} was given two layers named {layer.name!r}.",
                expected="a name of its own for each layer",
                got=f"{layer.name!r} twice",
                remedy="pass name=... to one of them, or make a new layer for each place",
            )
        self._layers.append(layer)
        self._functions.clear()
        self.note_change()
        self._extend([layer])

    def pop(self, rebuild: bool = True) -> Layer:
        """Remove the last layer and return it.

        Args:
            rebuild: Taken for Keras's sake; the model is always what its layers are.
        """
        del rebuild
        self._functions.clear()
        removed = self._layers.pop()
        self.note_change()
        if self._input is not None:
            self._output = self._layers[-1].output if self._layers else self._input
        return removed

    def _extend(self, layers: list[Layer]) -> None:
        """Call layers on the symbolic output, where there is one: that makes their weights."""
        if self._input is None:
            return
        with graph.scope(self.name):
            for layer in layers:
                self._output = layer(self._output)
        self.built = True

    def _ensure_built(self, args: tuple[Any, ...], kwargs: dict[str, Any]) -> None:
        if not self.built and self._input is None and args and not tree.is_nested(args[0]):
            spec = graph.spec_of(args[0])
            self._input = self._output = KerasTensor(spec.with_shape((BATCH, *spec.shape[1:])))
            self._input.name = "input"
            try:
                # The scope of the model is open already: the weights are named in its layers.
                for layer in self._layers:
                    self._output = layer(self._output)
            except Exception:  # noqa: BLE001  (a layer that needs values: the call itself builds it, or says why not)
                self._input = self._output = None
        super()._ensure_built(args, kwargs)

    @property
    def input_specs(self) -> Any:
        """The shape and dtype of the input as a `TensorSpec`; None while nobody knows them."""
        return None if self._input is None else self._input.spec

    @property
    def inputs(self) -> list[Any]:
        """The symbolic input, in a list; empty while the shape of the inputs is not known."""
        return [] if self._input is None else [self._input]

    @property
    def outputs(self) -> list[Any]:
        """The symbolic outputs, in a list; empty while the shape of the inputs is not known."""
        return [] if self._input is None else tree.flatten(self._output)

    def get_config(self) -> dict[str, Any]:
        """Return the arguments that make an equal model, with its layers described."""
        start = [] if self._input is None else [described_input(self._input)]
        return {**super().get_config(), "layers": [*start, *plain(self._layers)]}

    @classmethod
    def from_config(cls, config: dict[str, Any]) -> Sequential:
        """Return a model made from what `get_config` returned, with new weights."""
        rest = {name: value for name, value in config.items() if name in arguments(cls) and name != "layers"}
        inputs = [revived_input(item) for item in config["layers"]]
        described = zip(inputs, config["layers"], strict=True)
        layers = [revived(item, Layer) if start is None else start for start, item in described]
        return cls(layers, **rest)

    @property
    def layers(self) -> list[Layer]:
        """The layers, in order."""
        return list(self._layers)

    def sublayers(self) -> list[Layer]:
        """Return the layers, then any that are attributes."""
        found = {id(layer): layer for layer in (*self._layers, *super().sublayers())}
        return list(found.values())

    def call(self, inputs: Any, training: bool = False, mask: Any = None) -> Any:
        """Run the layers in a row."""
        del training  # each layer takes it from the call around it
        masks.put_tree(inputs, mask)
        for layer in self._layers:
            inputs = layer(inputs)
        return inputs
