"""Mutants of the ways of running: compiled, in place, with residuals, with state, with false claims."""

from __future__ import annotations

import numpy as np

from horn.engine.plan import Runner
from horn.spec.boxes import pullback
from horn.spec.laws import reduced
from horn_conformance.mutants.mutant import kernel, original as kernel_of, page, whole


@whole("M203", "backend", "returns compiled, from the second dispatch on what the first one returned")
def _(backend):
    def compile_(step, **_):
        run, kept = Runner(step, backend), []

        def folded(*given):
            kept.append(run(*given))
            return kept[0]

        return folded

    backend.compile = compile_
    backend.capabilities = backend.capabilities | {"compiles"}


@whole("M205", "backend", "runs one step of several")
def _(backend):
    def compile_(step, **_):
        run = Runner(step, backend)
        return lambda state, arrays, order, start, count: run(state, arrays, order, start, 1)

    backend.compile = compile_
    backend.capabilities = backend.capabilities | {"compiles"}


@whole("M206", "adam_update", "writes the velocity into the moment when it works in place")
def _(backend):
    original = backend.in_place_kernels["adam_update"]

    def update(params, gradients, moments, velocities, *rest, **attrs):
        results = original(params, gradients, moments, velocities, *rest, **attrs)
        for moment, velocity in zip(moments, velocities, strict=True):
            moment[...] = velocity
        return results

    backend.in_place_kernels = {**backend.in_place_kernels, "adam_update": update}


@whole("M208", "sgd_update", "overwrites the gradients when it works in place")
def _(backend):
    original = backend.in_place_kernels["sgd_update"]

    def update(params, gradients, *rest, **attrs):
        results = original(params, gradients, *rest, **attrs)
        for gradient in gradients:
            gradient *= 0.5
        return results

    backend.in_place_kernels = {**backend.in_place_kernels, "sgd_update": update}


@whole("M227", "matmul_tn", "adds to what is in the tensor that it has to fill")
def _(backend):
    product = kernel_of(backend, "matmul_tn")

    def into(*_):
        return lambda x1, x2, out: np.add(out, product(x1, x2), out)

    backend.into_kernels = {**backend.into_kernels, "matmul_tn": into}


@whole("M210", "max_pooling_grad", "is given a residual that belongs to the negated input")
def _(backend):
    pooling, grad = kernel_of(backend, "max_pooling"), kernel_of(backend, "max_pooling_grad")

    def forward(x, **attrs):
        return pooling(x, **attrs), (x, attrs)

    def backward(residual, cotangent):
        x, attrs = residual
        return grad(cotangent, pooling(-x, **attrs), -x, **attrs)

    backend.residual_kernels = {**backend.residual_kernels, "max_pooling": (forward, backward)}


@kernel("M051", "concatenate", "returns a lone tensor itself")
def _(original):
    return lambda xs, axis: xs[0] if len(xs) == 1 else original(xs, axis=axis)


@kernel("M058", "relu", "overwrites its operand")
def _(original):
    return lambda x: (
        np.maximum(x, 0, out=x) if isinstance(x, np.ndarray) and x.flags.writeable else original(x)
    )


@kernel("M060", "sqrt", "writes into one buffer for each shape")
def _(original):
    buffers = {}

    def sqrt(x):
        key = (np.shape(x), x.dtype)
        buffer = buffers.setdefault(key, np.empty(*key))
        buffer[...] = original(x)
        return buffer

    return sqrt


@kernel("M211", "reshape", "raises a bare error for a tensor without elements")
def _(original):
    def reshape(x, newshape):
        if x.size == 0:
            raise RuntimeError("cannot reshape an empty tensor")
        return original(x, newshape=newshape)

    return reshape


@kernel("M213", "softmax", "returns a list in place of a tensor")
def _(original):
    return lambda x, axis: original(x, axis=axis).tolist()


@whole("M215", "backend", "claims to compile and does not")
def _(backend):
    backend.capabilities = backend.capabilities | {"compiles"}


@whole("M216", "backend", "delivers float64 and does not claim it")
def _(backend):
    backend.capabilities = backend.capabilities - {"float64"}


@whole("M218", "backend", "makes tensors that share memory with the array they came from")
def _(backend):
    original = backend.asarray

    def asarray(value, dtype=None):
        same = isinstance(value, np.ndarray) and (dtype is None or value.dtype.name == dtype)
        return value if same and value.flags.c_contiguous else original(value, dtype)

    backend.asarray = asarray


@whole("M220", "backend", "has no kernel for one primitive")
def _(backend):
    del backend.kernels["log1p"]


@page("M221", "matmul", "leaves sizes that do not fit to the kernel", "law_rule")
def _(x1, x2):
    return x1.with_shape((*x1.shape[:-1], *x2.shape[1:]))


@page("M222", "pad", "takes negative widths", "law_rule")
def _(x, pad_width, constant_value):
    sizes = [
        (n - 1) * (gap + 1) * (n > 0) + (n > 0) + a + b
        for n, (a, b, gap) in zip(x.shape, pad_width, strict=True)
    ]
    return x.with_shape(tuple(sizes))


@page("M041", "max", "takes an axis without elements", "law_rule")
def _(x, axis, keepdims):
    return x.with_shape(reduced(x, axis, keepdims))


@page("M224", "argmax", "has a page that takes the last of equal elements", "body")
def _(x, axis=-1):
    return (x.shape[axis] - 1 - np.argmax(np.flip(x, axis), axis)).astype(np.int32)


@page("M225", "take", "has a page that clips an index out of range", "body")
def _(x, indices, axis=0):
    shape = (*x.shape[:axis], *indices.shape, *x.shape[axis + 1 :])
    wrapped = np.where(indices < 0, indices + x.shape[axis], indices)
    return np.take(x, wrapped, axis, mode="clip") if x.shape[axis] else np.full(shape, np.nan).astype(x.dtype)


@whole("M223", "add", "doubles the gradient that its framework gives")
def _(backend):
    def value_and_grad(fn, values):
        (loss, results), back = pullback(lambda *xs: fn(list(xs)), *values)
        rest = [None] * len(results)
        return (loss, results), [2 * y for y in back([np.ones_like(loss), *rest])]

    backend.value_and_grad = value_and_grad
