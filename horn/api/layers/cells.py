"""Recurrent cells: one step of a recurrent layer, and several of them in a row."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from horn import tree
from horn.api.bounds import flag, real, seed as checked_seed, whole
from horn.api.layers import calls
from horn.api.layers.core import check_last_axis, keep_recipes
from horn.api.layers.layer import Layer
from horn.errors import ArgumentError, ShapeError
from horn.spec import graph, ops
from horn.state.random import Stream

if TYPE_CHECKING:
    from collections.abc import Callable


class Started(NamedTuple):
    """A cell that is ready for a sequence: what it drops has been drawn.

    Attributes:
        prepare: What needs no state, for one step (batch, ...) or for all at once (batch, time, ...).
        step: ``(prepared, states) -> (output, states)``.
    """

    prepare: Callable[[Any], Any]
    step: Callable[[Any, Any], tuple[Any, Any]]


def started(cell: Any, batch: Any, training: bool) -> Started:  # noqa: FBT001
    """Return a cell ready for a sequence; a cell of the user's own is called for each step."""
    if not isinstance(cell, RecurrentCell | StackedRNNCells):
        return Started(lambda x: x, cell)
    with _inside(cell):
        prepare, step = cell.start(batch, training)

    def prepared(x: Any) -> Any:
        with _inside(cell):
            return prepare(x)

    def stepped(x: Any, states: Any) -> tuple[Any, Any]:
        with _inside(cell):
            return step(x, states)

    return Started(prepared, stepped)


def _inside(cell: Layer) -> calls.Opened:
    """Return a block that runs as a call of the cell would: under its name, in its dtype."""
    return calls.Opened(cell.name, calls.is_training(), cell.reads_in())


def count_of(cell: Any) -> int:
    """Return the number of states of a cell, those of cells within counted as one each."""
    size = getattr(cell, "state_size", 0)
    return len(size) if isinstance(size, list | tuple) else 1


def zeros_of(state_size: Any, batch: Any, dtype: str) -> list[Any]:
    """Return states of zero for a size or shape, or a list with one for each state."""
    sizes = state_size if isinstance(state_size, list | tuple) else [state_size]
    shapes = [tuple(size) if isinstance(size, list | tuple) else (size,) for size in sizes]
    return [ops.zeros((batch, *shape), dtype) for shape in shapes]


