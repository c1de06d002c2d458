"""Objects with a `get_config` as plain dictionaries, and back."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from horn.api.lookup import by_name
from horn.errors import ArgumentError

if TYPE_CHECKING:
    from collections.abc import Mapping


def to_dictionary(thing: Any) -> Any:
    """Return a dictionary that names a class and holds its configuration; of a function, its name."""
    if hasattr(thing, "get_config"):
        return {"class_name": type(thing).__name__, "config": thing.get_config()}
    return getattr(thing, "__name__", str(thing))


def from_dictionary(
    kind: str, config: Any, table: Mapping[str, Any], custom: Mapping[str, Any] | None = None
) -> Any:
    """Return the object that `to_dictionary` described.

    Args:
        kind: What the table holds, for messages: ``"loss"``.
        config: A dictionary with ``"class_name"`` and ``"config"``, or a name. Other keys are
            ignored, so that Keras's dictionaries are read too.
        table: Names to classes and functions.
        custom: More of them, which go first.

    Raises:
        ArgumentError: The dictionary has another form, or names nothing that is known.
    """
    known = {**table, **(custom or {})}
    if isinstance(config, str):
        return by_name(kind, config, known)
    if not isinstance(config, dict) or "class_name" not in config:
        raise ArgumentError(
            f"This does not describe a {kind}.",
            expected="a name, or a dictionary with 'class_name' and 'config'",
            got=repr(config),
            remedy="pass what `serialize` returned",
        )
    inner = config.get("config", {})
    if config["class_name"] == "function":
        return by_name(kind, inner, known)
    made = by_name(kind, config["class_name"], known)
    return made.from_config(inner) if hasattr(made, "from_config") else made
