"""How a step runs: as one function of TensorFlow's, with the state in variables and a loop over batches.

The function reads the variables once, carries their values through the steps, and assigns at its
end, so that one that fails has changed nothing. The number of steps is an argument: one compiled
body serves any, and no bit of a result depends on how steps are dealt out over calls.
"""

from __future__ import annotations

from collections import OrderedDict
from typing import TYPE_CHECKING, Any

from horn_tf.tensors import index, raw, shape_of, tf, tf_dtype
from horn_tf.tracing import TENSORFLOW, XLA, has_gpu, tracing_for

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from horn_tf.backend import TensorFlowBackend

# On CPUs XLA's convolutions and poolings lose more against TensorFlow's own than its fusions win.
_SLOW_IN_XLA = (
    "convolution",
    "convolution_input_grad",
    "convolution_kernel_grad",
    "max_pooling",
    "max_pooling_grad",
    "max_pooling_take",
)
_KEPT_FUNCTIONS = 8


class Runner:
    """A step, compiled anew for each shape of its batches; a bounded number is kept.

    Args:
        backend: The backend.
        step: What to run; see `horn.engine.step.Step`.
        jit_compile: Whether XLA compiles it; None to decide by what it contains.
    """

    def __init__(self, backend: TensorFlowBackend, step: Any, *, jit_compile: bool | None = None) -> None:
        self.backend = backend
        self.step = step
        self.jit_compile = _suits_xla(step) if jit_compile is None else jit_compile
        self._functions: OrderedDict[Any, Callable[..., list[Any]]] = OrderedDict()

    def __call__(
        self, state: list[tf.Variable], arrays: Sequence[Any], order: Any, start: int, count: int
    ) -> list[Any]:
        """Run `count` steps from `start` on and return the results of the last.

        Args:
            state: One variable for each state input; new values are assigned to them.
            arrays: The leaves of one batch, or with `order` of a whole data set.
            order: int32 (steps, batch), the rows of each batch; None to run on `arrays` once.
            start: The first step.
            count: How many steps.
        """
        if order is not None and not self.step.updates:
            # Nothing is carried from step to step, so the last is all there is to run, and a
            # function of its batch serves data sets of every length.
            rows = raw.GatherV2(params=order, indices=tf.constant(start + count - 1), axis=index(0))
            arrays = [raw.GatherV2(params=array, indices=rows, axis=index(0)) for array in arrays]
            order = None
        if order is None:
            return self._function(self._once, state, arrays)(*arrays)
        bounds = tf.constant((start, start + count), tf.int32)
        arguments = (bounds, order, *arrays)
        return self._function(self._looped, state, arguments)(*arguments)

    def _function(
        self, body: Callable[..., Any], state: list[tf.Variable], arguments: Sequence[Any]
    ) -> Callable[..., list[Any]]:
        key = (body.__name__, tuple(map(id, state)), *map(self.backend.signature, arguments))
        found = self._functions.get(key)
        if found is None:
            # The variables are kept too: a concrete function does not, and their ids are in the key.
            found = self._functions[key] = (self._compile(body, list(state), arguments), list(state))
            while len(self._functions) > _KEPT_FUNCTIONS:
                self._functions.popitem(last=False)
        self._functions.move_to_end(key)
        return found[0]

    def _compile(
        self, body: Callable[..., Any], state: list[tf.Variable], arguments: Sequence[Any]
    ) -> Callable[..., list[Any]]:
        specs = [tf.TensorSpec(shape_of(argument), argument.dtype) for argument in arguments]

        def function(*tensors: Any) -> list[Any]:
            with tracing_for(XLA if self.jit_compile else TENSORFLOW):
                new, results = body([variable.read_value() for variable in state], *tensors)
            with tf.control_dependencies([*new, *results]):
                for place, value in zip(self.step.updates, new, strict=True):
                    raw.AssignVariableOp(resource=state[place].handle, value=value)
            return results

        traced = tf.function(function, jit_compile=self.jit_compile or None, autograph=False)
        return _caller(traced.get_concrete_function(*specs), compiled=self.jit_compile)

    # -- what is traced --------------------------------------------------------------------------

    def _once(self, state: list[Any], *batch: Any) -> tuple[list[Any], list[Any]]:
        """Return the new values of the updated state, and the results, of one step."""
        program = self.step.program(self.backend, [shape_of(leaf) for leaf in batch])
        outputs = [tf.convert_to_tensor(value) for value in program(*state, *batch)]
        n = len(self.step.updates)
        return outputs[:n], outputs[n:]

    def _looped(self, state: list[Any], bounds: Any, order: Any, *arrays: Any) -> tuple[list[Any], list[Any]]:
        """Return the same after all steps from ``bounds[0]`` to before ``bounds[1]``."""
        updates = self.step.updates
        first, end = raw.Unpack(value=bounds, num=2)

        def step(i: Any, new: list[Any], results: list[Any]) -> tuple[Any, list[Any], list[Any]]:
            del results  # those of the step before
            rows = raw.GatherV2(params=order, indices=i, axis=index(0))
            batch = [raw.GatherV2(params=array, indices=rows, axis=index(0)) for array in arrays]
            values = list(state)
            for place, value in zip(updates, new, strict=True):
                values[place] = value
            return (raw.AddV2(x=i, y=index(1)), *self._once(values, *batch))

        batch = shape_of(order)[1]
        specs = self._result_specs([(batch, *shape_of(array)[1:]) for array in arrays])
        nothing = [tf.zeros(spec.shape, tf_dtype(spec.dtype)) for spec in specs]
        before = (first, [state[place] for place in updates], nothing)
        _, new, results = tf.while_loop(
            lambda i, *_: raw.Less(x=i, y=end), step, before, parallel_iterations=1
        )
        return new, results

    def _result_specs(self, shapes: Sequence[tuple[int, ...]]) -> list[Any]:
        graph = self.step.program(self.backend, shapes).graph
        return [out.spec for out in graph.outputs[len(self.step.updates) :]]


def _suits_xla(step: Any) -> bool:
    return has_gpu() or not any(step.contains(name) for name in _SLOW_IN_XLA)


def _caller(function: Any, *, compiled: bool) -> Callable[..., list[Any]]:
    """Return what calls a concrete function with the least that Python has to do for it."""
    if compiled:
        return lambda *tensors: list(function(*tensors))
    kinds, captured = [out.dtype for out in function.outputs], function.captured_inputs

    def call(*tensors: Any) -> list[Any]:
        return list(raw.StatefulPartitionedCall(args=[*tensors, *captured], Tout=kinds, f=function))

    return call
