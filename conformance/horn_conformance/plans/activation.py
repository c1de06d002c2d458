"""Plans of the activations beside those of `nn`."""

from __future__ import annotations

import numpy as np

from horn.errors import ArgumentError, ShapeError
from horn_conformance.plan import T, case, fault, kink, lit, plan
from horn_conformance.plans.elementwise import EDGES, INTS, singles

FINITE = case(lit(np.array([np.nan, np.inf, 0.0, -0.0, 1.0, -1.0, 2.5, -3.5, 1e-30, 1e18, -1e18, 80.0, -80.0], np.float32)))
_SMOOTH = ("normal", "saturating", "small")


def kinks_at(at, slopes, **attrs):
    """Return the gradients at points where two branches meet."""
    return (kink([1.0] * len(at), (slopes,), lit(at), **attrs),)


plan("elu", *singles(_SMOOTH), case(T(5), alpha=0.3), takes="any", special=(EDGES, *INTS), kinks=kinks_at([0.0], [0.5], alpha=0.5))
plan("selu", *singles(_SMOOTH), takes="any", special=(EDGES,))
plan("celu", *singles(_SMOOTH), case(T(5), alpha=0.3), takes="any", special=(EDGES,), kinks=kinks_at([0.0], [1.0]),
     faults=(fault(ArgumentError, "alpha", T(3), alpha=0.0),))  # fmt: skip
plan("log_sigmoid", *singles(_SMOOTH), takes="any", special=(EDGES,))
plan("silu", *singles(_SMOOTH), takes="any", special=(FINITE,))
plan("mish", *singles(_SMOOTH), takes="any", special=(FINITE,))
plan("gelu", *singles(_SMOOTH), case(T(5, of=_SMOOTH), approximate=False), case(T(2, 3, of="normal"), approximate=False), takes="any",
     special=(case(lit([0.0, 1e12, -1e12, 50.0, -50.0, np.inf, np.nan])), case(lit([0.0, 1e18, -1e18, np.inf, np.nan]), approximate=False)),
     kinks=(kink([1.0] * 4, ([1.0, 0.0, 1.0, 0.0],), lit([1e15, -1e15, 50.0, -50.0])),
            kink([1.0] * 4, ([1.0, 0.0, 1.0, 0.0],), lit([1e15, -1e15, 50.0, -50.0]), approximate=False)))  # fmt: skip
plan("gelu_grad", case(T(11, 3), T(11, 3, of=_SMOOTH), unknown=11), case(T(2, 3), T(2, 3, of="normal"), approximate=False), case(T(23), T(23, of=_SMOOTH)),
     special=(case(lit([1.0, 2.0, 3.0, 4.0]), lit([1e15, -1e15, 50.0, -50.0])), case(lit([1.0, 2.0, 3.0, 4.0]), lit([1e15, -1e15, np.inf, -50.0]), approximate=False)))  # fmt: skip
plan("glu", case(T(11, 6), unknown=11), case(T(4, 3, of=_SMOOTH), axis=0), case(T(2, 0)), takes="any",
     faults=(fault(ShapeError, "equal", T(2, 3)), fault(ShapeError, "axis", T(2), axis=1)))  # fmt: skip
plan("softsign", *singles(("normal", "small")), takes="any", special=(EDGES,), kinks=kinks_at([np.inf, 0.0], [0.0, 1.0]))
plan("squareplus", *singles(("normal", "small")), case(T(5), b=0.5), case(T(5, of="distinct"), b=0), takes="any", special=(FINITE,),
     faults=(fault(ArgumentError, "b", T(3), b=-1),))  # fmt: skip
plan("tanh_shrink", *singles(("mantissa", "saturating")), takes="any", special=(EDGES,))
