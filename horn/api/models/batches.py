"""Batches that come one at a time: from an iterable, a numbered data set, or arrays on a disk."""

from __future__ import annotations

from itertools import islice
from typing import TYPE_CHECKING, Any

import numpy as np

from horn import tree
from horn.api.models import class_weights
from horn.api.models.ahead import ahead
from horn.api.models.data import check_lengths, narrow, say_short
from horn.api.models.py_dataset import PyDataset, in_order
from horn.errors import DataError

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from horn.api.models.orders import Shuffle


class BatchData:
    """Batches that somebody else makes: a generator, a loader, any iterable.

    Args:
        batches: Each a tree ``(x, y, sample_weight)``, or less. An iterator is used up across
            epochs; anything else is begun anew, in each epoch or once it is used up.
        steps: How many batches make an epoch; None for as many as there are.
        goes_on: Whether an epoch of `steps` begins where the last has ended.
        class_weight: A factor for each class.
    """

    def __init__(
        self,
        batches: Iterable[Any],
        steps: int | None = None,
        *,
        goes_on: bool = False,
        class_weight: dict[int, float] | None = None,
    ) -> None:
        self.batches = batches
        self.limit = steps
        self.class_weight = class_weight
        self.shuffle: Shuffle | None = None
        self._once = hasattr(batches, "__next__")
        self._goes_on = self._once or (goes_on and steps is not None)
        self._running: Iterator[Any] | None = None

    @property
    def has_threads(self) -> bool:
        """Whether the source makes batches ahead of time by itself."""
        return False

    @property
    def count(self) -> int | None:
        """How many batches there are, or None."""
        try:
            return len(self.batches)  # type: ignore[arg-type]
        except TypeError:  # it has no length, or an infinite one
            return None

    @property
    def steps(self) -> int | None:
        """How many batches an epoch has, or None."""
        return self.limit if self.limit is not None else self.count

    def begin(self) -> Iterator[Any]:
        """Return an iterator over the batches, from the first."""
        numpy_batches = getattr(self.batches, "as_numpy_iterator", None)  # a tf.data.Dataset
        return iter(self.batches) if numpy_batches is None else numpy_batches()

    def __iter__(self) -> Iterator[Any]:
        done, prepared = 0, map(self._prepared, islice(self._epoch(), self.limit))
        for batch in prepared if self.has_threads else ahead(prepared):
            yield batch
            done += 1
            if done == self.limit:
                return
        self._running = self._running if self._once else None
        if done and self.limit is not None:
            say_short(done, self.limit)

    def _prepared(self, batch: Any) -> Any:
        # Loaders yield [x, y].
        host = narrow(tuple(batch) if isinstance(batch, list) else batch)
        return class_weights.weigh(host, self.class_weight)

    def _epoch(self) -> Iterator[Any]:
        """Yield the batches of an epoch, and those after it: who takes them stops."""
        going_on = self._goes_on and self._running is not None
        if not going_on:
            self._running = self.begin()
        running, empty = self._running, True
        assert running is not None
        for batch in running:
            empty = False
            yield batch
        if empty and going_on and not self._once:  # the last epoch took the last batch
            self._running = self.begin()
            yield from self._running


class NumberedData(BatchData):
    """The batches of a `PyDataset`, or of anything with its methods, in an order drawn by `shuffle`.

    Args:
        batches: The data set.
        steps: See `BatchData`.
        goes_on: See `BatchData`.
        class_weight: See `BatchData`.
    """

    batches: Any

    @property
    def count(self) -> int | None:
        count = getattr(self.batches, "num_batches", NotImplemented)
        return len(self.batches) if count is NotImplemented else count

    @property
    def has_threads(self) -> bool:
        return getattr(self.batches, "workers", 1) > 1

    def begin(self) -> Iterator[Any]:
        return in_order(self.batches, self._numbers())

    def _numbers(self) -> Iterator[int]:
        count = self.count
        if count is None:
            number = 0
            while True:
                yield number
                number += 1
        order = range(count) if self.shuffle is None else self.shuffle.numbers(count)
        yield from (int(number) for number in order)

    def __iter__(self) -> Iterator[Any]:
        _call(self.batches, "on_epoch_begin")
        yield from super().__iter__()
        _call(self.batches, "on_epoch_end")


def _call(batches: Any, hook: str) -> None:
    if hasattr(batches, hook):
        getattr(batches, hook)()


def is_numbered(x: Any) -> bool:
    """Return whether something is a data set of numbered batches, of Horn or with the same methods."""
    return isinstance(x, PyDataset) or all(
        hasattr(x, name) for name in ("__getitem__", "__len__", "on_epoch_end")
    )


class MappedData(BatchData):
    """Arrays of which some lie on a disk (`np.memmap`): each batch is read when its turn comes.

    Args:
        batch: The tree ``(x, y, sample_weight)``, or less.
        batch_size: How many examples a step takes.
        steps: See `BatchData`.
        goes_on: See `BatchData`.
        class_weight: See `BatchData`.
    """

    def __init__(self, batch: Any, batch_size: int, steps: int | None = None, **options: Any) -> None:
        self.tree = tree.map_structure(lambda leaf: leaf if is_mapped(leaf) else narrow(leaf), batch)
        self.examples = check_lengths(tree.flatten(self.tree))
        self.batch_size = min(batch_size, self.examples)
        super().__init__([], steps, **options)

    @property
    def count(self) -> int:
        return -(-self.examples // self.batch_size)

    @property
    def steps(self) -> int:
        return self.count if self.limit is None else min(self.limit, self.count)

    def begin(self) -> Iterator[Any]:
        rows = None if self.shuffle is None else self.shuffle.rows(self.examples, self.batch_size)
        for start in range(0, self.examples, self.batch_size):
            taken = slice(start, start + self.batch_size)
            wanted = taken if rows is None else rows[taken]
            yield tree.map_structure(lambda leaf, wanted=wanted: np.array(leaf[wanted]), self.tree)


def is_mapped(leaf: Any) -> bool:
    """Return whether an array lies on a disk."""
    return isinstance(leaf, np.memmap)


def check_walkable(validation: Any, due: Iterator[int]) -> None:
    """Raise `DataError` if data can be walked through once and shall be more often.

    Args:
        validation: The data of a validation.
        due: The epochs after which fit will validate.
    """
    once = hasattr(getattr(validation, "batches", None), "__next__") and validation.limit is None
    if once and len(list(islice(due, 2))) == 2:
        raise DataError(
            "fit was given validation data that last for one validation.",
            expected="data for several validations",
            got=f"a {type(validation.batches).__name__}, which cannot begin anew, and no validation_steps",
            remedy="pass arrays or a PyDataset, or validation_steps with an endless generator",
        )
