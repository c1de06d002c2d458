"""Plans of running totals and products."""

from __future__ import annotations

import numpy as np

from horn.errors import ShapeError
from horn_conformance.plan import T, case, fault, kink, lit, plan
from horn_conformance.plans.reduction import reductions

_EDGES = case(lit(np.array([[1, np.nan, 2], [np.inf, 1, -np.inf], [2, 3, -np.inf]], np.float32)), axis=1)
_INT32 = case(lit([[2**31 - 1, 1, 5], [-(2**31), -1, 3]], "int32"), axis=1)
_AXIS = fault(ShapeError, "axis", T(2, 3), axis=2)
_ZEROS = lit([2.0, 0.0, 3.0, 0.0])


def running(of):
    """Return the shapes and axes that every running total is tried on."""
    return (
        case(T(11, 5, of=of), axis=1, unknown=11),
        case(T(23, of=of)),
        case(T(3, 5, 2, of=of), axis=0),
        case(T(2, 3, of=of)),
        case(T(0, 3, of=of), axis=0),
        case(T(5, of=of), axis=0, dtype="float64"),
        case(T(11, 2, of="positive_ints"), axis=0, unknown=11),
    )


plan("cumsum", *running(("normal", "ints", "cancel")), takes="any", special=(_EDGES, _INT32), faults=(_AXIS,))
plan("cumprod", *running(("mantissa", "positive_ints", "distinct")), takes="any", special=(_EDGES, _INT32), faults=(_AXIS,),
     kinks=(kink([1.0] * 4, ([1.0, 8.0, 0.0, 0.0],), _ZEROS, axis=0),))  # fmt: skip
plan("prod", *reductions(("mantissa", "ties")), case(T(2, 3, of="positive_ints"), dtype="int64"), case(T(11, 2, of="mantissa"), axis=0, unknown=11), takes="any",
     special=(_EDGES, _INT32), faults=(_AXIS,), kinks=(kink(1.0, ([0.0, 30.0, 0.0],), lit([5.0, 0.0, 6.0])), kink(1.0, ([0.0] * 4,), _ZEROS)))  # fmt: skip
