"""Optimizers that step down the gradient, divided by a sum or running mean of its square or not."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Unpack

import numpy as np

from horn import dtypes
from horn.api.bounds import flag, real
from horn.api.optimizers.optimizer import Optimizer
from horn.spec import ops

if TYPE_CHECKING:
    from collections.abc import Sequence

    from horn.api.optimizers.options import Options
    from horn.state.variable import Variable


class SGD(Optimizer):
    """Gradient descent, with momentum where it is not zero. The rule: `ops.sgd_update`.

    Args:
        learning_rate: The length of a step, as for `Optimizer`.
        momentum: How much of the last step is kept, in [0, 1].
        nesterov: Whether to look ahead.
        **options: Those of `Optimizer`.

    Reference:
        Polyak, Some methods of speeding up the convergence of iteration methods, USSR Computational
        Mathematics and Mathematical Physics 4 (1964) 1-17; Sutskever, Martens, Dahl & Hinton, On the
        importance of initialization and momentum in deep learning, ICML 2013, on Nesterov's.

    Example:
        >>> from horn.state.variable import Variable
        >>> weight = Variable([1.0, 2.0])
        >>> SGD(0.5).apply([np.array([1.0, 1.0], "float32")], [weight])
        >>> weight.numpy()
        array([0.5, 1.5], dtype=float32)
    """

    def __init__(
        self,
        learning_rate: Any = 0.01,
        momentum: float = 0.0,
        nesterov: bool = False,
        **options: Unpack[Options],
    ) -> None:
        super().__init__(learning_rate, **options)
        self.momentum = real("SGD", "momentum", momentum, "[0, 1]")
        self.nesterov = flag("SGD", "nesterov", nesterov)
        self.slots = (("momentum",),) if momentum else ()

    def update(self, params: list[Any], grads: list[Any], *slots: list[Any]) -> Sequence[Any]:
        """Return the new parameters and momentums."""
        momentums = slots[0] if slots else []
        return ops.sgd_update(
            params, grads, momentums, self.learning_rate, momentum=self.momentum, nesterov=self.nesterov
        )

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "momentum": self.momentum, "nesterov": self.nesterov}


class RMSprop(Optimizer):
    """Steps divided by a running root mean square of the gradients.

    The rule: `ops.rmsprop_update`, or `ops.centered_rmsprop_update`.

    Args:
        learning_rate: The length of a step, as for `Optimizer`.
        rho: How much of the running mean is kept, in [0, 1].
        momentum: How much of the last step is kept, in [0, 1].
        epsilon: Added inside of the root.
        centered: Whether to divide by the running standard deviation, which takes more memory.
        **options: Those of `Optimizer`.

    Reference:
        Hinton, Neural Networks for Machine Learning (2012), lecture 6e.

    Example:
        >>> RMSprop(rho=0.95)
        <RMSprop learning_rate=0.001>
    """

    def __init__(
        self,
        learning_rate: Any = 0.001,
        rho: float = 0.9,
        momentum: float = 0.0,
        epsilon: float = 1e-7,
        centered: bool = False,
        **options: Unpack[Options],
    ) -> None:
        super().__init__(learning_rate, **options)
        self.rho = real("RMSprop", "rho", rho, "[0, 1]")
        self.momentum = real("RMSprop", "momentum", momentum, "[0, 1]")
        self.epsilon = real("RMSprop", "epsilon", epsilon, "[0, inf)")
        self.centered = flag("RMSprop", "centered", centered)
        wanted = {"velocity": True, "momentum": bool(momentum), "average_gradient": centered}
        self.slots = tuple((slot,) for slot, is_wanted in wanted.items() if is_wanted)

    def update(self, params: list[Any], grads: list[Any], *slots: list[Any]) -> Sequence[Any]:
        """Return the new parameters and running means."""
        velocities = slots[0]
        momentums = slots[1] if self.momentum else []
        options = {"rho": self.rho, "momentum": self.momentum, "epsilon": self.epsilon}
        if not self.centered:
            return ops.rmsprop_update(params, grads, velocities, momentums, self.learning_rate, **options)
        result = ops.centered_rmsprop_update(
            params, grads, velocities, slots[-1], momentums, self.learning_rate, **options
        )
        # The op gives the means before the momentums; a file keeps them after.
        n = len(params)
        return (*result[: 2 * n], *result[3 * n :], *result[2 * n : 3 * n])

    def get_config(self) -> dict[str, Any]:
        own = {"rho": self.rho, "momentum": self.momentum, "epsilon": self.epsilon, "centered": self.centered}
        return {**super().get_config(), **own}


class Adagrad(Optimizer):
    """Steps divided by the root of the sum of all squared gradients. The rule: `ops.adagrad_update`.

    Args:
        learning_rate: The length of a step, as for `Optimizer`.
        initial_accumulator_value: What the sums of squares begin with, 0 or more.
        epsilon: Added inside of the root.
        **options: Those of `Optimizer`.

    Reference:
        Duchi, Hazan & Singer, JMLR 12 (2011) 2121-2159.

    Example:
        >>> Adagrad(0.1)
        <Adagrad learning_rate=0.1>
    """

    slots = (("accumulator",),)

    def __init__(
        self,
        learning_rate: Any = 0.001,
        initial_accumulator_value: float = 0.1,
        epsilon: float = 1e-7,
        **options: Unpack[Options],
    ) -> None:
        super().__init__(learning_rate, **options)
        self.initial_accumulator_value = real(
            "Adagrad", "initial_accumulator_value", initial_accumulator_value, "[0, inf)"
        )
        self.epsilon = real("Adagrad", "epsilon", epsilon, "[0, inf)")

    def first_value(self, slot: str, variable: Variable) -> np.ndarray:
        """Return the first sum of squares."""
        del slot
        return np.full(variable.shape, self.initial_accumulator_value, dtypes.numpy_dtype(variable.dtype))

    def update(self, params: list[Any], grads: list[Any], *slots: list[Any]) -> Sequence[Any]:
        """Return the new parameters and sums of squares."""
        return ops.adagrad_update(params, grads, *slots, self.learning_rate, epsilon=self.epsilon)

    def get_config(self) -> dict[str, Any]:
        own = {"initial_accumulator_value": self.initial_accumulator_value, "epsilon": self.epsilon}
        return {**super().get_config(), **own}


class Adadelta(Optimizer):
    """Steps in proportion to the steps before them. The rule: `ops.adadelta_update`.

    Args:
        learning_rate: The length of a step, as for `Optimizer`; the paper has none, which is 1.
        rho: How much of the running means is kept, in [0, 1].
        epsilon: Added inside of the roots.
        **options: Those of `Optimizer`.

    Reference:
        Zeiler, arXiv:1212.5701.

    Example:
        >>> Adadelta(1.0)
        <Adadelta learning_rate=1>
    """

    slots = (("accumulated_grad", "accumulated_delta_var"),)

    def __init__(
        self, learning_rate: Any = 0.001, rho: float = 0.95, epsilon: float = 1e-7, **options: Unpack[Options]
    ) -> None:
        super().__init__(learning_rate, **options)
        self.rho = real("Adadelta", "rho", rho, "[0, 1]")
        self.epsilon = real("Adadelta", "epsilon", epsilon, "[0, inf)")

    def update(self, params: list[Any], grads: list[Any], *slots: list[Any]) -> Sequence[Any]:
        """Return the new parameters and running means."""
        return ops.adadelta_update(
            params, grads, *slots, self.learning_rate, rho=self.rho, epsilon=self.epsilon
        )

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "rho": self.rho, "epsilon": self.epsilon}


class Ftrl(Optimizer):
    """Follow the regularised leader: sparse weights for wide linear models. The rule: `ops.ftrl_update`.

    Args:
        learning_rate: The length of a step, as for `Optimizer`, but more than 0.
        learning_rate_power: How the rate falls with the sum of squares, at most 0.
        initial_accumulator_value: What the sums of squares begin with, 0 or more.
        l1_regularization_strength: The strength of the L1 penalty.
        l2_regularization_strength: The strength of the L2 penalty.
        l2_shrinkage_regularization_strength: The strength of an L2 penalty on the gradient alone.
        beta: The paper's beta.
        **options: Those of `Optimizer`.

    Reference:
        McMahan et al., Ad click prediction: a view from the trenches (KDD 2013).

    Example:
        >>> Ftrl(0.1, l1_regularization_strength=0.01)
        <Ftrl learning_rate=0.1>
    """

    slots = (("accumulator", "linear"),)

    def __init__(
        self,
        learning_rate: Any = 0.001,
        learning_rate_power: float = -0.5,
        initial_accumulator_value: float = 0.1,
        l1_regularization_strength: float = 0.0,
        l2_regularization_strength: float = 0.0,
        l2_shrinkage_regularization_strength: float = 0.0,
        beta: float = 0.0,
        **options: Unpack[Options],
    ) -> None:
        if not callable(learning_rate):
            real("Ftrl", "learning_rate", learning_rate, "(0, inf)")
        super().__init__(learning_rate, **options)
        self.learning_rate_power = real("Ftrl", "learning_rate_power", learning_rate_power, "(-inf, 0]")
        self.initial_accumulator_value = initial_accumulator_value
        self.l1_regularization_strength = l1_regularization_strength
        self.l2_regularization_strength = l2_regularization_strength
        self.l2_shrinkage_regularization_strength = l2_shrinkage_regularization_strength
        self.beta = beta
        for name in _FTRL:
            real("Ftrl", name, getattr(self, name), "[0, inf)")

    def first_value(self, slot: str, variable: Variable) -> np.ndarray:
        """Return the first sum of squares, or the first linear term, which is zero."""
        first = self.initial_accumulator_value if slot == "accumulator" else 0.0
        return np.full(variable.shape, first, dtypes.numpy_dtype(variable.dtype))

    def update(self, params: list[Any], grads: list[Any], *slots: list[Any]) -> Sequence[Any]:
        """Return the new parameters, sums of squares and linear terms."""
        return ops.ftrl_update(
            params,
            grads,
            *slots,
            self.learning_rate,
            learning_rate_power=self.learning_rate_power,
            l1=self.l1_regularization_strength,
            l2=self.l2_regularization_strength,
            l2_shrinkage=self.l2_shrinkage_regularization_strength,
            beta=self.beta,
        )

    def get_config(self) -> dict[str, Any]:
        own = {name: getattr(self, name) for name in ("learning_rate_power", *_FTRL)}
        return {**super().get_config(), **own}


_FTRL = (
    "initial_accumulator_value", "l1_regularization_strength", "l2_regularization_strength",
    "l2_shrinkage_regularization_strength", "beta",
)  # fmt: skip


class Lion(Optimizer):
    """Steps of one length for all weights: the sign of a momentum. The rule: `ops.lion_update`.

    Args:
        learning_rate: The length of a step, as for `Optimizer`; a third to a tenth of Adam's.
        beta_1: How much of the running mean counts in the step, in (0, 1].
        beta_2: How much of the running mean is kept, in [0, 1].
        **options: Those of `Optimizer`.

    Reference:
        Chen et al., Symbolic discovery of optimization algorithms, arXiv:2302.06675.

    Example:
        >>> Lion(1e-4)
        <Lion learning_rate=0.0001>
    """

    slots = (("momentum",),)

    def __init__(
        self,
        learning_rate: Any = 0.001,
        beta_1: float = 0.9,
        beta_2: float = 0.99,
        **options: Unpack[Options],
    ) -> None:
        super().__init__(learning_rate, **options)
        self.beta_1 = real("Lion", "beta_1", beta_1, "(0, 1]")
        self.beta_2 = real("Lion", "beta_2", beta_2, "[0, 1]")

    def update(self, params: list[Any], grads: list[Any], *slots: list[Any]) -> Sequence[Any]:
        """Return the new parameters and running means."""
        return ops.lion_update(
            params, grads, *slots, self.learning_rate, beta_1=self.beta_1, beta_2=self.beta_2
        )

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "beta_1": self.beta_1, "beta_2": self.beta_2}
