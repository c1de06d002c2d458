"""Docstrings that are whole: a class shows the sections that only its base has written.

Nothing is written twice: what all poolings take is said by `Pooling`, and shown by each of them.
"""

from __future__ import annotations

import inspect
import re
from functools import cache
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping

_ORDER = ("Args", "Attributes", "Shapes", "Dtypes", "Returns", "Raises", "Notes", "Reference", "Example")
_INHERITED = ("Args", "Shapes", "Dtypes", "Raises", "Reference")
_HEAD = re.compile(rf"^({'|'.join(_ORDER)}):\n", re.MULTILINE)


@cache
def sections(text: str | None) -> Mapping[str, str]:
    r"""Return the parts of a docstring by their heads; what comes before the first has no name.

    Example:
        >>> sections("Return one.\n\nRaises:\n    ValueError: Never.\n")
        {'': 'Return one.', 'Raises': '    ValueError: Never.'}
    """
    first, *rest = _HEAD.split(inspect.cleandoc(text or "") + "\n")
    return {"": first.rstrip(), **{head: body.rstrip() for head, body in zip(rest[::2], rest[1::2], strict=True)}}


class Documented:
    """A base whose classes in Horn take the sections they lack from the nearest base that has them."""

    def __init_subclass__(cls, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        if cls.__doc__ and cls.__module__.startswith("horn.api."):
            cls.__doc__ = _completed(cls)


def _completed(made: type) -> str:
    """Return the docstring of a class with what its bases say of it."""
    parts = dict(sections(made.__doc__))
    for base in made.__mro__[1:]:
        if issubclass(base, Documented):
            for head, body in sections(vars(base).get("__doc__")).items():
                if head in _INHERITED:
                    parts.setdefault(head, body)
    heads = [head for head in _ORDER if head in parts]
    return "\n\n".join((parts[""], *(f"{head}:\n{parts[head]}" for head in heads))) + "\n"
