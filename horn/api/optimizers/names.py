"""Optimizers by name, and as dictionaries."""

from __future__ import annotations

from typing import Any

from horn.api.described import describe, revive
from horn.api.lookup import by_name
from horn.api.optimizers.descent import SGD, Adadelta, Adagrad, Ftrl, Lion, RMSprop
from horn.api.optimizers.matrices import Adafactor, Muon
from horn.api.optimizers.moments import Adam, Adamax, AdamW, Lamb, Nadam, ScheduleFreeAdamW
from horn.api.optimizers.optimizer import Optimizer
from horn.api.optimizers.scaling import LossScaleOptimizer
from horn.api.optimizers.several import MultiOptimizer

_CLASSES = (
    SGD, Adadelta, Adafactor, Adagrad, Adam, AdamW, Adamax, Ftrl, Lamb, Lion, Muon, Nadam, RMSprop, ScheduleFreeAdamW,
)  # fmt: skip
TABLE: dict[str, Any] = {made.__name__.lower(): made for made in _CLASSES}
_DESCRIBED = {**TABLE, "lossscaleoptimizer": LossScaleOptimizer, "multioptimizer": MultiOptimizer}


def get(identifier: Any) -> Any:
    """Return the optimizer that a name, a class, a dictionary or an object means; None stays None.

    Args:
        identifier: A name, what `serialize` returned, a class, or an object, which is returned as it is.

    Raises:
        ArgumentError: There is no optimizer of that name.

    Example:
        >>> get("adam")
        <Adam learning_rate=0.001>
    """
    if identifier is None or isinstance(identifier, Optimizer):
        return identifier
    if isinstance(identifier, type) and issubclass(identifier, Optimizer):
        return identifier()
    if isinstance(identifier, dict):
        return deserialize(identifier)
    return by_name("optimizer", identifier, TABLE)()


def serialize(optimizer: Optimizer) -> dict[str, Any]:
    """Return the dictionary that `deserialize` turns back into an equal optimizer, without its slots.

    Args:
        optimizer: The optimizer.
    """
    return describe("keras.optimizers", optimizer)


def deserialize(config: dict[str, Any], custom_objects: dict[str, Any] | None = None) -> Optimizer:
    """Return the optimizer that a dictionary describes.

    Args:
        config: What `serialize` returned, or a name.
        custom_objects: Names of one's own classes and functions.

    Raises:
        ArgumentError: There is no optimizer of that name.
    """
    return revive("optimizer", config, _DESCRIBED, custom_objects)
