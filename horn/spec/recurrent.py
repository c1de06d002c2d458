"""Recurrent layers over a whole sequence, so that a backend may fuse all of it."""

from __future__ import annotations

from horn.errors import ShapeError
from horn.spec.boxes import pullback
from horn.spec.laws import show
from horn.spec.op import Tensor, composite, ops


@composite(promote=True, to_float=True)
def lstm(
    x: Tensor,
    initial_h: Tensor,
    initial_c: Tensor,
    kernel: Tensor,
    recurrent_kernel: Tensor,
    bias: Tensor,
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
        go_backwards: Whether to run from the last step to the first; the states come out in the
            order in which they were computed.

    Shapes:
        x:                (batch, time, features)
        initial_h, _c:    (batch, units)
        kernel:           (features, 4 * units)
        recurrent_kernel: (units, 4 * units)
        bias:             (4 * units,)
        returns:          (batch, time, units), (batch, units), (batch, units)

    Reference:
        Hochreiter & Schmidhuber, Neural Computation 9 (1997) 1735-1780, with the forget gate of
        Gers, Schmidhuber & Cummins (2000).
    """
    units = recurrent_kernel.shape[0]
    if kernel.shape != (x.shape[-1], 4 * units) or recurrent_kernel.shape != (units, 4 * units):
        raise ShapeError(
            "lstm was given weights that do not fit.",
            expected=f"a kernel {show((x.shape[-1], 4 * units))}, a recurrent kernel {show((units, 4 * units))}",
            got=f"{show(kernel.shape)} and {show(recurrent_kernel.shape)}",
            remedy="build the layer for inputs with this number of features",
        )
    projected = ops.transpose(ops.matmul(x, kernel) + bias, (1, 0, 2))

    def step(states, gates):
        h, c = states
        i, f, g, o = ops.split(gates + ops.matmul(h, recurrent_kernel), 4, axis=-1)
        c = ops.sigmoid(f) * c + ops.sigmoid(i) * ops.tanh(g)
        h = ops.sigmoid(o) * ops.tanh(c)
        return (h, c), h

    (h, c), outputs = ops.scan(step, (initial_h, initial_c), projected, reverse=go_backwards)
    if go_backwards:
        time = outputs.shape[0]
        outputs = ops.take(outputs, ops.subtract(time - 1, ops.arange(time)), axis=0)
    return ops.transpose(outputs, (1, 0, 2)), h, c


@lstm.vjp
def _(cotangents, outputs, *operands, go_backwards):
    given = [ops.zeros_like(y) if c is None else c for c, y in zip(cotangents, outputs, strict=True)]
    return ops.lstm_grad(*given, *outputs, *operands, go_backwards=go_backwards)


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
    go_backwards: bool = False,
):
    """Return the gradients of `lstm` by its six operands: back-propagation through time."""
    _, back = pullback(
        lambda *operands: lstm.body(*operands, go_backwards=go_backwards),
        x, initial_h, initial_c, kernel, recurrent_kernel, bias,
    )  # fmt: skip
    return tuple(back([cotangent, cotangent_h, cotangent_c]))


@composite(promote=True, to_float=True)
def gru(
    x: Tensor,
    initial_h: Tensor,
    kernel: Tensor,
    recurrent_kernel: Tensor,
    bias: Tensor,
    reset_after: bool = True,
    go_backwards: bool = False,
):
    """Return all states of a gated recurrent unit, and its last one.

    With the gates in the order z, r, n along the last axis of ``x @ kernel + bias``, u the recurrent
    kernel and s the sigmoid: ``z = s(x_z + h @ u_z)``, ``r = s(x_r + h @ u_r)`` and
    ``h' = z * h + (1 - z) * n``. With `reset_after`, ``n = tanh(x_n + r * (h @ u_n + b_n))``, where the
    second row of the bias is added to ``h @ u``; else ``n = tanh(x_n + (r * h) @ u_n)``.

    Args:
        x: The sequences.
        initial_h: The state before the first step.
        kernel: From the input to the three gates.
        recurrent_kernel: From the state to the three gates.
        bias: Of the gates; with `reset_after` a row for the inputs and a row for the state.
        reset_after: Whether the reset gate acts after the product with the recurrent kernel.
        go_backwards: Whether to run from the last step to the first; the states come out in the
            order in which they were computed.

    Shapes:
        x:                (batch, time, features)
        initial_h:        (batch, units)
        kernel:           (features, 3 * units)
        recurrent_kernel: (units, 3 * units)
        bias:             (2, 3 * units) with `reset_after`, else (3 * units,)
        returns:          (batch, time, units), (batch, units)

    Reference:
        Cho et al., arXiv:1406.1078, and Chung et al., arXiv:1412.3555.
    """
    units = recurrent_kernel.shape[0]
    _check_gru(x, kernel, recurrent_kernel, bias, reset_after)
    of_inputs, of_state = (bias[0], bias[1]) if reset_after else (bias, None)
    projected = ops.transpose(ops.matmul(x, kernel) + of_inputs, (1, 0, 2))

    def step(h, gates):
        x_z, x_r, x_n = ops.split(gates, 3, axis=-1)
        if reset_after:
            h_z, h_r, h_n = ops.split(ops.matmul(h, recurrent_kernel) + of_state, 3, axis=-1)
            n = ops.tanh(x_n + ops.sigmoid(x_r + h_r) * h_n)
        else:
            h_z, h_r = ops.split(ops.matmul(h, recurrent_kernel[:, : 2 * units]), 2, axis=-1)
            n = ops.tanh(x_n + ops.matmul(ops.sigmoid(x_r + h_r) * h, recurrent_kernel[:, 2 * units :]))
        z = ops.sigmoid(x_z + h_z)
        h = z * h + (1.0 - z) * n
        return h, h

    h, outputs = ops.scan(step, initial_h, projected, reverse=go_backwards)
    if go_backwards:
        time = outputs.shape[0]
        outputs = ops.take(outputs, ops.subtract(time - 1, ops.arange(time)), axis=0)
    return ops.transpose(outputs, (1, 0, 2)), h


def _check_gru(x, kernel, recurrent_kernel, bias, reset_after):
    units = recurrent_kernel.shape[0]
    wanted = [(x.shape[-1], 3 * units), (units, 3 * units), (2, 3 * units) if reset_after else (3 * units,)]
    given = [kernel.shape, recurrent_kernel.shape, bias.shape]
    if given != wanted:
        raise ShapeError(
            "gru was given weights that do not fit.",
            expected=f"a kernel, a recurrent kernel and a bias of {', '.join(map(show, wanted))}",
            got=", ".join(map(show, given)),
            remedy="build the layer for inputs with this number of features",
        )
