"""How an op is declared: `@primitive`, `@composite`, and the rules a page hangs on them.

A page is a function. Parameters annotated ``Tensor``, ``Tensor | None`` or ``Sequence[Tensor]``
are operands and come first; all others are attributes. The function's body is the meaning: plain
NumPy for a primitive, other ops for a composite.
"""

from __future__ import annotations

import inspect
from typing import TYPE_CHECKING, Any, overload

import numpy as np

from horn import contract, dtypes, settings
from horn.contract import Tensor
from horn.errors import ArgumentError
from horn.spec import dispatch, graph, normalise, program
from horn.spec.namespace import ops

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from horn.spec.dispatch import Form

_context = contract.get_context
_settings = settings.current
_signatures = contract.signatures
_NUMBERS = frozenset({int, float, bool, type(None)})
_OPERANDS = {"Tensor": "one", "Tensor | None": "one", "Sequence[Tensor]": "many"}
_Rule = Any


class Op:
    """One operation: its meaning, its rules, and what calling it does.

    Attributes:
        name: Its name in `ops`.
        is_composite: Whether the body is written in ops.
        family: The name of the page, as in ``horn.spec.conv``.
        body: The function of the page.
        law_rule: Specs and attributes to the spec of the result; raises `ShapeError`, `DTypeError`.
        vjp_rule: ``(cotangent, output, *operands, **attrs)`` to one gradient for each operand.
        bounds_rule: Specs and attributes to ``(operand, low, high)``: the indices that are legal.
        promote_to_float: Whether integers become the default float first.
        aliases: Whether the result may share memory with the first operand.
        identity: Whether the result is the first operand where their specs are equal.
        booleans: Names of the operands that are cast to bool first.
        is_draw: Whether it makes random numbers of a key and a step, and reads nothing else.
        donates: Names of the operands whose memory the results may take over, in order.
        elementwise: Whether entries of its lists may be joined: the op treats each element alike.
        gradient_of: The op whose gradient this op is.
        on_tape: Attributes to set when a tape notes the call.
    """

    def __init__(
        self,
        body: Callable[..., Any],
        *,
        is_composite: bool,
        promote: bool | tuple[str, ...] = (),
        to_float: bool = False,
        aliases: bool = False,
        identity: bool = False,
        donates: tuple[str, ...] = (),
        elementwise: bool = False,
        booleans: tuple[str, ...] = (),
        gradient_of: str | None = None,
        on_tape: dict[str, Any] | None = None,
    ) -> None:
        self.name = body.__name__.rstrip("_")
        self.__name__ = self.name
        self.__doc__ = body.__doc__
        self.__module__ = body.__module__
        self.__wrapped__ = body
        self.family = body.__module__.removeprefix("horn.spec.")
        self.body = body
        self.is_composite = is_composite
        self.aliases = aliases
        self.identity = identity
        self.donates = donates
        self.elementwise = elementwise
        self.booleans = booleans
        self.gradient_of = gradient_of
        self.on_tape = on_tape
        self.promote_to_float = to_float
        self.law_rule: _Rule = None
        self.vjp_rule: _Rule = None
        self.bounds_rule: _Rule = None
        self._frontend: _Rule = None
        self._read_signature(body)
        operands = tuple(self.operands)
        self._promote = operands if promote is True or (to_float and not promote) else (promote or ())
        self._fast: dict[Any, Callable[..., Any]] = {}

    def _read_signature(self, body: Callable[..., Any]) -> None:
        self.operands: dict[str, str] = {}
        self.attribute_kinds: dict[str, str] = {}
        self.attribute_defaults: dict[str, Any] = {}
        self.signature = inspect.signature(body)
        for name, parameter in self.signature.parameters.items():
            kind = parameter.annotation if isinstance(parameter.annotation, str) else ""
            if kind in _OPERANDS:
                self.operands[name] = _OPERANDS[kind]
            else:
                self.attribute_kinds[name] = kind
                if parameter.default is not parameter.empty:
                    self.attribute_defaults[name] = parameter.default
        self._names = list(self.signature.parameters)
        self._plain_form: Form = (None,) * len(self.operands)
        self._operand_count = len(self.operands)
        self._is_plain = "many" not in self.operands.values()
        self.is_draw = list(self.operands) == ["key", "step"]
        self._optional = [
            name for name in self.operands if self.signature.parameters[name].default is None
        ]

    # -- declaring ---------------------------------------------------------------------------

    def law(self, rule: _Rule) -> _Rule:
        """Declare the rule from the specs of the operands to the spec of the result."""
        self.law_rule = rule
        return rule

    def vjp(self, rule: _Rule) -> _Rule:
        """Declare the gradient, written in ops."""
        self.vjp_rule = rule
        return rule

    def bounds(self, rule: _Rule) -> _Rule:
        """Declare which values of an index operand are legal."""
        self.bounds_rule = rule
        return rule

    def frontend(self, rule: _Rule) -> _Rule:
        """Declare a function that users call in place of the op, which calls `bind` in turn."""
        self._frontend = rule
        return rule

    # -- calling -----------------------------------------------------------------------------

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        """Run the op on tensors, record it on symbols, or note it on the tape of boxes."""
        # This is the fast way of an eager call, so it is written out: a look at the context, a key
        # of types, shapes and dtypes, and the function that was made for that key.
        context = _context()
        if context.trace is not None or not self._is_plain:
            return self._slow(args, kwargs)
        key: list[Any] = [context.backend or contract.current_backend(), _settings()]
        operands = args if len(args) <= self._operand_count else args[: self._operand_count]
        ready: list[Any] = []
        for value in operands:
            kind = type(value)
            signature = _signatures.get(kind)
            if signature is None and kind not in _NUMBERS:
                key.append(kind)  # what a Variable holds has a home, even where it is an array
                value = self._held(value, key[0])
                kind = type(value)
                signature = _signatures.get(kind)
                if signature is None:
                    return self._slow(args, kwargs)
            key.append(kind)
            if signature is not None:
                key.append(signature(value))
            ready.append(value)
        if operands is not args:  # attributes by position
            key += args[self._operand_count :]
            key += map(type, args[self._operand_count :])
        if kwargs:
            key += kwargs.items()
            key += map(type, kwargs.values())
        try:
            function = self._fast.get(tuple(key))
        except TypeError:  # an attribute that cannot be a key, such as a list
            return self._slow(args, kwargs)
        if function is None:
            return self._remember(tuple(key), args, ready, kwargs)
        return function(*ready)

    def _held(self, value: Any, backend: Any) -> Any:
        """Return what a Variable of a backend holds; a view of it would need a copy, see `bind`."""
        at_home = _is_variable(value) and not self.aliases and value.backend in (None, backend)
        return value.__horn_value__() if at_home else value

    def _slow(self, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        if self._frontend is not None:
            return self._frontend(*args, **kwargs)
        return self.bind(*args, **kwargs)

    def _remember(self, key: Any, args: tuple[Any, ...], ready: list[Any], kwargs: dict[str, Any]) -> Any:
        """Make the function of a signature, run it, and keep it for the next call."""
        if self._frontend is not None or not all(name in self.attribute_kinds for name in kwargs):
            return self._slow(args, kwargs)
        if any(map(_is_variable, args)) and not dispatch.at_home(args[: len(ready)], key[0]):
            return self._slow(args, kwargs)
        leaves, form, attrs = self._split((*ready, *args[len(ready) :]), kwargs)
        if len(leaves) != min(len(args), self._operand_count) or dispatch.has_dim(leaves, attrs):
            return dispatch.call(self, leaves, form, attrs)
        backend = dispatch.backend_of(self.name, leaves)
        function = dispatch.entry(self, backend, leaves, form, attrs)
        result = function(*leaves)
        self._fast[key] = function
        return result

    def bind(self, *args: Any, **kwargs: Any) -> Any:
        """Call the op itself, past its frontend, whatever the arguments are."""
        leaves, form, attrs = self._split(args, kwargs)
        result = dispatch.call(self, leaves, form, attrs)
        if self.aliases and any(map(_is_variable, leaves)):
            # A view of a Variable's storage would change under whoever holds it.
            backend = contract.owner(type(result))
            return result if backend is None else backend.copy(result)
        return result

    def call(self, leaves: Sequence[Any], form: Form, attrs: dict[str, Any]) -> Any:
        """Call the op with its operands already flat."""
        return dispatch.call(self, leaves, form, attrs)

    def run_body(self, leaves: Sequence[Any], form: Form, attrs: dict[str, Any]) -> Any:
        """Run the page's body on operands that are already flat."""
        return self.body(*self.regroup(leaves, form), **attrs)

    def normalised(self, leaves: Sequence[Any], attrs: dict[str, Any]) -> dict[str, Any]:
        """Return the attributes in normal form, as kernels and gradients receive them."""
        first = [graph.spec_of(leaves[0])] if leaves and leaves[0] is not None else []
        frozen = {name: normalise.freeze(value) for name, value in attrs.items()}
        return normalise.attributes(self.name, self.attribute_kinds, first, frozen)

    def inline(
        self, leaves: Sequence[Any], form: Form, attrs: dict[str, Any], box: Callable[[Any], Any]
    ) -> Any:
        """Run the page's body on operands promoted as a call would, each a symbol or a box."""
        return self.run_body(*dispatch.inline(self, leaves, form, attrs, box))

    # -- operands, flat and grouped ------------------------------------------------------------

    def _split(self, args: tuple[Any, ...], kwargs: dict[str, Any]) -> tuple[list[Any], Form, dict[str, Any]]:
        """Return the operand leaves, their form, and every attribute."""
        if not kwargs and len(args) == len(self.operands) == len(self._names) and self._is_plain:
            return list(args), self._plain_form, {}
        try:
            bound = self.signature.bind(*args, **kwargs)
        except TypeError as error:
            raise ArgumentError(
                f"{self.name} was called with arguments that it does not have.",
                expected=f"{self.name}{inspect.signature(self.body)}".replace("'", ""),
                got=str(error),
                remedy="see the op's page for its arguments",
            ) from None
        bound.apply_defaults()
        given = bound.arguments
        leaves, form = self.flatten([given[name] for name in self.operands])
        return leaves, form, {name: given[name] for name in self.attribute_kinds}

    def flatten(self, operands: Iterable[Any]) -> tuple[list[Any], Form]:
        """Return the leaves of grouped operands, and the form that undoes it."""
        if self._is_plain:
            return list(operands), self._plain_form
        leaves: list[Any] = []
        form: list[int | None] = []
        for value, kind in zip(operands, self.operands.values(), strict=True):
            if kind == "many":
                leaves += value
                form.append(len(value))
            else:
                leaves.append(value)
                form.append(None)
        return leaves, tuple(form)

    def regroup(self, leaves: Sequence[Any], form: Form) -> list[Any]:
        """Return flat leaves as one value, or one list, for each operand."""
        if self._is_plain:
            return list(leaves)
        rest = iter(leaves)
        return [next(rest) if count is None else [next(rest) for _ in range(count)] for count in form]

    def flatten_gradients(self, grads: Any, form: Form) -> list[Any]:
        """Return what a vjp gave, one for each leaf; a lone gradient may stand by itself."""
        if not isinstance(grads, tuple):
            grads = (grads,)
        flat: list[Any] = []
        for grad, count in zip(grads, form, strict=True):
            if count is None:
                flat.append(grad)
            else:
                flat += [None] * count if grad is None else list(grad)
        return flat

    def promoted(self, form: Form) -> list[bool]:
        """Return for each leaf whether it takes part in promotion."""
        return self._flags(self._promote, form)

    def boolean(self, form: Form) -> list[bool]:
        """Return for each leaf whether it is cast to bool."""
        return self._flags(self.booleans, form)

    def _flags(self, names: Sequence[str], form: Form) -> list[bool]:
        flags: list[bool] = []
        for name, count in zip(self.operands, form, strict=True):
            flags += [name in names] * (1 if count is None else count)
        return flags

    def returns_single(self, specs: Sequence[Any], form: Form, attrs: dict[str, Any]) -> bool:
        """Return whether a composite of this signature returns one tensor."""
        return program.expands_to_single(self, specs, form, attrs)

    def __repr__(self) -> str:
        return f"<op {self.name}{inspect.signature(self.body)}>".replace("'", "")

    def __deepcopy__(self, memo: Any) -> Op:
        return self  # there is one of each

    def __get__(self, instance: Any, owner: Any = None) -> Op:
        return self  # an op kept as a class attribute is no method


def _is_variable(value: Any) -> bool:
    return hasattr(type(value), "__horn_value__")


@overload
def primitive(body: Callable[..., Any], /) -> Op: ...
@overload
def primitive(**rules: Any) -> Callable[[Callable[..., Any]], Op]: ...
def primitive(body: Callable[..., Any] | None = None, /, **rules: Any) -> Any:
    """Declare an op whose body is its meaning in NumPy. See `Op` for the keywords."""
    return _declare(body, rules, is_composite=False)


@overload
def composite(body: Callable[..., Any], /) -> Op: ...
@overload
def composite(**rules: Any) -> Callable[[Callable[..., Any]], Op]: ...
def composite(body: Callable[..., Any] | None = None, /, **rules: Any) -> Any:
    """Declare an op whose body is its decomposition into ops. See `Op` for the keywords."""
    return _declare(body, rules, is_composite=True)


def _declare(body: Callable[..., Any] | None, rules: dict[str, Any], *, is_composite: bool) -> Any:
    def declare(function: Callable[..., Any]) -> Op:
        op = Op(function, is_composite=is_composite, **rules)
        ops.register(op)
        return op

    return declare if body is None else declare(body)


def shape(x: Any) -> tuple[Any, ...]:
    """Return the sizes of anything an op takes; one that is not known yet is a `Dim`.

    Example:
        >>> ops.shape(np.zeros((2, 3)))
        (2, 3)
    """
    return tuple(graph.spec_of(x).shape)


def convert_to_numpy(x: Any) -> np.ndarray:
    """Return a tensor of any backend, a Variable, a number or a list as a NumPy array."""
    if not isinstance(x, np.ndarray):
        x = dispatch.unwrap(x)
        owner = contract.owner(type(x))
        return graph.as_array(x) if owner is None else owner.to_numpy(x)
    return x


def convert_to_tensor(x: Any, dtype: str | None = None) -> Any:
    """Return a tensor of the current backend; one of another backend is copied over."""
    backend = contract.current_backend()
    x = dispatch.unwrap(x)
    if not isinstance(x, graph.Operators) and not isinstance(x, backend.tensor_types):
        array = convert_to_numpy(x)
        x = backend.asarray(array, dtypes.canonical(dtype or array.dtype))
    return x if dtype is None or graph.spec_of(x).dtype == dtype else ops.cast(x, dtype)


for function in (shape, convert_to_numpy, convert_to_tensor):
    setattr(ops, function.__name__, function)

__all__ = ["Op", "Tensor", "composite", "ops", "primitive"]
