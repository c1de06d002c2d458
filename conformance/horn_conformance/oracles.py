"""A second opinion on every primitive, written without its page: loops, exact integers, `math`.

Each oracle takes the operands as NumPy arrays (floats in float64) and the attributes, and works
element by element in Python numbers. It is slow, and meant to be read.
"""

from __future__ import annotations

import itertools
import math
from fractions import Fraction
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

ORACLES: dict[str, Callable[..., Any]] = {}
Index = tuple[int, ...]


def oracle(*names: str) -> Callable[[Any], Any]:
    """Register a function as the oracle of some ops."""

    def register(fn: Any) -> Any:
        ORACLES.update(dict.fromkeys(names, fn))
        return fn

    return register


def _each(fn: Callable[..., Any]) -> Callable[..., Any]:
    """Return the oracle that applies `fn` to every element of operands that broadcast."""

    def apply(*operands: np.ndarray) -> np.ndarray:
        stretched = np.broadcast_arrays(*operands)
        return _fill(stretched[0].shape, lambda i: fn(*(x[i].item() for x in stretched)))

    return apply


def _fill(shape: Sequence[int], fn: Callable[[Index], Any]) -> np.ndarray:
    result = np.empty(tuple(shape), object)
    for i in np.ndindex(*shape):
        result[i] = fn(i)
    return result


def _total(terms: list[Any]) -> Any:
    """Return the exact sum, rounded once for floats."""
    if any(isinstance(x, float) for x in terms):
        if all(math.isfinite(x) for x in terms):
            return math.fsum(terms)
        return float(np.sum(np.array(terms)))
    return sum(terms)


# -- elementwise ------------------------------------------------------------------------------


def _real(fn: Callable[[float], float]) -> Callable[[float], float]:
    """Return a function of `math` that gives infinities and NaN where `math` raises."""

    def guarded(x: float) -> float:
        if math.isnan(x):
            return math.nan
        try:
            return fn(x)
        except OverflowError:
            return math.inf
        except ValueError:
            return math.nan

    return guarded


def _log(x: float) -> float:
    return -math.inf if x == 0 else math.log(x)


def _log1p(x: float) -> float:
    return -math.inf if x == -1 else math.log1p(x)


def _rsqrt(x: float) -> float:
    return math.copysign(math.inf, x) if x == 0 else 1.0 / math.sqrt(x)


def _sigmoid(x: float) -> float:
    return 0.5 * (1.0 + math.tanh(0.5 * x)) if x > -30 else math.exp(x)


def _divide(x: float, y: float) -> float:
    if math.isnan(x) or math.isnan(y):
        return math.nan
    if y != 0:
        return x / y
    return math.nan if x == 0 else math.copysign(math.inf, x) * math.copysign(1.0, y)


def _power(x: float, y: float) -> float:
    if y == 0 or x == 1:
        return 1.0
    if x == 0 and y < 0:
        odd = y == int(y) and int(y) % 2 if math.isfinite(y) else False
        return math.copysign(math.inf, x) if odd else math.inf
    try:
        return math.pow(x, y)
    except ValueError:
        return math.nan
    except OverflowError:
        return -math.inf if x < 0 and int(y) % 2 else math.inf


def _larger(x: Any, y: Any) -> Any:
    return math.nan if x != x or y != y else (x if x > y else y)


def _smaller(x: Any, y: Any) -> Any:
    return math.nan if x != x or y != y else (x if x < y else y)


def _quotient_bits(x: int, places: int) -> int:
    return x // 2**places


def _erf(x: float) -> float:
    """Return the error function from its series of positive terms."""
    if math.isinf(x) or abs(x) > 6.0:
        return math.copysign(1.0, x)
    terms = [abs(x)]
    while terms[-1] > 1e-18 * terms[0]:
        terms.append(terms[-1] * 2.0 * x * x / (2 * len(terms) + 1))
    return math.copysign(2.0 / math.sqrt(math.pi) * math.exp(-x * x) * math.fsum(terms), x)


def _whole(fn: Callable[[float], int]) -> Callable[[float], float]:
    return lambda x: float(fn(x)) if math.isfinite(x) else x


def _quotient(x: Any, y: Any) -> Any:
    if isinstance(x, int):
        return x // y if y else 0
    if y == 0 or not math.isfinite(x) or y != y:
        return _divide(x, y) if math.isfinite(x) else math.nan if y else _divide(x, y)
    if math.isinf(y):
        return 0.0 if x == 0 or (x < 0) == (y < 0) else -1.0
    exact = Fraction(x) // Fraction(y)
    return float(exact) if abs(exact) < Fraction(1.7e308) else math.copysign(math.inf, exact)


