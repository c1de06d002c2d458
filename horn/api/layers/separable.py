"""Depthwise and separable convolution layers: channels are filtered apart, then perhaps mixed."""

from __future__ import annotations

from typing import Any

from horn.api.bounds import whole
from horn.api.layers.core import weight_of
from horn.api.layers.spatial import FilterLayer
from horn.spec import ops


class DepthwiseConvolution(FilterLayer):
    """What the depthwise convolution layers share: each channel has filters of its own.

    Args:
        kernel_size: The sizes of the window: one number, or one for each spatial axis.
        strides: The step of the window along each axis.
        padding: ``"valid"`` for none, ``"same"`` for zeros around the input; for sequences
            ``"causal"`` too.
        depth_multiplier: The number of filters for each channel.
        data_format: ``"channels_last"`` or ``"channels_first"``; default as set in `horn.config`.
        dilation_rate: The distance of neighbouring elements of the window.
        activation: A name, a function, or None.
        use_bias: Whether to add a bias to each filter.
        depthwise_initializer: For the kernel.
        bias_initializer: For the bias.
        depthwise_regularizer: For the kernel; see `horn.regularizers`.
        bias_regularizer: For the bias.
        activity_regularizer: For the outputs; its penalty, for each example, is added to the loss.
        depthwise_constraint: For the kernel; see `horn.constraints`.
        bias_constraint: For the bias.
        **kwargs: Those of `Layer`.

    Shapes:
        inputs: (batch, *spatial, channels), or (batch, channels, *spatial) for channels first
        kernel: (*kernel_size, channels, depth_multiplier)

    Reference:
        Howard et al., MobileNets: efficient convolutional neural networks for mobile vision applications,
        arXiv:1704.04861.
    """

    def __init__(
        self,
        kernel_size: int | tuple[int, ...],
        strides: int | tuple[int, ...] = 1,
        padding: str = "valid",
        depth_multiplier: int = 1,
        data_format: str | None = None,
        dilation_rate: int | tuple[int, ...] = 1,
        activation: Any = None,
        use_bias: bool = True,
        depthwise_initializer: Any = "glorot_uniform",
        bias_initializer: Any = "zeros",
        depthwise_regularizer: Any = None,
        bias_regularizer: Any = None,
        activity_regularizer: Any = None,
        depthwise_constraint: Any = None,
        bias_constraint: Any = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(
            kernel_size, strides, padding, data_format, dilation_rate, activation, use_bias,
            bias_initializer, bias_regularizer, activity_regularizer, bias_constraint, **kwargs,
        )  # fmt: skip
        self.depth_multiplier = whole(type(self).__name__, "depth_multiplier", depth_multiplier)
        self.keep("depthwise", depthwise_initializer, depthwise_regularizer, depthwise_constraint)

    def build(self, input_shape: Any) -> None:
        """Make the kernel and the bias."""
        channels = self.channels_of(input_shape)
        shape = (*self.kernel_size, channels, self.depth_multiplier)
        self.kernel = weight_of(self, shape, "kernel", prefix="depthwise")
        self.make_bias(channels * self.depth_multiplier)

    def call(self, inputs: Any) -> Any:
        """Return the activated depthwise convolution."""
        self.check_inputs(inputs)
        outputs = ops.depthwise_conv(
            inputs,
            self.kernel,
            strides=self.strides,
            padding=self.padding,
            data_format=self.data_format,
            dilation_rate=self.dilation_rate,
        )
        return self.activated(outputs)


class DepthwiseConv1D(DepthwiseConvolution):
    """Depthwise convolution over sequences.

    Example:
        >>> DepthwiseConv1D(3, depth_multiplier=2)(np.ones((2, 8, 3), "float32")).shape
        (2, 6, 6)
    """

    spatial = 1


class DepthwiseConv2D(DepthwiseConvolution):
    """Depthwise convolution over images.

    Example:
        >>> DepthwiseConv2D(3, padding="same")(np.ones((2, 8, 8, 3), "float32")).shape
        (2, 8, 8, 3)
    """

    spatial = 2


class SeparableConvolution(FilterLayer):
    """What the separable convolution layers share: a depthwise convolution, then one of size one.

    Args:
        filters: The number of output channels.
        kernel_size: The sizes of the window: one number, or one for each spatial axis.
        strides: The step of the window along each axis.
        padding: ``"valid"`` for none, ``"same"`` for zeros around the input; for sequences
            ``"causal"`` too.
        data_format: ``"channels_last"`` or ``"channels_first"``; default as set in `horn.config`.
        dilation_rate: The distance of neighbouring elements of the window.
        depth_multiplier: The number of depthwise filters for each channel.
        activation: A name, a function, or None.
        use_bias: Whether to add a bias to each filter.
        depthwise_initializer: For the depthwise kernel.
        pointwise_initializer: For the pointwise kernel.
        bias_initializer: For the bias.
        depthwise_regularizer: For the depthwise kernel; see `horn.regularizers`.
        pointwise_regularizer: For the pointwise kernel.
        bias_regularizer: For the bias.
        activity_regularizer: For the outputs; its penalty, for each example, is added to the loss.
        depthwise_constraint: For the depthwise kernel; see `horn.constraints`.
        pointwise_constraint: For the pointwise kernel.
        bias_constraint: For the bias.
        **kwargs: Those of `Layer`.

    Shapes:
        inputs:           (batch, *spatial, channels), or (batch, channels, *spatial) for channels first
        depthwise_kernel: (*kernel_size, channels, depth_multiplier)
        pointwise_kernel: (1, ..., channels * depth_multiplier, filters)

    Reference:
        Chollet, Xception, arXiv:1610.02357.
    """

    def __init__(
        self,
        filters: int,
        kernel_size: int | tuple[int, ...],
        strides: int | tuple[int, ...] = 1,
        padding: str = "valid",
        data_format: str | None = None,
        dilation_rate: int | tuple[int, ...] = 1,
        depth_multiplier: int = 1,
        activation: Any = None,
        use_bias: bool = True,
        depthwise_initializer: Any = "glorot_uniform",
        pointwise_initializer: Any = "glorot_uniform",
        bias_initializer: Any = "zeros",
        depthwise_regularizer: Any = None,
        pointwise_regularizer: Any = None,
        bias_regularizer: Any = None,
        activity_regularizer: Any = None,
        depthwise_constraint: Any = None,
        pointwise_constraint: Any = None,
        bias_constraint: Any = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(
            kernel_size, strides, padding, data_format, dilation_rate, activation, use_bias,
            bias_initializer, bias_regularizer, activity_regularizer, bias_constraint, **kwargs,
        )  # fmt: skip
        kind = type(self).__name__
        self.filters = whole(kind, "filters", filters)
        self.depth_multiplier = whole(kind, "depth_multiplier", depth_multiplier)
        self.keep("depthwise", depthwise_initializer, depthwise_regularizer, depthwise_constraint)
        self.keep("pointwise", pointwise_initializer, pointwise_regularizer, pointwise_constraint)

    def build(self, input_shape: Any) -> None:
        """Make both kernels and the bias."""
        channels = self.channels_of(input_shape)
        deep = (*self.kernel_size, channels, self.depth_multiplier)
        self.depthwise_kernel = weight_of(self, deep, "depthwise_kernel", prefix="depthwise")
        flat = (*(1,) * self.spatial, channels * self.depth_multiplier, self.filters)
        self.pointwise_kernel = weight_of(self, flat, "pointwise_kernel", prefix="pointwise")
        self.make_bias(self.filters)

    def call(self, inputs: Any) -> Any:
        """Return the activated separable convolution."""
        self.check_inputs(inputs)
        outputs = ops.separable_conv(
            inputs,
            self.depthwise_kernel,
            self.pointwise_kernel,
            strides=self.strides,
            padding=self.padding,
            data_format=self.data_format,
            dilation_rate=self.dilation_rate,
        )
        return self.activated(outputs)


class SeparableConv1D(SeparableConvolution):
    """Separable convolution over sequences.

    Example:
        >>> SeparableConv1D(5, 3)(np.ones((2, 8, 3), "float32")).shape
        (2, 6, 5)
    """

    spatial = 1


class SeparableConv2D(SeparableConvolution):
    """Separable convolution over images.

    Example:
        >>> SeparableConv2D(5, 3, padding="same", strides=2)(np.ones((2, 8, 8, 3), "float32")).shape
        (2, 4, 4, 5)
    """

    spatial = 2
