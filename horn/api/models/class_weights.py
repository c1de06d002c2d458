"""Class weights: a factor for each class, made into one for each example."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from horn import dtypes, settings, tree
from horn.api.bounds import real
from horn.errors import ArgumentError, DataError, HornError


def checked(
    class_weight: Any, model: Any, x: Any, y: Any = None, sample_weight: Any = None
) -> dict[int, float] | None:
    """Return the factors of classes if they can be used.

    Args:
        class_weight: A dictionary of the number of a class to its factor; None for none.
        model: The shape of its outputs tells how many classes there are, where it is known.
        x: The inputs.
        y: The targets, where they come in arrays.
        sample_weight: Must not be there besides.

    Raises:
        ArgumentError: Something in it is no class, or no factor.
    """
    if class_weight is None:
        return None
    _check_alone(y, sample_weight)
    if not isinstance(class_weight, Mapping) or not class_weight:
        raise ArgumentError(
            "fit was given class weights that are no dictionary.",
            expected="class_weight as a dictionary of class numbers to factors",
            got=f"class_weight={class_weight!r}",
            remedy="write class_weight={0: 1.0, 1: 5.0}",
        )
    count = _classes(model, x, y)
    for key in class_weight:
        known = not isinstance(key, bool) and hasattr(key, "__index__") and int(key) >= 0
        if not known or (count is not None and int(key) >= count):
            raise ArgumentError(
                "fit was given a weight for a class that does not exist.",
                expected="integers from 0" if count is None else f"integers from 0 to {count - 1}",
                got=f"the class {key!r} in class_weight",
                remedy="number the classes from 0, as the targets do",
            )
    return {
        int(key): real("class_weight", str(key), value, "[0, inf)") for key, value in class_weight.items()
    }


def _check_alone(y: Any, sample_weight: Any) -> None:
    if sample_weight is not None:
        raise ArgumentError(
            "Both class weights and sample weights were given.",
            expected="one of class_weight and sample_weight",
            got="both",
            remedy="multiply them into sample_weight",
        )
    if tree.is_nested(y) and not isinstance(y, list):
        raise ArgumentError(
            "Class weights were given for a model of several outputs.",
            expected="one array of targets",
            got=f"a {type(y).__name__} of targets",
            remedy="pass sample_weight",
        )


def _classes(model: Any, x: Any, y: Any) -> int | None:
    """Return how many classes there are: as many as a row of the targets or of the outputs is wide."""
    shape = getattr(y, "shape", ())
    if len(shape) > 1 and shape[-1] > 1:
        return int(shape[-1])
    if not model.built or len(getattr(x, "shape", ())) < 2:
        return None
    try:
        outputs = model.compute_output_shape((None, *x.shape[1:]))
    except (HornError, NotImplementedError):  # a model that can tell only once it runs
        return None
    if not isinstance(outputs, tuple) or not outputs or not isinstance(outputs[-1], int):
        return None
    return max(outputs[-1], 2)  # an output of one number tells two classes apart


def weigh(batch: Any, class_weight: dict[int, float] | None) -> Any:
    """Return a batch ``(x, y)`` of host arrays with the weights of its examples beside it.

    Targets are class numbers, or rows whose largest element tells the class. A class without a
    factor has the factor 1.

    Example:
        >>> weigh(("x", np.array([0, 1, 1])), {1: 2.0})[2]
        array([1., 2., 2.], dtype=float32)
    """
    if class_weight is None:
        return batch
    if not isinstance(batch, tuple) or len(batch) != 2 or not isinstance(batch[1], np.ndarray):
        raise DataError(
            "Class weights were given for batches that they cannot weigh.",
            expected="batches (x, y) with one array of targets",
            got=f"a tuple of {len(batch)}" if isinstance(batch, tuple) else f"a {type(batch).__name__}",
            remedy="let the batches hold (x, y, sample_weight), and leave class_weight out",
        )
    x, y = batch
    if y.ndim > 1:
        y = y.argmax(axis=-1) if y.shape[-1] > 1 else y[..., 0]
    classes, places = np.unique(np.round(y), return_inverse=True)
    factors = np.array(
        [class_weight.get(int(one), 1.0) for one in classes], dtypes.numpy_dtype(settings.floatx())
    )
    return x, batch[1], factors[places.reshape(y.shape)]
