"""Plans of the update rules."""

from __future__ import annotations

from horn_conformance.plan import T, case, lit, plan

_SHAPES = ((3, 2), (5,), (23,))
_FEW = ((4099,),)


def _each(shapes, of):
    return [T(*shape, of=of) for shape in shapes]


def _slots(shapes, *recipes):
    """Return lists of parameters and gradients, and one list for each recipe of a slot."""
    return [_each(shapes, ("normal", "ints")), _each(shapes, ("normal", "small")), *(_each(shapes, recipe) for recipe in recipes)]


_RATE = lit(0.01, "float32")
_WIDE = {"takes": "wide"}  # in half precision an epsilon of 1e-7 means nothing
plan("sgd_update",
     case(*_slots(_SHAPES, "normal"), _RATE, momentum=0.9), case(*_slots(_SHAPES), [], _RATE),
     case(*_slots(_SHAPES, "normal"), _RATE, momentum=0.9, nesterov=True), case(*_slots(_FEW, "normal"), _RATE, momentum=0.5), **_WIDE)  # fmt: skip
plan("adam_update",
     case(*_slots(_SHAPES, "normal", "positive"), _RATE, lit(0, "int32")), case(*_slots(_SHAPES, "zeros", "zeros"), _RATE, lit(0, "int32")),
     case(*_slots(_SHAPES, "small", "unit"), _RATE, lit(999, "int32"), beta_1=0.5, beta_2=0.9, epsilon=1e-3),
     case(*_slots(_FEW, "normal", "positive"), _RATE, lit(7, "int32")), smooth=False, **_WIDE)  # fmt: skip
plan("rmsprop_update",
     case(*_slots(_SHAPES, "positive", "normal"), _RATE, momentum=0.9), case(*_slots(_SHAPES, "positive"), [], _RATE),
     case(*_slots(_SHAPES, "unit"), [], _RATE, rho=0.5, epsilon=1e-2), case(*_slots(_FEW, "positive"), [], _RATE), **_WIDE)  # fmt: skip
