"""Mutants of the gradients of pages, which the backend runs faithfully."""

from __future__ import annotations

import numpy as np

from horn.spec import ops
from horn_conformance.mutants.mutant import kernel, page


@page("M005", "sigmoid", "has a gradient that is NaN far below zero")
def _(cotangent, output, x):
    falling = ops.exp(ops.negative(x))
    return cotangent * falling / ops.square(falling + 1.0)


@page("M121", "relu", "has a gradient of 1 at 0")
def _(cotangent, output, x):
    return ops.where(ops.greater_equal(x, 0), cotangent, 0.0)


@page("M123", "sqrt", "has a gradient of 0 at 0")
def _(cotangent, output, x):
    return ops.where(ops.equal(x, 0), 0.0, ops.divide(cotangent * 0.5, output))


@page("M124", "power", "has a gradient by the exponent without the logarithm")
def _(cotangent, output, x1, x2):
    return cotangent * x2 * ops.power(x1, x2 - 1.0), cotangent * output


@page("M127", "take", "wraps the gradient of an index out of range")
def _(cotangent, output, x, indices, *, axis):
    size = x.shape[axis]
    moved = (
        ops.transpose(cotangent, (axis, *(i for i in range(len(cotangent.shape)) if i != axis)))
        if axis
        else cotangent
    )
    places = len(indices.shape)
    rows = ops.reshape(moved, (-1, *moved.shape[places:])) if places != 1 else moved
    wrapped = ops.where(ops.less(indices, 0), indices + size, indices)
    inside = ops.where(ops.less(wrapped, size), wrapped, size - 1)
    total = ops.segment_sum(rows, ops.reshape(inside, (-1,)), num_segments=size)
    return (
        ops.transpose(total, (*range(1, axis + 1), 0, *range(axis + 1, len(x.shape)))) if axis else total
    ), None


@kernel("M133", "batch_normalization_train_grad", "leaves out the part of the variance")
def _(original):
    def grad(cotangent, by_mean, by_variance, output, mean, variance, x, scale, offset, axis, epsilon):
        rest = tuple(i for i in range(x.ndim) if i != axis)
        shape = tuple(n if i == axis else 1 for i, n in enumerate(x.shape))
        results = original(
            cotangent,
            by_mean,
            by_variance,
            output,
            mean,
            variance,
            x,
            scale,
            offset,
            axis=axis,
            epsilon=epsilon,
        )
        inverse = 1 / np.sqrt(variance.reshape(shape) + epsilon)
        normal = (x - mean.reshape(shape)) * inverse
        part = normal * np.mean(cotangent * normal, rest, keepdims=True) * inverse * scale.reshape(shape)
        return (results[0] + part.astype(x.dtype), *results[1:])

    return grad


@page("M135", "softmax", "has a gradient without the sum over the classes")
def _(cotangent, output, x, *, axis):
    return cotangent * output


@page("M137", "where", "lets the gradient through to both operands")
def _(cotangent, output, condition, x1, x2):
    return None, cotangent, cotangent


@page("M145", "sum", "divides its gradient by the number of elements")
def _(cotangent, output, x, *, axis, keepdims):
    kept = (
        tuple(1 if i in axis else n for i, n in enumerate(x.shape))
        if axis is not None
        else (1,) * len(x.shape)
    )
    spread = ops.broadcast_to(ops.reshape(cotangent, kept), x.shape)
    return spread * (ops.sum(ops.ones_like(cotangent)) / ops.sum(ops.ones_like(x)))


@page("M146", "maximum", "gives all to the first of two equal operands")
def _(cotangent, output, x1, x2):
    first = ops.cast(ops.greater_equal(x1, x2), cotangent.dtype)
    return cotangent * first, cotangent * (1.0 - first)


@page("M150", "multiply", "takes its own operand as the derivative")
def _(cotangent, output, x1, x2):
    return cotangent * x1, cotangent * x2


@page("M153", "cos", "has a gradient of the wrong sign")
def _(cotangent, output, x):
    return cotangent * ops.sin(x)


@kernel("M154", "tanh_grad", "is 1 minus the result, not its square")
def _(original):
    return lambda cotangent, output: cotangent * (1 - output)


@page("M156", "concatenate", "hands the gradients out in reverse")
def _(cotangent, output, xs, *, axis):
    grads, stop = [], output.shape[axis]
    for x in xs:
        ranges = [(stop - x.shape[axis], stop) if i == axis else (0, n) for i, n in enumerate(output.shape)]
        grads.append(ops.slice(cotangent, tuple(a for a, _ in ranges), tuple(b for _, b in ranges)))
        stop -= x.shape[axis]
    return (grads,)


@page("M157", "transpose", "turns its gradient the same way again")
def _(cotangent, output, x, *, axes):
    rank = len(x.shape)
    order = tuple(range(rank))[::-1] if axes is None else tuple(i % rank for i in axes)
    turned = ops.transpose(cotangent, order)
    return turned if turned.shape == x.shape else ops.reshape(turned, x.shape)


@page("M158", "clip", "lets no gradient through at the ends of the range")
def _(cotangent, output, x, x_min, x_max):
    inside = ops.logical_and(ops.less(x_min, x), ops.less(x, x_max))
    return tuple(
        ops.where(chosen, cotangent, 0.0)
        for chosen in (inside, ops.less_equal(x, x_min), ops.less_equal(x_max, x))
    )


@page("M160", "log", "has the gradient of log1p")
def _(cotangent, output, x):
    return ops.divide(cotangent, x + 1.0)
