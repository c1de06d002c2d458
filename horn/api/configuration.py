"""The configuration of an object, read off its attributes: the arguments that make an equal one.

A constructor keeps each argument in an attribute of its name, so nobody has to write the list a
second time. What is nested is described by its class and its own configuration, in Keras's form.
"""

from __future__ import annotations

import inspect
from functools import cache
from typing import TYPE_CHECKING, Any

import numpy as np

from horn.api.described import describe
from horn.errors import ArgumentError

if TYPE_CHECKING:
    from collections.abc import Iterator


@cache
def arguments(cls: type) -> tuple[str, ...]:
    """Return the names of the arguments of a class, those of its bases first.

    A base counts as long as the constructors pass on ``**kwargs``.
    """
    found: list[list[str]] = []
    for base in cls.__mro__:
        if "__init__" not in vars(base):
            continue
        parameters = list(inspect.signature(base.__init__).parameters.values())[1:]
        named = [p.name for p in parameters if p.kind in (p.POSITIONAL_OR_KEYWORD, p.KEYWORD_ONLY)]
        found.append(named)
        if not any(p.kind is p.VAR_KEYWORD for p in parameters):
            break
    return tuple(dict.fromkeys(name for names in reversed(found) for name in names))


def configuration(thing: Any, without: tuple[str, ...] = ()) -> dict[str, Any]:
    """Return the arguments that make an equal object, in plain values where there is a plain form.

    A function that has no name in Horn stays what it is.

    Args:
        thing: Keeps each argument of its constructor in an attribute of that name.
        without: Arguments to leave out.

    Raises:
        ArgumentError: An argument is in no attribute.
    """
    found: dict[str, Any] = {}
    for name in arguments(type(thing)):
        if name in without:
            continue
        if not hasattr(thing, name):
            raise ArgumentError(
                f"{type(thing).__name__} does not say what its argument {name!r} was.",
                expected=f"an attribute {name!r} with the value that the constructor was given",
                got="no such attribute",
                remedy=f"write self.{name} = {name} in __init__, or write get_config",
            )
        found[name] = plain(getattr(thing, name))
    return found


def plain(value: Any) -> Any:
    """Return a value in the form of a configuration."""
    if isinstance(value, np.generic):
        return value.item()
    if isinstance(value, np.ndarray):
        return {"class_name": "__numpy__", "config": {"value": value.tolist(), "dtype": value.dtype.name}}
    if isinstance(value, list | tuple):
        return type(value)(plain(item) for item in value)
    if isinstance(value, dict):
        return {key: plain(item) for key, item in value.items()}
    if hasattr(value, "get_config") and not isinstance(value, type):
        return describe(_module(type(value)), value)
    if callable(value) and getattr(value, "__module__", "").startswith("horn."):
        return getattr(value, "__name__", value)
    return value


def _module(cls: type) -> str:
    """Return the module that Keras keeps a class of Horn in, and the own one of any other class."""
    parts = cls.__module__.split(".")
    if parts[:2] != ["horn", "api"]:
        return cls.__module__
    return "keras" if parts[2] == "policies" else f"keras.{parts[2]}"


def revived(config: Any, base: type) -> Any:
    """Return a configuration in which what describes an object of `base`, or an array, is one again."""
    if isinstance(config, list | tuple):
        return type(config)(revived(item, base) for item in config)
    if not isinstance(config, dict):
        return config
    if config.get("class_name") == "__numpy__":
        return np.array(config["config"]["value"], config["config"]["dtype"])
    if "class_name" in config and isinstance(config.get("config"), dict):
        for cls in _subclasses(base):
            if cls.__name__ == config["class_name"] and config.get("module") in (_module(cls), None):
                return cls.from_config(config["config"])  # type: ignore[attr-defined]
    return {key: revived(value, base) for key, value in config.items()}


def _subclasses(base: type) -> Iterator[type]:
    """Yield a class and all that were derived from it, the latest first."""
    for derived in reversed(base.__subclasses__()):
        yield from _subclasses(derived)
    yield base
