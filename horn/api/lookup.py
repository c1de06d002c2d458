"""Names that users write in place of objects: ``"adam"``, ``"relu"``, ``"mse"``."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from horn.errors import ArgumentError, suggestion

if TYPE_CHECKING:
    from collections.abc import Mapping


def by_name(kind: str, name: Any, table: Mapping[str, Any]) -> Any:
    """Return the entry of `table` that `name` means, without regard to case.

    Args:
        kind: What the table holds, for the message: ``"optimizer"``.
        name: What the user wrote.
        table: Names in snake case or camel case to objects.

    Raises:
        ArgumentError: There is no such name.
    """
    if isinstance(name, str):
        if name in table:
            return table[name]
        folded = {known.lower(): known for known in table}
        if name.lower() in folded:
            return table[folded[name.lower()]]
    raise ArgumentError(
        f"There is no {kind} named {name!r}.",
        expected=f"one of {', '.join(sorted(table))}, or an object",
        got=repr(name),
        remedy=suggestion(name, table),
    )
