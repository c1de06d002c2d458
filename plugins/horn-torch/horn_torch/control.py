"""Loops over ops."""

from __future__ import annotations

import torch

from horn_torch.dtypes import native


def scan(init, xs, captures, body, length, reverse=False, keep_carries=False):
    count = len(init)
    rows = list(zip(*(x.unbind(0) for x in xs), strict=True)) if xs else [()] * length
    carry, collected = tuple(init), []
    for row in reversed(rows) if reverse else rows:
        results = body(*carry, *row, *captures)
        collected.append((*results[count:], *carry) if keep_carries else results[count:])
        carry = results[:count]
    if not collected:
        return (*(x.clone() for x in init), *_empty(init, body, count, keep_carries))
    if reverse:
        collected.reverse()
    stacked = [torch.stack(column) for column in zip(*collected, strict=True)]
    return (*_own([*init, *xs, *captures], carry), *stacked)


def _own(operands, carry):
    """Return the last carry, copied where it shares memory with an operand."""
    taken = {x.untyped_storage().data_ptr() for x in operands}
    return [x.clone() if x.untyped_storage().data_ptr() in taken else x for x in carry]


def _empty(init, body, count, keep_carries):
    """Return what no step at all stacks."""
    specs = [(out.spec.shape, native(out.spec.dtype)) for out in body.graph.outputs[count:]]
    specs += [(x.shape, x.dtype) for x in init] if keep_carries else []
    return [torch.empty((0, *shape), dtype=dtype) for shape, dtype in specs]


KERNELS = {"scan": scan}
