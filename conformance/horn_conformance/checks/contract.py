"""Whether the backend keeps the contract itself: conversions, storage, claims, exact random bits."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from horn import contract, dtypes
from horn.engine.plan import Runner
from horn.engine.step import Step
from horn.spec import ops
from horn.spec.graph import Graph, trace
from horn.spec.tensorspec import TensorSpec
from horn_conformance.failure import Disagreement
from horn_conformance.window_oracles import random_bits

if TYPE_CHECKING:
    from horn_conformance.suite import Suite

THREEFRY = (
    ((0, 0), (0, 0), (0x6B200159, 0x99BA4EFE)),
    ((0xFFFFFFFF, 0xFFFFFFFF), (0xFFFFFFFF, 0xFFFFFFFF), (0x1CB996FC, 0xBB002BE7)),
    ((0x13198A2E, 0x03707344), (0x243F6A88, 0x85A308D3), (0xC4923A9C, 0x483DF7A0)),
)
"""Key, counter, result: the known answers that come with Random123 for Threefry-2x32-20."""


def _fail(check: str, what: str) -> Disagreement:
    return Disagreement("backend", check, what)


def members(suite: Suite) -> None:
    """The backend has what the contract requires, and a kernel for every primitive."""
    backend = suite.backend
    for name in ("name", "spec_version", "capabilities", "tensor_types", "kernels"):
        if not hasattr(backend, name):
            raise _fail("members", f"{type(backend).__name__} has no {name!r}")
    missing = [n for n in ops if not ops[n].is_composite and n not in backend.kernels]
    if missing:
        raise _fail("members", f"no kernel for {', '.join(missing)}")
    strangers = [
        n
        for n in (
            *backend.kernels,
            *backend.in_place_kernels,
            *backend.into_kernels,
            *backend.residual_kernels,
        )
        if n not in ops
    ]
    if strangers:
        raise _fail("members", f"kernels for ops that do not exist: {', '.join(strangers)}")
    if backend.spec_version != contract.SPEC_VERSION:
        raise _fail(
            "members", f"written for spec version {backend.spec_version}, this is {contract.SPEC_VERSION}"
        )


def conversion(suite: Suite) -> None:
    """Arrays of every dtype and layout come back as they went in, and as copies."""
    backend = suite.backend
    base = np.arange(24).reshape(2, 3, 4)
    views = [base, base.T, base[:, ::-1], base[:, :, 1:3], np.broadcast_to(base[:1], (2, 3, 4))]
    layouts = [*views, np.asfortranarray(base), np.zeros((0, 3)), np.array(5)]
    names = [n for n in (*dtypes.FLOATS, *suite.profile.integers, "bool") if suite.supports(n)]
    for name in names:
        for layout in layouts:
            array = layout.astype(dtypes.numpy_dtype(name))
            tensor = backend.asarray(array, name)
            if not isinstance(tensor, backend.tensor_types):
                raise _fail("conversion", f"asarray gave a {type(tensor).__name__}, none of `tensor_types`")
            if backend.describe(tensor) != (array.shape, name):
                raise _fail(
                    "conversion", f"describe gave {backend.describe(tensor)}, want {(array.shape, name)}"
                )
            hash(backend.signature(tensor))
            back = backend.to_numpy(tensor)
            if back.dtype != array.dtype or not np.array_equal(back, array):
                raise _fail("conversion", f"{name} of shape {array.shape} did not come back as it went in")
    mine = np.ones(3, np.float32)
    tensor = backend.asarray(mine)
    mine[:] = 7.0
    if not np.array_equal(backend.to_numpy(tensor), np.ones(3)):
        raise _fail("conversion", "asarray shares memory with the array that it was given")


def storage(suite: Suite) -> None:
    """A Variable's storage reads what was written, whatever was read from it before."""
    backend = suite.backend
    held = backend.variable(np.array([1.0, 2.0], np.float32), trainable=True)
    kept = backend.copy(backend.read(held))
    held = backend.write(held, backend.asarray(np.array([3.0, 4.0], np.float32)))
    if not np.array_equal(backend.to_numpy(backend.read(held)), [3.0, 4.0]):
        raise _fail("storage", "a storage does not read what was written into it")
    if not np.array_equal(backend.to_numpy(kept), [1.0, 2.0]):
        raise _fail("storage", "a copy changed when its storage was written")


