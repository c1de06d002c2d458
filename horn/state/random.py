"""Random streams: which key a layer draws with, fixed by the seed and not by the machine.

The key of a draw is made of the seed, of the consumer (the number of the stream since the seed
was set) and of the call (how often it drew within a step); the step is the counter's upper word.
So the same seed gives the same masks on every backend, and a resumed run goes on exactly.
"""

from __future__ import annotations

import os
from contextlib import contextmanager
from contextvars import ContextVar
from functools import lru_cache
from typing import TYPE_CHECKING, Any

import numpy as np

from horn import contract
from horn.errors import ArgumentError
from horn.spec.random import threefry2x32

if TYPE_CHECKING:
    from collections.abc import Iterator

# The upper bit of the call word separates draws outside of a step from those inside.
_OUTSIDE = 1 << 31
_OTHER = 1 << 30
# Streams of an explicit seed share one consumer number, which the ordinals never reach.
_EXPLICIT = 0xFFFFFFFF
_PROCESS = 0xFFFFFFFE


class _Global:
    """The seed of the process and the counters that `set_random_seed` resets."""

    seed: int | None = None
    consumers = 0
    stream: Stream | None = None


def set_random_seed(seed: int) -> None:
    """Set the seed of everything that Horn draws: weights, shuffles, masks, `horn.random`.

    Args:
        seed: An integer from 0 to 2**64 - 1.
    """
    if isinstance(seed, bool) or not isinstance(seed, int | np.integer) or not 0 <= int(seed) < 2**64:
        raise ArgumentError(
            "set_random_seed was given something that is no seed.",
            expected="an integer from 0 to 2**64 - 1",
            got=repr(seed),
            remedy="pass a small integer, such as 0",
        )
    _Global.seed = int(seed)
    _Global.consumers = 0
    _Global.stream = None


def global_seed() -> int:
    """Return the seed of the process; drawn from the system once, unless it was set."""
    if _Global.seed is None:
        _Global.seed = int.from_bytes(os.urandom(8), "little")
    return _Global.seed


@lru_cache(maxsize=1024)
def derive(seed: int, consumer: int, call: int) -> np.ndarray:
    """Return the key of a draw as two int32 words, in an array that is not to be changed.

    Example:
        >>> derive(0, 0, 0).tolist()
        [1797259609, -1715843330]
    """
    word = [np.array([x & 0xFFFFFFFF], np.uint32) for x in (seed, seed >> 32, consumer, call)]
    first, second = threefry2x32((word[0], word[1]), (word[2], word[3]))
    key = np.concatenate([first, second]).view(np.int32)
    key.flags.writeable = False
    return key


class StepContext:
    """What a running step gives to the streams: its number, and how often each has drawn."""

    def __init__(self, step: Any, first_call: int) -> None:
        self.step = step
        self.first_call = first_call
        self.calls: dict[int, int] = {}


_step: ContextVar[StepContext | None] = ContextVar("horn_step", default=None)


@contextmanager
def in_step(step: Any, *, training: bool = True) -> Iterator[StepContext]:
    """Let the streams take `step`, an int32 scalar, as their counter for the time of the block.

    Steps of training and others have different keys, so that their numbers may coincide.
    """
    running = StepContext(step, 0 if training else _OTHER)
    token = _step.set(running)
    try:
        yield running
    finally:
        _step.reset(token)


class Stream:
    """One consumer of random numbers.

    Args:
        seed: None for the process's seed and an own number; an integer for a stream that depends
            on that integer alone.
    """

    def __init__(self, seed: int | None = None) -> None:
        if seed is None:
            self.seed, self.consumer = global_seed(), _Global.consumers
            _Global.consumers += 1
        else:
            self.seed, self.consumer = int(seed) & (2**64 - 1), _EXPLICIT
        self.drawn = 0

    def key(self) -> np.ndarray:
        """Return the key of draws that number their steps themselves, such as one for each epoch."""
        return derive(self.seed, self.consumer, 0)

    def next(self) -> tuple[np.ndarray, Any]:
        """Return the key and the step of the next draw, for `ops.random_bits` and its kin."""
        running = _step.get()
        if running is None:
            step = np.int32(self.drawn % 2**31)
            self.drawn += 1
            return derive(self.seed, self.consumer, _OUTSIDE), step
        call = running.calls.get(id(self), running.first_call)
        running.calls[id(self)] = call + 1
        return derive(self.seed, self.consumer, call), running.step


def process_stream() -> Stream:
    """Return the stream that `horn.random` draws from without a seed; a new seed begins it anew."""
    if _Global.stream is None:
        _Global.stream = Stream()
        _Global.stream.consumer = _PROCESS
        _Global.consumers -= 1
    return _Global.stream


@contextmanager
def on_host() -> Iterator[None]:
    """Run the block's ops on NumPy at once, whatever backend or trace is current.

    Initial weights and shuffles are drawn so: bit-equal everywhere, and no compilation.
    """
    with contract.context(backend=contract.load("numpy"), trace=None):
        yield
