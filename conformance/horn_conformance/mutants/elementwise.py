"""Mutants of elementwise ops, of dtypes and of reductions."""

from __future__ import annotations

import numpy as np

from horn_conformance.mutants.mutant import kernel


@kernel("M001", "exp", "is 3e-6 relative too large")
def _(original):
    return lambda x: original(x) * np.asarray(1 + 3e-6, x.dtype)


@kernel("M003", "expm1", "is exp(x) - 1")
def _(original):
    return lambda x: np.exp(x) - np.asarray(1, x.dtype)


@kernel("M004", "log1p", "is log(1 + x)")
def _(original):
    return lambda x: np.log(np.asarray(1, x.dtype) + x)


@kernel("M009", "sign", "gives 0 for NaN")
def _(original):
    return lambda x: np.where(np.not_equal(x, x), np.zeros_like(x), original(x))


@kernel("M011", "minimum", "returns the operand that is not NaN")
def _(original):
    return lambda x1, x2: np.fmin(x1, x2) if x1.dtype.kind != "b" else original(x1, x2)


@kernel("M013", "clip", "turns NaN into the lower limit")
def _(original):
    return lambda x, x_min, x_max: np.fmin(np.fmax(x, x_min), x_max).astype(x.dtype)


@kernel("M015", "right_shift", "fills with zeros for negative numbers")
def _(original):
    unsigned = {1: np.uint8, 2: np.uint16, 4: np.uint32, 8: np.uint64}

    def shift(x1, x2):
        kind = unsigned[x1.dtype.itemsize]
        return np.right_shift(np.asarray(x1).astype(kind), np.asarray(x2).astype(kind)).astype(x1.dtype)

    return shift


@kernel("M017", "power", "gives 0 for 0 ** 0")
def _(original):
    return lambda x1, x2: np.where((x1 == 0) & (x2 == 0), np.zeros_like(x1), original(x1, x2))


@kernel("M021", "equal", "holds for two NaN")
def _(original):
    return lambda x1, x2: original(x1, x2) | ((x1 != x1) & (x2 != x2))


@kernel("M023", "absolute", "saturates for the smallest integer")
def _(original):
    def absolute(x):
        if x.dtype.kind != "i":
            return original(x)
        return np.where(x == np.iinfo(x.dtype).min, np.iinfo(x.dtype).max, original(x)).astype(x.dtype)

    return absolute


@kernel("M025", "multiply", "saturates in int8")
def _(original):
    def multiply(x1, x2):
        if x1.dtype != np.int8:
            return original(x1, x2)
        return np.clip(x1.astype(np.int32) * x2.astype(np.int32), -128, 127).astype(np.int8)

    return multiply


@kernel("M029", "logsumexp", "gives NaN for a row of minus infinities")
def _(original):
    def logsumexp(x, axis, keepdims):
        highest = np.max(x, axis, keepdims=True)
        total = np.log(np.sum(np.exp(x - highest), axis, keepdims=True)) + highest
        return total if keepdims else np.asarray(total.squeeze(axis)).astype(x.dtype)

    return logsumexp


@kernel("M033", "add", "widens to float64 where shapes differ")
def _(original):
    return lambda x1, x2: original(x1, x2).astype(np.float64) if x1.shape != x2.shape else original(x1, x2)


@kernel("M035", "mean", "cuts off the fraction of the mean of integers")
def _(original):
    def mean(x, axis, keepdims):
        result = original(x, axis=axis, keepdims=keepdims)
        return np.trunc(result) if x.size and np.array_equal(x, np.round(x)) else result

    return mean


@kernel("M037", "multiply", "returns float16 for bfloat16")
def _(original):
    def multiply(x1, x2):
        result = np.asarray(original(x1, x2))
        return result.astype(np.float16) if result.dtype.name == "bfloat16" else result

    return multiply


@kernel("M039", "argmax", "returns int64")
def _(original):
    return lambda x, axis: np.asarray(original(x, axis=axis)).astype(np.int64)


@kernel("M040", "argmax", "returns the last of equal elements")
def _(original):
    return lambda x, axis: (x.shape[axis] - 1 - np.argmax(np.flip(x, axis), axis)).astype(np.int32)


@kernel("M042", "max", "returns 0 where the axis it reduces holds a NaN")
def _(original):
    return lambda x, axis, keepdims: np.nan_to_num(
        original(x, axis=axis, keepdims=keepdims), nan=0.0, posinf=np.inf, neginf=-np.inf
    )


@kernel("M043", "sum", "returns shape (1,) for a scalar")
def _(original):
    return lambda x, axis, keepdims: np.atleast_1d(original(x, axis=axis, keepdims=keepdims))


@kernel("M044", "sum", "takes no axes for all axes")
def _(original):
    return lambda x, axis, keepdims: original(x, axis=axis or tuple(range(x.ndim)), keepdims=keepdims)


@kernel("M049", "tanh", "skips the last elements of a length that four does not divide")
def _(original):
    def tanh(x):
        result = np.array(original(x)).reshape(-1)
        tail = result.size % 4
        if tail:
            result[-tail:] = np.asarray(x).reshape(-1)[-tail:]
        return result.reshape(x.shape)

    return tanh


@kernel("M092", "var", "divides by one less than the number of elements")
def _(original):
    def var(x, axis, keepdims):
        count = np.prod([x.shape[i] for i in axis], dtype=float)
        return (original(x, axis=axis, keepdims=keepdims) * (count / max(count - 1, 1))).astype(x.dtype)

    return var


@kernel("M093", "var", "is the mean of squares minus the square of the mean")
def _(original):
    def var(x, axis, keepdims):
        mean = np.mean(x, axis, keepdims=keepdims, dtype=x.dtype)
        return np.mean(x * x, axis, keepdims=keepdims, dtype=x.dtype) - mean * mean

    return var


@kernel("M207", "add", "is wrong past 4096 elements")
def _(original):
    def add(x1, x2):
        result = np.array(original(x1, x2))
        if result.size > 4096:
            result.reshape(-1)[4096:] = 0
        return result

    return add


@kernel("M209", "subtract", "is wrong where both operands are one tensor")
def _(original):
    return lambda x1, x2: x1 if x1 is x2 else original(x1, x2)
