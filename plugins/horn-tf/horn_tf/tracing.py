"""What is known while a function is traced: who will run it, and that its constants are constant."""

from __future__ import annotations

from contextlib import contextmanager
from contextvars import ContextVar
from functools import cache
from typing import TYPE_CHECKING, Any, NamedTuple

import tensorflow as tf

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

XLA, TENSORFLOW = "XLA", "TensorFlow"


class _Tracing(NamedTuple):
    """What is being traced: for whom, and its constants by graph and by the eager tensor they stand for."""

    compiler: str | None
    constants: dict[tuple[int, int], tuple[Any, Any]]


_tracing: ContextVar[_Tracing] = ContextVar("horn_tf_tracing", default=_Tracing(None, {}))  # noqa: B039


@contextmanager
def tracing_for(compiler: str) -> Iterator[None]:
    """Say whether the graph traced in this block is run by XLA, or op by op by TensorFlow's kernels."""
    token = _tracing.set(_Tracing(compiler, {}))
    try:
        yield
    finally:
        _tracing.reset(token)


_EMBEDDED = 1024
"""The most elements of a constant that is written into a function; a larger one stays its argument."""


def embedded(tensor: Any) -> Any:
    """Return a constant of the function that is being traced in place of an eager tensor.

    A function takes an eager tensor that it reads for one more argument, of whose value neither
    TensorFlow's optimizer nor XLA's knows anything.
    """
    compiler, constants = _tracing.get()
    if compiler is None or tf.executing_eagerly():
        return tensor
    key = id(tf.compat.v1.get_default_graph()), id(tensor)
    if key not in constants:
        is_small = tensor.shape.num_elements() <= _EMBEDDED
        # The eager tensor is kept too, so that no other has its id.
        constants[key] = tensor, tf.constant(tensor.numpy()) if is_small else tensor
    return constants[key][1]


def may_meet_xla() -> bool:
    """Return whether XLA may compile what is called now; of a user's own function nobody knows.

    XLA on CPUs takes the maximum of NaN and a number for either of the two, so kernels that have
    to keep a NaN spell it out where this holds.
    """
    return _tracing.get().compiler != TENSORFLOW and not tf.executing_eagerly()


def runs_op_by_op() -> bool:
    """Return whether what is traced now is run by TensorFlow's own kernels, after its optimizer."""
    return _tracing.get().compiler == TENSORFLOW


def compiled_for_cpu() -> bool:
    """Return whether XLA compiles what is traced now, on a machine without a GPU."""
    return _tracing.get().compiler == XLA and not has_gpu()


@cache
def has_gpu() -> bool:
    """Return whether TensorFlow sees a GPU."""
    return bool(tf.config.list_physical_devices("GPU"))


def compiled_by_xla(body: Callable[..., Any]) -> Callable[..., Any]:
    """Return `body` as a function that XLA compiles, wherever it is called; XLA itself takes it as it is.

    Called eagerly or in an uncompiled function it is one op.
    """

    def traced(*tensors: Any) -> Any:
        with tracing_for(XLA):
            return body(*tensors)

    function = tf.function(traced, jit_compile=True, autograph=False)

    def call(*tensors: Any) -> Any:
        return body(*tensors) if _tracing.get().compiler == XLA else function(*tensors)

    return call
