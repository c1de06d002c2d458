"""The gated recurrent unit with its gates side by side, and its gradient written by hand.

As in `horn.numpy_backend.recurrent`, all gates of all steps lie in one array (gate, time, batch,
units), in the page's order z, r, n; the weights of the sigmoids are negated beforehand, so that
``1 / (1 + exp(z))`` is the gate; and the gradients of the weights are products over all steps at
once. A step that is left out has the gate z = 1, and nothing else of its inputs.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from horn.numpy_backend.elementwise import FAST, ONE
from horn.numpy_backend.pages import page, page_pair
from horn.numpy_backend.recurrent import turned


class Run(NamedTuple):
    """What a forward run leaves for the gradient, all in the order of its steps."""

    x: Any  # (time * batch, features + 1), the last column ones
    gates: Any  # (3, time, batch, units), after their activations
    h_n: Any  # (time, batch, units), what r is multiplied with
    h: Any  # (time + 1, batch, units), the initial state first
    kernel: Any  # (3, features + 1, units), the last row the bias
    recurrent: Any  # (3, units, units)
    reverse: bool  # whether x runs from the last step to the first


def _by_gate(weights: Any) -> Any:
    """Return weights (rows, 3 * units) as (3, rows, units)."""
    return weights.reshape(len(weights), 3, -1).swapaxes(0, 1)


def _side_by_side(weights: Any) -> Any:
    """Return weights (3, rows, units) as the page has them."""
    return weights.swapaxes(0, 1).reshape(weights.shape[1], -1)


def _start(x: Any, h: Any, kernel: Any, recurrent: Any, bias: Any, mask: Any, reverse: bool) -> Run:  # noqa: FBT001
    """Return memory for a run, with the inputs' part of the gates in place."""
    batch, time, features = x.shape
    units = len(recurrent)
    rows = np.ones((time, batch, features + 1), x.dtype)
    rows[..., :-1] = (x[:, ::-1] if reverse else x).swapaxes(0, 1)
    rows = rows.reshape(time * batch, features + 1)
    # The gates z and r have both of their biases here.
    of_inputs = bias[0].copy()
    of_inputs[: 2 * units] += bias[1, : 2 * units]
    by_gate = _by_gate(np.concatenate([kernel, of_inputs[np.newaxis]]))
    gates = np.matmul(rows, by_gate * _sign(x.dtype)).reshape(3, time, batch, units)
    if mask is not None:
        left_out = np.logical_not(mask[:, ::-1] if reverse else mask).T
        gates[0, left_out] = -np.inf
        gates[1:, left_out] = 0
    states = np.empty((time + 1, batch, units), x.dtype)
    states[0] = h
    return Run(
        rows, gates, np.empty((time, batch, units), x.dtype), states, by_gate, _by_gate(recurrent), reverse
    )


def _sign(dtype: Any) -> Any:
    return np.array([-1, -1, 1], dtype).reshape(3, 1, 1)


def _forward(x: Any, h: Any, kernel: Any, recurrent: Any, bias: Any, mask: Any, *, reverse: bool) -> Run:
    """Run over all steps and return everything on the way."""
    run = _start(x, h, kernel, recurrent, bias, mask, reverse)
    _, time, batch, units = run.gates.shape
    one, weights, of_n = ONE[x.dtype], run.recurrent * _sign(x.dtype), bias[1, 2 * units :]
    parts = np.empty((3, batch, units), x.dtype)  # small enough to stay in the cache
    sigmoids = parts[:2]
    for t in range(time):
        np.matmul(run.h[t], weights, out=parts)
        np.add(run.gates[:2, t], sigmoids, sigmoids)
        np.exp(sigmoids, sigmoids)
        np.add(sigmoids, one, sigmoids)
        z, r = np.reciprocal(sigmoids, out=run.gates[:2, t])
        n = run.gates[2, t]
        np.multiply(r, np.add(parts[2], of_n, run.h_n[t]), parts[2])
        np.tanh(np.add(n, parts[2], n), n)
        np.multiply(np.subtract(one, z, parts[0]), n, parts[0])
        np.add(np.multiply(z, run.h[t], parts[1]), parts[0], run.h[t + 1])
    return run


def _is_fast(operands: tuple[Any, ...], reset_after: bool) -> bool:  # noqa: FBT001
    """Return whether the loops of this file are for these operands."""
    return reset_after and operands[0].dtype in FAST


