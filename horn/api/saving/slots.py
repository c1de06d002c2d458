"""The state of an optimizer in the order of a weights file: counter, learning rate, then slots."""

from __future__ import annotations

from typing import TYPE_CHECKING

from horn.api.optimizers.updates import RMSprop

if TYPE_CHECKING:
    from collections.abc import Sequence

    from horn.api.optimizers.optimizer import Optimizer
    from horn.spec.tensorspec import TensorSpec
    from horn.state.variable import Variable

# Optimizers that keep one slot of all parameters after the other; the rest keep the slots of a
# parameter together.
_SLOT_BY_SLOT = (RMSprop,)


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
        self.built = bool(optimizer._owners)  # noqa: SLF001
        owners = self._owners = sorted(
            optimizer._owners if self.built else trained,  # noqa: SLF001
            key=lambda variable: rank.get(id(variable), len(rank)),
        )
        columns = range(len(optimizer._wanted()))  # noqa: SLF001
        if isinstance(optimizer, _SLOT_BY_SLOT):
            self._cells = [(owner, column) for column in columns for owner in owners]
        else:
            self._cells = [(owner, column) for owner in owners for column in columns]

    @property
    def specs(self) -> list[TensorSpec]:
        """The shape and dtype of each member, the slots included."""
        return [*(variable.spec for variable in self._scalars()), *(owner.spec for owner, _ in self._cells)]

    def present(self) -> list[Variable]:
        """Return the Variables that exist now."""
        return self.variables() if self.built else self._scalars()

    def variables(self) -> list[Variable]:
        """Return the Variables, made now if they are missing."""
        self.optimizer.build(self._owners)
        held = {id(o): made for o, made in zip(self.optimizer._owners, self.optimizer._slots, strict=True)}  # noqa: SLF001
        return [*self._scalars(), *(held[id(owner)][column] for owner, column in self._cells)]

    def _scalars(self) -> list[Variable]:
        return [self.optimizer.iterations, self.optimizer.learning_rate]
