"""The ops of numbers, orders and shapes against Keras 3: the same arguments, results and dtypes."""

from __future__ import annotations

import inspect
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

keras: Any = pytest.importorskip("keras")

from horn import ops  # noqa: E402

if TYPE_CHECKING:
    from collections.abc import Callable

R = np.random.default_rng(0)
X = R.normal(size=(4, 6)).astype(np.float32)
Y = R.normal(size=(4, 6)).astype(np.float32)
U = R.uniform(0.05, 0.95, (4, 6)).astype(np.float32)
TIES = R.integers(-2, 3, (4, 6)).astype(np.float32)
I32 = R.integers(-5, 6, (4, 6)).astype(np.int32)
J32 = R.choice([-3, -2, 1, 2, 5], (4, 6)).astype(np.int32)
I8 = I32.astype(np.int8)
B = TIES > 0
EDGES = np.array([np.nan, np.inf, -np.inf, 0.0, -1.5, 2.5], np.float32)
PLACES = R.integers(-6, 6, (4, 3)).astype(np.int32)
CUBE = R.normal(size=(2, 3, 4)).astype(np.float32)
SQUARE = R.normal(size=(5, 5)).astype(np.float32)

Calls = list[tuple[Any, ...]]
SINGLES: dict[str, Calls] = {
    **{
        name: [(X,), (I32,), (B,)]
        for name in ("floor", "ceil", "trunc", "tan", "arctan", "sinh", "cosh", "arcsinh", "exp2")
    },
    "erf": [(X,)],  # Keras refuses integers here, and for silu
    **{name: [(U,)] for name in ("arcsin", "arccos", "arctanh")},
    **{name: [(U,), (np.abs(J32),)] for name in ("log2", "log10", "reciprocal")},
    **{name: [(EDGES,), (I32,), (B,)] for name in ("isinf", "isfinite", "isnan")},
    **{
        name: [(X,), (I32,)]
        for name in ("celu", "elu", "selu", "softsign", "log_sigmoid", "relu6", "hard_tanh", "hard_sigmoid")
    },
    **{name: [(X,)] for name in ("silu", "gelu", "hard_silu", "tanh_shrink", "squareplus", "sparse_plus")},
    **{
        name: [(TIES,), (I32,), (B,), (TIES, 1), (TIES, (0, 1)), (I8, 0)]
        for name in ("any", "all", "count_nonzero")
    },
    **{name: [(TIES,), (TIES, 1), (I32, -1), (TIES, 0, True), (B,)] for name in ("argmax", "argmin")},
    **{name: [(X,), (X, 0), (X, (0, 1), True), (I32,), (B, 1)] for name in ("std", "var", "mean")},
    **{name: [(X,), (X, 1), (I32, 0)] for name in ("cumsum", "cumprod")},
    **{name: [(TIES,), (TIES, 0), (I8,), (B,)] for name in ("sort", "argsort")},
    **{name: [(X,), (X, 1), (X, -2), (I32,)] for name in ("tril", "triu", "diag", "diagonal", "trace")},
    **{name: [([X, Y],), ([X[0], Y[0], X[1]],)] for name in ("hstack", "vstack")},
}
PAIRS: dict[str, Calls] = {
    **{name: [(X, Y), (X, 1.5), (I32, J32), (I8, J32), (X, J32)] for name in ("floor_divide", "mod")},
    **{name: [(X, Y), (I32, J32), (X, 2)] for name in ("arctan2", "logaddexp")},
    "logical_xor": [(B, TIES), (B, True), (I32, J32)],
    **{name: [(X, Y.T)] for name in ("dot", "vdot")},
    "tensordot": [(X, Y), (X, Y, ((1,), (1,))), (X, Y, 0)],
    "inner": [(X, Y), (X[0], Y[0])],
    "outer": [(X[0], Y[1]), (I32, J32)],
}
OTHERS: dict[str, Calls] = {
    "round": [(X,), (X, 2), (EDGES,), (I32,)],
    "nan_to_num": [(EDGES,), (EDGES, 1.0, 2.0, 3.0), (I32,)],
    "prod": [(X,), (X, 0), (I32, 1, True), (X[:, :2], (0, 1))],
    "top_k": [(TIES, 3), (I32, 2)],
    "in_top_k": [(np.array([0, 2, 5, 1]), X, 2)],
    "searchsorted": [(np.sort(X[0]), Y), (np.sort(TIES[0]), TIES, "right")],
    "digitize": [(X, [-1.0, 0.0, 0.5])],
    "take_along_axis": [(X, PLACES, 1), (X, np.array([0, 5, 7], np.int32))],
    "flip": [(X,), (X, 0), (I32, (0, 1))],
    "median": [(X,), (X, 1), (X, (0, 1), True)],
    "isclose": [(X, X + 1e-6), (EDGES, EDGES), (EDGES, EDGES, 0.1, 0.1, True)],
    "zeros_like": [(X,), (X, "int32")],
    "ones_like": [(I32,), (X, "int32")],
    "roll": [(X, 2), (X, -1, 1), (X, (1, 2), (0, 1))],
    "tile": [(X, 2), (X, (2, 1)), (X, (2, 1, 3))],
    "repeat": [(X, 2), (X, 3, 1), (X, np.array([1, 0, 2, 1]), 0)],
    "swapaxes": [(X, 0, 1)],
    "moveaxis": [(CUBE, 0, -1), (CUBE, (0, 1), (-1, 0))],
    "ravel": [(X,)],
    "unstack": [(X,), (X, 6, 1)],
    "diff": [(X,), (X, 2, 0), (I32,)],
    "eye": [(3,), (3, 4, 1), (4, 2, -1, "int32")],
    "identity": [(3,)],
    "tri": [(3,), (3, 4, 1)],
    "diag": [(X[0],), (X[0], -2)],
    "full_like": [(X, 2), (I32, 3.7), (X, 1, "int32")],
    "arange": [(5,), (2, 9, 3), (5, 1, -2), (0.0, 1.0, 0.25), (3.0,)],
    "linspace": [
        (0, 10, 5),
        (0.0, 1.0),
        (X[0], Y[0], 4),
        (0.0, 1.0, 4, False),
        (X[0], 1.0, 3, True, False, None, 1),
    ],
    "meshgrid": [(X[0], Y[1]), (X[0], Y[1], X[2])],
    "norm": [
        (X,),
        (X, None, 1),
        (X, 1, 0),
        (X, 2, 1),
        (X, np.inf, 1),
        (X, 3, 1),
        (X, "fro"),
        (X, 1),
        (X, None, (0, 1), True),
    ],
    "pad": [
        (X, 1),
        (X, ((1, 2), (0, 3))),
        (X, ((1, 2), (0, 3)), "constant", 5.0),
        (X, ((1, 2), (3, 0)), "reflect"),
        (X, 2, "symmetric"),
    ],
    "einsum": [
        ("ij,kj->ik", X, Y),
        ("ij->j", X),
        ("ii->i", SQUARE),
        ("ii", SQUARE),
        ("...j,kj->...k", X, Y),
        ("ij,ij,ij->i", X, Y, U),
    ],
    "split": [(X, 2), (X, [1, 4], 1)],
    "clip": [(X, -0.5, 0.5)],
    "amax": [(X, 1)],
    "abs": [(X,)],
}
CALLS = [
    (name, call) for table in (SINGLES, PAIRS, OTHERS) for name, calls in table.items() for call in calls
]


