"""Data as the loops want it: trees of host arrays, cut into batches in some order."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Any

import numpy as np

from horn import dtypes, settings, tree
from horn.errors import ArgumentError, DataError
from horn.spec import ops

if TYPE_CHECKING:
    from horn.api.models.orders import Shuffle

_log = logging.getLogger("horn")


def to_host(leaf: Any) -> np.ndarray:
    """Return a leaf as a NumPy array of a dtype that models take: floats in the default float."""
    array = leaf if isinstance(leaf, np.ndarray) else _read(leaf)
    kind = array.dtype.kind
    if kind in "OMmc":  # objects, dates, spans of time, complex numbers
        held = "objects" if kind == "O" else array.dtype
        raise DataError(
            "The data hold something else than numbers.",
            expected="arrays of numbers",
            got=f"a {type(leaf).__name__} of {held} such as {array.reshape(-1)[0] if array.size else None!r}",
            remedy="choose or convert the columns: table.astype('float32')",
        )
    if kind == "f" and dtypes.canonical(array.dtype) != settings.floatx() and array.dtype.itemsize > 2:
        return array.astype(dtypes.numpy_dtype(settings.floatx()))
    if kind in "iu" and array.dtype in (np.int64, np.uint64, np.uint32):
        return _int32(array)
    return array


def _int32(array: np.ndarray) -> np.ndarray:
    narrowed = array.astype(np.int32)
    wrong = narrowed != array
    if wrong.any():
        raise DataError(
            "The data hold integers that are too large.",
            expected="integers from -2147483648 to 2147483647, as models compute in int32",
            got=str(array[wrong][0]),
            remedy="number what they stand for from 0, or pass floats",
        )
    return narrowed


def _read(leaf: Any) -> np.ndarray:
    """Return a tensor, table, list or number as an array; a table's column gets an axis for its feature."""
    if hasattr(leaf, "to_numpy"):  # pandas and its kin
        array = leaf.to_numpy()
        array = array[:, None] if array.ndim == 1 else array
        return _columns(leaf, array) if array.dtype.kind == "O" and array.ndim == 2 else array
    if hasattr(leaf, "detach"):  # PyTorch, also where its plugin is not loaded
        leaf = leaf.detach()
    try:
        return np.asarray(ops.convert_to_numpy(leaf))
    except ValueError as error:
        raise DataError(
            "The data are no array.",
            expected="arrays, or lists of equal length at every depth",
            got=f"a {type(leaf).__name__}: {error}",
            remedy="fill rows up to one length first",
        ) from None


def _columns(table: Any, array: np.ndarray) -> np.ndarray:
    """Return the values of a table as numbers, whose columns of several dtypes came as objects."""
    names = list(getattr(table, "columns", [getattr(table, "name", None)]))
    for i, column in enumerate(array.T):
        for value in column:
            if not isinstance(value, int | float | np.number | np.bool_):  # a word, or pandas's NA
                raise DataError(
                    f"The column {names[i]!r} of a table holds something else than numbers.",
                    expected="a number or a bool in every row",
                    got=f"a {type(value).__name__}: {value!r}",
                    remedy="leave the column out, number what it holds, or fill in what is missing: table.fillna(0)",
                )
    return np.column_stack([np.array(column.tolist()) for column in array.T])


def narrow(batch: Any) -> Any:
    """Return a tree of anything array-like as a tree of host arrays."""
    return tree.map_structure(lambda leaf: None if leaf is None else to_host(leaf), batch)


def pack(x: Any, y: Any = None, sample_weight: Any = None) -> Any:
    """Return `x`, ``(x, y)`` or ``(x, y, sample_weight)``, whatever is there; a tree alone as ``(x,)``."""
    x, y = _array(x), _array(y)
    if sample_weight is not None:
        weights = _array(sample_weight)
        return x, y, weights.to_numpy() if hasattr(weights, "to_numpy") else weights  # without the axis of a column
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
    return _read(value)


def unpack(batch: Any) -> tuple[Any, Any, Any]:
    """Return x, y and sample weights of a batch; None for what it lacks.

    Example:
        >>> unpack(("x", "y"))
        ('x', 'y', None)
    """
    if not isinstance(batch, tuple):
        return batch, None, None
    return (*batch, None, None)[:3]  # type: ignore[return-value]