def _remainder(x: Any, y: Any) -> Any:
    if isinstance(x, int):
        return x % y if y else 0
    if y == 0 or not math.isfinite(x) or y != y:
        return math.nan
    if math.isinf(y):
        return x if x == 0 or (x < 0) == (y < 0) else y
    return float(Fraction(x) % Fraction(y))


for name, function in {
    "exp": math.exp, "expm1": math.expm1, "log": _log, "log1p": _log1p, "sqrt": math.sqrt, "rsqrt": _rsqrt,
    "sin": math.sin, "cos": math.cos, "tanh": math.tanh, "sigmoid": _sigmoid,
    "erf": _erf, "floor": _whole(math.floor), "rint": _whole(lambda x: int(Fraction(x).__round__())),
}.items():  # fmt: skip
    ORACLES[name] = _each(_real(function))
for name, function in {
    "add": lambda x, y: (x or y) if isinstance(x, bool) else x + y,
    "subtract": lambda x, y: x - y, "multiply": lambda x, y: x * y, "divide": _divide, "power": _power,
    "negative": lambda x: -x, "absolute": abs, "sign": lambda x: x if x != x else (x > 0) - (x < 0),
    "floor_divide": _quotient, "mod": _remainder, "arctan2": math.atan2,
    "bitwise_and": lambda x, y: x & y, "right_shift": _quotient_bits,
    "equal": lambda x, y: x == y, "not_equal": lambda x, y: x != y,
    "less": lambda x, y: x < y, "less_equal": lambda x, y: x <= y,
    "logical_and": lambda x, y: bool(x) and bool(y), "logical_or": lambda x, y: bool(x) or bool(y),
    "logical_not": lambda x: not x,
    "maximum": _larger, "minimum": _smaller, "where": lambda c, x, y: x if c else y,
}.items():  # fmt: skip
    ORACLES[name] = _each(function)


# -- creation and shaping -----------------------------------------------------------------------


@oracle("full")
def _full(shape: Index, fill_value: Any, dtype: str | None) -> Any:
    return _fill(shape, lambda _: fill_value)


@oracle("arange")
def _arange(stop: int, dtype: str) -> Any:
    return np.array(list(range(stop)), object)


@oracle("cast")
def _cast(x: np.ndarray, dtype: str) -> Any:
    if dtype == "bool":
        return _fill(x.shape, lambda i: x[i].item() != 0)
    return _fill(x.shape, lambda i: int(x[i].item()) if "int" in dtype else float(x[i].item()))


@oracle("stop_gradient")
def _same(x: np.ndarray) -> Any:
    return x


