"""Layers that are a function, or nothing at all."""

from __future__ import annotations

import inspect
from typing import TYPE_CHECKING, Any

from horn.api.bounds import function as checked, whole
from horn.api.layers.layer import Layer
from horn.errors import ArgumentError, ShapeError
from horn.spec import ops
from horn.spec.sizes import public

if TYPE_CHECKING:
    from collections.abc import Callable


class Identity(Layer):
    """The inputs as they are.

    Args:
        **kwargs: Those of `Layer`.

    Shapes:
        inputs:  any
        returns: the same

    Example:
        >>> Identity()(np.array([1.0, 2.0], "float32"))
        array([1., 2.], dtype=float32)
    """

    supports_masking = True

    def call(self, inputs: Any) -> Any:
        """Return the inputs."""
        return inputs


class Lambda(Layer):
    """A function as a layer.

    Args:
        function: Of the inputs, written in ops; it gets `mask` and `training` too if it takes them.
            Weights that it uses are not found: write a `Layer` for these.
        output_shape: What the outputs have to look like, without the batch, or a function from the
            shape of the inputs to that of the outputs. Horn finds shapes by itself and holds what the
            function returns against this.
        mask: The mask of the outputs, or a function of inputs and mask that makes it.
        arguments: Further arguments of the function by name.
        **kwargs: Those of `Layer`.

    Shapes:
        inputs:  what the function takes
        returns: what it returns

    Raises:
        ArgumentError: The function cannot be called, or the arguments are no dictionary.
        ShapeError: The outputs have another shape than `output_shape`.

    Notes:
        A configuration holds the function itself, which no file can.

    Example:
        >>> Lambda(lambda x, power: x**power, arguments={"power": 2})(np.array([3.0], "float32"))
        array([9.], dtype=float32)
    """

    def __init__(
        self,
        function: Callable[..., Any],
        output_shape: Any = None,
        mask: Any = None,
        arguments: dict[str, Any] | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        checked("Lambda", "function", function)
        if not isinstance(arguments or {}, dict):
            raise ArgumentError(
                "Lambda was given arguments that have no names.",
                expected="a dictionary from names to values",
                got=f"arguments={arguments!r}",
                remedy="write arguments={'power': 2}",
            )
        if isinstance(mask, bool | int | float | str):
            raise ArgumentError(
                "Lambda was given something for mask that is none.",
                expected="a tensor of bools, or a function of inputs and mask",
                got=f"mask={mask!r}",
                remedy="write mask=lambda inputs, mask: mask",
            )
        self.function = function
        self.output_shape: Any = output_shape if callable(output_shape) else _sizes(output_shape)
        self.mask = mask
        self.arguments = dict(arguments or {})
        try:
            self._takes = tuple(inspect.signature(function).parameters)
        except ValueError:  # a function of C that does not say
            self._takes = ()

    def call(self, inputs: Any, mask: Any = None, training: bool = False) -> Any:
        """Return what the function makes of the inputs."""
        extra = {
            name: value for name, value in (("mask", mask), ("training", training)) if name in self._takes
        }
        outputs = self.function(inputs, **{**extra, **self.arguments})
        if self.output_shape is not None:
            self._check(inputs, outputs)
        return outputs

    def compute_mask(self, inputs: Any, previous_mask: Any) -> Any:
        """Return the mask that was given, or made by the function that was."""
        return self.mask(inputs, previous_mask) if callable(self.mask) else self.mask

    def get_config(self) -> dict[str, Any]:
        """Return the arguments that make an equal layer; functions as they are, and not by their names."""
        given = {name: getattr(self, name) for name in ("function", "output_shape", "mask")}
        return {**super().get_config(), **{name: value for name, value in given.items() if callable(value)}}

    def _check(self, inputs: Any, outputs: Any) -> None:
        found, said = public(ops.shape(outputs)), self.output_shape
        if callable(said):
            made: Any = said(public(ops.shape(inputs)))
            wanted = tuple(made)
        else:
            wanted = (None, *said)
        fits = len(found) == len(wanted) and all(
            None in pair or pair[0] == pair[1] for pair in zip(found, wanted, strict=True)
        )
        if not fits:
            raise ShapeError(
                f"Lambda {self.name!r} returned another shape than its output_shape says.",
                expected=str(wanted),
                got=str(found),
                remedy="leave output_shape away: Horn finds it by itself",
            )


def _sizes(shape: Any) -> tuple[int | None, ...] | None:
    """Return the sizes that a `Lambda` was told of, without the batch."""
    if shape is None:
        return None
    given = tuple(shape) if isinstance(shape, list | tuple) else (shape,)
    return tuple(None if size is None else whole("Lambda", "output_shape", size) for size in given)
