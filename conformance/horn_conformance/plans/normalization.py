"""Plans of the normalisation of each example by itself."""

from __future__ import annotations

from horn.errors import ArgumentError, ShapeError
from horn.spec import ops
from horn_conformance.plan import T, case, fault, plan

_OFFSET = ("normal", "offset", "ints")
plan("layer_normalization",
     case(T(11, 5, of=_OFFSET), T(5), T(5), unknown=11), case(T(2, 3, 5, of=_OFFSET), T(3, 5), None, axis=(1, 2), epsilon=1e-3), case(T(2, 3, 5), T(3), T(3), axis=1, epsilon=0.1),
     case(T(23), None, T(23), epsilon=1e-5), case(T(2, 7), epsilon=1e-3), case(T(3, 4), T(3, 4), T(3, 4), axis=None, epsilon=1e-3),
     takes="number", faults=(fault(ShapeError, "axis", T(2, 3), axis=2),))  # fmt: skip


def _grad(**attrs):
    def call(cotangent, x, gamma, beta):
        output = ops.layer_normalization(x, gamma, beta, **attrs)
        return ops.layer_normalization_grad(cotangent, output, x, gamma, beta, **attrs)

    return call


plan("layer_normalization_grad",
     case(T(11, 5), T(11, 5, of="normal"), T(5), T(5), call=_grad(epsilon=1e-3), unknown=11),
     case(T(2, 3, 5), T(2, 3, 5, of="normal"), None, None, call=_grad(axis=(1, 2), epsilon=0.1)))  # fmt: skip
plan("rms_normalization",
     case(T(11, 5, of=_OFFSET), T(5), unknown=11, epsilon=1e-6), case(T(2, 3, 5), T(3, 5), axis=(1, 2), epsilon=1e-3), case(T(2, 3, 5), T(3), axis=1, epsilon=0.1), case(T(23), epsilon=1e-3),
     takes="number", faults=(fault(ShapeError, "axis", T(2, 3), axis=2),))  # fmt: skip
plan("normalize",
     case(T(11, 5, of=_OFFSET), unknown=11), case(T(2, 3, 5, of="normal"), axis=(0, 2)), case(T(3, 5, of="normal"), order=1), case(T(3, 5, of="positive"), order=3, axis=0),
     case(T(2, 3, 5, of="positive"), order=4, axis=(0, 2)), case(T(7, of="normal"), epsilon=2.0),
     faults=(fault(ArgumentError, "order", T(3), order=0), fault(ShapeError, "axis", T(2, 3), axis=2)))  # fmt: skip
