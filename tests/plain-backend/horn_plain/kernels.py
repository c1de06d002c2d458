"""One kernel for each primitive, family by family, in the order in which to write them.

A kernel is given operands that are checked and promoted, by position, and attributes that are
normalised, by keyword. Where PyTorch means what the page means, its function is the kernel.
"""

from __future__ import annotations

import itertools
import math

import torch

from horn import dtypes
from horn.errors import DTypeError
from horn.spec.random import PARITY, ROTATIONS, draws
from horn.spec.windows import window_count

KERNELS = {}

# -- creation --------------------------------------------------------------------------------------

_NATIVE = {
    name: getattr(torch, name)
    for name in dtypes.ALL
    if name not in ("uint16", "uint32", "uint64", "string")  # PyTorch stores these, but has no arithmetic
}


def native(name):
    """Return the dtype of PyTorch with a canonical name."""
    if name not in _NATIVE:
        raise DTypeError(
            f"The backend 'plain' has no tensors of {name}.",
            expected=f"one of {', '.join(_NATIVE)}",
            got=name,
            remedy="cast unsigned integers to int64, and encode strings as integers, before they reach the model",
        )
    return _NATIVE[name]


def full(shape, fill_value, dtype):
    return torch.full(shape, fill_value, dtype=native(dtype or dtypes.of_number(fill_value)))


def arange(stop, dtype):
    return torch.arange(stop).to(native(dtype))


def cast(x, dtype):
    return x.to(native(dtype))


def stop_gradient(x):
    return x


KERNELS |= {"full": full, "arange": arange, "cast": cast, "stop_gradient": stop_gradient}

# -- elementwise -----------------------------------------------------------------------------------


def absolute(x):
    return x if x.dtype is torch.bool else torch.abs(x)


def sign(x):
    return torch.where(torch.isnan(x), x, torch.sign(x))  # PyTorch says that the sign of NaN is zero


def sqrt(x):
    # PyTorch's own misses the nearest float32 now and then; rounded from float64 it never does.
    return torch.sqrt(x.to(torch.float64)).to(x.dtype)


def floor_divide(x1, x2):
    if x1.is_floating_point():
        return torch.div(x1, x2, rounding_mode="floor")
    quotient = torch.div(x1, _regular(x2), rounding_mode="floor")
    return torch.where(x2 == 0, 0, torch.where(_is_minus_one(x2), torch.neg(x1), quotient))


def mod(x1, x2):
    if x1.is_floating_point():
        return torch.remainder(x1, x2)
    return torch.where(x2 == 0, 0, torch.remainder(x1, _regular(x2)))


def _is_minus_one(x):
    return x == -1 if x.dtype.is_signed else torch.zeros_like(x, dtype=torch.bool)


def _regular(divisor):
    """Return a divisor with 1 in place of 0, which raises, and of -1, which may not fit."""
    return torch.where((divisor == 0) | _is_minus_one(divisor), 1, divisor)


KERNELS |= {
    # rounding
    "floor": torch.floor,
    "rint": torch.round,
    "floor_divide": floor_divide,
    "mod": mod,
    # trigonometric and special
    "arctan2": torch.atan2,
    "erf": torch.erf,
    # arithmetic
    "add": torch.add,
    "subtract": torch.sub,
    "multiply": torch.mul,
    "divide": torch.div,
    "power": torch.pow,
    "negative": torch.neg,
    "absolute": absolute,
    "sign": sign,
    "bitwise_and": torch.bitwise_and,
    "right_shift": torch.bitwise_right_shift,
    # exponential
    "exp": torch.exp,
    "expm1": torch.expm1,
    "log": torch.log,
    "log1p": torch.log1p,
    "sqrt": sqrt,
    "rsqrt": torch.rsqrt,
    "sin": torch.sin,
    "cos": torch.cos,
    "tanh": torch.tanh,
    "sigmoid": torch.sigmoid,
    # comparison
    "equal": torch.eq,
    "not_equal": torch.ne,
    "less": torch.lt,
    "less_equal": torch.le,
    "logical_and": torch.logical_and,
    "logical_or": torch.logical_or,
    "logical_not": torch.logical_not,
    "maximum": torch.maximum,
    "minimum": torch.minimum,
    "where": torch.where,
}

# -- reduction -------------------------------------------------------------------------------------
# No axes means none here, and all of them to PyTorch.


def sum_(x, axis, keepdims):
    dtype = torch.int32 if x.dtype is torch.bool else x.dtype
    return torch.sum(x, axis, keepdims, dtype=dtype) if axis else x.to(dtype)


def max_(x, axis, keepdims):
    return torch.amax(x, axis, keepdims) if axis else x


def min_(x, axis, keepdims):
    return torch.amin(x, axis, keepdims) if axis else x


