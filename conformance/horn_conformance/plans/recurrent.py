"""Plans of the recurrent family."""

from __future__ import annotations

import numpy as np

from horn.errors import ShapeError
from horn.spec import ops
from horn_conformance.plan import T, case, fault, lit, plan


def _weights(batch, time, features, units):
    return (
        T(batch, time, features), T(batch, units), T(batch, units),
        T(features, 4 * units), T(units, 4 * units), T(4 * units),
    )  # fmt: skip


def _grad(**attrs):
    def call(by_output, by_h, by_c, *operands):
        return ops.lstm_grad(by_output, by_h, by_c, *ops.lstm(*operands, **attrs), *operands, **attrs)

    return call


_SEEN = lit(np.array([[1, 1, 1, 0, 0], [0, 1, 0, 1, 1]], bool), "bool")
plan("lstm",
     case(*_weights(11, 3, 2, 3), unknown=11), case(*_weights(2, 5, 3, 4), _SEEN, go_backwards=True),
     case(*_weights(2, 5, 3, 4), _SEEN), case(*_weights(2, 5, 3, 4), go_backwards=True), case(*_weights(1, 1, 1, 1)),
     case(*_weights(2, 0, 3, 2)),
     faults=(fault(ShapeError, "weights", *_weights(2, 3, 2, 3)[:3], T(5, 12), T(3, 12), T(12)),
             fault(ShapeError, "mask", *_weights(2, 3, 2, 3), _SEEN)))  # fmt: skip
plan("lstm_grad",
     case(T(11, 3, 3), T(11, 3), T(11, 3), *_weights(11, 3, 2, 3), call=_grad(), unknown=11),
     case(T(2, 5, 4), T(2, 4), T(2, 4), *_weights(2, 5, 3, 4), _SEEN, call=_grad(go_backwards=True)),
     case(T(2, 5, 4), T(2, 4), T(2, 4), *_weights(2, 5, 3, 4), call=_grad(go_backwards=True)))  # fmt: skip


def _three(batch, time, features, units, *rows):
    return (
        T(batch, time, features), T(batch, units), T(features, 3 * units), T(units, 3 * units), T(*rows, 3 * units)
    )  # fmt: skip


def _gru_grad(**attrs):
    def call(by_output, by_h, *operands):
        return ops.gru_grad(by_output, by_h, *ops.gru(*operands, **attrs), *operands, **attrs)

    return call


_AFTER, _BEFORE = _three(2, 5, 3, 4, 2), _three(2, 5, 3, 4)
plan("gru",
     case(*_three(11, 3, 2, 3, 2), unknown=11), case(*_AFTER, _SEEN, go_backwards=True), case(*_AFTER, _SEEN),
     case(*_BEFORE, _SEEN, reset_after=False, go_backwards=True), case(*_three(2, 3, 2, 2), reset_after=False),
     case(*_AFTER, go_backwards=True), case(*_three(1, 1, 1, 1, 2)), case(*_three(2, 0, 3, 2, 2)),
     faults=(fault(ShapeError, "weights", *_three(2, 3, 2, 3)), fault(ShapeError, "mask", *_three(2, 3, 2, 3, 2), _SEEN)))  # fmt: skip
plan("gru_grad",
     case(T(11, 3, 3), T(11, 3), *_three(11, 3, 2, 3, 2), call=_gru_grad(), unknown=11),
     case(T(2, 5, 4), T(2, 4), *_AFTER, _SEEN, call=_gru_grad(go_backwards=True)),
     case(T(2, 5, 4), T(2, 4), *_BEFORE, _SEEN, call=_gru_grad(reset_after=False)))  # fmt: skip