def capabilities(suite: Suite) -> None:
    """What is claimed works, and what works is claimed."""
    backend, claims = suite.backend, suite.backend.capabilities
    for name in ("float64", "float16", "bfloat16"):
        _check_claim(suite, name, works=_delivers(suite, name))
    _check_claim(suite, "compiles", works=backend.compile is not None)
    if "eager_gradient" in claims and backend.value_and_grad is None:
        raise _fail("capabilities", "'eager_gradient' is claimed without `value_and_grad`")
    if "subnormals" in claims:
        tiny = backend.asarray(np.float32(1e-40))
        with suite.active():
            kept = float(backend.to_numpy(ops.multiply(tiny, backend.asarray(np.float32(1.0)))))
        if not 0.9e-40 < kept < 1.1e-40:
            raise _fail("capabilities", f"'subnormals' is claimed, but 1e-40 * 1 gave {kept}")


def _check_claim(suite: Suite, claim: str, *, works: bool) -> None:
    claimed = claim in suite.backend.capabilities
    if claimed != works:
        raise _fail(
            "capabilities",
            f"{claim!r} is claimed and fails" if claimed else f"{claim!r} works and is not claimed",
        )


def _delivers(suite: Suite, name: str) -> bool:
    """Return whether 1/3 in a dtype is delivered in that dtype, with its precision."""
    backend, kind = suite.backend, dtypes.numpy_dtype(name)
    try:
        with suite.active():
            third = ops.divide(
                backend.asarray(np.ones((), kind), name), backend.asarray(np.asarray(3, kind), name)
            )
        return backend.describe(third)[1] == name and float(backend.to_numpy(third)) == float(
            kind.type(1 / 3)
        )
    except Exception:  # noqa: BLE001  (however a framework refuses, it does not deliver)
        return False


def random(suite: Suite) -> None:
    """The words of Threefry come out bit for bit, for wild keys and steps; the first are known answers."""
    backend = suite.backend
    rows = [(key, counter[1], (5,)) for key, counter, _ in THREEFRY] + [
        ((1, 0), 0, (6,)),
        ((0, 1), 2**31, (7,)),
    ]
    for key, step, shape in rows:
        words = np.array(key, np.uint32).view(np.int32)
        number = np.array(step, np.uint32).view(np.int32)
        with suite.active():
            got = backend.to_numpy(
                ops.random_bits(backend.asarray(words), backend.asarray(number), shape=shape)
            )
        want = random_bits(words, number, shape)
        if not np.array_equal(got, want):
            what = f"key {key}, step {step}: got {got.tolist()}, want {want.tolist()}"
            raise Disagreement("random_bits", "random", what)


def steps(suite: Suite) -> None:
    """Several steps in one dispatch give the bits of the same steps one by one, and each its own."""
    backend = suite.backend
    random_ = np.random.default_rng(0)
    start, data = (
        random_.normal(size=(3, 2)).astype(np.float32),
        random_.normal(size=(11, 3)).astype(np.float32),
    )
    order = random_.permutation(11)[:8].reshape(4, 2).astype(np.int32)
    step = _descent()
    runner = Runner(step, backend) if backend.compile is None else backend.compile(step)
    array, rows = backend.asarray(data), backend.asarray(order)

    def run(*counts: int) -> list[np.ndarray]:
        state = [backend.variable(start, trainable=True)]
        done, results = 0, []
        with suite.active():
            for count in counts:
                results = runner(state, [array], rows, done, count)
                done += count
        return [
            np.array(backend.to_numpy(backend.read(state[0]))),
            *(np.array(backend.to_numpy(y)) for y in results),
        ]

    want = run(1, 1, 1, 1)
    for counts in ((4,), (1, 3), (3, 1)):
        if not all(np.array_equal(a, b) for a, b in zip(run(*counts), want, strict=True)):
            raise _fail("steps", f"steps dispatched as {counts} gave other bits than one by one")
    if np.array_equal(want[0], start):
        raise _fail("steps", "a step left the state as it was")
    if all(np.array_equal(a, b) for a, b in zip(run(1)[1:], want[1:], strict=True)):
        raise _fail("steps", "a later step returned the results of the first")


def _descent() -> Step:
    """Return a step that moves a matrix by a fraction of its product with the batch."""

    def fn(weights: Any, x: Any) -> list[Any]:
        y = ops.tanh(ops.matmul(x, weights))
        return [
            ops.subtract(weights, ops.multiply(ops.matmul(ops.transpose(x), y), 0.1)),
            ops.sum(ops.square(y)),
        ]

    graph = trace(fn, [TensorSpec((3, 2), "float32"), TensorSpec((2, 3), "float32")])[0]
    return Step(Graph(graph.inputs, graph.outputs), [None], [0], graph.outputs[1:])  # type: ignore[list-item]
