"""Running sums that are overwritten: a scalar in Python's own float64, an array by NumPy."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Sequence


def accumulate(totals: Sequence[Any], carries: Sequence[Any], values: Sequence[Any]) -> tuple[Any, ...]:
    """Overwrite sums and carries by those after one more value each, and return them."""
    for total, carry, value in zip(totals, carries, values, strict=True):
        if total.ndim == 0 and total.dtype == np.float32:
            reached = float(total) + (float(carry) + float(value))
            total[...] = reached
            carry[...] = reached - float(total)
        else:
            np.add(carry, value, carry)
            reached = np.add(total, carry)
            np.add(carry, np.subtract(total, reached, total), carry)
            np.copyto(total, reached)
    return (*totals, *carries)


IN_PLACE_KERNELS = {"accumulate": accumulate}
