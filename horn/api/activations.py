"""Activations by name: each is an op, or any function of one tensor."""

from __future__ import annotations

from typing import Any

from horn.api.lookup import by_name
from horn.spec import ops


def linear(x: Any) -> Any:
    """Return `x` itself."""
    return x


TABLE = {
    "linear": linear,
    "relu": ops.relu,
    "leaky_relu": ops.leaky_relu,
    "sigmoid": ops.sigmoid,
    "softmax": ops.softmax,
    "log_softmax": ops.log_softmax,
    "softplus": ops.softplus,
    "tanh": ops.tanh,
    "exponential": ops.exp,
}


def get(identifier: Any) -> Any:
    """Return the activation that a name, a function or None (for `linear`) means."""
    if identifier is None:
        return linear
    return identifier if callable(identifier) else by_name("activation", identifier, TABLE)


def name_of(activation: Any) -> str:
    """Return the name that `get` turns back into this activation, or that of the function."""
    for name, known in TABLE.items():
        if known is activation:
            return name
    return getattr(activation, "__name__", type(activation).__name__)
