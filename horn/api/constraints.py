"""Constraints: functions from a weight to the nearest allowed one, applied after each step."""

from __future__ import annotations

from typing import Any, Self

import numpy as np

from horn import settings
from horn.api.bounds import real
from horn.api.described import describe, revive
from horn.api.keywords import ExactKeywords
from horn.api.lookup import by_name
from horn.errors import ArgumentError
from horn.spec import ops
from horn.spec.graph import spec_of


class Constraint(ExactKeywords):
    """The base of constraints: write `__call__` in ops, and `get_config` if there are arguments.

    Raises:
        ArgumentError: An argument has a value that it cannot have, or does not exist.

    Example:
        >>> class Small(Constraint):
        ...     def __call__(self, w):
        ...         return ops.clip(w, -1.0, 1.0)
        >>> Small()(np.array([0.5, 4.0]))
        array([0.5, 1. ])
    """

    def __call__(self, w: Any) -> Any:
        """Return the weight that is allowed."""
        raise NotImplementedError(f"{type(self).__name__} has no `__call__`")

    def get_config(self) -> dict[str, Any]:
        """Return the arguments that make an equal constraint."""
        return {}

    @classmethod
    def from_config(cls, config: dict[str, Any]) -> Self:
        """Return a constraint made from what `get_config` returned."""
        return cls(**config)


def _axes(owner: str, axis: Any) -> Any:
    """Return `axis` if it is an integer or several."""
    given = axis if isinstance(axis, list | tuple) else [axis]
    if any(isinstance(one, bool) or not isinstance(one, int | np.integer) for one in given):
        raise ArgumentError(
            f"{owner} was given an axis that is none.",
            expected="an integer, or a list of them",
            got=f"axis={axis!r}",
            remedy="write axis=0 for the inputs of each unit of a Dense layer",
        )
    return axis


def _scaled(w: Any, axis: Any, wanted: Any) -> Any:
    """Return a weight whose norms over some axes became ``wanted(norms)``."""
    axis = tuple(axis) if isinstance(axis, list) else axis
    norms = ops.sqrt(ops.sum(ops.square(w), axis=axis, keepdims=True))
    # A weight of zeros stays as it is; Keras's fuzz factor is added to the norm for this.
    return ops.multiply(w, ops.divide(wanted(norms), ops.add(norms, settings.epsilon())))


class MaxNorm(Constraint):
    """Scales down what has a larger norm than `max_value`.

    Args:
        max_value: The largest norm, 0 or more.
        axis: The axes that a norm is taken over: 0 for a Dense kernel, ``[0, 1, 2]`` for that of a
            Conv2D.

    Reference:
        Srivastava et al., Dropout, JMLR 15 (2014) 1929-1958, section 5.1.

    Example:
        >>> np.round(MaxNorm(1.0)(np.array([[3.0, 0.3], [4.0, 0.4]])), 4)
        array([[0.6, 0.3], [0.8, 0.4]])
    """

    def __init__(self, max_value: float = 2, axis: Any = 0) -> None:
        self.max_value = real("MaxNorm", "max_value", max_value, "[0, inf)")
        self.axis = _axes("MaxNorm", axis)

    def __call__(self, w: Any) -> Any:
        return _scaled(w, self.axis, lambda norms: ops.minimum(norms, float(self.max_value)))

    def get_config(self) -> dict[str, Any]:
        return {"max_value": self.max_value, "axis": self.axis}


class MinMaxNorm(Constraint):
    """Moves norms into a range, by a share of the way.

    Args:
        min_value: The smallest norm, 0 or more.
        max_value: The largest norm, not less than `min_value`.
        rate: What share of the way to go in a step, in [0, 1].
        axis: The axes that a norm is taken over.

    Example:
        >>> np.round(MinMaxNorm(1.0, 2.0)(np.array([[3.0, 0.3], [4.0, 0.4]])), 4)
        array([[1.2, 0.6], [1.6, 0.8]])
    """

    def __init__(
        self, min_value: float = 0.0, max_value: float = 1.0, rate: float = 1.0, axis: Any = 0
    ) -> None:
        self.min_value = real("MinMaxNorm", "min_value", min_value, "[0, inf)")
        self.max_value = real("MinMaxNorm", "max_value", max_value, f"[{float(min_value)}, inf)")
        self.rate = real("MinMaxNorm", "rate", rate, "[0, 1]")
        self.axis = _axes("MinMaxNorm", axis)

    def __call__(self, w: Any) -> Any:
        def wanted(norms: Any) -> Any:
            inside = ops.multiply(
                ops.clip(norms, float(self.min_value), float(self.max_value)), float(self.rate)
            )
            return ops.add(inside, ops.multiply(norms, 1.0 - self.rate))

        return _scaled(w, self.axis, wanted)

    def get_config(self) -> dict[str, Any]:
        return {
            "min_value": self.min_value,
            "max_value": self.max_value,
            "rate": self.rate,
            "axis": self.axis,
        }


class NonNeg(Constraint):
    """Makes negative weights zero.

    Example:
        >>> NonNeg()(np.array([-1.0, 2.0]))
        array([0., 2.])
    """

    def __call__(self, w: Any) -> Any:
        return ops.maximum(w, ops.cast(0.0, spec_of(w).dtype))


class UnitNorm(Constraint):
    """Scales every norm to one.

    Args:
        axis: The axes that a norm is taken over.

    Example:
        >>> np.round(UnitNorm()(np.array([[3.0], [4.0]])), 4)
        array([[0.6], [0.8]])
    """

    def __init__(self, axis: Any = 0) -> None:
        self.axis = _axes("UnitNorm", axis)

    def __call__(self, w: Any) -> Any:
        return _scaled(w, self.axis, ops.ones_like)

    def get_config(self) -> dict[str, Any]:
        return {"axis": self.axis}


TABLE: dict[str, Any] = {
    "max_norm": MaxNorm,
    "min_max_norm": MinMaxNorm,
    "non_neg": NonNeg,
    "unit_norm": UnitNorm,
    "MaxNorm": MaxNorm,
    "MinMaxNorm": MinMaxNorm,
    "NonNeg": NonNeg,
    "UnitNorm": UnitNorm,
}


def get(identifier: Any) -> Any:
    """Return the constraint that a name, a dictionary, a class or a function means; None stays None.

    Args:
        identifier: A name, what `serialize` returned, a class, or an object, which is returned as it is.

    Raises:
        ArgumentError: There is no constraint of that name.

    Example:
        >>> get("max_norm").get_config()
        {'max_value': 2, 'axis': 0}
    """
    if isinstance(identifier, dict):
        return deserialize(identifier)
    if isinstance(identifier, type) and issubclass(identifier, Constraint):
        return identifier()
    if identifier is None or callable(identifier):
        return identifier
    return by_name("constraint", identifier, TABLE)()


def serialize(constraint: Constraint) -> dict[str, Any]:
    """Return the dictionary that `deserialize` turns back into an equal constraint.

    Args:
        constraint: The constraint.
    """
    return describe("keras.constraints", constraint)


def deserialize(config: dict[str, Any], custom_objects: dict[str, Any] | None = None) -> Any:
    """Return the constraint that a dictionary describes.

    Args:
        config: What `serialize` returned, or a name.
        custom_objects: Names of one's own classes and functions.

    Raises:
        ArgumentError: There is no constraint of that name.
    """
    return revive("constraint", config, TABLE, custom_objects)
