"""What the pages of recurrent layers share: the order of steps, and the masks that leave some out."""

from __future__ import annotations

from typing import Any

from horn.errors import ShapeError
from horn.spec.laws import show
from horn.spec.op import ops


def turned(steps: Any, go_backwards: bool) -> Any:  # noqa: FBT001
    """Return steps, the first axis, from the order of the sequence in that of the computation, or back."""
    if not go_backwards:
        return steps
    time = steps.shape[0]
    return ops.take(steps, ops.subtract(time - 1, ops.arange(time)), axis=0)


def by_step(mask: Any) -> list[Any]:
    """Return a mask as an operand of a scan, (time, batch, 1), or no operand."""
    return [] if mask is None else [ops.expand_dims(ops.transpose(mask), -1)]


def check_mask(page: str, x: Any, mask: Any) -> None:
    """Refuse a mask that is not (batch, time), as the sequences are."""
    if mask is not None and mask.shape != x.shape[:2]:
        raise ShapeError(
            f"{page} was given a mask of another shape than its sequences.",
            expected=show(x.shape[:2]),
            got=show(mask.shape),
            remedy="pass one bool for each step of each sequence",
        )
