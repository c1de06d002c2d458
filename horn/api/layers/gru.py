"""The gated recurrent unit: its cell and its layer."""

from __future__ import annotations

from typing import Any

from horn.api.bounds import flag
from horn.api.layers.cells import RecurrentCell, product
from horn.api.layers.core import keep_recipes
from horn.api.layers.one_cell import GatedRNN, cudnn
from horn.api.layers.over_time import Ran
from horn.spec import ops


class GRUCell(RecurrentCell):
    """One step of `GRU`.

    With the gates z, r and the candidate side by side in ``x @ kernel + bias``, s the recurrent
    activation and a the activation: ``z = s(x_z + h @ u_z)``, ``r = s(x_r + h @ u_r)`` and
    ``h' = z * h + (1 - z) * n``. The candidate is ``n = a(x_n + r * (h @ u_n + b_n))`` with
    `reset_after`, and else ``n = a(x_n + (r * h) @ u_n)``.

    Args:
        units: The size of the output and of the state.
        activation: Of the candidate.
        recurrent_activation: Of the gates.
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
        reset_after: Whether the reset gate acts after the product with the recurrent kernel, as in cuDNN
            and PyTorch, with a bias for that product; else before it, as in the paper.
        seed: An integer for masks that depend on it alone; None for the process's seed.
        **kwargs: Those of `Layer`.

    Shapes:
        inputs:  (batch, features)
        states:  [(batch, units)]
        returns: (batch, units), and the list of states

    Reference:
        Cho et al., Learning phrase representations using RNN encoder-decoder for statistical machine
        translation, EMNLP 2014, arXiv:1406.1078.

    Example:
        >>> cell = GRUCell(3)
        >>> output, states = cell(np.ones((2, 4), "float32"), cell.get_initial_state(2))
        >>> output.shape, len(states)
        ((2, 3), 1)
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
        kernel_regularizer: Any = None,
        recurrent_regularizer: Any = None,
        bias_regularizer: Any = None,
        kernel_constraint: Any = None,
        recurrent_constraint: Any = None,
        bias_constraint: Any = None,
        dropout: float = 0.0,
        recurrent_dropout: float = 0.0,
        reset_after: bool = True,
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
        keep_recipes(self, recurrent_activation=recurrent_activation)
        self.reset_after = flag("GRUCell", "reset_after", reset_after)

    gates = 3

    def bias_shape(self) -> tuple[int, ...]:
        """Return the shape of the bias: with `reset_after`, one row for the inputs and one for the state."""
        return (2, 3 * self.units) if self.reset_after else (3 * self.units,)

    def project(self, x: Any, factors: Any) -> Any:
        """Return what the inputs add to the gates."""
        x = product(x, self.kernel, factors)
        return x if self.bias is None else ops.add(x, self.bias[0] if self.reset_after else self.bias)

    def advance(self, projected: Any, states: Any, factors: Any) -> tuple[Any, Any]:
        """Return output and state after a step."""
        (h,), gate = states, self.recurrent_activation
        x_z, x_r, x_n = ops.split(projected, 3, axis=-1)
        if self.reset_after:
            inner = product(h, self.recurrent_kernel, factors)
            inner = inner if self.bias is None else ops.add(inner, self.bias[1])
            h_z, h_r, h_n = ops.split(inner, 3, axis=-1)
            n = self.activation(ops.add(x_n, ops.multiply(gate(ops.add(x_r, h_r)), h_n)))
        else:
            of_gates, of_n = (None, None) if factors is None else (factors[:2], factors[2:])
            by_gates, by_n = (
                self.recurrent_kernel[:, : 2 * self.units],
                self.recurrent_kernel[:, 2 * self.units :],
            )
            h_z, h_r = ops.split(product(h, by_gates, of_gates), 2, axis=-1)
            seen = ops.multiply(gate(ops.add(x_r, h_r)), h)
            n = self.activation(ops.add(x_n, product(seen, by_n, of_n)))
        z = gate(ops.add(x_z, h_z))
        h = ops.add(ops.multiply(z, h), ops.multiply(ops.subtract(1.0, z), n))
        return h, [h]


class GRU(GatedRNN):
    """A gated recurrent unit over sequences; `GRUCell` has the equations.

    With the default activations, and no recurrent dropout, the whole sequence is one op,
    `ops.gru`, for which a backend may have a fused kernel; otherwise it is a scan of the cell.

    Args:
        units: The size of the output and of the state.
        activation: Of the candidate.
        recurrent_activation: Of the gates.
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
        seed: An integer for masks that depend on it alone; None for the process's seed.
        return_sequences: Whether to return the output of every step, or of the last.
        return_state: Whether to return the last state too.
        go_backwards: Whether to run from the last step to the first.
        stateful: Whether a batch begins with the state that the one before left; see `RNN`.
        unroll: Accepted for Keras's sake; the result is the same.
        reset_after: Whether the reset gate acts after the product with the recurrent kernel, as in cuDNN
            and PyTorch, with a bias for that product; else before it, as in the paper.
        use_cudnn: "auto", True or False; accepted for Keras's sake: the backend chooses its kernel.
        **kwargs: Those of `RNN`.

    Shapes:
        sequences:     (batch, time, features)
        initial_state: [(batch, units)]
        returns:       (batch, units), or (batch, time, units) for all

    Reference:
        Cho et al., arXiv:1406.1078, and Chung et al., arXiv:1412.3555.

    Example:
        >>> GRU(3)(np.ones((2, 5, 4), "float32")).shape
        (2, 3)
    """

    cell_class = GRUCell

    def __init__(
        self,
        units: int,
        activation: Any = "tanh",
        recurrent_activation: Any = "sigmoid",
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
        seed: int | None = None,
        return_sequences: bool = False,
        return_state: bool = False,
        go_backwards: bool = False,
        stateful: bool = False,
        unroll: bool = False,
        reset_after: bool = True,
        use_cudnn: Any = "auto",
        **kwargs: Any,
    ) -> None:
        options = {
            "units": units, "activation": activation, "recurrent_activation": recurrent_activation,
            "use_bias": use_bias, "reset_after": reset_after,
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
        self.use_cudnn = cudnn("GRU", use_cudnn)

    cell: GRUCell

    def as_one_op(self, x: Any, states: Any, bias: Any, mask: Any) -> Ran:
        """Return what `ops.gru` gives."""
        cell = self.cell
        outputs, h = ops.gru(
            x, *states, cell.kernel, cell.recurrent_kernel, bias, mask,
            reset_after=cell.reset_after, go_backwards=self.go_backwards,
        )  # fmt: skip
        return Ran(h, outputs, [h])
