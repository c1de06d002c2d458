"""Several optimizers as one, each for the weights that a map gives it."""

from __future__ import annotations

import logging
import re
from collections.abc import Iterator, MutableMapping
from typing import TYPE_CHECKING, Any, Self

from horn.api.bounds import about
from horn.api.described import describe
from horn.api.keywords import ExactKeywords
from horn.api.optimizers.optimizer import Optimizer
from horn.api.optimizers.scaling import LossScaleOptimizer, inner_from
from horn.errors import ArgumentError
from horn.spec import ops

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from horn.state.variable import Variable

_log = logging.getLogger("horn")


class NoLearningRateError(ArgumentError, AttributeError):
    """Several optimizers were asked for one learning rate."""


class OptimizerMap(ExactKeywords, MutableMapping[str, Optimizer]):
    """Which optimizer updates which weight, by the path of the weight.

    A key is a path, as ``variable.path`` shows it, or a regular expression that fits a whole path. An
    equal path goes before expressions.

    Args:
        default_optimizer: For the weights that no key fits.
        optimizer_map: Keys to optimizers; more can be assigned, until training begins.

    Raises:
        ArgumentError: A value is no optimizer of its own, or a key is no regular expression, or is
            assigned twice; when a weight is looked up, that two expressions fit it.

    Example:
        >>> from horn.api.optimizers.descent import SGD
        >>> chosen = OptimizerMap(SGD(0.01), {"encoder/.*": SGD(0.5)})
        >>> chosen["encoder/dense/kernel"], chosen["decoder/dense/kernel"]
        (<SGD learning_rate=0.5>, <SGD learning_rate=0.01>)
    """

    def __init__(
        self, default_optimizer: Optimizer, optimizer_map: Mapping[str, Optimizer] | None = None
    ) -> None:
        _need_plain("OptimizerMap", "as default_optimizer", default_optimizer)
        if optimizer_map is not None and not isinstance(optimizer_map, dict):
            raise ArgumentError(
                "OptimizerMap was given optimizers without the paths that they are for.",
                expected="optimizer_map as a dictionary from paths to optimizers, or None",
                got=repr(optimizer_map),
                remedy='write OptimizerMap(SGD(0.01), {"encoder/.*": Adam(0.001)})',
            )
        self._default = default_optimizer
        self._chosen: dict[str, Optimizer] = {}
        with about("OptimizerMap", "optimizer_map"):
            for key, optimizer in (optimizer_map or {}).items():
                self[key] = optimizer

    @property
    def default_optimizer(self) -> Optimizer:
        """The optimizer of the weights that no key fits."""
        return self._default

    def __getitem__(self, key: str) -> Optimizer:
        """Return the optimizer for the weight of a path."""
        if key in self._chosen:
            return self._chosen[key]
        fitting = [pattern for pattern in self._chosen if re.fullmatch(pattern, key)]
        if len(fitting) > 1:
            raise ArgumentError(
                f"OptimizerMap has more than one optimizer for the weight {key!r}.",
                expected="one key that fits its path",
                got=", ".join(map(repr, fitting)),
                remedy=f"narrow the expressions, or name the weight itself by the key {key!r}",
            )
        return self._chosen[fitting[0]] if fitting else self._default

    def __setitem__(self, key: str, optimizer: Optimizer) -> None:
        """Let an optimizer update the weights whose path fits a key."""
        if not isinstance(key, str) or not _is_pattern(key):
            raise ArgumentError(
                "OptimizerMap was given a key that fits no path.",
                expected="a path, or a regular expression for paths",
                got=repr(key),
                remedy='write "encoder/.*", for example',
            )
        if key in self._chosen:
            raise ArgumentError(
                f"OptimizerMap has an optimizer for {key!r} already.",
                expected="each key once",
                got=f"{self._chosen[key]!r} and {optimizer!r}",
                remedy=f"delete it first: del optimizer_map[{key!r}]",
            )
        _need_plain("OptimizerMap", f"for {key!r}", optimizer)
        self._chosen[key] = optimizer

    def __delitem__(self, key: str) -> None:
        del self._chosen[key]

    def __contains__(self, key: object) -> bool:
        return key in self._chosen

    def __iter__(self) -> Iterator[str]:
        return iter(self._chosen)

    def __len__(self) -> int:
        return len(self._chosen)

    def __call__(self, variable: Variable) -> Optimizer:
        """Return the optimizer for a weight."""
        return self[variable.path]

    def get_config(self) -> dict[str, Any]:
        """Return the arguments that make an equal map; an optimizer under two keys becomes two."""
        described = {key: describe("keras.optimizers", value) for key, value in self._chosen.items()}
        return {
            "default_optimizer": describe("keras.optimizers", self._default),
            "optimizer_map": described,
        }

    @classmethod
    def from_config(cls, config: dict[str, Any], custom_objects: dict[str, Any] | None = None) -> Self:
        """Return a map made from what `get_config` returned."""
        chosen = config.get("optimizer_map") or {}
        made = {key: inner_from(value, custom_objects) for key, value in chosen.items()}
        return cls(inner_from(config["default_optimizer"], custom_objects), made)


