"""Runs a traced step on JAX: one compiled function for many steps, with the state donated to it.

The loop over the steps is inside of that function and its length is an argument, so that one
compiled body serves every number of steps and the number never changes a bit of the result. A
convolution inside of a loop takes XLA's CPU compiler a path that is some forty times slower; such
a step is dispatched once for each batch.

Donated memory is deleted, so a runner donates only what it made itself: whatever else stands in
the state (the first values, an assignment) is copied before, and nobody loses a tensor he holds.
"""

from __future__ import annotations

from collections import OrderedDict, deque
from itertools import chain, starmap
from operator import is_
from typing import TYPE_CHECKING, Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jax import lax

from horn import dtypes
from horn_jax.kernel import WIDE_NAMES, compiled, in_64_bits, is_wide

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from horn.contract import Backend
    from horn.spec.program import Program

_KEPT = 8  # compiled functions of one step
_LARGE = 1024  # elements of a constant that becomes an argument
_copies = compiled(lambda tensors: [jnp.copy(x) for x in tensors], nested=True)
_CONVOLUTIONS = ("convolution", "convolution_input_grad", "convolution_kernel_grad")


class Compiled(NamedTuple):
    """A compiled function and what it is called with each time.

    Attributes:
        function: Takes the constants, the state that it changes, the state that it reads, the
            arrays, the order or None, and one step or the range of steps; returns the changed
            state and the results as one flat list.
        constants: Large constants of the graph. As literals XLA would fold and copy them.
        wide: Whether it runs in 64 bits.
    """

    function: Callable[..., Any]
    constants: list[jax.Array]
    wide: bool


