"""Optimizers that see a weight as a matrix: Adafactor and Muon."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, Unpack

from horn.api.bounds import flag, name as label, real, several, whole
from horn.api.optimizers.optimizer import Optimizer
from horn.spec import ops

if TYPE_CHECKING:
    from collections.abc import Sequence

    from horn.api.optimizers.options import Options
    from horn.state.variable import Variable


class Adafactor(Optimizer):
    """Adam's second moments kept as rows and columns, with steps in proportion to the weights.

    The rule: `ops.adafactor_update`.

    Args:
        learning_rate: The largest relative length of a step, as for `Optimizer`.
        beta_2_decay: The running means keep ``1 - t ** beta_2_decay``, less than 0.
        epsilon_1: Added to the squares of the gradients.
        epsilon_2: The least size of a weight that a step is in proportion to.
        clip_threshold: The largest root mean square of a step before it is scaled.
        relative_step: Whether a learning rate that is a number falls with ``1 / sqrt(t)``.
        **options: Those of `Optimizer`.

    Reference:
        Shazeer & Stern, Adafactor, arXiv:1804.04235.

    Example:
        >>> Adafactor(0.01)
        <Adafactor learning_rate=0.01>
    """

    slots = (("row", "column", "velocity"),)

    def __init__(
        self,
        learning_rate: Any = 0.001,
        beta_2_decay: float = -0.8,
        epsilon_1: float = 1e-30,
        epsilon_2: float = 1e-3,
        clip_threshold: float = 1.0,
        relative_step: bool = True,
        **options: Unpack[Options],
    ) -> None:
        super().__init__(learning_rate, **options)
        self.beta_2_decay = real("Adafactor", "beta_2_decay", beta_2_decay, "(-inf, 0)")
        self.epsilon_1 = real("Adafactor", "epsilon_1", epsilon_1, "[0, inf)")
        self.epsilon_2 = real("Adafactor", "epsilon_2", epsilon_2, "[0, inf)")
        self.clip_threshold = real("Adafactor", "clip_threshold", clip_threshold, "(0, inf)")
        self.relative_step = flag("Adafactor", "relative_step", relative_step)

    def slot_shape(self, slot: str, variable: Variable) -> tuple[int, ...]:
        """Return the shape of a slot: an unused scalar for the row of a weight with fewer than two axes."""
        shape = variable.shape
        if slot not in ("row", "column"):
            return shape
        left = shape[:-1] if slot == "row" else (*shape[:-2], *shape[-1:])
        return left if len(shape) > 1 else ()

    def update(self, params: list[Any], grads: list[Any], *slots: list[Any]) -> Sequence[Any]:
        """Return the new parameters, rows, columns and second moments."""
        return ops.adafactor_update(
            params, grads, *slots, self.learning_rate, self.iterations, **self._rule
        )  # fmt: skip

    @property
    def _rule(self) -> dict[str, Any]:
        names = ("beta_2_decay", "epsilon_1", "epsilon_2", "clip_threshold", "relative_step")
        return {name: getattr(self, name) for name in names}

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), **self._rule}


class Muon(Optimizer):
    """Steps whose singular values are all about one, for matrices; Adam for everything else.

    The rules: `ops.muon_update` and `ops.adam_update`. A matrix is a weight with two axes that is
    neither an embedding nor excluded.

    Args:
        learning_rate: The length of a step, as for `Optimizer`.
        adam_beta_1: How much of the first moment Adam keeps, in [0, 1).
        adam_beta_2: How much of the second moment Adam keeps, in [0, 1).
        adam_weight_decay: The weight decay of what Adam trains.
        epsilon: Added to the root of Adam's second moment.
        weight_decay: The weight decay of the matrices.
        exclude_layers: Regular expressions; a weight whose path holds one is left to Adam.
        exclude_embeddings: Whether weights with ``embedding`` in their path are left to Adam.
        muon_a: The factor of the first power in the iteration.
        muon_b: That of the third.
        muon_c: That of the fifth.
        adam_lr_ratio: Adam's learning rate as a multiple of the matrices'.
        momentum: How much of the last momentum is kept, in [0, 1].
        ns_steps: How many steps of the iteration to take.
        nesterov: Whether to look ahead.
        rms_rate: The root mean square of a step at a learning rate of one; None for singular values
            of about one, whatever the shape.
        **options: Those of `Optimizer`.

    Reference:
        Jordan et al., Muon: an optimizer for hidden layers in neural networks (2024).
        Liu et al., Muon is scalable for LLM training, arXiv:2502.16982.

    Example:
        >>> Muon(0.02, exclude_layers=["logits"])
        <Muon learning_rate=0.02>
    """

    slots = (("momentum", "velocity"),)

    def __init__(
        self,
        learning_rate: Any = 0.001,
        adam_beta_1: float = 0.9,
        adam_beta_2: float = 0.999,
        adam_weight_decay: float | None = 0.004,
        epsilon: float = 1e-7,
        weight_decay: float | None = 0.004,
        *,
        exclude_layers: list[str] | None = None,
        exclude_embeddings: bool = True,
        muon_a: float = 3.4445,
        muon_b: float = -4.775,
        muon_c: float = 2.0315,
        adam_lr_ratio: float = 1,
        momentum: float = 0.95,
        ns_steps: int = 5,
        nesterov: bool = True,
        rms_rate: float | None = 0.2,
        **options: Any,
    ) -> None:
        super().__init__(learning_rate, weight_decay=weight_decay, **options)
        self.adam_beta_1 = real("Muon", "adam_beta_1", adam_beta_1, "[0, 1)")
        self.adam_beta_2 = real("Muon", "adam_beta_2", adam_beta_2, "[0, 1)")
        self.adam_weight_decay = adam_weight_decay and real(
            "Muon", "adam_weight_decay", adam_weight_decay, "[0, inf)"
        )
        self.epsilon = real("Muon", "epsilon", epsilon, "[0, inf)")
        self.exclude_layers = [] if not exclude_layers else several("Muon", "exclude_layers", exclude_layers)
        for pattern in self.exclude_layers:
            label("Muon", pattern, "exclude_layers")
        self.exclude_embeddings = flag("Muon", "exclude_embeddings", exclude_embeddings)
        self.muon_a, self.muon_b = real("Muon", "muon_a", muon_a), real("Muon", "muon_b", muon_b)
        self.muon_c = real("Muon", "muon_c", muon_c)
        self.adam_lr_ratio = real("Muon", "adam_lr_ratio", adam_lr_ratio, "[0, inf)")
        self.momentum = real("Muon", "momentum", momentum, "[0, 1]")
        self.ns_steps = whole("Muon", "ns_steps", ns_steps)
        self.nesterov = flag("Muon", "nesterov", nesterov)
        self.rms_rate = rms_rate if rms_rate is None else real("Muon", "rms_rate", rms_rate, "(0, inf)")

    def is_matrix(self, variable: Variable) -> bool:
        """Return whether a weight is trained as a matrix and not by Adam."""
        if len(variable.shape) != 2 or (self.exclude_embeddings and "embedding" in variable.path.lower()):
            return False
        return not any(re.search(pattern, variable.path) for pattern in self.exclude_layers)

    def slots_of(self, variable: Variable) -> tuple[str, ...]:
        """Return a momentum for a matrix, and both moments for anything else."""
        return ("momentum",) if self.is_matrix(variable) else ("momentum", "velocity")

    def decay_of(self, variable: Variable) -> float | None:
        """Return the weight decay of a matrix or of what Adam trains, or None where it is excluded."""
        if self.is_matrix(variable):
            return super().decay_of(variable)
        return None if self.is_excluded(variable) else self.adam_weight_decay

    def update(self, params: list[Any], grads: list[Any], *slots: list[Any]) -> Sequence[Any]:
        """Return the new parameters, momentums, and the second moments of what Adam trains."""
        momentums, velocities = slots
        matrices = [i for i, v in enumerate(velocities) if v is None]
        others = [i for i, v in enumerate(velocities) if v is not None]
        new: dict[int, Any] = {}
        moved: dict[int, Any] = {}
        squares: Sequence[Any] = ()
        if matrices:
            p, g, m = ([column[i] for i in matrices] for column in (params, grads, momentums))
            result = ops.muon_update(p, g, m, self.learning_rate, **self._rule)
            new.update(zip(matrices, result[: len(matrices)], strict=True))
            moved.update(zip(matrices, result[len(matrices) :], strict=True))
        if others:
            n = len(others)
            p, g, m, v = ([column[i] for i in others] for column in (params, grads, momentums, velocities))
            result = self._adam(p, g, m, v)
            new.update(zip(others, result[:n], strict=True))
            moved.update(zip(others, result[n : 2 * n], strict=True))
            squares = result[2 * n :]
        order = range(len(params))
        return (*(new[i] for i in order), *(moved[i] for i in order), *squares)

    def _adam(self, *columns: list[Any]) -> Sequence[Any]:
        rate = self.learning_rate
        if self.adam_lr_ratio != 1:
            rate = ops.multiply(rate, float(self.adam_lr_ratio))
        betas = {"beta_1": self.adam_beta_1, "beta_2": self.adam_beta_2, "epsilon": self.epsilon}
        return ops.adam_update(*columns, rate, self.iterations, **betas)

    @property
    def _rule(self) -> dict[str, Any]:
        return {
            "momentum": self.momentum,
            "nesterov": self.nesterov,
            "steps": self.ns_steps,
            "a": self.muon_a,
            "b": self.muon_b,
            "c": self.muon_c,
            "rms_rate": self.rms_rate,
        }

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), **{name: getattr(self, name) for name in _MUON}}


_MUON = (
    "adam_beta_1", "adam_beta_2", "adam_weight_decay", "epsilon", "exclude_layers", "exclude_embeddings", "muon_a",
    "muon_b", "muon_c", "adam_lr_ratio", "momentum", "ns_steps", "nesterov", "rms_rate",
)  # fmt: skip
