"""First values of weights, drawn on the host so that they are bit-equal on every backend."""

from horn.api.initializers.constants import STFT, Constant, Identity, Ones, Zeros
from horn.api.initializers.initializer import Initializer
from horn.api.initializers.names import TABLE, deserialize, get, serialize
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

__all__ = [
    "STFT",
    "TABLE",
    "Constant",
    "GlorotNormal",
    "GlorotUniform",
    "HeNormal",
    "HeUniform",
    "Identity",
    "Initializer",
    "LecunNormal",
    "LecunUniform",
    "Ones",
    "Orthogonal",
    "RandomNormal",
    "RandomUniform",
    "TruncatedNormal",
    "VarianceScaling",
    "Zeros",
    "deserialize",
    "get",
    "serialize",
]
