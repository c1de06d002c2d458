"""`Weighted`: what a layer holds, weights, sub-layers and penalties, and which of it is trained."""

from __future__ import annotations

from types import FunctionType
from typing import TYPE_CHECKING, Any, ClassVar

from horn import dtypes, tree
from horn.api import constraints, initializers, regularizers
from horn.api.bounds import flag
from horn.api.docstrings import Documented
from horn.api.layers import calls
from horn.errors import ArgumentError, ShapeError
from horn.spec import graph, sizes
from horn.spec.graph import spec_of
from horn.spec.op import Op
from horn.state.variable import Variable

if TYPE_CHECKING:
    import numpy as np

    from horn.api.policies import DTypePolicy


class Weighted(Documented):
    """The base of `Layer`: weights that are made with `add_weight`, and the layers within.

    Whatever is an attribute, or in a list or dictionary that is one, is found by itself, unless its
    name begins with an underscore.
    """

    name: str
    dtype_policy: DTypePolicy
    changed: ClassVar[object] = object()
    """Another object after each change of what any layer holds or trains, but for changes within lists
    and dictionaries and of a Variable's `trainable`: who keeps what it found in a layer compares."""

    def __setattr__(self, name: str, value: Any) -> None:
        old = self.__dict__.get(name)
        super().__setattr__(name, value)
        if name[0] != "_" and (isinstance(value, _HOLDERS) or isinstance(old, _HOLDERS)):
            self.note_change()

    def __delattr__(self, name: str) -> None:
        super().__delattr__(name)
        self.note_change()

    @staticmethod
    def note_change() -> None:
        """Let whoever keeps what it found in a layer look again."""
        Weighted.changed = object()

    def __init__(self, *, trainable: bool) -> None:
        self._trainable = trainable
        self._own_variables: list[Variable] = []
        self._added_losses: list[tuple[Any, Any]] = []

    def add_weight(
        self,
        shape: tuple[int, ...] = (),
        initializer: Any = "glorot_uniform",
        dtype: str | None = None,
        trainable: bool = True,
        name: str = "variable",
        regularizer: Any = None,
        constraint: Any = None,
        autocast: bool = True,
    ) -> Variable:
        """Return a new weight of this layer.

        Args:
            shape: Its sizes.
            initializer: A name, an `Initializer`, or a function of shape and dtype.
            dtype: Default: that of the layer.
            trainable: Whether optimizers change it.
            name: For messages and files.
            regularizer: A name, a `Regularizer`, or a function of the weight; its penalty is added to
                the loss while the weight is trained.
            constraint: A name, a `Constraint`, or a function of the weight, applied after each step.
            autocast: Whether the layer reads it in the dtype that it computes in.
        """
        regularizer, constraint = regularizers.get(regularizer), constraints.get(constraint)
        for size in shape:
            if not isinstance(size, int):
                raise ArgumentError(
                    f"The weight {name!r} of layer {self.name!r} cannot have an unknown size.",
                    expected="a fixed size on every axis",
                    got=str(shape),
                    remedy="fix that axis of the input, for example Input(shape=(28, 28, 1))",
                )
        value: np.ndarray = initializers.get(initializer)(
            tuple(shape), dtypes.canonical(dtype or self.variable_dtype)
        )
        variable = Variable(value, trainable=trainable, name=name)
        variable.awaits_layer, variable.autocast = True, autocast
        variable.regularizer, variable.constraint = regularizer, constraint
        variable.path = f"{graph.current_scope() or self.name}/{name}"
        self._own_variables.append(variable)
        self.note_change()
        return variable

    @property
    def dtype(self) -> str:
        """The dtype of the weights."""
        return self.dtype_policy.variable_dtype

    @property
    def variable_dtype(self) -> str:
        """The dtype of the weights."""
        return self.dtype_policy.variable_dtype

    @property
    def compute_dtype(self) -> str:
        """The dtype that the layer computes in."""
        return self.dtype_policy.compute_dtype

    @property
    def trainable(self) -> bool:
        """Whether optimizers change the weights; set it to freeze a layer and all within."""
        return self._trainable

    @trainable.setter
    def trainable(self, value: bool) -> None:
        self._trainable = flag(self.name, "trainable", value)
        for layer in self.sublayers():
            layer.trainable = value
        self.note_change()

    def sublayers(self) -> list[Any]:
        """Return the layers that are attributes of this one, directly or in lists, in order."""
        found: dict[int, Any] = {}
        for value in self._held():
            _collect(value, Weighted, found)
        return list(found.values())

    def _held(self) -> list[Any]:
        """Return the public attributes that may be or hold layers or weights."""
        return [value for key, value in vars(self).items() if type(value) not in _PLAIN and key[0] != "_"]

    @property
    def variables(self) -> list[Variable]:
        """All weights and state of this layer and of its sub-layers, each once."""
        found: dict[int, Variable] = {}
        for value in self._held():
            _collect(value, Variable, found)
        for layer in self.sublayers():
            found.update({id(v): v for v in layer.variables})
        # Own weights come first, in the order in which they were made.
        own = {id(v): v for v in self._own_variables}
        return list({**own, **found}.values())

    weights = variables

    def tells_changes(self) -> bool:
        """Return whether `changed` tells of any change here and within: no list or dictionary may grow."""
        for name in ("variables", "trainable_variables"):
            if getattr(type(self), name) is not getattr(Weighted, name):
                return False  # who overrides them may look anywhere
        return not any(map(_may_grow, self._held())) and all(x.tells_changes() for x in self.sublayers())

    @property
    def trainable_variables(self) -> list[Variable]:
        """The weights that optimizers change."""
        return [v for v in self._unfrozen() if v.trainable]

    def _unfrozen(self) -> list[Variable]:
        """Return the weights that no frozen layer holds."""
        frozen = {id(v) for layer in self._frozen() for v in layer.variables}
        return [v for v in self.variables if id(v) not in frozen]

    trainable_weights = trainable_variables

    @property
    def non_trainable_variables(self) -> list[Variable]:
        """The weights and state that optimizers leave alone."""
        trained = {id(v) for v in self.trainable_variables}
        return [v for v in self.variables if id(v) not in trained]

    non_trainable_weights = non_trainable_variables

    def add_loss(self, loss: Any) -> None:
        """Add a scalar to the loss of this call; to be called in `call`.

        Args:
            loss: A scalar tensor made from the inputs or weights, or a list of them.
        """
        for value in tree.flatten(loss):
            if spec_of(value).shape != ():
                raise ShapeError(
                    f"Layer {self.name!r} added a loss that is no scalar.",
                    expected="a tensor of shape ()",
                    got=f"shape {sizes.public(spec_of(value).shape)}",
                    remedy="reduce it first, for example with ops.mean",
                )
            run = calls.current()
            (self._added_losses if run is None else run.losses).append((self, value))

    def layers_within(self) -> list[Any]:
        """Return this layer and all layers within, in order."""
        return [self, *(inner for layer in self.sublayers() for inner in layer.layers_within())]

    @property
    def losses(self) -> list[Any]:
        """Scalars that the loss includes: what was added in the last call, then the penalties of weights."""
        run = calls.current()
        added = self._added_losses if run is None else run.losses
        if added:
            mine = set(map(id, self.layers_within()))
            added = [pair for pair in added if id(pair[0]) in mine]
        penalties = [v.regularizer(v) for v in self.trainable_variables if v.regularizer is not None]
        return [*(loss for _, loss in added), *penalties]

    def _frozen(self) -> list[Any]:
        if not self._trainable:
            return [self]
        return [frozen for layer in self.sublayers() for frozen in layer._frozen()]

    def count_params(self) -> int:
        """Return the number of elements in all weights."""
        return sum(int(v.spec.size) for v in self.variables)  # type: ignore[arg-type]

    def get_weights(self) -> list[np.ndarray]:
        """Return the values of all weights as new NumPy arrays."""
        return [variable.numpy() for variable in self.variables]

    def set_weights(self, values: list[Any]) -> None:
        """Assign to all weights, in the order of `get_weights`; all shapes are checked first."""
        variables = self.variables
        shapes = [spec_of(value).shape for value in values]
        if shapes != [variable.shape for variable in variables]:
            raise ArgumentError(
                f"Layer {self.name!r} was given weights of other shapes.",
                expected=str([variable.shape for variable in variables]),
                got=str(shapes),
                remedy="pass what get_weights() of an equal layer returned",
            )
        for variable, value in zip(variables, values, strict=True):
            variable.assign(value)


_HOLDERS = (Weighted, Variable, list, tuple, dict)
"""Types of attributes that are or hold layers or weights."""

_PLAIN = {bool, int, float, str, type(None), FunctionType, Op}
"""Types of attributes that hold no layers."""


def _may_grow(value: Any) -> bool:
    """Return whether something can be added within a value that is no layer."""
    return isinstance(value, list | dict) or (isinstance(value, tuple) and any(map(_may_grow, value)))


def _collect(value: Any, kind: type, found: dict[int, Any]) -> None:
    """Add every `kind` in a value, or in the lists and dictionaries that it is."""
    if isinstance(value, kind):
        found[id(value)] = value
    elif isinstance(value, list | tuple):
        for item in value:
            _collect(item, kind, found)
    elif isinstance(value, dict):
        for item in value.values():
            _collect(item, kind, found)