class RecurrentCell(Layer):
    """What the cells of `SimpleRNN`, `LSTM` and `GRU` share: weights for their gates, and dropout.

    Args:
        units: The size of the output and of each state.
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

    Reference:
        Gal & Ghahramani, arXiv:1512.05287, on masks that are the same for all steps. With recurrent
        dropout each gate has masks of its own, without it all gates share that of the inputs.
    """

    gates = 1
    """How many blocks of `units` columns the kernels have."""

    def __init__(
        self,
        units: int,
        *,
        activation: Any,
        use_bias: bool,
        kernel_initializer: Any,
        recurrent_initializer: Any,
        bias_initializer: Any,
        kernel_regularizer: Any,
        recurrent_regularizer: Any,
        bias_regularizer: Any,
        kernel_constraint: Any,
        recurrent_constraint: Any,
        bias_constraint: Any,
        dropout: float,
        recurrent_dropout: float,
        seed: int | None,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        owner = type(self).__name__
        self.units = whole(owner, "units", units)
        self.use_bias = flag(owner, "use_bias", use_bias)
        keep_recipes(
            self, activation=activation,
            kernel_initializer=kernel_initializer, recurrent_initializer=recurrent_initializer,
            bias_initializer=bias_initializer, kernel_regularizer=kernel_regularizer,
            recurrent_regularizer=recurrent_regularizer, bias_regularizer=bias_regularizer,
            kernel_constraint=kernel_constraint, recurrent_constraint=recurrent_constraint,
            bias_constraint=bias_constraint,
        )  # fmt: skip
        self.dropout = real(owner, "dropout", dropout, "[0, 1)")
        self.recurrent_dropout = real(owner, "recurrent_dropout", recurrent_dropout, "[0, 1)")
        self.seed = checked_seed(owner, seed)
        # A stream has a number of its own, which a cell without dropout leaves to others.
        self.stream = Stream(seed) if dropout or recurrent_dropout else None
        self.state_size: Any = self.units
        self.output_size = self.units

    activation: Any
    kernel_initializer: Any
    recurrent_initializer: Any
    bias_initializer: Any

    # -- what cells write ----------------------------------------------------------------------

    def bias_shape(self) -> tuple[int, ...]:
        """Return the shape of the bias."""
        return (self.gates * self.units,)

    def project(self, x: Any, factors: Any) -> Any:
        """Return what the inputs, (..., features), add to the gates, (..., gates * units)."""
        x = product(x, self.kernel, factors)
        return x if self.bias is None else ops.add(x, self.bias)

    def advance(self, projected: Any, states: Any, factors: Any) -> tuple[Any, Any]:
        """Return output and states after a step.

        Args:
            projected: What `project` returned for the step.
            states: The states before the step.
            factors: For the first state, as `product` takes them.
        """
        raise NotImplementedError(f"{type(self).__name__} has no `advance`")

    # -- what users and layers call --------------------------------------------------------------

    def build(self, input_shape: Any) -> None:
        """Make the kernels and the bias."""
        features, columns = input_shape[-1], self.gates * self.units
        self.kernel = self._weight((features, columns), "kernel", "kernel", self.kernel_initializer)
        initializer = self.recurrent_initializer
        self.recurrent_kernel = self._weight(
            (self.units, columns), "recurrent_kernel", "recurrent", initializer
        )
        initializer = self.first_bias if self.use_bias else None
        self.bias = self._weight(self.bias_shape(), "bias", "bias", initializer) if self.use_bias else None

    def first_bias(self, shape: tuple[int, ...], dtype: str) -> Any:
        """Return the bias to begin with."""
        return self.bias_initializer(shape, dtype)

    def _weight(self, shape: tuple[int, ...], name: str, kind: str, initializer: Any) -> Any:
        regularizer, constraint = getattr(self, f"{kind}_regularizer"), getattr(self, f"{kind}_constraint")
        return self.add_weight(shape, initializer, name=name, regularizer=regularizer, constraint=constraint)

    def get_initial_state(self, batch_size: Any = None) -> list[Any]:
        """Return states of zero."""
        return zeros_of(self.state_size, batch_size, self.compute_dtype)

    def start(self, batch: Any, training: bool) -> Started:  # noqa: FBT001
        """Return the cell ready for a sequence, with masks of dropout that hold for all of its steps."""
        of_inputs = self.factors_of_inputs(batch, training)
        of_state = self._factors(self.recurrent_dropout, (batch, self.units), training)

        def prepare(x: Any) -> Any:
            check_last_axis(self, x, self.kernel.shape[0])
            return self.project(x, of_inputs)

        def step(projected: Any, states: Any) -> tuple[Any, Any]:
            return self.advance(projected, states, of_state)

        return Started(prepare, step)

    def factors_of_inputs(self, batch: Any, training: bool) -> Any:  # noqa: FBT001
        """Return what to multiply the inputs of a sequence by, as `product` takes it."""
        return self._factors(self.dropout, (batch, self.kernel.shape[0]), training)

    def _factors(self, rate: float, shape: Any, training: bool) -> Any:  # noqa: FBT001
        if not training or rate == 0 or self.stream is None:
            return None
        key, step = self.stream.next()
        # As in Keras: without recurrent dropout one mask serves all gates.
        count = self.gates if self.recurrent_dropout else 1
        masks = ops.dropout_mask(key, step, shape=(count, *shape), rate=rate, dtype=self.compute_dtype)
        return [ops.take(masks, i, axis=0) for i in range(count)]

    def call(self, inputs: Any, states: Any, training: bool = False) -> tuple[Any, Any]:
        """Return ``(output, states)`` after one step on inputs (batch, features)."""
        prepare, step = self.start(ops.shape(inputs)[0], training)
        return step(prepare(inputs), states if isinstance(states, list | tuple) else [states])


def product(x: Any, weights: Any, factors: Any) -> Any:
    """Return ``x @ weights`` for `x` times factors; each block of columns, a gate, may have its own.

    Args:
        x: (batch, n) or (batch, time, n).
        weights: (n, gates * units).
        factors: A list of (batch, n), one for each gate or one for all; None for none.
    """
    if factors is None:
        return ops.matmul(x, weights)
    blocks = ops.split(weights, len(factors), axis=-1)
    return ops.concatenate(
        [ops.matmul(dropped(x, f), b) for f, b in zip(factors, blocks, strict=True)], axis=-1
    )


def dropped(x: Any, factors: Any) -> Any:
    """Return `x`, (batch, n) or (batch, time, n), times factors (batch, n)."""
    return ops.multiply(x, factors if len(ops.shape(x)) == 2 else ops.expand_dims(factors, 1))


class StackedRNNCells(Layer):
    """Cells in a row as one cell: each takes the output of the one before.

    Args:
        cells: The cells, the first one first.
        **kwargs: Those of `Layer`.

    Shapes:
        inputs:  (batch, features)
        states:  a list with the states of each cell
        returns: the output of the last cell, and the list of states after the step

    Raises:
        ArgumentError: There is no cell, or one cannot be called or has no `state_size`.

    Example:
        >>> from horn.api.layers.lstm import LSTMCell
        >>> StackedRNNCells([LSTMCell(4), LSTMCell(3)]).state_size
        [[4, 4], [3, 3]]
    """

    def __init__(self, cells: Any, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.cells = list(cells) if isinstance(cells, list | tuple) else []
        for cell in self.cells or [cells]:
            if isinstance(cell, type) or not callable(cell) or not hasattr(cell, "state_size"):
                raise ArgumentError(
                    "StackedRNNCells was given something that is no cell.",
                    expected="a list of cells, each with a `state_size` and called as cell(inputs, states)",
                    got=repr(cell),
                    remedy="write StackedRNNCells([LSTMCell(64), LSTMCell(32)])",
                )

    @property
    def state_size(self) -> list[Any]:
        """The sizes of the states of each cell, the first cell's first."""
        return [cell.state_size for cell in self.cells]

    @property
    def output_size(self) -> Any:
        """The size of the output of the last cell."""
        return _output_size(self.cells[-1])

    def get_initial_state(self, batch_size: Any = None) -> list[Any]:
        """Return the first states of each cell."""
        return [self._initial(cell, batch_size) for cell in self.cells]

    def _initial(self, cell: Any, batch: Any) -> list[Any]:
        make = getattr(cell, "get_initial_state", None)
        if make is None:
            return zeros_of(cell.state_size, batch, self.compute_dtype)
        states = make(batch_size=batch)
        return list(states) if tree.is_nested(states) else [states]

    def build(self, input_shape: Any) -> None:
        """Build each cell for the output of the one before."""
        for cell in self.cells:
            if isinstance(cell, Layer) and not cell.built:
                with graph.scope(cell.name):
                    cell.build(input_shape)
                cell.built = True
            input_shape = (input_shape[0], *_shape(_output_size(cell)))

    def start(self, batch: Any, training: bool) -> Started:  # noqa: FBT001
        """Return the cells ready for a sequence."""
        (prepare, first), *others = [started(cell, batch, training) for cell in self.cells]

        def step(prepared: Any, states: Any) -> tuple[Any, Any]:
            output, new = first(prepared, states[0])
            after = [new]
            for other, own in zip(others, states[1:], strict=True):
                output, new = other.step(other.prepare(output), own)
                after.append(new)
            return output, after

        return Started(prepare, step)

    def call(self, inputs: Any, states: Any, training: bool = False) -> tuple[Any, Any]:
        """Return ``(output, states)`` after one step."""
        if len(states) != len(self.cells):
            raise ShapeError(
                f"The cells of {self.name!r} were given another number of states.",
                expected=f"a list of {len(self.cells)}, the states of each cell",
                got=f"{len(states)}",
                remedy="pass what get_initial_state(batch_size) or the call before returned",
            )
        prepare, step = self.start(ops.shape(inputs)[0], training)
        return step(prepare(inputs), states)


def _output_size(cell: Any) -> Any:
    """Return the size of a cell's output: what it says, or that of its first state."""
    size = getattr(cell, "output_size", None)
    first = cell.state_size
    return size if size is not None else first[0] if isinstance(first, list | tuple) else first


def _shape(size: Any) -> tuple[Any, ...]:
    return tuple(size) if isinstance(size, list | tuple) else (size,)
