"""Many elements made into one, along some axes or all."""

from __future__ import annotations

import numpy as np

from horn.errors import ShapeError
from horn.spec.laws import reduced, show
from horn.spec.normalise import Axes, Axis
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
        if any(x.shape[i] == 0 for i in axis):
            raise ShapeError(
                f"{name} was given an axis without elements.",
                expected="at least one element along each reduced axis",
                got=f"{show(x.shape)} reduced along {axis}",
                remedy="check that the data is not empty",
            )
        return x.with_shape(reduced(x, axis, keepdims))

    return law


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

    A NaN counts as the largest.
    """
    return np.argmax(x, axis).astype(np.int32)


@argmax.law
def _(x, axis):
    _extreme_law("argmax")(x, (axis,), keepdims=False)
    return x.with_shape(reduced(x, (axis,), keepdims=False)).with_dtype("int32")


@composite(to_float=True)
def mean(x: Tensor, axis: Axes = None, keepdims: bool = False):
    """Return the arithmetic mean along `axis`; integers become the default float first.

    The mean of no elements is NaN.
    """
    count = 1
    for i in axis:
        count = count * x.shape[i]
    return ops.sum(x, axis=axis, keepdims=keepdims) / count


@composite(to_float=True)
def var(x: Tensor, axis: Axes = None, keepdims: bool = False):
    """Return the variance along `axis`: the mean of the squared distance to the mean.

    The sum is divided by the number of elements, not by one less (``ddof=0``).
    """
    centred = x - ops.mean(x, axis=axis, keepdims=True)
    return ops.mean(ops.square(centred), axis=axis, keepdims=keepdims)


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


