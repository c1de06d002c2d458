"""Pure runs: stateful code, run with the values of its Variables passed in and handed back.

Authors write ``self.count.assign(self.count + 1)``; machines run functions. A `Scope` is the
seam: while it is active, reading a Variable gives the scope's value and assigning notes a new one.
"""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, Self

from horn.spec.boxes import Box, Tape
from horn.spec.graph import spec_of
from horn.spec.namespace import ops
from horn.state.variable import Variable, scope

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    from horn.spec.graph import Symbol, Trace


class Scope:
    """The values of some Variables during a run.

    Args:
        variables: The Variables whose values the run carries.
        values: One for each.
    """

    def __init__(self, variables: Iterable[Variable] = (), values: Iterable[Any] = ()) -> None:
        self.parent = scope.get()
        self.values: dict[int, Any] = {}
        self.known: dict[int, Variable] = {}
        self.assigned: dict[int, Variable] = {}
        for variable, value in zip(variables, values, strict=True):
            self.values[id(variable)] = value
            self.known[id(variable)] = variable

    @contextmanager
    def active(self) -> Iterator[Self]:
        """Let the block read and assign through this scope; the old one always comes back."""
        token = scope.set(self)
        try:
            yield self
        finally:
            scope.reset(token)

    def read(self, variable: Variable) -> Any:
        """Return the value that a Variable has in this run."""
        if id(variable) in self.values:
            return self.values[id(variable)]
        return self.missing(variable)

    def missing(self, variable: Variable) -> Any:
        """Return the value of a Variable that the run does not carry."""
        if self.parent is not None:
            return self.parent.read(variable)
        return variable.present()

    def write(self, variable: Variable, value: Any) -> None:
        """Note an assignment; later reads see it."""
        if isinstance(value, Variable):
            value = self.read(value)
        if spec_of(value).dtype != variable.dtype:
            value = ops.cast(value, variable.dtype)
        self.values[id(variable)] = value
        self.assigned[id(variable)] = variable
        self.known[id(variable)] = variable


class Discovery(Scope):
    """A scope that finds out which Variables a traced run uses: each read makes a new input."""

    def __init__(self, trace: Trace) -> None:
        super().__init__()
        self.trace = trace
        self.inputs: list[tuple[Variable, Symbol]] = []

    def missing(self, variable: Variable) -> Any:
        """Return a new symbolic input that stands for the Variable's value."""
        symbol = self.trace.input(variable.spec)
        self.values[id(variable)] = symbol
        self.known[id(variable)] = variable
        self.inputs.append((variable, symbol))
        return symbol

    def write(self, variable: Variable, value: Any) -> None:
        """Note an assignment, and count the Variable among the inputs."""
        if id(variable) not in self.values:
            self.missing(variable)
        super().write(variable, value)


class Watching(Scope):
    """A scope in which a tape watches some Variables; assignments go through to the outside."""

    def __init__(self, tape: Tape, variables: Sequence[Variable]) -> None:
        outer = scope.get()
        present = [v.__horn_value__() if outer is None else outer.read(v) for v in variables]
        self.tape = tape
        self.boxes = [tape.watch(value) for value in present]
        super().__init__(variables, self.boxes)

    def write(self, variable: Variable, value: Any) -> None:
        """Assign outside, with the tape's boxes taken off."""
        if isinstance(value, Variable):
            value = self.read(value)
        while isinstance(value, Box) and value.tape is self.tape:
            value = value.value
        self.values.pop(id(variable), None)
        if self.parent is not None:
            self.parent.write(variable, value)
        else:
            variable.store(value)


def pure(fn: Callable[..., Any], variables: Sequence[Variable]) -> Callable[..., tuple[Any, list[Any]]]:
    """Return `fn` as a function of the values of its Variables.

    Args:
        fn: Any function that reads and assigns Variables.
        variables: Those whose values are passed in and handed back.

    Returns:
        ``(values, *args, **kwargs) -> (outputs, new_values)``. The Variables themselves are not
        changed; one that is not listed keeps its meaning.

    Example:
        >>> count = Variable(1.0)
        >>> def bump():
        ...     count.assign(count * 2)
        ...     return count + 0
        >>> pure(bump, [count])([np.float32(5.0)])
        (np.float32(10.0), [np.float32(10.0)])
    """

    def run(values: Sequence[Any], *args: Any, **kwargs: Any) -> tuple[Any, list[Any]]:
        with Scope(variables, values).active() as running:
            outputs = fn(*args, **kwargs)
            return outputs, [running.values[id(variable)] for variable in variables]

    return run
