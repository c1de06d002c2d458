"""Recurrent layers that make their own cell: what `SimpleRNN`, `LSTM` and `GRU` share."""

from __future__ import annotations

from typing import Any, ClassVar

from horn.api.bounds import choice
from horn.api.configuration import arguments
from horn.api.layers.cells import dropped
from horn.api.layers.core import check_last_axis
from horn.api.layers.layer import Layer
from horn.api.layers.over_time import Ran, backwards
from horn.api.layers.rnn import RNN
from horn.api.naming import snake_case
from horn.spec import ops


class OneCellRNN(RNN):
    """An `RNN` that makes its cell from its own arguments, and shows them as its attributes.

    Args:
        cell: What `cell_of` returned.
        **kwargs: Those of `RNN`.
    """

    cell_class: ClassVar[type[Layer]]

    @classmethod
    def cell_of(cls, options: dict[str, Any], around: dict[str, Any]) -> Layer:
        """Return a cell with these arguments, and with what the layer was told for all of it."""
        shared = {name: around[name] for name in ("dtype", "trainable") if name in around}
        return cls.cell_class(**options, name=snake_case(cls.cell_class.__name__), **shared)

    def __init_subclass__(cls, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        if not hasattr(cls, "cell_class"):
            return
        for name in set(arguments(cls.cell_class)) - set(arguments(Layer)):
            setattr(cls, name, property(lambda self, name=name: getattr(self.cell, name)))

    def get_config(self) -> dict[str, Any]:
        """Return the arguments that make an equal layer; the cell follows from them."""
        config = super().get_config()
        del config["cell"]
        return config


class GatedRNN(OneCellRNN):
    """A `OneCellRNN` whose whole sequence is one op, where that says the same as the cell step by step."""

    def inner_loop(self, sequences: Any, initial_state: Any, mask: Any, training: bool = False) -> Ran:
        """Run over the sequences: as one op, where that says the same."""
        cell: Any = self.cell
        standard = cell.activation is ops.tanh and cell.recurrent_activation is ops.sigmoid
        if not standard or (training and cell.recurrent_dropout):
            return super().inner_loop(sequences, initial_state, mask, training)
        check_last_axis(self, sequences, cell.kernel.shape[0])
        factors = cell.factors_of_inputs(ops.shape(sequences)[0], training)
        x = sequences if factors is None else dropped(sequences, factors[0])
        bias = ops.zeros(cell.bias_shape(), self.compute_dtype) if cell.bias is None else cell.bias
        ran = self.as_one_op(x, initial_state, bias, mask)
        return ran if mask is None or not self.zero_output_for_mask else self._zeroed(ran, mask)

    def _zeroed(self, ran: Ran, mask: Any) -> Ran:
        """Return a run with zeros for the outputs of the steps that are left out."""
        seen = ops.expand_dims(backwards(mask, 1) if self.go_backwards else mask, -1)
        outputs = ops.where(ops.cast(seen, "bool"), ran.outputs, 0.0)
        return Ran(ops.take(outputs, -1, axis=1), outputs, ran.states)

    def as_one_op(self, x: Any, states: Any, bias: Any, mask: Any) -> Ran:
        """Return what the op of the whole sequence gives."""
        raise NotImplementedError(f"{type(self).__name__} has no `as_one_op`")


def cudnn(owner: str, use_cudnn: Any) -> Any:
    """Return `use_cudnn` if it is ``"auto"``, True or False; which kernel runs is for the backend to say."""
    return use_cudnn if isinstance(use_cudnn, bool) else choice(owner, "use_cudnn", use_cudnn, ("auto",))
