"""Adam and its relatives: steps scaled by running moments of the gradients."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Unpack

import numpy as np

from horn import dtypes, settings
from horn.api.bounds import flag, real, whole
from horn.api.optimizers.optimizer import Optimizer
from horn.spec import ops
from horn.state.variable import Variable

if TYPE_CHECKING:
    from collections.abc import Sequence

    from horn.api.optimizers.options import Options


class _Moments(Optimizer):
    """What the optimizers of this file share: two running means, and a small number.

    Args:
        learning_rate: The length of a step, as for `Optimizer`.
        beta_1: How much of the first moment is kept, in [0, 1).
        beta_2: How much of the second moment is kept, in [0, 1).
        epsilon: Added to the root of the second moment.
        **options: Those of `Optimizer`.
    """

    slots = (("momentum", "velocity"),)

    def __init__(
        self,
        learning_rate: Any = 0.001,
        beta_1: float = 0.9,
        beta_2: float = 0.999,
        epsilon: float = 1e-7,
        **options: Unpack[Options],
    ) -> None:
        super().__init__(learning_rate, **options)
        kind = type(self).__name__
        self.beta_1 = real(kind, "beta_1", beta_1, "[0, 1)")
        self.beta_2 = real(kind, "beta_2", beta_2, "[0, 1)")
        self.epsilon = real(kind, "epsilon", epsilon, "[0, inf)")

    @property
    def _betas(self) -> dict[str, float]:
        return {"beta_1": self.beta_1, "beta_2": self.beta_2, "epsilon": self.epsilon}

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), **self._betas}


class Adam(_Moments):
    """Steps scaled by running moments of the gradients. The rule: `ops.adam_update`.

    Args:
        learning_rate: The length of a step, as for `Optimizer`.
        beta_1: How much of the first moment is kept, in [0, 1).
        beta_2: How much of the second moment is kept, in [0, 1).
        epsilon: Added to the root of the second moment.
        amsgrad: Whether to divide by the largest second moment so far: `ops.amsgrad_update`.
        **options: Those of `Optimizer`.

    Reference:
        Kingma & Ba, Adam, arXiv:1412.6980.

    Example:
        >>> Adam(0.01, clipnorm=1.0)
        <Adam learning_rate=0.01>
    """

    def __init__(
        self,
        learning_rate: Any = 0.001,
        beta_1: float = 0.9,
        beta_2: float = 0.999,
        epsilon: float = 1e-7,
        amsgrad: bool = False,
        **options: Unpack[Options],
    ) -> None:
        super().__init__(learning_rate, beta_1, beta_2, epsilon, **options)
        self.amsgrad = flag(type(self).__name__, "amsgrad", amsgrad)
        if amsgrad:
            self.slots = (*self.slots, ("velocity_hat",))

    def update(self, params: list[Any], grads: list[Any], *slots: list[Any]) -> Sequence[Any]:
        """Return the new parameters and moments."""
        rule = ops.amsgrad_update if self.amsgrad else ops.adam_update
        return rule(params, grads, *slots, self.learning_rate, self.iterations, **self._betas)

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "amsgrad": self.amsgrad}


class AdamW(Adam):
    """Adam with weight decay that the moments do not see.

    Args:
        learning_rate: The length of a step, as for `Optimizer`.
        weight_decay: What share of each weight, times the learning rate, a step takes away.
        beta_1: How much of the first moment is kept, in [0, 1).
        beta_2: How much of the second moment is kept, in [0, 1).
        epsilon: Added to the root of the second moment.
        amsgrad: Whether to divide by the largest second moment so far.
        **options: Those of `Optimizer`.

    Reference:
        Loshchilov & Hutter, Decoupled weight decay regularization, arXiv:1711.05101.

    Example:
        >>> AdamW(0.01, weight_decay=0.1)
        <AdamW learning_rate=0.01>
    """

    def __init__(
        self,
        learning_rate: Any = 0.001,
        weight_decay: float = 0.004,
        beta_1: float = 0.9,
        beta_2: float = 0.999,
        epsilon: float = 1e-7,
        amsgrad: bool = False,
        **options: Any,
    ) -> None:
        real("AdamW", "weight_decay", weight_decay, "[0, inf)")
        super().__init__(
            learning_rate, beta_1, beta_2, epsilon, amsgrad, weight_decay=weight_decay, **options
        )


class Adamax(_Moments):
    """Adam with a weighted infinity norm in place of the second moment. The rule: `ops.adamax_update`.

    Args:
        learning_rate: The length of a step, as for `Optimizer`.
        beta_1: How much of the first moment is kept, in [0, 1).
        beta_2: How much of the norm is kept, in [0, 1).
        epsilon: Added to the norm.
        **options: Those of `Optimizer`.

    Reference:
        Kingma & Ba, Adam, arXiv:1412.6980, section 7.1.

    Example:
        >>> Adamax()
        <Adamax learning_rate=0.001>
    """

    slots = (("momentum", "norm"),)

    def update(self, params: list[Any], grads: list[Any], *slots: list[Any]) -> Sequence[Any]:
        """Return the new parameters, moments and norms."""
        return ops.adamax_update(params, grads, *slots, self.learning_rate, self.iterations, **self._betas)


class Nadam(_Moments):
    """Adam with Nesterov's look-ahead. The rule: `ops.nadam_update`.

    Args:
        learning_rate: The length of a step, as for `Optimizer`.
        beta_1: The momentum that a warm-up tends to, in [0, 1).
        beta_2: How much of the second moment is kept, in [0, 1).
        epsilon: Added to the root of the second moment.
        **options: Those of `Optimizer`.

    Reference:
        Dozat, Incorporating Nesterov momentum into Adam (ICLR workshop 2016).

    Example:
        >>> Nadam(0.002)
        <Nadam learning_rate=0.002>
    """

    def __init__(
        self,
        learning_rate: Any = 0.001,
        beta_1: float = 0.9,
        beta_2: float = 0.999,
        epsilon: float = 1e-7,
        **options: Unpack[Options],
    ) -> None:
        super().__init__(learning_rate, beta_1, beta_2, epsilon, **options)
        one = np.ones((), dtypes.numpy_dtype(dtypes.promote("float32", settings.floatx())))
        self._product = Variable(one, trainable=False, name="momentum_product")
        self.shared = [self._product]

    def update(self, params: list[Any], grads: list[Any], *slots: list[Any]) -> Sequence[Any]:
        """Return the new parameters, moments and the product of the momentums."""
        return ops.nadam_update(
            params, grads, *slots, self.learning_rate, self.iterations, self._product, **self._betas
        )


class Lamb(_Moments):
    """Adam with steps in proportion to each layer's weights, for large batches. The rule: `ops.lamb_update`.

    Args:
        learning_rate: The length of a step, as for `Optimizer`.
        beta_1: How much of the first moment is kept, in [0, 1).
        beta_2: How much of the second moment is kept, in [0, 1).
        epsilon: Added to the root of the second moment.
        **options: Those of `Optimizer`.

    Reference:
        You et al., Large batch optimization for deep learning, arXiv:1904.00962.

    Example:
        >>> Lamb(weight_decay=0.01)
        <Lamb learning_rate=0.001>
    """

    def update(self, params: list[Any], grads: list[Any], *slots: list[Any]) -> Sequence[Any]:
        """Return the new parameters and moments."""
        return ops.lamb_update(params, grads, *slots, self.learning_rate, self.iterations, **self._betas)


class ScheduleFreeAdamW(_Moments):
    """AdamW that averages its path in place of a learning rate that falls.

    The rule: `ops.schedule_free_update`. The slot `momentum` holds the points of plain descent, as in
    the files of Keras.

    Args:
        learning_rate: The length of a step, as for `Optimizer`.
        beta_1: How near the weights are to the average, in (0, 1).
        beta_2: How much of the second moment is kept, in [0, 1).
        epsilon: Added to the root of the second moment.
        warmup_steps: Over how many steps the rate rises in a straight line.
        **options: Those of `Optimizer`.

    Reference:
        Defazio et al., The road less scheduled, arXiv:2405.15682.

    Example:
        >>> ScheduleFreeAdamW(warmup_steps=100)
        <ScheduleFreeAdamW learning_rate=0.0025>
    """

    def __init__(
        self,
        learning_rate: Any = 0.0025,
        beta_1: float = 0.9,
        beta_2: float = 0.999,
        epsilon: float = 1e-8,
        warmup_steps: int = 0,
        **options: Unpack[Options],
    ) -> None:
        super().__init__(learning_rate, beta_1, beta_2, epsilon, **options)
        self.warmup_steps = whole("ScheduleFreeAdamW", "warmup_steps", warmup_steps, low=0)

    def first_value(self, slot: str, variable: Variable) -> np.ndarray:
        """Return the parameter itself, where plain descent begins, or zeros."""
        return variable.numpy() if slot == "momentum" else super().first_value(slot, variable)

    def update(self, params: list[Any], grads: list[Any], *slots: list[Any]) -> Sequence[Any]:
        """Return the new parameters, points of plain descent and second moments."""
        return ops.schedule_free_update(
            params,
            grads,
            *slots,
            self.learning_rate,
            self.iterations,
            warmup_steps=self.warmup_steps,
            **self._betas,
        )

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "warmup_steps": self.warmup_steps}
