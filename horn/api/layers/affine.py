"""What normalisation layers share: a learned factor and term, and the checks of their axes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from horn.api.bounds import flag, real
from horn.api.layers.core import keep_recipes
from horn.api.layers.layer import Layer
from horn.errors import ArgumentError, ShapeError
from horn.spec import ops
from horn.spec.graph import spec_of

if TYPE_CHECKING:
    from collections.abc import Sequence


class Affine(Layer):
    """What the layers with a learned factor `gamma` and a learned term `beta` share."""

    supports_masking = True
    center: bool
    scale: bool

    def _take(self, axis: Any, epsilon: Any, center: Any, scale: Any, **of_weights: Any) -> None:
        """Check and keep the arguments that all of them have."""
        kind = type(self).__name__
        self.axis = axis
        self.epsilon = real(kind, "epsilon", epsilon, "[0, inf)")
        self.center, self.scale = flag(kind, "center", center), flag(kind, "scale", scale)
        keep_recipes(self, **of_weights)

    def _make(self, shape: tuple[int, ...]) -> None:
        """Make the factor and the term; they are read in the dtype that they are kept in."""
        self.gamma = statistic(self, shape, "gamma") if self.scale else None
        self.beta = statistic(self, shape, "beta") if self.center else None


def statistic(layer: Layer, shape: tuple[int, ...], name: str, trainable: bool = True) -> Any:
    """Return a new weight as `weight_of` does, but one that is never read in 16 bits if it is kept in 32."""
    return layer.add_weight(
        shape,
        getattr(layer, f"{name}_initializer"),
        name=name,
        trainable=trainable,
        regularizer=getattr(layer, f"{name}_regularizer", None),
        constraint=getattr(layer, f"{name}_constraint", None),
        autocast=False,
    )


def some_axes(layer: str, axis: Any) -> int | list[int]:
    """Return `axis` if it is an integer, or as a list if it is some of them."""
    given = list(axis) if isinstance(axis, list | tuple) else [axis]
    if not given or not all(hasattr(i, "__index__") and not isinstance(i, bool) for i in given):
        raise ArgumentError(
            f"{layer} was given an axis that is none.",
            expected="an integer, or some of them",
            got=f"axis={axis!r}",
            remedy="write axis=-1 for the features",
        )
    return [int(i) for i in given] if isinstance(axis, list | tuple) else int(axis)


def known_along(layer: Layer, input_shape: Any, axis: int | Sequence[int]) -> tuple[int, ...]:
    """Return the sizes along `axis`, in order, or raise a `ShapeError` where one is not known."""
    given = (axis,) if isinstance(axis, int) else tuple(axis)
    rank = len(input_shape)
    if any(not -rank <= i < rank or input_shape[i] is None for i in given) or len(
        {i % rank for i in given}
    ) < len(given):
        raise ShapeError(
            f"{type(layer).__name__} {layer.name!r} does not know the sizes that it is to normalise.",
            expected=f"a fixed size on axis {axis}",
            got=f"inputs of shape {tuple(input_shape)}",
            remedy="fix that size in Input(shape=...), or pass another `axis`",
        )
    return tuple(input_shape[i] for i in sorted(i % rank for i in given))


def single(x: Any) -> Any:
    """Return `x`, and numbers of 16 bits in float32."""
    return ops.cast(x, "float32") if spec_of(x).dtype in ("float16", "bfloat16") else x


def one_axis(layer: str, axis: Any) -> int:
    """Return `axis` if it is an integer."""
    found = some_axes(layer, axis)
    if isinstance(found, int):
        return found
    raise ArgumentError(
        f"{layer} was given several axes.",
        expected="the axis of the channels, an integer",
        got=f"axis={axis!r}",
        remedy="write axis=-1 for the features",
    )
