"""What a tensor is without its values: a shape and a dtype."""

from __future__ import annotations

from typing import TYPE_CHECKING

from horn.spec.sizes import product

if TYPE_CHECKING:
    from horn.spec.sizes import Shape, Size


class TensorSpec:
    """A shape and a dtype; two specs of the same content are equal and hash alike.

    Args:
        shape: One size for each axis, an `int` or a `Dim`.
        dtype: The canonical name of the dtype.
    """

    __slots__ = ("_hash", "dtype", "shape")

    def __init__(self, shape: Shape, dtype: str) -> None:
        self.shape = shape
        self.dtype = dtype
        self._hash = hash((shape, dtype))

    @property
    def rank(self) -> int:
        """The number of axes."""
        return len(self.shape)

    @property
    def size(self) -> Size:
        """The number of elements."""
        return product(self.shape)

    def with_shape(self, shape: Shape) -> TensorSpec:
        """Return a spec of another shape and this dtype."""
        return TensorSpec(shape, self.dtype)

    def with_dtype(self, dtype: str) -> TensorSpec:
        """Return a spec of this shape and another dtype."""
        return TensorSpec(self.shape, dtype)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, TensorSpec) and self.shape == other.shape and self.dtype == other.dtype

    def __hash__(self) -> int:
        return self._hash

    def __repr__(self) -> str:
        return f"{self.dtype}[{','.join(map(str, self.shape))}]"
