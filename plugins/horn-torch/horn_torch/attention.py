"""Attention: PyTorch's fused kernels where they mean what the page means.

On the CPU that is the kernel which hands the logarithm of its sums to its gradient. It takes a mask
as a term of the scores, and where a query sees no key its gradient is not the page's; a bias and a
cap it does not differentiate. For these there are single operations.
"""

from __future__ import annotations

import math
from typing import Any, NamedTuple

import torch

from horn_torch.recorded import gradients, gradients_again, watched

_fused = torch.nn.functional.scaled_dot_product_attention
_flash = torch.ops.aten._scaled_dot_product_flash_attention_for_cpu.default
_flash_backward = torch.ops.aten._scaled_dot_product_flash_attention_for_cpu_backward.default


class _Flash(NamedTuple):
    """What the gradient of the fused kernel needs."""

    operands: tuple[torch.Tensor, ...]  # query, key and value with their heads second
    output: torch.Tensor  # likewise
    logarithms: torch.Tensor
    attrs: dict[str, Any]
    shared: int  # how many heads of the queries share one of the keys


class _Recording(NamedTuple):
    """What the gradient of single operations needs: leaves, and what autograd has recorded."""

    leaves: list[torch.Tensor]
    output: torch.Tensor


def _heads_second(query, key, value):
    """Return the operands with their heads second and as many of each, and how often a key is repeated."""
    shared = query.shape[2] // key.shape[2] if key.shape[2] else 1
    q, k, v = (x.transpose(1, 2) for x in (query, key, value))
    if shared > 1:
        k, v = k.repeat_interleave(shared, 1), v.repeat_interleave(shared, 1)
    return (q, k, v), shared


def dot_product_attention(query, key, value, bias, mask, **attrs):
    plain = bias is None and mask is None and attrs["attn_logits_soft_cap"] is None
    if plain and query.numel() and key.numel() and query.dtype is key.dtype is value.dtype:
        operands, _ = _heads_second(query, key, value)
        return _fused(*operands, is_causal=attrs["is_causal"], scale=attrs["scale"]).transpose(1, 2)
    run = None if watched((query, key, value, bias)) else _run_flash(query, key, value, bias, mask, attrs)
    return _by_parts(query, key, value, bias, mask, **attrs) if run is None else run.output.transpose(1, 2)


def _by_parts(query, key, value, bias, mask, scale, is_causal, flash_attention, attn_logits_soft_cap):
    """Return the result from single operations."""
    del flash_attention
    (q, k, v), _ = _heads_second(query, key, value)
    scale = 1.0 / math.sqrt(query.shape[3]) if scale is None else scale
    wide = torch.float32 if query.dtype in (torch.float16, torch.bfloat16) else query.dtype
    scores = torch.matmul(q.to(wide) * scale, k.to(wide).transpose(2, 3))
    if attn_logits_soft_cap is not None:
        scores = torch.tanh(scores / attn_logits_soft_cap) * attn_logits_soft_cap
    if bias is not None:
        scores = scores + bias.to(wide)
    seen = _seen(mask, is_causal, scores)
    if seen is not None:
        scores = torch.where(seen, scores, torch.finfo(wide).min)
    return torch.matmul(torch.softmax(scores, -1).to(query.dtype), v).transpose(1, 2)


def _seen(mask, is_causal, scores):
    """Return which keys each query may see, as bools that broadcast to the scores; None for all."""
    if not is_causal:
        return mask
    causal = torch.ones(scores.shape[-2:], dtype=torch.bool, device=scores.device).tril()
    return causal if mask is None else torch.logical_and(mask, causal)


# -- the kernel with its gradient --------------------------------------------------------------------


def _run_flash(query, key, value, bias, mask, attrs):
    """Return a run of the fused kernel, or None where it does not mean what the page means."""
    if bias is not None or attrs["attn_logits_soft_cap"] is not None or not (query.numel() and key.numel()):
        return None
    one_dtype = query.dtype is key.dtype is value.dtype and query.dtype in (torch.float32, torch.float64)
    if not one_dtype or not query.is_cpu or query.shape[3] != value.shape[3]:
        return None
    operands, shared = _heads_second(query, key, value)
    given = {"is_causal": attrs["is_causal"], "scale": attrs["scale"], "attn_mask": None}
    if mask is not None:
        scores = query.new_empty((query.shape[1], key.shape[1]))
        seen = _seen(mask, attrs["is_causal"], scores)
        seen = torch.broadcast_to(seen, torch.broadcast_shapes(seen.shape, scores.shape))
        if not bool(seen.any(-1).all()):
            return None
        term = query.new_zeros((1,) * (4 - seen.ndim) + seen.shape)
        term.masked_fill_(torch.logical_not(seen), torch.finfo(query.dtype).min)
        given |= {"is_causal": False, "attn_mask": term}
    operands = tuple(map(_rows, operands))
    output, logarithms = _flash(*operands, **given)
    return _Flash(operands, output, logarithms, given, shared)


def _rows(x):
    """Return a tensor whose last axis lies in one piece, without which the fused kernel does not look."""
    return x if x.stride(-1) == 1 else x.contiguous()


def forward(query, key, value, bias, mask, **attrs):
    """Return the result of `dot_product_attention`, and what its gradient needs."""
    run = _run_flash(query, key, value, bias, mask, attrs)
    if run is not None:
        return run.output.transpose(1, 2), run
    with torch.inference_mode(mode=False), torch.enable_grad():
        given = [x if x is None else x.clone() if x.is_inference() else x.detach() for x in (query, key, value, bias)]
        leaves = [x.requires_grad_() for x in given if x is not None]
        seen = mask.clone() if mask is not None and mask.is_inference() else mask
        output = _by_parts(*given, seen, **attrs)
        return output.detach(), _Recording(leaves, output)


def backward(residual, cotangent):
    """Return the gradients of `dot_product_attention` by query, key and value, and by a bias."""
    if isinstance(residual, _Recording):
        return gradients([residual.output], residual.leaves, [cotangent])
    given, run = _rows(cotangent.transpose(1, 2)), residual
    by_q, by_k, by_v = _flash_backward(given, *run.operands, run.output, run.logarithms, 0.0, **run.attrs)
    if run.shared > 1:
        by_k, by_v = (x.unflatten(1, (-1, run.shared)).sum(2) for x in (by_k, by_v))
    return tuple(x.transpose(1, 2) for x in (by_q, by_k, by_v))


def dot_product_attention_grad(cotangent, output, query, key, value, bias, mask, **attrs):
    del output
    operands = (query, key, value, bias)
    if watched((cotangent, *operands)):
        return gradients_again(_by_itself, (*operands, mask), [cotangent], **attrs)
    return backward(forward(*operands, mask, **attrs)[1], cotangent)


def _by_itself(*operands, **attrs):
    return [_by_parts(*operands, **attrs)]


KERNELS = {
    "dot_product_attention": dot_product_attention,
    "dot_product_attention_grad": dot_product_attention_grad,
}
RESIDUAL_KERNELS = {"dot_product_attention": (forward, backward)}
