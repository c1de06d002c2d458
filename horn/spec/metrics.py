"""Running sums, which metrics are made of, that do not stop growing."""

from __future__ import annotations

from collections.abc import Sequence

from horn.spec.op import Tensor, composite, ops


@composite(donates=("totals", "carries"))
def accumulate(totals: Sequence[Tensor], carries: Sequence[Tensor], values: Sequence[Tensor]):
    """Return running sums after one more value each, and what rounding has kept from them.

    A float32 sum of ones stops at 2**24. Here each sum comes with a second number, the part of
    what was added that it could not hold, which is added again with the next value: then the
    relative error of a sum of positive numbers stays near 2**-24 however many there are.

    Args:
        totals: The sums.
        carries: What is still to be added to each, of the same shape and dtype.
        values: What to add to each; broadcasts to it.

    Returns:
        The new sums, then the new carries, in one tuple.

    Reference:
        Kahan, Further remarks on reducing truncation errors, Comm. ACM 8 (1965) 40.
    """
    sums, rests = [], []
    for total, carry, value in zip(totals, carries, values, strict=True):
        due = carry + ops.cast(value, total.dtype)
        reached = total + due
        sums.append(reached)
        rests.append(due - (reached - total))
    return (*sums, *rests)


@composite(promote=True, to_float=True)
def ratio(x1: Tensor, x2: Tensor):
    """Return ``x1 / x2``, and zero where `x2` is zero: a share of nothing.

    Example:
        >>> ops.ratio(np.array([1.0, 1.0]), np.array([2.0, 0.0]))
        array([0.5, 0. ])
    """
    none = ops.equal(x2, 0)
    return ops.where(none, 0.0, x1 / ops.where(none, 1.0, x2))
