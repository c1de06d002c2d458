"""Attention: PyTorch's fused kernel where it means what the page means, which is without mask, bias and cap.

With a mask, a query that sees no key gets equal shares on the page; PyTorch's kernels do not agree on that.
"""

from __future__ import annotations

import math

import torch

_fused = torch.nn.functional.scaled_dot_product_attention


def dot_product_attention(
    query, key, value, bias, mask, scale, is_causal, flash_attention, attn_logits_soft_cap
):
    shared = query.shape[2] // key.shape[2] if key.shape[2] else 1
    q, k, v = (x.transpose(1, 2) for x in (query, key, value))
    if shared > 1:
        k, v = k.repeat_interleave(shared, 1), v.repeat_interleave(shared, 1)
    plain = bias is None and mask is None and attn_logits_soft_cap is None and query.numel() and key.numel()
    if plain and query.dtype is key.dtype is value.dtype:
        return _fused(q, k, v, is_causal=is_causal, scale=scale).transpose(1, 2)
    scale = 1.0 / math.sqrt(query.shape[3]) if scale is None else scale
    wide = torch.float32 if query.dtype in (torch.float16, torch.bfloat16) else query.dtype
    scores = torch.matmul(q * scale, k.transpose(2, 3)).to(wide)
    if attn_logits_soft_cap is not None:
        scores = torch.tanh(scores / attn_logits_soft_cap) * attn_logits_soft_cap
    if bias is not None:
        scores = scores + bias.to(wide)
    seen = mask
    if is_causal:
        causal = torch.ones(scores.shape[2:], dtype=torch.bool, device=scores.device).tril()
        seen = causal if mask is None else torch.logical_and(mask, causal)
    if seen is not None:
        scores = torch.where(seen, scores, torch.finfo(wide).min)
    return torch.matmul(torch.softmax(scores, -1).to(query.dtype), v).transpose(1, 2)


KERNELS = {"dot_product_attention": dot_product_attention}
