"""The LSTM kernel and its gradient, written out: back-propagation through time.

The products that need no state are taken out of the loops: one for all inputs before the forward
loop, and three for all the gradients of the gates after the backward one.
"""

from __future__ import annotations

from typing import Any, NamedTuple

from horn.spec.tensorspec import TensorSpec
from horn_tf.control import loop
from horn_tf.tensors import index, ints, number, raw, shape_of


class Kept(NamedTuple):
    """What the forward loop leaves for the backward one, in the order in which it was computed."""

    operands: tuple[Any, ...]
    go_backwards: bool
    seen: Any  # (time, batch, 1), bools, or None
    hidden: Any  # (time, batch, units), each after its step
    gates: Any  # (time, batch, 4 * units), after their activations
    cells: Any  # (time, batch, units), each before its step
    squashed: Any  # (time, batch, units), tanh of each cell state after its step


def lstm(*operands, go_backwards=False):
    return _run(operands, go_backwards, keep=False)[0]


def lstm_grad(cotangent, cotangent_h, cotangent_c, output, last_h, last_c, *operands, go_backwards=False):
    del output, last_h, last_c
    _, kept = forward(*operands, go_backwards=go_backwards)
    return backward(kept, (cotangent, cotangent_h, cotangent_c))


def forward(*operands, go_backwards=False):
    """Return the outputs, and what the gradient needs."""
    outputs, rows = _run(operands, go_backwards, keep=True)
    return outputs, Kept(operands, go_backwards, _seen(operands[6], go_backwards), *rows)


def _run(operands, go_backwards, *, keep):
    x, h, c, kernel, recurrent_kernel, bias, mask = operands
    (batch, time, _), units = shape_of(x), shape_of(recurrent_kernel)[0]
    projected = raw.BiasAdd(value=raw.MatMul(a=_rows(x), b=kernel), bias=bias)
    projected = _swapped(raw.Reshape(tensor=projected, shape=ints((batch, time, 4 * units))))
    if go_backwards:
        projected = _reversed(projected)

    seen = _seen(mask, go_backwards)

    def step(carry, slices):
        h, c = carry
        gates = raw.AddV2(x=slices[0], y=raw.MatMul(a=h, b=recurrent_kernel))
        i, f, g, o = raw.Split(axis=index(1), value=gates, num_split=4)
        i, f, g, o = raw.Sigmoid(x=i), raw.Sigmoid(x=f), raw.Tanh(x=g), raw.Sigmoid(x=o)
        after = raw.AddV2(x=raw.Mul(x=f, y=c), y=raw.Mul(x=i, y=g))
        squashed = raw.Tanh(x=after)
        new = raw.Mul(x=o, y=squashed)
        if mask is not None:
            new, after = _where(slices[1], new, h), _where(slices[1], after, c)
        kept = [raw.ConcatV2(values=[i, f, g, o], axis=index(1)), c, squashed] if keep else []
        return [new, after], [new, *kept]

    widths = (units, 4 * units, units, units) if keep else (units,)
    specs = [TensorSpec((batch, width), x.dtype.name) for width in widths]
    (h, c), rows = loop(
        step, [h, c], [projected, *([] if mask is None else [seen])], specs, time, reverse=False
    )
    return (_swapped(rows[0]), h, c), rows


def backward(kept, cotangents):
    """Return the gradients by the six operands beside the mask."""
    x, h, _, kernel, recurrent_kernel, _, _ = kept.operands
    (batch, time, features), units = shape_of(x), shape_of(recurrent_kernel)[0]
    zero = number(0, x.dtype)

    def step(carry, slices):
        by_h, by_c = carry
        given, gates, before, squashed, *seen = slices
        by_h = raw.AddV2(x=by_h, y=given)
        skipped = [_where(seen[0], zero, x) for x in (by_h, by_c)] if seen else []
        if seen:
            by_h, by_c = (_where(seen[0], x, zero) for x in (by_h, by_c))
        i, f, g, o = raw.Split(axis=index(1), value=gates, num_split=4)
        by_c = raw.AddV2(x=by_c, y=raw.TanhGrad(y=squashed, dy=raw.Mul(x=by_h, y=o)))
        by_gates = [
            raw.SigmoidGrad(y=i, dy=raw.Mul(x=by_c, y=g)),
            raw.SigmoidGrad(y=f, dy=raw.Mul(x=by_c, y=before)),
            raw.TanhGrad(y=g, dy=raw.Mul(x=by_c, y=i)),
            raw.SigmoidGrad(y=o, dy=raw.Mul(x=by_h, y=squashed)),
        ]
        joined = raw.ConcatV2(values=by_gates, axis=index(1))
        by_h = raw.MatMul(a=joined, b=recurrent_kernel, transpose_b=True)
        carry = [by_h, raw.Mul(x=by_c, y=f)]
        # A step that is left out hands on what it gets.
        return [raw.AddV2(x=a, y=b) for a, b in zip(carry, skipped, strict=True)] if skipped else carry, [
            joined
        ]

    given = [_swapped(cotangents[0]), kept.gates, kept.cells, kept.squashed]
    given += [] if kept.seen is None else [kept.seen]
    specs = [TensorSpec((batch, 4 * units), x.dtype.name)]
    (by_h, by_c), (by_gates,) = loop(step, list(cotangents[1:]), given, specs, time, reverse=True)
    flat = _rows(by_gates)
    by_batch = _rows(_swapped(_reversed(by_gates) if kept.go_backwards else by_gates))
    by_x = raw.Reshape(
        tensor=raw.MatMul(a=by_batch, b=kernel, transpose_b=True), shape=ints((batch, time, features))
    )
    by_kernel = raw.MatMul(a=_rows(x), b=by_batch, transpose_a=True)
    by_recurrent = raw.MatMul(a=_rows(_before(kept.hidden, h)), b=flat, transpose_a=True)
    return by_x, by_h, by_c, by_kernel, by_recurrent, raw.Sum(input=flat, axis=ints((0,)), keep_dims=False)


def _seen(mask, go_backwards):
    """Return a mask as the loops slice it, (time, batch, 1), in the order of the computation; or None."""
    if mask is None:
        return None
    steps = raw.ExpandDims(input=raw.Transpose(x=mask, perm=ints((1, 0))), axis=index(2))
    return _reversed(steps) if go_backwards else steps


def _where(condition, chosen, other):
    return raw.SelectV2(condition=condition, t=chosen, e=other)


def _before(hidden, first):
    """Return the hidden state before each step."""
    time, batch, units = shape_of(hidden)
    if time == 0:
        return hidden
    others = raw.Slice(input=hidden, begin=ints((0, 0, 0)), size=ints((time - 1, batch, units)))
    return raw.ConcatV2(values=[raw.ExpandDims(input=first, axis=index(0)), others], axis=index(0))


def _reversed(x):
    """Return `x` from its last step to its first."""
    return raw.ReverseV2(tensor=x, axis=ints((0,)))


def _rows(x):
    return raw.Reshape(tensor=x, shape=ints((shape_of(x)[0] * shape_of(x)[1], shape_of(x)[2])))


def _swapped(x):
    """Return batch first as time first, and the other way round."""
    return raw.Transpose(x=x, perm=ints((1, 0, 2)))


KERNELS = {"lstm": lstm, "lstm_grad": lstm_grad}
RESIDUAL_KERNELS = {"lstm": (forward, backward)}
