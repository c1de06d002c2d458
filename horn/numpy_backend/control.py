"""Loops over ops."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from horn import dtypes

if TYPE_CHECKING:
    from collections.abc import Sequence


def scan(
    init: Sequence[Any],
    xs: Sequence[Any],
    captures: Sequence[Any],
    body: Any,
    length: int,
    reverse: bool = False,
    keep_carries: bool = False,
) -> tuple[Any, ...]:
    """Run `body` along the first axis of `xs`; each row goes straight to its place in the result."""
    n = len(init)
    specs = [(out.spec.shape, dtypes.numpy_dtype(out.spec.dtype)) for out in body.graph.outputs[n:]]
    specs += [(x.shape, x.dtype) for x in init] if keep_carries else []
    stacked = [np.empty((length, *shape), dtype) for shape, dtype in specs]
    carry = tuple(init)
    for i in range(length)[:: -1 if reverse else 1]:
        results = body(*carry, *[x[i] for x in xs], *captures)
        for column, row in zip(stacked, (*results[n:], *carry) if keep_carries else results[n:], strict=True):
            column[i] = row
        carry = results[:n]
    # A body may hand on what it was given, and a carry must not share the memory of an operand.
    return (*map(np.array, carry), *stacked)


KERNELS = {"scan": scan}
