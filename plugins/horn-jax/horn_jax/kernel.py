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
_WIDE_NAMES = frozenset(dtype.name for dtype in WIDE)

kernels: dict[str, Callable[..., Any]] = {}
"""Op name to kernel, filled as the families are imported."""


def kernel(function: Callable[..., Any]) -> Callable[..., Any]:
    """Register a function of tensors and keyword attributes as the kernel of the op of its name."""
    made = compiled(function)
    kernels[function.__name__.rstrip("_")] = made
    return made


def compiled(function: Callable[..., Any]) -> Callable[..., Any]:
    """Return `function` jitted, its keyword-only parameters static, 64 bits wide where needed.

    Args:
        function: Takes tensors by position; one called ``*operands`` may take lists and None.
    """
    parameters = inspect.signature(function).parameters.values()
    static = [p.name for p in parameters if p.kind is p.KEYWORD_ONLY]
    nested = any(p.kind is p.VAR_POSITIONAL or "list" in str(p.annotation) for p in parameters)
    return widened(jax.jit(function, static_argnames=static, inline=True), "dtype" in static, nested)


def widened(jitted: Callable[..., Any], makes: bool, nested: bool) -> Callable[..., Any]:  # noqa: FBT001
    """Return a function that calls `jitted` in 64 bits where an operand or the result has them.

    Args:
        jitted: What to call.
        makes: Whether an attribute `dtype` names the dtype of the result.
        nested: Whether operands may be lists or None.
    """
    wide = WIDE  # a local name: this runs on every eager call

    def run(*operands: Any, **attrs: Any) -> Any:
        for x in operands:
            if x.dtype in wide:
                return in_64_bits(jitted, *operands, **attrs)
        return jitted(*operands, **attrs)

    def run_nested(*operands: Any, **attrs: Any) -> Any:
        if is_wide(operands):
            return in_64_bits(jitted, *operands, **attrs)
        return jitted(*operands, **attrs)

    def run_making(*operands: Any, **attrs: Any) -> Any:
        if attrs["dtype"] in _WIDE_NAMES or any(x.dtype in wide for x in operands):
            return in_64_bits(jitted, *operands, **attrs)
        return jitted(*operands, **attrs)

    return run_making if makes else run_nested if nested else run


def in_64_bits(function: Callable[..., Any], *args: Any, **kwargs: Any) -> Any:
    """Call `function` where JAX keeps 64-bit tensors as they are."""
    with jax.enable_x64(True):
        return function(*args, **kwargs)


def is_wide(tensors: Any) -> bool:
    """Return whether a 64-bit tensor is among `tensors`, a tree of tensors and None."""
    return any(leaf.dtype in WIDE for leaf in jax.tree.leaves(tensors))
