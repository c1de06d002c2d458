"""Boxes and tapes: reverse-mode differentiation of whatever an op can run on.

A `Box` wraps a value (a native tensor, a symbol, or a box of an outer tape) and belongs to a
tape. An op called on boxes runs on the values inside and notes the call on the tape; `backward`
then walks the tape from its end and applies the pages' gradients, which are ops themselves. So
one mechanism serves eager code, traced code and gradients of gradients.

Reference:
    Griewank & Walther, Evaluating Derivatives (2008), chapter 3, on the reverse mode.
"""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, NamedTuple

from horn import contract, dtypes, tree
from horn.errors import ArgumentError
from horn.spec.graph import back_in, current_scope, spec_of
from horn.spec.namespace import ops
from horn.spec.operators import Operators

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from horn.spec.op import Op
    from horn.spec.tensorspec import TensorSpec


class Box(Operators):
    """A value that a tape watches.

    Args:
        value: What is inside: a native tensor, a symbol, or a box of an outer tape.
        tape: The tape that watches it.
    """

    __slots__ = ("tape", "value")

    def __init__(self, value: Any, tape: Tape) -> None:
        self.value = value
        self.tape = tape

    @property
    def level(self) -> int:  # type: ignore[override]
        """How deep the tape is nested."""
        return self.tape.level

    @property
    def spec(self) -> TensorSpec:  # type: ignore[override]
        """Shape and dtype of the value inside."""
        return spec_of(self.value)

    def __bool__(self) -> bool:
        return bool(self.value)

    def __float__(self) -> float:
        return float(self.value)

    def __int__(self) -> int:
        return int(self.value)

    def __array__(self, dtype: Any = None, copy: Any = None) -> Any:
        inner = self.value
        if isinstance(inner, Operators):
            return inner.__array__(dtype, copy)  # type: ignore[attr-defined]
        owner = contract.owner(type(inner))
        array = owner.to_numpy(inner) if owner else inner
        return array.astype(dtype) if dtype is not None else array


class Entry(NamedTuple):
    """One noted call: the op, its operand leaves (boxes where watched), its results, and the layer."""

    op: Op
    operands: tuple[Any, ...]
    form: tuple[int | None, ...]
    attrs: dict[str, Any]
    outputs: tuple[Box, ...]
    scope: str


class Tape:
    """What a differentiation notes, in order."""

    def __init__(self) -> None:
        self.level = 0
        self.entries: list[Entry] = []

    @contextmanager
    def active(self) -> Iterator[Tape]:
        """Give the tape its depth for the time of the block."""
        depth = contract.get_context().depth + 1
        self.level = depth
        with contract.context(depth=depth):
            yield self

    def watch(self, value: Any) -> Box:
        """Return a box around `value`."""
        return Box(value, self)

    def call(self, op: Op, leaves: Sequence[Any], form: tuple[int | None, ...], attrs: dict[str, Any]) -> Any:
        """Run an op on the values inside, and note the call.

        A composite without a gradient of its own is run from its body, so that the calls inside
        are noted instead.
        """
        if op.vjp_rule is None and op.is_composite:
            return op.inline(leaves, form, attrs, self.watch)
        attrs = op.normalised(leaves, {**attrs, **(op.on_tape or {})})
        inner = [x.value if self.owns(x) else x for x in leaves]
        result = op.call(inner, form, attrs)
        if op.vjp_rule is None:
            return result
        boxed = tuple(Box(value, self) for value in (result if isinstance(result, tuple) else (result,)))
        self.entries.append(Entry(op, tuple(leaves), form, attrs, boxed, current_scope()))
        return boxed if isinstance(result, tuple) else boxed[0]

    def owns(self, value: Any) -> bool:
        """Return whether `value` is a box of this tape."""
        return isinstance(value, Box) and value.tape is self

    def backward(self, outputs: Sequence[Any], cotangents: Sequence[Any], sources: Sequence[Box]) -> list[Any]:
        """Return the gradient of ``sum(outputs * cotangents)`` for each source, or None.

        Args:
            outputs: Boxes of this tape; any other value has no gradient and is passed over.
            cotangents: One value of the same shape for each output; None counts as zero.
            sources: The boxes to differentiate by.
        """
        grads: dict[int, Any] = {}
        for output, cotangent in zip(outputs, cotangents, strict=True):
            if self.owns(output) and cotangent is not None:
                _accumulate(grads, output, cotangent)
        wanted = _influenced(self.entries, sources)
        for entry in reversed(self.entries):
            given = [grads.pop(id(box), None) for box in entry.outputs]
            if id(entry.outputs[0]) not in wanted or all(g is None for g in given):
                continue
            for operand, cotangent in zip(entry.operands, self._apply_rule(entry, given), strict=True):
                if cotangent is not None and self.owns(operand) and id(operand) in wanted:
                    _accumulate(grads, operand, _match(cotangent, operand.value))
        return [grads.get(id(source)) for source in sources]

    def _apply_rule(self, entry: Entry, given: list[Any]) -> list[Any]:
        values = [x.value if self.owns(x) else x for x in entry.operands]
        outputs: Any = tuple(box.value for box in entry.outputs)
        cotangents: Any = tuple(given)
        if len(outputs) == 1:
            outputs, cotangents = outputs[0], cotangents[0]
        rule = entry.op.vjp_rule
        assert rule is not None
        shield = Shield()
        with back_in(entry.scope), shield.active():
            operands = entry.op.regroup([shield.cover(x) for x in values], entry.form)
            grads = rule(shield.cover(cotangents), shield.cover(outputs), *operands, **entry.attrs)
        return [shield.uncover(grad) for grad in entry.op.flatten_gradients(grads, entry.form)]


