"""Error models of the primitives, and tolerances that are derived from them.

Each primitive declares how far a careful kernel may be from the exact result, as a multiple of the
unit roundoff. The tolerance of anything larger comes from Monte-Carlo arithmetic: the float64
reference runs a few times with that much noise after every primitive, and what the noise does to
the result is what rounding may do to it. So no tolerance is ever typed in.

Reference:
    Higham & Mary, A new approach to probabilistic rounding error analysis, SIAM J. Sci. Comput.
    41 (2019) A2815-A2835, on the square root in `Contraction`.
    Parker, Monte Carlo arithmetic, UCLA CSD-970002 (1997).
"""

from __future__ import annotations

import math
from functools import partial
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from horn import dtypes, tree
from horn.engine import reference
from horn.spec.graph import Graph, Node, spec_of, trace

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

BITS = {"float16": 11, "bfloat16": 8, "float32": 24, "float64": 53}
SMALLEST_NORMAL = {"float16": 2.0**-14, "bfloat16": 2.0**-126, "float32": 2.0**-126, "float64": 2.0**-1022}
LARGEST = {"float16": 65504.0, "bfloat16": (2.0 - 2.0**-7) * 2.0**127, "float32": (2.0 - 2.0**-23) * 2.0**127,
           "float64": (2.0 - 2.0**-52) * 2.0**1023}  # fmt: skip
SAFETY = 6.0
"""How many times the largest deviation of the samples a result may be off."""


def unit_roundoff(dtype: str) -> float:
    """Return half the distance from 1 to the next number of a float dtype.

    Example:
        >>> unit_roundoff("float32") == 2.0**-24
        True
    """
    return 2.0 ** -BITS[dtype]


class Exact(NamedTuple):
    """The result has no rounding: data is moved, compared, counted or chosen."""

    integral: bool = True

    def bound(self, operands: Sequence[Any], attrs: dict[str, Any], result: Any) -> Any:  # noqa: ARG002
        """Return the error that is allowed, in units of roundoff."""
        return 0.0


class Rounded(NamedTuple):
    """The result is rounded `units` times, as IEEE 754 does once for + - * / and sqrt.

    Args:
        units: How many roundings.
        integral: Whether the result of small integers is exact.
    """

    units: float = 1.0
    integral: bool = False

    def bound(self, operands: Sequence[Any], attrs: dict[str, Any], result: Any) -> Any:  # noqa: ARG002
        """Return the error that is allowed, in units of roundoff."""
        return self.units * np.abs(result)


class Cond(NamedTuple):
    """An elementary function: some units of the result, and some of what its condition makes of them.

    Args:
        slope: Result and operands to the sum of ``|x * df/dx|``.
        units: How many units of the result.
        conditioned: How many units of `slope`. Few: a larger number would hide a wrong constant.
    """

    slope: Callable[..., Any]
    units: float = 8.0
    conditioned: float = 2.0
    integral: bool = False

    def bound(self, operands: Sequence[Any], attrs: dict[str, Any], result: Any) -> Any:  # noqa: ARG002
        """Return the error that is allowed, in units of roundoff."""
        slope = np.abs(self.slope(result, *operands))
        return self.units * np.abs(result) + self.conditioned * np.where(np.isfinite(slope), slope, 0.0)


class Contraction(NamedTuple):
    """Sums of products: ``(2 sqrt(n) + 4) sum |a| |b|``, and at most the certain bound ``n sum |a| |b|``.

    Args:
        body: The function of the page, which is run on the absolute values.
        terms: Operands, attributes and result to n, the number of terms of one sum.
        linear: Which operands the sum is linear in.
    """

    body: Callable[..., Any]
    terms: Callable[..., float]
    linear: tuple[int, ...] = (0, 1)
    integral: bool = True

    def bound(self, operands: Sequence[Any], attrs: dict[str, Any], result: Any) -> Any:
        """Return the error that is allowed, in units of roundoff."""
        n = max(self.terms(operands, attrs, result), 1)
        sizes = [np.abs(x) if i in self.linear else x for i, x in enumerate(operands)]
        return min(2.0 * np.sqrt(n) + 4.0, n) * self.body(*sizes, **attrs)


