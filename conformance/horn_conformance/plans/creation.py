"""Plans of the creation of tensors, and of changes of dtype."""

from __future__ import annotations

import numpy as np

from horn.errors import ArgumentError, DTypeError, ShapeError
from horn_conformance.plan import T, case, fault, lit, plan

plan("full",
     case(shape=(2, 3), fill_value=0.1), case(shape=(), fill_value=3), case(shape=(5,), fill_value=True),
     case(shape=(0, 3), fill_value=1.0), case(shape=(2,), fill_value=1, dtype="float64"),
     case(shape=(2,), fill_value=float("-inf")), case(shape=(3,), fill_value=0.5, dtype="bfloat16"),
     takes="none", exact=True,
     faults=(fault(ShapeError, "size", shape=(2, -3), fill_value=0.0), fault(DTypeError, "float31", shape=(2,), fill_value=0.0, dtype="float31")))  # fmt: skip
plan("arange",
     case(stop=7), case(stop=0), case(stop=5, dtype="float32"), case(stop=3, dtype="int64"),
     takes="none", exact=True, faults=(fault(ArgumentError, "negative", stop=-1),))  # fmt: skip
for name in ("zeros", "ones"):
    plan(name, case(shape=(2, 3)), case(shape=(), dtype="int32"), case(shape=(0, 3), dtype="bool"), case(shape=(3,), dtype="float64"),
         takes="none", exact=True, faults=(fault(ShapeError, "size", shape=(-4,)),))  # fmt: skip
    plan(f"{name}_like", case(T(11, 3), unknown=11), case(T()), case(T(0, 3)), takes="any", exact=True)
plan("cast",
     case(T(11, 3), dtype="int32", unknown=11), case(T(23, of=("normal", "ints")), dtype="float64"),
     *(case(T(5), dtype=dtype) for dtype in ("bool", "float32", "float16", "bfloat16", "int8", "int64")),
     case(T(), dtype="int32"), case(T(0, 3), dtype="float32"),
     takes="number",
     special=(
         case(lit([np.nan, np.inf, -np.inf, 0.0, -0.0, 1e-30, 3e38]), dtype="bool"),
         case(lit([np.nan, np.inf, -np.inf, 3e38, 70000.0, 65519.0]), dtype="float16"),
         case(lit([2.9, -2.9, -0.5, 0.5]), dtype="int32"),
         case(lit([2**31 - 1, -(2**31), 2**24 + 1], "int32"), dtype="float32"),
         case(lit([300, -200, 127], "int32"), dtype="int8"),
         case(lit([True, False], "bool"), dtype="float32"),
     ),
     faults=(fault(DTypeError, "float31", T(3), dtype="float31"),))  # fmt: skip
plan("stop_gradient", case(T(11, 3), unknown=11), case(T()), case(T(0, 3)), takes="any", exact=True, smooth=False)
