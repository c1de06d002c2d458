"""Plans of activations, normalisation and dropout."""

from __future__ import annotations

import numpy as np

from horn.errors import ArgumentError, ShapeError
from horn.spec import ops
from horn_conformance.plan import T, case, fault, kink, lit, plan
from horn_conformance.plans.elementwise import EDGES, INTS, singles

_ZERO = lit([-1.0, 0.0, 2.0])
plan("relu", *singles(("ties", "normal")), takes="number", exact=True, special=(EDGES, *INTS),
     kinks=(kink([3.0, 3.0, 3.0], ([0.0, 0.0, 3.0],), _ZERO),))  # fmt: skip
plan("relu_grad", case(T(11, 3), T(11, 3, of=("ties", "normal")), unknown=11), case(T(23), T(23, of="ties")), exact=True, smooth=False)
plan("leaky_relu", *singles(("ties", "normal")), case(T(5), negative_slope=0.01), takes="number", special=(EDGES,),
     kinks=(kink([1.0, 1.0, 1.0], ([0.5, 0.5, 1.0],), _ZERO, negative_slope=0.5),))  # fmt: skip
plan("softplus", *singles(("normal", "saturating", "small")), takes="number", special=(EDGES,))
_ROWS = lit(np.array([[1, np.nan, 2], [-np.inf, 1, 2], [-np.inf, -np.inf, 0], [300, 200, -300]], np.float32))
for name in ("softmax", "log_softmax"):
    plan(name,
         case(T(11, 5, of=("normal", "saturating", "ints")), unknown=11), case(T(2, 3, 5, of=("normal", "saturating")), axis=1),
         case(T(23)), case(T(3, 2), axis=0), case(T(7, 1)), case(T(0, 3)), case(T(5, 611)),
         takes="number", special=(case(_ROWS),), faults=(fault(ShapeError, "axis", T(2, 3), axis=2),))  # fmt: skip

_OFFSET = ("normal", "offset", "ints")
plan("moments", case(T(11, 3, 5, of=_OFFSET), axis=(0, 2), unknown=11), case(T(2, 23, of=_OFFSET), axis=1, keepdims=True), case(T(5), axis=0),
     takes="number")  # fmt: skip
plan("batch_normalization",
     case(T(11, 3), T(3), T(3, of="positive"), T(3), T(3), unknown=11), case(T(2, 3, 5), T(3), T(3, of="unit"), None, None, axis=1),
     case(T(2, 5), T(5), T(5, of="positive"), T(5), None, epsilon=0.1), case(T(2, 5), T(5), T(5, of="positive"), None, T(5)),
     case(T(2, 3), T(3), T(3, of="small"), epsilon=1e-2))  # fmt: skip
plan("batch_normalization_train",
     case(T(11, 3, of=_OFFSET), T(3), T(3), unknown=11), case(T(2, 3, 5, of=_OFFSET), T(3), T(3), axis=1),
     case(T(2, 4, 3, 2, of="normal"), T(2), T(2), epsilon=0.1), case(T(7, 2, of="small"), T(2), T(2), epsilon=1e-5))  # fmt: skip


def _train_grad(**attrs):
    def call(cotangent, by_mean, by_variance, x, scale, offset):
        outputs = ops.batch_normalization_train(x, scale, offset, **attrs)
        return ops.batch_normalization_train_grad(cotangent, by_mean, by_variance, *outputs, x, scale, offset, **attrs)

    return call


plan("batch_normalization_train_grad",
     case(T(11, 3), T(3), T(3), T(11, 3, of=_OFFSET), T(3), T(3), call=_train_grad(), unknown=11),
     case(T(2, 3, 5), T(3), T(3), T(2, 3, 5, of="normal"), T(3), T(3), call=_train_grad(axis=1, epsilon=0.1)))  # fmt: skip
_KEY, _STEP = T(2, of="words", dtype="int32"), T(of="label:99", dtype="int32")
plan("dropout",
     case(T(11, 3), _KEY, _STEP, rate=0.5), case(T(23), _KEY, _STEP, rate=0.0), case(T(5, 7), _KEY, _STEP, rate=0.9), case(T(), _KEY, _STEP, rate=0.25),
     case(T(0, 3), _KEY, _STEP, rate=0.5),
     special=(case(EDGES.operands[0], lit([1, 2], "int32"), lit(0, "int32"), rate=0.25),),
     faults=(fault(ArgumentError, "rate", T(3), _KEY, _STEP, rate=1.0), fault(ArgumentError, "rate", T(3), _KEY, _STEP, rate=-0.1)))  # fmt: skip