def _size(shape: Sequence[int]) -> float:
    return float(np.prod(shape, dtype=float))


def _contraction(name: str, terms: Callable[..., float], linear: tuple[int, ...] = (0, 1)) -> Contraction:
    return Contraction(reference.backend.kernels[name], terms, linear)


_EXACT = """
    reshape transpose broadcast_to concatenate slice pad take stop_gradient full arange where
    equal not_equal less less_equal logical_and logical_or logical_not
    maximum minimum max min argmax negative absolute sign
    bitwise_and right_shift random_bits max_pooling max_pooling_take scan
"""
_SLOPES: dict[str, Callable[..., Any]] = {
    "exp": lambda y, x: x * y,
    "expm1": lambda y, x: x * (y + 1.0),
    "log": lambda y, x: np.ones_like(y),
    "log1p": lambda y, x: x / (1.0 + x),
    "rsqrt": lambda y, x: 0.5 * y,
    "sin": lambda y, x: x * np.cos(x),
    "cos": lambda y, x: x * np.sin(x),
    "tanh": lambda y, x: x * (1.0 - y * y),
    "sigmoid": lambda y, x: x * y * (1.0 - y),
    "power": lambda y, x1, x2: np.abs(x2 * y) + np.abs(x2 * np.log(np.abs(x1)) * y),
}
MODELS: dict[str, Any] = {
    **{name: Exact() for name in _EXACT.split()},
    **{name: Rounded(integral=True) for name in ("add", "subtract", "multiply", "cast")},
    "sqrt": Rounded(2.0),  # libraries of vector functions round a little worse than IEEE 754 asks
    "divide": Rounded(2.0),  # compilers multiply by a reciprocal where many share a divisor
    **{name: Cond(slope) for name, slope in _SLOPES.items()},
    "matmul": _contraction("matmul", lambda x, attrs, y: x[0].shape[-1]),
    "convolution": _contraction("convolution", lambda x, attrs, y: _size(x[1].shape[:-1])),
    "convolution_input_grad": _contraction(
        "convolution_input_grad",
        lambda x, attrs, y: _size(x[1].shape[:-2]) * x[1].shape[-1] / attrs["groups"],
    ),
    "convolution_kernel_grad": _contraction(
        "convolution_kernel_grad", lambda x, attrs, y: _size(x[1].shape[:-1])
    ),
    "sum": _contraction("sum", lambda x, attrs, y: x[0].size / max(y.size, 1), (0,)),
    "segment_sum": _contraction("segment_sum", lambda x, attrs, y: len(x[1]), (0,)),
    "max_pooling_grad": _contraction("max_pooling_grad", lambda x, attrs, y: _size(attrs["pool_size"]), (0,)),
    **{name: Exact() for name in ("argsort", "floor", "rint")},
    "arctan2": Cond(lambda y, x1, x2: 2.0 * np.abs(x1 * x2) / (x1 * x1 + x2 * x2)),
    "erf": Cond(lambda y, x: x * np.exp(-x * x) * 2.0 / math.sqrt(math.pi)),
    "floor_divide": Rounded(4.0, integral=True),  # a difference, a quotient, and its rounding
    "mod": Rounded(2.0, integral=True),  # the remainder itself is exact; a divisor may be added to it
}
"""The error model of each primitive by its name."""

DEFAULT = Rounded(8.0)
"""The error model of a primitive that is not in the table."""


def allowed(node: Node, operands: Sequence[Any], result: np.ndarray, dtype: str) -> Any:
    """Return the error that a careful kernel may make in one call, in units of roundoff of `dtype`.

    Sums and products of whole numbers are exact as long as the numbers fit in the significand.
    """
    model = MODELS.get(node.op.name, DEFAULT)
    units = model.bound(operands, node.attrs, result)
    if model.integral and all(map(_is_whole, tree.flatten(list(operands)))):
        bits = min(BITS.get(name, 53) for name in (dtype, *(out.spec.dtype for out in node.outputs)))
        return np.where(units <= 2.0**bits, 0.0, units)
    return units


