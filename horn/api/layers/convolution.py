"""Convolution and pooling layers, written once over the number of spatial axes."""

from __future__ import annotations

from typing import Any, ClassVar

from horn import settings
from horn.api import activations, initializers
from horn.api.layers.core import positive, set_rules, weight_of
from horn.api.layers.layer import Layer
from horn.errors import ArgumentError, ShapeError
from horn.spec import ops


def per_axis(layer: str, argument: str, value: Any, count: int) -> tuple[int, ...]:
    """Return `value` as one positive integer for each of `count` axes."""
    given = tuple(value) if isinstance(value, list | tuple) else (value,) * count
    if len(given) != count or any(isinstance(n, bool) or not isinstance(n, int) or n < 1 for n in given):
        raise ArgumentError(
            f"{layer} was given {argument} that do not fit {count} spatial axes.",
            expected=f"a positive integer, or {count} of them",
            got=f"{argument}={value!r}",
            remedy=f"write {argument}=3 or {argument}={(3,) * count}",
        )
    return given


class Convolution(Layer):
    """What the convolution layers share: a bank of filters that slides over the spatial axes.

    Args:
        filters: The number of output channels.
        kernel_size: The sizes of the window.
        strides: The step of the window along each axis.
        padding: ``"valid"`` for none, ``"same"`` for zeros around the input.
        data_format: ``"channels_last"`` or ``"channels_first"``; default as set in `horn.config`.
        dilation_rate: The distance of neighbouring elements of the window.
        groups: Into how many parts channels and filters are divided.
        activation: A name, a function, or None.
        use_bias: Whether to add a bias to each filter.
        kernel_initializer: For the kernel.
        bias_initializer: For the bias.
        kernel_regularizer: For the kernel; see `horn.regularizers`.
        bias_regularizer: For the bias.
        kernel_constraint: For the kernel; see `horn.constraints`.
        bias_constraint: For the bias.
        **kwargs: Those of `Layer`.

    Shapes:
        inputs: (batch, *spatial, channels), or (batch, channels, *spatial) for channels first
        kernel: (*kernel_size, channels // groups, filters)
    """

    spatial: ClassVar[int]

    def __init__(
        self,
        filters: int,
        kernel_size: int | tuple[int, ...],
        strides: int | tuple[int, ...] = 1,
        padding: str = "valid",
        data_format: str | None = None,
        dilation_rate: int | tuple[int, ...] = 1,
        groups: int = 1,
        activation: Any = None,
        use_bias: bool = True,
        kernel_initializer: Any = "glorot_uniform",
        bias_initializer: Any = "zeros",
        kernel_regularizer: Any = None,
        bias_regularizer: Any = None,
        kernel_constraint: Any = None,
        bias_constraint: Any = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        kind = type(self).__name__
        self.filters = positive(kind, "filters", filters)
        self.kernel_size = per_axis(kind, "kernel_size", kernel_size, self.spatial)
        self.strides = per_axis(kind, "strides", strides, self.spatial)
        self.dilation_rate = per_axis(kind, "dilation_rate", dilation_rate, self.spatial)
        self.groups = positive(kind, "groups", groups)
        self.padding = padding
        self.data_format = data_format or settings.image_data_format()
        self.activation = activations.get(activation)
        self.use_bias = use_bias
        self.kernel_initializer = initializers.get(kernel_initializer)
        self.bias_initializer = initializers.get(bias_initializer)
        set_rules(self, kernel=(kernel_regularizer, kernel_constraint), bias=(bias_regularizer, bias_constraint))

    def build(self, input_shape: Any) -> None:
        """Make the kernel and the bias."""
        self._check_rank(input_shape)
        channels = input_shape[1 if self.data_format == "channels_first" else -1]
        if channels is None or channels % self.groups or self.filters % self.groups:
            raise ShapeError(
                f"{type(self).__name__} {self.name!r} cannot divide its channels.",
                expected=f"channels and filters that are divisible by {self.groups} groups",
                got=f"{channels} channels, {self.filters} filters",
                remedy="change `groups`, `filters` or the channels of the input",
            )
        shape = (*self.kernel_size, channels // self.groups, self.filters)
        self.kernel = weight_of(self, shape, "kernel")
        self.bias = weight_of(self, (self.filters,), "bias") if self.use_bias else None

    def call(self, inputs: Any) -> Any:
        """Return the activated convolution."""
        self._check_rank(tuple(ops.shape(inputs)))
        x = ops.conv(
            inputs,
            self.kernel,
            strides=self.strides,
            padding=self.padding,
            data_format=self.data_format,
            dilation_rate=self.dilation_rate,
        )
        if self.bias is not None:
            first = self.data_format == "channels_first"
            x = ops.add(x, ops.reshape(self.bias, (self.filters, *(1,) * self.spatial)) if first else self.bias)
        return self.activation(x)

    def _check_rank(self, shape: Any) -> None:
        if len(shape) != self.spatial + 2:
            first = self.data_format == "channels_first"
            axes = "(batch, channels, *spatial)" if first else "(batch, *spatial, channels)"
            raise ShapeError(
                f"{type(self).__name__} {self.name!r} was given inputs of {len(shape)} axes.",
                expected=f"{self.spatial + 2} axes: {axes}",
                got=f"{len(shape)} axes",
                remedy="add the axis of the channels, for example x[..., None]",
            )


class Conv1D(Convolution):
    """Convolution over sequences; see `Convolution` for the arguments."""

    spatial = 1


class Conv2D(Convolution):
    """Convolution over images; see `Convolution` for the arguments.

    Example:
        >>> Conv2D(4, 3, padding="same")(np.ones((2, 8, 8, 1), "float32")).shape
        (2, 8, 8, 4)
    """

    spatial = 2


class Conv3D(Convolution):
    """Convolution over volumes; see `Convolution` for the arguments."""

    spatial = 3


class MaxPooling(Layer):
    """What the max-pooling layers share: the largest element of each window.

    Args:
        pool_size: The sizes of the window.
        strides: The step of the window; default `pool_size`.
        padding: ``"valid"`` or ``"same"``.
        data_format: ``"channels_last"`` or ``"channels_first"``; default as set in `horn.config`.
        **kwargs: Those of `Layer`.
    """

    spatial: ClassVar[int]

    def __init__(
        self,
        pool_size: int | tuple[int, ...] = 2,
        strides: int | tuple[int, ...] | None = None,
        padding: str = "valid",
        data_format: str | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        kind = type(self).__name__
        self.pool_size = per_axis(kind, "pool_size", pool_size, self.spatial)
        self.strides = self.pool_size if strides is None else per_axis(kind, "strides", strides, self.spatial)
        self.padding = padding
        self.data_format = data_format or settings.image_data_format()

    def call(self, inputs: Any) -> Any:
        """Return the largest element of each window."""
        return ops.max_pool(
            inputs, self.pool_size, strides=self.strides, padding=self.padding, data_format=self.data_format
        )


class MaxPooling1D(MaxPooling):
    """Max pooling over sequences; see `MaxPooling` for the arguments."""

    spatial = 1


class MaxPooling2D(MaxPooling):
    """Max pooling over images; see `MaxPooling` for the arguments."""

    spatial = 2


class MaxPooling3D(MaxPooling):
    """Max pooling over volumes; see `MaxPooling` for the arguments."""

    spatial = 3
