"""Pooling layers whose windows are as large as the input, or as many as one asks for."""

from __future__ import annotations

from typing import Any

from horn.api.bounds import flag
from horn.api.layers.spatial import SpatialLayer
from horn.spec import ops
from horn.spec.windows import per_axis


class GlobalPooling(SpatialLayer):
    """What the global pooling layers share: all places of a channel become one element.

    Args:
        data_format: ``"channels_last"`` or ``"channels_first"``; default as set in `horn.config`.
        keepdims: Whether the spatial axes stay, with a size of one.
        **kwargs: Those of `Layer`.

    Shapes:
        inputs:  (batch, *spatial, channels), or (batch, channels, *spatial) for channels first
        returns: (batch, channels), or with ones for the spatial axes
    """

    def __init__(self, data_format: str | None = None, keepdims: bool = False, **kwargs: Any) -> None:
        super().__init__(data_format=data_format, **kwargs)
        self.keepdims = flag(type(self).__name__, "keepdims", keepdims)


class GlobalAveragePooling(GlobalPooling):
    """What the layers share that take the mean of each channel; see `GlobalPooling`.

    Reference:
        Lin, Chen & Yan, Network in network, ICLR 2014, arXiv:1312.4400, section 3.2.
    """

    def call(self, inputs: Any) -> Any:
        """Return the mean of each channel."""
        self.check_rank(tuple(ops.shape(inputs)))
        return ops.mean(inputs, axis=self.spatial_axes, keepdims=self.keepdims)


class GlobalMaxPooling(GlobalPooling):
    """What the layers share that take the largest element of each channel; see `GlobalPooling`."""

    def call(self, inputs: Any) -> Any:
        """Return the largest element of each channel."""
        self.check_rank(tuple(ops.shape(inputs)))
        return ops.max(inputs, axis=self.spatial_axes, keepdims=self.keepdims)


class GlobalAveragePooling1D(GlobalAveragePooling):
    """The mean over the steps of a sequence; steps that a mask leaves out do not count.

    See `GlobalPooling` for the arguments. A sequence of which no step counts yields NaN.

    Example:
        >>> x = np.array([[[1.0], [3.0], [8.0]]], "float32")
        >>> layer = GlobalAveragePooling1D()
        >>> layer(x), layer(x, mask=np.array([[True, True, False]]))
        (array([[4.]], dtype=float32), array([[2.]], dtype=float32))
    """

    spatial = 1
    supports_masking = True

    def compute_mask(self, inputs: Any, previous_mask: Any = None) -> Any:
        """Return None: there are no steps any more."""
        del inputs, previous_mask

    def call(self, inputs: Any, mask: Any = None) -> Any:
        """Return the mean of each channel over the steps that count."""
        if mask is None:
            return super().call(inputs)
        self.check_rank(tuple(ops.shape(inputs)))
        (axis,) = self.spatial_axes
        counts = ops.expand_dims(ops.cast(mask, "bool"), 1 if self.channels_first else 2)
        total = ops.sum(ops.where(counts, inputs, 0.0), axis=axis, keepdims=self.keepdims)
        return total / ops.sum(ops.cast(counts, self.compute_dtype), axis=axis, keepdims=self.keepdims)


class GlobalAveragePooling2D(GlobalAveragePooling):
    """The mean over each channel of an image.

    Example:
        >>> GlobalAveragePooling2D()(np.ones((2, 8, 8, 3), "float32")).shape
        (2, 3)
    """

    spatial = 2


class GlobalAveragePooling3D(GlobalAveragePooling):
    """The mean over each channel of a volume.

    Example:
        >>> GlobalAveragePooling3D(keepdims=True)(np.ones((2, 4, 8, 8, 3), "float32")).shape
        (2, 1, 1, 1, 3)
    """

    spatial = 3


class GlobalMaxPooling1D(GlobalMaxPooling):
    """The largest element over the steps of a sequence.

    Example:
        >>> GlobalMaxPooling1D()(np.array([[[1.0], [3.0], [2.0]]], "float32"))
        array([[3.]], dtype=float32)
    """

    spatial = 1


class GlobalMaxPooling2D(GlobalMaxPooling):
    """The largest element of each channel of an image.

    Example:
        >>> GlobalMaxPooling2D(keepdims=True)(np.ones((2, 8, 8, 3), "float32")).shape
        (2, 1, 1, 3)
    """

    spatial = 2


