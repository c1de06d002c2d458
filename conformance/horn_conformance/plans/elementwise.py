"""Plans of the elementwise family."""

from __future__ import annotations

import numpy as np

from horn.errors import DTypeError, ShapeError
from horn_conformance.plan import T, case, fault, kink, lit, plan
from horn_conformance.values import FLOAT

_EDGES = np.array([np.nan, np.inf, -np.inf, 0.0, -0.0, 1.0, -1.0, 2.5, -3.5, 1e-30, 3e38, -3e38], np.float32)
_INT32 = np.array([-(2**31), -1, 0, 1, 2**31 - 1])
_INT8 = np.array([-128, -1, 0, 1, 127])
EDGES = case(lit(_EDGES))
EDGE_PAIRS = case(lit(_EDGES[:, None]), lit(_EDGES))
# The reciprocal of a larger divisor is subnormal, and a compiler may multiply with the reciprocal.
_DIVISORS = np.clip(_EDGES, -8e37, 8e37, where=np.isfinite(_EDGES), out=_EDGES.copy())
QUOTIENT_PAIRS = case(lit(_EDGES[:, None]), lit(_DIVISORS))
INT_PAIRS = tuple(case(lit(x[:, None], t), lit(x, t)) for x, t in ((_INT32, "int32"), (_INT8, "int8")))
INTS = (case(lit(_INT32, "int32")), case(lit(_INT8, "int8")))


def pairs(of=FLOAT, second=None):
    """Return the pairs of shapes that every elementwise op of two tensors is tried on."""
    also = second or of
    return (
        case(T(3, 1, of=of), T(11, of=also), unknown=11),
        case(T(2, 23, of=of), T(2, 23, of=also)),
        case(T(of=of), T(5, of=also)),
        case(T(0, 3, of=of), T(3, of=also)),
        case(T(2, 1, 5, of=of), T(7, 1, of=also)),
        case(T(67, 71, of=of), T(71, of=also)),
    )


def singles(of=FLOAT):
    """Return the shapes that every elementwise op of one tensor is tried on."""
    return (
        case(T(11, 3, of=of), unknown=11),
        case(T(23, of=of)),
        case(T(of=of)),
        case(T(0, 3, of=of)),
        case(T(67, 71, of=of)),
    )


_APART = (fault(ShapeError, "broadcast", T(2, 3), T(2, 4)), fault(ShapeError, "broadcast", T(3), T(2, 4)))
_FLOATS = (T(3, dtype="float32"), T(3, dtype="float32"))
_BOOL = T(3, of="bools", dtype="bool")

for name in ("add", "multiply"):
    plan(name, *pairs(), takes="any", special=(EDGE_PAIRS, *INT_PAIRS), faults=_APART)
plan("subtract", *pairs(), takes="number", special=(EDGE_PAIRS, *INT_PAIRS),
     faults=(*_APART, fault(DTypeError, "subtract", _BOOL, _BOOL)))  # fmt: skip
plan("divide", *pairs(FLOAT, ("mantissa", "positive_ints")), takes="any", special=(QUOTIENT_PAIRS, *INT_PAIRS),
     faults=_APART)
plan("power", *pairs(("positive", "ints"), ("normal", "positive_ints")), special=(EDGE_PAIRS,),
     faults=(*_APART, fault(DTypeError, "power", T(3, of="ints", dtype="int32"), T(3, of="ints", dtype="int32"))),
     kinks=(kink([1.0, 1.0, 1.0], ([0.0, 0.0, 12.0], [0.0, 0.0, 0.0]), lit([0.0, -2.0, -2.0]), lit([0.0, 0.0, 3.0])),))  # fmt: skip
plan("negative", *singles(), takes="number", special=(EDGES, *INTS), faults=(fault(DTypeError, "negative", _BOOL),))
plan("absolute", *singles(), takes="any", special=(EDGES, *INTS), kinks=(kink([2.0, 2.0], ([0.0, -2.0],), lit([0.0, -1.0])),))
plan("sign", *singles(("ties", "normal")), takes="number", special=(EDGES, *INTS),
     faults=(fault(DTypeError, "sign", _BOOL),), kinks=(kink([3.0], ([0.0],), lit([0.0])),))  # fmt: skip
