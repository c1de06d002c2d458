"""The form of a plan: for each op a few fixed cases, inside which values are drawn.

Shapes are few and fixed, since a framework that compiles pays for every new one; values are many.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from horn import dtypes, tree
from horn.spec import ops
from horn_conformance.values import FLOAT, draw

if TYPE_CHECKING:
    from collections.abc import Callable

    from horn.errors import HornError


@dataclass(frozen=True)
class Arg:
    """One operand of a case; no tuple, which would count as a container.

    Attributes:
        shape: Its sizes.
        recipes: What its values are drawn from; round i of the draws takes recipe i, cyclically.
        dtype: Where it is not the dtype under test.
        value: Fixed values, in place of recipes.
    """

    shape: tuple[int, ...]
    recipes: tuple[str, ...] = FLOAT
    dtype: str | None = None
    value: Any = field(default=None, compare=False)

    def array(self, round_: int, seed: int, dtype: str) -> np.ndarray:
        """Return the values of one draw."""
        kind = self.dtype or dtype
        if self.value is not None:
            return np.asarray(self.value).astype(dtypes.numpy_dtype(kind))
        return draw(self.recipes[round_ % len(self.recipes)], seed, self.shape, kind)


def T(*shape: int, of: str | tuple[str, ...] = FLOAT, dtype: str | None = None) -> Arg:  # noqa: N802
    """Return an operand of a shape, drawn from the recipes named `of`."""
    return Arg(shape, (of,) if isinstance(of, str) else of, dtype)


def lit(value: Any, dtype: str | None = None) -> Arg:
    """Return an operand of fixed values, in the dtype under test unless one is given."""
    return Arg(np.shape(value), (), dtype, value)


def seed_of(seed: int, place: int) -> int:
    """Return the seed of the operand leaf at a place."""
    return (seed + 7919 * place) % 2**32


@dataclass(frozen=True, eq=False)
class Case:
    """One configuration of an op: shapes and attributes. Each is equal to itself alone.

    Attributes:
        op: The name of the op.
        operands: `Arg`, None, or a list of `Arg` for each operand.
        attrs: The attributes.
        unknown: A size that a symbolic run replaces by an unknown, wherever it occurs; or None.
        call: What is called in place of the op, for ops that take Python functions.
    """

    op: str
    operands: tuple[Any, ...]
    attrs: dict[str, Any]
    unknown: int | None = None
    call: Callable[..., Any] | None = None

    def arrays(self, round_: int, seed: int, dtype: str, *, shared: bool = False) -> list[Any]:
        """Return the operands of one draw, in their grouping.

        Args:
            round_: Which recipe to draw from.
            seed: Of the values.
            dtype: The dtype under test.
            shared: Whether operands that are described alike are one and the same array.
        """
        first: dict[Arg, np.ndarray] = {}
        drawn: list[np.ndarray | None] = []
        for i, arg in enumerate(tree.flatten(list(self.operands))):
            if arg is None:
                drawn.append(None)
            elif shared and arg.value is None and arg in first:
                drawn.append(first[arg])
            else:
                drawn.append(arg.array(round_, seed_of(seed, i), dtype))
                if arg.value is None:
                    first[arg] = drawn[-1]
        return tree.unflatten(list(self.operands), drawn)

    def run(self, *operands: Any) -> Any:
        """Call the op on tensors, arrays or symbols."""
        return (self.call or ops[self.op])(*operands, **self.attrs)

    @property
    def smooth_round(self) -> int:
        """A round in which no operand is drawn from numbers that tie or saturate, where there is one."""
        args = [arg for arg in tree.flatten(list(self.operands)) if arg is not None and arg.recipes]
        drawn = [{arg.recipes[r % len(arg.recipes)] for arg in args} for r in range(self.rounds)]
        return next((r for r, names in enumerate(drawn) if not {"ties", "ints", "saturating"} & names), 0)

    @property
    def rounds(self) -> int:
        """How many rounds visit every recipe of every operand."""
        leaves = [arg for arg in tree.flatten(list(self.operands)) if arg is not None]
        return max([len(arg.recipes) for arg in leaves if arg.recipes], default=1)


class Fault(NamedTuple):
    """A call that must raise: which error, and a word of its text."""

    case: Case
    error: type[HornError]
    word: str


class Kink(NamedTuple):
    """Gradients that the page settles by choice, written down once more."""

    case: Case
    cotangent: Any
    gradients: tuple[Any, ...]


class Plan(NamedTuple):
    """Everything that the suite needs to know about one op.

    Attributes:
        cases: The configurations, the most telling first.
        special: Cases of fixed values: NaN, infinities, signed zeros, extremes.
        faults: Calls that must raise.
        kinks: Gradients at points where the derivative does not exist.
        takes: Dtypes of the operands under test: ``"float"``, ``"wide"`` (no half precision),
            ``"number"``, ``"any"``, ``"integer"``, or ``"none"`` where every dtype is fixed.
        exact: Whether results must be equal bit for bit.
        smooth: Whether central differences mean something.
    """

    cases: tuple[Case, ...]
    special: tuple[Case, ...]
    faults: tuple[Fault, ...]
    kinks: tuple[Kink, ...]
    takes: str
    exact: bool
    smooth: bool


PLANS: dict[str, Plan] = {}


def case(*operands: Any, unknown: int | None = None, call: Any = None, **attrs: Any) -> Case:
    """Return a configuration; `plan` fills in the op."""
    return Case("", operands, attrs, unknown, call)


def fault(error: type[HornError], word: str, *operands: Any, **attrs: Any) -> Fault:
    """Return a call that must raise `error` with `word` in its text."""
    return Fault(case(*operands, **attrs), error, word)


def kink(cotangent: Any, gradients: tuple[Any, ...], *operands: Any, **attrs: Any) -> Kink:
    """Return gradients that are settled by choice, for operands of fixed values."""
    return Kink(case(*operands, **attrs), cotangent, gradients)


def plan(
    name: str,
    *cases: Case,
    special: tuple[Case, ...] = (),
    faults: tuple[Fault, ...] = (),
    kinks: tuple[Kink, ...] = (),
    takes: str = "float",
    exact: bool = False,
    smooth: bool = True,
) -> None:
    """Add the plan of an op."""

    def named(one: Case) -> Case:
        return replace(one, op=name)

    PLANS[name] = Plan(
        tuple(map(named, cases)),
        tuple(map(named, special)),
        tuple(one._replace(case=named(one.case)) for one in faults),
        tuple(one._replace(case=named(one.case)) for one in kinks),
        takes,
        exact,
        smooth,
    )
