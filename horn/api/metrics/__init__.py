"""Metrics, one file a family, and the names that stand for them."""

from __future__ import annotations

from typing import Any

from horn.api.described import describe, revive
from horn.api.lookup import by_name
from horn.api.losses import (
    binary_crossentropy,
    binary_focal_crossentropy,
    categorical_crossentropy,
    categorical_focal_crossentropy,
    categorical_hinge,
    hinge,
    huber,
    kl_divergence,
    log_cosh,
    mean_absolute_error,
    mean_absolute_percentage_error,
    mean_squared_error,
    mean_squared_logarithmic_error,
    poisson,
    sparse_categorical_crossentropy,
    squared_hinge,
)
from horn.api.metrics.accuracy import (
    Accuracy,
    BinaryAccuracy,
    CategoricalAccuracy,
    SparseCategoricalAccuracy,
    SparseTopKCategoricalAccuracy,
    TopKCategoricalAccuracy,
    accuracy_hits,
    binary_accuracy,
    categorical_accuracy,
    sparse_categorical_accuracy,
    sparse_top_k_categorical_accuracy,
    top_k_categorical_accuracy,
)
from horn.api.metrics.auc import (
    AUC,
)
from horn.api.metrics.confusion import (
    FalseNegatives,
    FalsePositives,
    Precision,
    Recall,
    TrueNegatives,
    TruePositives,
)
from horn.api.metrics.correlation import (
    ConcordanceCorrelation,
    PearsonCorrelation,
    concordance_correlation,
    pearson_correlation,
)
from horn.api.metrics.f_score import (
    F1Score,
    FBetaScore,
)
from horn.api.metrics.iou import (
    BinaryIoU,
    IoU,
    MeanIoU,
    OneHotIoU,
    OneHotMeanIoU,
)
from horn.api.metrics.margin import (
    CategoricalHinge,
    Hinge,
    SquaredHinge,
)
from horn.api.metrics.mean import (
    Mean,
    MeanMetricWrapper,
    Sum,
)
from horn.api.metrics.metric import Metric
from horn.api.metrics.probabilistic import (
    BinaryCrossentropy,
    CategoricalCrossentropy,
    KLDivergence,
    Poisson,
    SparseCategoricalCrossentropy,
)
from horn.api.metrics.regression import (
    CosineSimilarity,
    LogCoshError,
    MeanAbsoluteError,
    MeanAbsolutePercentageError,
    MeanSquaredError,
    MeanSquaredLogarithmicError,
    R2Score,
    RootMeanSquaredError,
)
from horn.api.metrics.tradeoff import (
    PrecisionAtRecall,
    RecallAtPrecision,
    SensitivityAtSpecificity,
    SpecificityAtSensitivity,
)
from horn.api.naming import snake_case
from horn.spec.graph import spec_of

__all__ = [
    "AUC",
    "Accuracy",
    "BinaryAccuracy",
    "BinaryCrossentropy",
    "BinaryIoU",
    "CategoricalAccuracy",
    "CategoricalCrossentropy",
    "CategoricalHinge",
    "ConcordanceCorrelation",
    "CosineSimilarity",
    "F1Score",
    "FBetaScore",
    "FalseNegatives",
    "FalsePositives",
    "Hinge",
    "IoU",
    "KLDivergence",
    "LogCoshError",
    "Mean",
    "MeanAbsoluteError",
    "MeanAbsolutePercentageError",
    "MeanIoU",
    "MeanMetricWrapper",
    "MeanSquaredError",
    "MeanSquaredLogarithmicError",
    "Metric",
    "OneHotIoU",
    "OneHotMeanIoU",
    "PearsonCorrelation",
    "Poisson",
    "Precision",
    "PrecisionAtRecall",
    "R2Score",
    "Recall",
    "RecallAtPrecision",
    "RootMeanSquaredError",
    "SensitivityAtSpecificity",
    "SparseCategoricalAccuracy",
    "SparseCategoricalCrossentropy",
    "SparseTopKCategoricalAccuracy",
    "SpecificityAtSensitivity",
    "SquaredHinge",
    "Sum",
    "TopKCategoricalAccuracy",
    "TrueNegatives",
    "TruePositives",
    "binary_accuracy",
    "binary_crossentropy",
    "binary_focal_crossentropy",
    "categorical_accuracy",
    "categorical_crossentropy",
    "categorical_focal_crossentropy",
    "categorical_hinge",
    "concordance_correlation",
    "deserialize",
    "get",
    "hinge",
    "huber",
    "kl_divergence",
    "log_cosh",
    "mean_absolute_error",
    "mean_absolute_percentage_error",
    "mean_squared_error",
    "mean_squared_logarithmic_error",
    "pearson_correlation",
    "poisson",
    "serialize",
    "sparse_categorical_accuracy",
    "sparse_categorical_crossentropy",
    "sparse_top_k_categorical_accuracy",
    "squared_hinge",
    "top_k_categorical_accuracy",
]
_CLASSES: tuple[type[Metric], ...] = (
    AUC,
    Accuracy,
    BinaryAccuracy,
    BinaryCrossentropy,
    BinaryIoU,
    CategoricalAccuracy,
    CategoricalCrossentropy,
    CategoricalHinge,
    ConcordanceCorrelation,
    CosineSimilarity,
    F1Score,
    FBetaScore,
    FalseNegatives,
    FalsePositives,
    Hinge,
    IoU,
    KLDivergence,
    LogCoshError,
    Mean,
    MeanAbsoluteError,
    MeanAbsolutePercentageError,
    MeanIoU,
    MeanMetricWrapper,
    MeanSquaredError,
    MeanSquaredLogarithmicError,
    OneHotIoU,
    OneHotMeanIoU,
    PearsonCorrelation,
    Poisson,
    Precision,
    PrecisionAtRecall,
    R2Score,
    Recall,
    RecallAtPrecision,
    RootMeanSquaredError,
    SensitivityAtSpecificity,
    SparseCategoricalAccuracy,
    SparseCategoricalCrossentropy,
    SparseTopKCategoricalAccuracy,
    SpecificityAtSensitivity,
    SquaredHinge,
    Sum,
    TopKCategoricalAccuracy,
    TrueNegatives,
    TruePositives,
)
_ALIASES = {
    "bce": BinaryCrossentropy,
    "mae": MeanAbsoluteError,
    "mape": MeanAbsolutePercentageError,
    "mse": MeanSquaredError,
    "msle": MeanSquaredLogarithmicError,
}
TABLE: dict[str, Any] = {
    **{snake_case(made.__name__): made for made in _CLASSES},
    **{made.__name__: made for made in _CLASSES},
    "f1_score": F1Score,
    "fbeta_score": FBetaScore,
    "r2_score": R2Score,
    **_ALIASES,
    **{name.upper(): made for name, made in _ALIASES.items()},
}


