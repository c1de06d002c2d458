"""From what the user passes as x, y and weights to the data of a loop."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from horn import tree
from horn.api.models import class_weights
from horn.api.models.batches import BatchData, MappedData, NumberedData, is_mapped, is_numbered
from horn.api.models.data import ArrayData, check_batch_size, narrow, pack, unpack
from horn.errors import ArgumentError, DataError


def yields_batches(x: Any) -> bool:
    """Return whether what the user passed is an iterable of batches, and not arrays."""
    if type(x) is np.ndarray:
        return False
    leaves = tree.flatten(x)
    first = leaves[0] if leaves else x
    if hasattr(first, "__next__") or is_numbered(first):
        return True
    is_array = any(hasattr(first, name) for name in ("shape", "__array__", "to_numpy"))
    return not is_array and hasattr(first, "__iter__") and not isinstance(x, list | tuple | dict | range)


def make(
    x: Any,
    y: Any,
    sample_weight: Any,
    batch_size: int | None,
    steps: int | None,
    *,
    goes_on: bool = False,
    class_weight: dict[int, float] | None = None,
) -> ArrayData | BatchData:
    """Return the data of a loop from what the user passed.

    Args:
        x: Arrays, or an iterable of batches.
        y: Targets, beside arrays.
        sample_weight: Weights, beside arrays.
        batch_size: For arrays; None for 32.
        steps: How many batches make an epoch; None for all.
        goes_on: Whether an epoch of `steps` begins where the last has ended.
        class_weight: What `class_weights.checked` has returned.
    """
    size = check_batch_size(batch_size)
    if x is None or isinstance(x, str | bytes):
        raise ArgumentError(
            "A model was given no data.",
            expected="arrays, or an iterable of batches, as x",
            got=repr(x),
            remedy="pass x",
        )
    if yields_batches(x):
        if y is not None or sample_weight is not None:
            raise ArgumentError(
                f"{'Weights' if y is None else 'Targets'} were passed beside an iterable of batches.",
                expected="batches that hold (x, y) or (x, y, sample_weight), and nothing else",
                got=f"a {type(x).__name__} and {'sample_weight' if y is None else 'y'}",
                remedy="let the iterable yield (x, y), or (x, y, sample_weight)",
            )
        kind = NumberedData if is_numbered(x) else BatchData
        return kind(x, steps, goes_on=goes_on, class_weight=class_weight)
    packed = pack(x, y, sample_weight)
    if any(map(is_mapped, tree.flatten(packed))):
        return MappedData(packed, size, steps, goes_on=goes_on, class_weight=class_weight)
    weighed = packed if class_weight is None else class_weights.weigh(narrow(packed), class_weight)
    return ArrayData(weighed, size, steps)


def split(x: Any, y: Any, sample_weight: Any, share: float) -> tuple[Any, Any]:
    """Return the first examples and the last, which are held out."""
    if yields_batches(x):
        raise ArgumentError(
            "fit was told to split an iterable of batches.",
            expected="arrays, if validation_split is given",
            got=f"a {type(x).__name__}",
            remedy="pass validation_data",
        )
    packed = tree.map_structure(
        lambda leaf: leaf if leaf is None or is_mapped(leaf) else narrow(leaf), pack(x, y, sample_weight)
    )
    examples = tree.flatten(packed)[0].shape[0]
    kept = math.floor(examples * (1.0 - share))  # Keras's rounding
    if not 0 < kept < examples:
        raise DataError(
            "The validation split leaves nothing on one side.",
            expected="at least one example to train on and one to validate",
            got=f"validation_split={share} of {examples} examples",
            remedy="pass validation_data, or change the split",
        )
    first = tree.map_structure(lambda leaf: leaf[:kept], packed)
    return unpack(first), tree.map_structure(lambda leaf: leaf[kept:], packed)
