"""Plans of the ops that sort."""

from __future__ import annotations

import numpy as np

from horn.errors import ArgumentError, ShapeError
from horn_conformance.plan import T, case, fault, kink, lit, plan

_EDGES = lit(np.array([[2, np.nan, 1, np.nan], [np.inf, 1, -np.inf, 0], [-0.0, 0.0, -0.0, -1], [3, 3, 1, 1]], np.float32))
_INTS = (lit([[0, 255, 3, 0]], "uint8"), lit([[-(2**31), 2**31 - 1, -1, 0]], "int32"))
_TIES = ("ties", "normal")
_SPECIAL = tuple(case(x, descending=down) for x in (_EDGES, *_INTS) for down in (False, True))
for name in ("argsort", "sort"):
    plan(name,
         case(T(11, 7, of=_TIES), unknown=11), case(T(3, 5, 2, of=_TIES), axis=1, descending=True), case(T(3, 5, of=_TIES), axis=0),
         case(T(23, of=_TIES), descending=True), case(T(2, 3, of=_TIES), axis=None), case(T(0, 3)), case(T(3, 0)), case(T(5, 1)),
         takes="any", exact=True, special=_SPECIAL, faults=(fault(ShapeError, "axis", T(2, 3), axis=2), fault(ShapeError, "axis", T())),
         kinks=(kink([1.0, 2.0, 3.0], ([2.0, 3.0, 1.0],), lit([2.0, 2.0, 1.0])),) if name == "sort" else ())  # fmt: skip
plan("top_k", case(T(11, 7, of=_TIES), k=3, unknown=11), case(T(5, of=_TIES), k=5), case(T(2, 3, 4, of=_TIES), k=1, sorted=False), case(T(2, 3), k=0),
     takes="any", exact=True, special=(case(_EDGES, k=3), *(case(x, k=2) for x in _INTS)),
     faults=(fault(ArgumentError, "last axis", T(2, 3), k=4), fault(ArgumentError, "last axis", T(2, 3), k=-1)),
     kinks=(kink([1.0, 2.0], ([2.0, 0.0, 1.0],), lit([3.0, 3.0, 4.0]), k=2),))  # fmt: skip
_CLASSES = T(11, of=("label:5", "beyond:5"), dtype="int32")
plan("in_top_k", case(_CLASSES, T(11, 5, of=_TIES), k=2, unknown=11), case(T(3, of="label:4", dtype="int64"), T(3, 4), k=1), exact=True,
     special=(case(lit([0, 1, 2], "int32"), lit(np.array([[np.nan, 1, 2], [1, np.inf, 0], [1, 1, 1]], np.float32)), k=1),),
     faults=(fault(ShapeError, "fit", T(3, of="label:2", dtype="int32"), T(2, 2), k=1),))  # fmt: skip
_SORTED = lit([-2.0, 0.0, 0.0, 1.0, 3.0])
plan("searchsorted", case(_SORTED, T(11, 3, of=("ints", "ties")), unknown=11), case(_SORTED, T(23, of=("ints", "normal")), side="right"), case(T(0), T(3)),
     case(lit([1.0]), T(of="ties")), takes="number", exact=True,
     special=(case(lit(np.array([-np.inf, 1, np.inf, np.nan, np.nan], np.float32)), lit(np.array([np.nan, -np.inf, np.inf, 2], np.float32))),
              case(lit(np.array([1, np.nan, np.nan], np.float32)), lit(np.array([np.nan, 9], np.float32)), side="right")),
     faults=(fault(ArgumentError, "side", _SORTED, T(2), side="middle"), fault(ShapeError, "axes", T(2, 2), T(2))))  # fmt: skip
plan("digitize", case(T(11, 3, of=("ints", "normal")), bins=(-2.0, 0.0, 1.5), unknown=11), case(T(5, of="ints"), bins=(1.0,)), case(T(3), bins=()),
     takes="number", exact=True)  # fmt: skip
plan("median", case(T(11, 5, of=("distinct", "normal")), axis=1, unknown=11), case(T(4, 6, of=("distinct", "normal"))), case(T(3, 4, 2, of="distinct"), axis=(0, 2), keepdims=True), case(T(2, 3, of="normal"), axis=()), case(T(1)),
     takes="any", special=(case(_EDGES, axis=1), case(_EDGES, axis=0)), faults=(fault(ShapeError, "middle", T(0, 3), axis=0), fault(ShapeError, "axis", T(3), axis=1)))  # fmt: skip
