"""Plans of the activations beside those of `nn`."""

from __future__ import annotations

import numpy as np

from horn.errors import ArgumentError, ShapeError
from horn_conformance.plan import T, case, fault, kink, lit, plan
from horn_conformance.plans.elementwise import EDGES, INTS, singles

_FINITE = case(lit(np.array([np.nan, np.inf, 0.0, -0.0, 1.0, -1.0, 2.5, -3.5, 1e-30, 1e18, -1e18, 80.0, -80.0], np.float32)))
_SMOOTH = ("normal", "saturating", "small")
_BENT = ("normal", "ties", "wide")


def _kink(at, slopes, **attrs):
    """Return the gradients at points where two branches meet."""
    return (kink([1.0] * len(at), (slopes,), lit(at), **attrs),)


plan("elu", *singles(_SMOOTH), case(T(5), alpha=0.3), takes="any", special=(EDGES, *INTS), kinks=_kink([0.0], [0.5], alpha=0.5))
plan("selu", *singles(_SMOOTH), takes="any", special=(EDGES,))
plan("celu", *singles(_SMOOTH), case(T(5), alpha=0.3), takes="any", special=(EDGES,), kinks=_kink([0.0], [1.0]),
     faults=(fault(ArgumentError, "alpha", T(3), alpha=0.0),))  # fmt: skip
plan("log_sigmoid", *singles(_SMOOTH), takes="any", special=(EDGES,))
plan("silu", *singles(_SMOOTH), takes="any", special=(_FINITE,))
plan("mish", *singles(_SMOOTH), takes="any", special=(_FINITE,))
plan("gelu", *singles(_SMOOTH), case(T(5, of=_SMOOTH), approximate=False), case(T(2, 3, of="normal"), approximate=False), takes="any",
     special=(case(lit([0.0, 1e12, -1e12, 50.0, -50.0, np.inf, np.nan])), case(lit([0.0, 1e18, -1e18, np.inf, np.nan]), approximate=False)),
     kinks=(kink([1.0] * 4, ([1.0, 0.0, 1.0, 0.0],), lit([1e15, -1e15, 50.0, -50.0])),
            kink([1.0] * 4, ([1.0, 0.0, 1.0, 0.0],), lit([1e15, -1e15, 50.0, -50.0]), approximate=False)))  # fmt: skip
plan("glu", case(T(11, 6), unknown=11), case(T(4, 3, of=_SMOOTH), axis=0), case(T(2, 0)), takes="any",
     faults=(fault(ShapeError, "equal", T(2, 3)), fault(ShapeError, "axis", T(2), axis=1)))  # fmt: skip
plan("softsign", *singles(("normal", "small")), takes="any", special=(EDGES,), kinks=_kink([np.inf, 0.0], [0.0, 1.0]))
plan("squareplus", *singles(("normal", "small")), case(T(5), b=0.5), case(T(5, of="distinct"), b=0), takes="any", special=(_FINITE,),
     faults=(fault(ArgumentError, "b", T(3), b=-1),))  # fmt: skip
plan("tanh_shrink", *singles(_SMOOTH), takes="any", special=(EDGES,))
plan("relu6", *singles(_BENT), takes="number", exact=True, special=(EDGES, *INTS), kinks=_kink([0.0, 6.0, 7.0], [1.0, 1.0, 0.0]))
plan("clipped_relu", *singles(_BENT), case(T(23), negative_slope=0.3, max_value=1.0, threshold=0.25), case(T(5), max_value=0.5), case(T(5), threshold=-1.0),
     takes="any", special=(EDGES, case(EDGES.operands[0], negative_slope=0.5, max_value=2.0, threshold=1.0)),
     kinks=_kink([0.0, 1.0, 2.0], [0.5, 0.5, 0.0], negative_slope=0.5, max_value=2.0, threshold=1.0))  # fmt: skip
plan("hard_sigmoid", *singles(_BENT), takes="any", special=(EDGES,), kinks=_kink([-3.0, 3.0, 4.0], [1 / 6, 1 / 6, 0.0]))
plan("hard_silu", *singles(_BENT), takes="any", special=(EDGES,), kinks=_kink([-3.0, 3.0, 4.0, -np.inf], [-0.5, 1.5, 1.0, 0.0]))
plan("hard_tanh", *singles(_BENT), takes="number", exact=True, special=(EDGES, *INTS), kinks=_kink([-1.0, 1.0, 2.0], [1.0, 1.0, 0.0]))
plan("hard_shrink", *singles(_BENT), case(T(5), threshold=1.5), takes="any", special=(EDGES,), kinks=_kink([0.5, 0.75], [0.0, 1.0]))
plan("soft_shrink", *singles(_BENT), case(T(5), threshold=1.5), takes="any", special=(_FINITE,), kinks=_kink([0.5, 0.75], [0.0, 1.0]))
plan("threshold", case(T(11, 3, of=_BENT), threshold=0.25, default_value=-2.0, unknown=11), case(T(23), threshold=-0.5, default_value=1.0), takes="any",
     special=(case(EDGES.operands[0], threshold=1.0, default_value=0.5),), kinks=_kink([0.5, 0.75], [0.0, 1.0], threshold=0.5, default_value=2.0))  # fmt: skip
plan("sparse_plus", *singles(_BENT), takes="any", special=(EDGES,), kinks=_kink([-1.0, 1.0, 2.0], [0.0, 1.0, 1.0]))
plan("sparse_sigmoid", *singles(_BENT), takes="any", special=(EDGES,), kinks=_kink([-1.0, 1.0, 2.0], [0.5, 0.5, 0.0]))
plan("sparsemax", case(T(11, 5, of=("normal", "ties")), unknown=11), case(T(2, 3, 5), axis=1), case(T(7, of=("normal", "small"))), case(T(3, 1)), takes="any",
     special=(case(lit(np.array([[1, np.nan, 2], [3, 3, 3], [100, 200, -300]], np.float32))),),
     faults=(fault(ShapeError, "axis", T(2, 3), axis=2), fault(ShapeError, "without elements", T(3, 0))))  # fmt: skip
