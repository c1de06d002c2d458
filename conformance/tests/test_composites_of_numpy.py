"""The composites that NumPy or SciPy has too, in float64 against theirs."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from scipy import special

from horn.engine import numerics, reference
from horn.spec import ops

R = np.random.default_rng(0)
X, Y = R.normal(size=(4, 6)), R.normal(size=(4, 6))
U = R.uniform(0.05, 0.95, (4, 6))
WIDE = R.normal(size=(4, 6)) * 10.0 ** R.uniform(-6, 2, (4, 6))
CUBE = R.normal(size=(3, 4, 3))
TIES = R.integers(-2, 3, (4, 6)).astype(float)
NUMBERS = R.integers(-9, 10, (4, 6)).astype(np.int32)
PLACES = R.integers(-6, 6, (4, 3)).astype(np.int32)
EDGES = np.array([np.nan, np.inf, -np.inf, 0.0, -1.5, 2.5])
SORTED = np.sort(np.append(TIES[0], [np.nan, np.nan]))

# Each with its operands, its attributes, and what it is called elsewhere where the name differs.
CASES: dict[str, list[tuple[Any, ...]]] = {
    **{name: [((WIDE,), {})] for name in ("ceil", "trunc", "arctan", "sinh", "cosh", "arcsinh", "tan", "exp2")},
    **{name: [((U,), {})] for name in ("arcsin", "arccos", "arctanh", "log2", "log10", "reciprocal")},
    "arccosh": [((1.0 + U,), {})],
    "logaddexp": [((100.0 * X, 100.0 * Y), {}), ((EDGES, EDGES), {})],
    **{name: [((EDGES,), {})] for name in ("isinf", "isfinite", "isnan")},
    "logical_xor": [((TIES, X > 0), {})],
    "round": [((WIDE,), {"decimals": 2}), ((NUMBERS * 5,), {"decimals": -1}), ((TIES + 0.5,), {})],
    "nan_to_num": [((EDGES,), {"nan": 1.0, "posinf": 2.0, "neginf": 3.0})],
    **{name: [((TIES,), {"axis": 1}), ((TIES,), {})] for name in ("any", "all", "count_nonzero", "argmin", "std")},
    **{name: [((X,), {"axis": 1}), ((X,), {}), ((NUMBERS,), {"axis": 0})] for name in ("cumsum", "cumprod", "prod")},
    "sort": [((TIES,), {"axis": 0}), ((EDGES,), {})],
    "searchsorted": [((SORTED, np.append(TIES, np.nan)), {"side": side}) for side in ("left", "right")],
    "digitize": [((X,), {"bins": (-1.0, 0.0, 1.0)})],
    "take_along_axis": [((X, PLACES), {"axis": 1})],
    "flip": [((CUBE,), {"axis": (0, 2)}), ((CUBE,), {})],
    "median": [((CUBE,), {"axis": (0, 1)}), ((X,), {}), ((EDGES,), {})],
    "isclose": [((X, X * (1 + 2e-5 * U)), {}), ((EDGES, EDGES), {"equal_nan": True})],
    "roll": [((CUBE,), {"shift": (1, -2), "axis": (0, 2)}), ((CUBE,), {"shift": 5})],
    "repeat": [((X,), {"repeats": 3, "axis": 1}), ((X,), {"repeats": (1, 0, 2, 3), "axis": 0})],
    "swapaxes": [((CUBE,), {"axis1": 0, "axis2": 2})],
    "moveaxis": [((CUBE,), {"source": (0, 1), "destination": (2, 0)})],
    "ravel": [((CUBE,), {})],
    "diff": [((X,), {"n": 2, "axis": 0})],
    **{name: [((CUBE,), {"k": k}, CUBE) for k in (-1, 0, 2)] for name in ("tril", "triu")},
    "diag": [((X,), {"k": 1}), ((X[0],), {"k": -2})],
    **{name: [((CUBE,), {"offset": 1, "axis1": 2, "axis2": 0})] for name in ("diagonal", "trace")},
    "tensordot": [((X, Y), {"axes": ((1,), (1,))}), ((CUBE, CUBE[:, 0]), {"axes": 1})],
    **{name: [((X, Y.T), {})] for name in ("dot", "vdot")},
    "inner": [((X, Y), {})],
    "outer": [((X, Y), {})],
    "linspace": [((X[0], Y[0]), {"num": 5, "axis": 1}), ((0.0, 1.0), {"num": 4, "endpoint": False})],
}  # fmt: skip
ROWS = [(name, i) for name, rows in CASES.items() for i in range(len(rows))]


def value(name: str, operands: Any, attrs: Any) -> Any:
    """Return what the reference makes of the op."""
    graph, arrays = numerics.graph_of(lambda *xs: ops[name](*xs, **attrs), [np.asarray(x) for x in operands])
    return reference.evaluate(graph, arrays)[0]


@pytest.mark.parametrize(("name", "row"), ROWS)
def test_an_op_that_numpy_has(name, row) -> None:
    operands, attrs = CASES[name][row][:2]
    with np.errstate(all="ignore"):
        want = getattr(np, name)(*operands, **attrs)
        got = value(name, operands, attrs)
    np.testing.assert_allclose(got, want, rtol=1e-6 if name in ("log2", "log10") else 1e-12, atol=1e-13)


SPECIAL = {
    "elu": lambda x: np.where(x > 0, x, np.expm1(x)),
    "selu": lambda x: 1.0507009873554805 * np.where(x > 0, x, 1.6732632423543772 * np.expm1(x)),
    "celu": lambda x: np.where(x > 0, x, np.expm1(x)),
    "log_sigmoid": special.log_expit,
    "silu": lambda x: x * special.expit(x),
    "mish": lambda x: x * np.tanh(np.logaddexp(0, x)),
    "gelu": lambda x: 0.5 * x * (1 + np.tanh(np.sqrt(2 / np.pi) * (x + 0.044715 * x**3))),
    "softsign": lambda x: x / (1 + abs(x)),
    "squareplus": lambda x: 0.5 * (x + np.sqrt(x * x + 4)),
    "tanh_shrink": lambda x: x - np.tanh(x),
    "relu6": lambda x: np.clip(x, 0, 6),
    "clipped_relu": lambda x: np.maximum(x, 0),
    "hard_sigmoid": lambda x: np.clip(x / 6 + 0.5, 0, 1),
    "hard_silu": lambda x: x * np.clip(x / 6 + 0.5, 0, 1),
    "hard_tanh": lambda x: np.clip(x, -1, 1),
    "hard_shrink": lambda x: np.where(abs(x) > 0.5, x, 0),
    "soft_shrink": lambda x: np.sign(x) * np.maximum(abs(x) - 0.5, 0),
    "sparse_plus": lambda x: np.select([x <= -1, x < 1], [0 * x, 0.25 * (x + 1) ** 2], x),
    "sparse_sigmoid": lambda x: np.select([x <= -1, x < 1], [0 * x, 0.5 * (x + 1)], 1),
}


@pytest.mark.parametrize("name", SPECIAL)
def test_an_activation(name) -> None:
    # Constants of the pages are rounded to the default float on their way.
    np.testing.assert_allclose(value(name, (3.0 * X,), {}), SPECIAL[name](3.0 * X), rtol=1e-6, atol=1e-7)


def test_gelu_by_the_error_function() -> None:
    got = value("gelu", (X,), {"approximate": False})
    np.testing.assert_allclose(got, X * special.ndtr(X), rtol=1e-6, atol=1e-9)


@pytest.mark.parametrize(
    "subscripts", ["ij,kj->ik", "ij,kj", "ij->j", "ij,ij->", "i...,j...->ij...", "ij,kj,kl->il"]
)
def test_einsum(subscripts) -> None:
    operands = [X, Y, U][: subscripts.count(",") + 1]
    graph, arrays = numerics.graph_of(lambda *xs: ops.einsum(subscripts, *xs), operands)
    np.testing.assert_allclose(
        reference.evaluate(graph, arrays)[0], np.einsum(subscripts, *operands), rtol=1e-12
    )


@pytest.mark.parametrize("shape", [(), (7,), (3, 4), (0, 2)])
def test_what_makes_grids(shape) -> None:
    x, y = np.arange(3.0), np.arange(*shape[:1] or (2,)) * 1.0
    for indexing in ("xy", "ij"):
        got, want = ops.meshgrid(x, y, indexing=indexing), np.meshgrid(x, y, indexing=indexing)
        assert all(np.array_equal(a, b) for a, b in zip(got, want, strict=True))
