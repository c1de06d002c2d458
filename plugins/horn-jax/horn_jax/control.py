"""Kernels of the control family: loops whose body is a program."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import jax
from jax import lax

from horn_jax.kernel import WIDE_NAMES, in_64_bits, is_wide, kernels

if TYPE_CHECKING:
    from horn.spec.program import Program


def scan(
    init: list[jax.Array],
    xs: list[jax.Array],
    captures: list[jax.Array],
    *,
    body: Program,
    length: int,
    reverse: bool,
    keep_carries: bool,
) -> tuple[jax.Array, ...]:
    """Run `body` along the first axis of `xs`, handing a carry from step to step."""
    n = len(init)

    def step(carry: list[jax.Array], slices: list[jax.Array]) -> Any:
        results = body(*carry, *slices, *captures)
        return list(results[:n]), [*results[n:], *(carry if keep_carries else ())]

    def run() -> tuple[jax.Array, ...]:
        last, rows = lax.scan(step, list(init), list(xs), length=length, reverse=reverse)
        return (*last, *rows)

    makes = any(out.spec.dtype in WIDE_NAMES for out in body.graph.outputs)
    return in_64_bits(run) if makes or is_wide((init, xs, captures)) else run()


kernels["scan"] = scan
