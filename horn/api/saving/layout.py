"""Which group of a weights file holds the weights of which layer: the layout of Keras 3.

The groups follow the attributes that lead from the model to its layers. A layer is named after
its attribute, a layer in a list or dictionary after its class and its place among those of that
class; what is reached twice has the first of its names. The weights of a layer are the numbered
members of ``vars``, those that were made to be trained first.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, NamedTuple

from horn.api.layers.layer import Layer, LayerCall
from horn.api.optimizers.optimizer import Optimizer
from horn.spec.graph import Symbol
from horn.state.variable import Variable

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator


class Group(NamedTuple):
    """A group of a file: the path of its ``vars``, the layer's name and class, its weights in order."""

    path: str
    name: str
    kind: str
    variables: list[Variable]

    def named_by_hand(self, name: str) -> bool:
        """Return whether `name` is none that a layer of this class gets by itself."""
        return re.fullmatch(rf"{re.escape(self.kind)}(_\d+)?", name) is None


class Layout:
    """What of a model is in a file.

    Attributes:
        groups: Those of the layers.
        optimizers: The path of each optimizer's ``vars``, and the optimizer.
    """

    def __init__(self, model: Layer) -> None:
        self.groups: list[Group] = []
        self.optimizers: list[tuple[str, Optimizer]] = []
        self._seen: dict[int, Any] = {}
        self._visit("", model)

    def _visit(self, path: str, value: Any) -> None:
        if id(value) in self._seen:
            return
        # The value is kept beside its number: that of a list made on the way could be given out anew.
        self._seen[id(value)] = value
        if isinstance(value, Layer):
            kind = group_name(type(value).__name__)
            self.groups.append(Group(_join(path, "vars"), value.name, kind, own_variables(value)))
        elif isinstance(value, Optimizer):
            self.optimizers.append((_join(path, "vars"), value))
        for name, child in _children(value):
            self._visit(_join(path, name), child)


def group_name(kind: str) -> str:
    """Return the name that a class has in files.

    Example:
        >>> group_name("MaxPooling2D"), group_name("LeakyReLU"), group_name("My2Layer")
        ('max_pooling2d', 'leaky_re_lu', 'my2_layer')
    """
    kind = re.sub(r"\W", "", kind)
    return re.sub(r"(?<=.)(?=[A-Z][a-z])|(?<=[a-z])(?=[A-Z])", "_", kind).lower()


def _join(path: str, name: str) -> str:
    return f"{path}/{name}" if path else name


def _children(value: Any) -> Iterator[tuple[str, Any]]:
    """Yield what may hold layers, with its name: attributes, or the members of a list or dictionary."""
    if isinstance(value, dict):
        yield from _numbered(value.values())
    elif isinstance(value, list | tuple):
        yield from _numbered(value)
    elif isinstance(value, Optimizer):  # one around others
        yield from (
            (name, vars(value)[name]) for name in ("inner_optimizer", "optimizers") if name in vars(value)
        )
    elif isinstance(value, Layer):
        found = dict(vars(value))
        if hasattr(type(value), "layers"):  # a model: the list that it shows is one of its attributes
            found["layers"] = inner_layers(value)
            if "_layers" in found:  # Sequential or Functional: that list is the first of them
                yield "layers", found.pop("layers")
        for name in sorted(found, key=lambda name: (name.startswith("_"), name)):
            yield name, found[name]


def _numbered(values: Iterable[Any]) -> Iterator[tuple[str, Any]]:
    used: dict[str, int] = {}
    for value in values:
        if isinstance(value, Layer | Optimizer):
            base = group_name(type(value).__name__)
        elif isinstance(value, list | tuple | dict):
            base = "container"
        else:
            continue
        number = used.get(base, 0)
        used[base] = number + 1
        yield base if number == 0 else f"{base}_{number}", value


# -- order -----------------------------------------------------------------------------------------


def own_variables(layer: Layer) -> list[Variable]:
    """Return the weights of a layer without those of layers within, in the order of a file."""
    made = {id(variable): i for i, variable in enumerate(layer._own_variables)}  # noqa: SLF001
    found: dict[int, Variable] = {}
    attributes = [value for name, value in vars(layer).items() if not name.startswith("_")]
    for variable in _leaves(attributes):
        # What `add_weight` made before this one comes before it, whether or not it is an attribute.
        earlier = layer._own_variables[: made.get(id(variable), -1) + 1]  # noqa: SLF001
        for known in (*earlier, variable):
            found.setdefault(id(known), known)
    for variable in layer._own_variables:  # noqa: SLF001
        found.setdefault(id(variable), variable)
    return sorted(found.values(), key=lambda variable: not variable.trainable)


def _leaves(value: Any) -> Iterator[Variable]:
    if isinstance(value, Variable):
        yield value
    elif isinstance(value, list | tuple | dict):
        for child in value.values() if isinstance(value, dict) else value:
            yield from _leaves(child)


def inner_layers(layer: Layer) -> list[Layer]:
    """Return the layers directly inside of a layer, those of a graph from its inputs on."""
    if "_nodes" in vars(layer):
        return _by_depth(layer)
    return list(getattr(layer, "layers", None) or layer.sublayers())


def all_variables(layer: Layer) -> list[Variable]:
    """Return the weights of a layer and of all within, in the order in which slots are in a file."""
    found = {id(variable): variable for variable in own_variables(layer)}
    inner = {id(child): child for child in (*inner_layers(layer), *layer.sublayers())}
    for child in inner.values():
        for variable in all_variables(child):
            found.setdefault(id(variable), variable)
    return list(found.values())


def _by_depth(model: Any) -> list[Layer]:
    """Return the layers of a graph by how far they are from its outputs, the farthest first.

    The distance of a layer is that of its farthest call, counted in calls and ops. Of layers
    equally far, the first is the one that is met first on the way back from the outputs.
    """
    met: dict[int, int] = {}
    depth: dict[int, int] = {}
    for node in reversed(_feeders_first(model, met)):
        own = depth[id(_maker(node))] = max(depth.get(id(node), 0), depth.get(id(_maker(node)), 0))
        for feeder in _feeders(node):
            depth[id(feeder)] = max(depth.get(id(feeder), 0), own + 1)
    layers = {id(node.layer): node.layer for node in model._nodes if isinstance(node, LayerCall)}  # noqa: SLF001
    return sorted(layers.values(), key=lambda layer: (-depth[id(layer)], met[id(layer)]))


def _feeders_first(model: Any, met: dict[int, int]) -> list[Any]:
    """Return the nodes, each after those it needs; note in `met` when each layer or op was met."""
    wanted = {id(node) for node in model._nodes}  # noqa: SLF001
    entered: set[int] = set()
    finished: list[Any] = []
    stack: list[tuple[Any, Iterator[Any]]] = [(None, iter([out.node for out in model.outputs]))]
    while stack:
        node, rest = stack[-1]
        deeper = next((n for n in rest if id(n) in wanted and id(n) not in entered), None)
        if deeper is None:
            finished.append(node)
            stack.pop()
            continue
        entered.add(id(deeper))
        met.setdefault(id(_maker(deeper)), len(met))
        stack.append((deeper, iter(_feeders(deeper))))
    return finished[:-1]


def _maker(node: Any) -> Any:
    return node.layer if isinstance(node, LayerCall) else node


def _feeders(node: Any) -> list[Any]:
    return [x.node for x in node.inputs if isinstance(x, Symbol) and x.node is not None]
