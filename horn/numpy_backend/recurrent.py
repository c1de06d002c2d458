"""The LSTM with its gates side by side, and back-propagation through time written by hand.

All gates of all steps lie in one array (gate, time, batch, units), in the order i, f, o, g: the
sigmoids are one call, every gate of a step is contiguous, and the gradients of the weights are
products over all steps at once. The weights of the sigmoids are negated beforehand, so that
``1 / (1 + exp(z))`` is the gate. The bias is the last row of the kernel, and meets a column of ones.

Reference:
    Werbos, Backpropagation through time: what it does and how to do it, Proc. IEEE 78 (1990).
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from horn.numpy_backend.elementwise import FAST, ONE
from horn.numpy_backend.pages import page, page_pair

_ORDER = [0, 1, 3, 2]  # from the page's i, f, g, o to i, f, o, g, and back


class Run(NamedTuple):
    """What a forward run leaves for the gradient, all in the order of its steps."""

    x: Any  # (time, batch, features + 1), the last column ones
    gates: Any  # (4, time, batch, units)
    h: Any  # (time + 1, batch, units), the initial state first
    c: Any  # the same
    squashed: Any  # tanh of c after each step
    kernel: Any  # (4, features + 1, units), the last row the bias
    recurrent: Any  # (4, units, units)
    left_out: Any  # (time, batch, 1), bools: what the mask leaves out; or None
    reverse: bool  # whether x runs from the last step to the first


def _by_gate(weights: Any) -> Any:
    """Return weights (rows, 4 * units) as (4, rows, units) in this file's order of the gates."""
    return weights.reshape(len(weights), 4, -1).transpose(1, 0, 2)[_ORDER]


def _side_by_side(weights: Any) -> Any:
    """Return weights (4, rows, units) as the page has them."""
    return weights[_ORDER].transpose(1, 0, 2).reshape(weights.shape[1], -1)


def turned(x: Any) -> Any:
    """Return (time, batch, n) as a copy (batch, time, n), or the other way round."""
    return np.array(x.swapaxes(0, 1), order="C")


def _rows(x: Any) -> Any:
    """Return (time, batch, n) as a matrix of rows."""
    return x.reshape(x.shape[0] * x.shape[1], x.shape[2])


def _start(x: Any, kernel: Any, recurrent: Any, bias: Any, mask: Any, reverse: bool) -> Run:  # noqa: FBT001
    """Return memory for a run, with the weights in place and the input with its column of ones."""
    batch, time, features = x.shape
    rows = np.ones((time, batch, features + 1), x.dtype)
    rows[..., :-1] = (x[:, ::-1] if reverse else x).swapaxes(0, 1)
    shape = (time, batch, len(recurrent))
    if mask is not None:
        mask = np.logical_not(mask[:, ::-1] if reverse else mask).T[..., np.newaxis]
    return Run(
        x=rows,
        gates=np.empty((4, *shape), x.dtype),
        h=np.empty((time + 1, *shape[1:]), x.dtype),
        c=np.empty((time + 1, *shape[1:]), x.dtype),
        squashed=np.empty(shape, x.dtype),
        kernel=_by_gate(np.concatenate([kernel, bias[np.newaxis]])),
        recurrent=_by_gate(recurrent),
        left_out=mask,
        reverse=reverse,
    )


def _forward(
    x: Any, h: Any, c: Any, kernel: Any, recurrent: Any, bias: Any, mask: Any, *, reverse: bool
) -> Run:
    """Run over all steps and return everything on the way."""
    run = _start(x, kernel, recurrent, bias, mask, reverse)
    _, time, batch, units = run.gates.shape
    sign = np.array([-1, -1, -1, 1], x.dtype).reshape(4, 1, 1)
    np.matmul(_rows(run.x), run.kernel * sign, out=run.gates.reshape(4, time * batch, units))
    run.h[0], run.c[0] = h, c
    one, weights = ONE[x.dtype], run.recurrent * sign
    z = np.empty((4, batch, units), x.dtype)  # small enough to stay in the cache
    sigmoids = z[:3]
    for t in range(time):
        i, f, o, g = run.gates[:, t]
        np.add(run.gates[:, t], np.matmul(run.h[t], weights, out=z), out=z)
        np.exp(sigmoids, sigmoids)
        np.add(sigmoids, one, sigmoids)
        np.reciprocal(sigmoids, out=run.gates[:3, t])
        np.tanh(z[3], g)
        c, squashed = run.c[t + 1], run.squashed[t]
        np.multiply(f, run.c[t], c)
        np.add(c, np.multiply(i, g, z[3]), c)
        np.tanh(c, squashed)
        np.multiply(o, squashed, run.h[t + 1])
        if run.left_out is not None:
            for states in (run.h, run.c):
                np.copyto(states[t + 1], states[t], where=run.left_out[t])
    return run


