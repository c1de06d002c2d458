"""Initializers that keep the variance of activations: `VarianceScaling` and its named cases."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import numpy as np

from horn.api.bounds import choice, real, several, whole
from horn.api.initializers.initializer import in_dtype
from horn.api.initializers.random import Drawn, drawn, truncated
from horn.errors import ArgumentError, ShapeError
from horn.state.random import Stream

if TYPE_CHECKING:
    from collections.abc import Sequence

_MODES = ("fan_in", "fan_out", "fan_avg")
_DISTRIBUTIONS = ("truncated_normal", "untruncated_normal", "uniform")
# The deviation that is left of a normal distribution of deviation 1, cut at two deviations:
# sqrt(1 - 4 phi(2) / (2 Phi(2) - 1)), with the density phi and the distribution Phi.
_LEFT = 0.8796256610342398


class VarianceScaling(Drawn):
    """Values whose variance is ``scale / fan``, so that activations neither grow nor vanish.

    The fan is the number of inputs of a unit, of outputs, or the mean of both.

    Args:
        scale: More than 0.
        mode: ``"fan_in"``, ``"fan_out"`` or ``"fan_avg"``.
        distribution: ``"truncated_normal"``, cut at two deviations and then scaled to the variance,
            ``"untruncated_normal"`` or ``"uniform"``. ``"normal"`` stands for the first.
        seed: An integer for values that depend on it alone; None for the process's seed.
        input_axes: The axes whose sizes make the inputs; by default all but the last, of which the
            one before it counts channels and the others a window.
        output_axes: The axes whose sizes make the outputs; given with `input_axes`, or not at all.

    Raises:
        ArgumentError: An argument has a value that means nothing.

    Reference:
        He, Zhang, Ren & Sun, Delving deep into rectifiers, arXiv:1502.01852, section 2.2.

    Example:
        >>> round(float(VarianceScaling(2.0, distribution="uniform", seed=1)((50, 100)).var()), 3)
        0.04
    """

    def __init__(
        self,
        scale: float = 1.0,
        mode: str = "fan_in",
        distribution: str = "truncated_normal",
        seed: int | None = None,
        input_axes: Sequence[int] | None = None,
        output_axes: Sequence[int] | None = None,
    ) -> None:
        super().__init__(seed)
        kind = type(self).__name__
        self.scale = real(kind, "scale", scale, "(0, inf)")
        self.mode = choice(kind, "mode", mode, _MODES)
        named = "truncated_normal" if distribution == "normal" else distribution
        self.distribution = choice(kind, "distribution", named, _DISTRIBUTIONS)
        self.input_axes = None if input_axes is None else _axes(kind, "input_axes", input_axes)
        self.output_axes = None if output_axes is None else _axes(kind, "output_axes", output_axes)
        if (input_axes is None) != (output_axes is None):
            raise ArgumentError(
                f"{kind} was told the axes of the inputs or of the outputs, and not both.",
                expected="input_axes and output_axes, or neither",
                got=f"input_axes={input_axes!r}, output_axes={output_axes!r}",
                remedy="write input_axes=[0], output_axes=[1]",
            )

    def __call__(self, shape: tuple[int, ...], dtype: str | None = None) -> np.ndarray:
        scale = self.scale * self._share(tuple(shape))
        stream = Stream(self.seed)
        if self.distribution == "uniform":
            limit = math.sqrt(3.0 * scale)
            return in_dtype(drawn("random_uniform", shape, stream) * (limit - -limit) + -limit, dtype)
        if self.distribution == "untruncated_normal":
            return in_dtype(drawn("random_normal", shape, stream) * math.sqrt(scale), dtype)
        return in_dtype(truncated(shape, stream) * (math.sqrt(scale) / _LEFT), dtype)

    def _share(self, shape: tuple[int, ...]) -> float:
        """Return one over the fan."""
        if self.input_axes is None or self.output_axes is None:
            fan_in, fan_out = fans(shape)
        else:
            self._check(shape)
            fan_in, fan_out = (math.prod(shape[i] for i in axes) for axes in (self.input_axes, self.output_axes))
        if self.mode == "fan_avg":
            return 2.0 / max(fan_in + fan_out, 1)
        return 1.0 / max(fan_in if self.mode == "fan_in" else fan_out, 1)

    def _check(self, shape: tuple[int, ...]) -> None:
        """Raise a `ShapeError` unless the axes are all there, each once."""
        axes, rank = [*(self.input_axes or ()), *(self.output_axes or ())], len(shape)
        if any(not -rank <= i < rank for i in axes) or len({i % rank for i in axes}) < len(axes):
            raise ShapeError(
                f"{type(self).__name__} was told axes that the weight does not have, or one of them twice.",
                expected=f"axes from 0 to {rank - 1}, each in input_axes or in output_axes",
                got=f"input_axes={self.input_axes}, output_axes={self.output_axes} for shape {shape}",
                remedy="count the axes of the weight, from 0",
            )

    def get_config(self) -> dict[str, Any]:
        return {
            "scale": self.scale,
            "mode": self.mode,
            "distribution": self.distribution,
            "seed": self.seed,
            "input_axes": self.input_axes,
            "output_axes": self.output_axes,
        }


def _axes(owner: str, argument: str, value: Any) -> list[int]:
    """Return `value` if it is a list of integers."""
    return [whole(owner, argument, axis, low=-32) for axis in several(owner, argument, value)]


class _Named(VarianceScaling):
    """A case of `VarianceScaling` with a name.

    Args:
        seed: An integer for values that depend on it alone; None for the process's seed.
        input_axes: As for `VarianceScaling`.
        output_axes: As for `VarianceScaling`.
    """

    case: tuple[float, str, str]

    def __init__(
        self,
        seed: int | None = None,
        input_axes: Sequence[int] | None = None,
        output_axes: Sequence[int] | None = None,
    ) -> None:
        super().__init__(*self.case, seed=seed, input_axes=input_axes, output_axes=output_axes)

    def get_config(self) -> dict[str, Any]:
        return {"seed": self.seed, "input_axes": self.input_axes, "output_axes": self.output_axes}


class GlorotUniform(_Named):
    """Uniform within ``sqrt(6 / (fan_in + fan_out))``: the default of most layers.

    Args:
        seed: An integer for values that depend on it alone; None for the process's seed.
        input_axes: As for `VarianceScaling`.
        output_axes: As for `VarianceScaling`.

    Reference:
        Glorot & Bengio, Understanding the difficulty of training deep feedforward networks
        (AISTATS 2010), eq. 16.

    Example:
        >>> bool(np.abs(GlorotUniform(seed=1)((2, 4))).max() <= 1.0)
        True
    """

    case = (1.0, "fan_avg", "uniform")


class GlorotNormal(_Named):
    """Truncated normal of variance ``2 / (fan_in + fan_out)``; see `GlorotUniform`.

    Reference:
        Glorot & Bengio, Understanding the difficulty of training deep feedforward networks, AISTATS 2010.

    Example:
        >>> GlorotNormal(seed=1)((2, 4)).shape
        (2, 4)
    """

    case = (1.0, "fan_avg", "truncated_normal")


class HeUniform(_Named):
    """Uniform within ``sqrt(6 / fan_in)``: made for layers with relu; see `VarianceScaling`.

    Reference:
        He, Zhang, Ren & Sun, Delving deep into rectifiers, arXiv:1502.01852, section 2.2.

    Example:
        >>> bool(np.abs(HeUniform(seed=1)((6, 4))).max() <= 1.0)
        True
    """

    case = (2.0, "fan_in", "uniform")


class HeNormal(_Named):
    """Truncated normal of variance ``2 / fan_in``: made for layers with relu; see `HeUniform`.

    Reference:
        He, Zhang, Ren & Sun, Delving deep into rectifiers, ICCV 2015, arXiv:1502.01852, section 2.2.

    Example:
        >>> HeNormal(seed=1)((2, 4)).shape
        (2, 4)
    """

    case = (2.0, "fan_in", "truncated_normal")


class LecunUniform(_Named):
    """Uniform within ``sqrt(3 / fan_in)``; see `VarianceScaling`.

    Reference:
        LeCun, Bottou, Orr & Müller, Efficient BackProp (1998), section 4.6.

    Example:
        >>> bool(np.abs(LecunUniform(seed=1)((3, 4))).max() <= 1.0)
        True
    """

    case = (1.0, "fan_in", "uniform")


class LecunNormal(_Named):
    """Truncated normal of variance ``1 / fan_in``: made for layers with selu; see `LecunUniform`.

    Reference:
        LeCun, Bottou, Orr & Müller, Efficient BackProp, in Neural Networks: Tricks of the Trade (1998);
        Klambauer et al., Self-normalizing neural networks, NeurIPS 2017, arXiv:1706.02515.

    Example:
        >>> LecunNormal(seed=1)((2, 4)).shape
        (2, 4)
    """

    case = (1.0, "fan_in", "truncated_normal")


def fans(shape: tuple[int, ...]) -> tuple[int, int]:
    """Return how many inputs and outputs one unit of a weight of this shape has."""
    if len(shape) < 2:
        return (shape[0], shape[0]) if shape else (1, 1)
    window = math.prod(shape[:-2])
    return shape[-2] * window, shape[-1] * window
