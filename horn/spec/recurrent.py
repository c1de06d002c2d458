"""The long short-term memory over a whole sequence, so that a backend may fuse all of it."""

from __future__ import annotations

from horn.errors import ShapeError
from horn.spec.boxes import pullback
from horn.spec.laws import show
from horn.spec.op import Tensor, composite, ops
from horn.spec.steps import by_step, check_mask, turned

_FLOATS = ("x", "initial_h", "initial_c", "kernel", "recurrent_kernel", "bias")


@composite(promote=_FLOATS, to_float=True, booleans=("mask",))
def lstm(
    x: Tensor,
    initial_h: Tensor,
    initial_c: Tensor,
    kernel: Tensor,
    recurrent_kernel: Tensor,
    bias: Tensor,
    mask: Tensor | None = None,
    go_backwards: bool = False,
):
    """Return all hidden states of a long short-term memory, and its last two states.

    With the gates in the order i, f, g, o along the last axis of ``x @ kernel + h @
    recurrent_kernel + bias``: ``c' = sigmoid(f) * c + sigmoid(i) * tanh(g)`` and
    ``h' = sigmoid(o) * tanh(c')``.

    Args:
        x: The sequences.
        initial_h: The hidden state before the first step.
        initial_c: The cell state before the first step.
        kernel: From the input to the four gates.
        recurrent_kernel: From the hidden state to the four gates.
        bias: Of the four gates.
        mask: False for the steps to leave out, which keep both states; None for none.
        go_backwards: Whether to run from the last step to the first; the states come out in the
            order in which they were computed.

    Shapes:
        x:                (batch, time, features)
        initial_h, _c:    (batch, units)
        kernel:           (features, 4 * units)
        recurrent_kernel: (units, 4 * units)
        bias:             (4 * units,)
        mask:             (batch, time)
        returns:          (batch, time, units), (batch, units), (batch, units)

    Reference:
        Hochreiter & Schmidhuber, Neural Computation 9 (1997) 1735-1780, with the forget gate of
        Gers, Schmidhuber & Cummins (2000).
    """
    _check(x, kernel, recurrent_kernel)
    check_mask("lstm", x, mask)
    projected = ops.transpose(ops.matmul(x, kernel) + bias, (1, 0, 2))

    def step(states, slices):
        (h, c), (gates, *seen) = states, slices
        i, f, g, o = ops.split(gates + ops.matmul(h, recurrent_kernel), 4, axis=-1)
        new_c = ops.sigmoid(f) * c + ops.sigmoid(i) * ops.tanh(g)
        new_h = ops.sigmoid(o) * ops.tanh(new_c)
        if seen:
            new_h, new_c = ops.where(seen[0], new_h, h), ops.where(seen[0], new_c, c)
        return (new_h, new_c), new_h

    (h, c), outputs = ops.scan(step, (initial_h, initial_c), [projected, *by_step(mask)], reverse=go_backwards)
    return ops.transpose(turned(outputs, go_backwards), (1, 0, 2)), h, c


@lstm.vjp
def _(cotangents, outputs, *operands, go_backwards):
    given = [ops.zeros_like(y) if c is None else c for c, y in zip(cotangents, outputs, strict=True)]
    return (*ops.lstm_grad(*given, *outputs, *operands, go_backwards=go_backwards), None)


@composite(gradient_of="lstm")
def lstm_grad(
    cotangent: Tensor,
    cotangent_h: Tensor,
    cotangent_c: Tensor,
    output: Tensor,
    last_h: Tensor,
    last_c: Tensor,
    x: Tensor,
    initial_h: Tensor,
    initial_c: Tensor,
    kernel: Tensor,
    recurrent_kernel: Tensor,
    bias: Tensor,
    mask: Tensor | None = None,
    go_backwards: bool = False,
):
    """Return the gradients of `lstm` by its operands but the mask: back-propagation through time."""
    _, back = pullback(
        lambda *operands: lstm.body(*operands, mask, go_backwards=go_backwards),
        x, initial_h, initial_c, kernel, recurrent_kernel, bias,
    )  # fmt: skip
    return tuple(back([cotangent, cotangent_h, cotangent_c]))


def _check(x, kernel, recurrent_kernel):
    units = recurrent_kernel.shape[0]
    if kernel.shape != (x.shape[-1], 4 * units) or recurrent_kernel.shape != (units, 4 * units):
        raise ShapeError(
            "lstm was given weights that do not fit.",
            expected=f"a kernel {show((x.shape[-1], 4 * units))}, a recurrent kernel {show((units, 4 * units))}",
            got=f"{show(kernel.shape)} and {show(recurrent_kernel.shape)}",
            remedy="build the layer for inputs with this number of features",
        )
