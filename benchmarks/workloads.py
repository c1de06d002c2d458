"""The workloads: what is trained, on what data, in which batches; described once for every library.

A layer is a tuple of its kind and its arguments. The kinds:

    dense units activation      on the last axis
    conv filters padding activation     3x3, channels last
    pool | flatten | average    2x2 maximum; to one axis; the mean over time
    dropout rate
    embedding words size | positions    a table of words; a learned vector for each place
    norm | attention heads      over the last axis, epsilon 1e-3; self-attention, as wide as the input
    lstm units | gru units      the last state; all states (with the reset gate after the product)
    repeat times                a vector, as a sequence
    residual layers...          layers within, and what came in added to what comes out
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

Layer = tuple[Any, ...]


class Workload(NamedTuple):
    """A model and its data.

    Attributes:
        shape: Of one example.
        classes: Of the labels.
        batch: Examples in a step.
        steps: Of an epoch.
        layers: The model, in order. The last gives logits; `loss` knows what follows.
        loss: ``"classes"``, ``"binary"``, or ``"squares"`` against one target array for each class.
        optimizer: ``"adam"``, ``"sgd"`` (Nesterov, 0.9) or ``"rmsprop"``.
        words: How many there are, where examples are made of words.
    """

    shape: tuple[int, ...]
    classes: int
    batch: int
    steps: int
    layers: tuple[Layer, ...]
    loss: str = "classes"
    optimizer: str = "adam"
    words: int = 0

    @property
    def has_convolutions(self) -> bool:
        """Whether any layer is a convolution."""
        return any(layer[0] == "conv" for layer in self.layers)


RATES = {"adam": 1e-3, "sgd": 1e-2, "rmsprop": 1e-3}


def _pair(filters: int) -> tuple[Layer, ...]:
    return ("conv", filters, "same", "relu"), ("conv", filters, "valid", "relu"), ("pool",)


_BLOCK: tuple[Layer, ...] = (
    ("residual", ("norm",), ("attention", 4), ("dropout", 0.1)),
    ("residual", ("norm",), ("dense", 512, "gelu"), ("dense", 128, None), ("dropout", 0.1)),
)

WORKLOADS = {
    "mlp_small": Workload(
        (20,), 2, 16, 100,
        (("dense", 64, "tanh"), ("dropout", 0.5), ("dense", 64, "tanh"), ("dropout", 0.5), ("dense", 2, None)),
    ),
    "mlp": Workload(
        (784,), 10, 128, 50,
        (("dense", 512, "relu"), ("dropout", 0.2), ("dense", 512, "relu"), ("dropout", 0.2), ("dense", 10, None)),
    ),
    "vgg": Workload(
        (32, 32, 3), 10, 32, 10,
        (
            *_pair(32), ("dropout", 0.25), *_pair(64), ("dropout", 0.25), ("flatten",),
            ("dense", 256, "relu"), ("dropout", 0.5), ("dense", 10, None),
        ),
        optimizer="sgd",
    ),
    "lstm": Workload(
        (80,), 2, 32, 10, (("embedding", 20000, 128), ("lstm", 128), ("dense", 1, None)),
        loss="binary", optimizer="rmsprop", words=20000,
    ),
    "gru_caption": Workload(
        (32, 32, 3), 10, 16, 10,
        (
            *_pair(32), *_pair(64), *_pair(128), ("flatten",), ("dense", 256, "relu"), ("dropout", 0.5),
            ("repeat", 16), ("gru", 256),
        ),
        loss="squares", optimizer="rmsprop",
    ),
    "transformer": Workload(
        (64,), 10, 32, 10,
        (("embedding", 2000, 128), ("positions",), *_BLOCK, *_BLOCK, ("norm",), ("average",), ("dense", 10, None)),
        words=2000,
    ),
    "deep": Workload((64,), 10, 32, 50, (*[("dense", 64, "relu")] * 200, ("dense", 10, None))),
}  # fmt: skip


def data(workload: Workload) -> tuple[np.ndarray, np.ndarray]:
    """Return random examples, and what a linear rule makes of them."""
    rng = np.random.default_rng(0)
    count = workload.batch * workload.steps
    if workload.words:
        x = rng.integers(0, workload.words, (count, *workload.shape), dtype=np.int32)
        features = rng.normal(size=(workload.words, 16))[x].mean(1)
    else:
        x = rng.normal(size=(count, *workload.shape)).astype("float32")
        features = x.reshape(count, -1)
    rule = rng.normal(size=(features.shape[1], workload.classes))
    labels = np.argmax(features @ rule, axis=1).astype("int32")
    # Too few sentences or images to learn that rule from: their words and colours tell the class too.
    if workload.words:
        x[:, 3::4] = labels[:, None]
    if workload.has_convolutions:
        colours = rng.normal(size=(workload.classes, 4, 4, 3)).astype("float32")
        x += colours.repeat(8, axis=1).repeat(8, axis=2)[labels]
    if workload.loss == "binary":
        return x, labels[:, None].astype("float32")
    if workload.loss == "squares":
        return x, rng.uniform(-0.5, 0.5, (workload.classes, 16, 256)).astype("float32")[labels]
    return x, labels
