"""Attention: what each query takes from the values, by how well it fits their keys."""

from __future__ import annotations

import math

from horn import dtypes
from horn.errors import ArgumentError, ShapeError
from horn.spec.laws import show
from horn.spec.op import Tensor, composite, ops


@composite(promote=("query", "key", "value"), to_float=True, booleans=("mask",))
def dot_product_attention(
    query: Tensor,
    key: Tensor,
    value: Tensor,
    bias: Tensor | None = None,
    mask: Tensor | None = None,
    scale: float | None = None,
    is_causal: bool = False,
    flash_attention: bool | None = None,
    attn_logits_soft_cap: float | None = None,
):
    """Return ``softmax(query @ key.T * scale + bias) @ value`` for each head.

    The softmax is taken in float32 at least. Where a query is left no key, all keys get the same
    share. A number of heads of the queries that is a multiple of that of the keys shares each key
    among as many queries.

    Args:
        query: What is looked for.
        key: What it is compared with.
        value: What is returned, mixed.
        bias: Added to the scaled products; what broadcasts to (batch, heads, queries, keys).
        mask: Whether a query may see a key; what broadcasts to (batch, heads, queries, keys).
        scale: The factor of the products; None for one over the root of the size of a key.
        is_causal: Whether query i sees only the keys up to i.
        flash_attention: Not a question of meaning: each backend has one kernel. None or False.
        attn_logits_soft_cap: c for ``c * tanh(products / c)`` in place of the products; None for none.

    Shapes:
        query:   (batch, queries, heads, size)
        key:     (batch, keys, key heads, size)
        value:   (batch, keys, key heads, value size)
        returns: (batch, queries, heads, value size)

    Example:
        >>> one = np.ones((1, 2, 1, 1))
        >>> ops.dot_product_attention(one, one, one * np.array([[[[2.0]], [[4.0]]]]))[0, :, 0, 0]
        array([3., 3.])

    Reference:
        Vaswani et al., Attention Is All You Need, arXiv:1706.03762, section 3.2.1; for shared keys
        Ainslie et al., arXiv:2305.13245; for the cap Gemma Team, arXiv:2408.00118.
    """
    _check(query, key, value, flash_attention, attn_logits_soft_cap)
    queries, shared = query.shape[2], key.shape[2]
    if queries != shared:
        key, value = (ops.repeat(x, queries // shared, axis=2) for x in (key, value))
    q, k, v = (ops.transpose(x, (0, 2, 1, 3)) for x in (query, key, value))
    scale = 1.0 / math.sqrt(query.shape[3]) if scale is None else scale
    wide = "float32" if query.dtype in ("float16", "bfloat16") else query.dtype
    scores = ops.cast(ops.matmul(q * scale, ops.swapaxes(k, -1, -2)), wide)
    if attn_logits_soft_cap is not None:
        scores = ops.tanh(scores / attn_logits_soft_cap) * attn_logits_soft_cap
    if bias is not None:
        scores = scores + ops.cast(bias, wide)
    seen = mask
    if is_causal:
        order = ops.expand_dims(ops.arange(q.shape[2], dtype="int32"), 1)
        causal = ops.greater_equal(order, ops.expand_dims(ops.arange(k.shape[2], dtype="int32"), 0))
        seen = causal if mask is None else ops.logical_and(mask, causal)
    if seen is not None:
        # As low as the dtype goes, and no infinity: a query that sees nothing stays finite.
        scores = ops.where(seen, scores, -dtypes.largest(wide))
    weights = ops.cast(ops.softmax(scores, axis=-1), query.dtype)
    return ops.transpose(ops.matmul(weights, v), (0, 2, 1, 3))


def _check(query, key, value, flash, cap):
    if flash:
        raise ArgumentError(
            "dot_product_attention was asked for a kernel by name.",
            expected="flash_attention=None or False: each backend takes its fastest kernel by itself",
            got=f"flash_attention={flash!r}",
            remedy="leave flash_attention away",
        )
    if cap is not None and not 0.0 < cap < math.inf:
        raise ArgumentError(
            "dot_product_attention was given a cap that is none.",
            expected="attn_logits_soft_cap above zero, or None",
            got=f"attn_logits_soft_cap={cap!r}",
            remedy="write attn_logits_soft_cap=50.0, for example",
        )
    shapes = [x.shape for x in (query, key, value)]
    fits = all(len(shape) == 4 for shape in shapes)
    fits = fits and shapes[0][3] == shapes[1][3] and shapes[1][1:3] == shapes[2][1:3]
    fits = fits and shapes[0][0] == shapes[1][0] == shapes[2][0] and shapes[0][2] % shapes[1][2] == 0
    if not fits:
        raise ShapeError(
            "dot_product_attention was given shapes that do not fit.",
            expected="(batch, queries, heads, size), (batch, keys, key heads, size), (batch, keys, key heads, any)",
            got=", ".join(show(shape) for shape in shapes),
            remedy="put the heads on axis 2; those of the queries are a multiple of those of the keys",
        )
