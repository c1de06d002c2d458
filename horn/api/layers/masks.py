"""Masks: which steps of a sequence count, kept beside the tensors that they belong to.

A tensor of a framework takes no attributes, so the masks are among the notes of a run. A layer that
makes a mask or passes one on puts it there; the next layer, and the loss, find it by the tensor.
"""

from __future__ import annotations

from typing import Any

from horn import tree
from horn.api.layers import calls


def of(tensor: Any) -> Any:
    """Return the mask of a tensor, bools without its last axis as a rule, or None."""
    run = calls.current()
    found = run.masks.get(id(tensor)) if run is not None and run.masks else None
    return None if found is None else found[1]


def are_there() -> bool:
    """Return whether any tensor of this run has a mask."""
    run = calls.current()
    return run is not None and bool(run.masks)


def put(tensor: Any, mask: Any) -> None:
    """Note the mask of a tensor for the layers to come."""
    run = calls.current()
    if run is not None and mask is not None:
        run.masks[id(tensor)] = (tensor, mask)  # the tensor too, so that its identity stays its own


def of_tree(tensors: Any) -> Any:
    """Return the mask of one tensor, or a tree of masks; None where no tensor has one."""
    if not tree.is_nested(tensors):
        return of(tensors)
    masks = [of(leaf) for leaf in tree.flatten(tensors)]
    return None if all(mask is None for mask in masks) else tree.unflatten(tensors, masks)


def put_tree(tensors: Any, masks: Any) -> None:
    """Note the masks of a tree of tensors; one of another structure has one for each tensor, in order."""
    if masks is None:
        return
    leaves = tree.flatten(tensors)
    given = list(masks) if isinstance(masks, list | tuple) else [masks]
    for tensor, mask in zip(leaves, given, strict=False):
        put(tensor, mask)
