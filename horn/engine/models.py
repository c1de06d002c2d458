"""Error models of the primitives of rounding, angles and orders."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from horn.engine.numerics import MODELS, Cond, Exact, Rounded


def _angle(y: Any, x1: Any, x2: Any) -> Any:  # noqa: ARG001
    return 2.0 * np.abs(x1 * x2) / (x1 * x1 + x2 * x2)


MODELS |= {
    **{name: Exact() for name in ("argsort", "floor", "rint")},
    "arctan2": Cond(_angle),
    "erf": Cond(lambda y, x: x * np.exp(-x * x) * 2.0 / math.sqrt(math.pi)),  # noqa: ARG005
    "floor_divide": Rounded(4.0, integral=True),  # a difference, a quotient, and its rounding
    "mod": Rounded(2.0, integral=True),  # the remainder itself is exact; a divisor may be added to it
}
