"""One measurement in a process of its own: an implementation at a task; prints a line of JSON.

python benchmarks/cell.py horn torch mlp_small
python benchmarks/cell.py native:eager torch mlp_small --seconds 3
python benchmarks/cell.py keras jax predict:mlp
"""

from __future__ import annotations

import argparse
import importlib
import json
import resource
import sys
import tempfile
import time
from math import prod
from pathlib import Path
from statistics import median
from typing import TYPE_CHECKING, Any

import conditions

if TYPE_CHECKING:
    from collections.abc import Callable

NATIVE = {"numpy": "native_numpy", "torch": "native_torch", "jax": "native_jax", "tensorflow": "native_tf"}


def main() -> None:
    """Measure what the command line says."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("kind", help="horn, keras, or native:VARIANT")
    parser.add_argument("backend", choices=NATIVE)
    parser.add_argument("task", help="a workload, predict:WORKLOAD, flops:WORKLOAD, import, weights or gemm:ROWS")
    parser.add_argument("--seconds", type=float, default=3.0)
    conditions.add(parser)
    a = parser.parse_args()
    conditions.settle(a.backend, a)
    task, _, workload = a.task.partition(":")
    figures = TASKS.get(task, training)(a.kind, a.backend, workload or task, a.seconds)
    figures["rss_mb"] = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / (
        1 if sys.platform == "darwin" else 1024
    )
    print(json.dumps(figures))


def implementation(kind: str, backend: str) -> Callable[[Any], Any]:
    """Import what `kind` needs, and return what makes a `Native` of a workload."""
    family, _, variant = kind.partition(":")
    if family == "native":
        module = importlib.import_module(NATIVE[backend])
        return lambda workload: module.make(workload, variant)
    library = imported(family, backend)
    return lambda workload: high_level(library, workload)


def imported(family: str, backend: str) -> Any:
    """Import Horn with its backend, or Keras, or the bare framework."""
    library = importlib.import_module(backend if family == "native" else family)
    if family in ("horn", "keras"):
        conditions.configure(library)
    if family == "horn":
        from horn import contract

        contract.current_backend()
    return library


def high_level(library: Any, workload: Any) -> Any:
    """Return the model of Horn or Keras behind the face of the hand-written ones."""
    from parameters import Native
    from vocabulary import build

    model = build(library, workload)

    def train(x: Any, y: Any, epochs: int = 1) -> tuple[float, float]:
        logs = model.fit(x, y, batch_size=workload.batch, epochs=epochs, verbose=0).history
        return logs["loss"][-1], logs["accuracy"][-1] if "accuracy" in logs else 0.0

    count = sum(prod(v.shape) for v in model.trainable_variables)
    return Native(train, lambda x: model.predict(x, verbose=0), model, count)


def training(kind: str, backend: str, name: str, seconds: float) -> dict[str, float]:
    """Return microseconds for a step, seconds to the end of the first, and whether it learnt."""
    make = implementation(kind, backend)
    from workloads import WORKLOADS, data

    workload = WORKLOADS[name]
    x, y = data(workload)
    begun = time.perf_counter()
    model = make(workload)
    first_loss, _ = model.train(x[: workload.batch], y[: workload.batch])
    first = time.perf_counter() - begun
    model.train(x, y)
    begun = time.perf_counter()
    model.train(x, y)
    block = max(1, round(0.3 / (time.perf_counter() - begun)))
    times: list[float] = []
    end, cpu, begun = time.perf_counter() + seconds, time.process_time(), time.perf_counter()
    while time.perf_counter() < end or len(times) < 3:
        start = time.perf_counter()
        loss, accuracy = model.train(x, y, epochs=block)
        times.append((time.perf_counter() - start) / (block * workload.steps) * 1e6)
    cores = (time.process_time() - cpu) / (time.perf_counter() - begun)
    return {
        "us": median(times), "best": min(times), "first_s": first, "cores": cores, "parameters": model.parameters,
        "first_loss": first_loss, "loss": loss, "accuracy": accuracy,
    }  # fmt: skip


def microseconds(call: Callable[[], Any], seconds: float) -> float:
    """Return the median time of a call, after some to warm up."""
    for _ in range(5):
        call()
    times: list[float] = []
    end = time.perf_counter() + seconds
    while time.perf_counter() < end or len(times) < 10:
        begun = time.perf_counter()
        call()
        times.append(time.perf_counter() - begun)
    return median(times) * 1e6


def single(kind: str, backend: str, name: str, seconds: float) -> dict[str, float]:
    """Return the time of `predict` and of a call on one example."""
    make = implementation(kind, backend)
    from workloads import WORKLOADS, data

    model, x = make(WORKLOADS[name]), data(WORKLOADS[name])[0][:1]
    return {
        "predict_us": microseconds(lambda: model.predict(x), seconds / 2),
        "call_us": microseconds(lambda: model.call(x), seconds / 2),
    }


def start(kind: str, backend: str, name: str, seconds: float) -> dict[str, float]:
    """Return the seconds that an import takes, and what Horn by itself adds to NumPy."""
    del name, seconds
    family, added = kind.partition(":")[0], {}
    begun = time.perf_counter()
    if family == "horn":
        importlib.import_module("numpy")
        before, modules = time.perf_counter(), len(sys.modules)
        importlib.import_module("horn")
        added = {"added_s": time.perf_counter() - before, "added_modules": len(sys.modules) - modules}
    imported(family, backend)
    return {"import_s": time.perf_counter() - begun, "modules": len(sys.modules), **added}


def weights(kind: str, backend: str, name: str, seconds: float) -> dict[str, float]:
    """Return the seconds for writing and for reading some 50 MB of weights."""
    del name
    keras = imported(kind, backend)
    model = keras.Sequential([keras.Input((2048,)), *(keras.layers.Dense(2048) for _ in range(3))])
    with tempfile.TemporaryDirectory() as folder:
        path = str(Path(folder) / "all.weights.h5")
        saved = microseconds(lambda: model.save_weights(path, overwrite=True), seconds / 2)
        loaded = microseconds(lambda: model.load_weights(path), seconds / 2)
        size = Path(path).stat().st_size
    return {"save_s": saved / 1e6, "load_s": loaded / 1e6, "mb": size / 1e6}


def gemm(kind: str, backend: str, name: str, seconds: float) -> dict[str, float]:
    """Return the operations a second of a product of matrices; name: how many rows they have."""
    del kind
    import numpy as np

    size = int(name)
    ops = imported("horn", backend).ops
    x, y = map(ops.convert_to_tensor, np.random.default_rng(0).normal(size=(2, size, size)).astype("float32"))
    # The number waits for the product.
    return {"flops_per_s": 2 * size**3 / microseconds(lambda: float(ops.matmul(x, y)[0, 0]), seconds) * 1e6}


def operations(kind: str, backend: str, name: str, seconds: float) -> dict[str, float]:
    """Return the operations of a training step: three times those of the forward pass, counted by Horn."""
    del kind, seconds
    from vocabulary import build
    from workloads import WORKLOADS

    horn = imported("horn", backend)
    from horn.api.models.summary import Table

    forward = Table(build(horn, WORKLOADS[name])).total
    return {"flops": 3 * (forward or 0) * WORKLOADS[name].batch}


TASKS = {"predict": single, "import": start, "weights": weights, "gemm": gemm, "flops": operations}

if __name__ == "__main__":
    main()
