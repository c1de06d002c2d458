"""The error models and the tolerances that are derived from them."""

from __future__ import annotations

import numpy as np
import pytest

from horn.engine import numerics, reference
from horn.engine.numerics import tolerance, unit_roundoff
from horn.spec import ops

U = unit_roundoff("float32")


def normal(*shape, seed=0):
    return np.random.default_rng(seed).normal(size=shape).astype(np.float32)


def test_the_reference_is_float64_whatever_comes_in() -> None:
    x = normal(3).astype(np.float16)
    (y,), _ = tolerance(ops.exp, [x], "float16")
    assert y.dtype == np.float64
    assert np.array_equal(y, np.exp(x.astype(np.float64)))


def test_the_reference_casts_to_no_narrow_float() -> None:
    (y,), _ = tolerance(ops.cast, [np.array([1 / 3], np.float64)], "float32", attrs={"dtype": "float16"})
    assert y[0] == 1 / 3


def test_moving_data_allows_nothing() -> None:
    _, (bound,) = tolerance(ops.transpose, [normal(2, 3)], "float32")
    assert (bound <= 1e-37).all()


def test_addition_allows_one_rounding() -> None:
    x, y = normal(50), normal(50, seed=1)
    (want,), (bound,) = tolerance(ops.add, [x, y], "float32")
    assert (np.abs((x + y) - want) <= bound).all()
    assert (bound <= U * np.abs(want) + 1e-37).all()


def test_whole_numbers_are_exact_in_products_and_sums() -> None:
    x = np.arange(12, dtype=np.float32).reshape(3, 4)
    _, (bound,) = tolerance(ops.matmul, [x, x.T.copy()], "float32")
    assert (bound <= 1e-37).all()


def test_whole_numbers_that_do_not_fit_are_not_exact() -> None:
    x = np.full((1, 2), 300.0)
    _, (bound,) = tolerance(ops.matmul, [x, x.T.copy()], "bfloat16")
    assert (bound > 100).all()


@pytest.mark.parametrize("n", [3, 32, 128, 512])
def test_matmul_takes_float32_and_refuses_ten_bits(n) -> None:
    a, b = normal(4, n), normal(n, 5, seed=1)
    (want,), (bound,) = tolerance(ops.matmul, [a, b], "float32")
    assert (np.abs(a @ b - want) <= bound).all()
    bits = (a.view(np.uint32) + np.uint32(0x1000)) & np.uint32(0xFFFFE000)
    assert (np.abs(bits.view(np.float32) @ b - want) > bound).any()


def test_a_composite_is_sampled() -> None:
    x = normal(4, 7)
    (want,), (bound,) = tolerance(ops.softmax, [x], "float32")
    shifted = np.exp(x - x.max(-1, keepdims=True))
    assert (np.abs(shifted / shifted.sum(-1, keepdims=True) - want) <= bound).all()
    assert (bound < 1e-4 * want).all()


def test_indices_that_rounding_decides_are_unstable() -> None:
    x = np.array([[1.0, 1.0 + 1e-9], [0.0, 1.0]])
    graph, arrays = numerics.graph_of(lambda x: ops.argmax(ops.exp(x), axis=-1), [x])
    (want,), (bound,) = tolerance(graph, arrays, "float32")
    assert want.tolist() == [1, 1]
    assert np.isinf(bound).tolist() == [True, False]


def test_infinities_and_nan_allow_nothing() -> None:
    (want,), (bound,) = tolerance(ops.exp, [np.array([np.inf, np.nan, -np.inf], np.float32)], "float32")
    assert np.isinf(want[0])
    assert np.isnan(want[1])
    assert (bound < 1e-30).all()


def test_noise_reaches_the_body_of_a_scan() -> None:
    seen = []
    graph, arrays = numerics.graph_of(
        lambda h, xs: ops.scan(lambda h, x: (ops.tanh(h + x), h), h, xs), [normal(2), normal(5, 2)]
    )
    reference.evaluate(
        graph,
        arrays,
        lambda node, operands, results: (seen.append(node.op.name if node else "constant"), results)[1],
    )
    assert seen.count("tanh") == 5


def test_constants_that_were_rounded_are_uncertain() -> None:
    graph, arrays = numerics.graph_of(lambda x: ops.transpose(x * 0.1), [np.ones((1, 1), np.float32)])
    noise = numerics.Noise("float32")
    samples = [reference.evaluate(graph, arrays, noise)[0].item() for _ in range(20)]
    assert max(samples) - min(samples) > U * 0.1


@pytest.mark.parametrize("name", sorted(name for name in ops if not ops[name].is_composite))
def test_every_primitive_has_an_error_model(name) -> None:
    assert name in numerics.MODELS
