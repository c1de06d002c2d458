"""The long short-term memory: its cell and its layer."""

from __future__ import annotations

from typing import Any

from horn.api.bounds import flag
from horn.api.layers.cells import RecurrentCell, product
from horn.api.layers.core import keep_recipes
from horn.api.layers.one_cell import GatedRNN, cudnn
from horn.api.layers.over_time import Ran
from horn.spec import ops


class LSTMCell(RecurrentCell):
    """One step of `LSTM`.

    With the gates i, f, g, o side by side in ``x @ kernel + bias + h @ recurrent_kernel``, s the
    recurrent activation and a the activation: ``c' = s(f) * c + s(i) * a(g)`` and
    ``h' = s(o) * a(c')``.

    Args:
        units: The size of the output and of the state.
        activation: Of the cell and of the output.
        recurrent_activation: Of the gates.
        use_bias: Whether there is a bias.
        kernel_initializer: For the kernel of the inputs.
        recurrent_initializer: For the kernel of the state.
        bias_initializer: For the bias.
        unit_forget_bias: Whether the bias of the forget gate begins at one.
        kernel_regularizer: For the kernel of the inputs; see `horn.regularizers`.
        recurrent_regularizer: For the kernel of the state.
        bias_regularizer: For the bias.
        kernel_constraint: For the kernel of the inputs; see `horn.constraints`.
        recurrent_constraint: For the kernel of the state.
        bias_constraint: For the bias.
        dropout: The share of the inputs to drop while training, in [0, 1).
        recurrent_dropout: The share of the state to drop while training, in [0, 1).
        seed: An integer for masks that depend on it alone; None for the process's seed.
        **kwargs: Those of `Layer`.

    Shapes:
        inputs:  (batch, features)
        states:  [h, c], each (batch, units)
        returns: (batch, units), and the list of states

    Reference:
        Hochreiter & Schmidhuber, Neural Computation 9 (1997) 1735-1780, with the forget gate of
        Gers, Schmidhuber & Cummins, Neural Computation 12 (2000) 2451-2471.

    Example:
        >>> cell = LSTMCell(3)
        >>> output, states = cell(np.ones((2, 4), "float32"), cell.get_initial_state(2))
        >>> output.shape, len(states)
        ((2, 3), 2)
    """

    recurrent_activation: Any

    def __init__(
        self,
        units: int,
        activation: Any = "tanh",
        recurrent_activation: Any = "sigmoid",
        use_bias: bool = True,
        kernel_initializer: Any = "glorot_uniform",
        recurrent_initializer: Any = "orthogonal",
        bias_initializer: Any = "zeros",
        unit_forget_bias: bool = True,
        kernel_regularizer: Any = None,
        recurrent_regularizer: Any = None,
        bias_regularizer: Any = None,
        kernel_constraint: Any = None,
        recurrent_constraint: Any = None,
        bias_constraint: Any = None,
        dropout: float = 0.0,
        recurrent_dropout: float = 0.0,
        seed: int | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(
            units, activation=activation, use_bias=use_bias,
            kernel_initializer=kernel_initializer, recurrent_initializer=recurrent_initializer,
            bias_initializer=bias_initializer, kernel_regularizer=kernel_regularizer,
            recurrent_regularizer=recurrent_regularizer, bias_regularizer=bias_regularizer,
            kernel_constraint=kernel_constraint, recurrent_constraint=recurrent_constraint,
            bias_constraint=bias_constraint, dropout=dropout, recurrent_dropout=recurrent_dropout,
            seed=seed, **kwargs,
        )  # fmt: skip
        self.unit_forget_bias = flag("LSTMCell", "unit_forget_bias", unit_forget_bias)
        keep_recipes(self, recurrent_activation=recurrent_activation)
        self.state_size = [self.units, self.units]

    gates = 4

    def first_bias(self, shape: tuple[int, ...], dtype: str) -> Any:
        """Return the bias to begin with; that of the forget gate is one, if it shall be."""
        bias = self.bias_initializer(shape, dtype)
        if self.unit_forget_bias:
            bias[self.units : 2 * self.units] = 1.0
        return bias

    def advance(self, projected: Any, states: Any, factors: Any) -> tuple[Any, Any]:
        """Return output and states after a step."""
        h, c = states
        gates = ops.add(projected, product(h, self.recurrent_kernel, factors))
        i, f, g, o = ops.split(gates, 4, axis=-1)
        gate = self.recurrent_activation
        c = ops.add(ops.multiply(gate(f), c), ops.multiply(gate(i), self.activation(g)))
        h = ops.multiply(gate(o), self.activation(c))
        return h, [h, c]


class LSTM(GatedRNN):
    """A long short-term memory over sequences; `LSTMCell` has the equations.

    With the default activations, and no recurrent dropout, the whole sequence is one op,
    `ops.lstm`, for which a backend may have a fused kernel; otherwise it is a scan of the cell.

    Args:
        units: The size of the output and of the state.
        activation: Of the cell and of the output.
        recurrent_activation: Of the gates.
        use_bias: Whether there is a bias.
        kernel_initializer: For the kernel of the inputs.
        recurrent_initializer: For the kernel of the state.
        bias_initializer: For the bias.
        unit_forget_bias: Whether the bias of the forget gate begins at one.
        kernel_regularizer: For the kernel of the inputs; see `horn.regularizers`.
        recurrent_regularizer: For the kernel of the state.
        bias_regularizer: For the bias.
        activity_regularizer: For the outputs; see `Layer`.
        kernel_constraint: For the kernel of the inputs; see `horn.constraints`.
        recurrent_constraint: For the kernel of the state.
        bias_constraint: For the bias.
        dropout: The share of the inputs to drop while training, in [0, 1).
        recurrent_dropout: The share of the state to drop while training, in [0, 1).
        seed: An integer for masks that depend on it alone; None for the process's seed.
        return_sequences: Whether to return the output of every step, or of the last.
        return_state: Whether to return the last two states too.
        go_backwards: Whether to run from the last step to the first.
        stateful: Whether a batch begins with the states that the one before left; see `RNN`.
        unroll: Accepted for Keras's sake; the result is the same.
        use_cudnn: "auto", True or False; accepted for Keras's sake: the backend chooses its kernel.
        **kwargs: Those of `RNN`.

    Shapes:
        sequences:     (batch, time, features)
        initial_state: [h, c], each (batch, units)
        returns:       (batch, units), or (batch, time, units) for all

    Reference:
        Hochreiter & Schmidhuber, Neural Computation 9 (1997) 1735-1780, with the forget gate of
        Gers, Schmidhuber & Cummins, Neural Computation 12 (2000) 2451-2471.

    Example:
        >>> LSTM(3)(np.ones((2, 5, 4), "float32")).shape
        (2, 3)
    """

    cell_class = LSTMCell

    def __init__(
        self,
        units: int,
        activation: Any = "tanh",
        recurrent_activation: Any = "sigmoid",
        use_bias: bool = True,
        kernel_initializer: Any = "glorot_uniform",
        recurrent_initializer: Any = "orthogonal",
        bias_initializer: Any = "zeros",
        unit_forget_bias: bool = True,
        kernel_regularizer: Any = None,
        recurrent_regularizer: Any = None,
        bias_regularizer: Any = None,
        activity_regularizer: Any = None,
        kernel_constraint: Any = None,
        recurrent_constraint: Any = None,
        bias_constraint: Any = None,
        dropout: float = 0.0,
        recurrent_dropout: float = 0.0,
        seed: int | None = None,
        return_sequences: bool = False,
        return_state: bool = False,
        go_backwards: bool = False,
        stateful: bool = False,
        unroll: bool = False,
        use_cudnn: Any = "auto",
        **kwargs: Any,
    ) -> None:
        options = {
            "units": units, "activation": activation, "recurrent_activation": recurrent_activation,
            "use_bias": use_bias, "unit_forget_bias": unit_forget_bias,
            "kernel_initializer": kernel_initializer, "recurrent_initializer": recurrent_initializer,
            "bias_initializer": bias_initializer, "kernel_regularizer": kernel_regularizer,
            "recurrent_regularizer": recurrent_regularizer, "bias_regularizer": bias_regularizer,
            "kernel_constraint": kernel_constraint, "recurrent_constraint": recurrent_constraint,
            "bias_constraint": bias_constraint, "dropout": dropout, "recurrent_dropout": recurrent_dropout,
            "seed": seed,
        }  # fmt: skip
        super().__init__(
            self.cell_of(options, kwargs), activity_regularizer=activity_regularizer, return_sequences=return_sequences,
            return_state=return_state, go_backwards=go_backwards, stateful=stateful, unroll=unroll, **kwargs,
        )  # fmt: skip
        self.use_cudnn = cudnn("LSTM", use_cudnn)

    cell: LSTMCell

    def as_one_op(self, x: Any, states: Any, bias: Any, mask: Any) -> Ran:
        """Return what `ops.lstm` gives."""
        cell = self.cell
        outputs, h, c = ops.lstm(
            x, *states, cell.kernel, cell.recurrent_kernel, bias, mask, go_backwards=self.go_backwards
        )
        return Ran(h, outputs, [h, c])
