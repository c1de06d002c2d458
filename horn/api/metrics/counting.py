"""Counts of right and wrong yes/no answers, at one threshold or at many."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from horn import settings
from horn.api.bounds import real
from horn.api.losses.base import match_rank, spread
from horn.errors import ArgumentError
from horn.spec import ops
from horn.spec.graph import spec_of
from horn.spec.laws import need_equal_targets
from horn.spec.sizes import product

if TYPE_CHECKING:
    from collections.abc import Sequence


class Counts(NamedTuple):
    """One figure for each threshold, or for each threshold and label."""

    true_positives: Any
    false_positives: Any
    true_negatives: Any
    false_negatives: Any


def check_thresholds(owner: str, thresholds: Any, default: float) -> list[float]:
    """Return thresholds as a list of numbers in [0, 1]."""
    if thresholds is None:
        return [default]
    found = list(thresholds) if isinstance(thresholds, (list, tuple, np.ndarray)) else [thresholds]
    if not found:
        raise ArgumentError(
            f"{owner} was given no thresholds.",
            expected="thresholds: a number in [0, 1], or a list of them",
            got=repr(thresholds),
            remedy="leave thresholds out, or name at least one",
        )
    return [float(real(owner, "thresholds", one, "[0, 1]")) for one in found]


def is_even(thresholds: Sequence[float]) -> bool:
    """Return whether thresholds go from 0 to 1 in equal steps."""
    count = len(thresholds)
    if count < 3:
        return False
    return all(abs(one - i / (count - 1)) <= settings.epsilon() * 1.01 for i, one in enumerate(thresholds))


def largest_only(y_pred: Any, k: int) -> Any:
    """Return outputs of which all but the `k` largest of each example are minus infinity.

    Of equal ones the first are taken.
    """
    places = ops.arange(spec_of(y_pred).shape[-1])

    def take_one(carried: Any, _: Any) -> tuple[Any, None]:
        taken, rest = carried
        best = ops.equal(places, ops.expand_dims(ops.argmax(rest, axis=-1), -1))
        return (ops.logical_or(taken, best), ops.where(best, float("-inf"), rest)), None

    nothing = ops.less(ops.zeros_like(y_pred), -1.0)
    (taken, _), _ = ops.scan(take_one, (nothing, y_pred), None, length=k)
    return ops.where(taken, y_pred, float("-inf"))


def count(
    y_true: Any,
    y_pred: Any,
    thresholds: Sequence[float],
    sample_weight: Any = None,
    *,
    dtype: str,
    class_id: int | None = None,
    top_k: int | None = None,
    by_label: bool = False,
    label_weights: Any = None,
) -> Counts:
    """Return the weighted counts of a batch.

    An output says yes where it is larger than the threshold. Without weights the counts are
    integers, and exact.

    Args:
        y_true: Not zero for yes.
        y_pred: The outputs.
        thresholds: One or more; many that are evenly spaced cost no more than one.
        sample_weight: For each example, or each output.
        dtype: Of weighted counts.
        class_id: Which class to look at, along the last axis; None for all.
        top_k: How many of the largest outputs of an example can say yes; None for all.
        by_label: Whether to count each label, along the last axis, for itself.
        label_weights: One factor for each label.
    """
    y_true, y_pred = match_rank(y_true, y_pred)
    need_equal_targets("The metric", spec_of(y_true), spec_of(y_pred))
    if top_k is not None:
        y_pred = largest_only(y_pred, top_k)
    weight = None if sample_weight is None else spread(ops.cast(sample_weight, dtype), y_pred)
    if label_weights is not None:
        factor = ops.convert_to_tensor(label_weights, dtype)
        weight = factor if weight is None else ops.multiply(weight, factor)
    if weight is not None:
        weight = ops.broadcast_to(weight, spec_of(y_pred).shape)
    if class_id is not None:
        y_true, y_pred, weight = (
            None if x is None else _column(x, class_id) for x in (y_true, y_pred, weight)
        )
    size = spec_of(y_pred).shape
    shape = (product(size[:-1]), size[-1]) if by_label else (product(size), 1)
    yes = ops.not_equal(ops.reshape(y_true, shape), 0)
    output = ops.reshape(y_pred, shape)
    weight = ops.ones(shape, "int32") if weight is None else ops.reshape(weight, shape)
    weights = (ops.where(yes, weight, 0), ops.where(yes, 0, weight))
    above = _above_even if is_even(thresholds) else _above
    tp, fp = (above(output, one, thresholds) for one in weights)
    positives, negatives = (ops.sum(one, axis=0) for one in weights)
    counts = (tp, fp, ops.subtract(negatives, fp), ops.subtract(positives, tp))
    if not by_label:
        counts = tuple(ops.reshape(one, (len(thresholds),)) for one in counts)
    return Counts(*counts)


def _column(x: Any, class_id: int) -> Any:
    shape = spec_of(x).shape
    start, stop = [0] * len(shape), list(shape)
    start[-1], stop[-1] = class_id, class_id + 1
    return ops.slice(x, tuple(start), tuple(stop))


def _above(output: Any, weight: Any, thresholds: Sequence[float]) -> Any:
    """Return for each threshold and label the weight of the outputs above: (thresholds, labels)."""
    limits = ops.reshape(ops.convert_to_tensor(np.asarray(thresholds, "float32")), (-1, 1, 1))
    over = ops.less(limits, ops.expand_dims(output, 0))
    return ops.sum(ops.where(over, ops.expand_dims(weight, 0), 0), axis=1)


def _above_even(output: Any, weight: Any, thresholds: Sequence[float]) -> Any:
    """Return the same for thresholds in equal steps: a histogram, added up from its end."""
    bins = len(thresholds)
    rows, labels = spec_of(output).shape
    known = ops.equal(output, output)
    at = ops.multiply(ops.clip(ops.where(known, output, 0.0), -1.0, 2.0), bins - 1.0)
    whole = ops.cast(at, "int32")
    # The threshold below an output is one step under the next whole number up.
    below = ops.subtract(ops.where(ops.less(whole, at), ops.add(whole, 1), whole), 1)
    lowest = 0 if thresholds[0] < 0 else -1
    bin_ = ops.where(known, ops.clip(below, lowest, bins - 2), -1)
    place = ops.add(ops.multiply(bin_, labels), ops.arange(labels))
    place = ops.where(ops.less(bin_, 0), -1, place)
    flat = (ops.reshape(x, (rows * labels,)) for x in (weight, place))
    sums = ops.reshape(ops.segment_sum(*flat, num_segments=bins * labels), (bins, labels))
    step = 1
    while step < bins:
        shifted = ops.pad(ops.slice(sums, (step, 0), (bins, labels)), ((0, step, 0), (0, 0, 0)))
        sums, step = ops.add(sums, shifted), step * 2
    return sums
