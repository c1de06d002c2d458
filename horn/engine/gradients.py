"""Gradients of user functions: `grad` and `value_and_grad`, by arguments or by Variables.

Both nest, and mean the same in eager code, in a traced step and inside of one another.
"""

from __future__ import annotations

from contextvars import ContextVar
from typing import TYPE_CHECKING, Any

from horn import contract, tree
from horn.errors import ShapeError
from horn.spec.boxes import Tape
from horn.spec.graph import spec_of
from horn.spec.laws import show
from horn.spec.namespace import ops
from horn.state.pure import Scope, Watching
from horn.state.variable import scope

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from horn.state.variable import Variable

prefer_native: ContextVar[bool] = ContextVar("horn_prefer_native", default=False)
"""Whether eager gradients by Variables use the framework's own; set while a step runs eagerly."""


def value_and_grad(
    fn: Callable[..., Any], variables: Sequence[Variable] | None = None, *, argnums: int = 0, has_aux: bool = False
) -> Callable[..., tuple[Any, Any]]:
    """Return a function that gives the value of `fn` and its gradient.

    Args:
        fn: Returns a scalar tensor, or with `has_aux` a pair of one and any tree beside it.
        variables: What to differentiate by; None for a positional argument.
        argnums: Which argument to differentiate by, where `variables` is None; it may be a tree.
        has_aux: Whether `fn` returns something beside the scalar.

    Returns:
        ``(*args, **kwargs) -> (value, gradient)``, where the value is what `fn` returned and the
        gradient a list, one for each Variable, or a tree like the argument.

    Raises:
        ShapeError: `fn` returned no scalar.

    Example:
        >>> value, gradient = value_and_grad(lambda x: ops.sum(x * x))(np.array([1.0, 2.0]))
        >>> float(value), gradient
        (5.0, array([2., 4.]))
    """

    def by_variables(*args: Any, **kwargs: Any) -> tuple[Any, Any]:
        assert variables is not None
        backend = contract.current_backend()
        if prefer_native.get() and backend.value_and_grad is not None and scope.get() is None:
            return _native(backend, fn, list(variables), args, kwargs, has_aux=has_aux)
        tape = Tape()
        with tape.active(), Watching(tape, list(variables)).active() as watching:
            result = fn(*args, **kwargs)
        return _finish(tape, result, watching.boxes, has_aux=has_aux)

    def by_argument(*args: Any, **kwargs: Any) -> tuple[Any, Any]:
        tape = Tape()
        with tape.active():
            given = list(args)
            boxes = [tape.watch(_tensor(leaf)) for leaf in tree.flatten(args[argnums])]
            given[argnums] = tree.unflatten(args[argnums], list(boxes))
            result = fn(*given, **kwargs)
        value, grads = _finish(tape, result, boxes, has_aux=has_aux)
        return value, tree.unflatten(args[argnums], grads)

    return by_argument if variables is None else by_variables


def grad(
    fn: Callable[..., Any], variables: Sequence[Variable] | None = None, *, argnums: int = 0, has_aux: bool = False
) -> Callable[..., Any]:
    """Return a function that gives the gradient of `fn`; see `value_and_grad` for the arguments.

    With `has_aux` it gives the gradient and what `fn` returned beside the scalar.

    Example:
        >>> float(grad(grad(lambda x: x * x * x))(np.float64(2.0)))
        12.0
    """
    both = value_and_grad(fn, variables, argnums=argnums, has_aux=has_aux)

    def gradient(*args: Any, **kwargs: Any) -> Any:
        value, grads = both(*args, **kwargs)
        return (grads, value[1]) if has_aux else grads

    return gradient


def _tensor(value: Any) -> Any:
    stored = getattr(type(value), "__horn_value__", None)
    if stored is not None:
        return stored(value)
    if isinstance(value, int | float):
        return ops.full((), float(value))
    return value


def _finish(tape: Tape, result: Any, sources: list[Any], *, has_aux: bool) -> tuple[Any, list[Any]]:
    loss = result[0] if has_aux else result
    _check_scalar(loss)
    one = ops.ones_like(_inside(tape, loss))
    grads = tape.backward([loss], [one], sources)
    value = tree.map_structure(lambda leaf: _inside(tape, leaf), result)
    return value, [
        ops.zeros_like(source.value) if g is None else g for source, g in zip(sources, grads, strict=True)
    ]


def _inside(tape: Tape, value: Any) -> Any:
    return value.value if tape.owns(value) else value


def _check_scalar(loss: Any) -> None:
    shape = spec_of(loss).shape
    if shape:
        raise ShapeError(
            "A gradient was asked for of something that is no scalar.",
            expected="a loss of shape ()",
            got=show(shape),
            remedy="reduce it first, with ops.mean or ops.sum",
        )


def _native(
    backend: Any, fn: Callable[..., Any], variables: list[Variable], args: Any, kwargs: Any, *, has_aux: bool
) -> tuple[Any, list[Any]]:
    """Differentiate with the framework's own gradient, for code that reads values of tensors."""
    assigned: list[Variable] = []

    def run(values: list[Any]) -> Any:
        with Scope(variables, values).active() as running:
            result = fn(*args, **kwargs)
        assigned[:] = running.assigned.values()
        loss, aux = result if has_aux else (result, None)
        # What was assigned leaves as a result, since the framework may have traced it.
        return loss, (aux, [running.values[id(variable)] for variable in assigned])

    (loss, (aux, new_values)), grads = backend.value_and_grad(run, [v.tensor(backend) for v in variables])
    for variable, value in zip(assigned, new_values, strict=True):
        variable.store(value)
    return ((loss, aux) if has_aux else loss), grads
