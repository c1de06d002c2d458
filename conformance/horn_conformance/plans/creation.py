"""Plans of the creation of tensors, and of changes of dtype."""

from __future__ import annotations

import numpy as np

from horn.errors import ArgumentError, DTypeError, ShapeError
from horn.spec import ops
from horn_conformance.plan import Fault, T, case, fault, lit, plan

plan("full",
     case(shape=(2, 3), fill_value=0.1), case(shape=(), fill_value=3), case(shape=(5,), fill_value=True),
     case(shape=(0, 3), fill_value=1.0), case(shape=(2,), fill_value=1, dtype="float64"),
     case(shape=(2,), fill_value=float("-inf")), case(shape=(3,), fill_value=0.5, dtype="bfloat16"),
     takes="none", exact=True,
     faults=(fault(ShapeError, "size", shape=(2, -3), fill_value=0.0), fault(DTypeError, "float31", shape=(2,), fill_value=0.0, dtype="float31")))  # fmt: skip
plan("arange",
     case(stop=7), case(stop=0), case(stop=5, dtype="float32"), case(stop=3, dtype="int64"),
     case(start=2, stop=9, step=3), case(start=9, stop=2, step=-3), case(start=0.5, stop=2.0, step=0.25), case(start=3, stop=1), case(start=-4, stop=-1, dtype="int8"),
     takes="none", exact=True, faults=(fault(ArgumentError, "negative", stop=-1), fault(ArgumentError, "end", start=1, stop=2, step=0), fault(ArgumentError, "end")))  # fmt: skip
plan("full_like", case(T(11, 3), lit(2.0), unknown=11), case(T(2, 3), T(3, of="ints")), case(T(), lit(1.0), dtype="int32"), case(T(0, 3), lit(1.0)),
     takes="number", exact=True, smooth=False, faults=(fault(ShapeError, "broadcast", T(2), T(3)),))  # fmt: skip
plan("linspace",
     case(T(11), T(11), num=5, unknown=11), case(T(), T(), num=7), case(T(3), T(), num=4, endpoint=False, axis=-1), case(T(2, 3), T(3), num=3, retstep=True, axis=1),
     case(T(3), T(3), num=1), case(T(2), T(2), num=0), case(T(), T(), num=1, endpoint=False, retstep=True), case(T(), T(), dtype="float64"),
     takes="any", faults=(fault(ArgumentError, "number", T(), T(), num=-1), fault(ShapeError, "axis", T(2), T(2), num=3, axis=2)))  # fmt: skip


def _grid(**attrs):
    return lambda xs: ops.meshgrid(*xs, **attrs)


plan("meshgrid", case([T(11), T(3), T(2)], call=_grid(), unknown=11), case([T(5), T(2, 2)], call=_grid(indexing="ij")), case([T()], call=_grid()),
     takes="any", exact=True, faults=(Fault(case([T(2)], call=_grid(indexing="yx")), ArgumentError, "order"),))  # fmt: skip
for name in ("zeros", "ones"):
    plan(name, case(shape=(2, 3)), case(shape=(), dtype="int32"), case(shape=(0, 3), dtype="bool"), case(shape=(3,), dtype="float64"),
         takes="none", exact=True, faults=(fault(ShapeError, "size", shape=(-4,)),))  # fmt: skip
    plan(f"{name}_like", case(T(11, 3), unknown=11), case(T(5), dtype="int32"), case(T()), case(T(0, 3), dtype="bool"), takes="any", exact=True)
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
