"""Fused kernels under autograd: a pair of forward and backward functions as one of its functions."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

import torch

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence


class Pair(NamedTuple):
    """A fused kernel and its gradient.

    Attributes:
        forward: Operands and attributes to results and a residual.
        backward: ``(residual, cotangents)`` to the gradients by the operands that are floats.
        plain: What the kernel means in single operations, which can be differentiated twice.
    """

    forward: Callable[..., Any]
    backward: Callable[..., Any]
    plain: Callable[..., Any]


def watched(tensors: Sequence[Any]) -> bool:
    """Return whether autograd wants to know what is done with one of these tensors."""
    return torch.is_grad_enabled() and any(t is not None and t.requires_grad for t in tensors)


def recorded(pair: Pair, operands: Sequence[Any], **attrs: Any) -> Any:
    """Return the results of a fused kernel, whose gradient autograd takes from the pair."""
    return _Recorded.apply(pair, attrs, *operands)


class _Recorded(torch.autograd.Function):
    """One call of a fused kernel."""

    @staticmethod
    def forward(ctx: Any, pair: Pair, attrs: dict[str, Any], *operands: Any) -> Any:
        results, ctx.residual = pair.forward(*operands, **attrs)
        ctx.call = pair, attrs, operands
        return results

    @staticmethod
    def backward(ctx: Any, *cotangents: Any) -> Any:
        pair, attrs, operands = ctx.call
        if torch.is_grad_enabled():
            grads = gradients_again(pair.plain, operands, cotangents, **attrs)
        else:
            grads = pair.backward(ctx.residual, cotangents)
        rest = iter(grads)
        return None, None, *(next(rest) if _is_float(t) else None for t in operands)


def _is_float(t: Any) -> bool:
    return t is not None and t.is_floating_point()


def gradients_again(
    plain: Callable[..., Any], operands: Sequence[Any], cotangents: Sequence[Any], **attrs: Any
) -> tuple[Any, ...]:
    """Return the gradients by the operands that are floats, which can be differentiated once more."""
    given = [t.detach().requires_grad_() if _is_float(t) and not t.requires_grad else t for t in operands]
    outputs = plain(*given, **attrs)
    return gradients(outputs, [t for t in given if _is_float(t)], cotangents, again=True)


def gradients(
    outputs: Sequence[Any], leaves: Sequence[Any], cotangents: Sequence[Any], *, again: bool = False
) -> tuple[Any, ...]:
    """Return what autograd gives by each leaf for recorded outputs."""
    with torch.inference_mode(mode=False):
        plain = [t.clone() if t.is_inference() else t for t in cotangents]
        pairs = [(y, g) for y, g in zip(outputs, plain, strict=True) if y.requires_grad]
        grads = torch.autograd.grad(
            [y for y, _ in pairs], leaves, [g for _, g in pairs],
            create_graph=again, allow_unused=True, materialize_grads=True,
        )  # fmt: skip
    return tuple(g.contiguous() for g in grads)