plan("square", *singles(), takes="any", special=(EDGES, *INTS))
for name in ("bitwise_and", "right_shift"):
    second = ("shifts",) if name == "right_shift" else ("bytes", "ints")
    plan(name, *pairs(("bytes", "ints"), second), takes="integer", exact=True,
         special=(case(lit(_INT32, "int32"), lit([1, 5, 16, 30, 31], "int32")),),
         faults=(*_APART, fault(DTypeError, name, *_FLOATS)))  # fmt: skip

for name in ("equal", "not_equal", "less", "less_equal", "greater", "greater_equal"):
    plan(name, *pairs(("ties", "normal")), takes="any", exact=True, special=(EDGE_PAIRS, *INT_PAIRS), faults=_APART)
for name in ("logical_and", "logical_or"):
    plan(name, *pairs(("ties", "bools")), takes="any", exact=True, special=(EDGE_PAIRS,), faults=_APART)
plan("logical_not", *singles(("ties", "bools")), takes="any", exact=True, special=(EDGES,))
plan("isnan", *singles(), takes="any", exact=True, special=(EDGES, *INTS))
_TIES = (lit([1.0, 2.0, 1.0]), lit([1.0, 1.0, 2.0]))
plan("maximum", *pairs(("ties", "normal")), takes="any", exact=True, special=(EDGE_PAIRS, *INT_PAIRS), faults=_APART,
     kinks=(kink([4.0, 4.0, 4.0], ([2.0, 4.0, 0.0], [2.0, 0.0, 4.0]), *_TIES),))  # fmt: skip
plan("minimum", *pairs(("ties", "normal")), takes="any", exact=True, special=(EDGE_PAIRS, *INT_PAIRS), faults=_APART,
     kinks=(kink([4.0, 4.0, 4.0], ([2.0, 0.0, 4.0], [2.0, 4.0, 0.0]), *_TIES),))  # fmt: skip
plan("where",
     case(T(3, 1, of="bools", dtype="bool"), T(11), T(3, 11), unknown=11),
     case(T(23, of="ties"), T(23), T()),
     case(T(of="bools", dtype="bool"), T(2, 3), T(3)),
     case(T(0, 3, of="bools", dtype="bool"), T(3), T()),
     takes="any", exact=True,
     special=(case(lit([[True], [False]], "bool"), lit(_EDGES), lit(_EDGES[::-1])),),
     faults=(fault(ShapeError, "broadcast", T(2, of="bools", dtype="bool"), T(3), T(3)),),
     kinks=(kink([1.0, 1.0], ([1.0, 0.0], [0.0, 1.0]), lit([True, False], "bool"), lit([1.0, np.nan]), lit([np.nan, 1.0])),))  # fmt: skip
plan("clip",
     case(T(11, 3), lit(-1.0), lit(1.0), unknown=11), case(T(23), T(23, of="unit"), T(23, of="positive_ints")),
     case(T(), lit(-1.0), lit(0.5)), case(T(0, 3), lit(0.0), lit(1.0)),
     takes="number", exact=True, special=(case(lit(_EDGES), lit(-1.0), lit(2.0)),),
     faults=(fault(ShapeError, "broadcast", T(2, 3), T(2), T()),),
     kinks=(kink([1.0] * 4, ([1.0, 1.0, 0.0, 0.0], [0.0, 0.0, 1.0, 0.0], [0.0, 0.0, 0.0, 1.0]),
                 lit([-1.0, 1.0, -2.0, 2.0]), lit([-1.0] * 4), lit([1.0] * 4)),))  # fmt: skip

plan("isinf", *singles(), takes="any", exact=True, special=(EDGES, *INTS))
plan("isfinite", *singles(), takes="any", exact=True, special=(EDGES, *INTS))
plan("isclose", *pairs(("ties", "ints")), case(T(5, of="ties"), T(5, of="ties"), rtol=0.5, atol=0.75), takes="any", exact=True,
     special=(EDGE_PAIRS, case(*EDGE_PAIRS.operands, equal_nan=True)), faults=_APART)  # fmt: skip
