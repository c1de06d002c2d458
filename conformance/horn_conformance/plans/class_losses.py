"""Plans of the focal cross-entropies and of the one for noisy labels."""

from __future__ import annotations

from horn.errors import ShapeError
from horn_conformance.plan import T, case, fault, lit, plan

_UNEQUAL = (fault(ShapeError, "targets", T(2, 3), T(2, 4)),)
_LOGITS = ("normal", "saturating", "ints")
plan("binary_focal_crossentropy",
     case(T(11, 3, of="bools"), T(11, 3, of=_LOGITS), from_logits=True, unknown=11), case(T(11, 3, of=("bools", "unit")), T(11, 3, of="unit")),
     case(T(23, of="unit"), T(23, of="normal"), from_logits=True, gamma=0.5), case(T(5, of="bools"), T(5, of="unit"), gamma=0.0), case(T(of="bools"), T(of="unit"), gamma=1.0),
     special=(case(lit([0.0, 1.0, 0.0, 1.0]), lit([-200.0, -200.0, 200.0, 200.0]), from_logits=True),),
     faults=_UNEQUAL)  # fmt: skip
_WEIGHTS = T(5, of="unit")
plan("categorical_focal_crossentropy",
     case(T(11, 5, of="one_hot"), T(11, 5, of=("normal", "ints")), _WEIGHTS, from_logits=True, unknown=11), case(T(11, 5, of=("one_hot", "unit")), T(11, 5, of="positive"), T(of="unit")),
     case(T(2, 5, 3, of="unit"), T(2, 5, 3, of="normal"), T(of="unit"), from_logits=True, axis=1, gamma=1.0), case(T(2, 5, of="unit"), T(2, 5, of="unit"), _WEIGHTS, gamma=1.5),
     faults=(fault(ShapeError, "targets", T(2, 3), T(2, 4), T()),))  # fmt: skip
plan("generalized_crossentropy",
     case(T(11, 5, of="one_hot"), T(11, 5, of="unit"), unknown=11), case(T(2, 23, of="one_hot"), T(2, 23, of="unit"), q=0.7), case(T(5, of="one_hot"), T(5, of="unit"), q=0.99),
     faults=_UNEQUAL)  # fmt: skip
