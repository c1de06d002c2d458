"""Plans of loops over ops."""

from __future__ import annotations

from horn.errors import ArgumentError, ShapeError
from horn.spec import ops
from horn.spec.graph import spec_of, trace
from horn_conformance.plan import Case, Fault, T, case, plan


def _cell(reverse=False):
    """Return a recurrent cell that reads a captured matrix, with its states as rows."""

    def call(init, xs, weights):
        def step(h, x):
            h = ops.tanh(ops.add(ops.matmul(h, weights), x))
            return h, ops.multiply(h, 2.0)

        return ops.scan(step, init, xs, reverse=reverse)

    return call


def _totals(init, xs, rate):
    """Run two carries over two slices, one of them integer, with a captured scalar."""

    def step(carry, slices):
        total, count = carry
        total = ops.add(ops.multiply(total, rate), slices[0])
        count = ops.add(count, slices[1])
        return (total, count), {"total": total, "count": count}

    (total, count), rows = ops.scan(step, (init, ops.sum(xs[1])), tuple(xs))
    return total, count, rows["total"], rows["count"]


def _doubling(init):
    """Run without slices and without rows."""
    return ops.scan(lambda h, _: (ops.multiply(h, 2.0), None), init, length=5)[0]


def _kept(init, xs):
    """Run with the carry before each step among the results, where a gradient finds them."""

    def step(h, x):
        h = ops.add(ops.multiply(h, 0.5), x)
        return h, ops.multiply(h, 2.0)

    specs = [spec_of(init), spec_of(xs).with_shape(ops.shape(xs)[1:])]
    return ops.scan.bind([init], [xs], [], body=trace(step, specs)[0], length=4, keep_carries=True)


def _growing(init, xs):
    return ops.scan(lambda h, x: (ops.concatenate([h, h]), x), init, xs)


def _uneven(init, xs):
    return ops.scan(lambda h, x: (ops.add(h, x), h), init, xs, length=9)


_INTS = T(5, of="label:9", dtype="int32")
plan("scan",
     case(T(11, 3), T(5, 11, 3), T(3, 3), call=_cell(), unknown=11), case(T(2, 3), T(4, 2, 3), T(3, 3), call=_cell(reverse=True)),
     case(T(3), [T(5, 3), _INTS], T(), call=_totals), case(T(3), call=_doubling), case(T(2, 3), T(0, 2, 3), T(3, 3), call=_cell()),
     case(T(2, 3), T(4, 2, 3), call=_kept),
     faults=(Fault(Case("scan", (T(2), T(3, 2)), {}, None, _growing), ShapeError, "carry"),
             Fault(Case("scan", (T(2), T(3, 2)), {}, None, _uneven), ArgumentError, "length")))  # fmt: skip
