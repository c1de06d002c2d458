"""`ops`, the namespace that the pages fill and that bodies, gradients and layers read."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from horn.errors import UnsupportedOpError, suggestion

if TYPE_CHECKING:
    from collections.abc import Iterator


class Namespace:
    """Every op by its name, as an attribute. Iterating yields the names in order of declaration."""

    def __init__(self) -> None:
        self._ops: dict[str, Any] = {}

    def register(self, op: Any) -> None:
        """Add an op; two pages of one name are a mistake of ours."""
        if op.name in self._ops:
            raise ValueError(f"two pages declare the op {op.name!r}")
        self._ops[op.name] = op
        setattr(self, op.name, op)

    def __getattr__(self, name: str) -> Any:
        if name.startswith("_"):
            raise AttributeError(name)
        raise UnsupportedOpError(
            f"There is no op named {name!r}.",
            expected="the name of an op page",
            got=repr(name),
            remedy=suggestion(name, self._ops),
        )

    def __iter__(self) -> Iterator[str]:
        return iter(self._ops)

    def __contains__(self, name: object) -> bool:
        return name in self._ops

    def __getitem__(self, name: str) -> Any:
        return self._ops[name]


ops: Any = Namespace()