def get(identifier: Any) -> Any:
    """Return what a name, a dictionary, a class or an object means; None stays None.

    Args:
        identifier: A name such as ``"mse"`` or ``"MeanSquaredError"``, a function, a `Metric` or its
            class, or what `serialize` returned.

    Raises:
        ArgumentError: There is no metric of that name.

    Example:
        >>> get("mse").name
        'mean_squared_error'
    """
    if identifier is None or isinstance(identifier, Metric):
        return identifier
    if isinstance(identifier, dict):
        found = deserialize(identifier)
    else:
        found = identifier if callable(identifier) else by_name("metric", identifier, TABLE)
    return found() if isinstance(found, type) and issubclass(found, Metric) else found


def as_metric(identifier: Any) -> Metric:
    """Return the `Metric` that `compile` makes of a name, a function or an object.

    It is called what the user wrote, for logs. ``"accuracy"`` and ``"crossentropy"`` fit the shapes
    of targets and outputs.
    """
    if not isinstance(identifier, str):
        found = get(identifier)
        return found if isinstance(found, Metric) else MeanMetricWrapper(found)
    if identifier in _BY_SHAPE:
        return MeanMetricWrapper(_BY_SHAPE[identifier], identifier)
    found = by_name("metric", identifier, {**_FUNCTIONS, **TABLE, **_BY_SHAPE})
    made = found() if isinstance(found, type) else MeanMetricWrapper(found)
    if isinstance(identifier, str):
        made.name = identifier
    return made


def _crossentropy(y_true: Any, y_pred: Any) -> Any:
    """Return the cross-entropy that fits the shapes: binary, of labels, or of probabilities."""
    true, pred = spec_of(y_true).shape, spec_of(y_pred).shape
    if pred[-1] == 1:
        return binary_crossentropy(y_true, y_pred)
    same = len(true) == len(pred) and true[-1] != 1
    return (categorical_crossentropy if same else sparse_categorical_crossentropy)(y_true, y_pred)


_BY_SHAPE = dict.fromkeys(("accuracy", "acc"), accuracy_hits) | dict.fromkeys(
    ("crossentropy", "ce"), _crossentropy
)
_FUNCTIONS = {
    fn.__name__: fn for fn in (binary_focal_crossentropy, categorical_focal_crossentropy, huber, log_cosh)
}


def serialize(metric: Any) -> Any:
    """Return a dictionary from which `deserialize` makes an equal metric; of a function, its name.

    Args:
        metric: A `Metric`, or a function.
    """
    return describe("keras.metrics", metric)


def deserialize(config: Any, custom_objects: dict[str, Any] | None = None) -> Any:
    """Return the metric that `serialize` described.

    Args:
        config: A name, or a dictionary.
        custom_objects: Names of one's own classes and functions.

    Example:
        >>> deserialize(serialize(FBetaScore(beta=2.0))).beta
        2.0
    """
    known = {**TABLE, **(custom_objects or {})}
    if isinstance(config, dict) and config.get("class_name") == "function":
        config = config["config"]  # this is how Keras writes a function
    return by_name("metric", config, known) if isinstance(config, str) else revive("metric", config, known)
