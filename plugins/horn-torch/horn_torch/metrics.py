"""Running sums in place: scalars on the CPU in Python's float64, all others in a few calls; their ratio."""

from __future__ import annotations

import torch


def accumulate(totals, carries, values):
    if all(total.ndim == 0 and total.is_cpu and total.dtype is torch.float32 for total in totals):
        for total, carry, value in zip(totals, carries, values, strict=True):
            reached = total.item() + (carry.item() + value.item())
            total.fill_(reached)
            carry.fill_(reached - total.item())
        return (*totals, *carries)
    due = [value.to(total.dtype) for total, value in zip(totals, values, strict=True)]
    torch._foreach_add_(carries, due)
    reached = torch._foreach_add(totals, carries)
    torch._foreach_sub_(totals, reached)
    torch._foreach_add_(carries, totals)
    torch._foreach_copy_(totals, reached)
    return (*totals, *carries)


def ratio(x1, x2):
    return torch.div(x1, x2).masked_fill(x2 == 0, 0.0)


KERNELS = {"ratio": ratio}
IN_PLACE_KERNELS = {"accumulate": accumulate}
