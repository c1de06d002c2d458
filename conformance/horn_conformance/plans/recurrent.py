"""Plans of the recurrent family."""

from __future__ import annotations

from horn.errors import ShapeError
from horn.spec import ops
from horn_conformance.plan import T, case, fault, plan


def _weights(batch, time, features, units):
    return (
        T(batch, time, features), T(batch, units), T(batch, units),
        T(features, 4 * units), T(units, 4 * units), T(4 * units),
    )  # fmt: skip


def _grad(**attrs):
    def call(by_output, by_h, by_c, *operands):
        return ops.lstm_grad(by_output, by_h, by_c, *ops.lstm(*operands, **attrs), *operands, **attrs)

    return call


plan("lstm",
     case(*_weights(11, 3, 2, 3), unknown=11), case(*_weights(2, 5, 3, 4), go_backwards=True), case(*_weights(1, 1, 1, 1)),
     case(*_weights(2, 0, 3, 2)),
     faults=(fault(ShapeError, "weights", *_weights(2, 3, 2, 3)[:3], T(5, 12), T(3, 12), T(12)),))  # fmt: skip
plan("lstm_grad",
     case(T(11, 3, 3), T(11, 3), T(11, 3), *_weights(11, 3, 2, 3), call=_grad(), unknown=11),
     case(T(2, 5, 4), T(2, 4), T(2, 4), *_weights(2, 5, 3, 4), call=_grad(go_backwards=True)))  # fmt: skip


def _three(batch, time, features, units, *rows):
    return (
        T(batch, time, features), T(batch, units), T(features, 3 * units), T(units, 3 * units), T(*rows, 3 * units)
    )  # fmt: skip


plan("gru",
     case(*_three(11, 3, 2, 3, 2), unknown=11), case(*_three(2, 5, 3, 4, 2), go_backwards=True), case(*_three(1, 1, 1, 1, 2)),
     case(*_three(2, 4, 3, 2), reset_after=False), case(*_three(2, 3, 2, 2), reset_after=False, go_backwards=True),
     case(*_three(2, 0, 3, 2, 2)),
     faults=(fault(ShapeError, "weights", *_three(2, 3, 2, 3)),))  # fmt: skip
