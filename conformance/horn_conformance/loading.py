"""Finds the backend that a run is about: by its name, or as ``module:Class``."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

from horn import registry

if TYPE_CHECKING:
    from horn.contract import Backend


def load(name: str) -> Backend:
    """Return the backend of a registered name, or an instance of ``module:Class``.

    Raises:
        BackendError: The name is unknown, or the backend does not import.
    """
    if ":" not in name:
        return registry.load(name)
    module, _, attribute = name.partition(":")
    backend = getattr(import_module(module), attribute)()
    registry.register(backend)
    return backend
