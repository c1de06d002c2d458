"""A second opinion on the composites: their formulas once more, in NumPy and SciPy."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import special

from horn.engine import numerics, reference
from horn.spec import ops

R = np.random.default_rng(0)
X = R.normal(size=(5, 4))
P = np.exp(X) / np.exp(X).sum(-1, keepdims=True)
LABELS = R.integers(0, 4, 5).astype(np.int32)
ONE_HOT = np.eye(4)[LABELS]


def value(fn, *operands):
    """Return the results of the reference for a function of ops."""
    graph, arrays = numerics.graph_of(fn, list(operands))
    results = reference.evaluate(graph, arrays)
    return results[0] if len(results) == 1 else results


SIGNAL = R.normal(size=(1, 7, 1))
TAPS = R.normal(size=3)


def spread(x, factor):
    """Return a sequence with zeros between its elements."""
    wide = np.zeros(len(x) * factor - factor + 1)
    wide[::factor] = x
    return wide


CASES = {
    "conv causal": (
        lambda: value(lambda x, k: ops.conv(x, k, padding="causal"), SIGNAL, TAPS[:, None, None]).ravel(),
        np.convolve(SIGNAL.ravel(), TAPS[::-1])[:7],
    ),
    "depthwise_conv": (
        lambda: value(ops.depthwise_conv, SIGNAL, np.stack([TAPS, TAPS**2], -1)[:, None, :]),
        np.stack([np.correlate(SIGNAL.ravel(), taps) for taps in (TAPS, TAPS**2)], -1)[None],
    ),
    "separable_conv": (
        lambda: value(ops.separable_conv, SIGNAL, TAPS[:, None, None], np.full((1, 1, 1), 3.0)).ravel(),
        3 * np.correlate(SIGNAL.ravel(), TAPS),
    ),
    "conv_transpose": (
        lambda: value(lambda x, k: ops.conv_transpose(x, k, strides=2), SIGNAL, TAPS[:, None, None]).ravel(),
        np.convolve(spread(SIGNAL.ravel(), 2), TAPS),
    ),
    "average_pool": (
        lambda: value(lambda x: ops.average_pool(x, 3, padding="same"), SIGNAL).ravel(),
        [part.mean() for part in np.split(SIGNAL.ravel(), (2, 5))],
    ),
    "adaptive_average_pool": (
        lambda: value(lambda x: ops.adaptive_average_pool(x, 2), SIGNAL).ravel(),
        [SIGNAL[0, :4].mean(), SIGNAL[0, 3:].mean()],
    ),
    "adaptive_max_pool": (
        lambda: value(lambda x: ops.adaptive_max_pool(x, 2), SIGNAL).ravel(),
        [SIGNAL[0, :4].max(), SIGNAL[0, 3:].max()],
    ),
    "upsample": (lambda: value(lambda x: ops.upsample(x, 3), SIGNAL).ravel(), SIGNAL.ravel().repeat(3)),
    "upsample bilinear": (
        lambda: value(lambda x: ops.upsample(x, 3, interpolation="bilinear"), SIGNAL).ravel(),
        np.interp((np.arange(21) + 0.5) / 3 - 0.5, np.arange(7), SIGNAL.ravel()),
    ),
    "softmax": (lambda: value(ops.softmax, X), special.softmax(X, -1)),
    "log_softmax": (lambda: value(ops.log_softmax, X), special.log_softmax(X, -1)),
    "logsumexp": (lambda: value(lambda x: ops.logsumexp(x, axis=0), X), special.logsumexp(X, 0)),
    "softplus": (lambda: value(ops.softplus, X), np.logaddexp(0, X)),
    "leaky_relu": (lambda: value(ops.leaky_relu, X), np.where(X > 0, X, 0.2 * X)),
    "mean": (lambda: value(lambda x: ops.mean(x, axis=1), X), X.mean(1)),
    "var": (lambda: value(lambda x: ops.var(x, axis=0), X), X.var(0)),
    "mean_squared_error": (lambda: value(ops.mean_squared_error, P, X), ((P - X) ** 2).mean(-1)),
    "mean_absolute_error": (lambda: value(ops.mean_absolute_error, P, X), np.abs(P - X).mean(-1)),
    "binary_crossentropy": (
        lambda: value(ops.binary_crossentropy, ONE_HOT, P),
        -special.xlogy(ONE_HOT, P) - special.xlog1py(1 - ONE_HOT, -P),
    ),
    "binary_crossentropy_logits": (
        lambda: value(lambda t, z: ops.binary_crossentropy(t, z, from_logits=True), ONE_HOT, X),
        np.logaddexp(0, X) - X * ONE_HOT,
    ),
    "categorical_crossentropy": (
        lambda: value(ops.categorical_crossentropy, ONE_HOT, P * 3),
        -np.log(P[range(5), LABELS]),
    ),
    "sparse_categorical_crossentropy": (
        lambda: value(lambda t, z: ops.sparse_categorical_crossentropy(t, z, from_logits=True), LABELS, X),
        -np.log(P[range(5), LABELS]),
    ),
    "one_hot": (lambda: value(lambda x: ops.one_hot(x, 4), LABELS), ONE_HOT),
    "batch_normalization": (
        lambda: value(
            lambda x, m, v, b, g: ops.batch_normalization(x, m, v, b, g, epsilon=0.25),
            X,
            X[0],
            P[0],
            X[1],
            X[2],
        ),
        (X - X[0]) / np.sqrt(P[0] + 0.25) * X[2] + X[1],
    ),
}


@pytest.mark.parametrize("name", CASES)
def test_a_formula(name) -> None:
    got, want = CASES[name][0](), CASES[name][1]
    np.testing.assert_allclose(
        got, want, rtol=1e-6, atol=1e-7
    )  # constants are rounded to float32 on their way


def test_batch_normalization_train() -> None:
    y, mean, variance = value(
        lambda x, g, b: ops.batch_normalization_train(x, g, b, epsilon=0.5), X, X[0], X[1]
    )
    np.testing.assert_allclose(mean, X.mean(0), atol=1e-12)
    np.testing.assert_allclose(variance, X.var(0), atol=1e-12)
    np.testing.assert_allclose(y, (X - X.mean(0)) / np.sqrt(X.var(0) + 0.5) * X[0] + X[1], atol=1e-12)


@pytest.mark.parametrize("backwards", [False, True])
def test_lstm(backwards) -> None:
    x, h, c = R.normal(size=(2, 5, 3)), R.normal(size=(2, 4)), R.normal(size=(2, 4))
    kernel, recurrent, bias = R.normal(size=(3, 16)), R.normal(size=(4, 16)), R.normal(size=16)
    got = value(lambda *a: ops.lstm(*a, go_backwards=backwards), x, h, c, kernel, recurrent, bias)
    rows = []
    for step in (x[:, ::-1] if backwards else x).swapaxes(0, 1):
        i, f, g, o = np.split(step @ kernel + h @ recurrent + bias, 4, -1)
        c = special.expit(f) * c + special.expit(i) * np.tanh(g)
        h = special.expit(o) * np.tanh(c)
        rows.append(h)
    np.testing.assert_allclose(got[0], np.stack(rows, 1), atol=1e-12)
    np.testing.assert_allclose(got[1], h, atol=1e-12)
    np.testing.assert_allclose(got[2], c, atol=1e-12)


def test_adam_over_three_steps() -> None:
    p, m, v = X[0], np.zeros(4), np.zeros(4)
    q, first, second = p, m, v
    for t in range(3):
        g = X[t + 1]
        rate, step = np.asarray(0.01), np.asarray(t, np.int32)
        p, m, v = value(
            lambda p, g, m, v, r, i: ops.adam_update([p], [g], [m], [v], r, i), p, g, m, v, rate, step
        )
        first, second = 0.9 * first + 0.1 * g, 0.999 * second + 0.001 * g * g
        alpha = 0.01 * np.sqrt(1 - 0.999 ** (t + 1)) / (1 - 0.9 ** (t + 1))
        q = q - alpha * first / (np.sqrt(second) + 1e-7)
    np.testing.assert_allclose(p, q, rtol=1e-6)


@pytest.mark.parametrize("nesterov", [False, True])
def test_sgd(nesterov) -> None:
    p, g, m = X[0], X[1], X[2]
    new, slot = value(
        lambda p, g, m: ops.sgd_update([p], [g], [m], 0.5, momentum=0.25, nesterov=nesterov), p, g, m
    )
    want = 0.25 * m - 0.5 * g
    np.testing.assert_allclose(slot, want, atol=1e-12)
    np.testing.assert_allclose(new, p + (0.25 * want - 0.5 * g if nesterov else want), atol=1e-12)


def test_rmsprop() -> None:
    p, g, v, m = X[0], X[1], P[2], X[3]
    new, slot, momentum = value(
        lambda p, g, v, m: ops.rmsprop_update([p], [g], [v], [m], 0.5, rho=0.75, momentum=0.5), p, g, v, m
    )
    np.testing.assert_allclose(slot, 0.75 * v + 0.25 * g * g, atol=1e-12)
    np.testing.assert_allclose(momentum, 0.5 * m + 0.5 * g / np.sqrt(slot + 1e-7), rtol=1e-6)
    np.testing.assert_allclose(new, p - momentum, atol=1e-12)


def test_dropout_keeps_its_share_and_its_scale() -> None:
    key, step = np.array([3, 4], np.int32), np.asarray(5, np.int32)
    y = value(lambda x, k, s: ops.dropout(x, k, s, rate=0.25), np.ones((100, 100)), key, step)
    assert set(np.unique(y)) == {0.0, 1 / 0.75}
    assert abs((y > 0).mean() - 0.75) < 4 * np.sqrt(0.25 * 0.75 / 1e4)


def test_normal_numbers_have_the_moments_of_the_normal_distribution() -> None:
    key, step = np.array([1, 2], np.int32), np.asarray(0, np.int32)
    y = value(lambda k, s: ops.random_normal(k, s, shape=(200, 200), dtype="float64"), key, step)
    n = y.size
    assert abs(y.mean()) < 5 / np.sqrt(n)
    assert abs(y.var() - 1) < 5 * np.sqrt(2 / n)
    assert abs((y**4).mean() - 3) < 5 * np.sqrt(96 / n)


@pytest.mark.parametrize("reset_after", [True, False])
def test_gru(reset_after) -> None:
    x, h, kernel, recurrent = (R.normal(size=shape) for shape in ((2, 3, 4), (2, 5), (4, 15), (5, 15)))
    bias = R.normal(size=(2, 15) if reset_after else 15)
    rows, last = value(lambda *operands: ops.gru(*operands, reset_after=reset_after), x, h, kernel, recurrent, bias)
    of_x, of_h = bias if reset_after else (bias, np.zeros(15))
    for t in range(3):
        a_z, a_r, a_n = np.split(x[:, t] @ kernel + of_x, 3, -1)
        u_z, u_r, u_n = np.split(recurrent, 3, -1)
        r = special.expit(a_r + h @ u_r + of_h[5:10])
        n = np.tanh(a_n + (r * (h @ u_n + of_h[10:]) if reset_after else (r * h) @ u_n))
        h = h + (1 - special.expit(a_z + h @ u_z + of_h[:5])) * (n - h)
        np.testing.assert_allclose(rows[:, t], h, atol=1e-12)
    np.testing.assert_allclose(last, h, atol=1e-12)
