"""Python's operators on symbolic and boxed tensors: each means the op of that meaning."""

from __future__ import annotations

from typing import Any, NoReturn

from horn.errors import ArgumentError, TraceError
from horn.spec.namespace import ops
from horn.spec.tensorspec import TensorSpec


class Operators:
    """What a stand-in for a tensor offers: operators, indexing, shape and dtype.

    A subclass brings `spec` and `level`.
    """

    __slots__ = ()
    __array_ufunc__ = None  # NumPy's operators leave the choice to ours

    def __tf_tensor__(self, dtype: Any = None, name: Any = None) -> NoReturn:
        """Refuse to become a tensor of TensorFlow, whose operators then leave the choice to ours too."""
        del dtype, name
        raise TypeError("a tensor that Horn follows cannot be converted: use horn.ops on it, or pass its .numpy()")
    spec: TensorSpec
    level: int

    @property
    def shape(self) -> tuple[Any, ...]:
        """One size for each axis; an unknown one is a `Dim`."""
        return self.spec.shape

    @property
    def dtype(self) -> str:
        """The name of the dtype."""
        return self.spec.dtype

    @property
    def ndim(self) -> int:
        """The number of axes."""
        return len(self.spec.shape)

    @property
    def T(self) -> Any:  # noqa: N802  (NumPy's name)
        """The transpose, with all axes reversed."""
        return ops.transpose(self)

    def __add__(self, other: Any) -> Any:
        return ops.add(self, other)

    def __radd__(self, other: Any) -> Any:
        return ops.add(other, self)

    def __sub__(self, other: Any) -> Any:
        return ops.subtract(self, other)

    def __rsub__(self, other: Any) -> Any:
        return ops.subtract(other, self)

    def __mul__(self, other: Any) -> Any:
        return ops.multiply(self, other)

    def __rmul__(self, other: Any) -> Any:
        return ops.multiply(other, self)

    def __truediv__(self, other: Any) -> Any:
        return ops.divide(self, other)

    def __rtruediv__(self, other: Any) -> Any:
        return ops.divide(other, self)

    def __floordiv__(self, other: Any) -> Any:
        return ops.floor_divide(self, other)

    def __rfloordiv__(self, other: Any) -> Any:
        return ops.floor_divide(other, self)

    def __mod__(self, other: Any) -> Any:
        return ops.mod(self, other)

    def __rmod__(self, other: Any) -> Any:
        return ops.mod(other, self)

    def __pow__(self, other: Any) -> Any:
        return ops.power(self, other)

    def __rpow__(self, other: Any) -> Any:
        return ops.power(other, self)

    def __matmul__(self, other: Any) -> Any:
        return ops.matmul(self, other)

    def __rmatmul__(self, other: Any) -> Any:
        return ops.matmul(other, self)

    def __neg__(self) -> Any:
        return ops.negative(self)

    def __abs__(self) -> Any:
        return ops.absolute(self)

    def __lt__(self, other: Any) -> Any:
        return ops.less(self, other)

    def __le__(self, other: Any) -> Any:
        return ops.less_equal(self, other)

    def __gt__(self, other: Any) -> Any:
        return ops.greater(self, other)

    def __ge__(self, other: Any) -> Any:
        return ops.greater_equal(self, other)

    def __eq__(self, other: object) -> Any:
        return ops.equal(self, other)

    def __ne__(self, other: object) -> Any:
        return ops.not_equal(self, other)

    __hash__ = object.__hash__

    def __and__(self, other: Any) -> Any:
        return ops.logical_and(self, other)

    def __or__(self, other: Any) -> Any:
        return ops.logical_or(self, other)

    def __xor__(self, other: Any) -> Any:
        return ops.logical_xor(self, other)

    def __invert__(self) -> Any:
        return ops.logical_not(self)

    def __getitem__(self, index: Any) -> Any:
        return get_item(self, index)

    def __len__(self) -> int:
        return self.shape[0]

    def __iter__(self) -> Any:
        return (self[i] for i in range(len(self)))

    def _no_value(self, asked: str) -> NoReturn:
        raise TraceError(
            f"A symbolic tensor was asked for {asked}.",
            expected="code that needs shapes and dtypes only while the step is traced",
            got=f"{asked} of a symbolic {self.spec}",
            remedy="use ops.where in place of `if`, or compile(..., run_eagerly=True)",
        )

    def __bool__(self) -> bool:
        self._no_value("its truth value")

    def __float__(self) -> float:
        self._no_value("a Python float")

    def __int__(self) -> int:
        self._no_value("a Python integer")

    def __index__(self) -> int:
        self._no_value("a Python integer")

    def __array__(self, dtype: Any = None, copy: Any = None) -> Any:
        self._no_value("a NumPy array")

    def __repr__(self) -> str:
        return f"<{type(self).__name__} {self.spec}>"


def get_item(x: Any, index: Any) -> Any:
    """Return ``x[index]`` for integers, slices, ``None`` and ``...`` as NumPy means them.

    One integer tensor alone picks along the first axis.
    """
    if not isinstance(index, tuple):
        if isinstance(index, Operators) or (hasattr(index, "shape") and index.shape):
            return ops.take(x, index, axis=0)
        index = (index,)
    rank = len(x.spec.shape)
    taken = sum(1 for item in index if item is not None and item is not Ellipsis)
    if taken > rank:
        raise ArgumentError(
            f"A tensor of {rank} axes was indexed with {taken} indices.",
            expected=f"at most {rank} indices",
            got=repr(index),
            remedy="drop an index, or reshape the tensor first",
        )
    fill = (slice(None),) * (rank - taken)
    if Ellipsis in [item for item in index if item is Ellipsis]:
        at = next(i for i, item in enumerate(index) if item is Ellipsis)
        index = (*index[:at], *fill, *index[at + 1 :])
    else:
        index = (*index, *fill)
    return _get_basic(x, index)


def _get_basic(x: Any, index: tuple[Any, ...]) -> Any:
    starts, stops, strides, shape = [], [], [], []
    axis = 0
    for item in index:
        if item is None:
            shape.append(1)
            continue
        size = x.spec.shape[axis]
        if isinstance(item, slice):
            start, stop, stride = _slice_bounds(item, size)
            shape.append((stop - start + stride - 1) // stride)
        else:
            start = item + size if item < 0 else item
            stop, stride = start + 1, 1
        starts.append(start)
        stops.append(stop)
        strides.append(stride)
        axis += 1
    cut = ops.slice(x, tuple(starts), tuple(stops), tuple(strides))
    return cut if tuple(shape) == ops.shape(cut) else ops.reshape(cut, tuple(shape))


def _slice_bounds(item: slice, size: Any) -> tuple[Any, Any, int]:
    stride = 1 if item.step is None else item.step
    if not isinstance(stride, int) or stride < 1:
        raise ArgumentError(
            "A slice has a step that is not positive.",
            expected="a step of 1 or more",
            got=repr(item),
            remedy="take every element with a positive step",
        )
    if isinstance(size, int):
        return (*item.indices(size)[:2], stride)
    start = 0 if item.start is None else item.start
    stop = size if item.stop is None else item.stop
    start = start + size if isinstance(start, int) and start < 0 else start
    stop = stop + size if isinstance(stop, int) and stop < 0 else stop
    return start, stop, stride
