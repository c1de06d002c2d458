"""A Horn model as pure functions over dictionaries of arrays, for loops written in JAX."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from horn import contract
from horn.state.pure import Scope
from horn.state.random import in_step

if TYPE_CHECKING:
    from collections.abc import Callable


def functional(model: Any) -> tuple[dict[str, Any], dict[str, Any], Callable[..., tuple[Any, dict[str, Any]]]]:
    """Return ``(params, state, apply)`` of a built model whose backend is ``"jax"``.

    ``apply(params, state, *inputs, training=False, step=0)`` gives the outputs and the new state. It
    has no side effect, so it can be jitted, differentiated and mapped. `step` numbers the draws of
    dropout.

    Args:
        model: A built Horn model; its values are copied.

    Example:
        >>> import jax, jax.numpy as jnp, horn
        >>> model = horn.Sequential([horn.Input((3,)), horn.layers.Dense(1)], backend="jax")
        >>> params, state, apply = functional(model)
        >>> grads = jax.grad(lambda p: apply(p, state, jnp.ones((2, 3)))[0].sum())(params)
        >>> sorted(grads) == sorted(params)
        True
    """
    backend, trained = model.backend, {id(variable) for variable in model.trainable_variables}
    names = {f"{number}/{variable.path}": variable for number, variable in enumerate(model.variables)}
    values = {name: backend.copy(variable.tensor(backend)) for name, variable in names.items()}

    def apply(
        params: dict[str, Any], state: dict[str, Any], *inputs: Any, training: bool = False, step: Any = 0
    ) -> tuple[Any, dict[str, Any]]:
        given = {**params, **state}
        scope = Scope(list(names.values()), [given[name] for name in names])
        with contract.context(backend=backend), in_step(step, training=training), scope.active() as running:
            outputs = model(*inputs, training=training)
        return outputs, {name: running.values[id(names[name])] for name in state}

    params = {name: value for name, value in values.items() if id(names[name]) in trained}
    return params, {name: value for name, value in values.items() if name not in params}, apply