def gru_forward(
    *operands: Any, reset_after: bool = True, go_backwards: bool = False
) -> tuple[tuple[Any, ...], Any]:
    """Return all states and the last one, and what the gradient needs again."""
    if not _is_fast(operands, reset_after):
        return _pages_forward(*operands, reset_after=reset_after, go_backwards=go_backwards)
    run = _forward(*operands, reverse=go_backwards)
    return (turned(run.h[1:]), run.h[-1].copy()), run


def gru(*operands: Any, reset_after: bool = True, go_backwards: bool = False) -> tuple[Any, ...]:
    """Return all states of a gated recurrent unit, and its last one."""
    if not _is_fast(operands, reset_after):
        return _page(*operands, reset_after=reset_after, go_backwards=go_backwards)
    return gru_forward(*operands, reset_after=reset_after, go_backwards=go_backwards)[0]


def gru_backward(residual: Any, cotangents: tuple[Any, ...]) -> tuple[Any, ...]:
    """Return the gradients by the operands of `gru` beside the mask."""
    if not isinstance(residual, Run):
        return _pages_backward(residual, cotangents)
    run, (cotangent, dh) = residual, cotangents
    slopes, dh = _through_time(run, cotangent.swapaxes(0, 1), dh)
    _, time, batch, units = slopes.shape
    rows = slopes.reshape(4, time * batch, units)
    by_gates, order = rows[:3], (2, 0, 1)
    dx = np.matmul(by_gates[0], run.kernel[2, :-1].T)
    for gate, number in zip(by_gates[1:], order[1:], strict=True):
        np.add(dx, np.matmul(gate, run.kernel[number, :-1].T), dx)
    dx = dx.reshape(time, batch, dx.shape[-1])
    by_kernel = _side_by_side(np.matmul(run.x.T, by_gates)[[1, 2, 0]])
    before = run.h[:-1].reshape(time * batch, units)
    by_recurrent = _side_by_side(np.matmul(before.T, rows[1:]))
    by_bias = np.stack([by_kernel[-1], by_kernel[-1]])
    by_bias[1, 2 * units :] = np.add.reduce(rows[3], 0)
    return turned(dx[::-1] if run.reverse else dx), dh, by_kernel[:-1], by_recurrent, by_bias


def _through_time(run: Run, cotangent: Any, dh: Any) -> tuple[Any, Any]:
    """Return the gradients by n, z and r before their activations, and by `h_n`; and by the first state."""
    one = ONE[dh.dtype]
    slopes = np.empty((4, *run.h_n.shape), dh.dtype)
    turned = np.ascontiguousarray(run.recurrent.swapaxes(1, 2))
    dh = dh.copy()
    scratch: Any = np.empty((5, *dh.shape), dh.dtype)
    kept, share, parts = scratch[0], scratch[1], scratch[2:]
    for t in range(len(cotangent))[::-1]:
        (z, r, n), by_n, by_z, by_r, by_h_n = run.gates[:, t], *slopes[:, t]
        np.add(dh, cotangent[t], dh)
        np.subtract(dh, np.multiply(dh, z, kept), share)
        np.multiply(np.multiply(np.subtract(run.h[t], n, by_z), share, by_z), z, by_z)
        np.subtract(one, np.multiply(n, n, by_n), by_n)
        np.multiply(by_n, share, by_n)
        np.multiply(by_n, r, by_h_n)
        np.multiply(np.subtract(one, r, by_r), run.h_n[t], by_r)
        np.multiply(by_r, by_h_n, by_r)
        np.add.reduce(np.matmul(slopes[1:, t], turned, out=parts), 0, out=dh)
        np.add(dh, kept, dh)
    return slopes, dh


def gru_grad(*operands: Any, reset_after: bool = True, go_backwards: bool = False) -> tuple[Any, ...]:
    """Return the gradients of `gru` where its forward run left nothing: it is run again."""
    floats = operands[:-1]
    if not _is_fast(operands[4:], reset_after) or any(x.dtype != floats[4].dtype for x in floats):
        return _gru_grad_page(*operands, reset_after=reset_after, go_backwards=go_backwards)
    return gru_backward(_forward(*operands[4:], reverse=go_backwards), operands[:2])


_page = page("gru")
_pages_forward, _pages_backward = page_pair("gru")
_gru_grad_page = page("gru_grad")

KERNELS = {"gru": gru, "gru_grad": gru_grad}
RESIDUAL_KERNELS = {"gru": (gru_forward, gru_backward)}
