"""`Optimizer`: the slots beside the parameters, the counter, and one update op with what goes around it.

All of a step is in ops and Variables, so that a compiled step does what an eager one does. Of the
options, a step records only what is wanted.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, Self

import numpy as np

from horn import dtypes, settings
from horn.api import bounds
from horn.api.bounds import real
from horn.api.configuration import arguments
from horn.api.keywords import ExactKeywords, refuse_unknown
from horn.api.naming import automatic_name, snake_case
from horn.api.optimizers import schedules
from horn.api.optimizers.counting import divides, quotient
from horn.api.optimizers.options import DEFAULTS, Options, checked
from horn.errors import ArgumentError
from horn.spec import ops
from horn.spec.operators import Operators
from horn.state.pure import pure
from horn.state.variable import Variable

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from typing import Unpack

AVERAGE, ACCUMULATOR = "average", "gradient_accumulator"


class Optimizer(ExactKeywords):
    """The base of optimizers.

    A subclass names its slots and writes `update`, which calls one op over all parameters. A step
    divides the gradients by `loss_scale_factor`, accumulates them, clips them, decays the weights,
    calls `update`, averages the weights and applies their constraints, in this order.

    Args:
        learning_rate: A number that is not negative, a `LearningRateSchedule`, or a function without
            arguments, of ops and Variables. Another number can be assigned in place of a number, and a
            schedule or function in place of anything, at any time.
        weight_decay: What share of each weight, times the learning rate, a step takes away.
        clipnorm: The largest norm of the gradient of one weight.
        clipvalue: The largest magnitude of an element of a gradient.
        global_clipnorm: The largest norm of all gradients together.
        use_ema: Whether to keep a running average of the weights, which takes their place at the
            end of `fit`.
        ema_momentum: How much of the average a step keeps.
        ema_overwrite_frequency: After how many steps the average takes the place of the weights,
            besides.
        loss_scale_factor: What to multiply the loss by before it is differentiated, so that small
            gradients of half precision do not vanish.
        gradient_accumulation_steps: The mean gradient of how many batches makes a step, 2 or more.
        name: For messages.

    Raises:
        ArgumentError: An argument is out of its range.

    Reference:
        Pascanu, Mikolov & Bengio, On the difficulty of training recurrent neural networks, ICML 2013,
        arXiv:1211.5063, on clipping norms; Loshchilov & Hutter, Decoupled weight decay regularization, ICLR
        2019, arXiv:1711.05101; Polyak & Juditsky, Acceleration of stochastic approximation by averaging, SIAM
        Journal on Control and Optimization 30 (1992) 838-855.

    Example:
        >>> weight = Variable([1.0, 2.0])
        >>> class Plain(Optimizer):
        ...     def update(self, params, grads, *slots):
        ...         return ops.sgd_update(params, grads, [], self.learning_rate)
        >>> Plain(0.5, clipvalue=1.0).apply([np.array([1.0, 9.0], "float32")], [weight])
        >>> weight.numpy()
        array([0.5, 1.5], dtype=float32)
    """

    rules_assigned = 0
    """How many schedules and functions were assigned in this process: compiled steps know none of them."""

    slots: tuple[tuple[str, ...], ...] = ()
    """The names of the slots in groups: those of a group are kept together, parameter by parameter."""

    weight_decay: float | None
    clipnorm: float | None
    clipvalue: float | None
    global_clipnorm: float | None
    use_ema: bool
    ema_momentum: float
    ema_overwrite_frequency: int | None
    loss_scale_factor: float | None
    gradient_accumulation_steps: int | None

    def __init__(self, learning_rate: Any = 0.001, **options: Unpack[Options]) -> None:
        kind = type(self).__name__
        refuse_unknown(type(self), options, (*arguments(type(self)), *DEFAULTS, "name"))
        name = bounds.name(kind, options.pop("name", None))
        for option, value in checked(kind, dict(options)).items():
            setattr(self, option, value)
        self.name = name or automatic_name(snake_case(kind))
        self._learning_rate = _rate(kind, learning_rate)
        self._iterations = Variable(np.int32(0), trainable=False, name="iterations")
        # Parallel lists and no dictionary by identity, so that a copied optimizer keeps its slots.
        self._owners: list[Variable] = []
        self._slots: list[dict[str, Variable]] = []
        self._undecayed: list[Variable] = []
        self._undecayed_names: list[str] = []
        self.shared: list[Variable] = []

    # -- the counter and the rate ----------------------------------------------------------------

    @property
    def iterations(self) -> Any:
        """How many steps were taken, an int32 scalar."""
        every = self.gradient_accumulation_steps
        return self._iterations if every is None else quotient(self._iterations, every)

    @property
    def learning_rate(self) -> Any:
        """The present learning rate, a scalar; if it is a number, a Variable that can be assigned to."""
        if isinstance(self._learning_rate, schedules.LearningRateSchedule):
            # With accumulation, too, a schedule counts batches, as Keras's does.
            return self._learning_rate(self._iterations)
        return self._learning_rate if isinstance(self._learning_rate, Variable) else self._learning_rate()

    @learning_rate.setter
    def learning_rate(self, value: Any) -> None:
        if _is_rule(value):
            self._learning_rate = value
            Optimizer.rules_assigned += 1
            return
        if not isinstance(self._learning_rate, Variable):
            # A number would take the place of a schedule for good: Keras does not allow it either.
            raise ArgumentError(
                f"The learning rate of {self.name!r} follows a schedule or a function, and cannot be set.",
                expected="another schedule or function, or an optimizer whose learning rate is a number",
                got=repr(value),
                remedy="make a new optimizer and compile the model with it",
            )
        is_tensor = isinstance(value, Operators) or (
            hasattr(value, "__array__") and not isinstance(value, np.number)
        )
        self._learning_rate.assign(value if is_tensor else _number(self.name, value))

    # -- slots -----------------------------------------------------------------------------------

    def within(self, variables: Sequence[Variable]) -> list[tuple[Optimizer, list[Variable]]]:
        """Return the optimizers within this one, each with those of the parameters that it updates."""
        del variables
        return []

    def slots_of(self, variable: Variable) -> tuple[str, ...]:
        """Return the names of the slots that a parameter has, of those in `slots`."""
        del variable
        return tuple(slot for group in self.slots for slot in group)

    def slot_shape(self, slot: str, variable: Variable) -> tuple[int, ...]:
        """Return the shape of a slot of a parameter: that of the parameter, where a subclass says nothing."""
        del slot
        return variable.shape

    def first_value(self, slot: str, variable: Variable) -> np.ndarray:
        """Return what a slot of a parameter begins with: zeros, where a subclass says nothing else."""
        return np.zeros(self.slot_shape(slot, variable), dtypes.numpy_dtype(variable.dtype))

    def layout(self) -> tuple[tuple[str, ...], ...]:
        """Return the groups of slots, with those of the options, in the order of a weights file."""
        own = [(AVERAGE,)] if self.use_ema else []
        own += [(ACCUMULATOR,)] if self.gradient_accumulation_steps else []
        return (*own, *self.slots)

    def slots_with_options(self, variable: Variable) -> list[str]:
        """Return the names of all slots that a parameter has, those of the options included."""
        mine = {AVERAGE, ACCUMULATOR, *self.slots_of(variable)}
        return [slot for group in self.layout() for slot in group if slot in mine]

    def build(self, variables: Sequence[Variable]) -> None:
        """Make the slots of parameters that have none yet."""
        known = {id(owner) for owner in self._owners}
        for variable in variables:
            if id(variable) not in known:
                made = {
                    slot: Variable(
                        self._first(slot, variable), trainable=False, name=f"{variable.path}/{slot}"
                    )
                    for slot in self.slots_with_options(variable)
                }
                self._slots.append(made)
                self._owners.append(variable)

    def _first(self, slot: str, variable: Variable) -> np.ndarray:
        if slot in (AVERAGE, ACCUMULATOR):
            return np.zeros(variable.shape, dtypes.numpy_dtype(variable.dtype))
        return self.first_value(slot, variable)

    def scalars(self) -> list[Variable]:
        """Return the counter, and the learning rate if it is a number."""
        return [x for x in (self._iterations, self._learning_rate) if isinstance(x, Variable)]

    @property
    def variables(self) -> list[Variable]:
        """The counter, the learning rate if it is a number, the slots in groups, and what is shared."""
        slots = [
            made[slot] for group in self.layout() for made in self._slots for slot in group if slot in made
        ]
        return [*self.scalars(), *slots, *self.shared]

    # -- weight decay ----------------------------------------------------------------------------

    def exclude_from_weight_decay(
        self, var_list: Iterable[Variable] | None = None, var_names: Iterable[str] | None = None
    ) -> None:
        """Let some weights not decay.

        Args:
            var_list: The weights themselves.
            var_names: Regular expressions; a weight is left out whose name holds one.

        Raises:
            ArgumentError: The optimizer has taken a step.
        """
        if self._owners:
            raise ArgumentError(
                f"The optimizer {self.name!r} was told which weights not to decay when it was already in use.",
                expected="exclude_from_weight_decay before the first step",
                got=f"an optimizer of {len(self._owners)} weights",
                remedy="make a new optimizer, call exclude_from_weight_decay, and compile with it",
            )
        self._undecayed += list(var_list or ())
        self._undecayed_names += list(var_names or ())

    def decay_of(self, variable: Variable) -> float | None:
        """Return the weight decay of a parameter, or None."""
        return None if self.is_excluded(variable) else self.weight_decay

    def is_excluded(self, variable: Variable) -> bool:
        """Return whether a parameter was told not to decay."""
        named = any(re.search(pattern, variable.name) for pattern in self._undecayed_names)
        return named or any(variable is other for other in self._undecayed)

    # -- a step ----------------------------------------------------------------------------------

    def apply(self, grads: Sequence[Any], trainable_variables: Sequence[Variable] | None = None) -> None:
        """Take one step.

        Args:
            grads: One gradient for each Variable; a Variable without one, None, is left alone.
            trainable_variables: The parameters; default: those of `build`.
        """
        given = self._given(grads, trainable_variables)
        pairs = [(g, v) for g, v in zip(grads, given, strict=True) if g is not None]
        if not pairs:
            return
        self.build(given)
        grads, params = [g for g, _ in pairs], [v for _, v in pairs]
        if self.loss_scale_factor is not None:
            grads = [ops.divide(g, self.loss_scale_factor) for g in grads]
        if self.gradient_accumulation_steps is None:
            self._take(grads, params, None)
        else:
            self._accumulate(grads, params, self.gradient_accumulation_steps)
        if self.use_ema:
            self._average(params)
        for variable in params:
            if variable.constraint is not None:
                variable.assign(variable.constraint(variable))
        self._iterations.assign(self._iterations + 1)

    def _given(self, grads: Sequence[Any], variables: Sequence[Variable] | None) -> Sequence[Variable]:
        """Return the parameters of a step, of which there is one for each gradient."""
        given = self._owners if variables is None else variables
        if len(grads) != len(given):
            raise ArgumentError(
                f"{type(self).__name__} was given another number of gradients than of variables.",
                expected=f"{len(given)} gradients",
                got=f"{len(grads)}",
                remedy="differentiate by the same list that you pass here",
            )
        return given

    def apply_gradients(self, grads_and_vars: Iterable[tuple[Any, Variable]]) -> Any:
        """Take one step with pairs of a gradient and its Variable; return `iterations`."""
        pairs = list(grads_and_vars)
        self.apply([g for g, _ in pairs], [v for _, v in pairs])
        return self.iterations

    def stateless_apply(
        self, optimizer_variables: Sequence[Any], grads: Sequence[Any], trainable_variables: Sequence[Any]
    ) -> tuple[list[Any], list[Any]]:
        """Return the values of parameters and optimizer after a step, without changing anything.

        Args:
            optimizer_variables: The values of `variables`.
            grads: One gradient for each parameter of `build`.
            trainable_variables: The values of those parameters.
        """
        if not self._owners:
            raise ArgumentError(
                f"The optimizer {self.name!r} does not know its parameters yet.",
                expected="build(variables) before stateless_apply",
                got="an optimizer that was not built",
                remedy="call optimizer.build(model.trainable_variables)",
            )
        own = self.variables
        step = pure(lambda: self.apply(grads), [*self._owners, *own])
        values = step([*trainable_variables, *optimizer_variables])[1]
        return values[: -len(own)], values[-len(own) :]

    def _accumulate(self, grads: list[Any], params: list[Variable], every: int) -> None:
        """Add to the accumulators; in every so many steps, use and empty them."""
        due = divides(every, ops.add(self._iterations, 1))
        held = [self._slot(v, ACCUMULATOR) for v in params]
        totals = [ops.add(a, g) for a, g in zip(held, grads, strict=True)]
        self._take([ops.divide(total, float(every)) for total in totals], params, due)
        for variable, total in zip(held, totals, strict=True):
            variable.assign(ops.where(due, 0.0, total))

    def _take(self, grads: list[Any], params: list[Variable], due: Any) -> None:
        """Clip, decay and update; with `due`, a bool scalar, only where it holds."""
        names = [slot for group in self.slots for slot in group]
        made = {id(owner): slots for owner, slots in zip(self._owners, self._slots, strict=True)}
        columns = [[made[id(v)].get(name) for v in params] for name in names]
        results = self.update(self._decayed(params), self._clipped(grads), *columns)
        targets = [*params, *(v for column in columns for v in column if v is not None), *self.shared]
        for variable, value in zip(targets, results, strict=True):
            variable.assign(
                value if due is None else ops.where(due, ops.cast(value, variable.dtype), variable)
            )

    def _clipped(self, grads: list[Any]) -> list[Any]:
        if self.clipnorm is not None:
            return [ops.clip_by_norm(g, norm=self.clipnorm) for g in grads]
        if self.global_clipnorm is not None:
            return list(ops.clip_by_global_norm(grads, norm=self.global_clipnorm))
        if self.clipvalue is not None:
            return [ops.clip(g, -self.clipvalue, self.clipvalue) for g in grads]
        return grads

    def _decayed(self, params: list[Variable]) -> list[Any]:
        decays = [self.decay_of(v) for v in params]
        if not any(decays):
            return list(params)
        rate = self.learning_rate
        return [
            ops.subtract(v, ops.multiply(v, ops.multiply(ops.cast(rate, v.dtype), decay))) if decay else v
            for v, decay in zip(params, decays, strict=True)
        ]

    def _average(self, params: list[Variable]) -> None:
        first, every = ops.equal(self.iterations, 0), self.ema_overwrite_frequency
        due = None if every is None else divides(every, ops.add(self.iterations, 1))
        for variable in params:
            held = self._slot(variable, AVERAGE)
            moved = ops.add(
                ops.multiply(held, self.ema_momentum), ops.multiply(variable, 1.0 - self.ema_momentum)
            )
            average = ops.where(first, variable, moved)
            held.assign(average)
            if due is not None:
                variable.assign(ops.where(due, average, variable))

    def _slot(self, variable: Variable, slot: str) -> Variable:
        return next(
            made[slot] for owner, made in zip(self._owners, self._slots, strict=True) if owner is variable
        )

    def update(self, params: list[Any], grads: list[Any], *slots: list[Any]) -> Sequence[Any]:
        """Return the new parameters, slots and shared values, in the order in which they are given.

        Args:
            params: The parameters.
            grads: One for each.
            *slots: A list for each slot; None where a parameter lacks it, of which nothing is returned.
        """
        raise NotImplementedError(f"{type(self).__name__} has no `update`")

    def scale_loss(self, loss: Any) -> Any:
        """Return the loss times `loss_scale_factor`, which is what to differentiate."""
        return loss if self.loss_scale_factor is None else ops.multiply(loss, self.loss_scale_factor)

    def finalize_variable_values(self, var_list: Sequence[Variable]) -> None:
        """Put the averages in the place of the weights, where averages are kept; `fit` ends so."""
        if self.use_ema:
            known = {id(owner) for owner in self._owners}
            for variable in var_list:
                if id(variable) in known:
                    variable.assign(self._slot(variable, AVERAGE))

    # -- configuration ---------------------------------------------------------------------------

    def get_config(self) -> dict[str, Any]:
        """Return the arguments that make an equal optimizer."""
        held = self._learning_rate
        if isinstance(held, schedules.LearningRateSchedule):
            rate: Any = schedules.serialize(held)
        else:
            rate = float(held) if isinstance(held, Variable) else held
        return {
            "name": self.name,
            "learning_rate": rate,
            **{option: getattr(self, option) for option in DEFAULTS},
        }

    @classmethod
    def from_config(cls, config: dict[str, Any], custom_objects: dict[str, Any] | None = None) -> Self:
        """Return an optimizer made from what `get_config` returned."""
        rate = config.get("learning_rate")
        if isinstance(rate, dict):
            config = {**config, "learning_rate": schedules.deserialize(rate, custom_objects)}
        return cls(**config)

    def __repr__(self) -> str:
        held = self._learning_rate
        shown = f"{float(held):g}" if isinstance(held, Variable) else type(held).__name__
        return f"<{type(self).__name__} learning_rate={shown}>"


def _is_rule(value: Any) -> bool:
    """Return whether a learning rate is a schedule or a function."""
    return callable(value) and not isinstance(value, type)


def _rate(kind: str, value: Any) -> Any:
    """Return a learning rate as the optimizer keeps it: a Variable, a schedule or a function."""
    return value if _is_rule(value) else Variable(_number(kind, value), trainable=False, name="learning_rate")


def _number(kind: str, value: Any) -> np.ndarray:
    """Return a learning rate that was given as a number, checked, in the dtype that it is kept in."""
    if not isinstance(value, int | float | np.number) or isinstance(value, bool):
        raise ArgumentError(
            f"{kind} was given a learning rate that is no number.",
            expected="a positive number",
            got=repr(value),
            remedy="write learning_rate=0.001",
        )
    real(kind, "learning_rate", value, "[0, inf)")
    return np.asarray(value, dtypes.promote("float32", settings.floatx()))
