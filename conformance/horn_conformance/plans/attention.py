"""Plans of attention."""

from __future__ import annotations

import numpy as np

from horn.errors import ArgumentError, ShapeError
from horn.spec import ops
from horn_conformance.plan import T, case, fault, lit, plan

_UNIT = ("unit", "normal")
_Q, _K, _V = T(2, 3, 2, 4, of=_UNIT), T(2, 5, 2, 4, of=_UNIT), T(2, 5, 2, 3)
_SEEN = lit(np.array([[1, 1, 0, 1, 0], [1, 0, 1, 1, 1], [1, 0, 0, 0, 0]], bool), "bool")
# A query that sees nothing gives all keys the same share.
_NOTHING = lit(np.array([[1, 1, 0, 1, 0], [0, 0, 0, 0, 0], [1, 0, 0, 0, 0]], bool), "bool")
_SPECIAL = tuple(
    lit(np.linspace(-1.0, 1.0, int(np.prod(shape))).reshape(shape).astype("float32"))
    for shape in ((1, 3, 1, 2), (1, 5, 1, 2), (1, 5, 1, 3))
)
plan("dot_product_attention",
     case(T(11, 3, 2, 4, of=_UNIT), T(11, 5, 2, 4, of=_UNIT), T(11, 5, 2, 4), unknown=11), case(_Q, _K, _K, None, _SEEN),
     case(_Q, _K, _V, T(2, 1, 3, 5)), case(_Q, _K, _V, None, _SEEN), case(_Q, _K, _K, None, _SEEN, is_causal=True), case(_Q, _K, _K, None, _NOTHING),
     case(T(2, 3, 4, 4, of=_UNIT), _K, _K, is_causal=True),
     case(_Q, _K, _V, T(3, 5), _SEEN, scale=0.5, is_causal=True), case(_Q, _K, _V, is_causal=True), case(T(2, 3, 4, 4, of=_UNIT), _K, _V, attn_logits_soft_cap=0.5),
     case(T(1, 1, 1, 1), T(1, 1, 1, 1), T(1, 1, 1, 1), flash_attention=False),
     special=(case(*_SPECIAL, None, _NOTHING),),
     faults=(fault(ArgumentError, "by name", _Q, _K, _V, flash_attention=True), fault(ArgumentError, "cap", _Q, _K, _V, attn_logits_soft_cap=0.0),
             fault(ShapeError, "do not fit", _Q, _K, T(2, 4, 2, 3)), fault(ShapeError, "do not fit", T(2, 3, 3, 4), _K, _V)))  # fmt: skip


def _grad(cotangent, *operands, **attrs):
    output = ops.dot_product_attention(*operands, **attrs)
    return ops.dot_product_attention_grad(cotangent, output, *operands, **attrs)


# Each query sees two keys or more: the scores of one alone have no gradient but roundoff.
_SOME = lit(np.array([[1, 1, 0, 1, 0], [1, 0, 1, 1, 1], [1, 1, 0, 0, 0]], bool), "bool")
_BY_OUTPUT = T(2, 3, 2, 3)
plan("dot_product_attention_grad",
     case(T(11, 3, 2, 3), T(11, 3, 2, 4, of=_UNIT), T(11, 5, 2, 4, of=_UNIT), T(11, 5, 2, 3), call=_grad, unknown=11),
     case(T(2, 3, 2, 4), _Q, _K, _K, None, _SOME, call=_grad, scale=0.5), case(_BY_OUTPUT, _Q, _K, _V, T(2, 1, 3, 5), _SOME, call=_grad),
     case(T(2, 3, 2, 4), _Q, _K, _K, None, _SEEN, call=_grad, is_causal=True),
     case(T(2, 3, 4, 4), T(2, 3, 4, 4, of=_UNIT), _K, _K, call=_grad), case(T(2, 3, 4, 3), T(2, 3, 4, 4, of=_UNIT), _K, _V, call=_grad, attn_logits_soft_cap=0.5),
     special=(case(T(2, 3, 2, 4, of="normal"), _Q, _K, _K, None, _NOTHING, call=_grad),))  # fmt: skip
