"""One measurement: an implementation trains a workload for a while; prints microseconds a step.

python benchmarks/cell.py horn torch mlp_small
"""

from __future__ import annotations

import json
import os
import sys
import time
from statistics import median
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable


def epochs_of(kind: str, backend: str, name: str) -> tuple[Callable[[int], None], int]:
    """Return a function that trains for a number of epochs, and the steps of one."""
    os.environ["HORN_BACKEND"] = os.environ["KERAS_BACKEND"] = backend
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")
    import workloads

    workload = workloads.WORKLOADS[name]
    x, y = workloads.data(workload)
    steps = workload.examples // workload.batch
    if kind == "native":
        import native

        epoch = native.LOOPS[backend](workload, x, y)
        return lambda count: [epoch() for _ in range(count)] and None, steps
    if kind == "horn":
        import horn as keras
    else:
        import keras
    model = workloads.build(keras, workload)
    return lambda count: model.fit(x, y, batch_size=workload.batch, epochs=count, verbose=0) and None, steps


def main() -> None:
    """Warm up, then time blocks of epochs for about the seconds that were asked for."""
    kind, backend, name = sys.argv[1:4]
    seconds = float(sys.argv[4]) if len(sys.argv) > 4 else 3.0
    begun = time.perf_counter()
    train, steps = epochs_of(kind, backend, name)
    train(1)
    first = time.perf_counter() - begun
    train(1)
    begun = time.perf_counter()
    train(1)
    block = max(1, round(0.3 / (time.perf_counter() - begun)))
    times: list[float] = []
    end = time.perf_counter() + seconds
    while time.perf_counter() < end or len(times) < 3:
        begun = time.perf_counter()
        train(block)
        times.append((time.perf_counter() - begun) / (block * steps) * 1e6)
    print(json.dumps({"us": median(times), "best": min(times), "first_s": first, "blocks": len(times)}))


if __name__ == "__main__":
    main()
