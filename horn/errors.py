"""The errors of Horn: one hierarchy, four short lines each.

Every error says what happened, what was expected, what was received and what to do next.
The parts are required keywords, so no message can leave one out. Each class is also a child
of the builtin that a user would catch.
"""

from __future__ import annotations

from difflib import get_close_matches
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable


class HornError(Exception):
    """The root of every error that Horn raises on purpose.

    Args:
        what: What happened, naming the object (a layer, an argument, an op).
        expected: What would have been accepted.
        got: What was received.
        remedy: What to do next.

    Example:
        >>> print(HornError("Dense was given no units.", expected="a positive integer",
        ...                 got="0", remedy="write Dense(units=64)"))
        Dense was given no units.
          expected: a positive integer
          got:      0
          next:     write Dense(units=64)
    """

    def __init__(self, what: str, *, expected: str, got: str, remedy: str) -> None:
        super().__init__(
            f"{what}\n  expected: {expected}\n  got:      {got}\n  next:     {remedy}"
        )
        self.what = what
        self.expected = expected
        self.got = got
        self.remedy = remedy


class ShapeError(HornError, ValueError):
    """Sizes do not fit: an op, a layer or a batch received a shape it cannot take."""


class UnknownSizeError(ShapeError):
    """A decision hangs on a size that is not known yet."""


class DTypeError(HornError, TypeError):
    """A dtype does not fit, or names nothing that Horn knows."""


class ArgumentError(HornError, ValueError):
    """An argument has a value that means nothing here; a misspelt name is the usual case."""


class KeywordError(ArgumentError, TypeError):
    """A constructor was given a keyword that it does not have."""


class DataError(HornError, ValueError):
    """The data cannot be trained on: labels out of range, NaN in the inputs, lengths that differ."""


class BackendError(HornError, RuntimeError):
    """A backend is unknown, cannot be loaded, or met the tensors of another."""


class UnsupportedOpError(HornError, NotImplementedError):
    """A backend has no kernel for a primitive op."""


class SavedModelError(HornError, ValueError):
    """A file does not hold what the model needs, or cannot be trusted."""


class NumericalError(HornError, ArithmeticError):
    """A computation produced a value that it must not, such as a NaN loss."""


class TraceError(HornError, RuntimeError):
    """Code asked a symbolic tensor for a value that it has only when the step runs."""


class SideEffectError(TraceError):
    """A step did something else when it was traced a second time."""


def suggestion(name: object, known: Iterable[str]) -> str:
    """Return ``"did you mean 'adam'?"`` for a near miss, else how to see every name.

    Example:
        >>> suggestion("adma", ["adam", "sgd"])
        "did you mean 'adam'?"
    """
    names = sorted(known)
    folded = {candidate.lower(): candidate for candidate in reversed(names)}
    written = str(name).lower()
    close = get_close_matches(written, list(folded), n=3, cutoff=0.6)
    if close:
        # Two letters that changed places are the usual slip, and "adma" is nearer to "adamax" by count.
        turned = [candidate for candidate in close if sorted(candidate) == sorted(written)]
        return f"did you mean {folded[(turned or close)[0]]!r}?"
    return "choose one of the names above"
