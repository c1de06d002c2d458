"""Plans of the reductions."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from horn.errors import ArgumentError, ShapeError
from horn_conformance.plan import T, case, fault, kink, lit, plan
from horn_conformance.values import FLOAT

_EDGES = lit(np.array([[1, np.nan, 2], [np.inf, 1, -np.inf], [np.inf, 2, 1], [-np.inf, 1, 3], [-np.inf] * 3], np.float32))
_SPECIAL = (case(_EDGES, axis=1),)
_AXES = (
    fault(ShapeError, "axis", T(2, 3), axis=2),
    fault(ArgumentError, "twice", T(2, 3), axis=(0, -2)),
    fault(ArgumentError, "integer", T(2, 3), axis=1.5),
)
_EMPTY = fault(ShapeError, "without elements", T(0, 3), axis=0)


def reductions(of=FLOAT, *, empty=True):
    """Return the shapes and axes that every reduction is tried on."""
    return (
        case(T(11, 3, 5, of=of), axis=(0, -1), unknown=11),
        case(T(2, 23, of=of), axis=1, keepdims=True),
        case(T(2, 3, 5, of=of)),
        case(T(2, 3, 5, of=of), axis=(2, 0), keepdims=True),
        case(T(2, 3, of=of), axis=()),
        case(T(of=of)),
        case(T(0, 3, of=of), axis=1),
        case(T(7, 611, of=of), axis=-1),
        *((case(T(0, 3, of=of), axis=0),) if empty else ()),
    )


plan("sum", *reductions(), takes="any", faults=_AXES,
     special=(*_SPECIAL, case(lit([[2**31 - 1, 1, 5], [-(2**31), -1, 0]], "int32"), axis=1)))  # fmt: skip
plan("mean", *reductions(), takes="any", faults=_AXES, special=_SPECIAL)
plan("var", *reductions(("normal", "offset", "ints")), takes="any", faults=_AXES, special=_SPECIAL)
plan("logsumexp", *reductions(("normal", "saturating", "ints"), empty=False), takes="any", special=_SPECIAL, faults=(*_AXES, _EMPTY))
plan("max", *reductions(("ties", "normal"), empty=False), takes="any", exact=True, special=_SPECIAL, faults=(*_AXES, _EMPTY),
     kinks=(kink([6.0], ([[2.0, 0.0, 2.0, 2.0]],), lit([[3.0, 1.0, 3.0, 3.0]]), axis=1),))  # fmt: skip
plan("min", *reductions(("ties", "normal"), empty=False), takes="any", exact=True, special=_SPECIAL, faults=(*_AXES, _EMPTY),
     kinks=(kink([6.0], ([[0.0, 3.0, 3.0, 0.0]],), lit([[3.0, 1.0, 1.0, 3.0]]), axis=1),))  # fmt: skip
plan("std", *reductions(("normal", "offset")), takes="any", faults=_AXES, special=_SPECIAL)
for name in ("any", "all", "count_nonzero"):
    cases = [replace(one, attrs={k: v for k, v in one.attrs.items() if k != "keepdims" or name != "count_nonzero"}) for one in reductions(("ties", "bools", "zeros"))]
    plan(name, *cases, takes="any", exact=True, special=_SPECIAL, faults=_AXES)
for name in ("argmax", "argmin"):
    plan(name,
         case(T(11, 5, of=("ties", "normal")), axis=1, unknown=11), case(T(23, of=("ties", "normal"))),
         case(T(3, 5, 2, of=("ties", "normal")), axis=0), case(T(3, 5, 2, of=("ties", "normal")), axis=-2, keepdims=True), case(T(0, 3), axis=1),
         case(T(3, 5, of="ties"), keepdims=True),
         takes="any" if name == "argmin" else "number", exact=True,
         special=(*_SPECIAL, case(lit([0, 255, 3], "uint8"), axis=0), case(lit([-128, 127, -128], "int8"), axis=0)),
         faults=(_EMPTY, fault(ShapeError, "axis", T(2, 3), axis=2)))  # fmt: skip