def argmax(x, axis):
    numbers = x.to(torch.uint8) if x.dtype is torch.bool else x
    return torch.argmax(numbers, axis).to(torch.int32)


KERNELS |= {"sum": sum_, "max": max_, "min": min_, "argmax": argmax}

# -- shaping ---------------------------------------------------------------------------------------


def reshape(x, newshape):
    return torch.reshape(x, newshape)


def transpose(x, axes):
    return torch.permute(x, tuple(range(x.ndim))[::-1] if axes is None else axes)


def broadcast_to(x, shape):
    return torch.broadcast_to(x, shape)


def concatenate(xs, axis):
    return torch.cat(xs, axis)


def slice_(x, starts, stops, strides):
    return x[tuple(map(slice, starts, stops, strides or (1,) * x.ndim))]


def pad(x, pad_width, constant_value):
    shape, inside = [], []
    for size, (before, after, between) in zip(x.shape, pad_width, strict=True):
        stop = before + max((size - 1) * (between + 1) + 1, 0)
        shape.append(stop + after)
        inside.append(slice(before, stop, between + 1))
    result = x.new_full(shape, constant_value)
    result[tuple(inside)] = x
    return result


KERNELS |= {
    "reshape": reshape,
    "transpose": transpose,
    "broadcast_to": broadcast_to,
    "concatenate": concatenate,
    "slice": slice_,
    "pad": pad,
}

# -- indexing --------------------------------------------------------------------------------------


def take(x, indices, axis):
    size = x.shape[axis]
    # One more slice, of what an index outside of the axis yields.
    widths = [(0, int(i == axis), 0) for i in range(x.ndim)]
    longer = pad(x, widths, math.nan if x.is_floating_point() else 0)
    rows = indices.to(torch.int64)
    rows = torch.where(rows < 0, rows + size, rows)
    rows = torch.where((rows >= 0) & (rows < size), rows, size)
    picked = torch.index_select(longer, axis, rows.reshape(-1))
    return picked.reshape((*x.shape[:axis], *indices.shape, *x.shape[axis + 1 :]))


def segment_sum(data, segment_ids, num_segments):
    if data.dtype is torch.bool:
        return segment_sum(data.to(torch.int32), segment_ids, num_segments) != 0
    # One more row, for what is to be dropped.
    ids = segment_ids.to(torch.int64)
    rows = torch.where((ids >= 0) & (ids < num_segments), ids, num_segments)
    total = data.new_zeros((num_segments + 1, *data.shape[1:]))
    return total.index_add_(0, rows, data)[:num_segments]


KERNELS |= {"take": take, "segment_sum": segment_sum}

# -- sorting ---------------------------------------------------------------------------------------


def argsort(x, axis, descending):
    return torch.sort(x, stable=True, dim=axis, descending=descending)[1].to(torch.int32)


KERNELS |= {"argsort": argsort}

# -- linalg ----------------------------------------------------------------------------------------


def matmul(x1, x2):
    if x1.dtype is torch.bool:
        return torch.matmul(x1.to(torch.int32), x2.to(torch.int32)) != 0
    return torch.matmul(x1, x2)


KERNELS |= {"matmul": matmul}

# -- conv ------------------------------------------------------------------------------------------
# All six work on windows that are laid out: (elements of a window, batch, *windows, channels).


def _places(window, strides, dilation, counts):
    """Return for each element of a window the index that picks it out of all windows."""
    places = []
    for offset in itertools.product(*map(range, window)):
        starts = [o * d for o, d in zip(offset, dilation, strict=True)]
        stops = [a + (n - 1) * s + 1 for a, n, s in zip(starts, counts, strides, strict=True)]
        places.append((slice(None), *map(slice, starts, stops, strides)))
    return places


def _lay_out(x, places, padding, constant_value=0):
    """Return the windows of `x`, stacked by the elements of a window."""
    padded = pad(x, [(0, 0, 0), *((before, after, 0) for before, after in padding), (0, 0, 0)], constant_value)
    return torch.stack([padded[place] for place in places])


def _put_back(parts, places, padding, spatial):
    """Return the sum of windows that are laid out, each element at its place in the input."""
    sizes = [n + before + after for n, (before, after) in zip(spatial, padding, strict=True)]
    padded = parts.new_zeros((parts.shape[1], *sizes, parts.shape[-1]))
    for place, part in zip(places, parts, strict=True):
        padded[place] += part
    inside = [slice(before, before + n) for n, (before, _) in zip(spatial, padding, strict=True)]
    return padded[(slice(None), *inside)]


