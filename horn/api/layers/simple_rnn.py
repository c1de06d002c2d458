"""The plain recurrent cell, and its layer."""

from __future__ import annotations

from typing import Any

from horn.api.layers.cells import RecurrentCell, product
from horn.api.layers.one_cell import OneCellRNN
from horn.spec import ops


class SimpleRNNCell(RecurrentCell):
    """One step of `SimpleRNN`: ``h' = activation(x @ kernel + bias + h @ recurrent_kernel)``.

    Args:
        units: The size of the output and of the state.
        activation: Of the output.
        use_bias: Whether there is a bias.
        kernel_initializer: For the kernel of the inputs.
        recurrent_initializer: For the kernel of the state.
        bias_initializer: For the bias.
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
        states:  [(batch, units)]
        returns: (batch, units), and the list of states

    Reference:
        Elman, Finding structure in time, Cognitive Science 14 (1990) 179-211.

    Example:
        >>> cell = SimpleRNNCell(3)
        >>> output, states = cell(np.ones((2, 4), "float32"), cell.get_initial_state(2))
        >>> output.shape, len(states)
        ((2, 3), 1)
    """

    def __init__(
        self,
        units: int,
        activation: Any = "tanh",
        use_bias: bool = True,
        kernel_initializer: Any = "glorot_uniform",
        recurrent_initializer: Any = "orthogonal",
        bias_initializer: Any = "zeros",
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

    def advance(self, projected: Any, states: Any, factors: Any) -> tuple[Any, Any]:
        """Return output and state after a step."""
        h = self.activation(ops.add(projected, product(states[0], self.recurrent_kernel, factors)))
        return h, [h]


class SimpleRNN(OneCellRNN):
    """A recurrent layer whose output is fed back to it.

    Each step is ``h' = activation(x @ kernel + bias + h @ recurrent_kernel)``.

    Args:
        units: The size of the output and of the state.
        activation: Of the output.
        use_bias: Whether there is a bias.
        kernel_initializer: For the kernel of the inputs.
        recurrent_initializer: For the kernel of the state.
        bias_initializer: For the bias.
        kernel_regularizer: For the kernel of the inputs; see `horn.regularizers`.
        recurrent_regularizer: For the kernel of the state.
        bias_regularizer: For the bias.
        activity_regularizer: For the outputs; see `Layer`.
        kernel_constraint: For the kernel of the inputs; see `horn.constraints`.
        recurrent_constraint: For the kernel of the state.
        bias_constraint: For the bias.
        dropout: The share of the inputs to drop while training, in [0, 1).
        recurrent_dropout: The share of the state to drop while training, in [0, 1).
        return_sequences: Whether to return the output of every step, or of the last.
        return_state: Whether to return the last state too.
        go_backwards: Whether to run from the last step to the first.
        stateful: Whether a batch begins with the state that the one before left; see `RNN`.
        unroll: Accepted for Keras's sake; the result is the same.
        seed: An integer for masks that depend on it alone; None for the process's seed.
        **kwargs: Those of `RNN`.

    Shapes:
        sequences:     (batch, time, features)
        initial_state: [(batch, units)]
        returns:       (batch, units), or (batch, time, units) for all

    Reference:
        Elman, Finding structure in time, Cognitive Science 14 (1990) 179-211.

    Example:
        >>> SimpleRNN(3)(np.ones((2, 5, 4), "float32")).shape
        (2, 3)
    """

    cell_class = SimpleRNNCell

    def __init__(
        self,
        units: int,
        activation: Any = "tanh",
        use_bias: bool = True,
        kernel_initializer: Any = "glorot_uniform",
        recurrent_initializer: Any = "orthogonal",
        bias_initializer: Any = "zeros",
        kernel_regularizer: Any = None,
        recurrent_regularizer: Any = None,
        bias_regularizer: Any = None,
        activity_regularizer: Any = None,
        kernel_constraint: Any = None,
        recurrent_constraint: Any = None,
        bias_constraint: Any = None,
        dropout: float = 0.0,
        recurrent_dropout: float = 0.0,
        return_sequences: bool = False,
        return_state: bool = False,
        go_backwards: bool = False,
        stateful: bool = False,
        unroll: bool = False,
        seed: int | None = None,
        **kwargs: Any,
    ) -> None:
        options = {
            "units": units, "activation": activation, "use_bias": use_bias,
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
