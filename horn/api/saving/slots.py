"""The state of an optimizer in the order of a weights file: counter, learning rate, then slots."""

from __future__ import annotations

from typing import TYPE_CHECKING

from horn.api.optimizers.scaling import LossScaleOptimizer
from horn.spec.tensorspec import TensorSpec

if TYPE_CHECKING:
    from collections.abc import Sequence

    from horn.api.optimizers.optimizer import Optimizer
    from horn.state.variable import Variable


class Slots:
    """The slots that an optimizer has, or will have when it is built.

    Args:
        optimizer: The optimizer.
        trained: What it will be built for, if it is not yet.
        order: All weights of the model, in the order of a file.
    """

    def __init__(self, optimizer: Optimizer, trained: Sequence[Variable], order: Sequence[Variable]) -> None:
        rank = {id(variable): i for i, variable in enumerate(order)}
        self.optimizer = optimizer
        self._slotted = inner = (
            optimizer.inner_optimizer if isinstance(optimizer, LossScaleOptimizer) else optimizer
        )
        self.built = bool(inner._owners)  # noqa: SLF001
        owners = self._owners = sorted(
            inner._owners if self.built else trained,  # noqa: SLF001
            key=lambda variable: rank.get(id(variable), len(rank)),
        )
        self._cells = [
            (owner, slot)
            for group in inner.layout()
            for owner in owners
            for slot in group
            if slot in inner.slots_with_options(owner)
        ]

    @property
    def specs(self) -> list[TensorSpec]:
        """The shape and dtype of each member, the slots included."""
        return [
            *(variable.spec for variable in self._scalars()),
            *(self._spec(owner, slot) for owner, slot in self._cells),
            *(variable.spec for variable in self._slotted.shared),
        ]

    def _spec(self, owner: Variable, slot: str) -> TensorSpec:
        return owner.spec.with_shape(self._slotted.slot_shape(slot, owner))

    def present(self) -> list[Variable]:
        """Return the Variables that exist now."""
        return self.variables() if self.built else self._scalars()

    def variables(self) -> list[Variable]:
        """Return the Variables, made now if they are missing."""
        self.optimizer.build(self._owners)
        inner = self._slotted
        held = {id(o): made for o, made in zip(inner._owners, inner._slots, strict=True)}  # noqa: SLF001
        return [*self._scalars(), *(held[id(owner)][slot] for owner, slot in self._cells), *inner.shared]

    def _scalars(self) -> list[Variable]:
        if not isinstance(self.optimizer, LossScaleOptimizer):
            return self.optimizer.scalars()
        own = [*self.optimizer.scalars(), self.optimizer.step_counter, self.optimizer.dynamic_scale]
        return [*own, *self._slotted.scalars()]
