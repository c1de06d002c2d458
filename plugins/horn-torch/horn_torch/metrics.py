"""Running sums in place, all of them in a few calls; their ratio."""

from __future__ import annotations

import torch


def accumulate(totals, carries, values):
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
