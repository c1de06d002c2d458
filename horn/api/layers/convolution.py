"""Convolution layers, written once over the number of spatial axes."""

from __future__ import annotations

from typing import Any

from horn.api.bounds import whole
from horn.api.layers.core import weight_of
from horn.api.layers.spatial import FilterLayer
from horn.errors import ArgumentError, ShapeError
from horn.spec import ops


class Convolution(FilterLayer):
    """What the convolution layers share: a bank of filters that slides over the spatial axes.

    Args:
        filters: The number of output channels.
        kernel_size: The sizes of the window: one number, or one for each spatial axis.
        strides: The step of the window along each axis.
        padding: ``"valid"`` for none, ``"same"`` for zeros around the input, ``"full"`` for so many that
            every window with an element of the input counts; for sequences ``"causal"`` too, with all
            zeros before the input, so that no output sees what comes later.
        data_format: ``"channels_last"`` or ``"channels_first"``; default as set in `horn.config`.
        dilation_rate: The distance of neighbouring elements of the window.
        groups: Into how many parts channels and filters are divided.
        activation: A name, a function, or None.
        use_bias: Whether to add a bias to each filter.
        kernel_initializer: For the kernel.
        bias_initializer: For the bias.
        kernel_regularizer: For the kernel; see `horn.regularizers`.
        bias_regularizer: For the bias.
        activity_regularizer: For the outputs; its penalty, for each example, is added to the loss.
        kernel_constraint: For the kernel; see `horn.constraints`.
        bias_constraint: For the bias.
        **kwargs: Those of `Layer`.

    Shapes:
        inputs: (batch, *spatial, channels), or (batch, channels, *spatial) for channels first
        kernel: (*kernel_size, channels // groups, filters)

    Reference:
        LeCun, Bottou, Bengio & Haffner, Gradient-based learning applied to document recognition,
        Proceedings of the IEEE 86 (1998) 2278-2324; Krizhevsky, Sutskever & Hinton, ImageNet
        classification with deep convolutional neural networks, NeurIPS 2012, on groups; Yu & Koltun,
        Multi-scale context aggregation by dilated convolutions, ICLR 2016, arXiv:1511.07122, on dilation.
    """

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
        activity_regularizer: Any = None,
        kernel_constraint: Any = None,
        bias_constraint: Any = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(
            kernel_size, strides, padding, data_format, dilation_rate, activation, use_bias,
            bias_initializer, bias_regularizer, activity_regularizer, bias_constraint, **kwargs,
        )  # fmt: skip
        kind = type(self).__name__
        self.filters = whole(kind, "filters", filters)
        self.groups = whole(kind, "groups", groups)
        if self.filters % self.groups:
            raise ArgumentError(
                f"{kind} cannot divide its filters into groups.",
                expected=f"filters that are a multiple of groups={self.groups}",
                got=f"filters={self.filters}",
                remedy=f"write filters={self.groups * (self.filters // self.groups + 1)}, or other groups",
            )
        self.keep("kernel", kernel_initializer, kernel_regularizer, kernel_constraint)

    def build(self, input_shape: Any) -> None:
        """Make the kernel and the bias."""
        channels = self.channels_of(input_shape)
        if channels % self.groups:
            raise ShapeError(
                f"{type(self).__name__} {self.name!r} cannot divide its channels.",
                expected=f"channels that are divisible by {self.groups} groups",
                got=f"{channels} channels",
                remedy="change `groups`, or the channels of the input",
            )
        self.kernel = weight_of(self, (*self.kernel_size, channels // self.groups, self.filters), "kernel")
        self.make_bias(self.filters)

    def call(self, inputs: Any) -> Any:
        """Return the activated convolution."""
        self.check_inputs(inputs)
        outputs = ops.conv(
            inputs,
            self.kernel,
            strides=self.strides,
            padding=self.padding,
            data_format=self.data_format,
            dilation_rate=self.dilation_rate,
        )
        return self.activated(outputs)


class Conv1D(Convolution):
    """Convolution over sequences.

    Example:
        >>> Conv1D(4, 3, padding="causal", dilation_rate=2)(np.ones((2, 8, 1), "float32")).shape
        (2, 8, 4)
    """

    spatial = 1


class Conv2D(Convolution):
    """Convolution over images.

    Example:
        >>> Conv2D(4, 3, padding="same")(np.ones((2, 8, 8, 1), "float32")).shape
        (2, 8, 8, 4)
    """

    spatial = 2


class Conv3D(Convolution):
    """Convolution over volumes.

    Example:
        >>> Conv3D(4, (3, 1, 1), strides=2)(np.ones((2, 8, 8, 8, 1), "float32")).shape
        (2, 3, 4, 4, 4)
    """

    spatial = 3
