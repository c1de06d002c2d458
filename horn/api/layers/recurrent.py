"""Recurrent layers."""

from __future__ import annotations

from typing import Any

import numpy as np

from horn.api import activations, initializers
from horn.api.layers.core import check_last_axis, positive, set_rules, weight_of
from horn.api.layers.layer import Layer
from horn.errors import ShapeError
from horn.spec import ops


class LSTM(Layer):
    """A long short-term memory over sequences.

    With the default activations the whole sequence is one op, `ops.lstm`, for which a backend may
    have a fused kernel; with others it is a scan over the same equations.

    Args:
        units: The size of the hidden state.
        activation: Of the cell and of the output.
        recurrent_activation: Of the gates.
        use_bias: Whether the gates have a bias.
        kernel_initializer: For the kernel of the inputs.
        recurrent_initializer: For the kernel of the hidden state.
        bias_initializer: For the bias.
        unit_forget_bias: Whether the forget gate's bias starts at one.
        kernel_regularizer: For the kernel of the inputs; see `horn.regularizers`.
        recurrent_regularizer: For the kernel of the hidden state.
        bias_regularizer: For the bias.
        kernel_constraint: For the kernel of the inputs; see `horn.constraints`.
        recurrent_constraint: For the kernel of the hidden state.
        bias_constraint: For the bias.
        return_sequences: Whether to return every hidden state, or the last.
        return_state: Whether to return the last hidden state and cell state too.
        go_backwards: Whether to run from the last step to the first.
        **kwargs: Those of `Layer`.

    Shapes:
        inputs:  (batch, time, features)
        returns: (batch, units), or (batch, time, units) for all

    Reference:
        Hochreiter & Schmidhuber, Neural Computation 9 (1997) 1735-1780.
    """

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
        return_sequences: bool = False,
        return_state: bool = False,
        go_backwards: bool = False,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.units = positive("LSTM", "units", units)
        self.activation = activations.get(activation)
        self.recurrent_activation = activations.get(recurrent_activation)
        self.use_bias, self.unit_forget_bias = use_bias, unit_forget_bias
        self.kernel_initializer = initializers.get(kernel_initializer)
        self.recurrent_initializer = initializers.get(recurrent_initializer)
        self.bias_initializer = initializers.get(bias_initializer)
        set_rules(self, kernel=(kernel_regularizer, kernel_constraint), bias=(bias_regularizer, bias_constraint))
        set_rules(self, recurrent=(recurrent_regularizer, recurrent_constraint))
        self.return_sequences, self.return_state = return_sequences, return_state
        self.go_backwards = go_backwards

    def build(self, input_shape: Any) -> None:
        """Make the kernels and the bias."""
        if len(input_shape) != 3:
            raise ShapeError(
                f"LSTM {self.name!r} was given inputs of {len(input_shape)} axes.",
                expected="3 axes: (batch, time, features)",
                got=f"{len(input_shape)} axes",
                remedy="add the axis of the features, or put an Embedding before this layer",
            )
        gates = 4 * self.units
        self.kernel = weight_of(self, (input_shape[-1], gates), "kernel")
        self.recurrent_kernel = weight_of(self, (self.units, gates), "recurrent_kernel", prefix="recurrent")
        self.bias = weight_of(self, (gates,), "bias", self._first_bias) if self.use_bias else None

    def _first_bias(self, shape: tuple[int, ...], dtype: str) -> np.ndarray:
        bias = self.bias_initializer(shape, dtype)
        if self.unit_forget_bias:
            bias[self.units : 2 * self.units] = 1.0
        return bias

    def call(self, inputs: Any, initial_state: Any = None) -> Any:
        """Return the hidden states that the arguments ask for."""
        check_last_axis(self, inputs, self.kernel.shape[0])
        batch = ops.shape(inputs)[0]
        h, c = initial_state or (ops.zeros((batch, self.units), self.compute_dtype),) * 2
        bias = ops.zeros((4 * self.units,), self.compute_dtype) if self.bias is None else self.bias
        standard = self.activation is ops.tanh and self.recurrent_activation is ops.sigmoid
        run = self._fused if standard else self._scanned
        outputs, h, c = run(inputs, h, c, bias)
        result = outputs if self.return_sequences else h
        return (result, h, c) if self.return_state else result

    def _fused(self, inputs: Any, h: Any, c: Any, bias: Any) -> Any:
        return ops.lstm(inputs, h, c, self.kernel, self.recurrent_kernel, bias, go_backwards=self.go_backwards)

    def _scanned(self, inputs: Any, h: Any, c: Any, bias: Any) -> Any:
        projected = ops.transpose(ops.add(ops.matmul(inputs, self.kernel), bias), (1, 0, 2))

        def step(states: Any, gates: Any) -> Any:
            h, c = states
            i, f, g, o = ops.split(gates + ops.matmul(h, self.recurrent_kernel), 4, axis=-1)
            gate = self.recurrent_activation
            c = gate(f) * c + gate(i) * self.activation(g)
            h = gate(o) * self.activation(c)
            return (h, c), h

        (h, c), outputs = ops.scan(step, (h, c), projected, reverse=self.go_backwards)
        if self.go_backwards:
            time = ops.shape(outputs)[0]
            outputs = ops.take(outputs, ops.subtract(time - 1, ops.arange(time)), axis=0)
        return ops.transpose(outputs, (1, 0, 2)), h, c
