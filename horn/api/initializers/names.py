"""Initializers by name, and as dictionaries."""

from __future__ import annotations

from typing import Any

from horn.api.described import describe, revive
from horn.api.initializers.constants import STFT, Constant, Identity, Ones, Zeros
from horn.api.initializers.initializer import Initializer
from horn.api.initializers.random import Orthogonal, RandomNormal, RandomUniform, TruncatedNormal
from horn.api.initializers.scaling import (
    GlorotNormal,
    GlorotUniform,
    HeNormal,
    HeUniform,
    LecunNormal,
    LecunUniform,
    VarianceScaling,
)
from horn.api.lookup import by_name

TABLE: dict[str, Any] = {
    "zeros": Zeros,
    "zero": Zeros,
    "ones": Ones,
    "one": Ones,
    "constant": Constant,
    "identity": Identity,
    "IdentityInitializer": Identity,
    "stft": STFT,
    "STFTInitializer": STFT,
    "random_uniform": RandomUniform,
    "uniform": RandomUniform,
    "random_normal": RandomNormal,
    "normal": RandomNormal,
    "truncated_normal": TruncatedNormal,
    "variance_scaling": VarianceScaling,
    "glorot_uniform": GlorotUniform,
    "glorot_normal": GlorotNormal,
    "he_uniform": HeUniform,
    "he_normal": HeNormal,
    "lecun_uniform": LecunUniform,
    "lecun_normal": LecunNormal,
    "orthogonal": Orthogonal,
    "OrthogonalInitializer": Orthogonal,
}
_CLASSES = {made.__name__: made for made in TABLE.values()}


def get(identifier: Any) -> Any:
    """Return the initializer that a name, a dictionary, a class, a number or an object means.

    A function of shape and dtype serves as well; None stays None.

    Args:
        identifier: A name, what `serialize` returned, a class, or an object, which is returned as it is.

    Raises:
        ArgumentError: There is no initializer of that name.

    Example:
        >>> get("he_normal"), get(0.5)
        (HeNormal(), Constant(value=0.5))
    """
    if isinstance(identifier, dict):
        return deserialize(identifier)
    if isinstance(identifier, type) and issubclass(identifier, Initializer):
        return identifier()
    if callable(identifier):
        return identifier
    if isinstance(identifier, int | float) and not isinstance(identifier, bool):
        return Constant(identifier)
    known = TABLE if identifier in TABLE else {**TABLE, **_CLASSES}
    return by_name("initializer", identifier, known if identifier in known else TABLE)()


def serialize(initializer: Initializer) -> dict[str, Any]:
    """Return the dictionary that `deserialize` turns back into an equal initializer.

    Args:
        initializer: The initializer.
    """
    return describe("keras.initializers", initializer)


def deserialize(config: dict[str, Any], custom_objects: dict[str, Any] | None = None) -> Any:
    """Return the initializer that a dictionary describes.

    Args:
        config: What `serialize` returned, or a name.
        custom_objects: Names of one's own classes and functions.

    Raises:
        ArgumentError: There is no initializer of that name.
    """
    return revive("initializer", config, TABLE, custom_objects)
