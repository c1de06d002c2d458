"""Kernels that make one element of many."""

from __future__ import annotations

from horn.spec.sizes import product
from horn_tf.tensors import BOOL, as_dtype, index, ints, number, raw, shape_of, tf
from horn_tf.tracing import compiled_for_cpu, may_meet_xla

_MANY = 1 << 16  # elements, from which XLA takes longer for sums over rows than for a product


def sum(x, *, axis, keepdims=False):
    inner = len(shape_of(x)) - 1
    if not keepdims and compiled_for_cpu() and _are_columns(x, axis):
        return _column_sums(x, len(axis))
    if inner >= 3 and not keepdims and x.dtype is tf.float32 and sorted(axis) == [*range(inner)]:
        # The gradient of a bias, which oneDNN adds up together with that of the kernel. In bfloat16
        # the op rounds after each addition.
        return raw.BiasAddGrad(out_backprop=x)
    return raw.Sum(input=as_dtype(x, tf.int32) if x.dtype is BOOL else x, axis=ints(axis), keep_dims=keepdims)


def _are_columns(x, axis):
    """Return whether these are sums over the first axes of a large tensor in full precision."""
    first = sorted(axis) == [*range(len(axis))] and 0 < len(axis) < len(shape_of(x))
    return first and x.dtype in (tf.float32, tf.float64) and x.shape.num_elements() >= _MANY


def _column_sums(x, axes):
    """Return sums over the first axes as a product with ones.

    XLA cuts a long sum on a CPU into windows that it adds up against the grain of memory, which
    takes up to a hundred times as long. With a single row of ones it would see through the product.
    """
    sizes = shape_of(x)
    rows = product(sizes[:axes])
    columns = raw.Reshape(tensor=x, shape=ints((rows, product(sizes[axes:]))))
    ones = raw.Fill(dims=ints((2, rows)), value=number(1, x.dtype))
    return raw.Reshape(tensor=raw.MatMul(a=ones, b=columns)[0], shape=ints(sizes[axes:]))


def mean(x, *, axis, keepdims=False):
    return raw.Mean(input=x, axis=ints(axis), keep_dims=keepdims)


def max(x, *, axis, keepdims=False):
    return _extreme(x, axis, keepdims, raw.Max, raw.Any)


def min(x, *, axis, keepdims=False):
    return _extreme(x, axis, keepdims, raw.Min, raw.All)


def _extreme(x, axis, keepdims, op, for_bool):
    if x.dtype is BOOL:
        return for_bool(input=x, axis=ints(axis), keep_dims=keepdims)
    found = op(input=x, axis=ints(axis), keep_dims=keepdims)
    if x.dtype.is_floating and may_meet_xla():
        spoilt = raw.Any(input=raw.IsNan(x=x), axis=ints(axis), keep_dims=keepdims)
        return raw.SelectV2(condition=spoilt, t=number(float("nan"), x.dtype), e=found)
    return found


def argmax(x, *, axis):
    place = raw.ArgMax(input=x, dimension=index(axis), output_type=tf.int32)
    if not x.dtype.is_floating:
        return place
    # TensorFlow passes over a NaN; here the first one counts as the largest.
    nan = raw.IsNan(x=x)
    first = raw.ArgMax(input=nan, dimension=index(axis), output_type=tf.int32)
    return raw.SelectV2(condition=raw.Any(input=nan, axis=ints((axis,)), keep_dims=False), t=first, e=place)


def var(x, *, axis, keepdims=False):
    return moments(x, axis=axis, keepdims=keepdims)[1]


def moments(x, *, axis, keepdims=False):
    """Return the mean and the variance."""
    centre = raw.Mean(input=x, axis=ints(axis), keep_dims=True)
    spread = raw.Mean(input=raw.SquaredDifference(x=x, y=centre), axis=ints(axis), keep_dims=keepdims)
    if keepdims:
        return centre, spread
    return raw.Reshape(tensor=centre, shape=ints(shape_of(spread))), spread


def logsumexp(x, *, axis, keepdims=False):
    highest = raw.Max(input=x, axis=ints(axis), keep_dims=True)
    shift = raw.SelectV2(condition=raw.IsInf(x=highest), t=number(0, x.dtype), e=highest)
    total = raw.Sum(input=raw.Exp(x=raw.Sub(x=x, y=shift)), axis=ints(axis), keep_dims=True)
    total = raw.AddV2(x=raw.Log(x=total), y=shift)
    if keepdims:
        return total
    kept = tuple(size for i, size in enumerate(shape_of(x)) if i not in axis)
    return raw.Reshape(tensor=total, shape=ints(kept))


KERNELS = {
    "sum": sum,
    "mean": mean,
    "max": max,
    "min": min,
    "argmax": argmax,
    "var": var,
    "moments": moments,
    "logsumexp": logsumexp,
}
