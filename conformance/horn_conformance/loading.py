"""Finds the backend that a run is about, by its name or as ``module:Class``, and its device."""

from __future__ import annotations

from contextlib import ExitStack
from importlib import import_module
from typing import TYPE_CHECKING

import horn
from horn import contract, registry

if TYPE_CHECKING:
    from horn.contract import Backend


_chosen = ExitStack()  # never left


def load(name: str, device: str | None = None) -> Backend:
    """Return the backend of a registered name, or an instance of ``module:Class``.

    Args:
        name: Which.
        device: Where its tensors live from here on, with products in float32 whatever they are on that
            device by themselves; None to leave both alone.

    Raises:
        BackendError: The name is unknown, the backend does not import, or it has no such device.
    """
    backend = _find(name)
    if device is not None:
        with contract.context(backend=backend):
            _chosen.enter_context(horn.device(device))
        horn.config.set_matmul_precision("float32")
    return backend


def _find(name: str) -> Backend:
    if ":" not in name:
        return registry.load(name)
    module, _, attribute = name.partition(":")
    backend = getattr(import_module(module), attribute)()
    registry.register(backend)
    return backend
