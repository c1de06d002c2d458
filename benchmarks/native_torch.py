"""Hand-written PyTorch with fused optimizers and channels last: eager, or through `torch.compile`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import parameters
import torch
from torch import nn
from torch.nn import functional as F  # noqa: N812
from workloads import RATES

if TYPE_CHECKING:
    from workloads import Layer, Workload

DEVICE = "cuda" if torch.cuda.is_available() else "cpu"
ACTIVATIONS = {"relu": nn.ReLU, "tanh": nn.Tanh, "gelu": nn.GELU}


def dense(shape, units, activation):
    return _active(nn.Linear(shape[-1], units), activation)


def conv(shape, filters, padding, activation):
    return _active(nn.Conv2d(shape[-1], filters, 3, padding=padding), activation)


def _active(layer: nn.Module, activation: str | None) -> nn.Module:
    nn.init.xavier_uniform_(layer.weight)
    nn.init.zeros_(layer.bias)
    return nn.Sequential(layer, ACTIVATIONS[activation]()) if activation else layer


class Function(nn.Module):
    """A module without weights of its own."""

    def __init__(self, function: Any) -> None:
        super().__init__()
        self.function = function

    def forward(self, x):
        return self.function(x)


class Positions(nn.Module):
    def __init__(self, shape):
        super().__init__()
        self.table = nn.Parameter(nn.init.xavier_uniform_(torch.empty(shape)))

    def forward(self, x):
        return x + self.table


class Attention(nn.Module):
    def __init__(self, shape, heads):
        super().__init__()
        self.heads, d = heads, shape[-1]
        self.inner, self.outer = nn.Linear(d, 3 * d), nn.Linear(d, d)

    def forward(self, x):
        n, t, d = x.shape
        q, k, v = self.inner(x).view(n, t, 3, self.heads, -1).permute(2, 0, 3, 1, 4)
        return self.outer(F.scaled_dot_product_attention(q, k, v).transpose(1, 2).reshape(n, t, d))


class Recurrent(nn.Module):
    def __init__(self, layer, whole):
        super().__init__()
        self.layer, self.whole = layer, whole

    def forward(self, x):
        states = self.layer(x)[0]
        return states if self.whole else states[:, -1]


def lstm(shape, units):
    layer = nn.LSTM(shape[-1], units, batch_first=True)
    nn.init.zeros_(layer.bias_hh_l0).requires_grad_(False)  # one bias is enough, as in the other libraries
    return Recurrent(layer, whole=False)


class Residual(nn.Module):
    def __init__(self, shape, *layers):
        super().__init__()
        self.inner = chain(layers, shape)

    def forward(self, x):
        return x + self.inner(x)


LAYERS = {
    "dense": dense, "conv": conv, "attention": Attention, "residual": Residual, "positions": Positions,
    "lstm": lstm,
    "gru": lambda shape, units: Recurrent(nn.GRU(shape[-1], units, batch_first=True), whole=True),
    "pool": lambda shape: nn.MaxPool2d(2),
    "flatten": lambda shape: nn.Flatten(),
    "average": lambda shape: Function(lambda x: x.mean(1)),
    "dropout": lambda shape, rate: nn.Dropout(rate),
    "embedding": lambda shape, words, size: nn.Embedding(words, size),
    "norm": lambda shape: nn.LayerNorm(shape[-1], eps=1e-3),
    "repeat": lambda shape, times: Function(lambda x: x.unsqueeze(1).expand(-1, times, -1)),
}  # fmt: skip


def chain(layers: tuple[Layer, ...], shape: parameters.Shape) -> nn.Sequential:
    """Return the module of some layers."""
    modules: list[nn.Module] = []
    for kind, *arguments in layers:
        modules.append(LAYERS[kind](shape, *arguments))
        if kind != "residual":
            shape = parameters.sizes_of(kind, shape, *arguments)[1]
    return nn.Sequential(*modules)


OPTIMIZERS = {
    "adam": lambda weights, rate: torch.optim.Adam(weights, rate, eps=1e-7, fused=True),
    "sgd": lambda weights, rate: torch.optim.SGD(weights, rate, momentum=0.9, nesterov=True, fused=True),
    "rmsprop": lambda weights, rate: torch.optim.RMSprop(weights, rate, alpha=0.9, eps=1e-7, foreach=True),
}


def judge(kind: str, out: torch.Tensor, y: torch.Tensor) -> tuple[torch.Tensor, Any]:
    """Return the mean loss of a batch, and how many answers are right."""
    if kind == "classes":
        return F.cross_entropy(out, y), (out.argmax(-1) == y).sum()
    if kind == "binary":
        return F.binary_cross_entropy_with_logits(out, y), ((out > 0) == (y > 0.5)).sum()
    return F.mse_loss(out, y), 0


def make(workload: Workload, variant: str) -> parameters.Native:
    """Return the model with a training loop, ``"eager"`` or with forward and backward pass ``"compile"``d."""
    torch.manual_seed(0)
    model = chain(workload.layers, workload.shape).to(DEVICE, memory_format=torch.channels_last)
    weights = [p for p in model.parameters() if p.requires_grad]
    optimizer = OPTIMIZERS[workload.optimizer](weights, RATES[workload.optimizer])
    images = len(workload.shape) == 3

    def forward(x: torch.Tensor) -> torch.Tensor:
        return model(x.permute(0, 3, 1, 2) if images else x)

    def objective(x: torch.Tensor, y: torch.Tensor) -> tuple[torch.Tensor, Any]:
        return judge(workload.loss, forward(x), y)

    if variant == "compile":
        objective = torch.compile(objective)

    def train(x: np.ndarray, y: np.ndarray, epochs: int = 1) -> tuple[float, float]:
        model.train()
        xs = torch.from_numpy(x).to(DEVICE)
        ys = torch.from_numpy(y.astype(np.int64) if workload.loss == "classes" else y).to(DEVICE)
        for _ in range(epochs):
            total, right = torch.zeros((), device=DEVICE), torch.zeros((), dtype=torch.int64, device=DEVICE)
            for rows in torch.randperm(len(x), device=DEVICE).view(-1, workload.batch):
                optimizer.zero_grad(set_to_none=True)
                loss, hits = objective(xs[rows], ys[rows])
                loss.backward()
                optimizer.step()
                total += loss.detach()
                right += hits
        return float(total) * workload.batch / len(x), float(right) / len(x)

    compiled = torch.compile(forward) if variant == "compile" else forward

    @torch.no_grad()
    def predict(x: np.ndarray) -> np.ndarray:
        return compiled(torch.from_numpy(x).to(DEVICE)).cpu().numpy()

    @torch.no_grad()
    def call(x: np.ndarray) -> torch.Tensor:
        return forward(torch.from_numpy(x).to(DEVICE)).cpu()

    return parameters.Native(train, predict, call, sum(p.numel() for p in weights))
