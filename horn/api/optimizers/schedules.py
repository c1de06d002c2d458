"""Learning rates that change with the number of the step."""

from __future__ import annotations

import math
from typing import Any, Self

from horn import settings
from horn.api.bounds import flag, name as label, real, several, whole
from horn.api.described import describe, revive
from horn.api.keywords import ExactKeywords
from horn.errors import ArgumentError
from horn.spec import ops


class LearningRateSchedule(ExactKeywords):
    """The base of schedules: a function from the number of the step to the learning rate.

    A subclass writes `__call__` in ops, and `get_config`. Pass it as the `learning_rate` of an
    optimizer.

    Raises:
        ArgumentError: An argument has a value that it cannot have, or does not exist.

    Example:
        >>> class Halving(LearningRateSchedule):
        ...     def __call__(self, step):
        ...         return ops.power(0.5, ops.cast(step, "float32"))
        >>> float(Halving()(2))
        0.25
    """

    def __call__(self, step: Any) -> Any:
        """Return the learning rate of a step.

        Args:
            step: How many steps were taken before, an integer scalar.
        """
        raise NotImplementedError(f"{type(self).__name__} has no `__call__`")

    def get_config(self) -> dict[str, Any]:
        """Return the arguments that make an equal schedule."""
        raise NotImplementedError(f"{type(self).__name__} has no `get_config`")

    @classmethod
    def from_config(cls, config: dict[str, Any]) -> Self:
        """Return a schedule made from what `get_config` returned."""
        return cls(**config)


def _float(step: Any) -> Any:
    return ops.cast(step, settings.floatx())


def _floor(x: Any) -> Any:
    """Return the whole part of a number that is not negative."""
    return ops.cast(ops.cast(x, "int32"), settings.floatx())


class _Named(LearningRateSchedule):
    """What the schedules below share: a name, a first rate, and arguments that are attributes."""

    arguments: tuple[str, ...] = ()

    def __init__(self, initial_learning_rate: float, name: str) -> None:
        kind = type(self).__name__
        self.initial_learning_rate = real(kind, "initial_learning_rate", initial_learning_rate, "[0, inf)")
        self.name = label(kind, name)

    def get_config(self) -> dict[str, Any]:
        return {name: getattr(self, name) for name in ("initial_learning_rate", *self.arguments, "name")}


class ExponentialDecay(_Named):
    """The rate ``initial * decay_rate ** (step / decay_steps)``.

    Args:
        initial_learning_rate: The first rate.
        decay_steps: Over how many steps the rate falls by one factor.
        decay_rate: That factor, more than 0.
        staircase: Whether the exponent is cut to a whole number.
        name: For configurations.

    Example:
        >>> float(ExponentialDecay(1.0, 10, 0.5)(20))
        0.25
    """

    arguments = ("decay_steps", "decay_rate", "staircase")

    def __init__(
        self,
        initial_learning_rate: float,
        decay_steps: int,
        decay_rate: float,
        staircase: bool = False,
        name: str = "ExponentialDecay",
    ) -> None:
        super().__init__(initial_learning_rate, name)
        self.decay_steps = real(type(self).__name__, "decay_steps", decay_steps, "(0, inf)")
        self.decay_rate = real(type(self).__name__, "decay_rate", decay_rate, "(0, inf)")
        self.staircase = flag(type(self).__name__, "staircase", staircase)

    def __call__(self, step: Any) -> Any:
        share = ops.divide(_float(step), float(self.decay_steps))
        share = _floor(share) if self.staircase else share
        return ops.multiply(ops.power(float(self.decay_rate), share), float(self.initial_learning_rate))