def check_lengths(leaves: list[np.ndarray]) -> int:
    """Return the number of examples; raise `DataError` unless all arrays have as many, and any."""
    # A scalar has no examples to count; -1 equals no size.
    sizes: list[int] = [leaf.shape[0] if leaf.ndim else -1 for leaf in leaves]
    if not sizes or sizes[0] < 0 or sizes.count(sizes[0]) < len(sizes):
        raise DataError(
            "The arrays have different numbers of examples.",
            expected="one size along the first axis of inputs, targets and weights",
            got=", ".join("no axis" if size < 0 else str(size) for size in sizes) or "no arrays",
            remedy="make the arrays equally long",
        )
    if sizes[0] == 0:
        raise DataError(
            "The arrays hold no examples.",
            expected="at least one example",
            got="arrays of length 0",
            remedy="check how the data was loaded",
        )
    return sizes[0]


def check_batch_size(batch_size: Any) -> int:
    """Return the size of a batch, 32 for None; raise `ArgumentError` if it is none."""
    if batch_size is None:
        return 32
    if isinstance(batch_size, bool) or not hasattr(batch_size, "__index__") or batch_size < 1:
        raise ArgumentError(
            "A batch was given a size that is none.",
            expected="batch_size as a positive integer",
            got=repr(batch_size),
            remedy="write batch_size=32",
        )
    return int(batch_size)


def say_short(done: int, wanted: int) -> None:
    """Say that data came to an end before the steps that were asked for."""
    _log.warning("The data ended after %d of the %d steps that were asked for.", done, wanted)


class ArrayData:
    """Arrays in memory, all of one length along their first axis.

    Args:
        batch: The tree ``(x, y, sample_weight)``, or less.
        batch_size: How many examples a step takes.
        steps: How many batches make an epoch; None for all. An epoch of fewer goes on where the
            last has ended, and is cut short where the data end.
    """

    def __init__(self, batch: Any, batch_size: int, steps: int | None = None) -> None:
        self.tree = narrow(batch)
        self.leaves: list[np.ndarray] = tree.flatten(self.tree)
        self.examples = check_lengths(self.leaves)
        self.batch_size = min(batch_size, self.examples)
        self.limit = steps
        self._left: list[np.ndarray] = []

    @property
    def count(self) -> int:
        """How many batches there are; the last may be smaller."""
        return -(-self.examples // self.batch_size)

    @property
    def steps(self) -> int:
        """How many batches an epoch has."""
        return self.count if self.limit is None else min(self.limit, self.count)

    def example_batch(self, size: int | None = None) -> Any:
        """Return the first batch, or the first `size` examples, for tracing."""
        size = size or self.batch_size
        return self.tree if size == self.examples else tree.map_structure(lambda leaf: leaf[:size], self.tree)

    def epoch(self, shuffle: Shuffle | None = None) -> list[np.ndarray]:
        """Return the rows of the batches of the next epoch, see `order`."""
        if self.limit is None:
            return self.order(shuffle)
        taken, self._left = _cut(self._left or self.order(shuffle), self.limit)
        done = sum(map(len, taken))
        if done < self.limit:
            say_short(done, self.limit)
        return taken

    def order_anew(self) -> list[np.ndarray]:
        """Return the rows of the batches of an epoch in the order of the arrays, from the first."""
        self._left = []
        return self.epoch()

    def order(self, shuffle: Shuffle | None = None) -> list[np.ndarray]:
        """Return the rows of the whole batches, and those of a smaller last one if there is one.

        Args:
            shuffle: Draws the order; None to keep that of the arrays.
        """
        rows = np.arange(self.examples, dtype=np.int32)
        if shuffle is not None:
            rows = shuffle.rows(self.examples, self.batch_size)
        whole = self.examples // self.batch_size * self.batch_size
        blocks = [rows[:whole].reshape(-1, self.batch_size), rows[whole:].reshape(1, -1)]
        return [np.ascontiguousarray(block) for block in blocks if block.size]


def _cut(blocks: list[np.ndarray], count: int) -> tuple[list[np.ndarray], list[np.ndarray]]:
    """Return the rows of the first `count` batches, and of those behind them."""
    taken, left = [], []
    for block in blocks:
        taken.append(block[:count])
        left.append(block[count:])
        count -= len(taken[-1])
    return [block for block in taken if len(block)], [block for block in left if len(block)]
