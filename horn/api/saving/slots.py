"""The state of an optimizer in the order of a weights file: counter, learning rate, then slots."""

from __future__ import annotations

from typing import TYPE_CHECKING

from horn.spec.tensorspec import TensorSpec

if TYPE_CHECKING:
    from collections.abc import Sequence

    from horn.api.optimizers.optimizer import Optimizer
    from horn.state.variable import Variable


class Slots:
    """The slots that an optimizer has, or will have when it is built.

    What an optimizer around others has of its own comes first, then what each of these has.

    Args:
        optimizer: The optimizer.
        trained: What it will be built for, if it is not yet.
        order: All weights of the model, in the order of a file.
    """

    def __init__(self, optimizer: Optimizer, trained: Sequence[Variable], order: Sequence[Variable]) -> None:
        self.optimizer = optimizer
        self._inner = [Slots(inner, mine, order) for inner, mine in optimizer.within(trained)]
        owners = [] if self._inner else (optimizer._owners or trained)  # noqa: SLF001
        rank = {id(variable): i for i, variable in enumerate(order)}
        self._owners = sorted(owners, key=lambda variable: rank.get(id(variable), len(rank)))
        is_built = not owners or bool(optimizer._owners)  # noqa: SLF001
        self.built: bool = is_built and all(one.built for one in self._inner)
        self._shared = optimizer.shared if owners else []
        self._cells = [
            (owner, slot)
            for group in optimizer.layout()
            for owner in self._owners
            for slot in group
            if slot in optimizer.slots_with_options(owner)
        ]

    def every(self) -> list[Slots]:
        """Return these slots and those of the optimizers within, at any depth."""
        return [self, *(deeper for one in self._inner for deeper in one.every())]

    @property
    def specs(self) -> list[TensorSpec]:
        """The shape and dtype of each member, the slots included."""
        return [
            *(variable.spec for variable in self.optimizer.scalars()),
            *(self._spec(owner, slot) for owner, slot in self._cells),
            *(variable.spec for variable in self._shared),
            *(spec for one in self._inner for spec in one.specs),
        ]

    def _spec(self, owner: Variable, slot: str) -> TensorSpec:
        return owner.spec.with_shape(self.optimizer.slot_shape(slot, owner))

    def present(self) -> list[Variable]:
        """Return the Variables that exist now."""
        if self._inner or not self.built:
            return [*self.optimizer.scalars(), *(held for one in self._inner for held in one.present())]
        return self.variables()

    def variables(self) -> list[Variable]:
        """Return the Variables, made now if they are missing."""
        if self._owners:
            self.optimizer.build(self._owners)
        made = zip(self.optimizer._owners, self.optimizer._slots, strict=False)  # noqa: SLF001
        held = {id(owner): slots for owner, slots in made}
        cells = [held[id(owner)][slot] for owner, slot in self._cells]
        inner = [held for one in self._inner for held in one.variables()]
        return [*self.optimizer.scalars(), *cells, *self._shared, *inner]
