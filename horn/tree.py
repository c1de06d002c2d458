"""Trees: dictionaries, lists and tuples whose leaves are tensors or anything else.

A dictionary is walked in the order of its sorted keys, so that two equal trees flatten alike.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

Tree = Any
"""A leaf, or a dictionary, list or tuple of trees."""


def is_nested(tree: Tree) -> bool:
    """Return whether `tree` is a container and not a leaf."""
    return isinstance(tree, dict | list | tuple)


def _children(tree: Tree) -> list[Tree]:
    return [tree[key] for key in sorted(tree)] if isinstance(tree, dict) else list(tree)


def flatten(tree: Tree) -> list[Any]:
    """Return the leaves of `tree` from left to right.

    Example:
        >>> flatten({"b": [1, (2,)], "a": 0})
        [0, 1, 2]
    """
    if not is_nested(tree):
        return [tree]
    return [leaf for child in _children(tree) for leaf in flatten(child)]


def unflatten(structure: Tree, leaves: list[Any]) -> Tree:
    """Return a tree of the form of `structure` that holds `leaves`.

    Example:
        >>> unflatten({"b": [0, (0,)], "a": 0}, [1, 2, 3])
        {'b': [2, (3,)], 'a': 1}
    """
    rest = iter(leaves)
    return _fill(structure, rest)


def _fill(structure: Tree, rest: Iterator[Any]) -> Tree:
    if isinstance(structure, dict):
        filled = {key: _fill(structure[key], rest) for key in sorted(structure)}
        return {key: filled[key] for key in structure}
    if isinstance(structure, tuple) and hasattr(structure, "_fields"):
        return type(structure)(*[_fill(child, rest) for child in structure])
    if isinstance(structure, list | tuple):
        return type(structure)(_fill(child, rest) for child in structure)
    return next(rest)


def map_structure(fn: Callable[..., Any], tree: Tree, *others: Tree) -> Tree:
    """Return `tree` with `fn` applied to each leaf (and to the leaves beside it in `others`).

    Example:
        >>> map_structure(lambda x, y: x + y, [1, (2,)], [10, (20,)])
        [11, (22,)]
    """
    columns = [flatten(one) for one in (tree, *others)]
    return unflatten(tree, [fn(*row) for row in zip(*columns, strict=True)])


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
