"""The dtypes of PyTorch by their names, and what to do with those that it hardly computes with."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import torch

from horn import dtypes
from horn.errors import DTypeError, UnsupportedOpError

if TYPE_CHECKING:
    from collections.abc import Callable

NATIVE: dict[str, torch.dtype] = {name: getattr(torch, name) for name in dtypes.ALL if name != "string"}

WIDE_UNSIGNED = frozenset((torch.uint16, torch.uint32, torch.uint64))
"""PyTorch stores, moves and casts these, but has no arithmetic for them."""


def native(name: str) -> torch.dtype:
    """Return the dtype of PyTorch with a canonical name."""
    found = NATIVE.get(name)
    if found is None:
        raise DTypeError(
            f"PyTorch has no tensors of {name}.",
            expected=f"one of {', '.join(NATIVE)}",
            got=name,
            remedy="encode strings as integers before they reach the model",
        )
    return found


def widening(kernel: Callable[..., Any]) -> Callable[..., Any]:
    """Return a kernel without attributes that also takes uint16 and uint32, through int64."""

    def run(*operands: Any) -> Any:
        try:
            return kernel(*operands)
        except NotImplementedError:
            return widened(kernel, *operands)

    run.__name__ = run.__qualname__ = kernel.__name__
    return run


def widened(kernel: Callable[..., Any], *operands: Any, **attrs: Any) -> Any:
    """Return what a kernel makes of its operands in int64, in the dtype of the first again.

    The low bits of a sum or product do not depend on the higher ones, so integers wrap around as
    they should.

    Raises:
        UnsupportedOpError: No operand is of such a dtype, or one is uint64, which int64 cannot hold.
    """
    narrow = [x.dtype for x in operands if x.dtype in WIDE_UNSIGNED]
    if not narrow or torch.uint64 in narrow:
        raise UnsupportedOpError(
            f"PyTorch cannot compute {kernel.__name__} of these dtypes.",
            expected="bool, an integer other than uint64, or a float",
            got=" and ".join(dtypes.canonical(x.dtype) for x in operands),
            remedy="cast the operands to int64 first, or use another backend",
        )
    wide = [x.to(torch.int64) if x.dtype in WIDE_UNSIGNED else x for x in operands]
    result = kernel(*wide, **attrs)
    own = operands[0].dtype
    return result.to(own) if own in WIDE_UNSIGNED and result.dtype is torch.int64 else result
