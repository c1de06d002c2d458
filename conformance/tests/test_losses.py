"""A second opinion on the losses and on running sums: their formulas once more, or all cases counted."""

from __future__ import annotations

from itertools import product

import numpy as np
import pytest
from scipy import special

from horn.engine import numerics, reference
from horn.spec import ops

R = np.random.default_rng(0)
X, Z = R.normal(size=(5, 4)), R.normal(size=(5, 4))
P, Q = R.uniform(0.05, 0.95, (5, 4)), R.uniform(0.05, 0.95, (5, 4))
ONE_HOT = np.eye(4)[R.integers(0, 4, 5)]
ERROR = np.abs(Z - X)
SHARE = P / P.sum(-1, keepdims=True)


def value(fn, *operands):
    """Return the results of the reference for a function of ops."""
    graph, arrays = numerics.graph_of(fn, list(operands))
    results = reference.evaluate(graph, arrays)
    return results[0] if len(results) == 1 else results


CASES = {
    "mape": (lambda: value(ops.mean_absolute_percentage_error, P, X), (100 * np.abs(P - X) / P).mean(-1)),
    "msle": (lambda: value(ops.mean_squared_logarithmic_error, P, Q), (np.log((1 + P) / (1 + Q)) ** 2).mean(-1)),
    "huber": (
        lambda: value(lambda t, y: ops.huber(t, y, delta=0.75), X, Z),
        np.where(ERROR < 0.75, ERROR**2 / 2, 0.75 * ERROR - 0.75**2 / 2).mean(-1),
    ),
    "log_cosh": (lambda: value(ops.log_cosh, X, Z), np.log(np.cosh(ERROR)).mean(-1)),
    "poisson": (lambda: value(ops.poisson, Q, P), (P - Q * np.log(P + 1e-7)).mean(-1)),
    "kl_divergence": (lambda: value(ops.kl_divergence, P, Q), (special.kl_div(P, Q) + P - Q).sum(-1)),
    "binary_focal": (
        lambda: value(lambda t, p: ops.binary_focal_crossentropy(t, p, gamma=1.5), ONE_HOT, P),
        np.where(ONE_HOT == 1, -((1 - P) ** 1.5) * np.log(P), -(P**1.5) * np.log(1 - P)),
    ),
    "binary_focal_logits": (
        lambda: value(lambda t, z: ops.binary_focal_crossentropy(t, z, from_logits=True), ONE_HOT, X),
        special.expit((1 - 2 * ONE_HOT) * X) ** 2 * np.logaddexp(0, (1 - 2 * ONE_HOT) * X),
    ),
    "categorical_focal": (
        lambda: value(lambda t, p, a: ops.categorical_focal_crossentropy(t, p, a, gamma=3.0), ONE_HOT, P, Q[0]),
        (-Q[0] * ONE_HOT * (1 - SHARE) ** 3 * np.log(SHARE)).sum(-1),
    ),
    "generalized": (
        lambda: value(lambda t, p: ops.generalized_crossentropy(t, p, q=0.25), ONE_HOT, P),
        (1 - (ONE_HOT * P).sum(-1) ** 0.25) / 0.25,
    ),
    "ratio": (lambda: value(ops.ratio, X, ONE_HOT), np.where(ONE_HOT == 0, 0, X)),
}  # fmt: skip


@pytest.mark.parametrize("name", CASES)
def test_a_formula(name) -> None:
    got, want = CASES[name][0](), CASES[name][1]
    np.testing.assert_allclose(got, want, rtol=1e-6, atol=1e-7)  # constants are float32 on their way


def test_log_cosh_of_a_tiny_error_keeps_its_precision() -> None:
    small = np.full((1, 1), 1e-6, "float32")
    np.testing.assert_allclose(ops.log_cosh(np.zeros_like(small), small), [5e-13], rtol=1e-5)


def collapse(path, blank):
    """Return the labels that an alignment writes."""
    return tuple(c for i, c in enumerate(path) if c != blank and (i == 0 or path[i - 1] != c))


@pytest.mark.parametrize("blank", [0, 2])
@pytest.mark.parametrize("labels", [(1,), (1, 1), (1, 3), (3, 1, 3)])
def test_ctc_counts_every_alignment(labels, blank) -> None:
    time, classes = 5, 4
    z = R.normal(size=(1, time, classes))
    p = special.softmax(z[0], -1)
    paths = (path for path in product(range(classes), repeat=time) if collapse(path, blank) == labels)
    want = -np.log(sum(np.prod(p[range(time), path]) for path in paths))
    target = np.array([[*labels, 0, 0]], "int32")
    lengths = np.array([len(labels)], "int32"), np.array([time], "int32")
    got = value(lambda t, o, a, b: ops.ctc_loss(t, o, a, b, mask_index=blank), target, z, *lengths)
    np.testing.assert_allclose(got, [want], rtol=1e-6)


def test_ctc_reads_only_as_far_as_the_lengths_go() -> None:
    z, target = R.normal(size=(2, 6, 4)), np.array([[1, 2, 3], [3, 3, 1]], "int32")
    lengths = np.array([2, 1], "int32"), np.array([4, 3], "int32")
    whole = value(ops.ctc_loss, target, z, *lengths)
    for i in range(2):
        a, b = lengths[0][i : i + 1], lengths[1][i : i + 1]
        cut = value(ops.ctc_loss, target[i : i + 1, : a[0]], z[i : i + 1, : b[0]], a, b)
        np.testing.assert_allclose(whole[i], cut[0], rtol=1e-6)


def test_a_running_sum_of_a_million_small_numbers() -> None:
    total = carry = np.float32(0.0)
    for _ in range(100):
        total, carry = ops.accumulate([total], [carry], [np.float32(2.0**24)])
    for _ in range(1000):
        total, carry = ops.accumulate([total], [carry], [np.float32(0.1)])
    want = 100 * 2.0**24 + 1000 * float(np.float32(0.1))
    assert abs(float(total) + float(carry) - want) < 1e-3
