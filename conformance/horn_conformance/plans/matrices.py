"""Plans of triangles, diagonals and the identity."""

from __future__ import annotations

from horn.errors import ArgumentError, ShapeError
from horn_conformance.plan import T, case, fault, plan

_ANY = {"takes": "any", "exact": True}
_NONE = {"takes": "none", "exact": True}

plan("eye", case(N=3), case(N=2, M=4, k=1), case(N=4, M=2, k=-1, dtype="int32"), case(N=0), case(N=2, M=3, k=5), **_NONE)
plan("identity", case(n=3), case(n=2, dtype="bool"), **_NONE)
plan("tri", case(N=3), case(N=2, M=4, k=1), case(N=4, M=2, k=-1, dtype="int32"), **_NONE)
for name in ("tril", "triu"):
    plan(name, case(T(11, 3, 5), unknown=11), case(T(3, 4), k=1), case(T(4, 2), k=-1), case(T(11, 2), k=-2, unknown=11), case(T(0, 3)),
         faults=(fault(ShapeError, "matrix", T(3)),), **_ANY)  # fmt: skip
plan("diagonal", case(T(11, 3, 5), axis1=1, axis2=2, unknown=11), case(T(3, 5), offset=1), case(T(5, 3), offset=-2), case(T(2, 3, 4), axis1=-1, axis2=0),
     case(T(3, 3), offset=3), case(T(2, 3), offset=-9), case(T(0, 3)),
     faults=(fault(ArgumentError, "twice", T(2, 3), axis1=0, axis2=-2), fault(ShapeError, "matrix", T(3))), **_ANY)  # fmt: skip
plan("diag", case(T(5)), case(T(3, 4), k=1), case(T(3), k=-2), case(T(2), k=1), case(T(0)), faults=(fault(ShapeError, "diagonal", T(2, 3, 4)),), **_ANY)
plan("trace", case(T(11, 3, 5), axis1=1, axis2=2, unknown=11), case(T(3, 5), offset=1), takes="any")
