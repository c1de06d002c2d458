"""The gated recurrent unit over a whole sequence, with its gradient written out.

What needs no state is one product over all steps: the inputs' part of the gates before the loop,
and the gradients of the weights after it. The loops work on slices of a few buffers, small enough
to stay in the cache, and make no tensors.

A step that the mask leaves out gets the gate z = 1, so that it keeps the state, and zeros for
whatever else its inputs say: then neither loop has to know of the mask.
"""

from __future__ import annotations

from typing import NamedTuple

import torch

from horn_torch.recorded import Pair, gradients_again, recorded, watched
from horn_torch.slices import reversed_slices, sigmoid_slope, slices, tanh_slope


class _Run(NamedTuple):
    """What a forward run leaves for the gradient, in the order of the computation."""

    rows: torch.Tensor  # the inputs, (time * batch, features)
    states: torch.Tensor  # (time + 1, batch, units), the first one first
    n: torch.Tensor  # (time, batch, units), after its activation
    inner: torch.Tensor  # (time, batch, 3 * units): z and r after theirs, and what r is multiplied with
    kernel: torch.Tensor
    recurrent_kernel: torch.Tensor
    reset_after: bool
    go_backwards: bool


def gru(*operands, reset_after, go_backwards):
    if watched(operands):
        pair = Pair(forward, backward, _step_by_step)
        return recorded(pair, operands, reset_after=reset_after, go_backwards=go_backwards)
    return forward(*operands, reset_after=reset_after, go_backwards=go_backwards)[0]


def forward(x, h, kernel, recurrent_kernel, bias, mask, reset_after, go_backwards):
    """Return the results of `gru`, and what its gradient needs."""
    (batch, time, features), units = x.shape, h.shape[1]
    steps = x.transpose(0, 1).flip(0) if go_backwards else x.transpose(0, 1)
    rows = steps.reshape(time * batch, features)
    gates = torch.addmm(bias[0] if reset_after else bias, rows, kernel).view(time, batch, 3 * units)
    if mask is not None:
        seen = mask.t().unsqueeze(-1)
        left_out = gates.new_zeros(3 * units)
        left_out[:units] = float("inf")
        gates = torch.where(seen.flip(0) if go_backwards else seen, gates, left_out)
    states, inner = x.new_empty((time + 1, batch, units)), torch.empty_like(gates)
    states[0] = h
    run = _after if reset_after else _before
    run(states, gates, inner, recurrent_kernel, bias)
    kept = _Run(
        rows, states, gates[..., 2 * units :], inner, kernel, recurrent_kernel, reset_after, go_backwards
    )
    return (states[1:].transpose(0, 1), states[-1].clone()), kept


def _after(states, gates, inner, recurrent_kernel, bias):
    """Fill the states, and turn the gates into their activations, with the reset after the product."""
    units = states.shape[2]
    of_state = bias[1].contiguous()
    columns = slices(
        states[:-1], states[1:], inner, inner[..., : 2 * units], *inner.split(units, -1),
        gates[..., : 2 * units], gates[..., 2 * units :],
    )  # fmt: skip
    for h, new, all_inner, z_and_r, z, r, h_n, x_gates, n in columns:
        torch.addmm(of_state, h, recurrent_kernel, out=all_inner)
        z_and_r.add_(x_gates).sigmoid_()
        torch.addcmul(n, r, h_n, out=n).tanh_()
        torch.lerp(n, h, z, out=new)


def _before(states, gates, inner, recurrent_kernel, bias):
    """Do what `_after` does, with the reset before the product."""
    del bias
    units = states.shape[2]
    of_gates, of_n = (part.contiguous() for part in recurrent_kernel.split([2 * units, units], 1))
    columns = slices(
        states[:-1], states[1:], inner[..., : 2 * units], *inner.split(units, -1), gates[..., : 2 * units],
        gates[..., 2 * units :],
    )  # fmt: skip
    for h, new, z_and_r, z, r, kept, x_gates, n in columns:
        torch.addmm(x_gates, h, of_gates, out=z_and_r).sigmoid_()
        torch.mul(r, h, out=kept)
        torch.addmm(n, kept, of_n, out=n).tanh_()
        torch.lerp(n, h, z, out=new)


# -- the gradient --------------------------------------------------------------------------------


def backward(run, cotangents):
    """Return the gradients of `gru` by its operands beside the mask."""
    given, by_last = cotangents
    time, batch, units = run.n.shape
    # By n, z, r and what r is multiplied with; the first three are those of the inputs.
    slopes = run.n.new_empty((time, batch, 4 * units))
    back = _back_after if run.reset_after else _back_before
    by_h = back(run, given.transpose(0, 1), by_last, slopes)
    flat = slopes.view(time * batch, 4 * units)
    by_gates, by_inner = flat[:, : 3 * units], flat[:, units:]
    # Columns from n, z, r to z, r, n, and back.
    by_kernel = torch.mm(run.rows.t(), by_gates).roll(-units, 1)
    by_x = torch.mm(by_gates, run.kernel.roll(units, 1).t()).view(time, batch, run.rows.shape[1])
    before = run.states[:-1].reshape(time * batch, units)
    sums = flat.sum(0)
    by_bias = sums[: 3 * units].roll(-units)
    if run.reset_after:
        by_recurrent, by_bias = torch.mm(before.t(), by_inner), torch.stack([by_bias, sums[units:]])
    else:
        kept = run.inner[..., 2 * units :].reshape(time * batch, units)
        products = torch.mm(before.t(), flat[:, units : 3 * units]), torch.mm(kept.t(), flat[:, :units])
        by_recurrent = torch.cat(products, 1)
    by_x = (by_x.flip(0) if run.go_backwards else by_x).transpose(0, 1)
    return by_x, by_h, by_kernel, by_recurrent, by_bias


