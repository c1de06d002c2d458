"""`RNN`: a recurrent layer around any cell."""

from __future__ import annotations

from typing import Any

import numpy as np

from horn import tree
from horn.api.bounds import flag
from horn.api.layers.cells import StackedRNNCells, count_of, started, zeros_of
from horn.api.layers.layer import Layer
from horn.api.layers.over_time import Ran, over_time
from horn.errors import ArgumentError, ShapeError, UnknownSizeError
from horn.spec import graph, ops
from horn.spec.graph import spec_of
from horn.spec.sizes import Dim, public
from horn.state.variable import Variable

_FLAGS = ("return_sequences", "return_state", "go_backwards", "stateful", "unroll", "zero_output_for_mask")


class RNN(Layer):
    """A layer that runs a cell over the steps of sequences.

    A cell has a `state_size` (one size or shape, or a list of them, one for each state) and is
    called as ``cell(inputs, states)`` for one step, which returns ``(output, states)``. It may
    have ``get_initial_state(batch_size)``, for states that do not begin at zero.

    A step that the mask leaves out keeps the states and repeats the output before it.

    Args:
        cell: The cell, or a list of cells, each of which takes the output of the one before.
        return_sequences: Whether to return the output of every step, or of the last.
        return_state: Whether to return the states after the last step too.
        go_backwards: Whether to run from the last step to the first; outputs come in the order in
            which they were computed.
        stateful: Whether the states after a batch are those that the next batch begins with. The
            size of the batch is then fixed.
        unroll: Accepted for Keras's sake; the result is the same.
        zero_output_for_mask: Whether the output of a step that is masked is zero.
        **kwargs: Those of `Layer`.

    Shapes:
        inputs:        (batch, time, ...)
        mask:          (batch, time), bools
        initial_state: a list of (batch, size), one for each state
        returns:       (batch, ...), or (batch, time, ...) for all; with the states, a tuple

    Raises:
        ArgumentError: The cell cannot be called or says no size, or a flag is none.

    Example:
        >>> class Sum(Layer):
        ...     state_size = 3
        ...     def call(self, inputs, states):
        ...         total = ops.add(inputs, states[0])
        ...         return total, [total]
        >>> RNN(Sum())(np.ones((1, 4, 3), "float32"))
        array([[4., 4., 4.]], dtype=float32)
    """

    def __init__(
        self,
        cell: Any,
        return_sequences: bool = False,
        return_state: bool = False,
        go_backwards: bool = False,
        stateful: bool = False,
        unroll: bool = False,
        zero_output_for_mask: bool = False,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.cell = _cell(StackedRNNCells(cell) if isinstance(cell, list | tuple) else cell)
        given = (return_sequences, return_state, go_backwards, stateful, unroll, zero_output_for_mask)
        for name, value in zip(_FLAGS, given, strict=True):
            setattr(self, name, flag(type(self).__name__, name, value))
        self._states: Any = None

    return_sequences: bool
    return_state: bool
    go_backwards: bool
    stateful: bool
    unroll: bool
    zero_output_for_mask: bool
    supports_masking = True

    @property
    def states(self) -> Any:
        """The states that the next batch begins with, Variables; None unless `stateful` and built."""
        return self._states

    def build(self, input_shape: Any) -> None:
        """Build the cell for one step, and make the states of a stateful layer."""
        if len(input_shape) < 3:
            raise ShapeError(
                f"{type(self).__name__} {self.name!r} was given inputs of {len(input_shape)} axes.",
                expected="3 axes or more: (batch, time, features)",
                got=f"{len(input_shape)} axes",
                remedy="add the axis of the features, or put an Embedding before this layer",
            )
        if isinstance(self.cell, Layer) and not self.cell.built:
            with graph.scope(self.cell.name):
                self.cell.build((input_shape[0], *input_shape[2:]))
            self.cell.built = True
        if self.stateful and self._states is None:
            self._states = self._kept_states(input_shape[0])

    def _kept_states(self, batch: Any) -> Any:
        """Return Variables for the states, zeros, as Keras begins."""
        if batch is None:
            raise UnknownSizeError(
                f"The stateful layer {self.name!r} must know how many sequences a batch has.",
                expected="a fixed number, which every batch has",
                got="a batch of unknown size",
                remedy="write Input(batch_size=...), and use that batch_size in fit and predict",
            )
        return tree.map_structure(lambda leaf: self._kept(spec_of(leaf)), self.get_initial_state(batch))

    def _kept(self, spec: Any) -> Variable:
        variable = Variable(
            np.zeros(spec.shape, "float32"), dtype=spec.dtype, trainable=False, name="rnn_state"
        )
        variable.awaits_layer = True
        variable.path = f"{graph.current_scope() or self.name}/rnn_state"
        return variable

    def get_initial_state(self, batch_size: Any) -> list[Any]:
        """Return what the states are before the first step, zeros unless the cell says otherwise."""
        make = getattr(self.cell, "get_initial_state", None)
        if make is None:
            return zeros_of(self.cell.state_size, batch_size, self.compute_dtype)
        states = make(batch_size=batch_size)
        return list(states) if tree.is_nested(states) else [states]

    def reset_state(self) -> None:
        """Set the states of a stateful layer to zero, as before the first batch."""
        for variable in tree.flatten(self._states or []):
            variable.assign(ops.zeros(variable.shape, variable.dtype))

    reset_states = reset_state

    def call(
        self, sequences: Any, initial_state: Any = None, mask: Any = None, training: bool = False
    ) -> Any:
        """Return the outputs and states that the arguments ask for."""
        batch = ops.shape(sequences)[0]
        states = self._first_states(batch, initial_state)
        mask = None if mask is None else tree.flatten(mask)[0]
        ran = self.inner_loop(sequences, states, mask, training)
        if self.stateful:
            for variable, state in zip(tree.flatten(self._states), tree.flatten(ran.states), strict=True):
                variable.assign(state)
        output = self._own(ran.outputs if self.return_sequences else ran.last)
        return (output, *tree.map_structure(self._own, list(ran.states))) if self.return_state else output

    def inner_loop(self, sequences: Any, initial_state: Any, mask: Any, training: bool = False) -> Ran:
        """Run the cell over the sequences."""
        prepare, step = started(self.cell, ops.shape(sequences)[0], training)
        return over_time(
            step, prepare(sequences), initial_state, mask=mask, go_backwards=self.go_backwards,
            zero_output_for_mask=self.zero_output_for_mask, sequences=self.return_sequences,
        )  # fmt: skip

    def _own(self, x: Any) -> Any:
        """Return a result in the dtype that the layer computes in."""
        return x if spec_of(x).dtype == self.compute_dtype else ops.cast(x, self.compute_dtype)

    def _first_states(self, batch: Any, given: Any) -> Any:
        """Return the states to begin with: those given, those kept, or the cell's."""
        if self.stateful:
            self._check_batch(batch)
        begin = self.get_initial_state(batch)
        given = self._states if given is None and self.stateful else given
        if given is None:
            return begin
        wanted, leaves = tree.flatten(begin), tree.flatten(given)
        if len(leaves) != len(wanted):
            raise ArgumentError(
                f"{type(self).__name__} {self.name!r} was given another number of initial states.",
                expected=f"{len(wanted)} states",
                got=f"{len(leaves)}",
                remedy="pass a list with one tensor for each state of the cell",
            )
        return tree.unflatten(begin, [self._fit(a, b) for a, b in zip(leaves, wanted, strict=True)])

    def _fit(self, given: Any, wanted: Any) -> Any:
        """Return an initial state in the dtype of the states, if it has their shape."""
        have, want = spec_of(given), spec_of(wanted)
        sizes = zip(have.shape, want.shape, strict=False)
        if have.rank != want.rank or any(
            a != b and isinstance(a, int) and isinstance(b, int) for a, b in sizes
        ):
            raise ShapeError(
                f"{type(self).__name__} {self.name!r} was given an initial state of another shape.",
                expected=str(public(want.shape)),
                got=str(public(have.shape)),
                remedy="pass states of the cell's sizes, one row for each sequence",
            )
        # A Variable is read here; arithmetic on it would not be needed otherwise.
        value = given.__horn_value__() if isinstance(given, Variable) else given
        return value if have.dtype == want.dtype else ops.cast(value, want.dtype)

    def _check_batch(self, batch: Any) -> None:
        """Raise unless a batch has the size that the kept states are for."""
        fixed = tree.flatten(self._states)[0].shape[0]
        if isinstance(batch, Dim):
            batch.__index__()  # raises: the step is then traced for the sizes of its batch
        if batch != fixed:
            raise ShapeError(
                f"The stateful layer {self.name!r} was built for batches of {fixed} sequences.",
                expected=f"{fixed} sequences",
                got=f"{batch}",
                remedy=f"use batch_size={fixed}, with a number of sequences that it divides",
            )

    def compute_mask(self, inputs: Any, previous_mask: Any) -> Any:
        """Return the mask of the outputs, which only those of every step have; states have none."""
        del inputs
        mask = None if previous_mask is None else tree.flatten(previous_mask)[0]
        mask = mask if self.return_sequences else None
        return [mask, *(None for _ in range(count_of(self.cell)))] if self.return_state else mask


def _cell(cell: Any) -> Any:
    """Return a cell, if it can be one."""
    if isinstance(cell, type) or not callable(cell) or not (
        hasattr(cell, "state_size") or hasattr(cell, "get_initial_state")
    ):  # fmt: skip
        raise ArgumentError(
            "RNN was given something that is no cell.",
            expected="an object that is called as cell(inputs, states) and has a `state_size`",
            got=repr(cell),
            remedy="pass a cell such as LSTMCell(64), or a Layer with `state_size` and `call(inputs, states)`",
        )
    return cell
