"""How a kernel is made: compiled once for each signature, and in 64 bits where its tensors are.

A cached call of a jitted function is as fast as JAX's own eager functions or faster, so every
kernel is one, with its attributes static. Inside of a trace it is inlined and leaves no call.

JAX narrows 64-bit tensors to 32 bits unless a setting says otherwise. That setting has a form that
holds for one block of one thread, `jax.enable_x64`, and a kernel that sees or makes a 64-bit
tensor runs in such a block. So float64 is float64 here, and the process keeps its own setting.
"""

from __future__ import annotations

import inspect
from typing import TYPE_CHECKING, Any

import jax
import numpy as np

if TYPE_CHECKING:
    from collections.abc import Callable

WIDE = frozenset(map(np.dtype, ("int64", "uint64", "float64")))
WIDE_NAMES = frozenset(dtype.name for dtype in WIDE)

kernels: dict[str, Callable[..., Any]] = {}
"""Op name to kernel, filled as the families are imported."""

residual_kernels: dict[str, tuple[Callable[..., Any], Callable[..., Any]]] = {}
"""Op name to a pair: the forward function with a residual, and the gradient from it."""


def kernel(function: Callable[..., Any]) -> Callable[..., Any]:
    """Register a function of tensors and keyword attributes as the kernel of the op of its name."""
    made = compiled(function)
    kernels[function.__name__.rstrip("_")] = made
    return made


def compiled(function: Callable[..., Any], *, nested: bool = False) -> Callable[..., Any]:
    """Return `function` jitted, its keyword-only parameters static, 64 bits wide where needed.

    Args:
        function: Takes tensors by position; an attribute `dtype` is the dtype of its result.
        nested: Whether its operands may be lists of tensors, or None.
    """
    static = [p.name for p in inspect.signature(function).parameters.values() if p.kind is p.KEYWORD_ONLY]
    jitted = jax.jit(function, static_argnames=static, inline=True)
    if nested:
        return _guarding_trees(jitted)
    return _guarding_results(jitted) if "dtype" in static else guarding(jitted)


def guarding(jitted: Callable[..., Any]) -> Callable[..., Any]:
    """Return a function that calls `jitted` in 64 bits where one of its tensors has them."""
    wide = WIDE  # a local name: this runs on every eager call

    def run(*operands: Any, **attrs: Any) -> Any:
        for x in operands:
            if x.dtype in wide:
                return in_64_bits(jitted, *operands, **attrs)
        return jitted(*operands, **attrs)

    return run


def _guarding_results(jitted: Callable[..., Any]) -> Callable[..., Any]:
    def run(*operands: Any, dtype: str, **attrs: Any) -> Any:
        if dtype in WIDE_NAMES or is_wide(operands):
            return in_64_bits(jitted, *operands, dtype=dtype, **attrs)
        return jitted(*operands, dtype=dtype, **attrs)

    return run


def _guarding_trees(jitted: Callable[..., Any]) -> Callable[..., Any]:
    def run(*operands: Any, **attrs: Any) -> Any:
        if is_wide(operands):
            return in_64_bits(jitted, *operands, **attrs)
        return jitted(*operands, **attrs)

    return run


def in_64_bits(function: Callable[..., Any], *args: Any, **kwargs: Any) -> Any:
    """Call `function` where JAX keeps 64-bit tensors as they are."""
    with jax.enable_x64(True):
        return function(*args, **kwargs)


def is_wide(tensors: Any) -> bool:
    """Return whether a 64-bit tensor is among `tensors`, a tree of tensors and None."""
    return any(leaf.dtype in WIDE for leaf in jax.tree.leaves(tensors))
