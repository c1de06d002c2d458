"""Normalisation of each example by itself."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from horn.api.bounds import real, whole
from horn.api.layers.affine import Affine, known_along, one_axis, single, some_axes
from horn.api.layers.core import none_of
from horn.api.layers.layer import Layer
from horn.errors import ShapeError
from horn.spec import ops

if TYPE_CHECKING:
    from collections.abc import Sequence


class LayerNormalization(Affine):
    """Each example by itself with mean 0 and variance 1 over some axes, then a factor and a term.

    Args:
        axis: The axes of the statistics, and of `gamma` and `beta`.
        epsilon: Added to the variance.
        center: Whether to add `beta`.
        scale: Whether to multiply by `gamma`.
        beta_initializer: For `beta`.
        gamma_initializer: For `gamma`.
        beta_regularizer: For `beta`; see `horn.regularizers`.
        gamma_regularizer: For `gamma`.
        beta_constraint: For `beta`; see `horn.constraints`.
        gamma_constraint: For `gamma`.
        **kwargs: Those of `Layer`.

    Shapes:
        inputs:      any, with fixed sizes along `axis`
        gamma, beta: the sizes along `axis`, in the order of the inputs
        returns:     that of the inputs

    Dtypes:
        Inputs of 16 bits are normalised in float32, and given back in 16 bits.

    Raises:
        ArgumentError: An argument is out of its range.
        ShapeError: The inputs have no such axis, or no fixed size there.

    Reference:
        Ba, Kiros & Hinton, Layer Normalization, arXiv:1607.06450.

    Example:
        >>> LayerNormalization(epsilon=0.0)(np.array([[1.0, 3.0]], "float32"))
        array([[-1.,  1.]], dtype=float32)
    """

    def __init__(
        self,
        axis: int | Sequence[int] = -1,
        epsilon: float = 1e-3,
        center: bool = True,
        scale: bool = True,
        beta_initializer: Any = "zeros",
        gamma_initializer: Any = "ones",
        beta_regularizer: Any = None,
        gamma_regularizer: Any = None,
        beta_constraint: Any = None,
        gamma_constraint: Any = None,
        **kwargs: Any,
    ) -> None:
        none_of("LayerNormalization", rms_scaling=kwargs.pop("rms_scaling", None))
        super().__init__(**kwargs)
        self._take(
            some_axes("LayerNormalization", axis), epsilon, center, scale,
            beta_initializer=beta_initializer, gamma_initializer=gamma_initializer,
            beta_regularizer=beta_regularizer, gamma_regularizer=gamma_regularizer,
            beta_constraint=beta_constraint, gamma_constraint=gamma_constraint,
        )  # fmt: skip

    def build(self, input_shape: Any) -> None:
        """Make the factor and the term."""
        self._make(known_along(self, input_shape, self.axis))

    def call(self, inputs: Any) -> Any:
        """Return the normalised inputs."""
        return ops.layer_normalization(
            inputs, self.gamma, self.beta, axis=_frozen(self.axis), epsilon=self.epsilon
        )


class GroupNormalization(Affine):
    """Each example by itself with mean 0 and variance 1 in each group of its channels.

    Args:
        groups: How many groups the channels make; -1 for one to each channel, which is instance
            normalisation; 1 is layer normalisation.
        axis: The axis of the channels.
        epsilon: Added to the variance.
        center: Whether to add `beta`.
        scale: Whether to multiply by `gamma`.
        beta_initializer: For `beta`.
        gamma_initializer: For `gamma`.
        beta_regularizer: For `beta`; see `horn.regularizers`.
        gamma_regularizer: For `gamma`.
        beta_constraint: For `beta`; see `horn.constraints`.
        gamma_constraint: For `gamma`.
        **kwargs: Those of `Layer`.

    Shapes:
        inputs:      (batch, ..., channels), the channels on `axis`
        gamma, beta: (channels,)
        returns:     that of the inputs

    Dtypes:
        Inputs of 16 bits are normalised in float32, and given back in 16 bits.

    Raises:
        ArgumentError: An argument is out of its range.
        ShapeError: The inputs have no such axis, no fixed size there, or one that the groups do not divide.

    Reference:
        Wu & He, Group Normalization, arXiv:1803.08494.

    Example:
        >>> GroupNormalization(groups=2, epsilon=0.0)(np.array([[1.0, 3.0, 20.0, 10.0]], "float32"))
        array([[-1.,  1.,  1., -1.]], dtype=float32)
    """

    def __init__(
        self,
        groups: int = 32,
        axis: int = -1,
        epsilon: float = 1e-3,
        center: bool = True,
        scale: bool = True,
        beta_initializer: Any = "zeros",
        gamma_initializer: Any = "ones",
        beta_regularizer: Any = None,
        gamma_regularizer: Any = None,
        beta_constraint: Any = None,
        gamma_constraint: Any = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.groups = -1 if groups == -1 else whole("GroupNormalization", "groups", groups)
        self._take(
            one_axis("GroupNormalization", axis), epsilon, center, scale,
            beta_initializer=beta_initializer, gamma_initializer=gamma_initializer,
            beta_regularizer=beta_regularizer, gamma_regularizer=gamma_regularizer,
            beta_constraint=beta_constraint, gamma_constraint=gamma_constraint,
        )  # fmt: skip

    def build(self, input_shape: Any) -> None:
        """Make the factor and the term."""
        (channels,) = known_along(self, input_shape, self.axis)
        if self.axis % len(input_shape) == 0 or channels % self._count(channels):
            raise ShapeError(
                f"GroupNormalization {self.name!r} cannot part its inputs into {self.groups} groups.",
                expected="a number of channels that is a multiple of `groups`, not on the axis of the batch",
                got=f"{channels} channels on axis {self.axis}",
                remedy="choose another number of groups, such as 1 or -1",
            )
        self._make((channels,))

    def _count(self, channels: int) -> int:
        return channels if self.groups == -1 else self.groups

    def call(self, inputs: Any) -> Any:
        """Return the normalised inputs."""
        shape = tuple(ops.shape(inputs))
        axis = self.axis % len(shape)
        count = self._count(shape[axis])
        x = ops.reshape(single(inputs), (*shape[:axis], count, shape[axis] // count, *shape[axis + 1 :]))
        along = tuple(i for i in range(1, len(shape) + 1) if i != axis)
        y = ops.reshape(ops.layer_normalization(x, axis=along, epsilon=self.epsilon), shape)
        places = tuple(size if i == axis else 1 for i, size in enumerate(shape))
        if self.gamma is not None:
            y = ops.multiply(y, ops.reshape(self.gamma, places))
        if self.beta is not None:
            y = ops.add(y, ops.reshape(self.beta, places))
        return ops.cast(y, self.compute_dtype)


class RMSNormalization(Layer):
    """Each example by itself divided by the root of the mean of its squares, times a learned factor.

    Args:
        axis: The axes of the mean, and of `scale`.
        epsilon: Added to the mean.
        **kwargs: Those of `Layer`.

    Shapes:
        inputs:  any, with fixed sizes along `axis`
        scale:   the sizes along `axis`
        returns: that of the inputs

    Dtypes:
        Inputs of 16 bits are normalised in float32, and given back in 16 bits.

    Raises:
        ArgumentError: An argument is out of its range.
        ShapeError: The inputs have no such axis, or no fixed size there.

    Reference:
        Zhang & Sennrich, Root Mean Square Layer Normalization, arXiv:1910.07467.

    Example:
        >>> RMSNormalization(epsilon=0.0)(np.array([[1.0, 7.0]], "float32"))
        array([[0.2, 1.4]], dtype=float32)
    """

    supports_masking = True

    def __init__(self, axis: int | Sequence[int] = -1, epsilon: float = 1e-6, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.axis = some_axes("RMSNormalization", axis)
        self.epsilon = real("RMSNormalization", "epsilon", epsilon, "[0, inf)")

    def build(self, input_shape: Any) -> None:
        """Make the factor."""
        shape = known_along(self, input_shape, self.axis)
        self.scale = self.add_weight(shape, "ones", name="scale", autocast=False)

    def call(self, inputs: Any) -> Any:
        """Return the normalised inputs."""
        return ops.rms_normalization(inputs, self.scale, axis=_frozen(self.axis), epsilon=self.epsilon)


class UnitNormalization(Layer):
    """Each example by itself divided by its Euclidean norm.

    Args:
        axis: The axes of the vectors.
        **kwargs: Those of `Layer`.

    Shapes:
        inputs:  any
        returns: that of the inputs

    Raises:
        ArgumentError: An axis is no integer.

    Example:
        >>> UnitNormalization()(np.array([[3.0, 4.0]], "float32"))
        array([[0.6, 0.8]], dtype=float32)
    """

    supports_masking = True

    def __init__(self, axis: int | Sequence[int] = -1, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.axis = some_axes("UnitNormalization", axis)

    def call(self, inputs: Any) -> Any:
        """Return the inputs with norm one; zeros stay."""
        return ops.normalize(inputs, axis=_frozen(self.axis), order=2, epsilon=1e-12)


def _frozen(axis: int | list[int]) -> int | tuple[int, ...]:
    return axis if isinstance(axis, int) else tuple(axis)
