"""Data as the loops want it: trees of host arrays cut into batches, or batches as they come."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from horn import dtypes, settings, tree
from horn.errors import ArgumentError, DataError
from horn.spec import ops
from horn.state.random import on_host

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from horn.state.random import Stream


def to_host(leaf: Any) -> np.ndarray:
    """Return a leaf as a NumPy array of a dtype that models take: floats in the default float."""
    array = leaf if isinstance(leaf, np.ndarray) else np.asarray(ops.convert_to_numpy(getattr(leaf, "values", leaf)))
    kind = array.dtype.kind
    if kind == "f" and dtypes.canonical(array.dtype) != settings.floatx() and array.dtype.itemsize > 2:
        return array.astype(dtypes.numpy_dtype(settings.floatx()))
    if array.dtype in (np.int64, np.uint64, np.uint32):
        return array.astype(np.int32)
    return array


def narrow(batch: Any) -> Any:
    """Return a tree of anything array-like as a tree of host arrays."""
    return tree.map_structure(lambda leaf: None if leaf is None else to_host(leaf), batch)


def pack(x: Any, y: Any = None, sample_weight: Any = None) -> Any:
    """Return `x`, ``(x, y)`` or ``(x, y, sample_weight)``, whatever is there; a tree alone as ``(x,)``."""
    if sample_weight is not None:
        return x, y, sample_weight
    if y is not None:
        return x, y
    return (x,) if tree.is_nested(x) else x


def unpack(batch: Any) -> tuple[Any, Any, Any]:
    """Return x, y and sample weights of a batch; None for what it lacks.

    Example:
        >>> unpack(("x", "y"))
        ('x', 'y', None)
    """
    if not isinstance(batch, tuple):
        return batch, None, None
    return (*batch, None, None)[:3]  # type: ignore[return-value]


class ArrayData:
    """Arrays in memory, all of one length along their first axis.

    Args:
        batch: The tree ``(x, y, sample_weight)``, or less.
        batch_size: How many examples a step takes.
    """

    def __init__(self, batch: Any, batch_size: int) -> None:
        self.tree = narrow(batch)
        self.leaves: list[np.ndarray] = tree.flatten(self.tree)
        sizes = [leaf.shape[0] if leaf.ndim else None for leaf in self.leaves]
        if not sizes or any(size is None or size != sizes[0] for size in sizes):
            raise DataError(
                "The arrays have different numbers of examples.",
                expected="one size along the first axis of inputs, targets and weights",
                got=", ".join(str(size) for size in sizes),
                remedy="make the arrays equally long",
            )
        if sizes[0] == 0:
            raise DataError(
                "The arrays hold no examples.",
                expected="at least one example",
                got="arrays of length 0",
                remedy="check how the data was loaded",
            )
        if isinstance(batch_size, bool) or not hasattr(batch_size, "__index__") or batch_size < 1:
            raise ArgumentError(
                "A batch was given a size that is none.",
                expected="batch_size as a positive integer",
                got=repr(batch_size),
                remedy="write batch_size=32",
            )
        self.examples = int(sizes[0])
        self.batch_size = min(int(batch_size), self.examples)

    @property
    def steps(self) -> int:
        """How many batches there are; the last may be smaller."""
        return -(-self.examples // self.batch_size)

    def example_batch(self) -> Any:
        """Return the first batch, for tracing."""
        return tree.map_structure(lambda leaf: leaf[: self.batch_size], self.tree)

    def order(self, shuffle: tuple[Stream, int] | None) -> list[np.ndarray]:
        """Return the rows of the whole batches, and those of a smaller last one if there is one.

        Args:
            shuffle: A stream and the number of the epoch; None to keep the order.
        """
        rows = np.arange(self.examples, dtype=np.int32)
        if shuffle is not None:
            rows = permutation(*shuffle, self.examples)
        whole = self.examples // self.batch_size * self.batch_size
        blocks = [rows[:whole].reshape(-1, self.batch_size), rows[whole:].reshape(1, -1)]
        return [np.ascontiguousarray(block) for block in blocks if block.size]


def permutation(stream: Stream, epoch: int, count: int) -> np.ndarray:
    """Return the numbers below `count` in the random order of an epoch, as int32.

    They are sorted by random words, so the order is the same on every machine; equal words keep
    their order.
    """
    with on_host():
        words = ops.random_bits(stream.key(), np.int32(epoch), shape=(count,))
    return np.argsort(np.asarray(words), kind="stable").astype(np.int32)


class BatchData:
    """Batches that somebody else makes: a generator, a loader, any iterable.

    Args:
        batches: Each a tree ``(x, y, sample_weight)``, or less. An iterator is used up across
            epochs; anything else is begun anew in each.
        steps: How many batches make an epoch; None for as many as there are.
    """

    def __init__(self, batches: Iterable[Any], steps: int | None = None) -> None:
        self.batches = batches
        self.limit = steps
        self._running: Iterator[Any] | None = iter(batches) if hasattr(batches, "__next__") else None

    @property
    def steps(self) -> int | None:
        """How many batches an epoch has, or None."""
        if self.limit is not None:
            return self.limit
        return len(self.batches) if hasattr(self.batches, "__len__") else None  # type: ignore[arg-type]

    def __iter__(self) -> Iterator[Any]:
        source = iter(self.batches) if self._running is None else self._running
        for number, batch in enumerate(source):
            yield narrow(batch)
            if self.limit is not None and number + 1 >= self.limit:
                return


def make(x: Any, y: Any, sample_weight: Any, batch_size: int | None, steps: int | None) -> ArrayData | BatchData:
    """Return the data of a loop from what the user passed."""
    first = tree.flatten(x)[0] if tree.is_nested(x) else x
    if hasattr(first, "__next__") or (not hasattr(first, "shape") and hasattr(first, "__iter__") and y is None and not isinstance(x, list)):
        if y is not None:
            raise ArgumentError(
                "Targets were passed beside an iterable of batches.",
                expected="batches that hold (x, y), and no `y`",
                got=f"a {type(x).__name__} and y",
                remedy="let the iterable yield (x, y)",
            )
        return BatchData(x, steps)
    x = x if not isinstance(x, list) or any(hasattr(item, "shape") for item in x) else np.asarray(x)
    y = np.asarray(y) if isinstance(y, list) and not any(hasattr(item, "shape") for item in y) else y
    return ArrayData(pack(x, y, sample_weight), 32 if batch_size is None else batch_size)
