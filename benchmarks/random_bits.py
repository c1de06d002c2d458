"""What the specified generator costs: Threefry on each backend beside the framework's own generator.

python benchmarks/random_bits.py
"""

from __future__ import annotations

import os
import time
from statistics import median
from typing import TYPE_CHECKING, Any

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")
import numpy as np

from horn import contract

if TYPE_CHECKING:
    from collections.abc import Callable

WORDS = 1 << 18
KEY = np.array([1, 2], np.int32)


def on_numpy(kernel: Callable[..., Any]) -> tuple[Callable[[int], Any], Callable[[int], Any]]:
    """Return one draw by Threefry and one by NumPy's own generator, PCG64."""
    rng = np.random.default_rng(0)
    own = lambda step: rng.integers(-(2**31), 2**31, WORDS, dtype=np.int32)  # noqa: E731
    return lambda step: kernel(KEY, np.array(step, np.int32), shape=(WORDS,)), own


def on_torch(kernel: Callable[..., Any]) -> tuple[Callable[[int], Any], Callable[[int], Any]]:
    """Return one draw by Threefry and one by PyTorch's own generator, a Mersenne twister on the CPU."""
    import torch

    key = torch.from_numpy(KEY)
    own = lambda step: torch.empty(WORDS, dtype=torch.int32).random_()  # noqa: E731
    return lambda step: kernel(key, torch.tensor(step, dtype=torch.int32), shape=(WORDS,)), own


def on_jax(kernel: Callable[..., Any]) -> tuple[Callable[[int], Any], Callable[[int], Any]]:
    """Return one draw by Horn's kernel and one by jax.random.bits, which is Threefry too, both compiled."""
    import jax

    ours = jax.jit(lambda step: kernel(jax.numpy.asarray(KEY), step, shape=(WORDS,)))
    own = jax.jit(lambda step: jax.random.bits(jax.random.fold_in(jax.random.key(0), step), (WORDS,)))
    return lambda step: ours(np.int32(step)).block_until_ready(), lambda step: own(np.int32(step)).block_until_ready()


def on_tensorflow(kernel: Callable[..., Any]) -> tuple[Callable[[int], Any], Callable[[int], Any]]:
    """Return one draw by Horn's kernel and one by TensorFlow's stateless generator, Philox, both compiled."""
    import tensorflow as tf

    ours = tf.function(lambda step: kernel(tf.constant(KEY), step, shape=(WORDS,)), jit_compile=True)
    seeded = lambda step: tf.random.stateless_uniform(  # noqa: E731
        (WORDS,), tf.stack([0, step]), minval=None, maxval=None, dtype=tf.int32
    )
    own = tf.function(seeded, jit_compile=True)
    return lambda step: ours(tf.constant(step)).numpy(), lambda step: own(tf.constant(step)).numpy()


SETUPS = {"numpy": on_numpy, "torch": on_torch, "jax": on_jax, "tensorflow": on_tensorflow}


def times(*draws: Callable[[int], Any], rounds: int = 60) -> list[float]:
    """Return the median milliseconds of each draw, taken in turn."""
    taken: list[list[float]] = [[] for _ in draws]
    for step in range(rounds):
        for draw, column in zip(draws, taken, strict=True):
            begun = time.perf_counter()
            draw(step)
            column.append(time.perf_counter() - begun)
    return [median(column[5:]) * 1e3 for column in taken]


def main() -> None:
    """Print a row for each backend."""
    print(f"| backend | Threefry, ms for {WORDS:,} words | own generator, ms | ratio |\n|---|---:|---:|---:|")
    for name, setup in SETUPS.items():
        ours, own = times(*setup(contract.load(name).kernels["random_bits"]))
        print(f"| {name} | {ours:.2f} | {own:.2f} | {ours / own:.2f} |", flush=True)


if __name__ == "__main__":
    main()
