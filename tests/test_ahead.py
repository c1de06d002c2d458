"""Slow sources of batches are read ahead: the same ones, no more than wanted, errors in their place."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest

import horn as keras
from horn.api.models import ahead as page
from horn.api.models.ahead import ahead

SLOW = 0.002


@pytest.fixture(autouse=True)
def every_source_is_slow(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the decision depend on no clock."""
    monkeypatch.setattr(page, "_SLOW", 0.0)


def slow(count: int, taken: list[int] | None = None) -> Iterator[Any]:
    """Yield arrays, late, all in one buffer."""
    buffer = np.zeros(2)
    for number in range(count):
        time.sleep(SLOW)
        buffer[:] = number
        if taken is not None:
            taken.append(number)
        yield buffer, None


def test_batches_come_in_order_and_are_not_overwritten() -> None:
    kept = []
    for x, y in ahead(slow(12)):
        time.sleep(SLOW)  # the source goes on filling its buffer meanwhile
        kept.append(float(x[0]))
        assert y is None
    assert kept == list(range(12))


def threads_of(count: int) -> list[str]:
    """Return the names of the threads in which a source makes its batches."""

    def source() -> Iterator[str]:
        for _ in range(count):
            yield threading.current_thread().name

    return list(map(str, ahead(source())))


def test_only_a_slow_source_has_a_thread_after_a_few_batches(monkeypatch: pytest.MonkeyPatch) -> None:
    assert threads_of(8) == ["MainThread"] * 3 + ["horn-batches"] * 5
    assert threads_of(2) == ["MainThread"] * 2
    monkeypatch.setattr(page, "_SLOW", 60.0)
    assert threads_of(8) == ["MainThread"] * 8


def test_errors_come_after_the_batches_before_them() -> None:
    def source() -> Iterator[Any]:
        yield from slow(6)
        raise RuntimeError("the disk is gone")

    seen = []

    def read() -> None:
        for x, _ in ahead(source()):
            seen.append(float(x[0]))

    with pytest.raises(RuntimeError, match="the disk is gone"):
        read()
    assert seen == [0, 1, 2, 3, 4, 5]


def test_who_stops_leaves_the_source_usable() -> None:
    source = slow(50)
    for x, _ in ahead(source):
        if x[0] == 7:
            break
    assert next(source)[0][0] in (8, 9, 10, 11)
    assert not any(thread.name == "horn-batches" for thread in threading.enumerate())


def test_fit_takes_no_more_than_it_was_told() -> None:
    taken: list[int] = []

    def source() -> Iterator[Any]:
        for x, _ in slow(100, taken):
            yield np.full((4, 2), x[0], "float32"), np.zeros((4, 1), "float32")

    model = keras.Sequential([keras.Input((2,)), keras.layers.Dense(1)], backend="numpy")
    model.compile("sgd", "mse")
    batches = source()
    for _ in range(3):
        model.fit(batches, steps_per_epoch=6, epochs=2, verbose=0)
    assert taken == list(range(36))
    assert int(model.optimizer.iterations.numpy()) == 36