def _is_whole(value: Any) -> bool:
    return value is None or value.dtype.kind != "f" or bool(np.all(value == np.round(value)))


class Noise:
    """Does to each result what rounding may do to it: moves it, loses what is tiny, overflows.

    Each element is moved by between half and all of the error that its primitive is allowed, up or
    down, so that no sample is by accident free of noise.

    Args:
        dtype: In which the backend computes; a node of a coarser dtype is rounded to that.
        seed: Of the generator.
    """

    def __init__(self, dtype: str, seed: int = 0) -> None:
        self.dtype = dtype
        self.random = np.random.default_rng(seed)

    def __call__(
        self, node: Node | None, operands: Sequence[Any], results: tuple[Any, ...]
    ) -> tuple[Any, ...]:
        """Return `results` with noise; `node` is None for a constant."""
        if node is None:
            return (self._constant(operands[0].spec.dtype, results[0]),)
        if isinstance(MODELS.get(node.op.name, DEFAULT), Exact):
            return results
        return tuple(
            self._moved(y, allowed(node, operands, y, self.dtype), out.spec.dtype)
            if y.dtype.kind == "f"
            else y
            for y, out in zip(results, node.outputs, strict=True)
        )

    def _moved(self, value: np.ndarray, units: Any, dtype: str) -> np.ndarray:
        size, least = np.abs(value), tiny(dtype)
        error = _unit(self.dtype, dtype) * units * self.random.uniform(0.5, 1.0, value.shape)
        # Below the least number there is zero and twice the half of it, and nothing between.
        error = np.where(size > least, error + least, np.maximum(error, size)) * (units > 0)
        moved = value + error * self.random.choice([-1.0, 1.0], value.shape)
        moved = np.where(np.abs(moved) > LARGEST[dtype], np.copysign(np.inf, value), moved)
        return np.where(np.isfinite(value), moved, value)

    def _constant(self, dtype: str, value: np.ndarray) -> np.ndarray:
        """Return a constant as it may have been before it was rounded; a short one is exact."""
        if value.ndim or not dtypes.is_float(dtype) or not np.isfinite(value):
            return value
        short = np.frexp(value)[0] * 2.0 ** (BITS[dtype] // 2) % 1.0 == 0.0
        return value if short else self._moved(value, np.abs(value), dtype)


def tiny(dtype: str) -> float:
    """Return the size below which a number may become zero; nothing flushes what is small in float16."""
    return SMALLEST_NORMAL[dtype] * (unit_roundoff(dtype) if dtype == "float16" else 1.0)


def _unit(*names: str) -> float:
    return max(unit_roundoff(name) for name in names if name in BITS)


def graph_of(fn: Callable[..., Any], operands: Any) -> tuple[Graph, list[Any]]:
    """Return ``fn(*operands)`` as a graph, and the arrays of `operands` in the order of its inputs.

    Args:
        fn: An op, or any function of tensors that calls ops.
        operands: A list of arrays, lists of arrays, and None.
    """
    leaves = tree.flatten(operands)
    present = [i for i, leaf in enumerate(leaves) if leaf is not None]

    def call(*symbols: Any) -> Any:
        filled = list(leaves)
        for i, symbol in zip(present, symbols, strict=True):
            filled[i] = symbol
        return fn(*tree.unflatten(operands, filled))

    arrays = [leaves[i] for i in present]
    return trace(call, [spec_of(array) for array in arrays])[0], arrays


def tolerance(
    target: Graph | Callable[..., Any],
    inputs: Any,
    dtype: str,
    samples: int = 6,
    *,
    attrs: Mapping[str, Any] | None = None,
    subnormals: bool = False,
) -> tuple[list[np.ndarray], list[np.ndarray]]:
    """Return the exact outputs, and how far from them a careful backend may be.

    A bound of infinity marks an element that rounding alone can turn into another: an index or a
    bool on which the samples disagree.

    Args:
        target: A graph, or an op that is called on `inputs` with `attrs`.
        inputs: The operands, as NumPy arrays of the dtypes that the backend receives.
        dtype: In which the backend computes.
        samples: How many noisy runs.
        attrs: The attributes of the op.
        subnormals: Whether the backend keeps numbers below the smallest normal one. It matters for
            lone primitives; a fused kernel may lose such numbers on its way.

    Example:
        >>> from horn.spec import ops
        >>> x = np.array([1.0, 2.0], np.float32)
        >>> expected, bound = tolerance(ops.exp, [x], "float32")
        >>> bool((bound[0] < 3e-6 * expected[0]).all())
        True
    """
    graph = target
    if not isinstance(graph, Graph):
        graph, inputs = graph_of(partial(graph, **(attrs or {})), list(inputs))
    with np.errstate(all="ignore"):
        expected = [np.asarray(y) for y in reference.evaluate(graph, inputs)]
        single = _single(reference.lowered(graph), inputs, expected, dtype)
        bounds = _sampled(graph, inputs, expected, Noise(dtype), samples) if single is None else single
    # The reference rounds to float64 itself, so a float64 backend may be off twice.
    factor = 2.0 if dtype == "float64" else 1.0
    least = _least(dtype, subnormals=subnormals and single is not None)
    return expected, [
        factor * bound + least if y.dtype.kind == "f" else bound
        for y, bound in zip(expected, bounds, strict=True)
    ]


def _least(dtype: str, *, subnormals: bool) -> float:
    """Return the absolute error that any result may have: some units of what is left near zero."""
    spacing = SMALLEST_NORMAL[dtype] * unit_roundoff(dtype)
    return 16.0 * spacing if subnormals else 2.0 * tiny(dtype)


def _single(graph: Graph, inputs: Any, expected: list[Any], dtype: str) -> list[Any] | None:
    """Return the bounds that the model of a lone primitive states, without sampling."""
    if len(graph.nodes) != 1 or graph.nodes[0].op.name == "scan" or len(graph.outputs) != 1:
        return None
    (node,) = graph.nodes
    values = {id(symbol): reference.widen(value) for symbol, value in zip(graph.inputs, inputs, strict=True)}
    if (
        any(x is not None and id(x) not in values for x in node.inputs)
        or graph.outputs[0] is not node.outputs[0]
    ):
        return None
    operands = node.op.regroup([None if x is None else values[id(x)] for x in node.inputs], node.form)
    (y,) = expected
    if y.dtype.kind != "f":
        return [np.zeros(y.shape)]
    units = np.where(np.isfinite(y), allowed(node, operands, y, dtype), 0.0)
    return [np.broadcast_to(_unit(dtype, node.outputs[0].spec.dtype) * units, y.shape)]


def _sampled(graph: Graph, inputs: Any, expected: list[Any], noise: Noise, samples: int) -> list[Any]:
    """Return the bounds that noisy runs of the reference give."""
    deviation = [np.zeros(y.shape) for y in expected]
    for _ in range(samples):
        for i, y in enumerate(reference.evaluate(graph, inputs, noise)):
            deviation[i] = np.maximum(deviation[i], _distance(y, expected[i]))
    exact = not any(d.any() for d in deviation)
    return [
        SAFETY * d + (0.0 if exact or y.dtype.kind != "f" else 2.0 * unit_roundoff(noise.dtype) * _finite(y))
        for d, y in zip(deviation, expected, strict=True)
    ]


def _finite(y: np.ndarray) -> np.ndarray:
    return np.where(np.isfinite(y), np.abs(y), 0.0)


def _distance(sample: np.ndarray, expected: np.ndarray) -> np.ndarray:
    """Return how far a sample is off; infinitely far where it is another index, bool, NaN or infinity."""
    if expected.dtype.kind != "f":
        return np.where(sample == expected, 0.0, np.inf)
    same = (sample == expected) | (np.isnan(sample) & np.isnan(expected))
    distance = np.abs(sample - expected)
    return np.where(same, 0.0, np.where(np.isnan(distance), np.inf, distance))
