"""`Optimizer`: the slots beside the parameters, the counter, and one update op."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from horn import dtypes, settings
from horn.api.layers.layer import automatic_name, snake_case
from horn.errors import ArgumentError
from horn.state.variable import Variable

if TYPE_CHECKING:
    from collections.abc import Sequence


class Optimizer:
    """The base of optimizers.

    A subclass names its slots and writes `update`, which calls one op over all parameters.

    Args:
        learning_rate: A number; `learning_rate` can be assigned at any time.
        name: For messages.
    """

    slots: tuple[str, ...] = ()

    def __init__(self, learning_rate: float = 0.001, name: str | None = None) -> None:
        if isinstance(learning_rate, bool) or not isinstance(learning_rate, int | float | np.number):
            raise ArgumentError(
                f"{type(self).__name__} was given a learning rate that is no number.",
                expected="a positive number",
                got=repr(learning_rate),
                remedy="write learning_rate=0.001",
            )
        self.name = name or automatic_name(snake_case(type(self).__name__))
        rate = np.asarray(learning_rate, dtypes.promote("float32", settings.floatx()))
        self._learning_rate = Variable(rate, trainable=False, name="learning_rate")
        self.iterations = Variable(np.int32(0), trainable=False, name="iterations")
        # Parallel lists and no dictionary by identity, so that a copied optimizer keeps its slots.
        self._owners: list[Variable] = []
        self._slots: list[list[Variable]] = []

    @property
    def learning_rate(self) -> Variable:
        """The learning rate, a scalar Variable; assigning a number changes its value."""
        return self._learning_rate

    @learning_rate.setter
    def learning_rate(self, value: float) -> None:
        self._learning_rate.assign(np.asarray(value, self._learning_rate.dtype))

    def build(self, variables: Sequence[Variable]) -> None:
        """Make the slots of parameters that have none yet; they start at zero."""
        known = {id(owner) for owner in self._owners}
        for variable in variables:
            if id(variable) not in known:
                zeros = np.zeros(variable.shape, dtypes.numpy_dtype(variable.dtype))
                made = [Variable(zeros, trainable=False, name=f"{variable.path}/{slot}") for slot in self._wanted()]
                self._slots.append(made)
                self._owners.append(variable)

    def _wanted(self) -> tuple[str, ...]:
        return self.slots

    @property
    def variables(self) -> list[Variable]:
        """The counter, the learning rate, then the slots of each parameter."""
        return [self.iterations, self._learning_rate, *(slot for slots in self._slots for slot in slots)]

    def apply(self, grads: Sequence[Any], trainable_variables: Sequence[Variable]) -> None:
        """Take one step.

        Args:
            grads: One gradient for each Variable.
            trainable_variables: The parameters.
        """
        if len(grads) != len(trainable_variables):
            raise ArgumentError(
                f"{type(self).__name__} was given another number of gradients than of variables.",
                expected=f"{len(trainable_variables)} gradients",
                got=f"{len(grads)}",
                remedy="differentiate by the same list that you pass here",
            )
        if not trainable_variables:
            return
        self.build(trainable_variables)
        slots = {id(owner): made for owner, made in zip(self._owners, self._slots, strict=True)}
        columns = [[slots[id(v)][i] for v in trainable_variables] for i in range(len(self._wanted()))]
        results = self.update(list(trainable_variables), list(grads), *columns)
        targets = [variable for column in (trainable_variables, *columns) for variable in column]
        for variable, value in zip(targets, results, strict=True):
            variable.assign(value)
        self.iterations.assign(self.iterations + 1)

    def update(self, params: list[Variable], grads: list[Any], *slots: list[Variable]) -> Sequence[Any]:
        """Return the new parameters and slots, in the order in which they were given."""
        raise NotImplementedError(f"{type(self).__name__} has no `update`")

    def get_config(self) -> dict[str, Any]:
        """Return the arguments that make an equal optimizer."""
        return {"name": self.name, "learning_rate": float(self._learning_rate)}

    def __repr__(self) -> str:
        return f"<{type(self).__name__} learning_rate={float(self._learning_rate):g}>"
