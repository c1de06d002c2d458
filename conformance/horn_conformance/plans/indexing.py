"""Plans of the ops that pick elements by their number."""

from __future__ import annotations

import numpy as np

from horn.errors import DTypeError, ShapeError
from horn_conformance.plan import T, case, fault, kink, lit, plan


def indices(*shape, of="index:7", dtype="int32"):
    """Return an operand of integers in a range."""
    return T(*shape, of=of, dtype=dtype)


plan("take",
     case(T(7, 3), indices(11, 2, of=("index:7", "beyond:7")), unknown=11),
     case(T(2, 7, 3), indices(5, of=("beyond:7", "index:7")), axis=1), case(T(3, 7), indices(), axis=-1),
     case(T(7), indices(0)), case(T(0, 3), indices(4, of="beyond:3")), case(T(7, 2), indices(23, dtype="int64")),
     case(T(7), indices(3, dtype="int8")),
     takes="any", exact=True,
     special=(case(lit(np.array([np.nan, np.inf, 1.0], np.float32)), lit([0, 1, 2, -1, -3, 3, -4, 2**31 - 1], "int32")),
              case(lit([10, 20], "int32"), lit([0, -1, 2, -3], "int32")), case(lit([True, True], "bool"), lit([1, 2], "int32"))),
     faults=(fault(DTypeError, "indices", T(3), T(2)), fault(ShapeError, "axes", T(), indices(2)),
             fault(ShapeError, "axis", T(3), indices(2), axis=1)),
     kinks=(kink([1.0, 2.0, 4.0, 8.0], ([8.0, 3.0],), lit([5.0, 6.0]), lit([1, -1, 7, 0], "int32")),))  # fmt: skip
plan("take_along_axis",
     case(T(11, 7), indices(11, 3, of=("index:7", "beyond:7")), axis=1, unknown=11), case(T(2, 7, 3), indices(2, 4, 1, of=("index:7", "beyond:7")), axis=-2),
     case(T(5, 3), indices(2, 3, of="index:5"), axis=0), case(T(2, 3), indices(4, of="beyond:6")), case(T(1, 5), indices(3, 2, of="index:5", dtype="int64"), axis=1),
     case(T(0, 3), indices(0, 2, of="index:3"), axis=1), case(T(7), indices(3, of="index:7", dtype="int8"), axis=0),
     takes="any", exact=True,
     special=(case(lit(np.array([np.nan, np.inf, 1.0], np.float32)), lit([0, 1, 2, -1, -3, 3, -4], "int32"), axis=0),),
     faults=(fault(DTypeError, "indices", T(3), T(2), axis=0), fault(ShapeError, "axes", T(2, 3), indices(2), axis=1),
             fault(ShapeError, "broadcast", T(2, 3), indices(3, 1), axis=1), fault(ShapeError, "axis", T(3), indices(2), axis=1)),
     kinks=(kink([1.0, 2.0, 4.0, 8.0], ([8.0, 3.0],), lit([5.0, 6.0]), lit([1, -1, 7, 0], "int32"), axis=0),))  # fmt: skip
plan("segment_sum",
     case(T(11, 3), indices(11, of=("beyond:5", "label:5")), num_segments=5, unknown=11),
     case(T(23), indices(23, of="label:3"), num_segments=7), case(T(0, 2), indices(0), num_segments=3),
     case(T(5, 2, 3), indices(5, of="label:2", dtype="int64"), num_segments=2), case(T(4, 2), indices(4), num_segments=0),
     takes="number",
     special=(case(lit(np.array([np.nan, 1.0, np.inf, 2.0], np.float32)), lit([0, 1, 9, 1], "int32"), num_segments=3),),
     faults=(fault(ShapeError, "ids", T(3, 2), indices(4), num_segments=2), fault(DTypeError, "indices", T(3), T(3), num_segments=2)),
     kinks=(kink([1.0, 2.0], ([2.0, 0.0, 0.0],), lit([1.0, 1.0, 1.0]), lit([1, 2, -1], "int32"), num_segments=2),))  # fmt: skip
plan("one_hot",
     case(indices(11, of=("label:5", "beyond:5")), num_classes=5, unknown=11), case(indices(2, 3, of="beyond:4"), num_classes=4, axis=0),
     case(indices(2, 3, of="label:4"), num_classes=4, axis=1, dtype="int32"), case(indices(of="label:4"), num_classes=4),
     case(indices(5, of="label:2", dtype="int64"), num_classes=2, axis=-2, dtype="bool"), case(indices(0), num_classes=3),
     takes="none", exact=True,
     special=(case(lit([-1, 0, 2, 3, -3], "int32"), num_classes=3),))  # fmt: skip
