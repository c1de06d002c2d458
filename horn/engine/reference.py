"""The float64 reference: a graph interpreted by the bodies of its pages, and by nothing else.

It is the oracle of conformance and of `validate`. It runs no kernel of any backend: composites are
expanded, and each primitive is the NumPy of its page. Floats of every width become float64,
constants and `dtype` attributes included; integers and bools stay what they are.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from weakref import WeakKeyDictionary

import numpy as np

from horn import dtypes
from horn.contract import Backend
from horn.spec import ops
from horn.spec.graph import Graph, Literal
from horn.spec.program import lower, native_literal

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from horn.spec.graph import Node
    from horn.spec.op import Op

    Noise = Callable[[Node | None, Sequence[Any], tuple[Any, ...]], tuple[Any, ...]]


def widen(value: Any) -> np.ndarray:
    """Return `value` as NumPy, with any float (bfloat16 included) as float64."""
    array = np.asarray(value)
    return array.astype(np.float64) if dtypes.is_float(dtypes.canonical(array.dtype)) else array


class Reference(Backend):
    """The pages as a backend, so that ``Program(graph, reference.backend)`` runs too.

    It is never registered: its tensors are NumPy's, which belong to the NumPy backend.
    """

    name = "reference"
    capabilities = frozenset({"float64"})
    tensor_types = (np.ndarray, np.generic)

    def __init__(self) -> None:
        self.kernels = {name: _kernel(ops[name]) for name in ops if not ops[name].is_composite}

    def asarray(self, value: Any, dtype: str | None = None) -> np.ndarray:
        """Return `value` as NumPy; `dtype` matters only where it is no float."""
        if dtype is None or dtypes.is_float(dtype):
            return widen(value)
        return np.array(value, dtypes.numpy_dtype(dtype))

    def to_numpy(self, tensor: Any) -> np.ndarray:
        """Return the tensor, which is NumPy's already."""
        return np.asarray(tensor)

    def describe(self, tensor: Any) -> tuple[tuple[int, ...], str]:
        """Return the shape and the canonical dtype."""
        return tensor.shape, dtypes.canonical(tensor.dtype)


def _kernel(op: Op) -> Callable[..., Any]:
    named = [name for name, kind in op.attribute_kinds.items() if kind.startswith("DType")]

    def kernel(*operands: Any, **attrs: Any) -> Any:
        for name in named:
            if attrs.get(name) in dtypes.FLOATS:
                attrs[name] = "float64"
        with np.errstate(all="ignore"):
            result = op.body(*operands, **attrs)
        return tuple(map(widen, result)) if isinstance(result, tuple) else widen(result)

    return kernel


backend = Reference()
_lowered: WeakKeyDictionary[Graph, Graph] = WeakKeyDictionary()


def lowered(graph: Graph) -> Graph:
    """Return `graph` in primitives alone; each graph is expanded once."""
    known = _lowered.get(graph)
    if known is None:
        known = _lowered[graph] = lower(graph, backend)
    return known


def evaluate(graph: Graph, values: Sequence[Any], noise: Noise | None = None) -> list[np.ndarray]:
    """Return the outputs of `graph` in float64.

    Args:
        graph: A graph whose sizes are all known.
        values: One NumPy array for each input.
        noise: Called after each primitive with its node, its operands and the tuple of its results;
            returns the results to go on with. Inside the body of a scan too. Called with None, the
            literal and its value for each constant.

    Example:
        >>> from horn.spec.graph import trace
        >>> from horn.spec.tensorspec import TensorSpec
        >>> graph, _, _ = trace(lambda x: ops.exp(x) / 3.0, [TensorSpec((), "float32")])
        >>> evaluate(graph, [np.float32(0.0)])
        [array(0.33333333)]
    """
    with np.errstate(all="ignore"):
        return _run(lowered(graph), [widen(value) for value in values], noise)


def _run(graph: Graph, values: Sequence[Any], noise: Noise | None) -> list[Any]:
    env: dict[int, Any] = {id(symbol): value for symbol, value in zip(graph.inputs, values, strict=True)}

    def read(held: Any) -> Any:
        if isinstance(held, Literal) and id(held) not in env:
            value = native_literal(held, backend)
            env[id(held)] = value if noise is None else noise(None, [held], (value,))[0]
        return env[id(held)]

    for node in graph.nodes:
        operands = node.op.regroup([None if x is None else read(x) for x in node.inputs], node.form)
        attrs = {name: _Body(x, noise) if isinstance(x, Graph) else x for name, x in node.attrs.items()}
        results = backend.kernels[node.op.name](*operands, **attrs)
        results = results if isinstance(results, tuple) else (results,)
        if noise is not None:
            results = noise(node, operands, results)
        env.update({id(out): result for out, result in zip(node.outputs, results, strict=True)})
    return [read(out) for out in graph.outputs]


class _Body:
    """The body of a scan, called by the page as it would call a `Program`."""

    def __init__(self, graph: Graph, noise: Noise | None) -> None:
        self.graph = graph
        self._lowered = lowered(graph)
        self._noise = noise

    def __call__(self, *values: Any) -> tuple[Any, ...]:
        return tuple(_run(self._lowered, values, self._noise))
