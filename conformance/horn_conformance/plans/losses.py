"""Plans of the losses."""

from __future__ import annotations

import numpy as np

from horn.errors import ShapeError
from horn.spec import ops
from horn_conformance.plan import T, case, fault, lit, plan

_LOGITS = ("normal", "saturating", "ints")
_UNEQUAL = (fault(ShapeError, "targets", T(2, 3), T(2, 4)),)
for name in ("mean_squared_error", "mean_absolute_error"):
    plan(name, case(T(11, 3), T(11, 3), unknown=11), case(T(2, 23), T(2, 23)), case(T(5), T(5)), case(T(0, 3), T(0, 3)), takes="number",
         faults=_UNEQUAL)  # fmt: skip
plan("binary_crossentropy",
     case(T(11, 3, of="bools"), T(11, 3, of=_LOGITS), from_logits=True, unknown=11), case(T(11, 3, of=("bools", "unit")), T(11, 3, of="unit")),
     case(T(23, of="unit"), T(23, of="normal"), from_logits=True), case(T(of="bools"), T(of="unit")),
     special=(case(lit([0.0, 1.0, 0.0, 1.0]), lit([0.0, 0.0, 1.0, 1.0])),
              case(lit([0.0, 1.0, 0.0, 1.0]), lit([-200.0, -200.0, 200.0, np.nan]), from_logits=True)),
     faults=_UNEQUAL)  # fmt: skip
plan("categorical_crossentropy",
     case(T(11, 5, of="one_hot"), T(11, 5, of=_LOGITS), from_logits=True, unknown=11), case(T(11, 5, of=("one_hot", "unit")), T(11, 5, of="positive")),
     case(T(2, 5, 3, of="unit"), T(2, 5, 3), from_logits=True, axis=1), case(T(2, 5, 3, of="unit"), T(2, 5, 3, of="unit"), axis=1),
     special=(case(lit([[1.0, 0.0], [0.0, 1.0]]), lit([[0.0, 2.0], [0.0, 2.0]])),),
     faults=_UNEQUAL)  # fmt: skip


def _label(*shape, of="label:5", dtype="int32"):
    return T(*shape, of=of, dtype=dtype)


_ABSENT = lit([[-np.inf, 0.0, 1.0], [2.0, -np.inf, -1.0], [-np.inf, -np.inf, 3.0], [0.0, 1.0, 2.0]])
plan("sparse_categorical_crossentropy",
     case(_label(11), T(11, 5, of=_LOGITS), from_logits=True, unknown=11), case(_label(11), T(11, 5, of="positive")),
     case(_label(2, 3), T(2, 3, 5, of="unit")), case(_label(2, 3, dtype="int64"), T(2, 5, 3), from_logits=True, axis=1),
     case(_label(), T(5), from_logits=True), case(_label(7, of="label:70"), T(7, 70, of=_LOGITS), from_logits=True),
     special=(case(lit([0, 2, 3, -1], "int32"), lit(np.ones((4, 3), np.float32)), from_logits=True),
              case(lit([1, 2, 2, 0], "int32"), _ABSENT, from_logits=True), case(lit([0, 0, 2, 2], "int32"), _ABSENT, from_logits=True),
              case(lit([0, 2, 3, -1], "int32"), lit(np.ones((4, 3), np.float32)))),
     faults=(fault(ShapeError, "labels", _label(3), T(2, 5)),))  # fmt: skip


def _sparse_grad(**attrs):
    def call(cotangent, target, output):
        losses = ops.sparse_categorical_crossentropy(target, output, **attrs)
        return ops.sparse_categorical_crossentropy_grad(cotangent, losses, target, output, **attrs)

    return call


plan("sparse_categorical_crossentropy_grad",
     case(T(11), _label(11), T(11, 5, of=_LOGITS), call=_sparse_grad(from_logits=True), unknown=11),
     case(T(11), _label(11), T(11, 5, of="positive"), call=_sparse_grad()), case(T(2, 3), _label(2, 3), T(2, 3, 5, of="positive"), call=_sparse_grad()),
     case(T(2, 3), _label(2, 3, dtype="int64"), T(2, 5, 3), call=_sparse_grad(from_logits=True, axis=1)),
     case(T(), _label(), T(5), call=_sparse_grad(from_logits=True)),
     special=(case(lit([1.0, 2.0, 3.0, 4.0]), lit([0, 2, 3, -1], "int32"), lit(np.ones((4, 3), np.float32)), call=_sparse_grad(from_logits=True)),
              case(lit([1.0, 2.0, 3.0, 4.0]), lit([0, 2, 3, -1], "int32"), lit(np.ones((4, 3), np.float32)), call=_sparse_grad())))  # fmt: skip
