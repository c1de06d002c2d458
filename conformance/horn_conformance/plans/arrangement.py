"""Plans of the ops that turn elements around, repeat them, and move them to other axes."""

from __future__ import annotations

from horn.errors import ArgumentError, ShapeError
from horn_conformance.plan import T, case, fault, plan

_ANY = {"takes": "any", "exact": True}

plan("flip", case(T(11, 3), axis=0, unknown=11), case(T(2, 3, 5)), case(T(5, 4), axis=(-1,)), case(T()), case(T(0, 3)), case(T(2, 3), axis=()),
     faults=(fault(ShapeError, "axis", T(3), axis=1),), **_ANY)  # fmt: skip
plan("roll", case(T(11, 3), shift=2, axis=0, unknown=11), case(T(2, 5), shift=-7), case(T(3, 4), shift=(1, -1), axis=(0, 1)), case(T(5), shift=0),
     case(T(3, 4), shift=1, axis=(0, -1)), case(T(0, 3), shift=1, axis=0),
     faults=(fault(ArgumentError, "shifts", T(2, 3, 4), shift=(1, 2), axis=(0, 1, 2)), fault(ShapeError, "axis", T(3), shift=1, axis=1)), **_ANY)  # fmt: skip
plan("tile", case(T(11, 3), repeats=(1, 2), unknown=11), case(T(3), repeats=(2, 1, 2)), case(T(2, 3), repeats=2), case(T(), repeats=3), case(T(2), repeats=0), **_ANY)
plan("repeat", case(T(11, 3), repeats=2, axis=1, unknown=11), case(T(2, 3), repeats=2), case(T(3, 2), repeats=(1, 0, 3), axis=0), case(T(3), repeats=(2,), axis=-1),
     case(T(2, 3), repeats=0, axis=1), case(T(), repeats=2),
     faults=(fault(ShapeError, "repeats", T(3), repeats=(1, 2), axis=0), fault(ShapeError, "axis", T(3), repeats=1, axis=1)), **_ANY)  # fmt: skip
plan("swapaxes", case(T(11, 3, 5), axis1=0, axis2=-1, unknown=11), case(T(2, 3), axis1=1, axis2=1), faults=(fault(ShapeError, "axis", T(2), axis1=0, axis2=1),), **_ANY)
plan("moveaxis", case(T(11, 3, 5), source=0, destination=-1, unknown=11), case(T(2, 3, 4, 5), source=(0, -1), destination=(2, 0)),
     faults=(fault(ArgumentError, "fit", T(2, 3), source=(0, 1), destination=(0,)), fault(ArgumentError, "fit", T(2, 3), source=(0, 0), destination=(0, 1)),
             fault(ShapeError, "axis", T(2), source=1, destination=0)), **_ANY)  # fmt: skip
plan("ravel", case(T(11, 3)), case(T()), case(T(0, 3)), **_ANY)
plan("unstack", case(T(11, 3), axis=1, unknown=11), case(T(2, 3), num=2), case(T(1)),
     faults=(fault(ShapeError, "size", T(2, 3), num=3), fault(ShapeError, "axis", T(2), axis=1)), **_ANY)  # fmt: skip
plan("hstack", case([T(11, 2), T(11, 3)], unknown=11), case([T(3), T(2)]), case([T(), T()]), faults=(fault(ShapeError, "join", [T(2, 3), T(3, 3)]),), **_ANY)
plan("vstack", case([T(3, 11), T(2, 11)], unknown=11), case([T(3), T(3)]), faults=(fault(ShapeError, "join", [T(2, 3), T(2, 2)]),), **_ANY)
plan("diff", case(T(11, 5), unknown=11), case(T(7, 2), n=2, axis=0), case(T(3), n=0), case(T(2, 1)), takes="any", faults=(fault(ShapeError, "axis", T(3), axis=1),))
plan("mirrored_pad",
     case(T(11, 5), pad_width=((0, 0), (3, 2)), unknown=11), case(T(3, 4), pad_width=((3, 1), (0, 4)), mode="symmetric"),
     case(T(2, 1, 3), pad_width=((1, 1), (0, 0), (0, 2))), case(T(), pad_width=()),
     faults=(fault(ShapeError, "widths", T(3), pad_width=((3, 0),)), fault(ShapeError, "widths", T(3), pad_width=((0, 4),), mode="symmetric")), **_ANY)  # fmt: skip
