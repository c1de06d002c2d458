"""The hook through which Horn finds this backend."""

from __future__ import annotations

from typing import TYPE_CHECKING

from horn.registry import hookimpl
from horn_torch.backend import TorchBackend

if TYPE_CHECKING:
    from horn.contract import Backend


@hookimpl
def horn_backend(name: str) -> Backend | None:
    """Return the PyTorch backend when it is asked for."""
    return TorchBackend() if name == "torch" else None
