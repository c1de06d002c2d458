"""Plans of the ops that rearrange elements."""

from __future__ import annotations

import numpy as np

from horn.errors import ArgumentError, ShapeError
from horn_conformance.plan import T, case, fault, lit, plan

_NAN = lit(np.array([[np.nan, np.inf, -np.inf], [0.0, -0.0, 3e38]], np.float32))
_ANY = {"takes": "any", "exact": True}

plan("reshape",
     case(T(11, 6), newshape=(11, 3, 2), unknown=11), case(T(2, 3, 5), newshape=(5, -1)), case(T(2, 3), newshape=6),
     case(T(1, 1), newshape=()), case(T(0, 3), newshape=(3, 0)), case(T(67, 71), newshape=(71, 67)),
     faults=(fault(ShapeError, "number of elements", T(2, 3), newshape=(4, 2)),
             fault(ShapeError, "number of elements", T(2, 3), newshape=(-1, -1)),
             fault(ShapeError, "number of elements", T(2, 3), newshape=(-1, 4))),
     special=(case(_NAN, newshape=(3, 2)),), **_ANY)  # fmt: skip
plan("transpose",
     case(T(11, 3, 5), axes=(1, 2, 0), unknown=11), case(T(2, 3, 5, 7), axes=(2, 0, -1, 1)), case(T(3, 5)), case(T()),
     case(T(0, 3, 2)), case(T(67, 71)),
     faults=(fault(ArgumentError, "order", T(2, 3), axes=(0, 0)), fault(ShapeError, "axis", T(2, 3), axes=(0, 2))), **_ANY)  # fmt: skip
plan("broadcast_to",
     case(T(11, 1), shape=(3, 11, 5), unknown=11), case(T(2, 1, 3, 1, 2, 1, 2), shape=(2, 2, 3, 2, 2, 2, 2)), case(T(3), shape=(2, 3)), case(T(), shape=(2, 2)), case(T(1, 3), shape=(0, 3)),
     faults=(fault(ShapeError, "stretch", T(2, 1), shape=(1, 2)), fault(ShapeError, "broadcast", T(3), shape=(2, 4))), **_ANY)  # fmt: skip
plan("concatenate",
     case([T(2, 11), T(3, 11)], unknown=11), case([T(2, 3, 5), T(2, 0, 5), T(2, 2, 5)], axis=1), case([T(2, 3)], axis=-1),
     case([T(23), T(5)], axis=0),
     faults=(fault(ShapeError, "join", [T(2, 3), T(2, 4)], axis=0), fault(ShapeError, "join", [T(2, 3), T(3)], axis=0)), **_ANY)  # fmt: skip
plan("slice",
     case(T(11, 7), starts=(0, 1), stops=(11, 6), strides=(1, 2), unknown=11), case(T(5, 7), starts=(1, 0), stops=(4, 7)),
     case(T(2, 23), starts=(0, 2), stops=(2, 23), strides=(1, 4)), case(T(3), starts=(1,), stops=(1,)),
     case(T(2, 8), starts=(0, 0), stops=(1, 8), strides=(1, 3)), case(T(), starts=(), stops=()),
     faults=(fault(ShapeError, "outside", T(3), starts=(1,), stops=(4,)), fault(ShapeError, "outside", T(3, 2), starts=(0,), stops=(1,)),
             fault(ShapeError, "outside", T(3), starts=(0,), stops=(3,), strides=(0,))), **_ANY)  # fmt: skip
plan("pad",
     case(T(11, 3), pad_width=((0, 0, 0), (1, 2, 0)), unknown=11), case(T(2, 5), pad_width=((1, 0, 2), (0, 3, 1)), constant_value=5),
     case(T(3), pad_width=((2, 0, 0),), constant_value=float("-inf")), case(T(0, 2), pad_width=((1, 1, 3), (0, 0, 0))),
     case(T(), pad_width=()), case(T(2, 3), pad_width=((0, 0, 0), (0, 0, 0))),
     faults=(fault(ShapeError, "widths", T(3), pad_width=((-1, 0, 0),)), fault(ShapeError, "widths", T(3, 2), pad_width=((1, 0, 0),)),
             fault(ShapeError, "widths", T(3), pad_width=((1, 0, 0, 0),))), **{**_ANY, "takes": "number"})  # fmt: skip
plan("expand_dims", case(T(11, 3), axis=1, unknown=11), case(T(5), axis=-1), case(T(), axis=0), case(T(2, 3), axis=-3),
     faults=(fault(ShapeError, "axis", T(2, 3), axis=3),), **_ANY)  # fmt: skip
plan("squeeze", case(T(11, 1, 3), axis=1, unknown=11), case(T(1, 2, 1)), case(T(1, 1), axis=(0,)),
     faults=(fault(ShapeError, "axis", T(2, 1), axis=2),), **_ANY)  # fmt: skip
plan("stack", case([T(11, 3), T(11, 3)], axis=1, unknown=11), case([T(5), T(5), T(5)]), case([T(), T()], axis=-1),
     faults=(fault(ShapeError, "join", [T(2), T(3)]),), **_ANY)  # fmt: skip
plan("split", case(T(11, 6), indices_or_sections=3, axis=1, unknown=11), case(T(7, 2), indices_or_sections=(2, 2, 5)),
     case(T(2, 23), indices_or_sections=(5,), axis=-1),
     faults=(fault(ShapeError, "equal", T(7, 2), indices_or_sections=2),), **_ANY)  # fmt: skip
