"""Elements in the order of their size."""

from __future__ import annotations

import numpy as np

from horn.errors import ArgumentError, ShapeError
from horn.spec.laws import need_rank, show
from horn.spec.normalise import Axes, Axis, axis as one_axis
from horn.spec.op import Tensor, composite, ops, primitive
from horn.spec.sizes import product


@primitive
def argsort(x: Tensor, axis: Axis = -1, descending: bool = False):
    """Return the places along `axis` of the elements in the order of their size, as int32.

    Equal elements stay in the order in which they are, whichever way is sorted; zeros of both
    signs are equal. A NaN counts as the largest: it is last, or first where `descending`.

    Args:
        x: Any tensor.
        axis: The axis to sort along; None sorts all elements, in the order of rows, on one axis.
        descending: Whether the largest comes first.

    Example:
        >>> ops.argsort(np.array([3.0, 1.0, 3.0]), descending=True)
        array([0, 2, 1], dtype=int32)
    """
    if not descending:
        return np.argsort(x, axis, kind="stable").astype(np.int32)
    # Sorted backwards from the end, equal elements come out in their order.
    order = np.flip(np.argsort(np.flip(x, axis), axis, kind="stable"), axis)
    return (x.shape[axis] - 1 - order).astype(np.int32)


@argsort.law
def _(x, axis, descending):
    return x.with_dtype("int32")


@argsort.frontend
def _(x, axis=-1, descending=False):
    if axis is None:
        return argsort.bind(ops.reshape(x, (-1,)), axis=0, descending=descending)
    return argsort.bind(x, axis=axis, descending=descending)


@composite
def sort(x: Tensor, axis: int | None = -1, descending: bool = False):
    """Return the elements along `axis` in the order of their size; see `argsort`.

    Each gradient goes back to the place that its element came from.

    Example:
        >>> ops.sort(np.array([3.0, np.nan, 1.0]))
        array([ 1.,  3., nan])
    """
    if axis is None:
        x, axis = ops.reshape(x, (-1,)), 0
    return ops.take_along_axis(x, ops.argsort(x, axis=axis, descending=descending), axis=axis)


@composite
def top_k(x: Tensor, k: int, sorted: bool = True):  # noqa: A002  (Keras's word)
    """Return the `k` largest elements of the last axis, the largest first, and their places as int32.

    Of equal elements the first ones are taken, in their order; a NaN counts as the largest.

    Args:
        x: Any tensor with an axis.
        k: How many, from 0 to the size of the last axis.
        sorted: Whether they have to be in order; here they always are.

    Example:
        >>> ops.top_k(np.array([1, 5, 5]), 2)
        (array([5, 5]), array([1, 2], dtype=int32))
    """
    del sorted
    rank = len(x.shape)
    last = x.shape[one_axis(-1, rank, "top_k")]
    if isinstance(k, bool) or not isinstance(k, int) or k < 0 or (isinstance(last, int) and k > last):
        raise ArgumentError(
            "top_k was asked for a number of elements that the last axis does not have.",
            expected=f"k from 0 to {last}",
            got=f"k={k!r} for {show(x.shape)}",
            remedy="ask for fewer elements",
        )
    places = ops.argsort(x, axis=-1, descending=True)
    places = ops.slice(places, (0,) * rank, (*x.shape[:-1], k))
    return ops.take_along_axis(x, places, axis=-1), places


@composite
def in_top_k(targets: Tensor, predictions: Tensor, k: int):
    """Return whether the prediction for each target is among the `k` largest of its row, as bool.

    It is if fewer than `k` predictions of the row are larger, so equal ones share a place. It is
    not where the target is no class, or its prediction is not finite.

    Shapes:
        targets:     (batch,), integers
        predictions: (batch, classes)
        returns:     (batch,)

    Example:
        >>> ops.in_top_k(np.array([1, 0]), np.array([[0.1, 0.7, 0.2], [0.1, 0.7, 0.2]]), k=2)
        array([ True, False])
    """
    if len(targets.shape) != 1 or len(predictions.shape) != 2 or targets.shape[0] != predictions.shape[0]:
        raise ShapeError(
            "in_top_k was given targets and predictions that do not fit.",
            expected="targets of shape (batch,) and predictions of shape (batch, classes)",
            got=f"{show(targets.shape)} and {show(predictions.shape)}",
            remedy="flatten the targets, and pass one row of predictions for each",
        )
    is_class = ops.greater_equal(targets, 0)
    places = ops.expand_dims(ops.where(is_class, targets, predictions.shape[1]), 1)
    own = ops.take_along_axis(predictions, places, axis=1)
    larger = ops.count_nonzero(ops.greater(predictions, own), axis=1)
    return ops.logical_and(ops.isfinite(ops.squeeze(own, axis=1)), ops.less(larger, k))