def lstm_forward(*operands: Any, go_backwards: bool = False) -> tuple[tuple[Any, ...], Any]:
    """Return all hidden states and the last two states, and what the gradient needs again."""
    if operands[0].dtype not in FAST:
        return _pages_forward(*operands, go_backwards=go_backwards)
    run = _forward(*operands, reverse=go_backwards)
    return (turned(run.h[1:]), run.h[-1].copy(), run.c[-1].copy()), run


def lstm(*operands: Any, go_backwards: bool = False) -> tuple[Any, ...]:
    """Return all hidden states of a long short-term memory, and its last two states."""
    return lstm_forward(*operands, go_backwards=go_backwards)[0]


def lstm_backward(residual: Any, cotangents: tuple[Any, ...]) -> tuple[Any, ...]:
    """Return the gradients by the six operands of `lstm` beside the mask."""
    if not isinstance(residual, Run):
        return _pages_backward(residual, cotangents)
    run, (cotangent, dh, dc) = residual, cotangents
    dz, dh, dc = _through_time(run, cotangent.swapaxes(0, 1), dh, dc)
    _, time, batch, units = dz.shape
    rows = dz.reshape(4, time * batch, units)
    dx = np.matmul(rows[0], run.kernel[0, :-1].T)
    for gate, weights in zip(rows[1:], run.kernel[1:], strict=True):
        np.add(dx, np.matmul(gate, weights[:-1].T), dx)
    dx = dx.reshape(*run.x.shape[:2], dx.shape[-1])
    by_kernel = _side_by_side(np.matmul(_rows(run.x).T, rows))
    by_recurrent = _side_by_side(np.matmul(_rows(run.h[:-1]).T, rows))
    return turned(dx[::-1] if run.reverse else dx), dh, dc, by_kernel[:-1], by_recurrent, by_kernel[-1]


def _through_time(run: Run, cotangent: Any, dh: Any, dc: Any) -> tuple[Any, Any, Any]:
    """Return the gradients by the gates before their activations, and by the initial states."""
    one = ONE[dc.dtype]
    dz = np.empty_like(run.gates)
    turned = np.ascontiguousarray(run.recurrent.swapaxes(1, 2))
    dh, dc = dh.copy(), dc.copy()
    slopes, shares = np.empty((2, 4, *dc.shape), dc.dtype)
    slope = slopes[3]
    kept_h, kept_c = np.zeros_like(dh), np.zeros_like(dc)
    for t in range(len(cotangent))[::-1]:
        gates, d, squashed = run.gates[:, t], dz[:, t], run.squashed[t]
        i, f, o, g = gates
        np.add(dh, cotangent[t], dh)
        if run.left_out is not None:
            _keep(run.left_out[t], dh, kept_h)
            _keep(run.left_out[t], dc, kept_c)
        # Through the cell: dc += dh * o * (1 - tanh(c)**2).
        np.subtract(one, np.multiply(squashed, squashed, slope), slope)
        np.multiply(slope, np.multiply(dh, o, d[3]), slope)
        np.add(dc, slope, dc)
        np.multiply(dc, g, d[0])
        np.multiply(dc, run.c[t], d[1])
        np.multiply(dh, squashed, d[2])
        # Through the sigmoids, s * (1 - s), and through the tanh, 1 - g**2.
        np.multiply(np.subtract(one, gates[:3], slopes[:3]), gates[:3], slopes[:3])
        np.multiply(d[:3], slopes[:3], d[:3])
        np.subtract(one, np.multiply(g, g, slope), slope)
        np.multiply(slope, np.multiply(dc, i, d[3]), d[3])
        np.multiply(dc, f, dc)
        np.add.reduce(np.matmul(d, turned, out=shares), 0, out=dh)
        if run.left_out is not None:
            np.add(dh, kept_h, dh)
            np.add(dc, kept_c, dc)
    return dz, dh, dc


def _keep(left_out: Any, gradient: Any, kept: Any) -> None:
    """Move the rows of a gradient that are left out to `kept`, and leave zeros in their place."""
    np.multiply(gradient, left_out, kept)
    np.copyto(gradient, 0, where=left_out)


def lstm_grad(*operands: Any, go_backwards: bool = False) -> tuple[Any, ...]:
    """Return the gradients of `lstm` where its forward run left nothing: it is run again."""
    if operands[6].dtype not in FAST or any(x.dtype != operands[6].dtype for x in operands[:-1]):
        return _lstm_grad_page(*operands, go_backwards=go_backwards)
    return lstm_backward(_forward(*operands[6:], reverse=go_backwards), operands[:3])


_pages_forward, _pages_backward = page_pair("lstm")
_lstm_grad_page = page("lstm_grad")

KERNELS = {"lstm": lstm, "lstm_grad": lstm_grad}
RESIDUAL_KERNELS = {"lstm": (lstm_forward, lstm_backward)}
