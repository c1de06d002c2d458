"""Oracles of convolution, pooling, loops and random bits."""

from __future__ import annotations

import itertools
import math
from typing import Any

import numpy as np

from horn_conformance.oracles import Index, _fill, _first_largest, oracle

_MASK = 0xFFFFFFFF


def _taps(size: Index, kernel: Index, out: Index, strides: Index, padding: Any, dilation: Index) -> Any:
    """Yield output position, kernel position and input position of every product inside of the input."""
    for o in np.ndindex(*out):
        for k in np.ndindex(*kernel):
            rows = zip(o, k, strides, padding, dilation, strict=True)
            at = tuple(oo * s + kk * d - p[0] for oo, kk, s, p, d in rows)
            if all(0 <= a < n for a, n in zip(at, size, strict=True)):
                yield o, k, at


def _products(
    size: Index, kernel: Index, out: Index, depth: int, filters: int, groups: int, window: Any
) -> Any:
    """Yield the indices (output, kernel, input) of every product, channels included."""
    for o, k, at in _taps(size, kernel, out, *window):
        for f in range(filters):
            first = f // (filters // groups) * depth
            for c in range(depth):
                yield (*o, f), (*k, c, f), (*at, first + c)


def _accumulate(batch: int, shape: Index, rows: Any, per_batch: bool) -> Any:  # noqa: FBT001
    """Return exact sums of products; `rows` yields (place of the result, its two factors) for one example."""
    terms: dict[Index, list[float]] = {}
    for n in range(batch):
        for place, value in rows(n):
            terms.setdefault((n, *place) if per_batch else place, []).append(value)
    return _fill(shape, lambda i: math.fsum(terms.get(i, [])))


