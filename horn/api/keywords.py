"""Keywords that a constructor does not have: refused with the name that was probably meant."""

from __future__ import annotations

import inspect
from functools import cache
from typing import TYPE_CHECKING, Any, Self

from horn.api.configuration import arguments
from horn.api.docstrings import Documented
from horn.errors import KeywordError, suggestion

if TYPE_CHECKING:
    from collections.abc import Iterable


def refuse_unknown(made: type, given: Iterable[str], known: Iterable[str] | None = None) -> None:
    """Raise a `KeywordError` for the first keyword that the constructor of a class does not have.

    Args:
        made: The class.
        given: The keywords that it was called with.
        known: Those that it has; found in its constructor and those of its bases unless given.
    """
    names = arguments(made) if known is None else tuple(known)
    for name in given:
        if name not in names:
            raise KeywordError(
                f"{made.__name__} was given {name!r}, an argument that it does not have.",
                expected=f"some of {', '.join(names)}" if names else "no arguments",
                got=f"the keyword {name!r}",
                remedy=suggestion(name, names) if names else "leave it away",
            )


class ExactKeywords(Documented):
    """A base whose classes refuse a keyword that they do not have before they are made.

    A constructor with ``**kwargs`` of its own says itself what it takes.
    """

    def __new__(cls, *args: Any, **kwargs: Any) -> Self:  # noqa: ARG004  (those of `__init__`)
        """Return an object whose `__init__` has all of these keywords."""
        known = _keywords(cls)
        if known is not None:
            refuse_unknown(cls, kwargs, known)
        return super().__new__(cls)


@cache
def _keywords(made: type) -> tuple[str, ...] | None:
    """Return the keywords of a constructor, or None where it takes any."""
    if made.__init__ is object.__init__:
        return ()
    try:
        parameters = list(inspect.signature(made.__init__).parameters.values())[1:]
    except ValueError:  # a constructor of C that does not say
        return None
    if any(one.kind is one.VAR_KEYWORD for one in parameters):
        return None
    return tuple(one.name for one in parameters if one.kind in (one.POSITIONAL_OR_KEYWORD, one.KEYWORD_ONLY))
