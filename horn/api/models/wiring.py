"""The configuration of a functional model: its layers, and which tensors each call of them takes.

The form is Keras's. A call of an op between layers is described like a layer of the class ``Op``.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from horn import tree
from horn.api.configuration import plain, revived
from horn.api.layers.core import described_input, revived_input
from horn.api.layers.layer import Layer, LayerCall
from horn.errors import SavedModelError
from horn.spec import ops
from horn.spec.graph import KerasTensor, Literal
from horn.spec.sizes import Dim

if TYPE_CHECKING:
    from collections.abc import Callable

_TENSOR = "__keras_tensor__"


# -- from a model to its description ---------------------------------------------------------------


def described(inputs: Any, outputs: Any, nodes: list[Any]) -> dict[str, Any]:
    """Return the layers of a model, its inputs and its outputs.

    Args:
        inputs: The symbolic inputs, as a tree.
        outputs: The symbolic outputs, as a tree.
        nodes: The calls between them, in order.
    """
    history = {id(symbol): (symbol.name, 0, 0) for symbol in tree.flatten(inputs)}
    layers: dict[str, dict[str, Any]] = {}
    for symbol in tree.flatten(inputs):
        layers[symbol.name] = {**described_input(symbol), "name": symbol.name, "inbound_nodes": []}
    for number, node in enumerate(nodes):
        entry = _entry(node, number)
        known = layers.setdefault(entry["name"], entry)
        place = len(known["inbound_nodes"])
        known["inbound_nodes"].append(_call(node, history))
        history.update({id(out): (entry["name"], place, i) for i, out in enumerate(node.outputs)})
    return {
        "layers": list(layers.values()),
        "input_layers": _places(inputs, history),
        "output_layers": _places(outputs, history),
    }


def _entry(node: Any, number: int) -> dict[str, Any]:
    """Return the description of the layer, or of the op, that a node calls."""
    if isinstance(node, LayerCall):
        return {**plain(node.layer), "name": node.layer.name, "inbound_nodes": []}
    name = f"{node.op.name}_{number}"
    attrs = {key: plain(_concrete(value, node.op.name)) for key, value in node.attrs.items()}
    config = {"name": name, "op": node.op.name, "form": node.form, "attributes": attrs}
    found = {"module": "horn.ops", "class_name": "Op", "config": config, "registered_name": None}
    return {**found, "name": name, "inbound_nodes": []}


def _concrete(value: Any, op: str) -> Any:
    if isinstance(value, Dim) or (isinstance(value, tuple) and any(isinstance(item, Dim) for item in value)):
        raise SavedModelError(
            f"A call of {op} in the model depends on a size that is not known before it runs.",
            expected="fixed sizes in the calls of ops between layers",
            got=str(value),
            remedy="put that code into a Layer, whose call may read any size",
        )
    return value


def _call(node: Any, history: dict[int, Any]) -> dict[str, Any]:
    """Return the arguments of a call, with tensors named by where they come from."""

    def name(leaf: Any) -> Any:
        if isinstance(leaf, KerasTensor):
            config = {"shape": leaf.shape, "dtype": leaf.spec.dtype, "keras_history": list(history[id(leaf)])}
            return {"class_name": _TENSOR, "config": config}
        return plain(np.asarray(leaf.value)) if isinstance(leaf, Literal) else plain(leaf)

    if isinstance(node, LayerCall):
        return {"args": list(tree.map_structure(name, node.args)), "kwargs": tree.map_structure(name, node.kwargs)}
    return {"args": [name(leaf) for leaf in node.inputs], "kwargs": {}}


def _places(tensors: Any, history: dict[int, Any]) -> Any:
    if isinstance(tensors, dict):
        return {key: _places(value, history) for key, value in tensors.items()}
    if isinstance(tensors, list | tuple):
        return [_places(value, history) for value in tensors]
    return list(history[id(tensors)])


# -- and back ----------------------------------------------------------------------------------------


def rebuilt(config: dict[str, Any]) -> tuple[Any, Any]:
    """Return symbolic inputs and outputs of a new model like the one that was described."""
    made: dict[tuple[str, int, int], KerasTensor] = {}
    waiting: list[tuple[str, int, Callable[..., Any], dict[str, Any]]] = []
    for entry in config["layers"]:
        start = revived_input(entry)
        if start is not None:
            made[entry["name"], 0, 0] = start
            continue
        call = _op(entry["config"]) if entry["class_name"] == "Op" else revived(entry_of(entry), Layer)
        waiting += [(entry["name"], i, call, node) for i, node in enumerate(entry["inbound_nodes"])]
    while waiting:
        ready = [row for row in waiting if _sources(row[3]) <= made.keys()]
        if not ready:
            raise SavedModelError(
                "The description of a model has calls whose inputs nothing makes.",
                expected="every tensor to come from an input or from an earlier call",
                got=", ".join(sorted({row[0] for row in waiting})),
                remedy="check how the configuration was made or changed",
            )
        for name, place, call, node in ready:
            args, kwargs = (_filled(node[key], made) for key in ("args", "kwargs"))
            result = call(*args, **kwargs)
            made.update({(name, place, i): leaf for i, leaf in enumerate(tree.flatten(result))})
        waiting = [row for row in waiting if row not in ready]
    return _found(config["input_layers"], made), _found(config["output_layers"], made)


def entry_of(entry: dict[str, Any]) -> dict[str, Any]:
    """Return what describes the layer alone, without its calls."""
    return {key: entry[key] for key in ("module", "class_name", "config") if key in entry}


def _op(config: dict[str, Any]) -> Callable[..., Any]:
    op, form = ops[config["op"]], tuple(config["form"])
    attrs = {key: tuple(value) if isinstance(value, list) else value for key, value in config["attributes"].items()}
    return lambda *leaves: op.call([revived(leaf, Layer) for leaf in leaves], form, attrs)


def _is_tensor(value: Any) -> bool:
    return isinstance(value, dict) and value.get("class_name") == _TENSOR


def _history(value: dict[str, Any]) -> tuple[str, int, int]:
    name, place, number = value["config"]["keras_history"]
    return name, place, number


def _sources(value: Any) -> set[tuple[str, int, int]]:
    if _is_tensor(value):
        return {_history(value)}
    children = value.values() if isinstance(value, dict) else value if isinstance(value, list | tuple) else ()
    return set().union(*(_sources(child) for child in children))


def _filled(value: Any, made: dict[tuple[str, int, int], KerasTensor]) -> Any:
    if _is_tensor(value):
        return made[_history(value)]
    if isinstance(value, dict) and "class_name" not in value:
        return {key: _filled(child, made) for key, child in value.items()}
    return [_filled(child, made) for child in value] if isinstance(value, list | tuple) else revived(value, Layer)


def _found(places: Any, made: dict[tuple[str, int, int], KerasTensor]) -> Any:
    if isinstance(places, dict):
        return {key: _found(value, made) for key, value in places.items()}
    if len(places) == 3 and isinstance(places[0], str):
        return made[places[0], places[1], places[2]]
    return [_found(place, made) for place in places]
