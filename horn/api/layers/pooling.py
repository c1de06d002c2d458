"""Pooling layers: windows of a fixed size made into one element, by their maximum or their mean."""

from __future__ import annotations

from typing import Any

from horn.api.bounds import choice
from horn.api.layers.spatial import SpatialLayer
from horn.spec import ops
from horn.spec.windows import per_axis


class Pooling(SpatialLayer):
    """What the pooling layers share: a window that slides over the spatial axes of each channel.

    Args:
        pool_size: The sizes of the window: one number, or one for each spatial axis.
        strides: The step of the window; default `pool_size`, so that windows do not overlap.
        padding: ``"valid"`` for none, ``"same"`` for as many windows as strides fit. What lies outside
            of the input does not count.
        data_format: ``"channels_last"`` or ``"channels_first"``; default as set in `horn.config`.
        name: As in `Layer`.
        **kwargs: Those of `Layer`.

    Shapes:
        inputs:  (batch, *spatial, channels), or (batch, channels, *spatial) for channels first
        returns: (batch, *windows, channels), or (batch, channels, *windows)
    """

    def __init__(
        self,
        pool_size: int | tuple[int, ...],
        strides: int | tuple[int, ...] | None = None,
        padding: str = "valid",
        data_format: str | None = None,
        name: str | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(data_format=data_format, name=name, **kwargs)
        kind = type(self).__name__
        self.pool_size = per_axis(pool_size, self.spatial, "pool_size", kind)
        self.strides = self.pool_size if strides is None else per_axis(strides, self.spatial, "strides", kind)
        self.padding = choice(kind, "padding", padding, ("valid", "same"))

    def call(self, inputs: Any) -> Any:
        """Return one element for each window and channel."""
        self.check_rank(tuple(ops.shape(inputs)))
        return self.pool(inputs, strides=self.strides, padding=self.padding, data_format=self.data_format)

    def pool(self, inputs: Any, **options: Any) -> Any:
        """Return `inputs` pooled."""
        raise NotImplementedError(f"{type(self).__name__} has no `pool`")


class MaxPooling(Pooling):
    """What the max-pooling layers share: the largest element of each window; see `Pooling`.

    Reference:
        Riesenhuber & Poggio, Hierarchical models of object recognition in cortex, Nature Neuroscience 2
        (1999) 1019-1025.
    """

    def __init__(
        self,
        pool_size: int | tuple[int, ...] = 2,
        strides: int | tuple[int, ...] | None = None,
        padding: str = "valid",
        data_format: str | None = None,
        name: str | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(pool_size, strides, padding, data_format, name, **kwargs)

    def pool(self, inputs: Any, **options: Any) -> Any:
        """Return the largest element of each window."""
        return ops.max_pool(inputs, self.pool_size, **options)


class AveragePooling(Pooling):
    """What the average-pooling layers share: the mean of each window; see `Pooling`.

    Reference:
        LeCun, Bottou, Bengio & Haffner, Gradient-based learning applied to document recognition, Proceedings
        of the IEEE 86 (1998) 2278-2324.
    """

    def pool(self, inputs: Any, **options: Any) -> Any:
        """Return the mean of each window."""
        return ops.average_pool(inputs, self.pool_size, **options)


class MaxPooling1D(MaxPooling):
    """Max pooling over sequences.

    Example:
        >>> MaxPooling1D(2)(np.array([[[1.0], [3.0], [2.0], [0.0]]], "float32")).ravel()
        array([3., 2.], dtype=float32)
    """

    spatial = 1


class MaxPooling2D(MaxPooling):
    """Max pooling over images.

    Example:
        >>> MaxPooling2D()(np.ones((2, 8, 8, 3), "float32")).shape
        (2, 4, 4, 3)
    """

    spatial = 2


class MaxPooling3D(MaxPooling):
    """Max pooling over volumes.

    Example:
        >>> MaxPooling3D((1, 2, 2))(np.ones((2, 5, 8, 8, 3), "float32")).shape
        (2, 5, 4, 4, 3)
    """

    spatial = 3


class AveragePooling1D(AveragePooling):
    """Average pooling over sequences.

    Example:
        >>> AveragePooling1D(2)(np.array([[[1.0], [3.0], [2.0], [0.0]]], "float32")).ravel()
        array([2., 1.], dtype=float32)
    """

    spatial = 1


class AveragePooling2D(AveragePooling):
    """Average pooling over images.

    Example:
        >>> AveragePooling2D(2)(np.ones((2, 8, 8, 3), "float32")).shape
        (2, 4, 4, 3)
    """

    spatial = 2


class AveragePooling3D(AveragePooling):
    """Average pooling over volumes.

    Example:
        >>> AveragePooling3D((1, 2, 2))(np.ones((2, 5, 8, 8, 3), "float32")).shape
        (2, 5, 4, 4, 3)
    """

    spatial = 3
