"""`Initializer`: the base of recipes for the first value of a weight."""

from __future__ import annotations

from typing import Any, Self

import numpy as np

from horn import dtypes, settings
from horn.api.keywords import ExactKeywords


class Initializer(ExactKeywords):
    """A recipe for the first value of a weight: ``initializer(shape, dtype)`` gives an array.

    Raises:
        ArgumentError: An argument has a value that it cannot have, or does not exist.

    Example:
        >>> class Count(Initializer):
        ...     def __call__(self, shape, dtype=None):
        ...         return in_dtype(np.arange(np.prod(shape)).reshape(shape), dtype)
        >>> Count()((2, 2))
        array([[0., 1.], [2., 3.]], dtype=float32)
    """

    def __call__(self, shape: tuple[int, ...], dtype: str | None = None) -> np.ndarray:
        """Return a NumPy array of a shape and dtype; default: the default float."""
        raise NotImplementedError(f"{type(self).__name__} has no `__call__`")

    def get_config(self) -> dict[str, Any]:
        """Return the arguments that make an equal initializer."""
        return {}

    @classmethod
    def from_config(cls, config: dict[str, Any]) -> Self:
        """Return an initializer made from what `get_config` returned."""
        return cls(**config)

    def clone(self) -> Self:
        """Return an equal initializer."""
        return self.from_config(self.get_config())

    def __repr__(self) -> str:
        shown = ", ".join(f"{name}={value!r}" for name, value in self.get_config().items() if value is not None)
        return f"{type(self).__name__}({shown})"


def in_dtype(values: np.ndarray, dtype: str | None) -> np.ndarray:
    """Return values in a dtype, or in the default float, as an array of their own."""
    return np.array(values, dtypes.numpy_dtype(dtypes.canonical(dtype or settings.floatx())))
