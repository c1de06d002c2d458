"""Differences that the pages leave open, which the suite must let pass."""

from __future__ import annotations

import numpy as np

from horn_conformance.mutants.mutant import kernel


@kernel("N01", "sum", "adds from the last element to the first, one by one")
def _(original):
    def total(x, axis, keepdims):
        if x.dtype.kind != "f" or not axis or not x.size:
            return original(x, axis=axis, keepdims=keepdims)
        for a in sorted(axis, reverse=True):
            x = np.take(np.cumsum(np.flip(x, a), a, dtype=x.dtype), [-1], a)
        return x if keepdims else x.squeeze(axis)

    return total


@kernel("N02", "matmul", "adds up blocks of eight")
def _(original):
    def matmul(x1, x2):
        n = x1.shape[-1]
        if x1.ndim < 2 or x2.ndim < 2 or n <= 8 or x1.dtype.kind != "f":
            return original(x1, x2)
        blocks = [original(x1[..., i : i + 8], x2[..., i : i + 8, :]) for i in range(0, n, 8)]
        total = blocks[0]
        for block in blocks[1:]:
            total = total + block
        return total

    return matmul


@kernel("N03", "batch_normalization", "multiplies and adds in float64, as a fused instruction does")
def _(original):
    def normalise(x, *rest, **attrs):
        wide = [None if y is None else np.asarray(y, np.float64) for y in (x, *rest)]
        return original(*wide, **attrs).astype(x.dtype)

    return normalise


@kernel("N04", "exp", "is off by two units in the last place")
def _(original):
    def exp(x):
        y = np.asarray(original(x))
        if y.dtype.name not in ("float32", "float64"):
            return y
        return np.where(
            np.isfinite(y) & (y > 0),
            np.nextafter(np.nextafter(y, np.inf, dtype=y.dtype), np.inf, dtype=y.dtype),
            y,
        )

    return exp


@kernel("N08", "softmax", "divides before it adds up")
def _(original):
    def softmax(x, axis):
        if not x.size:
            return original(x, axis=axis)
        highest = np.max(x, axis, keepdims=True)
        return np.exp(
            x - highest - np.log(np.sum(np.exp(x - highest), axis, keepdims=True, dtype=x.dtype))
        ).astype(x.dtype)

    return softmax


@kernel("N10", "var", "updates mean and squares element by element, as Welford does")
def _(original):
    def var(x, axis, keepdims):
        if len(axis) != 1 or x.dtype != np.float32 or not x.size:
            return original(x, axis=axis, keepdims=keepdims)
        mean, squares = np.zeros_like(np.take(x, 0, axis[0])), np.zeros_like(np.take(x, 0, axis[0]))
        for i in range(x.shape[axis[0]]):
            row = np.take(x, i, axis[0])
            old, mean = mean, mean + (row - mean) / np.float32(i + 1)
            squares = squares + (row - old) * (row - mean)
        result = squares / np.float32(x.shape[axis[0]])
        return np.expand_dims(result, axis[0]) if keepdims else result

    return var


@kernel("N13", "relu", "gives -0 where the page gives 0")
def _(original):
    return lambda x: (
        np.where(np.less_equal(x, 0), np.negative(np.zeros_like(x)), x)
        if x.dtype.kind == "f"
        else original(x)
    )


@kernel("N17", "transpose", "returns its result in the order of columns")
def _(original):
    return lambda x, axes: np.asfortranarray(original(x, axes=axes)) if x.ndim else original(x, axes=axes)


@kernel("N18", "convolution", "computes in float64")
def _(original):
    return lambda x, kernel, **attrs: original(
        x.astype(np.float64), kernel.astype(np.float64), **attrs
    ).astype(x.dtype)


@kernel("N11", "lstm", "computes in float64")
def _(original):
    def lstm(*operands, go_backwards):
        wide = (x if x is None or x.dtype == bool else x.astype(np.float64) for x in operands)
        results = original(*wide, go_backwards=go_backwards)
        return tuple(y.astype(operands[0].dtype) for y in results)

    return lstm
