"""Callbacks: the public names."""

from horn.api.callbacks.callback import Callback, CallbackList, History
from horn.api.callbacks.progress import ProgbarLogger

__all__ = ["Callback", "CallbackList", "History", "ProgbarLogger"]
