"""Optimizers: the public names."""

from horn.api.optimizers.optimizer import Optimizer
from horn.api.optimizers.updates import SGD, Adam, RMSprop, get

__all__ = ["SGD", "Adam", "Optimizer", "RMSprop", "get"]
