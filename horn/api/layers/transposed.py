"""Transposed convolution layers, which enlarge what strides made smaller."""

from __future__ import annotations

from typing import Any

from horn.api.bounds import whole
from horn.api.layers.core import weight_of
from horn.api.layers.spatial import FilterLayer
from horn.errors import ArgumentError
from horn.spec import ops


class ConvolutionTranspose(FilterLayer):
    """What the transposed convolution layers share: each input element adds a scaled kernel.

    Args:
        filters: The number of output channels.
        kernel_size: The sizes of the window: one number, or one for each spatial axis.
        strides: How far apart neighbouring input elements are in the output.
        padding: ``"valid"`` to keep all that the kernels cover, ``"same"`` for an output that is
            `strides` times as large as the input.
        output_padding: How much larger the output is than it must be, less than the strides; with
            None the sizes follow from `padding` alone. See `horn.ops.conv_transpose`.
        data_format: ``"channels_last"`` or ``"channels_first"``; default as set in `horn.config`.
        dilation_rate: The distance of neighbouring elements of the window.
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
        kernel: (*kernel_size, filters, channels)

    Reference:
        Dumoulin & Visin, A guide to convolution arithmetic for deep learning, arXiv:1603.07285.
    """

    pads_freely = False

    def __init__(
        self,
        filters: int,
        kernel_size: int | tuple[int, ...],
        strides: int | tuple[int, ...] = 1,
        padding: str = "valid",
        output_padding: int | tuple[int, ...] | None = None,
        data_format: str | None = None,
        dilation_rate: int | tuple[int, ...] = 1,
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
        self.filters = whole(type(self).__name__, "filters", filters)
        self.output_padding = self._below_strides(output_padding)
        self.keep("kernel", kernel_initializer, kernel_regularizer, kernel_constraint)

    def _below_strides(self, value: Any) -> tuple[int, ...] | None:
        """Return the output padding as one integer for each axis, or None."""
        if value is None:
            return None
        given = tuple(value) if isinstance(value, list | tuple) else (value,) * self.spatial
        whole = all(hasattr(n, "__index__") and not isinstance(n, bool) for n in given)
        if not whole or len(given) != self.spatial or not all(map(_is_below, given, self.strides)):
            raise ArgumentError(
                f"{type(self).__name__} was given output_padding that does not fit its strides.",
                expected=f"None, or integers from 0 to less than the strides {self.strides}",
                got=f"output_padding={value!r}",
                remedy="leave it out, or choose larger strides",
            )
        return tuple(int(n) for n in given)

    def build(self, input_shape: Any) -> None:
        """Make the kernel and the bias."""
        channels = self.channels_of(input_shape)
        self.kernel = weight_of(self, (*self.kernel_size, self.filters, channels), "kernel")
        self.make_bias(self.filters)

    def call(self, inputs: Any) -> Any:
        """Return the activated transposed convolution."""
        self.check_inputs(inputs)
        outputs = ops.conv_transpose(
            inputs,
            self.kernel,
            strides=self.strides,
            padding=self.padding,
            output_padding=self.output_padding,
            data_format=self.data_format,
            dilation_rate=self.dilation_rate,
        )
        return self.activated(outputs)


def _is_below(amount: Any, stride: int) -> bool:
    return 0 <= amount < stride


class Conv1DTranspose(ConvolutionTranspose):
    """Transposed convolution over sequences.

    Example:
        >>> Conv1DTranspose(4, 3, strides=2)(np.ones((2, 8, 1), "float32")).shape
        (2, 17, 4)
    """

    spatial = 1


class Conv2DTranspose(ConvolutionTranspose):
    """Transposed convolution over images.

    Example:
        >>> Conv2DTranspose(4, 3, strides=2, padding="same")(np.ones((2, 8, 8, 1), "float32")).shape
        (2, 16, 16, 4)
    """

    spatial = 2


class Conv3DTranspose(ConvolutionTranspose):
    """Transposed convolution over volumes.

    Example:
        >>> Conv3DTranspose(4, 2, strides=(1, 2, 2))(np.ones((2, 3, 4, 4, 1), "float32")).shape
        (2, 4, 8, 8, 4)
    """

    spatial = 3
