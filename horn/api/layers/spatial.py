"""What the layers over spatial axes share: one number for each axis, and where the channels are."""

from __future__ import annotations

from typing import Any, ClassVar

from horn import settings
from horn.api.bounds import choice, flag
from horn.api.layers.core import keep_recipes, weight_of
from horn.api.layers.layer import Layer
from horn.errors import ShapeError
from horn.spec import ops
from horn.spec.sizes import Dim
from horn.spec.windows import per_axis

FORMATS = ("channels_last", "channels_first")


class SpatialLayer(Layer):
    """A layer whose inputs have a batch, a number of spatial axes, and channels.

    Args:
        data_format: ``"channels_last"`` or ``"channels_first"``; default as set in `horn.config`.
        **kwargs: Those of `Layer`.
    """

    spatial: ClassVar[int]

    def __init__(self, data_format: str | None = None, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        given = settings.image_data_format() if data_format is None else data_format
        self.data_format = choice(type(self).__name__, "data_format", given, FORMATS)

    @property
    def channels_first(self) -> bool:
        """Whether the channels come second."""
        return self.data_format == "channels_first"

    def check_rank(self, shape: Any) -> None:
        """Raise a `ShapeError` that names the layer unless a shape has the axes that it works on."""
        if len(shape) != self.spatial + 2:
            axes = "(batch, channels, *spatial)" if self.channels_first else "(batch, *spatial, channels)"
            raise ShapeError(
                f"{type(self).__name__} {self.name!r} was given inputs of {len(shape)} axes.",
                expected=f"{self.spatial + 2} axes: {axes}",
                got=f"{len(shape)} axes",
                remedy="add the axis that is missing, for example x[..., None]",
            )

    @property
    def spatial_axes(self) -> tuple[int, ...]:
        """The axes between the batch and the channels."""
        first = 2 if self.channels_first else 1
        return tuple(range(first, first + self.spatial))


class FilterLayer(SpatialLayer):
    """What all convolutions share: a window that slides, a bias for each filter, an activation.

    Args:
        kernel_size: The sizes of the window: one number, or one for each spatial axis.
        strides: The step of the window along each axis.
        padding: ``"valid"`` for none, ``"same"`` for zeros around the input, ``"full"`` for so many
            that every window with an element of the input counts, for sequences ``"causal"`` too.
        data_format: ``"channels_last"`` or ``"channels_first"``; default as set in `horn.config`.
        dilation_rate: The distance of neighbouring elements of the window.
        activation: A name, a function, or None.
        use_bias: Whether to add a bias to each filter.
        bias_initializer: For the bias.
        bias_regularizer: For the bias; see `horn.regularizers`.
        activity_regularizer: For the outputs; its penalty, for each example, is added to the loss.
        bias_constraint: For the bias; see `horn.constraints`.
        **kwargs: Those of `Layer`.
    """

    activation: Any
    pads_freely: ClassVar[bool] = True
    """Whether there is more padding than ``"valid"`` and ``"same"``."""

    def __init__(
        self,
        kernel_size: int | tuple[int, ...],
        strides: int | tuple[int, ...] = 1,
        padding: str = "valid",
        data_format: str | None = None,
        dilation_rate: int | tuple[int, ...] = 1,
        activation: Any = None,
        use_bias: bool = True,
        bias_initializer: Any = "zeros",
        bias_regularizer: Any = None,
        activity_regularizer: Any = None,
        bias_constraint: Any = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(data_format=data_format, activity_regularizer=activity_regularizer, **kwargs)
        kind = type(self).__name__
        self.kernel_size = per_axis(kernel_size, self.spatial, "kernel_size", kind)
        self.strides = per_axis(strides, self.spatial, "strides", kind)
        self.dilation_rate = per_axis(dilation_rate, self.spatial, "dilation_rate", kind)
        known = ("valid", "same", "full", "causal")[
            : (4 if self.spatial == 1 else 3) if self.pads_freely else 2
        ]
        self.padding = choice(kind, "padding", padding, known)
        keep_recipes(self, activation=activation)
        self.use_bias = flag(kind, "use_bias", use_bias)
        self.keep("bias", bias_initializer, bias_regularizer, bias_constraint)

    def keep(self, name: str, initializer: Any, regularizer: Any, constraint: Any) -> None:
        """Keep what a weight is made with in the attributes of the arguments' names."""
        given = {"initializer": initializer, "regularizer": regularizer, "constraint": constraint}
        keep_recipes(self, **{f"{name}_{kind}": value for kind, value in given.items()})

    def channels_of(self, input_shape: Any) -> int:
        """Return the number of channels of the inputs, which has to be known, and remember it."""
        self.check_rank(input_shape)
        channels = input_shape[1 if self.channels_first else -1]
        if channels is None:
            raise ShapeError(
                f"{type(self).__name__} {self.name!r} cannot be built without the number of channels.",
                expected=f"a fixed size on the axis of the channels, for {self.data_format!r}",
                got=str(input_shape),
                remedy="fix it in Input(shape=...)",
            )
        self._channels = channels
        return channels

    def make_bias(self, filters: int) -> None:
        """Make the bias, if there is one."""
        self.bias = weight_of(self, (filters,), "bias") if self.use_bias else None

    def check_inputs(self, inputs: Any) -> None:
        """Raise a `ShapeError` unless the inputs have the axes and channels that the layer was built for."""
        shape = tuple(ops.shape(inputs))
        self.check_rank(shape)
        channels = shape[1 if self.channels_first else -1]
        if channels != self._channels and not isinstance(channels, Dim):
            raise ShapeError(
                f"{type(self).__name__} {self.name!r} was built for inputs with {self._channels} channels.",
                expected=f"{self._channels} on the axis of the channels, for {self.data_format!r}",
                got=f"{channels} channels",
                remedy="check the data format of the inputs, or make a new layer for them",
            )

    def activated(self, outputs: Any) -> Any:
        """Return filtered inputs with the bias added and the activation applied."""
        if self.bias is not None:
            places = (1,) * self.spatial
            bias = ops.reshape(self.bias, (-1, *places)) if self.channels_first else self.bias
            outputs = ops.add(outputs, bias)
        return self.activation(outputs)
