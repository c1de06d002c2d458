"""Running sums that are overwritten: a scalar in Python's own float64, an array by NumPy; their ratio."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence


def accumulate(totals: Sequence[Any], carries: Sequence[Any], values: Sequence[Any]) -> tuple[Any, ...]:
    """Overwrite sums and carries by those after one more value each, and return them."""
    run = _accumulate_for(totals, carries, values)
    if run is not None:
        return run(totals, carries, values)
    for total, carry, value in zip(totals, carries, values, strict=True):
        np.add(carry, value, carry)
        reached = np.add(total, carry)
        np.add(carry, np.subtract(total, reached, total), carry)
        np.copyto(total, reached)
    return (*totals, *carries)


def _accumulate_for(totals: Sequence[Any], _carries: Any, _values: Any) -> Callable[..., Any] | None:
    return None if any(len(x.shape) or x.dtype != "float32" for x in totals) else _accumulate_scalars


def _accumulate_scalars(totals: Sequence[Any], carries: Sequence[Any], values: Sequence[Any]) -> tuple[Any, ...]:
    for total, carry, value in zip(totals, carries, values, strict=True):
        reached = float(total) + (float(carry) + float(value))
        total[()] = reached
        carry[()] = reached - float(total)
    return (*totals, *carries)


accumulate.made_for = _accumulate_for  # type: ignore[attr-defined]  # see `Backend.kernels`


def ratio(x1: Any, x2: Any) -> Any:
    """Return the quotient, and zero where `x2` is zero."""
    if x1.ndim == 0 and x2.ndim == 0:
        return x1 / x2 if x2 else np.zeros((), x1.dtype)
    zeros = np.zeros(np.broadcast_shapes(x1.shape, x2.shape), x1.dtype)
    return np.divide(x1, x2, out=zeros, where=x2 != 0)


KERNELS = {"ratio": ratio}
IN_PLACE_KERNELS = {"accumulate": accumulate}
