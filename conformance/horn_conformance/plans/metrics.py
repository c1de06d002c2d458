"""Plans of the running sums of metrics."""

from __future__ import annotations

from horn_conformance.plan import T, case, lit, plan

# In float32 alone: in float64 nothing is left to carry but the last bits, which are anybody's.
_F = {"dtype": "float32"}
plan("accumulate",
     case([lit(2.0**24, **_F), lit([2.0**24, 2.0**30], **_F)], [lit(0.0, **_F), lit([1.0, -3.0], **_F)], [lit(1.0, **_F), lit([1.0, 8.0], **_F)]),
     case([T(3, 2, of="ints", **_F)], [T(3, 2, of="zeros", **_F)], [T(2, of="ints", **_F)]),
     case([T(of="positive_ints", **_F)], [T(of="zeros", **_F)], [T(of="label:9", dtype="int32")]),
     takes="none", smooth=False)  # fmt: skip
plan("ratio",
     case(T(11, 3), T(11, 3, of=("offset", "positive")), unknown=11), case(T(), T(of="positive")), case(T(2, 3), T(3, of="positive_ints")), takes="number",
     special=(case(lit([1.0, 0.0, -2.0]), lit([0.0, 0.0, 4.0])),))  # fmt: skip
