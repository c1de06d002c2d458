"""Plans of the products of matrices."""

from __future__ import annotations

import numpy as np

from horn.errors import ArgumentError, ShapeError
from horn_conformance.plan import T, case, fault, kink, lit, plan

plan("matmul",
     case(T(11, 3), T(3, 5), unknown=11), case(T(2, 1, 3, 7), T(5, 7, 2)), case(T(3, 5, 7), T(7, 2)), case(T(7), T(7)),
     case(T(7), T(2, 7, 3)), case(T(2, 3, 7), T(7)), case(T(3, 0), T(0, 2)), case(T(2, 3, 0), T(0, 2)), case(T(0, 3), T(3, 2)), case(T(2, 3, 3, 5), T(3, 5, 2)),
     case(T(67, 131), T(131, 37)),
     takes="number",
     special=(case(lit(np.array([[np.nan, 1.0], [1.0, 2.0]], np.float32)), lit([[1.0, 0.0], [3.0, 1.0]])),
              case(lit(np.array([[np.inf, 1.0], [-np.inf, np.inf]], np.float32)), lit([[1.0, 2.0], [3.0, 1.0]]))),
     faults=(fault(ShapeError, "inner", T(3, 4), T(5, 6)), fault(ShapeError, "axes", T(), T(3)),
             fault(ShapeError, "broadcast", T(2, 3, 4), T(3, 4, 5))))  # fmt: skip
plan("matmul_nt", case(T(11, 3), T(5, 3), unknown=11), case(T(2, 1, 3, 7), T(5, 2, 7)), case(T(3, 5, 7), T(2, 7)), case(T(3, 0), T(2, 0)),
     takes="number", faults=(fault(ShapeError, "inner", T(3, 4), T(4, 6)),))  # fmt: skip
plan("matmul_tn", case(T(3, 11), T(3, 5), unknown=11), case(T(2, 1, 7, 3), T(5, 7, 2)), case(T(5, 7), T(3, 5, 2)), case(T(0, 3), T(0, 2)),
     takes="number", faults=(fault(ShapeError, "inner", T(3, 4), T(4, 6)),))  # fmt: skip
plan("affine",
     case(T(11, 3), T(3, 5), T(5), unknown=11), case(T(2, 3, 7), T(7, 2), T(2)), case(T(3, 2, 2, 5), T(5, 7), T(7, of=("normal", "offset"))),
     case(T(1, 7), T(7, 1), T(1)), case(T(3, 0), T(0, 2), T(2)), case(T(2, 3, 0), T(0, 2), T(2)), case(T(0, 3), T(3, 2), T(2)),
     case(T(67, 131), T(131, 37), T(37)),
     takes="number",
     special=(case(lit(np.array([[np.nan, 1.0], [1.0, 2.0]], np.float32)), lit([[1.0, 0.0], [3.0, 1.0]]), lit([0.0, np.inf])),
              case(lit([[1.0, -1.0]]), lit([[1.0, 2.0], [1.0, 2.0]]), lit([np.nan, -0.0]))),
     faults=(fault(ShapeError, "inner", T(3, 4), T(5, 6), T(6)), fault(ShapeError, "bias", T(3, 4), T(4, 6), T(1)),
             fault(ShapeError, "bias", T(3, 4), T(4, 6), T(3, 6)), fault(ShapeError, "kernel", T(3, 4), T(2, 4, 6), T(6)),
             fault(ShapeError, "axes", T(4), T(4, 6), T(6))))  # fmt: skip
plan("norm",
     case(T(11, 3), axis=1, unknown=11), case(T(5)), case(T(2, 3, 2), axis=(0, 1)), case(T(2, 3), keepdims=True),
     case(T(3, 5), ord=1, axis=1), case(T(3, 5), ord=float("inf"), axis=0), case(T(3, 5), ord=float("-inf"), axis=-1), case(T(3, 5, of="positive"), ord=3, axis=1),
     case(T(3, 5, of="ties"), ord=0, axis=1), case(T(5), ord=2), case(T(3, 5), ord="fro"), case(T(3, 5), ord=1), case(T(3, 5), ord=float("inf"), axis=(1, 0)),
     case(T(2, 3, 5), ord=-1, axis=(1, 2), keepdims=True),
     takes="any", faults=(fault(ArgumentError, "order", T(2, 3), ord="nuc"), fault(ArgumentError, "order", T(2, 3, 4), ord=2), fault(ShapeError, "axis", T(2), axis=1)),
     kinks=(kink([1.0, 1.0], ([[0.0, 0.0], [0.6, 0.8]],), lit([[0.0, 0.0], [3.0, 4.0]]), axis=1),))  # fmt: skip
