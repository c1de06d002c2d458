"""Plans of the products of matrices."""

from __future__ import annotations

import numpy as np

from horn.errors import ShapeError
from horn_conformance.plan import T, case, fault, lit, plan

plan("matmul",
     case(T(11, 3), T(3, 5), unknown=11), case(T(2, 1, 3, 7), T(5, 7, 2)), case(T(3, 5, 7), T(7, 2)), case(T(7), T(7)),
     case(T(7), T(2, 7, 3)), case(T(2, 3, 7), T(7)), case(T(3, 0), T(0, 2)), case(T(0, 3), T(3, 2)), case(T(2, 3, 3, 5), T(3, 5, 2)),
     case(T(67, 131), T(131, 37)),
     takes="number",
     special=(case(lit(np.array([[np.nan, 1.0], [1.0, 2.0]], np.float32)), lit([[1.0, 0.0], [3.0, 1.0]])),
              case(lit(np.array([[np.inf, 1.0], [-np.inf, np.inf]], np.float32)), lit([[1.0, 2.0], [3.0, 1.0]]))),
     faults=(fault(ShapeError, "inner", T(3, 4), T(5, 6)), fault(ShapeError, "axes", T(), T(3)),
             fault(ShapeError, "broadcast", T(2, 3, 4), T(3, 4, 5))))  # fmt: skip
