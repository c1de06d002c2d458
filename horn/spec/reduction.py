"""Many elements made into one, along some axes or all."""

from __future__ import annotations

import numpy as np

from horn import dtypes
from horn.errors import ShapeError
from horn.spec.laws import reduced, show
from horn.spec.normalise import Axes, Axis, axis as one_axis
from horn.spec.op import Tensor, composite, ops, primitive


@primitive(identity=True)
def sum(x: Tensor, axis: Axes = None, keepdims: bool = False):  # noqa: A001
    """Return the sum along `axis`, in the dtype of `x`; zero for no elements.

    Integers wrap around; bools are counted in int32.

    Example:
        >>> ops.sum(np.array([[1, 2], [3, 4]]), axis=0)
        array([4, 6])
    """
    return np.sum(x, axis, np.int32 if x.dtype == bool else x.dtype, keepdims=keepdims)


@sum.law
def _(x, axis, keepdims):
    dtype = "int32" if x.dtype == "bool" else x.dtype
    return x.with_shape(reduced(x, axis, keepdims)).with_dtype(dtype)


@sum.vjp
def _(cotangent, output, x, *, axis, keepdims):
    return ops.broadcast_to(_with_axes(cotangent, x, axis), x.shape)


def _with_axes(reduced_tensor, x, axis):
    """Return a reduced tensor with its reduced axes back, of size one."""
    return ops.reshape(reduced_tensor, tuple(1 if i in axis else size for i, size in enumerate(x.shape)))


@primitive(identity=True)
def max(x: Tensor, axis: Axes = None, keepdims: bool = False):  # noqa: A001
    """Return the largest element along `axis`, NaN if there is one; equal ones share the gradient.

    An axis without elements is an error, since there is no largest.
    """
    return np.max(x, axis, keepdims=keepdims)


@primitive(identity=True)
def min(x: Tensor, axis: Axes = None, keepdims: bool = False):  # noqa: A001
    """Return the smallest element along `axis`, NaN if there is one; equal ones share the gradient.

    An axis without elements is an error, since there is no smallest.
    """
    return np.min(x, axis, keepdims=keepdims)


def _extreme_law(name):
    def law(x, axis, keepdims):
        _need_elements(name, x, axis)
        return x.with_shape(reduced(x, axis, keepdims))

    return law


def _need_elements(name, x, axis):
    if 0 in [x.shape[i] for i in axis]:
        raise ShapeError(
            f"{name} was given an axis without elements.",
            expected="at least one element along each reduced axis",
            got=f"{show(x.shape)} reduced along {axis}",
            remedy="check that the data is not empty",
        )


def _extreme_vjp(cotangent, output, x, *, axis, keepdims):
    extreme = _with_axes(output, x, axis)
    ties = ops.cast(ops.equal(x, extreme), cotangent.dtype)
    share = ties / ops.sum(ties, axis=axis, keepdims=True)
    return share * _with_axes(cotangent, x, axis)


max.law(_extreme_law("max"))
max.vjp(_extreme_vjp)
min.law(_extreme_law("min"))
min.vjp(_extreme_vjp)


@primitive
def argmax(x: Tensor, axis: Axis = -1):
    """Return where along `axis` the largest element is, as int32: the first of equal ones.

    A NaN counts as the largest. Called with ``axis=None``, as it is by default, it counts through
    all elements in the order of rows; with ``keepdims`` the reduced axes stay, of size one.

    Example:
        >>> x = np.array([[1, 5], [7, 2]])
        >>> int(ops.argmax(x)), ops.argmax(x, axis=1)
        (2, array([1, 0], dtype=int32))
    """
    return np.argmax(x, axis).astype(np.int32)


@argmax.law
def _(x, axis):
    _need_elements("argmax", x, (axis,))
    return x.with_shape(reduced(x, (axis,), keepdims=False)).with_dtype("int32")


@argmax.frontend
def _(x, axis=None, keepdims=False):
    shape = ops.shape(x)
    if axis is None:
        x, place = ops.reshape(x, (-1,)), 0
        kept = (1,) * len(shape)
    else:
        place = one_axis(axis, len(shape), "argmax")
        kept = tuple(1 if i == place else size for i, size in enumerate(shape))
    found = argmax.bind(x, axis=place)
    return ops.reshape(found, kept) if keepdims else found


