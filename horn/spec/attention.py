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

    The products and their softmax are taken in float32 at least. Where a query is left no key, all
    keys get the same share. A number of heads of the queries that is a multiple of that of the keys
    shares each key among as many queries.

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
    q, k, v = _heads_second(query, key, value)
    scores, _ = _scores(q, k, bias, scale, attn_logits_soft_cap)
    seen = _seen(q, k, mask, is_causal)
    if seen is not None:
        # As low as the dtype goes, and no infinity: a query that sees nothing stays finite.
        scores = ops.where(seen, scores, -dtypes.largest(scores.dtype))
    weights = ops.cast(ops.softmax(scores, axis=-1), query.dtype)
    return ops.transpose(ops.matmul(weights, v), (0, 2, 1, 3))


def _heads_second(query, key, value):
    """Return the operands with their heads second, and as many heads of the keys as of the queries."""
    queries, shared = query.shape[2], key.shape[2]
    if queries != shared:
        key, value = (ops.repeat(x, queries // shared, axis=2) for x in (key, value))
    return tuple(ops.transpose(x, (0, 2, 1, 3)) for x in (query, key, value))


def _scale(q, scale):
    return 1.0 / math.sqrt(q.shape[3]) if scale is None else scale


def _scores(q, k, bias, scale, cap):
    """Return the scores before masking, in float32 at least, and the tanh of them that a cap takes."""
    wide, squashed = "float32" if q.dtype in ("float16", "bfloat16") else q.dtype, None
    scores = ops.matmul(ops.cast(q, wide) * _scale(q, scale), ops.swapaxes(ops.cast(k, wide), -1, -2))
    if cap is not None:
        squashed = ops.tanh(scores / cap)
        scores = squashed * cap
    return (scores if bias is None else scores + ops.cast(bias, wide)), squashed


def _seen(q, k, mask, is_causal):
    """Return which keys each query may see, as bools that broadcast to the scores; None for all."""
    if not is_causal:
        return mask
    order = ops.expand_dims(ops.arange(q.shape[2], dtype="int32"), 1)
    causal = ops.greater_equal(order, ops.expand_dims(ops.arange(k.shape[2], dtype="int32"), 0))
    return causal if mask is None else ops.logical_and(mask, causal)


@dot_product_attention.vjp
def _(cotangent, output, query, key, value, bias, mask, **attrs):
    grads = ops.dot_product_attention_grad(cotangent, output, query, key, value, bias, mask, **attrs)
    return (*grads, None, None) if bias is None else (*grads, None)


@composite(gradient_of="dot_product_attention")
def dot_product_attention_grad(
    cotangent: Tensor,
    output: Tensor,
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
    """Return the gradients of `dot_product_attention` by query, key and value, and by a bias if there is one.

    The mean of the gradients by a query's weights, which that of the softmax subtracts, is the
    product of the cotangent with the output: a sum over the values and not over the keys.

    Reference:
        Dao et al., arXiv:2205.14135, appendix B.2.
    """
    del flash_attention
    q, k, v = _heads_second(query, key, value)
    scores, squashed = _scores(q, k, bias, scale, attn_logits_soft_cap)
    seen, wide = _seen(q, k, mask, is_causal), scores.dtype
    if seen is not None:
        scores = ops.where(seen, scores, -dtypes.largest(wide))
    weights = ops.softmax(scores, axis=-1)
    given, result = (ops.transpose(x, (0, 2, 1, 3)) for x in (cotangent, output))
    by_v = ops.matmul(ops.swapaxes(ops.cast(weights, query.dtype), -1, -2), given)
    by_weights = ops.cast(ops.matmul(given, ops.swapaxes(v, -1, -2)), wide)
    mean = ops.sum(ops.cast(given, wide) * ops.cast(result, wide), axis=-1, keepdims=True)
    by_scores = weights * (by_weights - mean)
    if seen is not None:
        by_scores = ops.where(seen, by_scores, 0.0)
    by_bias = () if bias is None else (ops.cast(_summed(by_scores, bias.shape), bias.dtype),)
    if squashed is not None:
        by_scores = by_scores * (1.0 - ops.square(squashed))
    by_scores = ops.cast(by_scores, query.dtype) * _scale(q, scale)
    by_q, by_k = ops.matmul(by_scores, k), ops.matmul(ops.swapaxes(by_scores, -1, -2), q)
    by_query, by_key, by_value = (ops.transpose(x, (0, 2, 1, 3)) for x in (by_q, by_k, by_v))
    return by_query, _shared(by_key, key.shape), _shared(by_value, value.shape), *by_bias


def _shared(by_heads, shape):
    """Return a gradient summed over the queries' heads that share one of the keys."""
    if by_heads.shape[2] == shape[2]:
        return by_heads
    return ops.sum(ops.reshape(by_heads, (*shape[:3], by_heads.shape[2] // shape[2], shape[3])), axis=3)


def _summed(by_scores, shape):
    """Return a gradient by the scores, summed over the axes along which a bias was stretched."""
    extra = 4 - len(shape)
    sizes = zip(by_scores.shape[extra:], shape, strict=True)
    stretched = [extra + i for i, (size, own) in enumerate(sizes) if size != own]
    return ops.reshape(ops.sum(by_scores, axis=(*range(extra), *stretched)), shape)


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
