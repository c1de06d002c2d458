"""Initializers: the public names."""

from horn.api.initializers import (
    Constant,
    GlorotUniform,
    HeUniform,
    Initializer,
    Ones,
    Orthogonal,
    RandomNormal,
    RandomUniform,
    Zeros,
    get,
)

__all__ = [
    "Constant",
    "GlorotUniform",
    "HeUniform",
    "Initializer",
    "Ones",
    "Orthogonal",
    "RandomNormal",
    "RandomUniform",
    "Zeros",
    "get",
]