class JaxRunner:
    """What runs a step; see `horn.engine.compile` for the arguments of a call.

    Args:
        step: The traced step.
        backend: The JAX backend.
    """

    def __init__(self, step: Any, backend: Backend) -> None:
        self.step = step
        self.backend = backend
        self._updates = list(step.updates)
        self._read = [i for i in range(step.n_state) if i not in set(self._updates)]
        slow_in_loops = _platform() == "cpu" and any(map(step.contains, _CONVOLUTIONS))
        self._one_by_one = slow_in_loops or not self._updates
        self._compiled: OrderedDict[Any, Compiled] = OrderedDict()
        self._own: list[Any] = [None] * len(self._updates)

    def __call__(
        self, state: list[Any], arrays: Sequence[Any], order: Any, start: int, count: int
    ) -> list[Any]:
        """Run `count` steps, put the new state into the list, return the results of the last."""
        compiled = self._find(state, arrays, order)
        if not self._one_by_one:
            return self._dispatch(compiled, state, arrays, order, (np.int32(start), np.int32(start + count)))
        results: list[Any] = []
        for i in range(start, start + count):
            step = None if order is None else np.int32(i)  # nothing else reads it, and passing it costs
            results = self._dispatch(compiled, state, arrays, order, (step,))
        return results

    def _dispatch(
        self, compiled: Compiled, state: list[Any], arrays: Sequence[Any], order: Any, steps: Any
    ) -> list[Any]:
        if not self._updates:  # nothing is donated
            args = (compiled.constants, [], state, list(arrays), order, *steps)
            return in_64_bits(compiled.function, *args) if compiled.wide else compiled.function(*args)
        self._copy_foreign(state)
        changed, read = self._divide(state)
        args = (compiled.constants, changed, read, list(arrays), order, *steps)
        # The call and the assignments happen inside of one call of `deque`. Python tells of a
        # Ctrl-C only between instructions, so it never finds the old state deleted and no new one.
        outputs = chain.from_iterable(starmap(compiled.function, [args]))
        assignments = map(state.__setitem__, self._updates, outputs)
        if compiled.wide:
            in_64_bits(deque, assignments, 0)
        else:
            deque(assignments, 0)
        self._own = [state[i] for i in self._updates]
        return in_64_bits(list, outputs) if compiled.wide else list(outputs)

    def _divide(self, state: list[Any]) -> tuple[list[Any], list[Any]]:
        """Return the state that the step changes and the state that it only reads."""
        return [state[i] for i in self._updates], [state[i] for i in self._read]

    def _copy_foreign(self, state: list[Any]) -> None:
        """Replace what this runner did not make by a copy that it may donate."""
        changed = [state[i] for i in self._updates]
        if all(map(is_, changed, self._own)):
            return
        foreign = [i for i, value, own in zip(self._updates, changed, self._own, strict=True) if value is not own]
        for i, copied in zip(foreign, _copies([state[i] for i in foreign]), strict=True):
            state[i] = copied

    # -- compiling ---------------------------------------------------------------------------

    def _find(self, state: list[Any], arrays: Sequence[Any], order: Any) -> Compiled:
        key = (tuple([(x.shape, x.dtype) for x in arrays]), None if order is None else order.aval)
        found = self._compiled.get(key)
        if found is None:
            found = self._compiled[key] = self._compile(state, arrays, order)
            while len(self._compiled) > _KEPT:
                self._compiled.popitem(last=False)
        self._compiled.move_to_end(key)
        return found

    def _compile(self, state: list[Any], arrays: Sequence[Any], order: Any) -> Compiled:
        shapes = [x.shape if order is None else (order.shape[1], *x.shape[1:]) for x in arrays]
        program = self.step.program(self.backend, shapes)
        makes = any(out.spec.dtype in WIDE_NAMES for out in program.graph.outputs)
        wide = makes or is_wide((state, arrays))
        function = self._one_step(program) if self._one_by_one else self._loop(program)
        one = None if order is None else np.int32(0)
        steps = (one,) if self._one_by_one else (np.int32(0), np.int32(0))
        args = (*self._divide(state), list(arrays), order, *steps)
        constants, hoisted = in_64_bits(_hoist, function, args) if wide else _hoist(function, args)
        return Compiled(jax.jit(hoisted, donate_argnums=1), constants, wide)

    def _one_step(self, program: Program) -> Callable[..., list[Any]]:
        """Return step number i, on the rows that the order names for it or on the arrays."""
        specs = [out.spec for out in program.graph.outputs]
        places = [*self._updates, *self._read]

        def run(changed: list[Any], read: list[Any], arrays: list[Any], order: Any, i: Any) -> list[Any]:
            state: list[Any] = [None] * len(places)
            for place, value in zip(places, (*changed, *read), strict=True):
                state[place] = value
            if order is not None:
                rows = lax.dynamic_index_in_dim(order, i, keepdims=False)
                arrays = [jnp.take(x, rows, axis=0, mode="clip") for x in arrays]
            outputs = program(*state, *arrays)
            # A conversion to its own dtype takes the weak type off, which would not match the carry.
            return [
                lax.convert_element_type(x, dtypes.numpy_dtype(spec.dtype))
                for x, spec in zip(outputs, specs, strict=True)
            ]

        return run

    def _loop(self, program: Program) -> Callable[..., list[Any]]:
        """Return a loop over a range of steps."""
        run = self._one_step(program)
        n = len(self._updates)
        specs = [out.spec for out in program.graph.outputs[n:]]

        def run_all(
            changed: list[Any], read: list[Any], arrays: list[Any], order: Any, start: Any, stop: Any
        ) -> list[Any]:
            def body(i: Any, carry: list[Any]) -> list[Any]:
                return run(carry[:n], read, arrays, order, i)

            results = [jnp.zeros(spec.shape, dtypes.numpy_dtype(spec.dtype)) for spec in specs]
            return lax.fori_loop(start, stop, body, [*changed, *results])

        return run_all


def _platform() -> str:
    """Return the kind of the devices on which new tensors live."""
    chosen = jax.config.jax_default_device
    return getattr(chosen, "platform", chosen) or jax.default_backend()


def _hoist(function: Callable[..., Any], args: Any) -> tuple[list[Any], Callable[..., Any]]:
    """Return the large constants of a function, and the function with those as first argument."""
    closed = jax.make_jaxpr(function)(*args)
    large = [i for i, value in enumerate(closed.consts) if np.size(value) > _LARGE]

    def horn_step(constants: list[Any], *args: Any) -> list[Any]:
        held = list(closed.consts)
        for i, value in zip(large, constants, strict=True):
            held[i] = value
        return jax.core.eval_jaxpr(closed.jaxpr, held, *jax.tree.leaves(args))

    return [closed.consts[i] for i in large], horn_step