class InverseTimeDecay(_Named):
    """The rate ``initial / (1 + decay_rate * step / decay_steps)``.

    Args:
        initial_learning_rate: The first rate.
        decay_steps: After how many steps the divisor has grown by `decay_rate`.
        decay_rate: How fast the divisor grows, 0 or more.
        staircase: Whether ``step / decay_steps`` is cut to a whole number.
        name: For configurations.

    Example:
        >>> float(InverseTimeDecay(1.0, 10, 3.0)(10))
        0.25
    """

    arguments = ("decay_steps", "decay_rate", "staircase")

    def __init__(
        self,
        initial_learning_rate: float,
        decay_steps: int,
        decay_rate: float,
        staircase: bool = False,
        name: str = "InverseTimeDecay",
    ) -> None:
        super().__init__(initial_learning_rate, name)
        self.decay_steps = real(type(self).__name__, "decay_steps", decay_steps, "(0, inf)")
        self.decay_rate = real(type(self).__name__, "decay_rate", decay_rate, "[0, inf)")
        self.staircase = flag(type(self).__name__, "staircase", staircase)

    def __call__(self, step: Any) -> Any:
        share = ops.divide(_float(step), float(self.decay_steps))
        share = _floor(share) if self.staircase else share
        return ops.divide(
            float(self.initial_learning_rate), ops.add(ops.multiply(share, float(self.decay_rate)), 1.0)
        )


class PolynomialDecay(_Named):
    """The rate that falls from the first to the last by a power of the steps that are left.

    With ``s = min(step, decay_steps)`` it is ``(initial - end) * (1 - s / decay_steps) ** power + end``.
    With `cycle`, `decay_steps` is multiplied by the least whole number for which it reaches `step`.

    Args:
        initial_learning_rate: The first rate.
        decay_steps: After how many steps the last rate is reached.
        end_learning_rate: The last rate.
        power: The exponent; 1 for a straight line.
        cycle: Whether to begin anew, each time with a slower fall.
        name: For configurations.

    Example:
        >>> float(PolynomialDecay(1.0, 10, 0.0, power=2.0)(5))
        0.25
    """

    arguments = ("decay_steps", "end_learning_rate", "power", "cycle")

    def __init__(
        self,
        initial_learning_rate: float,
        decay_steps: int,
        end_learning_rate: float = 0.0001,
        power: float = 1.0,
        cycle: bool = False,
        name: str = "PolynomialDecay",
    ) -> None:
        super().__init__(initial_learning_rate, name)
        kind = type(self).__name__
        self.decay_steps = real(kind, "decay_steps", decay_steps, "(0, inf)")
        self.end_learning_rate = real(kind, "end_learning_rate", end_learning_rate, "[0, inf)")
        self.power = real(kind, "power", power, "(0, inf)")
        self.cycle = flag(kind, "cycle", cycle)

    def __call__(self, step: Any) -> Any:
        step, length = _float(step), float(self.decay_steps)
        share = ops.divide(step, length)
        if self.cycle:
            # The least whole number that is not below the share, and at least one.
            below = _floor(share)
            turns = ops.maximum(ops.add(below, ops.cast(ops.less(below, share), settings.floatx())), 1.0)
            share = ops.divide(step, ops.multiply(turns, length))
        left = ops.power(ops.subtract(1.0, ops.minimum(share, 1.0)), float(self.power))
        return ops.add(
            ops.multiply(left, self.initial_learning_rate - self.end_learning_rate),
            float(self.end_learning_rate),
        )


