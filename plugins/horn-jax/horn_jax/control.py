"""Kernels of the control family: loops whose body is a program."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import jax
import numpy as np
from jax import lax

from horn.spec.graph import Graph, Symbol
from horn_jax.kernel import WIDE_NAMES, compiled, in_64_bits, kernels

if TYPE_CHECKING:
    from horn.spec.program import Program


class _Body:
    """A program as a static attribute: equal to any other that says the same.

    A function that is scanned eagerly is recorded anew at each call. JAX compiles it once all the
    same, since what it is compared by is what the record says.
    """

    def __init__(self, program: Program) -> None:
        self.program = program
        self._content = _content(program.graph)
        self._hash = hash(self._content)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Body) and self._content == other._content

    def __hash__(self) -> int:
        return self._hash


def _content(graph: Graph) -> Any:
    """Return all that a graph says, hashable."""
    names: dict[int, Any] = {id(symbol): i for i, symbol in enumerate(graph.inputs)}

    def name(held: Any) -> Any:
        if held is None or isinstance(held, Symbol):
            return names.get(id(held))
        value = held.value
        return (held.spec, value.tobytes() if isinstance(value, np.ndarray) else id(value))

    said: list[Any] = [tuple(symbol.spec for symbol in graph.inputs)]
    for number, node in enumerate(graph.nodes):
        attrs = [(key, type(x), _content(x) if isinstance(x, Graph) else x) for key, x in node.attrs.items()]
        said.append((node.op.name, tuple(map(name, node.inputs)), node.form, tuple(attrs)))
        names.update({id(out): (number, out.index) for out in node.outputs})
    return (*said, tuple(map(name, graph.outputs)))


def _scan(
    init: list[jax.Array],
    xs: list[jax.Array],
    captures: list[jax.Array],
    *,
    body: _Body,
    length: int,
    reverse: bool,
    keep_carries: bool,
) -> tuple[jax.Array, ...]:
    n, program = len(init), body.program

    def step(carry: list[jax.Array], slices: list[jax.Array]) -> Any:
        results = program(*carry, *slices, *captures)
        return list(results[:n]), [*results[n:], *(carry if keep_carries else ())]

    last, rows = lax.scan(step, list(init), list(xs), length=length, reverse=reverse)
    return (*last, *rows)


_run = compiled(_scan, nested=True)


def scan(
    init: list[jax.Array], xs: list[jax.Array], captures: list[jax.Array], *, body: Program, **attrs: Any
) -> tuple[jax.Array, ...]:
    """Run `body` along the first axis of `xs`, handing a carry from step to step."""
    makes = any(out.spec.dtype in WIDE_NAMES for out in body.graph.outputs)
    static = _Body(body)
    if makes:
        return in_64_bits(_run, init, xs, captures, body=static, **attrs)
    return _run(init, xs, captures, body=static, **attrs)


kernels["scan"] = scan
