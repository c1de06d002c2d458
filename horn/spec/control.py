"""Loops over ops: `scan` runs a function along an axis, with a gradient."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from horn import dtypes, tree
from horn.errors import ArgumentError, ShapeError
from horn.spec.boxes import pullback
from horn.spec.graph import Graph, spec_of, trace
from horn.spec.op import Tensor, ops, primitive


@primitive(on_tape={"keep_carries": True})
def scan(
    init: Sequence[Tensor],
    xs: Sequence[Tensor],
    captures: Sequence[Tensor],
    body: Graph,
    length: int,
    reverse: bool = False,
    keep_carries: bool = False,
):
    """Run a function along the first axis of `xs`, handing a carry from step to step.

    Users write ``ops.scan(f, init, xs)`` with ``f(carry, x) -> (carry, y)`` over trees of tensors,
    and receive the last carry and the stacked y. ``x`` is one slice of `xs`; a `y` of a reversed
    scan stands where its ``x`` stood.

    Args:
        init: The carry before the first step.
        xs: What to slice along the first axis; empty for none.
        captures: Outer tensors that `f` reads.
        body: `f`, recorded: takes carry, slices and captures, returns carry and y.
        length: The number of steps.
        reverse: Whether to run from the last slice to the first.
        keep_carries: Whether to return the carry before each step too, stacked; a gradient needs
            them.
    """
    carry, rows = list(init), []
    for i in range(length)[:: -1 if reverse else 1]:
        before = carry
        results = body(*carry, *[x[i] for x in xs], *captures)
        carry = list(results[: len(init)])
        rows.append([*results[len(init) :], *(before if keep_carries else ())])
    rows = rows[:: -1 if reverse else 1]
    stacked = [np.stack(column) for column in zip(*rows, strict=True)]
    if not rows:
        specs = [out.spec for out in body.graph.outputs[len(init) :]] + [spec_of(x) for x in init] * keep_carries
        stacked = [np.zeros((0, *spec.shape), spec.dtype) for spec in specs]
    return (*carry, *stacked)


@scan.law
def _(init, xs, captures, body, length, reverse, keep_carries):
    carried = [out.spec for out in body.outputs[: len(init)]]
    if carried != list(init):
        raise ShapeError(
            "The function of a scan returned another carry than it was given.",
            expected=f"a carry of {', '.join(map(str, init))}",
            got=", ".join(map(str, carried)),
            remedy="keep the shape and dtype of the carry the same from step to step",
        )
    rows = [out.spec for out in body.outputs[len(init) :]] + (list(init) if keep_carries else [])
    return (*init, *(row.with_shape((length, *row.shape)) for row in rows))


@scan.frontend
def _(f, init, xs=None, length=None, reverse=False, unroll=1):
    del unroll  # a backend unrolls where that is faster; the meaning does not change
    first, slices = tree.flatten(init), [] if xs is None else tree.flatten(xs)
    count = _length([spec_of(x) for x in slices], length)
    form = {}

    def body(*symbols):
        carry = tree.unflatten(init, list(symbols[: len(first)]))
        x = None if xs is None else tree.unflatten(xs, list(symbols[len(first) :]))
        carry, form["y"] = f(carry, x)
        return [*tree.flatten(carry), *([] if form["y"] is None else tree.flatten(form["y"]))]

    specs = [*map(spec_of, first), *(spec_of(x).with_shape(spec_of(x).shape[1:]) for x in slices)]
    graph, _, captured = trace(body, specs, capture_native=True)
    results = scan.bind(first, slices, captured, body=graph, length=count, reverse=bool(reverse))
    rows = results[len(first) : len(graph.outputs)]
    ys = None if form["y"] is None else tree.unflatten(form["y"], list(rows))
    return tree.unflatten(init, list(results[: len(first)])), ys


def _length(specs, length):
    sizes = [spec.shape[0] if spec.rank else None for spec in specs] + ([] if length is None else [length])
    if not sizes or any(size is None or size != sizes[0] for size in sizes):
        raise ArgumentError(
            "A scan was given no length, or several.",
            expected="`xs` with one size along their first axes, or `length`",
            got=f"sizes {sizes}",
            remedy="pass length=, or slice `xs` to one length",
        )
    return sizes[0]


@scan.vjp
def _(cotangents, outputs, init, xs, captures, *, body, length, reverse, keep_carries):
    n = len(init)
    given = [ops.zeros_like(y) if c is None else c for c, y in zip(cotangents, outputs, strict=True)]
    last = len(outputs) - n
    cotangent_ys, befores = given[n:last], list(outputs[last:])
    # A gradient of a gradient reaches the kept carries too.
    by_befores = [] if all(c is None for c in cotangents[last:]) else given[last:]

    def step_back(carried, slices):
        cotangent_carry, totals = carried
        cotangent_y, before, x, cotangent_before = slices
        grads = _pull_back(body, [*before, *x, *captures], [*cotangent_carry, *cotangent_y])
        added = [total + grad for total, grad in zip(totals, grads[n + len(x) :], strict=True)]
        by_carry = [a + b for a, b in zip(grads[:n], cotangent_before, strict=True)] if cotangent_before else grads[:n]
        return (by_carry, added), grads[n : n + len(x)]

    start = (given[:n], [ops.zeros_like(c) for c in captures])
    slices = (cotangent_ys, befores, list(xs), by_befores)
    (by_init, by_captures), by_xs = ops.scan(step_back, start, slices, length=length, reverse=not reverse)
    return by_init, by_xs, by_captures


def _pull_back(body, values, cotangents):
    """Return the gradient by each of `values`; zeros for what is no float."""
    floats = [i for i, value in enumerate(values) if dtypes.is_float(spec_of(value).dtype)]

    def run(*watched):
        full = list(values)
        for i, value in zip(floats, watched, strict=True):
            full[i] = value
        return body.replay(full)

    _, pull = pullback(run, *[values[i] for i in floats])
    grads = dict(zip(floats, pull(cotangents), strict=True))
    return [grads[i] if i in grads else ops.zeros_like(value) for i, value in enumerate(values)]
