"""Losses, one file a family, and the names that stand for them."""

from __future__ import annotations

from typing import Any

from horn.api.described import describe, revive
from horn.api.lookup import by_name
from horn.api.losses.base import FunctionLoss, Loss
from horn.api.losses.circle import Circle, circle
from horn.api.losses.crossentropy import (
    BinaryCrossentropy,
    CategoricalCrossentropy,
    SparseCategoricalCrossentropy,
    binary_crossentropy,
    categorical_crossentropy,
    sparse_categorical_crossentropy,
)
from horn.api.losses.ctc import CTC, ctc
from horn.api.losses.focal import (
    BinaryFocalCrossentropy,
    CategoricalFocalCrossentropy,
    CategoricalGeneralizedCrossEntropy,
    binary_focal_crossentropy,
    categorical_focal_crossentropy,
    categorical_generalized_cross_entropy,
)
from horn.api.losses.margin import (
    CategoricalHinge,
    Hinge,
    SquaredHinge,
    categorical_hinge,
    hinge,
    squared_hinge,
)
from horn.api.losses.probabilistic import KLDivergence, Poisson, kl_divergence, poisson
from horn.api.losses.regression import (
    Huber,
    LogCosh,
    MeanAbsoluteError,
    MeanAbsolutePercentageError,
    MeanSquaredError,
    MeanSquaredLogarithmicError,
    huber,
    log_cosh,
    mean_absolute_error,
    mean_absolute_percentage_error,
    mean_squared_error,
    mean_squared_logarithmic_error,
)
from horn.api.losses.segmentation import Dice, Tversky, dice, tversky
from horn.api.losses.similarity import CosineSimilarity, cosine_similarity

# A function and the class that reduces its values.
_PAIRS: dict[Any, type[Loss]] = {
    mean_squared_error: MeanSquaredError,
    mean_absolute_error: MeanAbsoluteError,
    mean_absolute_percentage_error: MeanAbsolutePercentageError,
    mean_squared_logarithmic_error: MeanSquaredLogarithmicError,
    huber: Huber,
    log_cosh: LogCosh,
    cosine_similarity: CosineSimilarity,
    hinge: Hinge,
    squared_hinge: SquaredHinge,
    categorical_hinge: CategoricalHinge,
    dice: Dice,
    tversky: Tversky,
    ctc: CTC,
    circle: Circle,
    kl_divergence: KLDivergence,
    poisson: Poisson,
    binary_crossentropy: BinaryCrossentropy,
    categorical_crossentropy: CategoricalCrossentropy,
    sparse_categorical_crossentropy: SparseCategoricalCrossentropy,
    binary_focal_crossentropy: BinaryFocalCrossentropy,
    categorical_focal_crossentropy: CategoricalFocalCrossentropy,
    categorical_generalized_cross_entropy: CategoricalGeneralizedCrossEntropy,
}
_ALIASES = {
    "bce": binary_crossentropy,
    "kld": kl_divergence,
    "mae": mean_absolute_error,
    "mape": mean_absolute_percentage_error,
    "mse": mean_squared_error,
    "msle": mean_squared_logarithmic_error,
}
TABLE: dict[str, Any] = {
    **{fn.__name__: fn for fn in _PAIRS},
    **{made.__name__: made for made in _PAIRS.values()},
    **_ALIASES,
    **{name.upper(): fn for name, fn in _ALIASES.items()},
}


def get(identifier: Any) -> Any:
    """Return what a name, a dictionary, a class or an object means; None stays None.

    The name of a class, in camel case, gives an object; that of a function, in snake case or
    short, the function.

    Args:
        identifier: A name such as ``"mse"``, a function, a `Loss` or its class, or what
            `serialize` returned.

    Raises:
        ArgumentError: There is no loss of that name.

    Example:
        >>> get("mse") is mean_squared_error, get("Huber").name
        (True, 'huber_loss')
    """
    if identifier is None or isinstance(identifier, Loss):
        return identifier
    if isinstance(identifier, dict):
        found = deserialize(identifier)
    else:
        found = identifier if callable(identifier) else by_name("loss", identifier, TABLE)
    return found() if isinstance(found, type) and issubclass(found, Loss) else found


def as_loss(identifier: Any) -> Any:
    """Return the `Loss` that `compile` makes of a name, a function or an object; None stays None."""
    found = get(identifier)
    if found is None or isinstance(found, Loss):
        return found
    made = _PAIRS.get(found)
    return FunctionLoss(found) if made is None else made(name=found.__name__)


def serialize(loss: Any) -> Any:
    """Return a dictionary from which `deserialize` makes an equal loss; of a function, its name.

    Args:
        loss: A `Loss`, or a function.
    """
    return describe("keras.losses", loss)


def deserialize(name: Any, custom_objects: dict[str, Any] | None = None) -> Any:
    """Return the loss that `serialize` described.

    Args:
        name: A name, or a dictionary.
        custom_objects: Names of one's own classes and functions.

    Example:
        >>> deserialize(serialize(Huber(delta=2.0))).options
        {'delta': 2.0}
    """
    known = {**TABLE, **(custom_objects or {})}
    if isinstance(name, dict) and name.get("class_name") == "function":
        name = name["config"]  # this is how Keras writes a function
    return by_name("loss", name, known) if isinstance(name, str) else revive("loss", name, known)