class GlobalMaxPooling3D(GlobalMaxPooling):
    """The largest element of each channel of a volume.

    Example:
        >>> GlobalMaxPooling3D()(np.ones((2, 4, 8, 8, 3), "float32")).shape
        (2, 3)
    """

    spatial = 3


class AdaptivePooling(SpatialLayer):
    """What the adaptive pooling layers share: as many windows as one asks for, of nearly equal sizes.

    Along an axis of n elements, window i of m holds those from ``floor(i * n / m)`` to before
    ``ceil((i + 1) * n / m)``.

    Args:
        output_size: How many windows: one number, or one for each spatial axis.
        data_format: ``"channels_last"`` or ``"channels_first"``; default as set in `horn.config`.
        **kwargs: Those of `Layer`.

    Shapes:
        inputs:  (batch, *spatial, channels), or (batch, channels, *spatial) for channels first; the
            spatial sizes are known
        returns: (batch, *output_size, channels), or (batch, channels, *output_size)

    Reference:
        He, Zhang, Ren & Sun, Spatial pyramid pooling in deep convolutional networks for visual recognition,
        ECCV 2014, arXiv:1406.4729.
    """

    def __init__(
        self, output_size: int | tuple[int, ...], data_format: str | None = None, **kwargs: Any
    ) -> None:
        super().__init__(data_format=data_format, **kwargs)
        self.output_size = per_axis(output_size, self.spatial, "output_size", type(self).__name__)


class AdaptiveAveragePooling(AdaptivePooling):
    """What the layers share that take the mean of each window; see `AdaptivePooling`."""

    def call(self, inputs: Any) -> Any:
        """Return the mean of each window."""
        self.check_rank(tuple(ops.shape(inputs)))
        return ops.adaptive_average_pool(inputs, self.output_size, data_format=self.data_format)


class AdaptiveMaxPooling(AdaptivePooling):
    """What the layers share that take the largest element of each window; see `AdaptivePooling`."""

    def call(self, inputs: Any) -> Any:
        """Return the largest element of each window."""
        self.check_rank(tuple(ops.shape(inputs)))
        return ops.adaptive_max_pool(inputs, self.output_size, data_format=self.data_format)


class AdaptiveAveragePooling1D(AdaptiveAveragePooling):
    """Means of a sequence in so many windows.

    Example:
        >>> AdaptiveAveragePooling1D(2)(np.array([[[1.0], [2.0], [6.0]]], "float32")).ravel()
        array([1.5, 4. ], dtype=float32)
    """

    spatial = 1


class AdaptiveAveragePooling2D(AdaptiveAveragePooling):
    """Means of an image in so many windows.

    Example:
        >>> AdaptiveAveragePooling2D((3, 2))(np.ones((2, 8, 7, 3), "float32")).shape
        (2, 3, 2, 3)
    """

    spatial = 2


class AdaptiveAveragePooling3D(AdaptiveAveragePooling):
    """Means of a volume in so many windows.

    Example:
        >>> AdaptiveAveragePooling3D(2)(np.ones((2, 4, 8, 7, 3), "float32")).shape
        (2, 2, 2, 2, 3)
    """

    spatial = 3


class AdaptiveMaxPooling1D(AdaptiveMaxPooling):
    """Largest elements of a sequence in so many windows.

    Example:
        >>> AdaptiveMaxPooling1D(2)(np.array([[[1.0], [6.0], [2.0]]], "float32")).ravel()
        array([6., 6.], dtype=float32)
    """

    spatial = 1


class AdaptiveMaxPooling2D(AdaptiveMaxPooling):
    """Largest elements of an image in so many windows.

    Example:
        >>> AdaptiveMaxPooling2D((3, 2))(np.ones((2, 8, 7, 3), "float32")).shape
        (2, 3, 2, 3)
    """

    spatial = 2


class AdaptiveMaxPooling3D(AdaptiveMaxPooling):
    """Largest elements of a volume in so many windows.

    Example:
        >>> AdaptiveMaxPooling3D(2)(np.ones((2, 4, 8, 7, 3), "float32")).shape
        (2, 2, 2, 2, 3)
    """

    spatial = 3
