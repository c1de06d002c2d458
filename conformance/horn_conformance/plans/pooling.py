"""Plans of pooling."""

from __future__ import annotations

import numpy as np

from horn.errors import ArgumentError, ShapeError
from horn.spec import ops
from horn_conformance.plan import T, case, fault, kink, lit, plan

_POOLED = (
    ((2, 7, 6, 3), {"pool_size": (3, 2), "strides": (2, 1), "padding": ((1, 0), (0, 1))}),
    ((11, 9, 2), {"pool_size": (3,), "strides": (3,), "padding": ((0, 0),)}),
    ((1, 4, 5, 3, 2), {"pool_size": (2, 2, 2), "strides": (1, 2, 1), "padding": ((0, 1), (1, 0), (0, 0))}),
    ((2, 23, 1), {"pool_size": (2,), "strides": (1,), "padding": ((1, 1),)}),
    ((0, 5, 2), {"pool_size": (2,), "strides": (2,), "padding": ((0, 0),)}),
)
_ORDERED = ("normal", "ties", "ints")
_NAN = np.array([[[1.0], [np.nan], [2.0], [3.0], [-np.inf], [-np.inf]]], np.float32)
_PAIRS = {"pool_size": (2,), "strides": (2,), "padding": ((0, 0),)}


def _pooled(x, attrs):
    rows = zip(x[1:-1], attrs["pool_size"], attrs["strides"], attrs["padding"], strict=True)
    return (x[0], *((n + sum(p) - k) // s + 1 for n, k, s, p in rows), x[-1])


def _grad(attrs):
    def call(cotangent, x):
        return ops.max_pooling_grad(cotangent, ops.max_pooling(x, **attrs), x, **attrs)

    return call


plan("max_pooling", *(case(T(*x, of=_ORDERED), unknown=11 if 11 in x else None, **attrs) for x, attrs in _POOLED),
     exact=True, special=(case(lit(_NAN), **_PAIRS),),
     faults=(fault(ShapeError, "larger", T(1, 3, 2), **{**_PAIRS, "pool_size": (4,)}), fault(ShapeError, "rank", T(1, 3, 3, 2), **_PAIRS)),
     kinks=(kink([[[5.0], [7.0]]], ([[[5.0], [0.0], [0.0], [7.0]]],), lit([[[1.0], [1.0], [2.0], [3.0]]]), **_PAIRS),))  # fmt: skip
plan("max_pooling_grad",
     *(case(T(*_pooled(x, attrs)), T(*x, of=_ORDERED), unknown=11 if 11 in x else None, call=_grad(attrs)) for x, attrs in _POOLED),
     special=(case(lit(np.ones((1, 3, 1), np.float32)), lit(_NAN), call=_grad(_PAIRS)),))
plan("max_pooling_take",
     *(case(T(*x), T(*x, of=_ORDERED), unknown=11 if 11 in x else None, **attrs) for x, attrs in _POOLED), exact=True,
     special=(case(lit(np.arange(6.0, dtype=np.float32).reshape(1, 6, 1)), lit(_NAN), **_PAIRS),))
plan("max_pool",
     case(T(11, 8, 7, 2, of=_ORDERED), pool_size=2, padding="same", unknown=11), case(T(2, 9, 3, of=_ORDERED), pool_size=3, strides=2),
     case(T(2, 3, 7, 6, of=_ORDERED), pool_size=(2, 3), strides=(1, 2), padding="same", data_format="channels_first"),
     exact=True, faults=(fault(ArgumentError, "padding", T(1, 4, 1), pool_size=2, padding="full"),
                         fault(ArgumentError, "pool_size", T(1, 4, 1), pool_size=(2, 2))))  # fmt: skip
_SPACE = lit(np.array([[[np.nan], [1.0], [2.0], [np.inf], [3.0], [5.0]]], np.float32))
plan("average_pool",
     case(T(11, 8, 7, 2), pool_size=2, padding="same", unknown=11), case(T(2, 9, 3), pool_size=3, strides=2),
     case(T(2, 3, 7, 6), pool_size=(2, 3), strides=(1, 2), padding="same", data_format="channels_first"),
     case(T(1, 4, 5, 3, 2), pool_size=(2, 3, 1), padding="same"), case(T(2, 23, 1), pool_size=2),
     special=(case(_SPACE, pool_size=2), case(_SPACE, pool_size=3, strides=1, padding="same")),
     faults=(fault(ArgumentError, "padding", T(1, 4, 1), pool_size=2, padding="full"), fault(ArgumentError, "pool_size", T(1, 4, 1), pool_size=(2, 2)),
             fault(ArgumentError, "data format", T(1, 4, 1), pool_size=2, data_format="first"), fault(ShapeError, "space", T(4, 1), pool_size=2),
             fault(ShapeError, "larger", T(1, 4, 1), pool_size=5)))  # fmt: skip
for _name, _more in (("adaptive_average_pool", {}), ("adaptive_max_pool", {"exact": True})):
    _of = _ORDERED if _more else ("normal", "ints", "wide")
    plan(_name,
         case(T(11, 6, 7, 2, of=_of), output_size=(3, 2), unknown=11), case(T(2, 5, 3, of=_of), output_size=3), case(T(2, 3, 1, of=_of), output_size=7),
         case(T(2, 3, 7, 4, of=_of), output_size=(4, 4), data_format="channels_first"), case(T(1, 3, 4, 5, 1, of=_of), output_size=(3, 1, 2)),
         special=(case(_SPACE, output_size=4), case(_SPACE, output_size=3)),
         faults=(fault(ArgumentError, "output_size", T(1, 4, 1), output_size=0), fault(ArgumentError, "output_size", T(1, 4, 1), output_size=(2, 2)),
                 fault(ShapeError, "fixed", T(1, 0, 1), output_size=1)), **_more)  # fmt: skip
