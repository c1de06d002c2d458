"""The one loop of all recurrent layers: a step, run over the time axis of a sequence.

It is a single `ops.scan`, so that a backend compiles or runs the step and not the sequence.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from horn import tree
from horn.errors import ShapeError
from horn.spec import ops
from horn.spec.graph import spec_of, trace

if TYPE_CHECKING:
    from collections.abc import Callable


class Ran(NamedTuple):
    """What a run over a sequence leaves.

    Attributes:
        last: The last output.
        outputs: All outputs in the order in which they were computed, (batch, time, ...), or None.
        states: The states after the last step.
    """

    last: Any
    outputs: Any
    states: Any


def over_time(
    step: Callable[[Any, Any], tuple[Any, Any]],
    inputs: Any,
    states: Any,
    *,
    mask: Any = None,
    go_backwards: bool = False,
    zero_output_for_mask: bool = False,
    sequences: bool = True,
) -> Ran:
    """Return the outputs and the states of a step that is run over a sequence.

    A step that is masked keeps the states, and its output is the one before it. Before the first
    step that is the first state, for cells whose output is a state, and else zero.

    Args:
        step: ``(slice, states) -> (output, states)``.
        inputs: (batch, time, ...).
        states: A tree of tensors (batch, ...).
        mask: (batch, time); False for the steps to leave out.
        go_backwards: Whether to run from the last step to the first.
        zero_output_for_mask: Whether the output of a masked step is zero instead.
        sequences: Whether all outputs are wanted.

    Raises:
        ShapeError: The mask does not fit, or the step returns other states than it was given.
    """
    slices = _turned(inputs)
    if mask is None:
        states, rows, last = _whole(step, slices, states, go_backwards, sequences)
    else:
        rule = _Masked(step, states, slices, zero_output_for_mask)
        states, rows, last = rule.run(slices, _turned(_checked(mask, inputs)), go_backwards, sequences)
    if rows is not None and go_backwards:
        rows = backwards(rows, 0)
    return Ran(last, None if rows is None else _turned(rows), states)


def backwards(x: Any, axis: int) -> Any:
    """Return `x` with one axis from its end to its beginning."""
    size = ops.shape(x)[axis]
    return ops.take(x, ops.subtract(size - 1, ops.arange(size)), axis=axis)


def _turned(x: Any) -> Any:
    """Return (batch, time, ...) as (time, batch, ...), or back."""
    return ops.transpose(x, (1, 0, *range(2, len(ops.shape(x)))))


def _checked(mask: Any, inputs: Any) -> Any:
    """Return a mask as bools, if it has one for each step."""
    shape, wanted = tuple(ops.shape(mask)), tuple(ops.shape(inputs))[:2]
    known = [(a, b) for a, b in zip(shape, wanted, strict=False) if isinstance(a, int) and isinstance(b, int)]
    if len(shape) != 2 or any(a != b for a, b in known):
        raise ShapeError(
            "A recurrent layer was given a mask of another shape than its sequences.",
            expected=f"(batch, time), here {wanted}",
            got=str(shape),
            remedy="pass one bool for each step of each sequence",
        )
    return mask if spec_of(mask).dtype == "bool" else ops.cast(mask, "bool")


def _advance(step: Any, x: Any, states: Any) -> tuple[Any, Any, int | None]:
    """Run a step; return its output, its states, and which of these is the output, if any."""
    output, new = step(x, states)
    old_leaves, leaves = tree.flatten(states), tree.flatten(new)
    if len(leaves) != len(old_leaves):
        raise ShapeError(
            "A recurrent cell returned another number of states than it was given.",
            expected=f"{len(old_leaves)} states",
            got=f"{len(leaves)}",
            remedy="return (output, states) with the states in the order of `state_size`",
        )
    place = next((i for i, leaf in enumerate(leaves) if leaf is output), None)
    kept = [_as(leaf, old) for leaf, old in zip(leaves, old_leaves, strict=True)]
    return output if place is None else kept[place], tree.unflatten(states, kept), place


def _as(new: Any, old: Any) -> Any:
    """Return a state in the dtype that it had before."""
    dtype = spec_of(old).dtype
    return new if spec_of(new).dtype == dtype else ops.cast(new, dtype)


def _whole(step: Any, slices: Any, states: Any, reverse: bool, sequences: bool) -> tuple[Any, Any, Any]:  # noqa: FBT001
    """Run over every step."""
    places: list[int | None] = []

    def body(carry: Any, x: Any) -> Any:
        output, new, place = _advance(step, x, carry)
        places.append(place)
        return new, output if sequences or place is None else None

    states, rows = ops.scan(body, states, slices, reverse=reverse)
    place = places[-1]
    last = _last(rows, reverse) if place is None else tree.flatten(states)[place]
    return states, rows, last


def _last(rows: Any, reverse: bool) -> Any:  # noqa: FBT001
    """Return the row of the step that was run last; rows stand where their slices stood."""
    return ops.take(rows, 0 if reverse else -1, axis=0)


class _Masked:
    """A step that is run where a mask says so.

    Args:
        step: The step.
        states: Before the first step.
        slices: (time, batch, ...).
        zero: Whether masked outputs are zero.
    """

    def __init__(self, step: Any, states: Any, slices: Any, zero: bool) -> None:  # noqa: FBT001
        self.step, self.states, self.zero = step, states, zero
        self.place: int | None = None
        first = spec_of(slices)
        self._meet(first.with_shape(first.shape[1:]))

    def _meet(self, spec: Any) -> None:
        """Record the step once, to see its output: which state it is, or of what shape."""
        leaves = tree.flatten(self.states)

        def probe(x: Any, *given: Any) -> Any:
            output, _, self.place = _advance(self.step, x, tree.unflatten(self.states, list(given)))
            return output

        graph, _, _ = trace(probe, [spec, *map(spec_of, leaves)], capture_native=True)
        self.output = graph.outputs[0].spec

    def run(self, slices: Any, mask: Any, reverse: bool, sequences: bool) -> tuple[Any, Any, Any]:  # noqa: FBT001
        """Return states, rows and last output."""
        carries_output = self.place is None and not self.zero
        before = [ops.zeros(self.output.shape, self.output.dtype)] if carries_output else []
        wants_rows = sequences or self.zero

        def body(carry: Any, pair: Any) -> Any:
            (old, before), (x, counts) = carry, pair
            output, new, place = _advance(self.step, x, old)
            new = tree.map_structure(lambda a, b: _choose(counts, a, b), new, old)
            if self.zero:
                output = _choose(counts, output, 0.0)
            else:
                output = _choose(counts, output, before[0]) if place is None else tree.flatten(new)[place]
            return (new, [output] if before else []), output if wants_rows else None

        (states, before), rows = ops.scan(body, (self.states, before), (slices, mask), reverse=reverse)
        if self.zero:
            last = _last(rows, reverse)
        else:
            last = before[0] if self.place is None else tree.flatten(states)[self.place]
        return states, rows if sequences else None, last


def _choose(counts: Any, new: Any, old: Any) -> Any:
    """Return `new` in the rows that count, else `old`."""
    shape = (*ops.shape(counts), *(1 for _ in ops.shape(new)[1:]))
    return ops.where(ops.reshape(counts, shape), new, old)
