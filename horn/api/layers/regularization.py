"""Layers that act only while a model is trained, or only on its loss."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from horn.api import regularizers
from horn.api.bounds import choice, real, seed as checked_seed
from horn.api.layers.layer import Layer
from horn.errors import ArgumentError, ShapeError
from horn.spec import ops
from horn.spec.graph import spec_of
from horn.state.random import Stream

_ALPHA = -1.7580993408473766  # what SELU gives for minus infinity


class Noise(Layer):
    """A layer that changes its inputs at random while training, and leaves them alone otherwise."""

    supports_masking = True

    def __init__(self, seed: int | None = None, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.seed = checked_seed(type(self).__name__, seed)
        self.stream = Stream(seed)

    def _normal(self, inputs: Any) -> Any:
        """Return normal numbers of mean 0 and deviation 1, one for each input."""
        key, step = self.stream.next()
        return ops.cast(ops.random_normal(key, step, shape=ops.shape(inputs)), spec_of(inputs).dtype)


class Dropout(Noise):
    """A share of the inputs set to zero while training, the rest scaled up to keep the mean.

    The mask depends on the seed, the layer and the step alone: it is the same on every backend.

    Args:
        rate: The share to drop, in [0, 1).
        noise_shape: The sizes of the mask, which is stretched to the inputs: (None, 1, None) drops
            the same features at all steps. None stands for the size of the inputs.
        seed: An integer for masks that depend on it alone; None for the process's seed.
        **kwargs: Those of `Layer`.

    Shapes:
        inputs:  any
        returns: that of the inputs

    Raises:
        ArgumentError: The rate, the shape or the seed is none.
        ShapeError: The mask does not stretch to the inputs.

    Reference:
        Srivastava et al., JMLR 15 (2014) 1929-1958.

    Example:
        >>> Dropout(0.5)(np.array([1.0, 2.0], "float32"))
        array([1., 2.], dtype=float32)
    """

    def __init__(
        self,
        rate: float,
        noise_shape: Sequence[int | None] | None = None,
        seed: int | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(seed, **kwargs)
        self.rate = real(type(self).__name__, "rate", rate, "[0, 1)")
        self.noise_shape = _noise_shape(type(self).__name__, noise_shape)

    def call(self, inputs: Any, training: bool = False) -> Any:
        """Return the inputs, with elements dropped while training."""
        if not training or self.rate == 0:
            return inputs
        key, step = self.stream.next()
        if self.noise_shape is None:
            return ops.dropout(inputs, key, step, rate=self.rate)
        shape = _filled(self, self.noise_shape, inputs)
        factors = ops.dropout_mask(key, step, shape=shape, rate=self.rate, dtype=spec_of(inputs).dtype)
        return ops.multiply(inputs, factors)


class _SpatialDropout(Noise):
    """What the layers share that drop whole channels."""

    _axes: int

    def __init__(
        self, rate: float, data_format: str | None = None, seed: int | None = None, **kwargs: Any
    ) -> None:
        super().__init__(seed, **kwargs)
        self.rate = real(type(self).__name__, "rate", rate, "[0, 1)")
        self.data_format = data_format

    def call(self, inputs: Any, training: bool = False) -> Any:
        """Return the inputs, with channels dropped while training."""
        shape = tuple(ops.shape(inputs))
        if len(shape) != self._axes + 2:
            raise ShapeError(
                f"{type(self).__name__} {self.name!r} was called with another number of axes than it has.",
                expected=f"{self._axes + 2} axes: the batch, {self._axes} of places, and the channels",
                got=f"{len(shape)} axes",
                remedy="reshape the inputs, or take Dropout",
            )
        if not training or self.rate == 0:
            return inputs
        kept = 1 if self.data_format == "channels_first" else len(shape) - 1
        mask = tuple(size if i in (0, kept) else 1 for i, size in enumerate(shape))
        key, step = self.stream.next()
        factors = ops.dropout_mask(key, step, shape=mask, rate=self.rate, dtype=spec_of(inputs).dtype)
        return ops.multiply(inputs, factors)


class SpatialDropout1D(_SpatialDropout):
    """`Dropout` of whole features: one is kept or dropped at all steps of a sequence together.

    Args:
        rate: The share to drop, in [0, 1).
        seed: An integer for masks that depend on it alone; None for the process's seed.
        **kwargs: Those of `Layer`.

    Shapes:
        inputs:  (batch, steps, features)
        returns: the same

    Raises:
        ArgumentError: The rate or the seed is none.
        ShapeError: The inputs have another number of axes.

    Reference:
        Tompson et al., Efficient object localization using convolutional networks, arXiv:1411.4280.

    Example:
        >>> SpatialDropout1D(0.5)(np.ones((1, 2, 2), "float32"), training=False).sum()
        np.float32(4.0)
    """

    _not_configured = (*Layer._not_configured, "data_format")
    _axes = 1

    def __init__(self, rate: float, seed: int | None = None, **kwargs: Any) -> None:
        super().__init__(rate, seed=seed, **kwargs)


class SpatialDropout2D(_SpatialDropout):
    """`Dropout` of whole channels of an image.

    Args:
        rate: The share to drop, in [0, 1).
        data_format: ``"channels_last"`` or ``"channels_first"``; None for the former.
        seed: An integer for masks that depend on it alone; None for the process's seed.
        **kwargs: Those of `Layer`.

    Shapes:
        inputs:  (batch, rows, columns, channels), or (batch, channels, rows, columns)
        returns: the same

    Raises:
        ArgumentError: The rate, the format or the seed is none.
        ShapeError: The inputs have another number of axes.

    Reference:
        Tompson et al., Efficient object localization using convolutional networks, arXiv:1411.4280.

    Example:
        >>> SpatialDropout2D(0.5)(np.ones((1, 2, 2, 1), "float32"), training=False).sum()
        np.float32(4.0)
    """

    _axes = 2

    def __init__(
        self, rate: float, data_format: str | None = None, seed: int | None = None, **kwargs: Any
    ) -> None:
        data_format = choice(
            type(self).__name__,
            "data_format",
            data_format or "channels_last",
            ("channels_last", "channels_first"),
        )
        super().__init__(rate, data_format, seed, **kwargs)


class SpatialDropout3D(SpatialDropout2D):
    """`Dropout` of whole channels of a volume.

    Args:
        rate: The share to drop, in [0, 1).
        data_format: ``"channels_last"`` or ``"channels_first"``; None for the former.
        seed: An integer for masks that depend on it alone; None for the process's seed.
        **kwargs: Those of `Layer`.

    Shapes:
        inputs:  (batch, planes, rows, columns, channels), or with the channels behind the batch
        returns: the same

    Raises:
        ArgumentError: The rate, the format or the seed is none.
        ShapeError: The inputs have another number of axes.

    Reference:
        Tompson et al., Efficient object localization using convolutional networks, arXiv:1411.4280.

    Example:
        >>> SpatialDropout3D(0.5)(np.ones((1, 2, 2, 2, 1), "float32"), training=False).sum()
        np.float32(8.0)
    """

    _axes = 3


class GaussianNoise(Noise):
    """Normal noise of mean 0 added while training.

    Args:
        stddev: Its standard deviation, 0 or more.
        seed: An integer for noise that depends on it alone; None for the process's seed.
        **kwargs: Those of `Layer`.

    Shapes:
        inputs:  any
        returns: that of the inputs

    Raises:
        ArgumentError: The deviation or the seed is none.

    Reference:
        Bishop, Training with noise is equivalent to Tikhonov regularization, Neural Computation 7 (1995)
        108-116.

    Example:
        >>> GaussianNoise(0.1)(np.array([1.0, 2.0], "float32"))
        array([1., 2.], dtype=float32)
    """

    def __init__(self, stddev: float, seed: int | None = None, **kwargs: Any) -> None:
        super().__init__(seed, **kwargs)
        self.stddev = real("GaussianNoise", "stddev", stddev, "[0, inf)")

    def call(self, inputs: Any, training: bool = False) -> Any:
        """Return the inputs, with noise while training."""
        if not training or self.stddev == 0:
            return inputs
        return ops.add(inputs, ops.multiply(self._normal(inputs), self.stddev))


class GaussianDropout(Noise):
    """The inputs times normal noise of mean 1 while training, as strong as `Dropout` of this rate.

    Its standard deviation is ``sqrt(rate / (1 - rate))``.

    Args:
        rate: In [0, 1).
        seed: An integer for noise that depends on it alone; None for the process's seed.
        **kwargs: Those of `Layer`.

    Shapes:
        inputs:  any
        returns: that of the inputs

    Raises:
        ArgumentError: The rate or the seed is none.

    Reference:
        Srivastava et al., JMLR 15 (2014) 1929-1958, section 10.

    Example:
        >>> GaussianDropout(0.1)(np.array([1.0, 2.0], "float32"))
        array([1., 2.], dtype=float32)
    """

    def __init__(self, rate: float, seed: int | None = None, **kwargs: Any) -> None:
        super().__init__(seed, **kwargs)
        self.rate = real(type(self).__name__, "rate", rate, "[0, 1)")

    def call(self, inputs: Any, training: bool = False) -> Any:
        """Return the inputs, with noise while training."""
        if not training or self.rate == 0:
            return inputs
        deviation = (self.rate / (1.0 - self.rate)) ** 0.5
        return ops.multiply(inputs, ops.add(ops.multiply(self._normal(inputs), deviation), 1.0))


class AlphaDropout(Noise):
    """Dropout for networks of SELU: it keeps mean 0 and variance 1.

    What is dropped gets the least value of SELU, then all is scaled and shifted.

    Args:
        rate: The share to drop, in [0, 1).
        noise_shape: The sizes of the mask, which is stretched to the inputs; None stands for the
            size of the inputs.
        seed: An integer for masks that depend on it alone; None for the process's seed.
        **kwargs: Those of `Layer`.

    Shapes:
        inputs:  any
        returns: that of the inputs

    Raises:
        ArgumentError: The rate, the shape or the seed is none.
        ShapeError: The mask does not stretch to the inputs.

    Reference:
        Klambauer et al., Self-Normalizing Neural Networks, arXiv:1706.02515.

    Example:
        >>> AlphaDropout(0.1)(np.array([1.0, 2.0], "float32"))
        array([1., 2.], dtype=float32)
    """

    def __init__(
        self,
        rate: float,
        noise_shape: Sequence[int | None] | None = None,
        seed: int | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(seed, **kwargs)
        self.rate = real(type(self).__name__, "rate", rate, "[0, 1)")
        self.noise_shape = _noise_shape("AlphaDropout", noise_shape)

    def call(self, inputs: Any, training: bool = False) -> Any:
        """Return the inputs, with elements dropped while training."""
        if not training or self.rate == 0:
            return inputs
        shape = (
            tuple(ops.shape(inputs)) if self.noise_shape is None else _filled(self, self.noise_shape, inputs)
        )
        key, step = self.stream.next()
        kept = ops.random_mask(key, step, shape=shape, threshold=round((1.0 - self.rate) * 65536))
        factor = ((1.0 - self.rate) * (1.0 + self.rate * _ALPHA**2)) ** -0.5
        shift = -factor * _ALPHA * self.rate
        return ops.add(ops.multiply(ops.where(kept, inputs, _ALPHA), factor), shift)


class ActivityRegularization(Layer):
    """The inputs as they are, with a penalty of their size added to the loss.

    Args:
        l1: The factor of the magnitudes, 0 or more.
        l2: The factor of the squares, 0 or more.
        **kwargs: Those of `Layer`.

    Shapes:
        inputs:  (batch, ...)
        returns: the same

    Notes:
        The penalty of a batch is divided by its size.

    Raises:
        ArgumentError: A factor is negative or no number.

    Example:
        >>> layer = ActivityRegularization(l1=0.5)
        >>> y = layer(np.array([[1.0, -3.0]], "float32"))
        >>> [float(loss) for loss in layer.losses]
        [2.0]
    """

    supports_masking = True
    _not_configured = (*Layer._not_configured, "activity_regularizer")

    def __init__(self, l1: float = 0.0, l2: float = 0.0, **kwargs: Any) -> None:
        self.l1 = real("ActivityRegularization", "l1", l1, "[0, inf)")
        self.l2 = real("ActivityRegularization", "l2", l2, "[0, inf)")
        super().__init__(activity_regularizer=regularizers.L1L2(l1=l1, l2=l2), **kwargs)

    def call(self, inputs: Any) -> Any:
        """Return the inputs."""
        return inputs


def _noise_shape(layer: str, shape: Any) -> tuple[int | None, ...] | None:
    if shape is None:
        return None
    fits = isinstance(shape, list | tuple) and all(
        size is None or (hasattr(size, "__index__") and not isinstance(size, bool) and int(size) > 0)
        for size in shape
    )
    if not fits:
        raise ArgumentError(
            f"{layer} was given a noise_shape that is no shape.",
            expected="positive integers, or None for the size of the inputs, one for each axis",
            got=repr(shape),
            remedy="write noise_shape=(None, 1, None) to drop the same features at all steps",
        )
    return tuple(None if size is None else int(size) for size in shape)


def _filled(layer: Layer, noise_shape: tuple[int | None, ...], inputs: Any) -> tuple[Any, ...]:
    """Return the shape of a mask, with the sizes of the inputs in place of None."""
    shape = tuple(ops.shape(inputs))
    if len(shape) != len(noise_shape) or any(
        own not in (None, 1, size) for own, size in zip(noise_shape, shape, strict=True)
    ):
        raise ShapeError(
            f"{type(layer).__name__} {layer.name!r} was given a noise_shape that does not stretch to its inputs.",
            expected=f"{len(shape)} sizes, each that of the inputs, one or None",
            got=f"noise_shape={noise_shape} for inputs of shape {shape}",
            remedy="write None for the sizes of the inputs",
        )
    return tuple(size if own is None else own for own, size in zip(noise_shape, shape, strict=True))
