"""The display of `fit`, `evaluate` and `predict` on a terminal."""

from __future__ import annotations

from horn.api.callbacks.callback import Callback


class ProgbarLogger(Callback):
    """Shows how far training is."""
