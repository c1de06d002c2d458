"""Trees: dictionaries, lists and tuples whose leaves are tensors or anything else.

A dictionary is walked in the order of its sorted keys, so that two equal trees flatten alike.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

Tree = Any
"""A leaf, or a dictionary, list or tuple of trees."""


_NESTED = (dict, list, tuple)


def is_nested(tree: Tree) -> bool:
    """Return whether `tree` is a container and not a leaf."""
    return isinstance(tree, _NESTED)


def flatten(tree: Tree) -> list[Any]:
    """Return the leaves of `tree` from left to right.

    Example:
        >>> flatten({"b": [1, (2,)], "a": 0})
        [0, 1, 2]
    """
    leaves: list[Any] = []
    _gather(tree, leaves)
    return leaves


def _gather(tree: Tree, leaves: list[Any]) -> None:
    if not isinstance(tree, _NESTED):
        leaves.append(tree)
        return
    for child in [tree[key] for key in sorted(tree)] if isinstance(tree, dict) else tree:
        if isinstance(child, _NESTED):
            _gather(child, leaves)
        else:
            leaves.append(child)


def unflatten(structure: Tree, leaves: Sequence[Any]) -> Tree:
    """Return a tree of the form of `structure` that holds `leaves`.

    Example:
        >>> unflatten({"b": [0, (0,)], "a": 0}, [1, 2, 3])
        {'b': [2, (3,)], 'a': 1}
    """
    if not isinstance(structure, _NESTED):
        return leaves[0]
    rest = iter(leaves)
    return _mapped(lambda _: next(rest), structure)


def map_structure(fn: Callable[..., Any], tree: Tree, *others: Tree) -> Tree:
    """Return `tree` with `fn` applied to each leaf (and to the leaves beside it in `others`).

    Example:
        >>> map_structure(lambda x, y: x + y, [1, (2,)], [10, (20,)])
        [11, (22,)]
    """
    if not others:
        return _mapped(fn, tree)
    columns = [flatten(one) for one in (tree, *others)]
    return unflatten(tree, [fn(*row) for row in zip(*columns, strict=True)])


def _mapped(fn: Callable[[Any], Any], tree: Tree) -> Tree:
    if not isinstance(tree, _NESTED):
        return fn(tree)
    if isinstance(tree, dict):
        made = {key: _mapped(fn, tree[key]) for key in sorted(tree)}
        return {key: made[key] for key in tree}
    children = [_mapped(fn, child) for child in tree]
    return type(tree)(*children) if hasattr(tree, "_fields") else type(tree)(children)


def form(tree: Tree) -> Any:
    """Return something hashable that is equal for trees which differ in their leaves alone.

    Example:
        >>> form({"a": [5]}) == form({"a": [6]}), form([5]) == form((5,))
        (True, False)
    """
    if not isinstance(tree, _NESTED):
        return None
    if isinstance(tree, dict):
        return (dict, *[(key, form(child)) for key, child in tree.items()])
    return (type(tree), *map(form, tree))


def flatten_with_path(tree: Tree, path: tuple[str | int, ...] = ()) -> list[tuple[tuple[str | int, ...], Any]]:
    """Return pairs of path and leaf.

    Example:
        >>> flatten_with_path({"a": [5]})
        [(('a', 0), 5)]
    """
    if not is_nested(tree):
        return [(path, tree)]
    keys = sorted(tree) if isinstance(tree, dict) else range(len(tree))
    return [pair for key in keys for pair in flatten_with_path(tree[key], (*path, key))]