class MultiOptimizer(Optimizer):
    """Several optimizers, each of which takes the steps of some of the weights.

    Everything that the optimizers within were made with, such as clipping, decay and averages, holds for
    their own weights: a `global_clipnorm` is that of these weights alone. The learning rates are theirs
    too: there is no common one to read, to assign, or for a callback to change.

    Args:
        optimizer_map: An `OptimizerMap`, or a function from a weight to its optimizer, which is called
            once for each weight.
        loss_scale_factor: As for `Optimizer`; it takes the place of those of the optimizers within.
        name: For messages.

    Attributes:
        optimizers: The optimizers within: those of the map, then its default, then any others in the
            order in which they were first chosen.

    Raises:
        ArgumentError: `optimizer_map` is neither; when the weights become known, that it gave one of
            them no optimizer, a `LossScaleOptimizer` or a `MultiOptimizer`.

    Example:
        >>> from horn.api.optimizers.descent import SGD
        >>> from horn.state.variable import Variable
        >>> weights = [Variable([1.0], name="encoder"), Variable([1.0], name="head")]
        >>> optimizer = MultiOptimizer(OptimizerMap(SGD(0.5), {"encoder": SGD(0.25)}))
        >>> optimizer.apply([np.ones(1, "float32")] * 2, weights)
        >>> [float(weight.numpy()[0]) for weight in weights]
        [0.75, 0.5]
    """

    def __init__(
        self,
        optimizer_map: OptimizerMap | Callable[[Variable], Optimizer],
        loss_scale_factor: float | None = None,
        name: str | None = None,
    ) -> None:
        if not callable(optimizer_map) or isinstance(optimizer_map, type):
            raise ArgumentError(
                "MultiOptimizer was not told which optimizer is for which weight.",
                expected="optimizer_map as an OptimizerMap, or as a function from a weight to an optimizer",
                got=repr(optimizer_map),
                remedy='write MultiOptimizer(OptimizerMap(SGD(0.01), {"encoder/.*": Adam(0.001)}))',
            )
        super().__init__(0.0, loss_scale_factor=loss_scale_factor, name=name)
        self.optimizer_map = optimizer_map
        self.optimizers: list[Optimizer] = []
        # The choice of each weight is made once: a function may return a new optimizer at each call.
        self._choices: list[tuple[Variable, Optimizer]] = []
        if isinstance(optimizer_map, OptimizerMap):
            self._adopt([*optimizer_map._chosen.values(), optimizer_map.default_optimizer])  # noqa: SLF001

    def _adopt(self, found: Iterable[Optimizer]) -> None:
        """Take optimizers in that are not there yet."""
        for optimizer in found:
            if not any(optimizer is known for known in self.optimizers):
                optimizer.loss_scale_factor = None  # the gradients that it gets are divided already
                if self._undecayed or self._undecayed_names:
                    optimizer.exclude_from_weight_decay(self._undecayed, self._undecayed_names)
                self.optimizers.append(optimizer)

    @property
    def learning_rate(self) -> Any:
        """There is none: each of `optimizers` has its own."""
        raise self._no_rate()

    @learning_rate.setter
    def learning_rate(self, value: Any) -> None:
        raise self._no_rate()

    def _no_rate(self) -> NoLearningRateError:
        return NoLearningRateError(
            f"The MultiOptimizer {self.name!r} has no learning rate of its own.",
            expected="the learning rate of one of the optimizers within",
            got="learning_rate of all together",
            remedy="read or assign it for each: for one in optimizer.optimizers: one.learning_rate = 0.01",
        )

    @property
    def variables(self) -> list[Variable]:
        """Its own counter and an unused rate, as in files of Keras, then those of the optimizers within."""
        return [*self.scalars(), *(held for optimizer in self.optimizers for held in optimizer.variables)]

    def within(self, variables: Sequence[Variable]) -> list[tuple[Optimizer, list[Variable]]]:
        """Return the optimizers within, each with those of the weights that it updates."""
        known = {id(variable) for variable, _ in self._choices}
        found = [(v, self._choose(v)) for v in variables if id(v) not in known]
        if found and not self._choices:
            self._say_unused([variable.path for variable in variables])
        self._adopt(optimizer for _, optimizer in found)
        self._choices += found
        choice = {id(variable): optimizer for variable, optimizer in self._choices}
        return [(one, [v for v in variables if choice[id(v)] is one]) for one in self.optimizers]

    def _choose(self, variable: Variable) -> Optimizer:
        optimizer = self.optimizer_map(variable)
        _need_plain("MultiOptimizer", f"for the weight {variable.path!r}", optimizer)
        return optimizer

    def _say_unused(self, paths: list[str]) -> None:
        """Say which keys of a map fit none of the weights: most likely they are misspelt."""
        if isinstance(self.optimizer_map, OptimizerMap):
            unused = [key for key in self.optimizer_map if not any(re.fullmatch(key, path) for path in paths)]
            unused = [key for key in unused if key not in paths]
            if unused:
                _log.warning(
                    "No trained weight has a path that fits %s; the first of the paths is %r.",
                    ", ".join(map(repr, unused)), paths[0],
                )  # fmt: skip

    def build(self, variables: Sequence[Variable]) -> None:
        """Make the slots of parameters that have none yet, in the optimizers within."""
        for optimizer, mine in self.within(variables):
            optimizer.build(mine)
        known = {id(owner) for owner in self._owners}
        self._owners += [variable for variable in variables if id(variable) not in known]

    def exclude_from_weight_decay(
        self, var_list: Iterable[Variable] | None = None, var_names: Iterable[str] | None = None
    ) -> None:
        """Let some weights not decay, whichever optimizer updates them; see `Optimizer`."""
        held, names = list(var_list or ()), list(var_names or ())
        super().exclude_from_weight_decay(held, names)
        for optimizer in self.optimizers:
            optimizer.exclude_from_weight_decay(held, names)

    def apply(self, grads: Sequence[Any], trainable_variables: Sequence[Variable] | None = None) -> None:
        """Take one step.

        Args:
            grads: One gradient for each Variable; a Variable without one, None, is left alone.
            trainable_variables: The parameters; default: those of `build`.
        """
        given = self._given(grads, trainable_variables)
        if all(grad is None for grad in grads):
            return
        self.build(given)
        if self.loss_scale_factor is not None:
            grads = [g if g is None else ops.divide(g, self.loss_scale_factor) for g in grads]
        grad_of = {id(variable): grad for variable, grad in zip(given, grads, strict=True)}
        for optimizer, mine in self.within(given):
            optimizer.apply([grad_of[id(variable)] for variable in mine], mine)
        self._iterations.assign(self._iterations + 1)

    def finalize_variable_values(self, var_list: Sequence[Variable]) -> None:
        """Put averages in the place of the weights whose optimizers keep them."""
        for optimizer, mine in self.within(var_list):
            optimizer.finalize_variable_values(mine)

    def get_config(self) -> dict[str, Any]:
        """Return the arguments that make an equal optimizer; of a function, there is only its name."""
        return {
            "optimizer_map": describe("keras.optimizers", self.optimizer_map),
            "loss_scale_factor": self.loss_scale_factor,
            "name": self.name,
        }

    @classmethod
    def from_config(cls, config: dict[str, Any], custom_objects: dict[str, Any] | None = None) -> Self:
        """Return an optimizer made from what `get_config` returned.

        Args:
            config: The dictionary.
            custom_objects: Names to classes of your own, and to the function if there was one in place of
                a map.
        """
        found = config["optimizer_map"]
        if isinstance(found, str):
            found = _function(found, custom_objects or {})
        elif isinstance(found, dict):
            found = OptimizerMap.from_config(found["config"], custom_objects)
        return cls(**{**config, "optimizer_map": found})

    def __repr__(self) -> str:
        return f"<MultiOptimizer of {', '.join(map(repr, self.optimizers)) or 'a function'}>"


def _function(name: str, known: dict[str, Any]) -> Any:
    """Return the function that was in place of a map."""
    if name in known:
        return known[name]
    raise ArgumentError(
        f"The configuration of a MultiOptimizer has the name {name!r} alone of the function that chooses.",
        expected="the function in custom_objects",
        got=f"custom_objects with {', '.join(known) or 'nothing'}",
        remedy=f"pass custom_objects={{{name!r}: the function}}",
    )


def _is_pattern(key: str) -> bool:
    try:
        re.compile(key)
    except re.error:
        return False
    return True


def _need_plain(owner: str, place: str, found: Any) -> None:
    """Raise `ArgumentError` unless something is an optimizer of its own."""
    if isinstance(found, Optimizer) and not isinstance(found, LossScaleOptimizer | MultiOptimizer):
        return
    raise ArgumentError(
        f"{owner} was given no optimizer of its own {place}.",
        expected="an Optimizer such as SGD(0.01); a LossScaleOptimizer goes around all of them",
        got=repr(found),
        remedy="write LossScaleOptimizer(MultiOptimizer(...)) for a scale that finds its own size"
        if isinstance(found, Optimizer)
        else "write SGD(0.01), for example",
    )
