"""The optimizers: each is its hyper-parameters and one update op of `horn.spec.optim`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from horn.api.lookup import by_name
from horn.api.optimizers.optimizer import Optimizer
from horn.spec import ops

if TYPE_CHECKING:
    from collections.abc import Sequence

    from horn.state.variable import Variable


class SGD(Optimizer):
    """Gradient descent, with momentum where it is not zero. The rule: `ops.sgd_update`.

    Args:
        learning_rate: The length of a step.
        momentum: How much of the last step is kept, in [0, 1).
        nesterov: Whether to look ahead.
        name: For messages.
    """

    def __init__(
        self, learning_rate: float = 0.01, momentum: float = 0.0, nesterov: bool = False, name: str | None = None
    ) -> None:
        super().__init__(learning_rate, name)
        self.momentum, self.nesterov = momentum, nesterov

    def _wanted(self) -> tuple[str, ...]:
        return ("momentum",) if self.momentum else ()

    def update(self, params: list[Variable], grads: list[Any], *slots: list[Variable]) -> Sequence[Any]:
        """Return the new parameters and momentums."""
        momentums = slots[0] if slots else []
        return ops.sgd_update(
            params, grads, momentums, self.learning_rate, momentum=self.momentum, nesterov=self.nesterov
        )

    def get_config(self) -> dict[str, Any]:
        """Return the arguments that make an equal optimizer."""
        return {**super().get_config(), "momentum": self.momentum, "nesterov": self.nesterov}


class Adam(Optimizer):
    """Steps scaled by running moments of the gradients. The rule: `ops.adam_update`.

    Args:
        learning_rate: The length of a step.
        beta_1: How much of the first moment is kept.
        beta_2: How much of the second moment is kept.
        epsilon: Added to the root of the second moment.
        name: For messages.

    Reference:
        Kingma & Ba, Adam, arXiv:1412.6980.
    """

    slots = ("momentum", "velocity")

    def __init__(
        self,
        learning_rate: float = 0.001,
        beta_1: float = 0.9,
        beta_2: float = 0.999,
        epsilon: float = 1e-7,
        name: str | None = None,
    ) -> None:
        super().__init__(learning_rate, name)
        self.beta_1, self.beta_2, self.epsilon = beta_1, beta_2, epsilon

    def update(self, params: list[Variable], grads: list[Any], *slots: list[Variable]) -> Sequence[Any]:
        """Return the new parameters and moments."""
        moments, velocities = slots
        return ops.adam_update(
            params,
            grads,
            moments,
            velocities,
            self.learning_rate,
            self.iterations,
            beta_1=self.beta_1,
            beta_2=self.beta_2,
            epsilon=self.epsilon,
        )

    def get_config(self) -> dict[str, Any]:
        """Return the arguments that make an equal optimizer."""
        return {**super().get_config(), "beta_1": self.beta_1, "beta_2": self.beta_2, "epsilon": self.epsilon}


class RMSprop(Optimizer):
    """Steps divided by a running root mean square of the gradients. The rule: `ops.rmsprop_update`.

    Args:
        learning_rate: The length of a step.
        rho: How much of the running mean is kept.
        momentum: How much of the last step is kept.
        epsilon: Added inside of the root.
        name: For messages.
    """

    def __init__(
        self,
        learning_rate: float = 0.001,
        rho: float = 0.9,
        momentum: float = 0.0,
        epsilon: float = 1e-7,
        name: str | None = None,
    ) -> None:
        super().__init__(learning_rate, name)
        self.rho, self.momentum, self.epsilon = rho, momentum, epsilon

    def _wanted(self) -> tuple[str, ...]:
        return ("velocity", "momentum") if self.momentum else ("velocity",)

    def update(self, params: list[Variable], grads: list[Any], *slots: list[Variable]) -> Sequence[Any]:
        """Return the new parameters and running means."""
        velocities, *momentums = slots
        return ops.rmsprop_update(
            params,
            grads,
            velocities,
            momentums[0] if momentums else [],
            self.learning_rate,
            rho=self.rho,
            momentum=self.momentum,
            epsilon=self.epsilon,
        )

    def get_config(self) -> dict[str, Any]:
        """Return the arguments that make an equal optimizer."""
        return {**super().get_config(), "rho": self.rho, "momentum": self.momentum, "epsilon": self.epsilon}


TABLE: dict[str, Any] = {"sgd": SGD, "adam": Adam, "rmsprop": RMSprop}


def get(identifier: Any) -> Any:
    """Return the optimizer that a name, a class or an object means; None stays None."""
    if identifier is None or isinstance(identifier, Optimizer):
        return identifier
    if isinstance(identifier, type) and issubclass(identifier, Optimizer):
        return identifier()
    return by_name("optimizer", identifier, TABLE)()
