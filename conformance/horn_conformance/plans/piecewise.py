"""Plans of the activations of straight pieces, and of sparse results."""

from __future__ import annotations

import numpy as np

from horn.errors import ShapeError
from horn_conformance.plan import T, case, fault, lit, plan
from horn_conformance.plans.activation import FINITE, kinks_at
from horn_conformance.plans.elementwise import EDGES, INTS, singles

_BENT = ("normal", "ties", "wide")

plan("relu6", *singles(_BENT), takes="number", exact=True, special=(EDGES, *INTS), kinks=kinks_at([0.0, 6.0, 7.0], [1.0, 1.0, 0.0]))
plan("clipped_relu", *singles(_BENT), case(T(23), negative_slope=0.3, max_value=1.0, threshold=0.25), case(T(5), max_value=0.5), case(T(5), threshold=-1.0),
     takes="any", special=(EDGES, case(EDGES.operands[0], negative_slope=0.5, max_value=2.0, threshold=1.0)),
     kinks=kinks_at([0.0, 1.0, 2.0], [0.5, 0.5, 0.0], negative_slope=0.5, max_value=2.0, threshold=1.0))  # fmt: skip
plan("hard_sigmoid", *singles(_BENT), takes="any", special=(EDGES,), kinks=kinks_at([-3.0, 3.0, 4.0], [1 / 6, 1 / 6, 0.0]))
plan("hard_silu", *singles(_BENT), takes="any", special=(EDGES,), kinks=kinks_at([-3.0, 3.0, 4.0, -np.inf], [-0.5, 1.5, 1.0, 0.0]))
plan("hard_tanh", *singles(_BENT), takes="number", exact=True, special=(EDGES, *INTS), kinks=kinks_at([-1.0, 1.0, 2.0], [1.0, 1.0, 0.0]))
plan("hard_shrink", *singles(_BENT), case(T(5), threshold=1.5), takes="any", special=(EDGES,), kinks=kinks_at([0.5, 0.75], [0.0, 1.0]))
plan("soft_shrink", *singles(_BENT), case(T(5), threshold=1.5), takes="any", special=(FINITE,), kinks=kinks_at([0.5, 0.75], [0.0, 1.0]))
plan("threshold", case(T(11, 3, of=_BENT), threshold=0.25, default_value=-2.0, unknown=11), case(T(23), threshold=-0.5, default_value=1.0), takes="any",
     special=(case(EDGES.operands[0], threshold=1.0, default_value=0.5),), kinks=kinks_at([0.5, 0.75], [0.0, 1.0], threshold=0.5, default_value=2.0))  # fmt: skip
plan("sparse_plus", *singles(_BENT), takes="any", special=(EDGES,), kinks=kinks_at([-1.0, 1.0, 2.0], [0.0, 1.0, 1.0]))
plan("sparse_sigmoid", *singles(_BENT), takes="any", special=(EDGES,), kinks=kinks_at([-1.0, 1.0, 2.0], [0.5, 0.5, 0.0]))
plan("sparsemax", case(T(11, 5, of=("normal", "ties")), unknown=11), case(T(2, 3, 5), axis=1), case(T(7, of=("normal", "small"))), case(T(3, 1)), takes="any",
     special=(case(lit(np.array([[1, np.nan, 2], [3, 3, 3], [100, 200, -300]], np.float32))),),
     faults=(fault(ShapeError, "axis", T(2, 3), axis=2), fault(ShapeError, "without elements", T(3, 0))))  # fmt: skip
