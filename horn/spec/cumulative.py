"""Running totals and products, and the product of all.

Their bodies combine neighbours in doubling distances, so that n elements take log2(n) steps of
whole tensors and the rounding of each result stays that of a short sum. Where a size is not known
yet, a `scan` takes one element after the other.
"""

from __future__ import annotations

from horn.spec.normalise import Axes, DType, axis as one_axis
from horn.spec.op import Tensor, composite, ops
from horn.spec.sizes import product


@composite
def cumsum(x: Tensor, axis: int | None = None, dtype: DType | None = None):
    """Return the sums of the elements up to each place along `axis`.

    Args:
        x: Any tensor; bools are counted in int32, integers wrap around.
        axis: The axis to go along; None for all elements in the order of rows, on one axis.
        dtype: To cast to first.

    Example:
        >>> ops.cumsum(np.array([[1, 2], [3, 4]]), axis=0)
        array([[1, 2],
               [4, 6]])
    """
    x, at = _prepared(x, axis, dtype, "cumsum")
    return _running(x, at, ops.add, 0)


@cumsum.vjp
def _(cotangent, output, x, *, axis, dtype):
    at = 0 if axis is None else axis
    back = ops.flip(ops.cumsum(ops.flip(cotangent, axis=at), axis=at), axis=at)
    return ops.reshape(back, x.shape)


@composite
def cumprod(x: Tensor, axis: int | None = None, dtype: DType | None = None):
    """Return the products of the elements up to each place along `axis`; see `cumsum`.

    The gradient is exact where elements are zero, too.
    """
    x, at = _prepared(x, axis, dtype, "cumprod")
    return _running(x, at, ops.multiply, 1)


def _prepared(x, axis, dtype, name):
    wanted = dtype or ("int32" if x.dtype == "bool" else x.dtype)
    x = ops.cast(x, wanted)
    if axis is None:
        return ops.reshape(x, (-1,)), 0
    return x, one_axis(axis, len(x.shape), name)


def _running(x, axis, combine, neutral):
    size, rank = x.shape[axis], len(x.shape)
    if not isinstance(size, int):
        order = (axis, *(i for i in range(rank) if i != axis))
        start = ops.full(tuple(x.shape[i] for i in order[1:]), neutral, x.dtype)
        rows = ops.scan(lambda total, row: (combine(total, row),) * 2, start, ops.transpose(x, order))[1]
        return ops.transpose(rows, tuple(order.index(i) for i in range(rank)))
    distance = 1
    while distance < size:
        stops = tuple(n - distance if i == axis else n for i, n in enumerate(x.shape))
        widths = tuple((distance if i == axis else 0, 0, 0) for i in range(rank))
        x = combine(x, ops.pad(ops.slice(x, (0,) * rank, stops), widths, constant_value=neutral))
        distance *= 2
    return x


@composite
def prod(x: Tensor, axis: Axes = None, keepdims: bool = False, dtype: DType | None = None):
    """Return the product along `axis`, in `dtype` or else that of `x`; one for no elements.

    Integers wrap around; bools are multiplied in int32. The gradient is exact where elements are
    zero, too.

    Example:
        >>> ops.prod(np.array([[1, 2], [3, 4]]), axis=1)
        array([ 2, 12])
    """
    wanted = dtype or ("int32" if x.dtype == "bool" else x.dtype)
    kept = [i for i in range(len(x.shape)) if i not in axis]
    moved = ops.transpose(ops.cast(x, wanted), (*axis, *kept))
    sizes = tuple(x.shape[i] for i in kept)
    result = _product(ops.reshape(moved, (product(x.shape[i] for i in axis), *sizes)), sizes)
    return (
        ops.reshape(result, tuple(1 if i in axis else n for i, n in enumerate(x.shape)))
        if keepdims
        else result
    )


def _product(rows, sizes):
    """Return the product along the first axis: the halves by each other, until one is left."""
    count = rows.shape[0]
    if not isinstance(count, int):
        return ops.scan(lambda total, row: (total * row, None), ops.full(sizes, 1, rows.dtype), rows)[0]
    if count == 0:
        return ops.full(sizes, 1, rows.dtype)
    zeros = (0,) * len(sizes)
    while count > 1:
        half = count // 2
        left = ops.slice(rows, (0, *zeros), (half, *sizes))
        right = ops.slice(rows, (half, *zeros), (2 * half, *sizes))
        rest = [ops.slice(rows, (2 * half, *zeros), (count, *sizes))] if count % 2 else []
        rows = ops.concatenate([left * right, *rest], axis=0)
        count = half + count % 2
    return ops.reshape(rows, sizes)
