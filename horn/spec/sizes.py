"""Sizes that are not known yet: a `Dim` is an integer expression over named unknowns.

A `Dim` is kept as a sum of products with integer factors, so two expressions of the same value
are equal and hash alike: ``(N + 1) * 2 == 2 * N + 2``. Quotients and remainders that do not
divide out stay whole, as atoms. An unknown stands for a size of at least one; a comparison that
this cannot decide raises `UnknownSizeError` and names the unknowns.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from horn.errors import UnknownSizeError

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

# An atom is a name, or ("//" or "%", dividend, divisor). A monomial is a sorted tuple of atoms.
Atom = Any
Monomial = tuple[Atom, ...]


class Dim:
    """An integer expression over named unknown sizes.

    Args:
        name: The name of a new unknown.

    Example:
        >>> n = Dim("N")
        >>> (n * 4 + 2) // 2, (n + 1) * 2 == 2 * n + 2, (3 * n).evaluate({"N": 5})
        (2*N+1, True, 15)
    """

    __slots__ = ("_hash", "_terms")

    def __init__(self, name: str) -> None:
        self._set({(name,): 1})

    def _set(self, terms: dict[Monomial, int]) -> None:
        self._terms = terms
        self._hash = hash(frozenset(terms.items()))

    # -- arithmetic -------------------------------------------------------------------------

    def __add__(self, other: Size) -> Size:
        terms = dict(self._terms)
        for monomial, factor in _terms(other).items():
            terms[monomial] = terms.get(monomial, 0) + factor
        return _make(terms)

    def __mul__(self, other: Size) -> Size:
        terms: dict[Monomial, int] = {}
        for first, a in self._terms.items():
            for second, b in _terms(other).items():
                product = tuple(sorted(first + second, key=repr))
                terms[product] = terms.get(product, 0) + a * b
        return _make(terms)

    def __neg__(self) -> Size:
        return self * -1

    def __sub__(self, other: Size) -> Size:
        return self + other * -1

    def __rsub__(self, other: int) -> Size:
        return self * -1 + other

    __radd__ = __add__
    __rmul__ = __mul__

    def __floordiv__(self, other: Size) -> Size:
        if other == self:
            return 1
        if isinstance(other, int):
            whole = {m: f // other for m, f in self._terms.items() if f % other == 0}
            rest = {m: f for m, f in self._terms.items() if f % other}
            constant = rest.pop((), 0)
            if not rest:
                return _make({**whole, (): whole.get((), 0) + constant // other})
        exact = _divide_exactly(self, other)
        return exact if exact is not None else _atom("//", self, other)

    def __mod__(self, other: Size) -> Size:
        if other == self:
            return 0
        if isinstance(other, int):
            rest = {m: f % other for m, f in self._terms.items() if f % other}
            if not rest or set(rest) == {()}:
                return rest.get((), 0)
        if _divide_exactly(self, other) is not None:
            return 0
        return _atom("%", self, other)

    def __rfloordiv__(self, other: int) -> Size:
        return _atom("//", other, self)

    def __rmod__(self, other: int) -> Size:
        return _atom("%", other, self)

    # -- comparison -------------------------------------------------------------------------

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Dim) and self._terms == other._terms

    def __hash__(self) -> int:
        return self._hash

    def __lt__(self, other: Size) -> bool:
        return not self._at_least(other, "<")

    def __ge__(self, other: Size) -> bool:
        return self._at_least(other, ">=")

    def __gt__(self, other: Size) -> bool:
        return self._at_least(other + 1, ">")

    def __le__(self, other: Size) -> bool:
        return not self._at_least(other + 1, "<=")

    def _at_least(self, other: Size, sign: str) -> bool:
        difference = self - other
        if isinstance(difference, int):
            return difference >= 0
        terms = dict(difference._terms)
        constant = terms.pop((), 0)
        if all(f > 0 for f in terms.values()):
            # Every monomial of plain unknowns is at least one; an atom is at least zero.
            least = sum(f for m, f in terms.items() if all(isinstance(a, str) for a in m))
            if constant + least >= 0:
                return True
        if all(f < 0 for f in terms.values()):
            most = sum(f for m, f in terms.items() if all(isinstance(a, str) for a in m))
            if constant + most < 0:
                return False
        raise UnknownSizeError(
            f"Whether {self} {sign} {other} cannot be decided while "
            f"{', '.join(sorted(self.unknowns()))} is unknown.",
            expected="a comparison that holds for every size, or fails for every size",
            got=f"{self} {sign} {other}",
            remedy="give this axis a fixed size, or write the code without the comparison",
        )

    def __bool__(self) -> bool:
        return self > 0

    def __index__(self) -> int:
        raise UnknownSizeError(
            f"The size {self} is not known yet, so it is no Python integer.",
            expected="a fixed size",
            got=f"the unknown size {self}",
            remedy="keep the size as it is (it adds, multiplies and divides), or fix it",
        )

    # -- use --------------------------------------------------------------------------------

    def unknowns(self) -> set[str]:
        """Return the names of the unknowns in this expression."""
        names: set[str] = set()
        for monomial in self._terms:
            for atom in monomial:
                names |= {atom} if isinstance(atom, str) else unknowns(atom[1:])
        return names

    def evaluate(self, binding: Mapping[str, int]) -> int:
        """Return the size for the given values of the unknowns; an absent one is an error."""
        total = 0
        for monomial, factor in self._terms.items():
            for atom in monomial:
                factor *= _value(atom, binding)
            total += factor
        return total

    def __repr__(self) -> str:
        terms = sorted(self._terms.items(), key=lambda item: (item[0] == (), repr(item[0])))
        text = "+".join(_show(monomial, factor) for monomial, factor in terms)
        return text.replace("+-", "-")


Size = int | Dim
Shape = tuple[Size, ...]


def _terms(size: Size) -> dict[Monomial, int]:
    return size._terms if isinstance(size, Dim) else {(): int(size)}


def _make(terms: dict[Monomial, int]) -> Size:
    terms = {monomial: factor for monomial, factor in terms.items() if factor}
    if not terms or set(terms) == {()}:
        return terms.get((), 0)
    dim = object.__new__(Dim)
    dim._set(terms)
    return dim


def _atom(sign: str, dividend: Size, divisor: Size) -> Size:
    return _make({((sign, dividend, divisor),): 1})


def _divide_exactly(dividend: Dim, divisor: Size) -> Size | None:
    """Return dividend / divisor where `divisor` is one monomial that divides every term."""
    terms = _terms(divisor)
    if len(terms) != 1:
        return None
    ((monomial, factor),) = terms.items()
    quotient: dict[Monomial, int] = {}
    for first, a in dividend._terms.items():
        left = list(first)
        if a % factor or any(left.count(atom) < monomial.count(atom) for atom in monomial):
            return None
        for atom in monomial:
            left.remove(atom)
        quotient[tuple(left)] = a // factor
    return _make(quotient)


def _value(atom: Atom, binding: Mapping[str, int]) -> int:
    if isinstance(atom, str):
        return binding[atom]
    sign, dividend, divisor = atom
    a, b = evaluate(dividend, binding), evaluate(divisor, binding)
    return a // b if sign == "//" else a % b


def _show(monomial: Monomial, factor: int) -> str:
    atoms = [a if isinstance(a, str) else f"(({a[1]}){a[0]}({a[2]}))" for a in monomial]
    if not atoms:
        return str(factor)
    return "*".join(([] if factor == 1 else [str(factor)]) + atoms)


def unknowns(sizes: Iterable[Any]) -> set[str]:
    """Return the names of all unknowns in `sizes`; what is no `Dim` has none."""
    names: set[str] = set()
    for size in sizes:
        if isinstance(size, Dim):
            names |= size.unknowns()
        elif isinstance(size, tuple | list):
            names |= unknowns(size)
    return names


def evaluate(tree: Any, binding: Mapping[str, int]) -> Any:
    """Return `tree` with every `Dim` in its tuples and lists replaced by its value."""
    if isinstance(tree, Dim):
        return tree.evaluate(binding)
    if isinstance(tree, tuple | list):
        return type(tree)(evaluate(item, binding) for item in tree)
    return tree


def product(shape: Iterable[Size]) -> Size:
    """Return the number of elements of `shape`.

    Example:
        >>> product((Dim("N"), 2, 3))
        6*N
    """
    total: Size = 1
    for size in shape:
        total = total * size
    return total


def public(shape: Iterable[Size]) -> tuple[int | None, ...]:
    """Return `shape` with None for what is unknown, as users see it."""
    return tuple(None if isinstance(size, Dim) else size for size in shape)
