"""`clone_model`: the same architecture again, with new weights."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from horn import tree
from horn.api.bounds import function
from horn.api.layers.core import Input
from horn.api.layers.layer import Layer
from horn.api.models.functional import Functional
from horn.api.models.model import Model
from horn.api.models.sequential import Sequential
from horn.errors import ArgumentError
from horn.spec.graph import KerasTensor

if TYPE_CHECKING:
    from collections.abc import Callable



def clone_model(
    model: Model, input_tensors: Any = None, clone_function: Callable[[Layer], Layer] | None = None
) -> Model:
    """Return a new model of the same layers, with new weights; shared layers stay shared.

    Args:
        model: A Sequential or functional model, or a subclass with `get_config`.
        input_tensors: Symbolic tensors to build a functional model on, in place of new inputs.
        clone_function: From a layer to the one that takes its place; by default an equal one.

    Raises:
        ArgumentError: A subclassed model was given `input_tensors` or `clone_function`.

    Example:
        >>> from horn.api.layers.core import Dense
        >>> model = Sequential([Input((3,)), Dense(2)])
        >>> twin = clone_model(model)
        >>> twin.count_params(), twin.layers[0] is model.layers[0]
        (8, False)
    """
    _check(model, input_tensors, clone_function)
    copies: dict[int, Layer] = {}

    def copy_of(layer: Layer) -> Layer:
        if id(layer) not in copies:
            made = clone_function(layer) if clone_function else type(layer).from_config(layer.get_config())
            copies[id(layer)] = _layer(made)
        return copies[id(layer)]

    if isinstance(model, Functional):
        fresh = tree.map_structure(_like, model.input_tree) if input_tensors is None else input_tensors
        return Functional(fresh, model.replay(fresh, copy_of), name=model.name)
    if isinstance(model, Sequential):
        start = [_like(symbol) for symbol in model.inputs] if input_tensors is None else tree.flatten(input_tensors)
        return Sequential([*start, *map(copy_of, model.layers)], name=model.name)
    if input_tensors is not None or clone_function is not None:
        raise ArgumentError(
            "clone_model cannot look into a subclassed model.",
            expected="a Sequential or functional model, for input_tensors and clone_function",
            got=type(model).__name__,
            remedy="call clone_model(model) alone, which uses get_config",
        )
    return type(model).from_config(model.get_config())  # type: ignore[return-value]


def _check(model: Any, input_tensors: Any, clone_function: Any) -> None:
    """Raise an `ArgumentError` for an argument of `clone_model` that it cannot use."""
    if not isinstance(model, Model):
        raise ArgumentError(
            "clone_model was given something that is no model.",
            expected="model as a Model; a layer is copied by Layer.from_config(layer.get_config())",
            got=f"model={model!r}",
            remedy="pass a model",
        )
    if clone_function is not None:
        function("clone_model", "clone_function", clone_function)
    if not all(isinstance(leaf, KerasTensor) for leaf in tree.flatten(input_tensors or [])):
        raise ArgumentError(
            "clone_model was given something for input_tensors that is no symbolic tensor.",
            expected="input_tensors as what Input returns, or a tree of them",
            got=f"input_tensors={input_tensors!r}",
            remedy="write input_tensors=Input(shape=(...))",
        )


def _layer(made: Any) -> Layer:
    """Return what a `clone_function` made, if it is a layer."""
    if not isinstance(made, Layer):
        raise ArgumentError(
            "clone_model was given a clone_function that made no layer.",
            expected="a function from a layer to a layer",
            got=repr(made),
            remedy="return type(layer).from_config(layer.get_config()) for layers that are to stay as they are",
        )
    return made


def _like(symbol: KerasTensor) -> KerasTensor:
    """Return a new input of the same shape, dtype and name."""
    batch, *shape = symbol.shape
    return Input(tuple(shape), batch, symbol.spec.dtype, symbol.name)
