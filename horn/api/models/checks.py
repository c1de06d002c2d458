"""Checks of values on the host, before the first step: labels out of range, NaN in the inputs."""

from __future__ import annotations

from math import isnan
from typing import TYPE_CHECKING, Any

import numpy as np

from horn import tree
from horn.errors import DataError
from horn.spec.sizes import Dim

if TYPE_CHECKING:
    from horn.engine.step import Step

_NAMES = ("inputs", "targets", "sample weights")
_BLOCK = 1 << 20


def leaf_names(batch: Any) -> list[str]:
    """Return what to call each leaf of ``(x, y, sample_weight)`` in a message.

    Example:
        >>> leaf_names(({"a": 0, "b": 0}, 0))
        ["inputs['a']", "inputs['b']", 'targets']
    """
    parts = batch if isinstance(batch, tuple) else (batch,)
    names: list[str] = []
    for name, part in zip(_NAMES, parts, strict=False):
        for path, _ in tree.flatten_with_path(part):
            names.append(name + "".join(f"[{key!r}]" for key in path))
    return names


def check_finite(batch: Any) -> None:
    """Raise `DataError` if any array of a batch or data set holds NaN, naming the first place."""
    for i, leaf in enumerate(tree.flatten(batch)):
        if leaf.dtype.kind != "f" or (leaf.size <= _BLOCK and not _has_nan(leaf)):
            continue
        rows = max(1, _BLOCK * len(leaf) // max(1, leaf.size))
        for start in range(0, len(leaf), rows):
            block = leaf[start : start + rows]
            if _has_nan(block):
                row = start + int(np.argwhere(np.isnan(block))[0][0])
                raise DataError(
                    f"The {leaf_names(batch)[i]} contain NaN.",
                    expected="numbers",
                    got=f"NaN in example {row}",
                    remedy="clean the data: drop such examples, or fill them in",
                )


def _has_nan(block: np.ndarray) -> bool:
    flat = block.ravel("K")
    return isnan(np.vdot(flat, flat))  # squares are NaN for NaN alone, and so is their sum


def check_bounds(step: Step, batch: Any) -> None:
    """Raise `DataError` if integers that an op uses as indices lie outside of its range.

    Args:
        step: A traced step; its ops say what they demand.
        batch: The tree of arrays that it will run on, a batch or a whole data set.
    """
    if not step.bounds:
        return
    leaves = tree.flatten(batch)
    for bound in step.bounds:
        if isinstance(bound.low, Dim) or isinstance(bound.high, Dim):
            continue  # the range is as unknown as the size; the op itself answers with NaN
        leaf = leaves[bound.leaf]
        if not leaf.size or (leaf.min() >= bound.low and leaf.max() <= bound.high):
            continue
        wrong = np.argwhere((leaf < bound.low) | (leaf > bound.high))[0]
        where = f" in layer {bound.scope!r}" if bound.scope else ""
        raise DataError(
            f"The {leaf_names(batch)[bound.leaf]} hold an integer that {bound.op}{where} has no place for.",
            expected=f"integers from {bound.low} to {bound.high}",
            got=f"{leaf[tuple(wrong)]} in example {int(wrong[0])}",
            remedy="check the labels, or the number of classes or of words in the model",
        )