@oracle("convolution")
def _convolution(x: Any, kernel: Any, strides: Any, padding: Any, dilation_rate: Any, groups: int) -> Any:
    rows = zip(x.shape[1:-1], kernel.shape[:-2], strides, padding, dilation_rate, strict=True)
    out = tuple((n + sum(p) - (k - 1) * d - 1) // s + 1 for n, k, s, p, d in rows)
    window = (strides, padding, dilation_rate)
    geometry = (x.shape[1:-1], kernel.shape[:-2], out, *kernel.shape[-2:], groups, window)

    def products(n: int) -> Any:
        return ((o, x[(n, *at)] * kernel[k]) for o, k, at in _products(*geometry))

    return _accumulate(x.shape[0], (x.shape[0], *out, kernel.shape[-1]), products, True)  # noqa: FBT003


@oracle("convolution_input_grad")
def _input_grad(
    cotangent: Any, kernel: Any, input_shape: Any, strides: Any, padding: Any, dilation_rate: Any, groups: int
) -> Any:
    window = (strides, padding, dilation_rate)
    geometry = (input_shape, kernel.shape[:-2], cotangent.shape[1:-1], *kernel.shape[-2:], groups, window)

    def products(n: int) -> Any:
        return ((at, cotangent[(n, *o)] * kernel[k]) for o, k, at in _products(*geometry))

    shape = (cotangent.shape[0], *input_shape, kernel.shape[-2] * groups)
    return _accumulate(cotangent.shape[0], shape, products, True)  # noqa: FBT003


@oracle("convolution_kernel_grad")
def _kernel_grad(
    x: Any, cotangent: Any, window: Any, strides: Any, padding: Any, dilation_rate: Any, groups: int
) -> Any:
    depth, filters = x.shape[-1] // groups, cotangent.shape[-1]
    geometry = (
        x.shape[1:-1],
        window,
        cotangent.shape[1:-1],
        depth,
        filters,
        groups,
        (strides, padding, dilation_rate),
    )

    def products(n: int) -> Any:
        return ((k, x[(n, *at)] * cotangent[(n, *o)]) for o, k, at in _products(*geometry))

    return _accumulate(x.shape[0], (*window, depth, filters), products, False)  # noqa: FBT003


def _largest(x: Any, pool_size: Any, strides: Any, padding: Any) -> dict[Index, Index | None]:
    """Return for each window the place of its first largest element; None where that is padding."""
    rows = zip(x.shape[1:-1], pool_size, strides, padding, strict=True)
    out = tuple((n + sum(p) - k) // s + 1 for n, k, s, p in rows)
    found: dict[Index, Index | None] = {}
    for i in np.ndindex(x.shape[0], *out, x.shape[-1]):
        places: list[Index | None] = []
        for k in itertools.product(*map(range, pool_size)):
            at = tuple(o * s + kk - p[0] for o, kk, s, p in zip(i[1:-1], k, strides, padding, strict=True))
            inside = all(0 <= a < n for a, n in zip(at, x.shape[1:-1], strict=True))
            places.append((i[0], *at, i[-1]) if inside else None)
        values = [-math.inf if place is None else x[place].item() for place in places]
        found[i] = places[_first_largest(values)]
    return found


def _chosen(values: Any, x: Any, **window: Any) -> Any:
    largest = _largest(x, **window)
    shape = tuple(np.max(list(largest), axis=0) + 1) if largest else (0, *_empty(x, **window))
    return _fill(shape, lambda i: -math.inf if largest[i] is None else values[largest[i]])


def _empty(x: Any, pool_size: Any, strides: Any, padding: Any) -> Index:
    rows = zip(x.shape[1:-1], pool_size, strides, padding, strict=True)
    return (*((n + sum(p) - k) // s + 1 for n, k, s, p in rows), x.shape[-1])


@oracle("max_pooling")
def _max_pooling(x: Any, **window: Any) -> Any:
    return _chosen(x, x, **window)


@oracle("max_pooling_take")
def _max_pooling_take(values: Any, x: Any, **window: Any) -> Any:
    return _chosen(values, x, **window)


@oracle("max_pooling_grad")
def _max_pooling_grad(cotangent: Any, output: Any, x: Any, **window: Any) -> Any:
    result = np.zeros(x.shape)
    for i, place in _largest(x, **window).items():
        if place is not None:
            result[place] += cotangent[i]
    return result


@oracle("scan")
def _scan(
    init: Any, xs: Any, captures: Any, body: Any, length: int, reverse: bool, keep_carries: bool
) -> Any:  # noqa: FBT001
    carry, rows = list(init), {}
    for i in sorted(range(length), reverse=reverse):
        out = body(*carry, *(x[i] for x in xs), *captures)
        rows[i] = [*out[len(carry) :], *(carry if keep_carries else [])]
        carry = list(out[: len(carry)])
    shapes = [out.spec.shape for out in body.graph.outputs[len(carry) :]] + [
        np.shape(x) for x in init
    ] * keep_carries
    columns = [
        np.array([rows[i][j] for i in range(length)]).reshape((length, *n)) for j, n in enumerate(shapes)
    ]
    return (*carry, *columns)


def threefry(key: tuple[int, int], counter: tuple[int, int]) -> tuple[int, int]:
    """Return Threefry-2x32-20 of two words and two words, in Python integers."""
    words = [key[0], key[1], key[0] ^ key[1] ^ 0x1BD11BDA]
    a, b = (counter[0] + words[0]) & _MASK, (counter[1] + words[1]) & _MASK
    rotations = [13, 15, 26, 6, 17, 29, 16, 24]
    for i in range(20):
        r = rotations[i % 8]
        a = (a + b) & _MASK
        b = ((b << r | b >> (32 - r)) & _MASK) ^ a
        if i % 4 == 3:
            n = i // 4 + 1
            a, b = (a + words[n % 3]) & _MASK, (b + words[(n + 1) % 3] + n) & _MASK
    return a, b


@oracle("random_bits")
def random_bits(key: Any, step: Any, shape: Index) -> Any:
    """Return the words that the page of `random_bits` describes."""
    count = math.prod(shape)
    half = (count + 1) // 2
    leading = np.shape(step) or np.shape(key)[:-1]
    keys = np.broadcast_to(key, (*leading, 2)).reshape(-1, 2)
    rows = []
    for words, number in zip(keys.tolist(), np.broadcast_to(step, leading).ravel().tolist(), strict=True):
        pair = tuple(int(word) & _MASK for word in words)
        blocks = [threefry(pair, (j, int(number) & _MASK)) for j in range(half)]
        drawn = [first for first, _ in blocks] + [second for _, second in blocks]
        rows.append(drawn[:count])
    return np.array(rows, np.uint32).astype(np.uint32).view(np.int32).reshape((*leading, *shape))
