"""Plans of the update rules."""

from __future__ import annotations

import numpy as np

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

# -- relatives of Adam: each at its first step and at a later one ------------------------------

_FIRST, _LATER = lit(0, "int32"), lit(999, "int32")
for name in ("adamax_update", "lamb_update"):
    plan(name,
         case(*_slots(_SHAPES, "normal", "positive"), _RATE, _FIRST), case(*_slots(_SHAPES, "small", "unit"), _RATE, _LATER, beta_1=0.5, beta_2=0.9, epsilon=1e-3),
         case(*_slots(_FEW, "normal", "positive"), _RATE, lit(7, "int32")), smooth=False, **_WIDE)  # fmt: skip
plan("amsgrad_update",
     case(*_slots(_SHAPES, "normal", "positive", "positive"), _RATE, _FIRST), case(*_slots(_SHAPES, "zeros", "zeros", "zeros"), _RATE, _FIRST),
     case(*_slots(_SHAPES, "small", "unit", "unit"), _RATE, _LATER, beta_1=0.5, beta_2=0.9, epsilon=1e-3), smooth=False, **_WIDE)  # fmt: skip
plan("nadam_update",
     case(*_slots(_SHAPES, "normal", "positive"), _RATE, _FIRST, lit(1.0, "float32")),
     case(*_slots(_SHAPES, "small", "unit"), _RATE, _LATER, lit(0.25, "float32"), beta_1=0.5, beta_2=0.9, epsilon=1e-3),
     case(*_slots(_FEW, "normal", "positive"), _RATE, lit(7, "int32"), lit(0.5, "float32")), smooth=False, **_WIDE)  # fmt: skip
plan("schedule_free_update",
     case(*_slots(_SHAPES, "normal", "positive"), _RATE, _FIRST), case(*_slots(_SHAPES, "normal", "positive"), _RATE, _FIRST, warmup_steps=7),
     case(*_slots(_SHAPES, "small", "unit"), _RATE, _LATER, beta_1=0.5, beta_2=0.9, epsilon=1e-3, warmup_steps=2000), smooth=False, **_WIDE)  # fmt: skip

# -- sums and means of squares ------------------------------

plan("adagrad_update",
     case(*_slots(_SHAPES, "positive"), _RATE), case(*_slots(_FEW, "unit"), _RATE, epsilon=1e-2), **_WIDE)  # fmt: skip
plan("adadelta_update",
     case(*_slots(_SHAPES, "positive", "unit"), _RATE), case(*_slots(_SHAPES, "unit", "zeros"), _RATE, rho=0.5, epsilon=1e-2), **_WIDE)  # fmt: skip
plan("centered_rmsprop_update",
     case(*_slots(_SHAPES, "offset", "normal", "normal"), _RATE, momentum=0.9, epsilon=1e-2),
     case(*_slots(_SHAPES, "offset", "small"), [], _RATE, rho=0.5, epsilon=1e-2), **_WIDE)  # fmt: skip
plan("ftrl_update",
     case(*_slots(_SHAPES, "positive", "normal"), _RATE), case(*_slots(_SHAPES, "positive", "normal"), _RATE, l1=0.5, l2=0.25, l2_shrinkage=0.125, beta=1.0),
     case(*_slots(_SHAPES, "positive", "normal"), _RATE, learning_rate_power=-0.75, l1=0.5), smooth=False, **_WIDE)  # fmt: skip
plan("lion_update",
     case(*_slots(_SHAPES, "normal"), _RATE), case(*_slots(_SHAPES, "unit"), _RATE, beta_1=0.5, beta_2=0.75), smooth=False, **_WIDE)  # fmt: skip

# -- matrices ------------------------------

_ROWS = [T(3, of="positive"), T(), T(2, 3, of="unit")]
_COLUMNS = [T(2, of="positive"), T(), T(2, 4, of="unit")]
_STACKED = ((3, 2), (5,), (2, 3, 4))
_FACTORED = (_each(_STACKED, "normal"), _each(_STACKED, "distinct"), _ROWS, _COLUMNS, _each(_STACKED, "positive"), _RATE)
plan("adafactor_update",
     case(*_FACTORED, _FIRST), case(*_FACTORED, _LATER, relative_step=False, epsilon_2=0.5, clip_threshold=0.5),
     case(*_FACTORED, lit(7, "int32"), beta_2_decay=-0.5), smooth=False, **_WIDE)  # fmt: skip
_MATRICES = ((3, 2), (2, 5), (1, 1))
plan("muon_update",
     case(*_slots(_MATRICES, "normal"), _RATE, steps=2), case(*_slots(_MATRICES, "normal"), _RATE, steps=1, nesterov=False, momentum=0.5, rms_rate=None),
     case(*_slots(_MATRICES, "unit"), _RATE, steps=2, a=1.5, b=-0.5, c=0.0), smooth=False, **_WIDE)  # fmt: skip

# -- limits ------------------------------

plan("clip_by_norm",
     case(T(3, 2), norm=1.0), case(T(23, of=("normal", "small")), norm=0.5), case(T(of="positive"), norm=2.0), case(T(5, of="zeros"), norm=1.0), smooth=False,
     special=(case(lit([3.0, np.nan]), norm=1.0), case(lit([0.0, -0.0]), norm=1.0)))  # fmt: skip
plan("clip_by_global_norm",
     case(_each(_SHAPES, "normal"), norm=1.0), case(_each(_SHAPES, "small"), norm=1.0), case([T(5)], norm=0.25), smooth=False,
     special=(case([lit([3.0, np.nan]), lit([1.0])], norm=1.0), case([lit([3.0]), lit([np.inf])], norm=1.0)))  # fmt: skip
