"""`PyDataset`: batches by number, which threads may prepare ahead."""

from __future__ import annotations

from collections import deque
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any

from horn.api.bounds import flag, whole
from horn.api.keywords import ExactKeywords
from horn.errors import ArgumentError

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator


class PyDataset(ExactKeywords):
    """The base of data sets that return a batch by its number; subclass it.

    A subclass writes ``__len__``, the number of batches, and ``__getitem__``, which returns batch
    number `index` as ``(x, y)``, ``(x, y, sample_weight)`` or ``(x,)``. With ``shuffle=True``, `fit`
    takes the batches of each epoch in a random order.

    Args:
        workers: How many threads prepare batches while the model trains; up to 1, none does. The
            batches keep their order.
        use_multiprocessing: Must be False: threads serve, no processes.
        max_queue_size: How many batches are prepared ahead, with `workers`.

    Raises:
        ArgumentError: An argument means nothing.

    Example:
        >>> class Squares(PyDataset):
        ...     def __len__(self):
        ...         return 3
        ...     def __getitem__(self, index):
        ...         return np.full((2, 1), index), np.full((2, 1), index**2)
        >>> [int(y[0, 0]) for x, y in Squares(workers=2)]
        [0, 1, 4]
    """

    # Of the class, so that a subclass need not call super().__init__().
    workers = 1
    use_multiprocessing = False
    max_queue_size = 10

    def __init__(self, workers: int = 1, use_multiprocessing: bool = False, max_queue_size: int = 10) -> None:
        self.workers = whole("PyDataset", "workers", workers, low=0)
        self.max_queue_size = whole("PyDataset", "max_queue_size", max_queue_size)
        if flag("PyDataset", "use_multiprocessing", use_multiprocessing):
            raise ArgumentError(
                "PyDataset was told to prepare batches in other processes, which it cannot.",
                expected="use_multiprocessing=False",
                got="use_multiprocessing=True",
                remedy=f"write workers={max(workers, 2)} for threads; NumPy and file systems work beside Python",
            )

    def __getitem__(self, index: int) -> Any:
        """Return a batch."""
        raise NotImplementedError(f"{type(self).__name__} has no `__getitem__`")

    def __len__(self) -> int:
        """Return the number of batches."""
        raise NotImplementedError(f"{type(self).__name__} has no `__len__`")

    @property
    def num_batches(self) -> int | None:
        """How many batches there are; a subclass may say None, for no end."""
        return len(self)

    def on_epoch_begin(self) -> None:
        """Called before each epoch."""

    def on_epoch_end(self) -> None:
        """Called after each epoch."""

    def __iter__(self) -> Iterator[Any]:
        """Yield the batches in order."""
        return in_order(self, range(len(self)))


def in_order(dataset: Any, numbers: Iterable[int]) -> Iterator[Any]:
    """Yield the batches of some numbers, in their order, prepared by the threads that the data set wants."""
    workers = getattr(dataset, "workers", 1)
    if workers <= 1:
        for number in numbers:
            yield dataset[number]
        return
    waiting: deque[Any] = deque()
    with ThreadPoolExecutor(workers) as pool:
        try:
            for number in numbers:
                waiting.append(pool.submit(dataset.__getitem__, number))
                if len(waiting) >= dataset.max_queue_size:
                    yield waiting.popleft().result()
            while waiting:
                yield waiting.popleft().result()
        finally:
            pool.shutdown(wait=False, cancel_futures=True)
