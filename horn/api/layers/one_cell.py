"""Recurrent layers that make their own cell: what `SimpleRNN`, `LSTM` and `GRU` share."""

from __future__ import annotations

from typing import Any, ClassVar

from horn.api.bounds import choice
from horn.api.configuration import arguments
from horn.api.layers.layer import Layer
from horn.api.layers.rnn import RNN
from horn.api.naming import snake_case
from horn.errors import ArgumentError


class OneCellRNN(RNN):
    """An `RNN` that makes its cell from its own arguments, and shows them as its attributes.

    Args:
        cell: What `cell_of` returned.
        activity_regularizer: None.
        **kwargs: Those of `RNN`.
    """

    cell_class: ClassVar[type[Layer]]

    def __init__(self, cell: Any, *, activity_regularizer: Any = None, **kwargs: Any) -> None:
        owner = type(self).__name__
        if activity_regularizer is not None:
            raise ArgumentError(
                f"{owner} was given a regularizer for its outputs, which its outputs do not have here.",
                expected="activity_regularizer=None",
                got=repr(activity_regularizer),
                remedy="regularize the weights (kernel_regularizer=...), or add the penalty to the loss",
            )
        self.activity_regularizer = None
        super().__init__(cell, **kwargs)

    @classmethod
    def cell_of(cls, options: dict[str, Any], around: dict[str, Any]) -> Layer:
        """Return a cell with these arguments, and with what the layer was told for all of it."""
        shared = {name: around[name] for name in ("dtype", "trainable") if name in around}
        return cls.cell_class(**options, name=snake_case(cls.cell_class.__name__), **shared)

    def __init_subclass__(cls, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        for name in set(arguments(cls.cell_class)) - set(arguments(Layer)):
            setattr(cls, name, property(lambda self, name=name: getattr(self.cell, name)))

    def get_config(self) -> dict[str, Any]:
        """Return the arguments that make an equal layer; the cell follows from them."""
        config = super().get_config()
        del config["cell"]
        return config


def cudnn(owner: str, use_cudnn: Any) -> Any:
    """Return `use_cudnn` if it is ``"auto"``, True or False; which kernel runs is for the backend to say."""
    return use_cudnn if isinstance(use_cudnn, bool) else choice(owner, "use_cudnn", use_cudnn, ("auto",))
