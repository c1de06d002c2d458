"""One draw of one case: its values, its graph, and how it is run on a backend."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, Any

import numpy as np

from horn import dtypes, tree
from horn.spec.boxes import pullback
from horn.spec.graph import spec_of, trace
from horn_conformance.plan import PLANS, seed_of
from horn_conformance.values import draw

if TYPE_CHECKING:
    from collections.abc import Sequence

    from horn.contract import Backend
    from horn.spec.graph import Graph
    from horn_conformance.plan import Case


LAYOUTS = ("plain", "turned", "shared")


class Trial:
    """A case with values.

    Args:
        case: The configuration.
        dtype: The dtype under test.
        round_: Which recipe each operand is drawn from.
        seed: Of the values.
        layout: ``"plain"``; ``"turned"`` for operands that are transposed views on the device;
            ``"shared"`` for one tensor in place of two of the same shape.
    """

    def __init__(self, case: Case, dtype: str, round_: int = 0, seed: int = 0, layout: str = "plain") -> None:
        self.case, self.dtype, self.round, self.seed, self.layout = case, dtype, round_, seed, layout
        self.key = (case.op, id(case), dtype, round_, seed, layout == "shared")
        self.operands = case.arrays(round_, seed, dtype, shared=layout == "shared")
        self.leaves = [leaf for leaf in tree.flatten(self.operands) if leaf is not None]
        self.specs = tuple(spec_of(leaf) for leaf in self.leaves)
        self.floats = [i for i, spec in enumerate(self.specs) if dtypes.is_float(spec.dtype)]

    # -- what is computed ------------------------------------------------------------------------

    def forward(self, *leaves: Any) -> list[Any]:
        """Return the results for operand leaves of any kind: tensors, symbols, boxes."""
        rest = iter(leaves)
        flat = [None if leaf is None else next(rest) for leaf in tree.flatten(self.operands)]
        result = self.case.run(*tree.unflatten(self.operands, flat))
        return [leaf for leaf in tree.flatten(result) if leaf is not None]

    def joint(self, *values: Any) -> list[Any]:
        """Return results and gradients for operand leaves, followed by cotangents."""
        leaves, cotangents = list(values[: len(self.leaves)]), list(values[len(self.leaves) :])

        def watched(*floats: Any) -> list[Any]:
            for i, value in zip(self.floats, floats, strict=True):
                leaves[i] = value
            return self.forward(*leaves)

        results, back = pullback(watched, *[leaves[i] for i in self.floats])
        given = iter(cotangents)
        gradients = back([next(given) if dtypes.is_float(spec_of(y).dtype) else None for y in results])
        return [*results, *gradients]

    def outputs(self) -> list[Any]:
        """Return the spec of each result, as the laws say."""
        return [out.spec for out in _graph(self.case, self.dtype, "forward").outputs]

    @property
    def has_gradient(self) -> bool:
        """Whether a float result may depend on a float operand."""
        return bool(self.floats) and any(dtypes.is_float(spec.dtype) for spec in self.outputs())

    @property
    def cotangent_draws(self) -> list[tuple[str, int, Any]]:
        """Recipe, seed and spec of the cotangent of each float result."""
        recipe = "ints" if self.holds_integers else "normal"
        floats = [spec for spec in self.outputs() if dtypes.is_float(spec.dtype)]
        return [(recipe, self.seed ^ (i + 1), spec) for i, spec in enumerate(floats)]

    @property
    def cotangents(self) -> list[np.ndarray]:
        """A cotangent for each float result; integers where every operand holds integers."""
        return [draw(recipe, seed, spec.shape, spec.dtype) for recipe, seed, spec in self.cotangent_draws]

    @property
    def sources(self) -> list[tuple[str, int] | None]:
        """Recipe and seed of each operand leaf; None for fixed values."""
        args = tree.flatten(list(self.case.operands))
        return [
            (arg.recipes[self.round % len(arg.recipes)], seed_of(self.seed, i)) if arg.recipes else None
            for i, arg in enumerate(args)
            if arg is not None
        ]

    @property
    def holds_integers(self) -> bool:
        """Whether each float operand holds small integers alone."""
        with np.errstate(invalid="ignore"):
            values = [self.leaves[i].astype(np.float64) for i in self.floats]
            return all(np.all((x == np.round(x)) & (np.abs(x) < 64)) for x in values)

    def values(self, kind: str) -> list[np.ndarray]:
        """Return the arrays that the graph of a kind takes."""
        return [*self.leaves, *self.cotangents] if kind == "joint" else list(self.leaves)

    def graph(self, kind: str) -> tuple[Graph, list[np.ndarray]]:
        """Return the graph of ``"forward"`` or ``"joint"`` and its inputs."""
        return _graph(self.case, self.dtype, kind), self.values(kind)

    @property
    def unit(self) -> str:
        """The dtype whose roundoff counts."""
        floats = [spec.dtype for spec in (*self.specs, *self.outputs()) if dtypes.is_float(spec.dtype)]
        fixed = PLANS[self.case.op].takes == "none"
        return floats[-1] if fixed and floats else self.dtype if dtypes.is_float(self.dtype) else "float32"

    # -- how it is run -----------------------------------------------------------------------------

    def tensors(self, backend: Backend, arrays: Sequence[np.ndarray]) -> list[Any]:
        """Return tensors of the backend; one array that occurs twice becomes one tensor."""
        made: dict[int, Any] = {}
        for array in arrays:
            if id(array) not in made:
                made[id(array)] = self._tensor(backend, array)
        return [made[id(array)] for array in arrays]

    def _tensor(self, backend: Backend, array: np.ndarray) -> Any:
        dtype = dtypes.canonical(array.dtype)
        if self.layout != "turned" or array.ndim < 2 or "transpose" not in backend.kernels:
            return backend.asarray(array, dtype)
        turned = backend.asarray(np.ascontiguousarray(array.T), dtype)
        return backend.kernels["transpose"](turned, axes=tuple(range(array.ndim))[::-1])


@lru_cache(maxsize=4096)
def _graph(case: Case, dtype: str, kind: str) -> Graph:
    trial = Trial(case, dtype)
    specs = list(trial.specs)
    if kind == "joint":
        specs += [spec for spec in trial.outputs() if dtypes.is_float(spec.dtype)]
    return trace(trial.joint if kind == "joint" else trial.forward, specs)[0]


def forget_graphs() -> None:
    """Trace anew from here on: for pages that were changed."""
    _graph.cache_clear()
