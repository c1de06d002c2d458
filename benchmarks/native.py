"""Hand-written training loops: what an expert writes without a high-level library.

They do what `fit` does: shuffle, train, and keep the running mean of the loss.
"""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Callable

    from workloads import Workload


def numpy_loop(workload: Workload, x: np.ndarray, y: np.ndarray) -> Callable[[], float]:
    """Return one epoch of a dense network in plain NumPy with Adam, which gives the mean loss."""
    rng = np.random.default_rng(0)
    dense = [spec for spec in workload.layers if spec[0] == "dense"]
    rate = next(spec[1] for spec in workload.layers if spec[0] == "dropout")
    sizes = [workload.shape[0], *(spec[1] for spec in dense)]
    weights = [rng.normal(0, a**-0.5, (a, b)).astype("float32") for a, b in pairwise(sizes)]
    params = [p for w in weights for p in (w, np.zeros(w.shape[1], "float32"))]
    first, second = [np.zeros_like(p) for p in params], [np.zeros_like(p) for p in params]
    tanh = dense[0][2] == "tanh"
    count, total = 0, 0.0  # of the steps, and the sum of the losses, which `fit` keeps too

    def step(batch: np.ndarray, labels: np.ndarray) -> None:
        nonlocal count, total
        count += 1
        inputs, outputs, masks, h = [], [], [], batch
        for i in range(len(dense) - 1):
            inputs.append(h)
            h = h @ params[2 * i] + params[2 * i + 1]
            h = np.tanh(h) if tanh else np.maximum(h, 0)
            outputs.append(h)
            mask = (rng.random(h.shape, dtype=np.float32) >= rate) * np.float32(1 / (1 - rate))
            masks.append(mask)
            h = h * mask
        inputs.append(h)
        z = h @ params[-2] + params[-1]
        z -= z.max(1, keepdims=True)
        p = np.exp(z)
        p /= p.sum(1, keepdims=True)
        rows = np.arange(len(labels))
        total -= float(np.log(p[rows, labels]).sum())
        p[rows, labels] -= 1
        g = p / np.float32(len(labels))
        grads: list[Any] = []
        for i in reversed(range(len(dense))):
            grads = [inputs[i].T @ g, g.sum(0), *grads]
            if i:
                g = (g @ params[2 * i].T) * masks[i - 1]
                h = outputs[i - 1]
                g = g * (1 - h * h) if tanh else g * (h > 0)
        alpha = np.float32(1e-3 * (1 - 0.999**count) ** 0.5 / (1 - 0.9**count))
        for p_, g_, m, v in zip(params, grads, first, second, strict=True):
            m += np.float32(0.1) * (g_ - m)
            v += np.float32(0.001) * (g_ * g_ - v)
            p_ -= alpha * m / (np.sqrt(v) + np.float32(1e-7))

    def epoch() -> float:
        nonlocal total
        total = 0.0
        for rows in rng.permutation(len(x)).reshape(-1, workload.batch):
            step(x[rows], y[rows])
        return total / len(x)

    return epoch


def torch_loop(workload: Workload, x: np.ndarray, y: np.ndarray) -> Callable[[], float]:
    """Return one epoch in PyTorch with autograd and fused Adam, which gives the mean loss."""
    import torch
    from torch import nn

    torch.manual_seed(0)
    acts = {"tanh": nn.Tanh, "relu": nn.ReLU}
    layers: list[Any] = []
    size = workload.shape[-1]
    for kind, *rest in workload.layers:
        if kind == "dense":
            layers += [nn.LazyLinear(rest[0]), *([acts[rest[1]]()] if rest[1] else [])]
        elif kind == "dropout":
            layers.append(nn.Dropout(rest[0]))
        elif kind == "conv":
            layers += [nn.Conv2d(size, rest[0], 3), acts[rest[1]]()]
            size = rest[0]
        else:
            layers.append(nn.MaxPool2d(2) if kind == "pool" else nn.Flatten())
    model = nn.Sequential(*layers)
    images = torch.from_numpy(x).permute(0, 3, 1, 2).contiguous() if x.ndim == 4 else torch.from_numpy(x)
    labels = torch.from_numpy(y).long()
    model(images[:2])
    optimizer = torch.optim.Adam(model.parameters(), 1e-3, fused=True)
    loss = nn.CrossEntropyLoss()

    def epoch() -> float:
        total = torch.zeros(())
        for rows in torch.randperm(len(images)).view(-1, workload.batch):
            optimizer.zero_grad(set_to_none=True)
            value = loss(model(images[rows]), labels[rows])
            value.backward()
            optimizer.step()
            total += value.detach()
        return float(total) / (len(images) // workload.batch)

    return epoch


LOOPS = {"numpy": numpy_loop, "torch": torch_loop}
