"""Functional models: a graph of layers and ops from inputs to outputs."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from horn import tree
from horn.api.layers import masks
from horn.api.layers.layer import Layer, LayerCall
from horn.api.models import wiring
from horn.api.models.model import Model
from horn.errors import ArgumentError, ShapeError
from horn.spec.graph import KerasTensor, Literal, reachable, spec_of
from horn.spec.sizes import Dim, public

if TYPE_CHECKING:
    from collections.abc import Callable


class Functional(Model):
    """A model made by naming its inputs and outputs: ``Model(inputs, outputs)``.

    Args:
        inputs: Symbolic tensors from `Input`, as a tree.
        outputs: What layers made of them, as a tree.
        **kwargs: Those of `Model`.
    """

    def __init__(self, inputs: Any, outputs: Any, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self._inputs, self._outputs = _symbolic("inputs", inputs), _symbolic("outputs", outputs)
        known = {id(symbol) for symbol in tree.flatten(inputs)}
        self._nodes: list[Any] = _between(known, tree.flatten(outputs))
        self._check_connected(known)
        layers = {id(node.layer): node.layer for node in self._nodes if isinstance(node, LayerCall)}
        self._layers: list[Layer] = list(layers.values())
        self.built = True

    def _check_connected(self, known: set[int]) -> None:
        made = known | {id(out) for node in self._nodes for out in node.outputs}
        needed = [x for node in self._nodes for x in node.inputs if isinstance(x, KerasTensor)]
        for symbol in (*needed, *tree.flatten(self._outputs)):
            if id(symbol) not in made:
                raise ArgumentError(
                    f"The outputs of the model {self.name!r} need an input that was not named.",
                    expected="every Input on the way to the outputs in `inputs`",
                    got=f"an input {symbol.name!r} of shape {symbol.shape} that is missing",
                    remedy="add it to `inputs`",
                )

    @property
    def layers(self) -> list[Layer]:
        """The layers, in the order in which they were called; a shared one is there once."""
        return list(self._layers)

    def sublayers(self) -> list[Layer]:
        """Return the layers of the graph, then any that are attributes."""
        found = {id(layer): layer for layer in (*self._layers, *super().sublayers())}
        return list(found.values())

    @property
    def inputs(self) -> list[KerasTensor]:
        """The symbolic inputs."""
        return tree.flatten(self._inputs)

    @property
    def outputs(self) -> list[KerasTensor]:
        """The symbolic outputs."""
        return tree.flatten(self._outputs)

    def get_config(self) -> dict[str, Any]:
        """Return the name and, in Keras's form, the layers and how they are connected."""
        wired = wiring.described(self._inputs, self._outputs, self._nodes)
        return {"name": self.name, "trainable": self._trainable, **wired}

    @classmethod
    def from_config(cls, config: dict[str, Any]) -> Functional:
        """Return a model made from what `get_config` returned, with new weights."""
        inputs, outputs = wiring.rebuilt(config)
        return cls(inputs, outputs, name=config.get("name"), trainable=config.get("trainable", True))

    @property
    def output_names(self) -> list[str]:
        """The names of the outputs: keys of a dictionary, else those of the layers that make them."""
        if isinstance(self._outputs, dict):
            return list(self._outputs)
        made = [getattr(symbol.node, "layer", None) for symbol in self.outputs]
        names = [f"output_{i}" if layer is None else layer.name for i, layer in enumerate(made)]
        return [name if names.count(name) == 1 else f"{name}_{i}" for i, name in enumerate(names)]

    @property
    def input_specs(self) -> Any:
        """The shapes and dtypes of the inputs, as a tree of `TensorSpec`."""
        return tree.map_structure(spec_of, self._inputs)

    @property
    def input_tree(self) -> Any:
        """The symbolic inputs, in the structure that the model was made with."""
        return self._inputs

    def call(self, inputs: Any, training: bool = False, mask: Any = None) -> Any:
        """Run every node of the graph on the inputs."""
        del training  # each layer takes it from the call around it
        masks.put_tree(inputs, mask)
        return self.replay(inputs, lambda layer: layer)

    def replay(self, inputs: Any, layer_for: Callable[[Layer], Layer]) -> Any:
        """Run every node of the graph on the inputs, each layer by the one that `layer_for` gives."""
        env = {id(symbol): value for symbol, value in self._match(inputs)}

        def read(leaf: Any) -> Any:
            if isinstance(leaf, Literal) and not isinstance(leaf.value, Dim):
                return leaf.value
            return env[id(leaf)] if isinstance(leaf, KerasTensor) else leaf

        for node in self._nodes:
            if isinstance(node, LayerCall):
                if node.only_input is not None:
                    env[id(node.outputs[0])] = layer_for(node.layer)(env[id(node.only_input)])
                    continue
                args = tree.map_structure(read, node.args)
                results = tree.flatten(layer_for(node.layer)(*args, **tree.map_structure(read, node.kwargs)))
            else:
                result = node.op.call([read(x) for x in node.inputs], node.form, node.attrs)
                results = list(result) if isinstance(result, tuple) else [result]
            env.update({id(out): value for out, value in zip(node.outputs, results, strict=True)})
        return tree.map_structure(read, self._outputs)

    def _match(self, inputs: Any) -> list[tuple[KerasTensor, Any]]:
        """Return pairs of symbolic input and value; a dictionary may use the names of the inputs."""
        symbols = self.inputs
        if isinstance(inputs, dict) and not isinstance(self._inputs, dict):
            missing = [symbol.name for symbol in symbols if symbol.name not in inputs]
            if missing:
                raise ArgumentError(
                    f"The model {self.name!r} was given a dictionary without some of its inputs.",
                    expected=f"the keys {', '.join(str(symbol.name) for symbol in symbols)}",
                    got=", ".join(map(str, inputs)),
                    remedy="use the names that Input(name=...) gave",
                )
            values = [inputs[symbol.name] for symbol in symbols]
        else:
            values = tree.flatten(inputs)
        if len(values) != len(symbols):
            raise ArgumentError(
                f"The model {self.name!r} was given another number of inputs.",
                expected=f"{len(symbols)} inputs",
                got=f"{len(values)}",
                remedy="pass a list, or a dictionary by name",
            )
        return [(symbol, self._fit(symbol, value)) for symbol, value in zip(symbols, values, strict=True)]

    def _fit(self, symbol: KerasTensor, value: Any) -> Any:
        """Return a value, checked against the input it is for."""
        want, have = symbol.spec.shape, spec_of(value).shape
        same = len(want) == len(have) and all(
            a == b or isinstance(a, Dim) or isinstance(b, Dim) for a, b in zip(want, have, strict=False)
        )
        if not same:
            raise ShapeError(
                f"The model {self.name!r} was given an input of another shape.",
                expected=f"{public(want)} for {symbol.name!r}",
                got=str(public(have)),
                remedy="reshape the data, or change Input(shape=...)",
            )
        return value


def _symbolic(argument: str, given: Any) -> Any:
    """Return what a model is to be made of, if it is made of symbolic tensors, and of one at least."""
    leaves = tree.flatten(given)
    if not leaves or not all(isinstance(leaf, KerasTensor) for leaf in leaves):
        raise ArgumentError(
            f"A model was given something for {argument} that is no symbolic tensor.",
            expected=f"{argument} as what Input or a layer called on an Input returns, or a tree of them",
            got=f"{argument}={given!r}",
            remedy="write inputs = Input(shape=(...)), then Model(inputs, Dense(1)(inputs))",
        )
    return given


def _between(known: set[int], outputs: list[KerasTensor]) -> list[Any]:
    """Return the nodes from the inputs to the outputs, in order; what feeds the inputs is left out."""
    whole = {node.serial: node for node in reachable(outputs)}
    needed: dict[int, Any] = {}
    stack = [out for out in outputs if id(out) not in known]
    while stack:
        node = stack.pop().node
        if node is None or node.serial in needed:
            continue
        needed[node.serial] = whole[node.serial]
        stack += [x for x in node.inputs if isinstance(x, KerasTensor) and id(x) not in known]
    return [needed[serial] for serial in sorted(needed)]


Model.functional_class = Functional