@composite
def argmin(x: Tensor, axis: int | None = None, keepdims: bool = False):
    """Return where along `axis` the smallest element is, as int32: the first of equal ones.

    A NaN counts as the smallest. With ``axis=None`` it counts through all elements.

    Example:
        >>> ops.argmin(np.array([[3, 1], [0, 2]]), axis=1)
        array([1, 0], dtype=int32)
    """
    _need_elements("argmin", x, range(len(x.shape)) if axis is None else (one_axis(axis, len(x.shape), "argmin"),))
    return ops.argmax(_in_reverse_order(x), axis=axis, keepdims=keepdims)


def _in_reverse_order(x):
    """Return what is the larger, the smaller `x` is, without an overflow at the ends of the range."""
    if x.dtype == "bool":
        return ops.logical_not(x)
    if dtypes.is_float(x.dtype):
        return ops.negative(x)
    return (dtypes.largest(x.dtype) if x.dtype in dtypes.UNSIGNED else -1) - x


@composite(to_float=True)
def mean(x: Tensor, axis: Axes = None, keepdims: bool = False):
    """Return the arithmetic mean along `axis`; integers become the default float first.

    The mean of no elements is NaN.
    """
    count = 1
    for i in axis:
        count = count * x.shape[i]
    return ops.sum(x, axis=axis, keepdims=keepdims) / count


@mean.vjp
def _(cotangent, output, x, *, axis, keepdims):
    count = 1
    for i in axis:
        count = count * x.shape[i]
    return ops.broadcast_to(_with_axes(cotangent / count, x, axis), x.shape)


@composite(to_float=True)
def var(x: Tensor, axis: Axes = None, keepdims: bool = False):
    """Return the variance along `axis`: the mean of the squared distance to the mean.

    The sum is divided by the number of elements, not by one less (``ddof=0``).
    """
    centred = x - ops.mean(x, axis=axis, keepdims=True)
    return ops.mean(ops.square(centred), axis=axis, keepdims=keepdims)


@composite(to_float=True)
def std(x: Tensor, axis: Axes = None, keepdims: bool = False):
    """Return the standard deviation along `axis`: the root of `var`; where it is zero, so is its gradient."""
    variance = ops.var(x, axis=axis, keepdims=keepdims)
    is_zero = ops.equal(variance, 0)
    return ops.where(is_zero, variance, ops.sqrt(ops.where(is_zero, 1.0, variance)))


@composite
def any(x: Tensor, axis: Axes = None, keepdims: bool = False):  # noqa: A001
    """Return whether at least one element along `axis` is true, as bool; of none, none is.

    Numbers count as true unless zero, NaN included.

    Example:
        >>> ops.any(np.array([[0, 1], [0, 0]]), axis=1)
        array([ True, False])
    """
    return ops.greater(ops.sum(ops.cast(x, "bool"), axis=axis, keepdims=keepdims), 0)


@composite
def all(x: Tensor, axis: Axes = None, keepdims: bool = False):  # noqa: A001
    """Return whether every element along `axis` is true, as bool; of none, every one is."""
    return ops.equal(ops.sum(ops.logical_not(x), axis=axis, keepdims=keepdims), 0)


@composite
def count_nonzero(x: Tensor, axis: Axes = None):
    """Return how many elements along `axis` are not zero, as int32; NaN is not."""
    return ops.sum(ops.cast(x, "bool"), axis=axis)


@composite(to_float=True)
def logsumexp(x: Tensor, axis: Axes = None, keepdims: bool = False):
    """Return ``log(sum(exp(x)))`` along `axis`, without overflow for any finite `x`.

    An infinite maximum is not subtracted, so that the result is that infinity and not NaN.

    Reference:
        Blanchard, Higham & Higham, IMA J. Numer. Anal. 41 (2021) 2311-2330.
    """
    highest = ops.stop_gradient(ops.max(x, axis=axis, keepdims=True))
    shift = ops.where(ops.equal(ops.absolute(highest), float("inf")), 0.0, highest)
    total = ops.log(ops.sum(ops.exp(x - shift), axis=axis, keepdims=True)) + shift
    return total if keepdims else ops.reshape(total, tuple(s for i, s in enumerate(x.shape) if i not in axis))


