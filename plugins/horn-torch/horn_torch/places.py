"""Where new tensors live, and how exactly the units of a GPU multiply."""

from __future__ import annotations

from contextlib import contextmanager
from contextvars import ContextVar
from functools import cache
from typing import TYPE_CHECKING

import torch

if TYPE_CHECKING:
    from collections.abc import Iterator

_GPU = torch.device("cuda")
_chosen: ContextVar[torch.device | None] = ContextVar("horn_torch_device", default=None)


@cache
def has_gpu() -> bool:
    """Return whether PyTorch sees a GPU."""
    return torch.cuda.is_available()


def place() -> torch.device | None:
    """Return where new tensors live: where a block says, else on a GPU; None for PyTorch's own default."""
    return _chosen.get() or (_GPU if has_gpu() else None)


def is_far() -> bool:
    """Return whether new tensors live where the processor has to wait for them."""
    return (place() or torch.get_default_device()).type != "cpu"


@contextmanager
def placing(device: torch.device) -> Iterator[None]:
    """Let new tensors live on a device, for the time of a block."""
    token = _chosen.set(device)
    try:
        yield
    finally:
        _chosen.reset(token)


@contextmanager
def without_tf32() -> Iterator[None]:
    """Keep products of float32 from being rounded to TensorFloat-32, for the time of a block."""
    switches = (torch.backends.cuda.matmul, torch.backends.cudnn.conv, torch.backends.cudnn.rnn)
    before = [switch.fp32_precision for switch in switches]
    for switch in switches:
        switch.fp32_precision = "ieee"
    try:
        yield
    finally:
        for switch, precision in zip(switches, before, strict=True):
            switch.fp32_precision = precision