def _grouped(x, groups):
    """Return `x` with its last axis divided into groups."""
    return x.reshape((*x.shape[:-1], groups, x.shape[-1] // groups))


def convolution(x, kernel, strides, padding, dilation_rate, groups):
    window = kernel.shape[:-2]
    counts = map(window_count, x.shape[1:-1], window, strides, padding, dilation_rate)
    seen = _lay_out(x, _places(window, strides, dilation_rate, list(counts)), padding)
    weights = _grouped(kernel.flatten(0, -3), groups)
    return torch.einsum("k...gc,kcgf->...gf", _grouped(seen, groups), weights).flatten(-2)


def convolution_input_grad(cotangent, kernel, input_shape, strides, padding, dilation_rate, groups):
    places = _places(kernel.shape[:-2], strides, dilation_rate, cotangent.shape[1:-1])
    weights = _grouped(kernel.flatten(0, -3), groups)
    parts = torch.einsum("...gf,kcgf->k...gc", _grouped(cotangent, groups), weights).flatten(-2)
    return _put_back(parts, places, padding, input_shape)


def convolution_kernel_grad(x, cotangent, window, strides, padding, dilation_rate, groups):
    places = _places(window, strides, dilation_rate, cotangent.shape[1:-1])
    seen = _grouped(_lay_out(x, places, padding), groups)
    grad = torch.einsum("k...gc,...gf->kcgf", seen, _grouped(cotangent, groups))
    return grad.reshape((*window, x.shape[-1] // groups, cotangent.shape[-1]))


def _pool_places(x, pool_size, strides, padding):
    counts = map(window_count, x.shape[1:-1], pool_size, strides, padding)
    return _places(pool_size, strides, (1,) * len(strides), list(counts))


def max_pooling(x, pool_size, strides, padding):
    places = _pool_places(x, pool_size, strides, padding)
    return torch.amax(_lay_out(x, places, padding, -math.inf), 0)


def max_pooling_grad(cotangent, output, x, pool_size, strides, padding):  # noqa: ARG001
    places = _pool_places(x, pool_size, strides, padding)
    first = _lay_out(x, places, padding, -math.inf).argmax(0)
    parts = torch.stack([torch.where(first == k, cotangent, 0) for k in range(len(places))])
    return _put_back(parts, places, padding, x.shape[1:-1])


def max_pooling_take(values, x, pool_size, strides, padding):
    places = _pool_places(x, pool_size, strides, padding)
    first = _lay_out(x, places, padding, -math.inf).argmax(0, keepdim=True)
    return _lay_out(values, places, padding, -math.inf).gather(0, first).squeeze(0)


KERNELS |= {
    "convolution": convolution,
    "convolution_input_grad": convolution_input_grad,
    "convolution_kernel_grad": convolution_kernel_grad,
    "max_pooling": max_pooling,
    "max_pooling_grad": max_pooling_grad,
    "max_pooling_take": max_pooling_take,
}

# -- random ----------------------------------------------------------------------------------------
# Threefry on int32, whose sums wrap around as those of unsigned words do.


def _rotated(x, r):
    # A shift to the right brings copies of the sign in from above, which the mask takes away.
    return (x << r) | ((x >> (32 - r)) & ((1 << r) - 1))


def random_bits(key, step, shape):
    count = math.prod(shape)
    first, second = key.to(torch.int32).reshape(-1, 2, 1).unbind(1)
    keys = (first, second, first ^ second ^ PARITY)
    steps = step.to(torch.int32).reshape(-1, 1)
    index = torch.arange((count + 1) // 2, dtype=torch.int32)
    x0, x1 = torch.broadcast_tensors(index + keys[0], steps + keys[1])
    for group in range(5):
        for r in ROTATIONS[group % 2]:
            x0 = x0 + x1
            x1 = _rotated(x1, r) ^ x0
        x0 = x0 + keys[(group + 1) % 3]
        x1 = x1 + keys[(group + 2) % 3] + (group + 1)
    return torch.cat([x0, x1], 1)[:, :count].reshape((*draws(key, step), *shape))


KERNELS |= {"random_bits": random_bits}

# -- control ---------------------------------------------------------------------------------------


def scan(init, xs, captures, body, length, reverse, keep_carries):
    carry, rows = list(init), []
    for i in range(length)[:: -1 if reverse else 1]:
        results = body(*carry, *[x[i] for x in xs], *captures)
        rows.append([*results[len(init) :], *(carry if keep_carries else ())])
        carry = results[: len(init)]
    if not rows:
        specs = [out.spec for out in body.graph.outputs[len(init) :]]
        stacked = [torch.empty((0, *spec.shape), dtype=native(spec.dtype)) for spec in specs]
        return (*carry, *stacked, *[x.new_empty((0, *x.shape)) for x in init if keep_carries])
    return (*carry, *map(torch.stack, zip(*rows[:: -1 if reverse else 1], strict=True)))


KERNELS |= {"scan": scan}
