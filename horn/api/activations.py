"""Activations by name: each is an op, or any function of one tensor."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from horn.api.lookup import by_name
from horn.errors import ArgumentError
from horn.spec import ops

if TYPE_CHECKING:
    from collections.abc import Mapping


def linear(x: Any) -> Any:
    """Return `x` itself."""
    return x


def relu(x: Any, negative_slope: float = 0.0, max_value: float | None = None, threshold: float = 0.0) -> Any:
    """Return `x` where it is above a threshold, and less of it or nothing elsewhere.

    Args:
        x: Any tensor.
        negative_slope: The factor of ``x - threshold`` where `x` is not above the threshold.
        max_value: No result is above it; None for no limit.
        threshold: Above it `x` stays.

    Example:
        >>> relu(np.array([-2.0, 0.5, 9.0]), max_value=6.0)
        array([0. , 0.5, 6. ])
    """
    if negative_slope == 0.0 and max_value is None and threshold == 0.0:
        return ops.relu(x)
    return ops.clipped_relu(x, negative_slope=negative_slope, max_value=max_value, threshold=threshold)


def gelu(x: Any, approximate: bool = False) -> Any:
    """Return `ops.gelu`, by `erf` unless `approximate`.

    Args:
        x: Any tensor.
        approximate: Whether a hyperbolic tangent takes the place of `erf`.

    Example:
        >>> gelu(np.array([-1.0, 0.0, 1.0]))
        array([-0.15865525,  0.        ,  0.84134475])
    """
    return ops.gelu(x, approximate=approximate)


TABLE = {
    "linear": linear,
    "relu": relu,
    "leaky_relu": ops.leaky_relu,
    "relu6": ops.relu6,
    "sigmoid": ops.sigmoid,
    "softmax": ops.softmax,
    "log_softmax": ops.log_softmax,
    "softplus": ops.softplus,
    "tanh": ops.tanh,
    "exponential": ops.exp,
    "celu": ops.celu,
    "elu": ops.elu,
    "gelu": gelu,
    "glu": ops.glu,
    "hard_shrink": ops.hard_shrink,
    "hard_sigmoid": ops.hard_sigmoid,
    "hard_silu": ops.hard_silu,
    "hard_swish": ops.hard_silu,
    "hard_tanh": ops.hard_tanh,
    "log_sigmoid": ops.log_sigmoid,
    "mish": ops.mish,
    "selu": ops.selu,
    "silu": ops.silu,
    "swish": ops.silu,
    "soft_shrink": ops.soft_shrink,
    "softsign": ops.softsign,
    "sparse_plus": ops.sparse_plus,
    "sparse_sigmoid": ops.sparse_sigmoid,
    "sparsemax": ops.sparsemax,
    "squareplus": ops.squareplus,
    "tanh_shrink": ops.tanh_shrink,
    "threshold": ops.threshold,
}


def get(identifier: Any) -> Any:
    """Return the activation that a name, a function or None (for `linear`) means.

    Args:
        identifier: A name of the table, in any case; a function of one tensor; or None.

    Raises:
        ArgumentError: There is no activation of that name.

    Example:
        >>> get("relu") is relu, get(None) is linear
        (True, True)
    """
    if identifier is None:
        return linear
    return identifier if callable(identifier) else by_name("activation", identifier, TABLE)


def name_of(activation: Any) -> str:
    """Return the name that `get` turns back into this activation, or that of the function."""
    for name, known in TABLE.items():
        if known is activation:
            return name
    return getattr(activation, "__name__", type(activation).__name__)


def serialize(activation: Any) -> str:
    """Return the name by which `deserialize` finds an activation again.

    Args:
        activation: One of the table, or a function of yours, whose own name is returned.

    Raises:
        ArgumentError: It has no name to be found by, as a lambda has none.

    Example:
        >>> serialize(ops.silu), deserialize("silu") is ops.silu
        ('silu', True)
    """
    name = name_of(activation) if callable(activation) else ""
    if not name.isidentifier():
        raise ArgumentError(
            "An activation without a name cannot be serialised.",
            expected="an activation of Horn, or a function made with `def`",
            got=repr(activation),
            remedy="give the function a name",
        )
    return name


def deserialize(config: str, custom_objects: Mapping[str, Any] | None = None) -> Any:
    """Return the activation that `serialize` named.

    Args:
        config: The name.
        custom_objects: Functions of yours by their names.

    Raises:
        ArgumentError: There is no activation of that name.
    """
    return by_name("activation", config, {**TABLE, **(custom_objects or {})})