@composite(promote=("sorted_sequence", "values"))
def searchsorted(sorted_sequence: Tensor, values: Tensor, side: str = "left"):
    """Return where each value has to be put so that the sequence stays in order, as int32.

    Args:
        sorted_sequence: One axis, ascending, any NaN last.
        values: Any tensor; a NaN belongs beside the others of the sequence.
        side: ``"left"`` puts a value before those that equal it, ``"right"`` after them.

    Example:
        >>> ops.searchsorted(np.array([1, 3, 3]), np.array([0, 3, 9]), side="right")
        array([0, 3, 3], dtype=int32)
    """
    need_rank("searchsorted", sorted_sequence.spec, 1)
    if side not in ("left", "right"):
        raise ArgumentError(
            "searchsorted was given a side that is none.",
            expected='side="left" or side="right"',
            got=f"side={side!r}",
            remedy="choose one of the two",
        )
    count = sorted_sequence.shape[0]
    if not isinstance(count, int):
        spread = ops.expand_dims(values, -1)
        return ops.count_nonzero(_goes_before(sorted_sequence, spread, side), axis=-1)
    # A binary search for all values at once: each step settles one digit of the place.
    place = ops.zeros(values.shape, "int32")
    step = 1 << count.bit_length() >> 1
    while step:
        ahead = place + step
        # Beyond the end nothing goes before; the place of the last element stands in.
        seen = ops.take(sorted_sequence, ops.minimum(ahead, count) - 1, axis=0)
        fits = ops.logical_and(ops.less_equal(ahead, count), _goes_before(seen, values, side))
        place = ops.where(fits, ahead, place)
        step >>= 1
    return place


def _goes_before(element, value, side):
    """Return whether an element of the sequence comes before the place of a value."""
    if side == "right":
        return ops.logical_or(ops.less_equal(element, value), ops.isnan(value))
    return ops.logical_or(
        ops.less(element, value), ops.logical_and(ops.isnan(value), ops.logical_not(ops.isnan(element)))
    )


@composite
def digitize(x: Tensor, bins: tuple[float, ...]):
    """Return the number of the bin that each element falls in, as int32: how many borders are not above it.

    Args:
        x: Any tensor of numbers.
        bins: The borders, ascending.

    Example:
        >>> ops.digitize(np.array([0.5, 1.0, 9.0]), (1.0, 2.0))
        array([0, 1, 2], dtype=int32)
    """
    borders = np.asarray(bins, np.float32 if x.dtype != "float64" else np.float64)
    return ops.searchsorted(borders, x, side="right")


@digitize.frontend
def _(x, bins):
    return digitize.bind(x, bins=tuple(np.asarray(bins).tolist()))


@composite(to_float=True)
def median(x: Tensor, axis: Axes = None, keepdims: bool = False):
    """Return the middle element along `axis` in the order of size, or the mean of the two in the middle.

    A NaN makes the median NaN.

    Example:
        >>> ops.median(np.array([[4.0, 1.0, 2.0, 3.0]]), axis=1)
        array([2.5])
    """
    rest = [i for i in range(len(x.shape)) if i not in axis]
    sizes = tuple(x.shape[i] for i in rest)
    count = product(x.shape[i] for i in axis)
    if not isinstance(count, int) or count == 0:
        raise ShapeError(
            "median was given an axis whose middle is not known.",
            expected="at least one element, and a known size, along each reduced axis",
            got=f"{show(x.shape)} reduced along {axis}",
            remedy="fix the size of that axis",
        )
    rows = ops.sort(ops.reshape(ops.transpose(x, (*rest, *axis)), (*sizes, count)), axis=-1)
    low = ops.take(rows, np.int32((count - 1) // 2), axis=-1)
    middle = low if count % 2 else (low + ops.take(rows, np.int32(count // 2), axis=-1)) * 0.5
    last = ops.take(rows, np.int32(count - 1), axis=-1)
    result = ops.where(ops.isnan(last), last, middle)
    return (
        ops.reshape(result, tuple(1 if i in axis else n for i, n in enumerate(x.shape)))
        if keepdims
        else result
    )
