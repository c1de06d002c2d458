"""The workloads: what is trained, on what data, in which batches."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np


class Workload(NamedTuple):
    """A model and its data.

    Attributes:
        shape: Of one example.
        classes: Of the labels.
        batch: Examples in a step.
        examples: Examples in an epoch.
        layers: What `build` makes of them, in order.
    """

    shape: tuple[int, ...]
    classes: int
    batch: int
    examples: int
    layers: tuple[tuple[Any, ...], ...]


WORKLOADS = {
    "mlp_small": Workload(
        (20,), 2, 16, 1600,
        (("dense", 64, "tanh"), ("dropout", 0.5), ("dense", 64, "tanh"), ("dropout", 0.5), ("dense", 2, None)),
    ),
    "mlp": Workload(
        (784,), 10, 128, 6400,
        (("dense", 512, "relu"), ("dropout", 0.2), ("dense", 512, "relu"), ("dropout", 0.2), ("dense", 10, None)),
    ),
    "convnet": Workload(
        (28, 28, 1), 10, 32, 640,
        (
            ("conv", 32, "relu"), ("pool",), ("conv", 64, "relu"), ("pool",), ("flatten",), ("dropout", 0.5),
            ("dense", 10, None),
        ),
    ),
}  # fmt: skip


def data(workload: Workload) -> tuple[np.ndarray, np.ndarray]:
    """Return random examples and labels that a linear rule gives."""
    rng = np.random.default_rng(0)
    x = rng.normal(size=(workload.examples, *workload.shape)).astype("float32")
    flat = x.reshape(len(x), -1)
    return x, np.argmax(flat @ rng.normal(size=(flat.shape[1], workload.classes)), axis=1).astype("int32")


def build(keras: Any, workload: Workload) -> Any:
    """Return the compiled model of a workload in any library with the vocabulary of Keras."""
    make = {
        "dense": lambda units, activation: keras.layers.Dense(units, activation=activation),
        "dropout": keras.layers.Dropout,
        "conv": lambda filters, activation: keras.layers.Conv2D(filters, 3, activation=activation),
        "pool": keras.layers.MaxPooling2D,
        "flatten": keras.layers.Flatten,
    }
    model = keras.Sequential([keras.Input(workload.shape), *(make[kind](*rest) for kind, *rest in workload.layers)])
    loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    model.compile(optimizer=keras.optimizers.Adam(1e-3), loss=loss)
    return model