def _back_after(run, given, by_h, slopes):
    """Fill the slopes and return the gradient by the first state, with the reset after the product."""
    units = by_h.shape[1]
    turned = run.recurrent_kernel.t().contiguous()
    total, kept, share, product = run.n.new_empty((4, *by_h.shape)).unbind(0)
    columns = reversed_slices(
        given,
        run.states[:-1],
        run.n,
        *run.inner.split(units, -1),
        *slopes.split(units, -1),
        slopes[..., units:],
    )
    for given_here, h, n, z, r, h_n, by_n, by_z, by_r, by_h_n, by_inner in columns:
        torch.add(by_h, given_here, out=total)
        torch.mul(total, z, out=kept)
        torch.sub(total, kept, out=share)
        torch.sub(h, n, out=product).mul_(share)
        torch.mul(product, z, out=by_z)
        tanh_slope(share, n, grad_input=by_n)
        torch.mul(by_n, r, out=by_h_n)
        torch.mul(by_n, h_n, out=product)
        sigmoid_slope(product, r, grad_input=by_r)
        by_h = torch.addmm(kept, by_inner, turned)
    return by_h.clone()


def _back_before(run, given, by_h, slopes):
    """Do what `_back_after` does, with the reset before the product."""
    units = by_h.shape[1]
    of_gates, of_n = (part.t().contiguous() for part in run.recurrent_kernel.split([2 * units, units], 1))
    total, kept, share, product = run.n.new_empty((4, *by_h.shape)).unbind(0)
    slopes[..., 3 * units :] = 0.0
    columns = reversed_slices(
        given, run.states[:-1], run.n, *run.inner[..., : 2 * units].split(units, -1),
        *slopes[..., : 3 * units].split(units, -1), slopes[..., units : 3 * units],
    )  # fmt: skip
    for given_here, h, n, z, r, by_n, by_z, by_r, by_gates in columns:
        torch.add(by_h, given_here, out=total)
        torch.mul(total, z, out=kept)
        torch.sub(total, kept, out=share)
        torch.sub(h, n, out=product).mul_(share)
        torch.mul(product, z, out=by_z)
        tanh_slope(share, n, grad_input=by_n)
        torch.mm(by_n, of_n, out=share)
        torch.mul(share, h, out=product)
        sigmoid_slope(product, r, grad_input=by_r)
        by_h = torch.addmm(kept.addcmul_(share, r), by_gates, of_gates)
    return by_h.clone()


def _step_by_step(x, h, kernel, recurrent_kernel, bias, mask, reset_after, go_backwards):
    """Return the results from single operations, which can be differentiated more than once."""
    units = h.shape[1]
    projected = (torch.matmul(x, kernel) + (bias[0] if reset_after else bias)).unbind(1)
    seen = [None] * len(projected) if mask is None else mask.unsqueeze(-1).unbind(1)
    pairs = list(zip(projected, seen, strict=True))
    rows = []
    for gates, counts in reversed(pairs) if go_backwards else pairs:
        x_z, x_r, x_n = gates.chunk(3, -1)
        if reset_after:
            h_z, h_r, h_n = (torch.matmul(h, recurrent_kernel) + bias[1]).chunk(3, -1)
            n = torch.tanh(x_n + torch.sigmoid(x_r + h_r) * h_n)
        else:
            h_z, h_r = torch.matmul(h, recurrent_kernel[:, : 2 * units]).chunk(2, -1)
            n = torch.tanh(x_n + torch.matmul(torch.sigmoid(x_r + h_r) * h, recurrent_kernel[:, 2 * units :]))
        z = torch.sigmoid(x_z + h_z)
        new = z * h + (1.0 - z) * n
        h = new if counts is None else torch.where(counts, new, h)
        rows.append(h)
    return (torch.stack(rows, 1) if rows else x.new_empty((*x.shape[:2], units))), h


def gru_grad(by_y, by_h, output, last_h, *operands, reset_after, go_backwards):
    del output, last_h
    attrs = {"reset_after": reset_after, "go_backwards": go_backwards}
    if watched((by_y, by_h, *operands)):
        return gradients_again(_step_by_step, operands, (by_y, by_h), **attrs)
    return backward(forward(*operands, **attrs)[1], (by_y, by_h))


KERNELS = {"gru": gru, "gru_grad": gru_grad}
RESIDUAL_KERNELS = {"gru": (forward, backward)}
