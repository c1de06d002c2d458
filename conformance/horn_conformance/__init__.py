"""The conformance suite of Horn: whether a backend means what the op pages say.

``PLANS`` and ``draw``, which reproducers use, come lazily: pytest imports this package in every run
of every project, for the sake of its plugin, and must not notice.
"""

from typing import Any

__all__ = ["PLANS", "draw"]


def __getattr__(name: str) -> Any:
    from importlib import import_module

    if name == "PLANS":
        import_module("horn_conformance.plans")
        return import_module("horn_conformance.plan").PLANS
    if name == "draw":
        return import_module("horn_conformance.values").draw
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
