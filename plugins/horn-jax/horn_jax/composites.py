"""Kernels of the composites: the body of the page, compiled as a whole.

Run by itself a composite would cost one kernel call for each primitive of its body. XLA fuses
that body as well as anyone could by hand, so no composite needs code here: its kernel is its
page, traced once for each signature. Inside of a compiled step it is inlined.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from horn import dtypes
from horn.spec import ops
from horn.spec.program import Program, expand
from horn.spec.tensorspec import TensorSpec
from horn_jax.kernel import compiled

if TYPE_CHECKING:
    from collections.abc import Callable

    from horn.contract import Backend
    from horn.spec.op import Op


def composite_kernels(backend: Backend) -> dict[str, Callable[..., Any]]:
    """Return a kernel for each composite that `backend` has none for yet.

    What draws on the way, as `dropout` does, is left apart: it and its gradient then share one mask,
    which a step can draw together with those of other layers.
    """
    names = [name for name in ops if ops[name].is_composite and name not in backend.kernels]
    drawing = {name for name in names if {"key", "step"} < ops[name].operands.keys()}
    return {name: _kernel(ops[name], backend) for name in names if name not in drawing}


def _kernel(op: Op, backend: Backend) -> Callable[..., Any]:
    names = list(op.attribute_kinds)

    def body(*operands: Any, attrs: tuple[Any, ...]) -> Any:
        given = dict(zip(names, attrs, strict=True))
        leaves, form = op.flatten(operands)
        specs = [None if x is None else TensorSpec(x.shape, dtypes.canonical(x.dtype)) for x in leaves]
        program = Program(expand(op, specs, form, given), backend)
        present = [x for x in leaves if x is not None]
        return program.single(*present) if op.returns_single(specs, form, given) else program(*present)

    run = compiled(body, nested=True)

    def kernel(*operands: Any, **attrs: Any) -> Any:
        return run(*operands, attrs=tuple(attrs[name] for name in names))

    kernel.is_page = True  # type: ignore[attr-defined]  # see `Backend.kernels`
    return kernel