def leaves(value: Any) -> list[np.ndarray]:
    return [np.asarray(leaf) for leaf in (value if isinstance(value, tuple | list) else [value])]


def shown(value: Any) -> str:
    return f"{value.dtype}{list(value.shape)}" if isinstance(value, np.ndarray) else str(value)


@pytest.mark.parametrize(
    ("name", "call"), CALLS, ids=lambda v: v if isinstance(v, str) else ",".join(map(shown, v))
)
def test_an_op(name: str, call: tuple[Any, ...]) -> None:
    got, want = leaves(getattr(ops, name)(*call)), leaves(getattr(keras.ops, name)(*call))
    assert len(got) == len(want)
    for ours, theirs in zip(got, want, strict=True):
        assert ours.shape == theirs.shape
        assert str(ours.dtype) == str(theirs.dtype)
        np.testing.assert_allclose(ours.astype(np.float64), theirs.astype(np.float64), rtol=2e-5, atol=1e-6)


def parameters(function: Callable[..., Any]) -> list[tuple[str, str]]:
    """Return names and defaults, as text."""
    return [(p.name, repr(p.default)) for p in inspect.signature(function).parameters.values()]


# These have more than Keras has; what Keras has is tried above.
WIDER = {
    "abs",
    "amax",
    "argmax",
    "argsort",
    "arange",
    "clip",
    "einsum",
    "meshgrid",
    "pad",
    "sort",
    "isnan",
    "split",
    "mean",
    "var",
}


@pytest.mark.parametrize("name", sorted({name for name, _ in CALLS} - WIDER))
def test_the_arguments_of_an_op_are_those_of_keras(name: str) -> None:
    assert parameters(getattr(ops, name).body) == parameters(getattr(keras.ops, name))
