"""Masks: which steps of a sequence count, kept beside the tensors that they belong to.

A tensor of a framework takes no attributes, so the masks of a run are in a table that lives as long
as the outermost call of a layer, or the step around it. A layer that makes or passes on a mask puts
it there; the next layer, and the loss, find it by the tensor.
"""

from __future__ import annotations

from contextlib import contextmanager
from contextvars import ContextVar
from typing import TYPE_CHECKING, Any

from horn import tree

if TYPE_CHECKING:
    from collections.abc import Iterator

_table: ContextVar[dict[int, tuple[Any, Any]] | None] = ContextVar("horn_masks", default=None)


@contextmanager
def table() -> Iterator[None]:
    """Keep the masks that the block makes until it ends, unless a block around it keeps them."""
    if _table.get() is not None:
        yield
        return
    token = _table.set({})
    try:
        yield
    finally:
        _table.reset(token)


def of(tensor: Any) -> Any:
    """Return the mask of a tensor, bools without its last axis as a rule, or None."""
    known = _table.get()
    found = known.get(id(tensor)) if known else None
    return None if found is None else found[1]


def put(tensor: Any, mask: Any) -> None:
    """Note the mask of a tensor for the layers to come."""
    known = _table.get()
    if known is not None and mask is not None:
        known[id(tensor)] = (tensor, mask)  # the tensor too, so that its identity stays its own


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
