"""The op pages run as they stand, for operands that a fast kernel does not handle."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from horn import dtypes
from horn.contract import Backend
from horn.spec import dispatch
from horn.spec.op import ops

if TYPE_CHECKING:
    from collections.abc import Callable


class _Names(dict[np.dtype, str]):
    """The canonical name of each NumPy dtype, filled as they appear."""

    def __missing__(self, dtype: np.dtype) -> str:
        name = "string" if dtype.kind in "OUST" else dtypes.canonical(dtype)
        self[dtype] = name
        return name


_names = _Names()


class Pages(Backend):
    """A backend whose only kernels are the bodies of the primitives: each page is its meaning."""

    name = "numpy"
    tensor_types = (np.ndarray, np.generic)

    def __init__(self) -> None:
        self.kernels = {name: ops[name].body for name in ops if not ops[name].is_composite}

    def asarray(self, value: np.ndarray, dtype: str | None = None) -> np.ndarray:
        """Return a C-contiguous copy of an array in native byte order, in `dtype` where given."""
        wanted = dtypes.numpy_dtype(dtype or _names[value.dtype])
        with np.errstate(all="ignore"):
            return np.array(value, wanted, order="C")

    def adopt(self, value: np.ndarray) -> np.ndarray:
        """Return the array itself."""
        return value

    def to_numpy(self, tensor: np.ndarray) -> np.ndarray:
        """Return the tensor as an array; it is not copied."""
        return np.asarray(tensor)

    def describe(self, tensor: np.ndarray) -> tuple[tuple[int, ...], str]:
        """Return the shape and the canonical dtype of a tensor."""
        return tensor.shape, _names[tensor.dtype]


def page(name: str) -> Callable[..., Any]:
    """Return the op of that name as its page has it, called like a kernel."""
    op = ops[name]
    count = len(op.operands)

    def run(*args: Any, **attrs: Any) -> Any:
        leaves, form = op.flatten(args[:count])
        # A scalar of NumPy is a tensor; np.float64 would also pass for a number of Python.
        leaves = [np.asarray(x) if isinstance(x, np.generic) else x for x in leaves]
        attrs.update(zip(op.attribute_kinds, args[count:], strict=False))
        return dispatch.entry(op, _pages(), leaves, form, attrs)(*leaves)

    return run


def page_pair(name: str) -> tuple[Callable[..., Any], Callable[..., Any]]:
    """Return the residual kernels of an op that come down to its page and to that of its gradient."""
    value, gradient = page(name), page(f"{name}_grad")

    def forward(*operands: Any, **attrs: Any) -> tuple[Any, Any]:
        outputs = value(*operands, **attrs)
        return outputs, (outputs, operands, attrs)

    def backward(residual: Any, cotangents: Any) -> Any:
        outputs, operands, attrs = residual
        if not isinstance(outputs, tuple):
            return gradient(cotangents, outputs, *operands, **attrs)
        return gradient(*cotangents, *outputs, *operands, **attrs)

    return forward, backward


_instance: list[Pages] = []


def _pages() -> Pages:
    if not _instance:
        _instance.append(Pages())
    return _instance[0]