@oracle("reshape")
def _reshape(x: np.ndarray, newshape: Index) -> Any:
    flat = [x[i] for i in np.ndindex(*x.shape)]
    known = math.prod(n for n in newshape if n != -1)
    shape = [len(flat) // known if n == -1 else n for n in newshape]
    rest = iter(flat)
    return _fill(shape, lambda _: next(rest))


@oracle("transpose")
def _transpose(x: np.ndarray, axes: Index | None) -> Any:
    order = [a % x.ndim for a in axes] if axes is not None else list(range(x.ndim))[::-1]
    places = [order.index(a) for a in range(x.ndim)]
    return _fill([x.shape[a] for a in order], lambda i: x[tuple(i[p] for p in places)])


@oracle("broadcast_to")
def _broadcast_to(x: np.ndarray, shape: Index) -> Any:
    extra = len(shape) - x.ndim
    return _fill(
        shape, lambda i: x[tuple(0 if n == 1 else k for k, n in zip(i[extra:], x.shape, strict=True))]
    )


@oracle("concatenate")
def _concatenate(xs: list[np.ndarray], axis: int) -> Any:
    owners = [(x, k) for x in xs for k in range(x.shape[axis])]
    shape = [len(owners) if a == axis else n for a, n in enumerate(xs[0].shape)]

    def pick(i: Index) -> Any:
        x, k = owners[i[axis]]
        return x[(*i[:axis], k, *i[axis + 1 :])]

    return _fill(shape, pick)


@oracle("slice")
def _slice(x: np.ndarray, starts: Index, stops: Index, strides: Index | None) -> Any:
    steps = strides or (1,) * x.ndim
    kept = [list(range(a, b, c)) for a, b, c in zip(starts, stops, steps, strict=True)]
    return _fill([len(k) for k in kept], lambda i: x[tuple(k[j] for k, j in zip(kept, i, strict=True))])


@oracle("pad")
def _pad(x: np.ndarray, pad_width: Any, constant_value: float) -> Any:
    spread = [max((n - 1) * (gap + 1) + 1, 0) for n, (_, _, gap) in zip(x.shape, pad_width, strict=True)]
    shape = [before + n + after for n, (before, after, _) in zip(spread, pad_width, strict=True)]
    result = _fill(shape, lambda _: constant_value)
    for i in np.ndindex(*x.shape):
        result[tuple(b + k * (gap + 1) for k, (b, _, gap) in zip(i, pad_width, strict=True))] = x[i]
    return result


# -- reductions, indexing, products ----------------------------------------------------------------


def _along(x: np.ndarray, axis: Index, keepdims: bool, fn: Callable[[list[Any]], Any]) -> Any:  # noqa: FBT001
    """Return `fn` of the list of elements that each result is made of."""
    shape = [1 if a in axis else n for a, n in enumerate(x.shape)]
    ranges = [range(n) if a in axis else None for a, n in enumerate(x.shape)]

    def reduce(i: Index) -> Any:
        places = itertools.product(*([k] if r is None else r for k, r in zip(i, ranges, strict=True)))
        return fn([x[p].item() for p in places])

    result = _fill(shape, reduce)
    return result if keepdims else result.reshape([n for a, n in enumerate(shape) if a not in axis])


@oracle("sum")
def _sum(x: np.ndarray, axis: Index, keepdims: bool) -> Any:  # noqa: FBT001
    return _along(x, axis, keepdims, _total)


@oracle("max")
def _max(x: np.ndarray, axis: Index, keepdims: bool) -> Any:  # noqa: FBT001
    return _along(x, axis, keepdims, lambda row: math.nan if any(v != v for v in row) else sorted(row)[-1])


@oracle("min")
def _min(x: np.ndarray, axis: Index, keepdims: bool) -> Any:  # noqa: FBT001
    return _along(x, axis, keepdims, lambda row: math.nan if any(v != v for v in row) else sorted(row)[0])


def _first_largest(row: list[Any]) -> int:
    best = 0
    for i, v in enumerate(row):
        if v != v:
            return i
        if v > row[best]:
            best = i
    return best


@oracle("argmax")
def _argmax(x: np.ndarray, axis: int) -> Any:
    return _along(x, (axis,), False, _first_largest)  # noqa: FBT003


@oracle("argsort")
def _argsort(x: np.ndarray, axis: int, descending: bool) -> Any:  # noqa: FBT001
    result = np.empty(x.shape, object)
    for i in np.ndindex(*x.shape[:axis], *x.shape[axis + 1 :]):
        line = (*i[:axis], slice(None), *i[axis:])
        row = x[line].tolist()
        # A NaN is larger than everything; Python's sort keeps equal elements in their order.
        keys = [(v != v, 0 if v != v else v) for v in row]
        sign = -1 if descending else 1
        result[line] = sorted(range(len(row)), key=lambda k, keys=keys, sign=sign: [sign * part for part in keys[k]])
    return result


@oracle("take")
def _take(x: np.ndarray, indices: np.ndarray, axis: int) -> Any:
    size, places = x.shape[axis], indices.ndim
    missing = math.nan if x.dtype.kind == "f" else 0

    def pick(i: Index) -> Any:
        k = int(indices[i[axis : axis + places]])
        inside = -size <= k < size
        return x[(*i[:axis], k % size, *i[axis + places :])] if inside else missing

    return _fill((*x.shape[:axis], *indices.shape, *x.shape[axis + 1 :]), pick)


@oracle("segment_sum")
def _segment_sum(data: np.ndarray, segment_ids: np.ndarray, num_segments: int) -> Any:
    rows: list[list[int]] = [[] for _ in range(num_segments)]
    for row, segment in enumerate(segment_ids.tolist()):
        if 0 <= segment < num_segments:
            rows[segment].append(row)
    zero = data.dtype.type(0).item()

    def total(i: Index) -> Any:
        return _total([zero, *(data[(row, *i[1:])].item() for row in rows[i[0]])])

    return _fill((num_segments, *data.shape[1:]), total)


@oracle("matmul")
def _matmul(x1: np.ndarray, x2: np.ndarray) -> Any:
    a = x1[None, :] if x1.ndim == 1 else x1
    b = x2[:, None] if x2.ndim == 1 else x2
    batch = np.broadcast_shapes(a.shape[:-2], b.shape[:-2])
    a, b = np.broadcast_to(a, (*batch, *a.shape[-2:])), np.broadcast_to(b, (*batch, *b.shape[-2:]))
    zero = x1.dtype.type(0).item()

    def dot(i: Index) -> Any:
        left, right = a[(*i[:-1], slice(None))], b[(*i[:-2], slice(None), i[-1])]
        return _total([zero, *(p * q for p, q in zip(left.tolist(), right.tolist(), strict=True))])

    result = _fill((*batch, a.shape[-2], b.shape[-1]), dot)
    result = result[..., 0, :] if x1.ndim == 1 else result
    return result[..., 0] if x2.ndim == 1 else result
