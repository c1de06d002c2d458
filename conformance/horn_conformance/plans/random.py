"""Plans of the specified random numbers."""

from __future__ import annotations

from horn.errors import ArgumentError, DTypeError, ShapeError
from horn_conformance.plan import T, case, fault, lit, plan

_KEY = T(2, of="words", dtype="int32")
_STEP = T(of=("label:99", "words"), dtype="int32")
_STEPS = T(3, of="words", dtype="int32")
_KEYS = T(3, 2, of="words", dtype="int32")
_FAULTS = (
    fault(ShapeError, "key", T(3, of="words", dtype="int32"), _STEP, shape=(2,)),
    fault(ShapeError, "draws", _KEYS, T(2, of="words", dtype="int32"), shape=(2,)),
    fault(DTypeError, "random_bits", T(2), _STEP, shape=(2,)),
)

plan("random_bits",
     case(_KEY, _STEP, shape=(5, 3)), case(_KEY, _STEPS, shape=(7,)), case(_KEY, _STEP, shape=()), case(_KEY, _STEP, shape=(0, 3)),
     case(_KEY, _STEP, shape=(67, 71)), case(_KEYS, _STEP, shape=(3,)), case(_KEYS, _STEPS, shape=(2, 2)), takes="none", exact=True, faults=_FAULTS)  # fmt: skip
plan("random_mask",
     case(_KEY, _STEP, shape=(5, 3), threshold=32768), case(_KEY, _STEPS, shape=(7,), threshold=6554), case(_KEYS, _STEP, shape=(9,), threshold=65536),
     case(_KEY, _STEP, shape=(9,), threshold=0), case(_KEY, _STEP, shape=(), threshold=40000), case(_KEYS, _STEP, shape=(3, 3), threshold=40000), takes="none", exact=True)  # fmt: skip
plan("dropout_mask",
     case(_KEY, _STEP, shape=(5, 3), rate=0.5), case(_KEY, _STEPS, shape=(7,), rate=0.9), case(_KEY, _STEP, shape=(9,), rate=0.0, dtype="float64"),
     case(_KEY, _STEP, shape=(), rate=0.25), case(_KEYS, _STEP, shape=(5,), rate=0.25), case(_KEY, _STEP, shape=(67, 71), rate=0.1, dtype="float16"), takes="none",
     faults=(fault(ArgumentError, "rate", _KEY, _STEP, shape=(3,), rate=1.0), fault(ArgumentError, "rate", _KEY, _STEP, shape=(3,), rate=-0.1)))  # fmt: skip
plan("random_uniform",
     case(_KEY, _STEP, shape=(5, 3)), case(_KEY, _STEPS, shape=(7,)), case(_KEYS, _STEP, shape=(3,), dtype="float64"), case(_KEY, _STEP, shape=()),
     takes="none", exact=True,
     special=(case(lit([0, 0], "int32"), lit(0, "int32"), shape=(4,)),))  # fmt: skip
plan("random_normal",
     case(_KEY, _STEP, shape=(5, 3)), case(_KEY, _STEPS, shape=(7,)), case(_KEYS, _STEP, shape=(3,), dtype="float64"), case(_KEY, _STEP, shape=()),
     takes="none")  # fmt: skip
