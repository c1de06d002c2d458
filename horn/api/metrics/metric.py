"""`Metric`: state that moves with every batch, kept on the device until it is read."""

from __future__ import annotations

from typing import Any

from horn import dtypes, settings
from horn.api import bounds, initializers
from horn.api.keywords import ExactKeywords
from horn.api.naming import automatic_name, snake_case
from horn.errors import ArgumentError
from horn.spec import ops
from horn.state.variable import Variable


class Metric(ExactKeywords):
    """The base of metrics.

    A subclass makes its state with `add_sum` or `add_variable`, moves it in `update_state` and
    reads it in `result`, with ops. Sums that are moved with `accumulate` do not stop growing:
    a float32 that is added to would, at 2**24.

    Args:
        dtype: Of the state and of the result; float32 or wider whatever is given.
        name: For logs.

    Shapes:
        y_true:  (batch, ...)
        y_pred:  (batch, ...), as `y_true`
        result:  (), unless it is said otherwise

    Raises:
        ArgumentError: An argument has a value that it cannot have, or does not exist.
        ShapeError: Targets and outputs do not go together, when it is called.

    Example:
        >>> class Largest(Metric):
        ...     def __init__(self):
        ...         super().__init__(name="largest")
        ...         self.value = self.add_variable(name="value")
        ...     def update_state(self, y_true, y_pred, sample_weight=None):
        ...         self.value.assign(ops.maximum(self.value, ops.max(y_pred)))
        ...     def result(self):
        ...         return self.value + 0.0
        >>> metric = Largest()
        >>> float(metric([0.0], [3.0]))
        3.0
    """

    def __init__(self, dtype: Any = None, name: str | None = None) -> None:
        kind = type(self).__name__
        self.name = bounds.name(kind, name) or automatic_name(snake_case(kind))
        with bounds.about(kind, "dtype"):
            self._given_dtype = None if dtype is None else dtypes.canonical(dtype)
        self._dtype = dtypes.promote("float32", self._given_dtype or settings.floatx())
        self._variables: list[Variable] = []
        self._sums: list[tuple[Variable, Variable]] = []

    @property
    def dtype(self) -> str:
        """The dtype of the state and of the result."""
        return self._dtype

    @property
    def variables(self) -> list[Variable]:
        """All state."""
        return list(self._variables)

    # -- state -----------------------------------------------------------------------------------

    def add_variable(
        self,
        shape: tuple[int, ...] = (),
        initializer: Any = "zeros",
        dtype: Any = None,
        aggregation: str | None = "sum",
        name: str = "state",
    ) -> Variable:
        """Return a new piece of state, which a reset sets to zero.

        Args:
            shape: Its sizes.
            initializer: Of its first value.
            dtype: Default: that of the metric.
            aggregation: Accepted for Keras's sake: state lives in one place here.
            name: For messages and files.
        """
        del aggregation
        if not all(isinstance(size, int) for size in shape):
            raise ArgumentError(
                f"The state {name!r} of metric {self.name!r} cannot have an unknown size.",
                expected="a fixed size on every axis",
                got=str(shape),
                remedy="fix that axis of the model's output",
            )
        kind = dtypes.canonical(dtype or self._dtype)
        value = initializers.get(initializer or "zeros")(tuple(shape), kind)
        variable = Variable(value, dtype=kind, trainable=False, name=f"{self.name}/{name}")
        self._variables.append(variable)
        return variable

    add_weight = add_variable

    def add_sum(self, name: str = "total", shape: tuple[int, ...] = ()) -> Variable:
        """Return a new sum, which `accumulate` adds to; beside it stands what rounding holds back."""
        total = self.add_variable(shape, name=name)
        self._sums.append((total, self.add_variable(shape, name=f"{name}_carry")))
        return total

    def accumulate(self, *steps: tuple[Variable, Any]) -> None:
        """Add a value to each of some sums that `add_sum` made.

        Args:
            *steps: Pairs of a sum and what to add to it, a tensor or a number.
        """
        totals = [total for total, _ in steps]
        carries = [next(carry for one, carry in self._sums if one is total) for total in totals]
        moved = ops.accumulate(totals, carries, [value for _, value in steps])
        for variable, value in zip([*totals, *carries], moved, strict=True):
            variable.assign(value)

    # -- what subclasses write -------------------------------------------------------------------

    def update_state(self, *args: Any, **kwargs: Any) -> None:
        """Take a batch into account: ``(y_true, y_pred, sample_weight=None)``."""
        raise NotImplementedError(f"{type(self).__name__} has no `update_state`")

    def result(self) -> Any:
        """Return the figure for everything seen since the last reset."""
        raise NotImplementedError(f"{type(self).__name__} has no `result`")

    def reset_state(self) -> None:
        """Forget everything seen."""
        for variable in self._variables:
            variable.clear()

    # -- the rest --------------------------------------------------------------------------------

    def get_config(self) -> dict[str, Any]:
        """Return the arguments that make an equal metric."""
        return (
            {"name": self.name}
            if self._given_dtype is None
            else {"name": self.name, "dtype": self._given_dtype}
        )

    @classmethod
    def from_config(cls, config: dict[str, Any]) -> Metric:
        """Return a metric made from what `get_config` returned."""
        return cls(**config)

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        """Update and return the result."""
        self.update_state(*args, **kwargs)
        return self.result()

    def __repr__(self) -> str:
        return f"<{type(self).__name__} {self.name!r}>"