class PiecewiseConstantDecay(LearningRateSchedule):
    """A rate for each range of steps.

    Args:
        boundaries: The last steps of all ranges but the last, in increasing order.
        values: The rates, one more than there are boundaries.
        name: For configurations.

    Example:
        >>> schedule = PiecewiseConstantDecay([10, 20], [1.0, 0.5, 0.25])
        >>> [float(schedule(step)) for step in (10, 11, 21)]
        [1.0, 0.5, 0.25]
    """

    def __init__(self, boundaries: Any, values: Any, name: str = "PiecewiseConstant") -> None:
        kind = "PiecewiseConstantDecay"
        self.boundaries, self.values = several(kind, "boundaries", boundaries), several(kind, "values", values)
        self.name = label(kind, name)
        if len(self.values) != len(self.boundaries) + 1 or self.boundaries != sorted(self.boundaries):
            raise ArgumentError(
                "PiecewiseConstantDecay was given boundaries and values that do not fit.",
                expected="boundaries in increasing order, and one value more than boundaries",
                got=f"boundaries={self.boundaries!r}, values={self.values!r}",
                remedy="write PiecewiseConstantDecay([1000, 2000], [0.1, 0.01, 0.001])",
            )
        for boundary in self.boundaries:
            real("PiecewiseConstantDecay", "boundaries", boundary)
        for value in self.values:
            real("PiecewiseConstantDecay", "values", value, "[0, inf)")

    def __call__(self, step: Any) -> Any:
        step = ops.convert_to_tensor(step)
        rate = ops.full((), float(self.values[-1]), settings.floatx())
        for boundary, value in reversed(list(zip(self.boundaries, self.values, strict=False))):
            rate = ops.where(ops.less_equal(step, boundary), float(value), rate)
        return rate

    def get_config(self) -> dict[str, Any]:
        return {"boundaries": self.boundaries, "values": self.values, "name": self.name}


class CosineDecay(_Named):
    """The rate that falls by half a wave of a cosine, after a rise in a straight line.

    After the warm-up it is ``top * (alpha + (1 - alpha) * (1 + cos(pi * s / decay_steps)) / 2)``,
    where s counts the steps from there, to at most `decay_steps`, and top is `warmup_target`, or
    the first rate if there is none.

    Args:
        initial_learning_rate: The first rate.
        decay_steps: How many steps the fall takes.
        alpha: The last rate as a share of the highest.
        name: For configurations.
        warmup_target: The rate at the end of the warm-up; None for no warm-up.
        warmup_steps: How many steps the warm-up takes.

    Reference:
        Loshchilov & Hutter, SGDR, arXiv:1608.03983.

    Example:
        >>> round(float(CosineDecay(1.0, 10)(5)), 6)
        0.5
    """

    arguments = ("decay_steps", "alpha", "warmup_target", "warmup_steps")

    def __init__(
        self,
        initial_learning_rate: float,
        decay_steps: int,
        alpha: float = 0.0,
        name: str = "CosineDecay",
        warmup_target: float | None = None,
        warmup_steps: int = 0,
    ) -> None:
        super().__init__(initial_learning_rate, name)
        kind = type(self).__name__
        self.decay_steps = real(kind, "decay_steps", decay_steps, "(0, inf)")
        self.alpha = real(kind, "alpha", alpha, "[0, 1]")
        self.warmup_target = warmup_target if warmup_target is None else real(
            kind, "warmup_target", warmup_target, "[0, inf)"
        )  # fmt: skip
        self.warmup_steps = whole(kind, "warmup_steps", warmup_steps, low=0)

    def __call__(self, step: Any) -> Any:
        step = _float(step)
        if self.warmup_target is None:
            return self._fall(step, self.initial_learning_rate)
        fall = self._fall(ops.subtract(step, float(self.warmup_steps)), self.warmup_target)
        if not self.warmup_steps:
            return fall
        slope = (self.warmup_target - self.initial_learning_rate) / self.warmup_steps
        rise = ops.add(ops.multiply(step, slope), float(self.initial_learning_rate))
        return ops.where(ops.less(step, float(self.warmup_steps)), rise, fall)

    def _fall(self, step: Any, top: float) -> Any:
        share = ops.minimum(ops.divide(step, float(self.decay_steps)), 1.0)
        return ops.multiply(_half_wave(share, self.alpha), float(top))


def _half_wave(share: Any, alpha: float, height: Any = 1.0) -> Any:
    """Return a factor that falls to `alpha` as the share of the way goes from 0 to 1.

    It falls from 1, or with a `height` from ``alpha + (1 - alpha) * height``.
    """
    wave = ops.multiply(ops.add(ops.cos(ops.multiply(share, math.pi)), 1.0), 0.5)
    return ops.add(ops.multiply(ops.multiply(wave, height), 1.0 - alpha), float(alpha))


