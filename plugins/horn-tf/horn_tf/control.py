"""The kernel of `scan`: a loop of TensorFlow's in a graph, a loop of Python's in eager code."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from horn_tf.tensors import index, ints, number, raw, tf, tf_dtype
from horn_tf.tracing import runs_op_by_op

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from horn.spec.tensorspec import TensorSpec

# Steps, up to which a loop in a graph costs more than it saves: XLA has more work with each, while
# TensorFlow handles a dozen nodes for each thing that a loop of its own hands from step to step.
_UNROLLED_BY_XLA = 4
_UNROLLED = 16


def scan(init, xs, captures, *, body, length, reverse=False, keep_carries=False):
    n = len(init)
    carried, ys = body.graph.outputs[:n], body.graph.outputs[n:]
    specs = [out.spec for out in ys] + [out.spec for out in carried] * keep_carries

    def step(carry, slices):
        results = body(*carry, *slices, *captures)
        return list(results[:n]), [*results[n:], *(carry if keep_carries else [])]

    carry, rows = loop(step, list(init), xs, specs, length, reverse=reverse)
    return (*carry, *rows)


def loop(
    step: Callable[[list[Any], list[Any]], tuple[list[Any], list[Any]]],
    init: list[Any],
    xs: Sequence[Any],
    specs: Sequence[TensorSpec],
    length: int,
    *,
    reverse: bool,
) -> tuple[list[Any], list[Any]]:
    """Return the last carry and the stacked rows of ``step(carry, slices) -> (carry, rows)``.

    Args:
        step: What to do with the carry and one slice of each of `xs`.
        init: The carry before the first step.
        xs: What to slice along the first axis.
        specs: Shape and dtype of each row.
        length: The number of steps.
        reverse: Whether to run from the last slice to the first; rows stand where their slices stood.
    """
    if length == 0:
        empty = [(ints((0, *spec.shape)), number(0, tf_dtype(spec.dtype))) for spec in specs]
        return init, [raw.Fill(dims=shape, value=zero) for shape, zero in empty]
    few = length <= (_UNROLLED if runs_op_by_op() else _UNROLLED_BY_XLA)
    run = _unrolled if tf.executing_eagerly() or few else _looped
    return run(step, init, xs, specs, length, reverse)


def _unrolled(step, init, xs, specs, length, reverse):
    del specs
    slices = [raw.Unpack(value=x, num=length, axis=0) for x in xs]
    carry, rows = init, []
    for i in range(length)[:: -1 if reverse else 1]:
        carry, row = step(carry, [parts[i] for parts in slices])
        rows.append(row)
    columns = zip(*rows[:: -1 if reverse else 1], strict=True)
    return carry, [raw.Pack(values=list(column), axis=0) for column in columns]


def _looped(step, init, xs, specs, length, reverse):
    n, end = len(init), index(length)
    stacks = [tf.TensorArray(tf_dtype(spec.dtype), size=length, element_shape=spec.shape) for spec in specs]

    def body(i, *held):
        at = raw.Sub(x=index(length - 1), y=i) if reverse else i
        slices = [raw.GatherV2(params=x, indices=at, axis=index(0)) for x in xs]
        carry, row = step(list(held[:n]), slices)
        written = [stack.write(at, value) for stack, value in zip(held[n:], row, strict=True)]
        return (raw.AddV2(x=i, y=index(1)), *carry, *written)

    def goes_on(i, *_):
        return raw.Less(x=i, y=end)

    # The gradient of a compiled loop needs to know how long it can be.
    _, *results = tf.while_loop(goes_on, body, (index(0), *init, *stacks), maximum_iterations=length)
    rows = [stack.stack() for stack in results[n:]]
    for row, spec in zip(rows, specs, strict=True):
        row.set_shape((length, *spec.shape))
    return results[:n], rows


KERNELS = {"scan": scan}
