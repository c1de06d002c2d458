"""The long short-term memory where a mask leaves steps out, with its gradient written out.

PyTorch has no kernel for that. As in `horn_torch.gru`, the products that need no state are taken
out of the loops, which work on slices of a few buffers.
"""

from __future__ import annotations

from typing import NamedTuple

import torch

from horn_torch.slices import reversed_slices, sigmoid_slope, slices, tanh_slope


class MaskedRun(NamedTuple):
    """What a forward run leaves for the gradient, in the order of the computation."""

    rows: torch.Tensor  # the inputs, (time * batch, features)
    states: torch.Tensor  # (time + 1, batch, units), the first one first
    cells: torch.Tensor  # the same
    gates: torch.Tensor  # (time, batch, 4 * units), after their activations
    squashed: torch.Tensor  # (time, batch, units), tanh of each new cell
    seen: torch.Tensor  # (time, batch, 1), bools
    kernel: torch.Tensor
    recurrent_kernel: torch.Tensor
    go_backwards: bool


def forward(x, h, c, kernel, recurrent_kernel, bias, mask, go_backwards):
    """Return the results of `lstm` with a mask, and what its gradient needs."""
    (batch, time, features), units = x.shape, h.shape[1]
    steps, seen = x.transpose(0, 1), mask.t().unsqueeze(-1)
    steps, seen = (steps.flip(0), seen.flip(0)) if go_backwards else (steps, seen.contiguous())
    rows = steps.reshape(time * batch, features)
    gates = torch.addmm(bias, rows, kernel).view(time, batch, 4 * units)
    states, cells = x.new_empty((2, time + 1, batch, units)).unbind(0)
    states[0], cells[0] = h, c
    squashed = x.new_empty((time, batch, units))
    new_h, new_c = x.new_empty((2, batch, units)).unbind(0)
    columns = slices(
        states[:-1], states[1:], cells[:-1], cells[1:], squashed, seen, gates, gates[..., : 2 * units],
        *gates.split(units, -1),
    )  # fmt: skip
    for old_h, next_h, old_c, next_c, tanh_c, counts, all_gates, i_and_f, i, f, g, o in columns:
        torch.addmm(all_gates, old_h, recurrent_kernel, out=all_gates)
        i_and_f.sigmoid_()
        g.tanh_()
        o.sigmoid_()
        torch.mul(f, old_c, out=new_c).addcmul_(i, g)
        torch.tanh(new_c, out=tanh_c)
        torch.mul(o, tanh_c, out=new_h)
        torch.where(counts, new_c, old_c, out=next_c)
        torch.where(counts, new_h, old_h, out=next_h)
    kept = MaskedRun(rows, states, cells, gates, squashed, seen, kernel, recurrent_kernel, go_backwards)
    return (states[1:].transpose(0, 1), states[-1].clone(), cells[-1].clone()), kept


def backward(run, cotangents):
    """Return the gradients of `lstm` by its six operands beside the mask."""
    given, by_h, by_c = cotangents
    time, batch, units = run.squashed.shape
    slopes, turned = torch.empty_like(run.gates), run.recurrent_kernel.t().contiguous()
    by_c = by_c.clone()
    total, kept, by_new, share = by_h.new_empty((4, *by_h.shape)).unbind(0)
    counts = run.seen.to(by_h.dtype)
    columns = reversed_slices(
        given.transpose(0, 1), counts, 1.0 - counts, run.cells[:-1], run.squashed, *run.gates.split(units, -1),
        slopes, *slopes.split(units, -1),
    )  # fmt: skip
    for row in columns:
        given_here, here, elsewhere, c, tanh_c, i, f, g, o, by_gates, by_i, by_f, by_g, by_o = row
        torch.add(by_h, given_here, out=total)
        torch.mul(total, elsewhere, out=kept)
        total.mul_(here)
        sigmoid_slope(torch.mul(total, tanh_c, out=share), o, grad_input=by_o)
        tanh_slope(torch.mul(total, o, out=share), tanh_c, grad_input=by_new)
        by_new.addcmul_(by_c, here)
        tanh_slope(torch.mul(by_new, i, out=share), g, grad_input=by_g)
        sigmoid_slope(torch.mul(by_new, g, out=share), i, grad_input=by_i)
        sigmoid_slope(torch.mul(by_new, c, out=share), f, grad_input=by_f)
        by_c.mul_(elsewhere).addcmul_(by_new, f)
        by_h = torch.addmm(kept, by_gates, turned)
    flat = slopes.view(time * batch, 4 * units)
    by_x = torch.mm(flat, run.kernel.t()).view(time, batch, run.rows.shape[1])
    by_x = (by_x.flip(0) if run.go_backwards else by_x).transpose(0, 1)
    before = run.states[:-1].reshape(time * batch, units)
    by_recurrent = torch.mm(before.t(), flat)
    return by_x, by_h.clone(), by_c, torch.mm(run.rows.t(), flat), by_recurrent, flat.sum(0)