class CosineDecayRestarts(_Named):
    """The rate that falls by half waves of a cosine, one after the other.

    Each wave is `t_mul` times as long as the one before and begins `m_mul` times as high.

    Args:
        initial_learning_rate: The first rate.
        first_decay_steps: How many steps the first fall takes.
        t_mul: The factor of the lengths, 1 or more.
        m_mul: The factor of the heights.
        alpha: The lowest rate as a share of the first; what is above it is what `m_mul` multiplies.
        name: For configurations.

    Reference:
        Loshchilov & Hutter, SGDR, arXiv:1608.03983.

    Example:
        >>> schedule = CosineDecayRestarts(1.0, 10, m_mul=0.5)
        >>> [round(float(schedule(step)), 6) for step in (0, 5, 10, 20)]
        [1.0, 0.5, 0.5, 0.25]
    """

    arguments = ("first_decay_steps", "t_mul", "m_mul", "alpha")

    def __init__(
        self,
        initial_learning_rate: float,
        first_decay_steps: int,
        t_mul: float = 2.0,
        m_mul: float = 1.0,
        alpha: float = 0.0,
        name: str = "SGDRDecay",
    ) -> None:
        super().__init__(initial_learning_rate, name)
        kind = type(self).__name__
        self.first_decay_steps = real(kind, "first_decay_steps", first_decay_steps, "(0, inf)")
        self.t_mul = real(kind, "t_mul", t_mul, "[1, inf)")
        self.m_mul = real(kind, "m_mul", m_mul, "(0, inf)")
        self.alpha = real(kind, "alpha", alpha, "[0, 1]")

    def __call__(self, step: Any) -> Any:
        done = ops.divide(_float(step), float(self.first_decay_steps))
        wave, share = self._place(done)
        height = ops.power(float(self.m_mul), wave)
        return ops.multiply(_half_wave(share, self.alpha, height), float(self.initial_learning_rate))

    def _place(self, done: Any) -> tuple[Any, Any]:
        """Return in which wave a step is, and at which share of it, from its number of first waves."""
        if self.t_mul == 1.0:
            wave = _floor(done)
            return wave, ops.subtract(done, wave)
        # Wave i begins after 1 + t + ... + t**(i - 1) = (t**i - 1) / (t - 1) first waves. The logarithm
        # finds i up to rounding, so the beginning of the next wave is asked too.
        guess = _floor(ops.divide(ops.log1p(ops.multiply(done, self.t_mul - 1.0)), math.log(self.t_mul)))
        late = ops.less_equal(self._begin(ops.add(guess, 1.0)), done)
        wave = ops.add(guess, ops.cast(late, settings.floatx()))
        length = ops.power(float(self.t_mul), wave)
        return wave, ops.divide(ops.subtract(done, self._begin(wave)), length)

    def _begin(self, wave: Any) -> Any:
        return ops.divide(ops.subtract(ops.power(float(self.t_mul), wave), 1.0), self.t_mul - 1.0)


_CLASSES = (
    CosineDecay, CosineDecayRestarts, ExponentialDecay, InverseTimeDecay, PiecewiseConstantDecay, PolynomialDecay,
)  # fmt: skip
TABLE: dict[str, Any] = {made.__name__: made for made in _CLASSES}


def serialize(learning_rate_schedule: LearningRateSchedule) -> dict[str, Any]:
    """Return the dictionary that `deserialize` turns back into an equal schedule.

    Args:
        learning_rate_schedule: The schedule.
    """
    return describe("keras.optimizers.schedules", learning_rate_schedule)


def deserialize(config: dict[str, Any], custom_objects: dict[str, Any] | None = None) -> LearningRateSchedule:
    """Return the schedule that a dictionary describes.

    Args:
        config: What `serialize` returned, or a name.
        custom_objects: Names of one's own classes and functions.

    Raises:
        ArgumentError: There is no schedule of that name.
    """
    return revive("learning-rate schedule", config, TABLE, custom_objects)
