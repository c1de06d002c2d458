"""Mutants of activations, normalisation, recurrence, losses and update rules."""

from __future__ import annotations

import numpy as np

from horn_conformance.mutants.mutant import kernel


@kernel("M028", "leaky_relu", "has a default slope of 0.3 in place of 0.2")
def _(original):
    return lambda x, negative_slope: original(
        x, negative_slope=0.3 if negative_slope == 0.2 else negative_slope
    )


@kernel("M030", "softplus", "overflows, as log(1 + exp(x))")
def _(original):
    return lambda x: np.log1p(np.exp(x))


@kernel("M031", "softmax", "does not subtract the maximum")
def _(original):
    return lambda x, axis: np.exp(x) / np.sum(np.exp(x), axis, keepdims=True)


@kernel("M032", "log_softmax", "is the logarithm of softmax")
def _(original):
    def log_softmax(x, axis):
        share = np.exp(x - np.max(x, axis, keepdims=True))
        return np.log(share / np.sum(share, axis, keepdims=True))

    return log_softmax


@kernel("M089", "batch_normalization", "adds epsilon outside of the root")
def _(original):
    def normalise(x, mean, variance, offset, scale, axis, epsilon):
        inside = (np.sqrt(variance) + np.asarray(epsilon, x.dtype)) ** 2 - np.asarray(epsilon, x.dtype)
        return original(x, mean, inside.astype(x.dtype), offset, scale, axis=axis, epsilon=epsilon)

    return normalise


@kernel("M090", "batch_normalization_train", "has an epsilon of 1e-5 in place of 1e-3")
def _(original):
    return lambda x, scale, offset, axis, epsilon: original(
        x, scale, offset, axis=axis, epsilon=1e-5 if epsilon == 1e-3 else epsilon
    )


@kernel("M091", "batch_normalization_train", "returns the unbiased variance")
def _(original):
    def normalise(x, scale, offset, axis, epsilon):
        y, mean, variance = original(x, scale, offset, axis=axis, epsilon=epsilon)
        count = x.size / x.shape[axis]
        return y, mean, (variance * (count / (count - 1))).astype(x.dtype)

    return normalise


@kernel("M155", "dropout", "does not scale up what it keeps")
def _(original):
    return lambda x, key, step, rate: original(x, key, step, rate=rate) * np.asarray(1 - rate, x.dtype)


@kernel("M159", "dropout", "draws from a state that every call moves on")
def _(original):
    state = np.random.default_rng(0)

    def dropout(x, key, step, rate):
        kept = state.uniform(size=x.shape) >= rate
        return np.where(kept, x / np.asarray(1 - rate, x.dtype), 0).astype(x.dtype)

    return dropout


@kernel("M097", "lstm", "has the gates in the order i, f, o, g")
def _(original):
    def turned(x):
        i, f, g, o = np.split(x, 4, -1)
        return np.concatenate([i, f, o, g], -1)

    return lambda x, h, c, k, r, b, mask, go_backwards: original(
        x, h, c, turned(k), turned(r), turned(b), mask, go_backwards=go_backwards
    )


@kernel("M217", "lstm", "forgets to run backwards")
def _(original):
    return lambda *operands, go_backwards: original(*operands, go_backwards=False)


@kernel("M226", "gru", "counts the steps that the mask leaves out")
def _(original):
    return lambda x, h, k, r, b, mask, **attrs: original(x, h, k, r, b, None, **attrs)


@kernel("M101", "scan", "stacks the results of a reversed scan in the order of computing")
def _(original):
    def scan(init, xs, captures, reverse, **attrs):
        results = original(init, xs, captures, reverse=reverse, **attrs)
        return (*results[: len(init)], *(np.flip(y, 0) if reverse else y for y in results[len(init) :]))

    return scan


@kernel("M139", "scan", "keeps the last carry for every step, so that gradients stop")
def _(original):
    def scan(init, xs, captures, keep_carries, **attrs):
        results = list(original(init, xs, captures, keep_carries=keep_carries, **attrs))
        if keep_carries:
            for i in range(len(init)):
                rows = results[len(results) - len(init) + i]
                results[len(results) - len(init) + i] = (
                    np.broadcast_to(rows[-1:], rows.shape) if len(rows) else rows
                )
        return tuple(results)

    return scan


@kernel("M107", "sparse_categorical_crossentropy", "gives 0 for a label out of range")
def _(original):
    return lambda target, output, from_logits, axis: np.nan_to_num(
        original(target, output, from_logits=from_logits, axis=axis)
    )


@kernel("M109", "binary_crossentropy", "loses large logits in a sigmoid")
def _(original):
    def loss(target, output, from_logits):
        return original(target, 1 / (1 + np.exp(-output)) if from_logits else output, from_logits=False)

    return loss


@kernel("M111", "mean_absolute_error", "is the root of the mean square")
def _(original):
    return lambda y_true, y_pred: np.sqrt(np.mean((y_true - y_pred) ** 2, -1, dtype=y_true.dtype))


@kernel("M163", "adam_update", "does not correct the bias")
def _(original):
    def update(params, gradients, moments, velocities, learning_rate, iteration, **attrs):
        late = np.asarray(10**7, iteration.dtype)
        return original(params, gradients, moments, velocities, learning_rate, late, **attrs)

    return update


@kernel("M164", "adam_update", "takes its correction from the step before")
def _(original):
    def update(params, gradients, moments, velocities, learning_rate, iteration, **attrs):
        return original(
            params,
            gradients,
            moments,
            velocities,
            learning_rate,
            iteration + np.asarray(1, iteration.dtype),
            **attrs,
        )

    return update


@kernel("M167", "rmsprop_update", "swaps rho and 1 - rho")
def _(original):
    return lambda *operands, rho, **attrs: original(*operands, rho=1.0 - rho, **attrs)


@kernel("M168", "sgd_update", "ignores the look-ahead of Nesterov")
def _(original):
    return lambda *operands, nesterov, **attrs: original(*operands, nesterov=False, **attrs)
