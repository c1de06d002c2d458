"""Dynamic loss scaling, for gradients too small for half precision."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Self

import numpy as np

from horn.api.bounds import real, whole
from horn.api.described import describe, revive
from horn.api.optimizers.optimizer import Optimizer
from horn.errors import ArgumentError
from horn.spec import ops
from horn.spec.graph import spec_of
from horn.state.pure import pure
from horn.state.variable import Variable

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence


class LossScaleOptimizer(Optimizer):
    """Another optimizer, under a loss multiplied by a scale that finds its own size.

    A step whose gradients are not all finite is left out, and the scale is halved; after
    `dynamic_growth_steps` whole steps in a row it is doubled. The state of both optimizers lives in
    Variables, so a compiled step decides as an eager one does.

    Args:
        inner_optimizer: The optimizer that takes the steps.
        initial_scale: The first scale, more than 0.
        dynamic_growth_steps: After how many finite steps in a row the scale doubles.
        name: For messages.

    Reference:
        Micikevicius et al., Mixed precision training, arXiv:1710.03740, section 3.2.

    Example:
        >>> from horn.api.optimizers.descent import SGD
        >>> weight = Variable([1.0])
        >>> optimizer = LossScaleOptimizer(SGD(0.5), initial_scale=4.0)
        >>> optimizer.apply([np.array([np.inf], "float32")], [weight])
        >>> weight.numpy(), float(optimizer.scale_loss(1.0))
        (array([1.], dtype=float32), 2.0)
    """

    def __init__(
        self,
        inner_optimizer: Optimizer,
        initial_scale: float = 2.0**15,
        dynamic_growth_steps: int = 2000,
        name: str | None = None,
    ) -> None:
        if not isinstance(inner_optimizer, Optimizer):
            raise ArgumentError(
                "LossScaleOptimizer was given no optimizer to take the steps.",
                expected="an Optimizer",
                got=f"inner_optimizer={inner_optimizer!r}",
                remedy="write LossScaleOptimizer(Adam(0.001))",
            )
        super().__init__(0.0, name=name)
        self.inner_optimizer = inner_optimizer
        self.initial_scale = real("LossScaleOptimizer", "initial_scale", initial_scale, "(0, inf)")
        self.dynamic_growth_steps = whole("LossScaleOptimizer", "dynamic_growth_steps", dynamic_growth_steps)
        self.step_counter = Variable(np.int32(0), trainable=False, name="step_counter")
        self.dynamic_scale = Variable(np.float32(initial_scale), trainable=False, name="dynamic_scale")

    @property
    def learning_rate(self) -> Any:
        """The learning rate of the optimizer within."""
        return self.inner_optimizer.learning_rate

    @learning_rate.setter
    def learning_rate(self, value: Any) -> None:
        self.inner_optimizer.learning_rate = value

    @property
    def iterations(self) -> Any:
        """How many steps the optimizer within has taken."""
        return self.inner_optimizer.iterations

    def scalars(self) -> list[Variable]:
        """Return its own counters and scale."""
        return [*super().scalars(), self.step_counter, self.dynamic_scale]

    @property
    def variables(self) -> list[Variable]:
        """Its own counters and scale, then the Variables of the optimizer within."""
        return [*self.scalars(), *self.inner_optimizer.variables]

    def within(self, variables: Sequence[Variable]) -> list[tuple[Optimizer, list[Variable]]]:
        """Return the optimizer within, with the weights that it updates: all of them."""
        return [(self.inner_optimizer, list(variables))]

    def build(self, variables: Sequence[Variable]) -> None:
        """Make the slots of the optimizer within."""
        self.inner_optimizer.build(variables)
        self._owners = self.inner_optimizer._owners  # noqa: SLF001  (the two keep one list)
        self._slots = self.inner_optimizer._slots  # noqa: SLF001

    def exclude_from_weight_decay(
        self, var_list: Iterable[Variable] | None = None, var_names: Iterable[str] | None = None
    ) -> None:
        """Let some weights not decay; see `Optimizer`."""
        self.inner_optimizer.exclude_from_weight_decay(var_list, var_names)

    def scale_loss(self, loss: Any) -> Any:
        """Return the loss times the present scale, which is what to differentiate."""
        return ops.multiply(loss, self.dynamic_scale)

    def finalize_variable_values(self, var_list: Sequence[Variable]) -> None:
        """Put the averages of the optimizer within in the place of the weights, where it keeps them."""
        self.inner_optimizer.finalize_variable_values(var_list)

    def apply(self, grads: Sequence[Any], trainable_variables: Sequence[Variable] | None = None) -> None:
        """Take one step, unless a gradient is not finite.

        Args:
            grads: One gradient of the scaled loss for each Variable.
            trainable_variables: The parameters; default: those of `build`.
        """
        params = self._owners if trainable_variables is None else trainable_variables
        self.build(params)
        finite: Any = None
        for grad in grads:
            if grad is not None:
                # A difference of a number and itself is 0, and NaN where the number is not finite.
                whole_one = ops.equal(ops.sum(ops.subtract(grad, grad)), 0.0)
                finite = whole_one if finite is None else ops.logical_and(finite, whole_one)
        if finite is None:
            return
        state = [*params, *self.inner_optimizer.variables]
        true = [
            None if g is None else ops.divide(g, ops.cast(self.dynamic_scale, spec_of(g).dtype))
            for g in grads
        ]
        step = pure(lambda: self.inner_optimizer.apply(true, params), state)
        values = step([variable.__horn_value__() for variable in state])[1]
        for variable, value in zip(state, values, strict=True):
            variable.assign(ops.where(finite, value, variable))
        self._adapt(finite)

    def _adapt(self, finite: Any) -> None:
        """Count a finite step, or begin to count anew; change the scale where it is time."""
        counted = ops.add(self.step_counter, 1)
        grown = ops.less_equal(self.dynamic_growth_steps, counted)
        factor = ops.where(finite, ops.where(grown, 2.0, 1.0), 0.5)
        again = ops.logical_or(grown, ops.logical_not(finite))
        self.dynamic_scale.assign(ops.multiply(self.dynamic_scale, ops.cast(factor, "float32")))
        self.step_counter.assign(ops.where(again, 0, counted))

    def get_config(self) -> dict[str, Any]:
        """Return the arguments that make an equal optimizer."""
        return {
            "name": self.name,
            "inner_optimizer": describe("keras.optimizers", self.inner_optimizer),
            "initial_scale": self.initial_scale,
            "dynamic_growth_steps": self.dynamic_growth_steps,
        }

    @classmethod
    def from_config(cls, config: dict[str, Any], custom_objects: dict[str, Any] | None = None) -> Self:
        """Return an optimizer made from what `get_config` returned."""
        return cls(**{**config, "inner_optimizer": inner_from(config["inner_optimizer"], custom_objects)})


def inner_from(config: Any, custom_objects: dict[str, Any] | None = None) -> Any:
    """Return the optimizer that a dictionary within the configuration of another means."""
    if not isinstance(config, dict):
        return config
    return revive("optimizer", config, {kind.__name__: kind for kind in _kinds(Optimizer)}, custom_objects)


def _kinds(base: type[Optimizer]) -> list[type[Optimizer]]:
    """Return every optimizer class that there is."""
    return [kind for child in base.__subclasses__() for kind in (child, *_kinds(child))]