class Shield(Tape):
    """A tape that notes nothing: its boxes give native tensors the operators of the spec.

    A page's gradient writes ``cotangent * x``; on bare tensors that would be the framework's
    operator, with its own promotion.
    """

    def call(self, op: Op, leaves: Sequence[Any], form: tuple[int | None, ...], attrs: dict[str, Any]) -> Any:
        """Run an op on the values inside, and cover what comes out."""
        return self.cover(op.call([self.uncover(x) for x in leaves], form, attrs))

    def cover(self, value: Any) -> Any:
        """Return a native tensor in a box, and anything else as it is."""
        if isinstance(value, tuple):
            return tuple(self.cover(item) for item in value)
        bare = isinstance(value, Operators | bool | int | float) or value is None
        return value if bare else Box(value, self)

    def uncover(self, value: Any) -> Any:
        """Return what is inside of a box of this shield."""
        return value.value if self.owns(value) else value


def _influenced(entries: list[Entry], sources: Sequence[Box]) -> set[int]:
    """Return the identities of the boxes that depend on the sources."""
    found = {id(source) for source in sources}
    for entry in entries:
        if any(id(operand) in found for operand in entry.operands):
            found |= {id(box) for box in entry.outputs}
    return found


def _accumulate(grads: dict[int, Any], box: Box, cotangent: Any) -> None:
    if dtypes.is_float(box.dtype):
        known = grads.get(id(box))
        grads[id(box)] = cotangent if known is None else ops.add(known, cotangent)


def _match(cotangent: Any, value: Any) -> Any:
    """Return the cotangent in the shape and dtype of `value`, whose op may have broadcast it."""
    have, want = spec_of(cotangent), spec_of(value)
    if have.shape != want.shape:
        extra = len(have.shape) - len(want.shape)
        stretched = [i for i, size in enumerate(want.shape) if size == 1 and have.shape[extra + i] != 1]
        axes = (*range(extra), *(extra + i for i in stretched))
        cotangent = ops.reshape(ops.sum(cotangent, axis=axes), want.shape)
    return cotangent if have.dtype == want.dtype else ops.cast(cotangent, want.dtype)


def pullback(fn: Callable[..., Any], *primals: Any) -> tuple[Any, Callable[[list[Any]], list[Any]]]:
    """Return ``fn(*primals)`` and the function from cotangents of its leaves to gradients.

    Args:
        fn: Takes tensors, returns a tree of tensors.
        *primals: Where to differentiate; each a tensor. Gradients are zeros where `fn` does not
            depend on one.

    Example:
        >>> value, back = pullback(lambda x: ops.square(x), np.float32(3.0))
        >>> float(value), float(back([np.float32(1.0)])[0])
        (9.0, 6.0)
    """
    tape = Tape()
    with tape.active():
        sources = [tape.watch(_plain(primal)) for primal in primals]
        result = fn(*sources)
    leaves = tree.flatten(result)
    values = tree.unflatten(result, [x.value if tape.owns(x) else x for x in leaves])

    def back(cotangents: list[Any]) -> list[Any]:
        grads = tape.backward(leaves, cotangents, sources)
        return [
            ops.zeros_like(source.value) if grad is None else grad
            for source, grad in zip(sources, grads, strict=True)
        ]

    return values, back


def _plain(value: Any) -> Any:
    stored = getattr(value, "__horn_value__", None)
    value = value if stored is None else stored()
    if not dtypes.is_float(spec_of(value).dtype):
        raise ArgumentError(
            "A gradient was asked for by an integer tensor.",
            expected="a floating-point tensor",
            got=str(spec_of(value)),
            remedy="cast it to float32 first",
        )
    return value