plan("logical_xor", *pairs(("ties", "bools")), takes="any", exact=True, special=(EDGE_PAIRS,), faults=_APART)
plan("nan_to_num", *singles(("ties", "normal")), case(T(5), nan=2.0, posinf=3.0, neginf=-4.0), takes="number",
     special=(EDGES, case(lit(_EDGES), nan=2.0, posinf=3.0, neginf=-4.0), *INTS),
     kinks=(kink([1.0] * 3, ([0.0, 1.0, 0.0],), lit([np.nan, 1.0, np.inf])),))  # fmt: skip
plan("reciprocal", *singles(("mantissa", "positive_ints")), takes="any", special=(case(lit([0.0, -0.0, np.inf, -np.inf, np.nan, 3.0])),))

# -- rounding: the noise of a smooth round is far from the steps ---------------------------------

for name in ("floor", "ceil", "trunc", "rint"):
    plan(name, *singles(("normal", "ints", "wide")), takes="any", exact=True, smooth=False,
         special=(EDGES, case(lit([0.5, -0.5, 1.5, 2.5, -2.5, 1e10, 8388609.0, -8388607.5]))))  # fmt: skip
plan("round", *singles(("normal", "ints", "wide")), case(T(5, of="wide"), decimals=-1), case(T(5, of="ints"), decimals=2), takes="any", smooth=False,
     special=(EDGES, *INTS, case(lit([15, 25, -15, -25, 26, 5, -5], "int32"), decimals=-1), case(lit([0.5, 1.5, 2.5, -0.5])),
              case(lit([150.0, 250.0, 251.0]), decimals=-2)))  # fmt: skip
_DIVIDED = ("normal", "ints", "wide")
for name in ("floor_divide", "mod"):
    plan(name, *pairs(_DIVIDED, ("distinct", "positive_ints", "mantissa")), takes="number", smooth=False,
         special=(QUOTIENT_PAIRS, *INT_PAIRS, case(lit([1.0, -1.0, 7.0, -7.0]), lit([0.1, 0.1, -2.0, 2.0]))),
         faults=(*_APART, fault(DTypeError, name, _BOOL, _BOOL)),
         kinks=(kink([1.0, 1.0], ([1.0, 1.0], [-2.0, 3.0]), lit([5.5, -5.5]), lit([2.0, 2.0])),) if name == "mod" else ())  # fmt: skip
_DOMAINS = {
    "exp": ("normal", "saturating"),
    "expm1": ("small", "normal"),
    "log": ("positive", "wide_positive"),
    "log1p": ("small", "wide_positive"),
    "sqrt": ("positive", "wide_positive"),
    "rsqrt": ("positive", "wide_positive"),
    "sin": ("normal", "angles"),
    "cos": ("normal", "angles"),
    "tanh": ("normal", "small", "saturating"),
    "sigmoid": ("normal", "saturating"),
    "erf": ("normal", "small", "saturating"),
    "log2": ("positive", "wide_positive"),
    "log10": ("positive", "wide_positive"),
    "exp2": ("normal", "ints"),
    "tan": ("normal", "unit"),
    "arctan": ("normal", "wide", "small"),
    "arcsin": ("unit", "small"),
    "arccos": ("unit", "small"),
    "sinh": ("normal", "small"),
    "cosh": ("normal", "small"),
    "arcsinh": ("normal", "small", "wide"),
    "arccosh": ("above_one",),
    "arctanh": ("unit", "small"),
}
_KINKS = {"sqrt": (kink([1.0], ([np.inf],), lit([0.0])),), "sigmoid": (kink([1.0] * 2, ([0.0] * 2,), lit([-200.0, 200.0])),)}
for name, domain in _DOMAINS.items():
    plan(name, *singles(domain), takes="any", special=(EDGES,), kinks=_KINKS.get(name, ()))
for name in ("tanh_grad", "sigmoid_grad"):
    plan(name, case(T(11, 3), T(11, 3, of="unit"), unknown=11), case(T(23), T(23, of="unit")))
plan("arctan2", *pairs(("normal", "wide"), ("mantissa", "distinct")), takes="any", special=(EDGE_PAIRS,), faults=_APART)
plan("logaddexp", *pairs(("normal", "saturating", "ints")), takes="any", special=(EDGE_PAIRS,), faults=_APART,
     kinks=(kink([2.0, 2.0], ([1.0, 1.0], [1.0, 1.0]), lit([np.inf, 0.0]), lit([np.inf, 0.0])),))  # fmt: skip
