"""Every public class, found in the facades; a class without a row is an error here."""

from __future__ import annotations

from importlib import import_module
from typing import Any

from horn.api.configuration import arguments
from horn.api.optimizers.options import DEFAULTS

from . import layer_rows, other_rows
from .rows import AWAY, Row

TABLES: dict[str, dict[str, Row]] = {
    "layers": layer_rows.LAYERS,
    "losses": other_rows.LOSSES,
    "metrics": other_rows.METRICS,
    "optimizers": other_rows.OPTIMIZERS,
    "optimizers.schedules": other_rows.SCHEDULES,
    "initializers": other_rows.INITIALIZERS,
    "regularizers": other_rows.REGULARIZERS,
    "constraints": other_rows.CONSTRAINTS,
    "callbacks": other_rows.CALLBACKS,
}
BASES = {
    "Layer", "Loss", "Metric", "Optimizer", "LearningRateSchedule", "Initializer", "Regularizer", "Constraint",
    "Callback",
}  # fmt: skip
"""What users derive from: some cannot be called themselves."""


WRAPPERS = ("LossScaleOptimizer", "MultiOptimizer", "OptimizerMap")
"""What holds optimizers, which have the arguments of all optimizers themselves."""

HIDDEN = {
    "AdditiveAttention": ("score_mode",),
    "ActivityRegularization": ("activity_regularizer",),
    "Cropping1D": ("data_format",),
    "SpatialDropout1D": ("data_format",),
    "UpSampling1D": ("data_format",),
}
"""Arguments of a base that a class fills in itself."""


def public(facade: str) -> dict[str, type]:
    """Return the classes of a facade by their own names, each once."""
    module = import_module(f"horn.{facade}")
    found = [getattr(module, name) for name in module.__all__]
    return {made.__name__: made for made in found if isinstance(made, type)}


CLASSES: list[tuple[str, type]] = [(facade, made) for facade in TABLES for made in public(facade).values()]


def row(facade: str, made: type) -> Row:
    """Return the row of a class."""
    assert made.__name__ in TABLES[facade], f"write a row for {made.__name__} in tests/every_class"
    return TABLES[facade][made.__name__]


def names(facade: str, made: type) -> tuple[str, ...]:
    """Return the arguments of a class that are not those of its base in all classes."""
    own = arguments(made)
    if facade == "optimizers" and made.__name__ not in WRAPPERS:
        own = (*own, *(name for name in DEFAULTS if name not in own))
    hidden = {"cell"} if hasattr(made, "cell_class") else HIDDEN.get(made.__name__, ())
    return tuple(name for name in own if name not in hidden)


def away(facade: str, made: type) -> dict[str, Any]:
    """Return every argument of a class away from its default."""
    mine = row(facade, made)
    given = {**mine.needed}
    for name in names(facade, made):
        if name in mine.away:
            given[name] = mine.away[name]
        elif name not in mine.needed:
            given[name] = AWAY[name]
    return given


def constructions(facade: str, made: type) -> list[dict[str, Any]]:
    """Return arguments that make a class: those it needs, and all away from their defaults, in every way."""
    changed = away(facade, made)
    mine = row(facade, made)
    return [mine.needed, changed, *({**changed, **other} for other in mine.others)]
