"""What is asked about growth: each function trains and returns figures by name or by size."""

from __future__ import annotations

import resource
import tempfile
import time
from pathlib import Path
from statistics import median
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator

LIMIT_MB = 256


def network(keras: Any, width: int = 64, depth: int = 3, branches: int = 1, inputs: int = 64) -> Any:
    """Return a compiled network: in each of `depth` places, the sum of some dense layers."""
    x = first = keras.Input((inputs,))
    for _ in range(depth):
        made = [
            keras.layers.Dense(width, activation="relu", kernel_initializer="he_uniform")(x)
            for _ in range(branches)
        ]
        x = made[0] if branches == 1 else keras.layers.Add()(made)
    model = keras.Model(first, keras.layers.Dense(1)(x))
    model.compile(optimizer=keras.optimizers.Adam(1e-3), loss="mean_squared_error")
    return model


def examples(count: int, inputs: int = 64) -> tuple[Any, Any]:
    """Return random examples and targets."""
    import numpy as np

    rng = np.random.default_rng(0)
    return rng.normal(size=(count, inputs)).astype("float32"), rng.normal(size=(count, 1)).astype("float32")


def step_us(model: Any, batch: int, steps: int = 50) -> float:
    """Return the median microseconds of a step over five epochs."""
    x, y = examples(batch * steps)
    return epoch_us(model, x, y, batch) / steps


def epoch_us(model: Any, x: Any, y: Any, batch: int) -> float:
    """Return the median microseconds of `fit` for an epoch, when everything is compiled."""
    fit = lambda: model.fit(x, y, batch_size=batch, verbose=0)  # noqa: E731
    fit()
    times = []
    for _ in range(5):
        begun = time.perf_counter()
        fit()
        times.append(time.perf_counter() - begun)
    return median(times) * 1e6


def by_batch(keras: Any) -> dict[str, float]:
    """Return microseconds a step by the size of the batch."""
    return {str(n): step_us(network(keras, width=256), n) for n in (16, 32, 64, 128, 256, 512, 1024)}


def by_depth(keras: Any) -> dict[str, float]:
    """Return microseconds a step by the number of layers."""
    return {str(n): step_us(network(keras, depth=n), 32) for n in (5, 10, 20, 40, 80, 160)}


def by_variables(keras: Any) -> dict[str, float]:
    """Return microseconds a step by the number of variables, small ones side by side."""
    return {
        str(2 * n + 2): step_us(network(keras, width=8, depth=1, branches=n), 32)
        for n in (5, 10, 20, 40, 80, 160)
    }


def by_epochs(keras: Any) -> dict[str, float]:
    """Return microseconds of a whole `fit` by its number of epochs."""
    model, (x, y) = network(keras), examples(640)
    found = {}
    for n in (1, 4, 16, 64, 256):
        model.fit(x, y, epochs=n, verbose=0)
        begun = time.perf_counter()
        model.fit(x, y, epochs=n, verbose=0)
        found[str(n)] = (time.perf_counter() - begun) * 1e6
    return found


def by_data(keras: Any) -> dict[str, float]:
    """Return microseconds of an epoch by the number of examples."""
    model = network(keras)
    return {str(n): epoch_us(model, *examples(n), 32) for n in (1 << 10, 1 << 12, 1 << 14, 1 << 16)}


def first_steps(keras: Any) -> dict[str, float]:
    """Return microseconds for building, compiling and the first step by the number of layers."""
    x, y = examples(32)
    network(keras, depth=1).fit(x, y, verbose=0)  # what is imported late is not asked for
    found = {}
    for n in (25, 50, 100, 200, 400):
        begun = time.perf_counter()
        network(keras, depth=n).fit(x, y, verbose=0)
        found[str(n)] = (time.perf_counter() - begun) * 1e6
    return found


def building(keras: Any) -> dict[str, float]:
    """Return microseconds for building and `compile` alone by the number of layers."""
    network(keras, depth=1)
    found = {}
    for n in (25, 50, 100, 200, 400):
        begun = time.perf_counter()
        network(keras, depth=n)
        found[str(n)] = (time.perf_counter() - begun) * 1e6
    return found


def memory(keras: Any) -> dict[str, float]:
    """Return the resident MB after 100 and after 1,000 epochs."""
    model, (x, y) = network(keras), examples(320)
    found = {}
    for begin, end in ((0, 100), (100, 1000)):
        model.fit(x, y, initial_epoch=begin, epochs=end, verbose=0)
        found[f"MB after {end} epochs"] = status("VmRSS")
    return found


def status(field: str) -> float:
    """Return a figure of this process in MB, as Linux keeps it."""
    for row in Path("/proc/self/status").read_text(encoding="ascii").splitlines():
        if row.startswith(f"{field}:"):
            return int(row.split()[1]) / 1024
    raise SystemExit(f"/proc/self/status has no {field}")


def on_disk(keras: Any) -> dict[str, float]:
    """Train on an array on a disk that is larger than the memory the process may still take."""
    import numpy as np

    inputs, megabytes = 1024, 2 * LIMIT_MB
    count = megabytes * 256
    model = network(keras, inputs=inputs)
    model.fit(*examples(256, inputs), batch_size=256, verbose=0)
    with tempfile.TemporaryDirectory() as folder:
        x = np.memmap(Path(folder) / "x", np.float32, "w+", shape=(count, inputs))
        for start in range(0, count, 8192):
            x[start : start + 8192] = 0.5
        x.flush()
        x = np.memmap(Path(folder) / "x", np.float32, "r", shape=(count, inputs))
        y, before = np.zeros((count, 1), np.float32), status("VmData")
        allowed = int((before + LIMIT_MB) * 2**20)
        resource.setrlimit(resource.RLIMIT_DATA, (allowed, allowed))
        begun = time.perf_counter()
        model.fit(x, y, batch_size=256, shuffle="batch", verbose=0)
        taken = time.perf_counter() - begun
    return {
        "MB on disk": megabytes,
        "MB allowed": LIMIT_MB,
        "s an epoch": taken,
        "MB taken": status("VmData") - before,
    }


def sources(keras: Any) -> dict[str, float]:
    """Train from a generator that takes 5 ms for each batch."""
    x, y = examples(64)
    model, wait, steps = network(keras), 0.005, 200

    def slow() -> Iterator[tuple[Any, Any]]:
        for _ in range(steps):
            time.sleep(wait)
            yield x, y

    def at_once() -> Iterator[tuple[Any, Any]]:
        for _ in range(steps):
            yield x, y

    model.fit(at_once(), verbose=0)
    found = {}
    for name, source in (("ms a batch from a list", at_once), ("ms a batch from a source of 5 ms", slow)):
        begun = time.perf_counter()
        model.fit(source(), verbose=0)
        found[name] = (time.perf_counter() - begun) / steps * 1e3
    return found


SLOPES = {
    "batch": by_batch, "depth": by_depth, "variables": by_variables, "epochs": by_epochs, "data": by_data,
    "first": first_steps, "build": building,
}  # fmt: skip
FIGURES = {"memory": memory, "disk": on_disk, "source": sources}
QUESTIONS = {**SLOPES, **FIGURES}
