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
    x, y, sample_weight = _array(x), _array(y), _array(sample_weight)
    if sample_weight is not None:
        return x, y, sample_weight
    if y is not None:
        return x, y
    return (x,) if tree.is_nested(x) else x


def _array(value: Any) -> Any:
    """Return a list of numbers as an array; a list of arrays is a tree and stays one.

    Example:
        >>> _array([[1, 2], [3, 4]]).shape
        (2, 2)
    """
    if not isinstance(value, list) or any(hasattr(item, "shape") for item in value):
        return value
    return np.asarray(value)


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
        # A scalar has no examples to count; -1 equals no size.
        sizes: list[int] = [leaf.shape[0] if leaf.ndim else -1 for leaf in self.leaves]
        if not sizes or -1 in sizes or len(set(sizes)) > 1:
            raise DataError(
                "The arrays have different numbers of examples.",
                expected="one size along the first axis of inputs, targets and weights",
                got=", ".join("no axis" if size < 0 else str(size) for size in sizes),
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
        self.examples = sizes[0]
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
        words = ops.random_bits(stream.key(), np.array(epoch, np.int32), shape=(count,))
    # Word and number in one integer: no two are equal, and sorting them is five times as fast.
    keys = np.asarray(words).astype(np.int64)
    keys <<= 32
    keys |= np.arange(count)
    keys.sort()
    return keys.astype(np.int32)


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
            yield narrow(tuple(batch) if isinstance(batch, list) else batch)  # loaders yield [x, y]
            if self.limit is not None and number + 1 >= self.limit:
                return


def yields_batches(x: Any, y: Any) -> bool:
    """Return whether what the user passed is an iterable of batches, and not arrays."""
    first = tree.flatten(x)[0] if tree.is_nested(x) else x
    if hasattr(first, "__next__"):
        return True
    return not hasattr(first, "shape") and hasattr(first, "__iter__") and y is None and not isinstance(x, list)


def make(x: Any, y: Any, sample_weight: Any, batch_size: int | None, steps: int | None) -> ArrayData | BatchData:
    """Return the data of a loop from what the user passed."""
    if x is None:
        raise ArgumentError(
            "A model was given no data.",
            expected="arrays, or an iterable of batches, as x",
            got="None",
            remedy="pass x",
        )
    if yields_batches(x, y):
        if y is not None:
            raise ArgumentError(
                "Targets were passed beside an iterable of batches.",
                expected="batches that hold (x, y), and no `y`",
                got=f"a {type(x).__name__} and y",
                remedy="let the iterable yield (x, y)",
            )
        return BatchData(x, steps)
    return ArrayData(pack(x, y, sample_weight), 32 if batch_size is None else batch_size)


def split(x: Any, y: Any, sample_weight: Any, share: float) -> tuple[Any, Any]:
    """Return the first examples and the last, which are held out."""
    if not 0 < share < 1:
        raise ArgumentError(
            "fit was given a validation split outside of (0, 1).",
            expected="0 < validation_split < 1",
            got=repr(share),
            remedy="pass the share of examples to hold out, such as 0.1",
        )
    if yields_batches(x, y):
        raise ArgumentError(
            "fit was told to split an iterable of batches.",
            expected="arrays, if validation_split is given",
            got=f"a {type(x).__name__}",
            remedy="pass validation_data",
        )
    packed = narrow(pack(x, y, sample_weight))
    examples = tree.flatten(packed)[0].shape[0]
    kept = examples - int(examples * share)
    if not 0 < kept < examples:
        raise DataError(
            "The validation split leaves nothing on one side.",
            expected="at least one example to train on and one to validate",
            got=f"validation_split={share} of {examples} examples",
            remedy="pass validation_data, or change the split",
        )
    first = tree.map_structure(lambda leaf: leaf[:kept], packed)
    return unpack(first), tree.map_structure(lambda leaf: leaf[kept:], packed)
