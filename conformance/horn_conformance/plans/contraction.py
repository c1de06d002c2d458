"""Plans of sums of products along chosen axes."""

from __future__ import annotations

from horn.errors import ArgumentError, ShapeError
from horn.spec import ops
from horn_conformance.plan import Fault, T, case, fault, plan

plan("tensordot", case(T(11, 3, 5), T(3, 5, 2), unknown=11), case(T(3, 4), T(2, 4), axes=((1,), (1,))), case(T(2), T(3), axes=0), case(T(3, 2), T(3, 4), axes=(0, 0)),
     case(T(2, 3, 4), T(4, 3), axes=((1, 2), (1, 0))),
     takes="number", faults=(fault(ShapeError, "sizes", T(2, 3), T(4, 2), axes=1), fault(ShapeError, "axis", T(2), T(2), axes=((1,), (0,)))))  # fmt: skip
plan("dot", case(T(11, 3), T(3, 5), unknown=11), case(T(3), T(3)), case(T(2, 3), T(4, 3, 2)), case(T(), T(3)), case(T(2, 3), T(3)), takes="number",
     faults=(fault(ShapeError, "sizes", T(2, 3), T(2, 3)),))  # fmt: skip
plan("inner", case(T(11, 3), T(5, 3), unknown=11), case(T(3), T(3)), case(T(2), T()), takes="number", faults=(fault(ShapeError, "sizes", T(2, 3), T(2, 2)),))
plan("vdot", case(T(11, 3), T(33)), case(T(5), T(5)), takes="number", faults=(fault(ShapeError, "inner", T(2), T(3)),))
plan("outer", case(T(11), T(3), unknown=11), case(T(2, 2), T(3)), case(T(), T(2)), takes="any")


def _sum(subscripts):
    return lambda xs: ops.einsum(subscripts, *xs)


def _refused(error, word, subscripts, *shapes):
    return Fault(case([T(*shape) for shape in shapes], call=_sum(subscripts)), error, word)


plan("einsum",
     case([T(11, 3), T(3, 5)], call=_sum("ij,jk->ik"), unknown=11), case([T(2, 3, 4), T(2, 4, 5)], call=_sum("bij,bjk->bik")),
     case([T(2, 5, 3, 4), T(2, 7, 3, 4)], call=_sum("BTNH,BSNH->BNTS")), case([T(11, 5, 6), T(6, 2, 3)], call=_sum("abc,cde->abde"), unknown=11),
     case([T(3, 3)], call=_sum("ii")), case([T(3, 3)], call=_sum("ii->i")), case([T(2, 3)], call=_sum("ij->ji")), case([T(2, 3)], call=_sum("ij->")),
     case([T(3), T(4)], call=_sum("i,j")), case([T(3, 2), T(3, 2)], call=_sum("ij,ij->ij")), case([T(2, 3), T(3, 4), T(4, 2)], call=_sum("ab,bc,cd->ad")),
     case([T(2, 3, 4), T(4, 5)], call=_sum("...i, ij -> ...j")), case([T(2, 1, 4), T(3, 4)], call=_sum("...i,...i->...")), case([T(1, 3), T(2, 3)], call=_sum("ij,ij->ij")),
     case([T(2, 3, 2), T(2)], call=_sum("iji,i->j")), case([T(3, 2)], call=_sum("...->...")), case([T(3, 2), T(2, 3)], call=_sum("ij,ji")),
     takes="number",
     faults=(_refused(ArgumentError, "subscripts", "ij,jk", (2, 3)), _refused(ArgumentError, "subscripts", "ij->ik", (2, 3)), _refused(ArgumentError, "subscripts", "i->i", (2, 3)),
             _refused(ArgumentError, "subscripts", "i1->i", (2, 3)), _refused(ShapeError, "sizes", "ij,jk->ik", (2, 3), (4, 5))))  # fmt: skip
