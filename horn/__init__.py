"""Horn: layers, models and training in the tradition of Keras, on any backend.

Every operation has one written meaning, and a backend is only a set of kernels for it. Names are
looked up when they are first used, so that ``import horn`` costs next to nothing.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

from horn import contract

if TYPE_CHECKING:
    from horn import (
        activations as activations,
        callbacks as callbacks,
        config as config,
        constraints as constraints,
        datasets as datasets,
        initializers as initializers,
        layers as layers,
        losses as losses,
        metrics as metrics,
        models as models,
        ops as ops,
        optimizers as optimizers,
        random as random,
        regularizers as regularizers,
        utils as utils,
    )
    from horn.api.choice import device as device, set_backend as set_backend, use_backend as use_backend
    from horn.api.layers.core import Input as Input
    from horn.api.layers.layer import Layer as Layer
    from horn.api.losses import Loss as Loss
    from horn.api.metrics import Metric as Metric
    from horn.api.models.functional import Functional as Functional
    from horn.api.models.model import Model as Model
    from horn.api.models.sequential import Sequential as Sequential
    from horn.api.optimizers.optimizer import Optimizer as Optimizer
    from horn.engine.gradients import grad as grad, value_and_grad as value_and_grad
    from horn.state.variable import Variable as Variable

__version__ = "1.0.0"

_MODULES = (
    "activations", "callbacks", "config", "constraints", "datasets", "initializers", "layers", "losses",
    "metrics", "models", "ops", "optimizers", "random", "regularizers", "utils",
)  # fmt: skip
_NAMES = {
    "Functional": "horn.api.models.functional",
    "Input": "horn.api.layers.core",
    "Layer": "horn.api.layers.layer",
    "Loss": "horn.api.losses",
    "Metric": "horn.api.metrics",
    "Model": "horn.models",
    "Optimizer": "horn.api.optimizers.optimizer",
    "Sequential": "horn.models",
    "Variable": "horn.state.variable",
    "device": "horn.api.choice",
    "grad": "horn.engine.gradients",
    "set_backend": "horn.api.choice",
    "use_backend": "horn.api.choice",
    "value_and_grad": "horn.engine.gradients",
}
__all__ = ["__version__", *_MODULES, *_NAMES]


def _resolve(name: str | None) -> contract.Backend:
    return import_module("horn.registry").load(name)


contract.resolve[:] = [_resolve]


def __getattr__(name: str) -> Any:
    if name in _MODULES:
        return import_module(f"horn.{name}")
    if name in _NAMES:
        value = getattr(import_module(_NAMES[name]), name)
        globals()[name] = value
        return value
    raise AttributeError(f"module 'horn' has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted(__all__)
