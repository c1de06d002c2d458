"""Objects as plain dictionaries and back: the class by its name, and its configuration.

The form is Keras's, and so are the modules that it names, so that both libraries read it. A module
is never imported because a dictionary names it: the class is looked up in a table.
"""

from __future__ import annotations

import inspect
from typing import TYPE_CHECKING, Any

from horn.api.lookup import by_name
from horn.errors import ArgumentError

if TYPE_CHECKING:
    from collections.abc import Mapping


def describe(module: str, thing: Any) -> Any:
    """Return the dictionary that `revive` turns back into an equal object; None stays None.

    Args:
        module: Where Keras keeps the class: ``"keras.optimizers"``.
        thing: An object with `get_config`, or a function, of which there is only the name.
    """
    if thing is None:
        return None
    if not hasattr(thing, "get_config"):
        return getattr(thing, "__name__", type(thing).__name__)
    name = type(thing).__name__
    return {"module": module, "class_name": name, "config": thing.get_config(), "registered_name": None}


def revive(kind: str, config: Any, table: Mapping[str, Any], custom: Mapping[str, Any] | None = None) -> Any:
    """Return the object that a dictionary of `describe` means, or a name.

    Args:
        kind: What the table holds, for messages.
        config: The dictionary.
        table: Names to classes.
        custom: More names to classes or functions, which go before the table.

    Raises:
        ArgumentError: It has no such form, or names no known class.
    """
    known = {**table, **(custom or {})}
    if isinstance(config, str):
        found = known[config] if config in known else by_name(kind, config, known)
        return found() if isinstance(found, type) else found
    if (
        not isinstance(config, dict)
        or not isinstance(config.get("config"), dict)
        or "class_name" not in config
    ):
        raise ArgumentError(
            f"This does not describe a thing of the kind {kind}.",
            expected="a dictionary with 'class_name' and 'config', as `serialize` returns it",
            got=repr(config),
            remedy="pass what `serialize` returned, or the object itself",
        )
    classes = {made.__name__: made for made in table.values()}
    found = by_name(kind, config["class_name"], {**classes, **known})
    nested = custom and "custom_objects" in inspect.signature(found.from_config).parameters
    return found.from_config(dict(config["config"]), **({"custom_objects": custom} if nested else {}))
