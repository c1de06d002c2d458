"""Optimizers: the public names."""

from horn.api.optimizers.descent import SGD, Adadelta, Adagrad, Ftrl, Lion, RMSprop
from horn.api.optimizers.matrices import Adafactor, Muon
from horn.api.optimizers.moments import Adam, Adamax, AdamW, Lamb, Nadam, ScheduleFreeAdamW
from horn.api.optimizers.names import deserialize, get, serialize
from horn.api.optimizers.optimizer import Optimizer
from horn.api.optimizers.scaling import LossScaleOptimizer
from horn.api.optimizers.several import MultiOptimizer, OptimizerMap
from horn.optimizers import schedules

__all__ = [
    "SGD",
    "Adadelta",
    "Adafactor",
    "Adagrad",
    "Adam",
    "AdamW",
    "Adamax",
    "Ftrl",
    "Lamb",
    "Lion",
    "LossScaleOptimizer",
    "MultiOptimizer",
    "Muon",
    "Nadam",
    "Optimizer",
    "OptimizerMap",
    "RMSprop",
    "ScheduleFreeAdamW",
    "deserialize",
    "get",
    "schedules",
    "serialize",
]
