"""Plans of the losses between numbers and between distributions."""

from __future__ import annotations

from horn.errors import ShapeError
from horn_conformance.plan import T, case, fault, lit, plan

_UNEQUAL = (fault(ShapeError, "targets", T(2, 3), T(2, 4)),)
_PLAIN = ("normal", "ints", "ties")
plan("mean_absolute_percentage_error",
     case(T(11, 3, of=("positive", "offset")), T(11, 3, of="positive"), unknown=11), case(T(2, 23, of="offset"), T(2, 23)), case(T(5, of="offset"), T(5)),
     case(T(0, 3), T(0, 3)), special=(case(lit([0.5, -2.0]), lit([0.0, 1.0])),), faults=_UNEQUAL)  # fmt: skip
plan("mean_squared_logarithmic_error",
     case(T(11, 3, of=("positive", "unit")), T(11, 3, of=("positive", "unit")), unknown=11), case(T(2, 23, of="positive"), T(2, 23, of="offset")), case(T(5, of="unit"), T(5, of="unit")),
     special=(case(lit([0.0, -3.0, 1.0]), lit([-1.0, 2.0, 0.0])),), faults=_UNEQUAL)  # fmt: skip
plan("huber",
     case(T(11, 3, of=_PLAIN), T(11, 3, of=("normal", "wide", "ties")), unknown=11), case(T(2, 23), T(2, 23, of="normal"), delta=0.3), case(T(5), T(5), delta=2.0),
     case(T(0, 3), T(0, 3)), takes="number", special=(case(lit([0.0, 0.0, 0.0]), lit([1.0, -1.0, 1e30])),), faults=_UNEQUAL)  # fmt: skip
plan("log_cosh",
     case(T(11, 3, of="normal"), T(11, 3, of=("normal", "small")), unknown=11), case(T(2, 23, of="zeros"), T(2, 23, of=("small", "saturating"))), case(T(5, of="normal"), T(5, of="wide")),
     special=(case(lit([0.0, 0.0]), lit([1e30, -1e30])),), faults=_UNEQUAL)  # fmt: skip
plan("poisson",
     case(T(11, 3, of=("positive_ints", "positive")), T(11, 3, of="positive"), unknown=11), case(T(2, 23, of="zeros"), T(2, 23, of="unit")), case(T(5, of="unit"), T(5, of="positive")),
     special=(case(lit([0.0, 1.0]), lit([0.0, 2.0])),), faults=_UNEQUAL)  # fmt: skip
plan("kl_divergence",
     case(T(11, 5, of="unit"), T(11, 5, of="unit"), unknown=11), case(T(2, 23, of="unit"), T(2, 23, of="unit")), case(T(5, of="unit"), T(5, of="unit")),
     special=(case(lit([0.0, 1.0, 0.5]), lit([0.5, 0.0, 0.5])),), faults=_UNEQUAL)  # fmt: skip
