"""Activations as layers."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import numpy as np

from horn import dtypes
from horn.api import activations
from horn.api.layers.core import keep_recipes, weight_of
from horn.api.layers.layer import Layer
from horn.errors import ArgumentError, ShapeError
from horn.spec import ops
from horn.spec.graph import spec_of

if TYPE_CHECKING:
    from collections.abc import Callable


class Activation(Layer):
    """An activation as a layer.

    Args:
        activation: A name of `horn.activations`, or a function of one tensor.
        **kwargs: Those of `Layer`.

    Shapes:
        inputs:  any
        returns: the same, for every activation but `glu`

    Example:
        >>> Activation("relu")(np.array([-1.0, 2.0], "float32"))
        array([0., 2.], dtype=float32)
    """

    def __init__(self, activation: Any, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.activation = activations.get(activation)

    def call(self, inputs: Any) -> Any:
        """Return the activated inputs."""
        return self.activation(inputs)


class ReLU(Layer):
    """`activations.relu` as a layer.

    Args:
        max_value: No output is above it; None for no limit.
        negative_slope: The factor of ``inputs - threshold`` where an input is not above the threshold.
        threshold: Above it inputs stay.
        **kwargs: Those of `Layer`.

    Raises:
        ArgumentError: An argument is negative, NaN or no number.

    Example:
        >>> ReLU(max_value=1.0, negative_slope=0.5)(np.array([-1.0, 0.5, 2.0], "float32"))
        array([-0.5,  0.5,  1. ], dtype=float32)
    """

    def __init__(
        self,
        max_value: float | None = None,
        negative_slope: float = 0.0,
        threshold: float = 0.0,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.max_value = None if max_value is None else not_negative("ReLU", "max_value", max_value)
        self.negative_slope = not_negative("ReLU", "negative_slope", negative_slope)
        self.threshold = not_negative("ReLU", "threshold", threshold)

    def call(self, inputs: Any) -> Any:
        """Return the activated inputs."""
        return activations.relu(inputs, self.negative_slope, self.max_value, self.threshold)


class LeakyReLU(Layer):
    """`ops.leaky_relu` as a layer.

    Args:
        negative_slope: The factor of negative inputs.
        **kwargs: Those of `Layer`.

    Raises:
        ArgumentError: The slope is negative, NaN or no number.

    Example:
        >>> LeakyReLU(0.5)(np.array([-1.0, 2.0], "float32"))
        array([-0.5,  2. ], dtype=float32)
    """

    def __init__(self, negative_slope: float = 0.3, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.negative_slope = not_negative("LeakyReLU", "negative_slope", negative_slope)

    def call(self, inputs: Any) -> Any:
        """Return the activated inputs."""
        return ops.leaky_relu(inputs, negative_slope=self.negative_slope)


class ELU(Layer):
    """`ops.elu` as a layer.

    Args:
        alpha: What negative inputs approach, negated.
        **kwargs: Those of `Layer`.

    Raises:
        ArgumentError: `alpha` is no finite number.

    Example:
        >>> ELU(2.0)(np.array([-100.0, 2.0], "float32"))
        array([-2.,  2.], dtype=float32)
    """

    def __init__(self, alpha: float = 1.0, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.alpha = _finite("ELU", "alpha", alpha)

    def call(self, inputs: Any) -> Any:
        """Return the activated inputs."""
        return ops.elu(inputs, alpha=self.alpha)


class PReLU(Layer):
    """`LeakyReLU` with slopes that are learned, one for each place of an example.

    Args:
        alpha_initializer: For the slopes.
        alpha_regularizer: For the slopes; see `horn.regularizers`.
        alpha_constraint: For the slopes; see `horn.constraints`.
        shared_axes: Along which axes, counted with the batch, one slope serves for all places: (1, 2)
            leaves one for each channel of an image.
        **kwargs: Those of `Layer`.

    Shapes:
        inputs:  (batch, ...)
        alpha:   that of one example, with size one along the shared axes
        returns: the same as the inputs

    Raises:
        ArgumentError: A shared axis is that of the batch or no integer.

    Reference:
        He et al., Delving Deep into Rectifiers, arXiv:1502.01852.

    Example:
        >>> layer = PReLU(alpha_initializer="ones", shared_axes=(1,))
        >>> layer(np.array([[-1.0, 2.0]], "float32")), layer.alpha.shape
        (array([[-1.,  2.]], dtype=float32), (1,))
    """

    def __init__(
        self,
        alpha_initializer: Any = "Zeros",
        alpha_regularizer: Any = None,
        alpha_constraint: Any = None,
        shared_axes: int | list[int] | tuple[int, ...] | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        keep_recipes(
            self, alpha_initializer=alpha_initializer, alpha_regularizer=alpha_regularizer,
            alpha_constraint=alpha_constraint,
        )  # fmt: skip
        self.shared_axes = _places(shared_axes)

    def build(self, input_shape: Any) -> None:
        """Make the slopes."""
        if self.shared_axes and max(self.shared_axes) >= len(input_shape):
            raise ShapeError(
                f"PReLU {self.name!r} was given a shared axis that its inputs do not have.",
                expected=f"axes from 1 to {len(input_shape) - 1}",
                got=f"shared_axes={self.shared_axes} for {tuple(input_shape)}",
                remedy="count the axes from the batch, which is 0",
            )
        shared = self.shared_axes or []
        shape = tuple(1 if i in shared else size for i, size in enumerate(input_shape) if i)
        self.alpha = weight_of(self, shape, "alpha")

    def call(self, inputs: Any) -> Any:
        """Return the activated inputs."""
        below = ops.multiply(self.alpha, ops.relu(ops.negative(inputs)))
        return ops.subtract(ops.relu(inputs), below)


class Softmax(Layer):
    """`ops.softmax` as a layer, along one axis or several together.

    Args:
        axis: Along which the outputs sum to one.
        **kwargs: Those of `Layer`.

    Shapes:
        inputs:  any
        mask:    broadcasts against the inputs; places where it is false get zero
        returns: that of the inputs

    Raises:
        ArgumentError: An axis is no integer.

    Notes:
        Where the mask leaves out all places, all of them get the same share.

    Example:
        >>> Softmax()(np.zeros((1, 4), "float32"), mask=np.array([True, True, False, False]))
        array([[0.5, 0.5, 0. , 0. ]], dtype=float32)
    """

    def __init__(self, axis: int | list[int] | tuple[int, ...] = -1, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        given = axis if isinstance(axis, list | tuple) else [axis]
        if not given or not all(_is_integer(i) for i in given):
            raise ArgumentError(
                "Softmax was given an axis that is none.",
                expected="an integer, or some of them",
                got=f"axis={axis!r}",
                remedy="pass the number of the axis",
            )
        self.axis = [int(i) for i in axis] if isinstance(axis, list | tuple) else int(axis)

    def call(self, inputs: Any, mask: Any = None) -> Any:
        """Return the activated inputs."""
        if mask is not None:
            # As low as the dtype goes, and no infinity: a row that is masked as a whole stays finite.
            dtype = dtypes.to_float(spec_of(inputs).dtype)
            inputs = ops.where(mask, ops.cast(inputs, dtype), -dtypes.largest(dtype))
        if isinstance(self.axis, int):
            return ops.softmax(inputs, axis=self.axis)
        axes = tuple(self.axis)
        return ops.exp(ops.subtract(inputs, ops.logsumexp(inputs, axis=axes, keepdims=True)))


def not_negative(layer: str, argument: str, value: Any) -> float:
    """Return `value` if it is a number of zero or more."""
    return _number(layer, argument, value, "a number of zero or more", lambda number: number >= 0.0)


def _finite(layer: str, argument: str, value: Any) -> float:
    return _number(layer, argument, value, "a finite number", math.isfinite)


def _number(layer: str, argument: str, value: Any, wanted: str, fits: Callable[[float], bool]) -> float:
    """Return `value` as a float if it is a number that fits; NaN fits nowhere."""
    is_number = isinstance(value, int | float | np.number) and not isinstance(value, bool)
    if not is_number or not fits(float(value)):
        raise ArgumentError(
            f"{layer} was given a number that it has no meaning for.",
            expected=f"{argument} as {wanted}",
            got=f"{argument}={value!r}",
            remedy=f"write {layer}({argument}=0.5), for example",
        )
    return float(value)


def _is_integer(value: Any) -> bool:
    return hasattr(value, "__index__") and not isinstance(value, bool)


def _places(shared_axes: Any) -> list[int] | None:
    """Return the shared axes of a `PReLU` as a list of positive integers, or None."""
    if shared_axes is None:
        return None
    given = shared_axes if isinstance(shared_axes, list | tuple) else [shared_axes]
    if not all(_is_integer(i) and int(i) > 0 for i in given):
        raise ArgumentError(
            "PReLU was given a shared axis that is none.",
            expected="integers from 1 on; 0 is the axis of the batch",
            got=f"shared_axes={shared_axes!r}",
            remedy="write shared_axes=(1, 2) for one slope for each channel of an image",
        )
    return [int(i) for i in given]
