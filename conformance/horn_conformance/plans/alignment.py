"""Plans of the alignment losses."""

from __future__ import annotations

from horn.errors import ArgumentError, ShapeError
from horn_conformance.plan import T, case, fault, lit, plan


def _labels(*shape):
    return T(*shape, of="label:5", dtype="int32")


def _lengths(*values):
    return lit(list(values), "int32")


plan("ctc_loss",
     case(lit([[1, 2, 3], [2, 2, 0]], "int32"), T(2, 7, 5, of="normal"), _lengths(3, 2), _lengths(7, 5)),
     case(_labels(3, 2), T(3, 6, 5, of=("normal", "ints")), _lengths(2, 1, 0), _lengths(6, 6, 4), mask_index=4),
     case(lit([[1]], "int64"), T(1, 1, 3, of="normal"), _lengths(1), _lengths(1)),
     special=(case(lit([[1, 1, 1]], "int32"), lit([[[0.0, 1.0], [1.0, 0.0]]]), _lengths(3), _lengths(2)),),
     faults=(fault(ShapeError, "ctc_loss", _labels(2, 3), T(3, 7, 5), _lengths(3, 2), _lengths(7, 5)),
             fault(ArgumentError, "blank", _labels(2, 3), T(2, 7, 5), _lengths(3, 2), _lengths(7, 5), mask_index=5)),
     takes="wide")  # fmt: skip
