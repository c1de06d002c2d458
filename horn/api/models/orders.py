"""The random orders in which a model sees its examples: one for each epoch, the same on every backend."""

from __future__ import annotations

import numpy as np

from horn.spec import ops
from horn.state.random import Stream, on_host

_AHEAD = 1 << 15
"""Numbers that are drawn at a time, at most; a longer order is drawn alone."""


class Orders:
    """The orders of a model's epochs, from a random stream of its own.

    Short ones are drawn for several epochs in one go, twice as many each time; an order depends on the
    stream, the number of the epoch and the number of examples, so it is the same as if drawn alone.
    """

    def __init__(self) -> None:
        self._stream = Stream()
        self._epoch = 0
        self._ahead = np.empty((0, 0), np.int32)
        self._drawn = 0  # at a time, the last time

    def next(self, count: int) -> np.ndarray:
        """Return the numbers below `count` in the order of the next epoch, as int32."""
        if not len(self._ahead) or self._ahead.shape[1] != count:
            self._drawn = max(1, min(2 * self._drawn, _AHEAD // max(count, 1)))
            self._ahead = permutations(self._stream, range(self._epoch, self._epoch + self._drawn), count)
        order, self._ahead = self._ahead[0], self._ahead[1:]
        self._epoch += 1
        return order


class Shuffle:
    """How one run of `fit` takes the orders of its epochs.

    Args:
        orders: Those of the model.
        by_batch: Whether neighbours stay together and only the batches change their places, which
            suits data on a disk.
    """

    def __init__(self, orders: Orders, *, by_batch: bool = False) -> None:
        self.orders, self.by_batch = orders, by_batch

    def numbers(self, count: int) -> np.ndarray:
        """Return the numbers below `count` in a random order, another at each call."""
        return self.orders.next(count)

    def rows(self, examples: int, batch_size: int) -> np.ndarray:
        """Return the numbers of examples in the order in which batches take them."""
        if not self.by_batch:
            return self.numbers(examples)
        rows = np.arange(examples, dtype=np.int32)
        whole = examples // batch_size * batch_size  # a smaller batch stays the last
        blocks = rows[:whole].reshape(-1, batch_size)[self.numbers(examples // batch_size)]
        return np.concatenate([blocks.reshape(-1), rows[whole:]])


def permutations(stream: Stream, epochs: range, count: int) -> np.ndarray:
    """Return the numbers below `count` in the random orders of some epochs, as int32 (epochs, count).

    They are sorted by random words, so the orders are the same on every machine; equal words keep
    their order.
    """
    with on_host():
        words = ops.random_bits(stream.key(), np.array(epochs, np.int32), shape=(count,))
    # Word and number in one integer: no two are equal, and sorting them is five times as fast.
    keys = np.asarray(words).astype(np.int64)
    keys <<= 32
    keys |= np.arange(count)
    keys.sort()
    return keys.astype(np.int32)
