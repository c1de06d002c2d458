"""Which backend new models and neutral inputs go to."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

from horn import contract

if TYPE_CHECKING:
    from collections.abc import Iterator

    from horn.contract import Backend


def set_backend(name: str | None) -> None:
    """Choose the backend of this context; None goes back to the default.

    Args:
        name: ``"numpy"``, ``"jax"``, ``"torch"``, ``"tensorflow"`` (or ``"tf"``), or any that a
            package brings. It is loaded now, so a misspelt name is an error here.
    """
    contract.set_backend(None if name is None else contract.load(name))
    contract.forget_default()


@contextmanager
def use_backend(name: str) -> Iterator[Backend]:
    """Choose the backend for the time of a block.

    Example:
        >>> with use_backend("numpy") as backend:
        ...     backend.name
        'numpy'
    """
    backend = contract.load(name)
    with contract.context(backend=backend):
        yield backend
