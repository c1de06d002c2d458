"""Laws that several pages share: the shape of a broadcast, of a reduction, of a float result."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from horn import dtypes
from horn.errors import DTypeError, ShapeError
from horn.spec.tensorspec import TensorSpec

if TYPE_CHECKING:
    from collections.abc import Callable

    from horn.spec.sizes import Shape


def broadcast(name: str, *shapes: Shape) -> Shape:
    """Return the shape that `shapes` broadcast to, as NumPy does.

    An unknown size broadcasts against itself and against one.
    """
    rank = max(len(shape) for shape in shapes)
    result: list[Any] = [1] * rank
    for shape in shapes:
        for i, size in enumerate(shape, start=rank - len(shape)):
            if result[i] == 1:
                result[i] = size
            elif size not in (1, result[i]):
                raise ShapeError(
                    f"The operands of {name} do not broadcast.",
                    expected="sizes that are equal, or one, from the last axis backwards",
                    got=" and ".join(show(shape) for shape in shapes),
                    remedy="reshape one operand, or check which layer feeds it",
                )
    return tuple(result)


def show(shape: Shape) -> str:
    """Return a shape as text, ``(N, 3)``."""
    return f"({', '.join(map(str, shape))}{',' if len(shape) == 1 else ''})"


def elementwise(name: str, dtype: str | None = None) -> Callable[..., TensorSpec]:
    """Return the law of an op whose operands broadcast; they have been promoted already."""

    def law(*specs: TensorSpec, **attrs: Any) -> TensorSpec:  # noqa: ARG001
        shape = specs[0].shape if len(specs) == 1 else broadcast(name, *[s.shape for s in specs])
        return TensorSpec(shape, dtype or specs[-1].dtype)

    return law


def need_float(name: str, spec: TensorSpec, remedy: str = "cast it to float32 first") -> None:
    """Raise `DTypeError` unless `spec` is floating-point."""
    if not dtypes.is_float(spec.dtype):
        raise DTypeError(
            f"{name} was given a tensor of {spec.dtype}.",
            expected="a floating-point tensor",
            got=str(spec),
            remedy=remedy,
        )


def need_integer(name: str, spec: TensorSpec) -> None:
    """Raise `DTypeError` unless `spec` holds integers."""
    if not dtypes.is_integer(spec.dtype):
        raise DTypeError(
            f"{name} was given indices of {spec.dtype}.",
            expected="integers",
            got=str(spec),
            remedy="cast the indices to int32",
        )


def need_rank(name: str, spec: TensorSpec, rank: int) -> None:
    """Raise `ShapeError` unless `spec` has `rank` axes."""
    if spec.rank != rank:
        raise ShapeError(
            f"{name} was given a tensor of {spec.rank} axes.",
            expected=f"{rank} axes",
            got=show(spec.shape),
            remedy="reshape it, or add the axis that is missing",
        )


def reduced(spec: TensorSpec, axis: tuple[int, ...], keepdims: bool) -> Shape:  # noqa: FBT001
    """Return the shape after a reduction over `axis`, which is normalised."""
    if keepdims:
        return tuple(1 if i in axis else size for i, size in enumerate(spec.shape))
    return tuple(size for i, size in enumerate(spec.shape) if i not in axis)


def need_equal_targets(name: str, target: TensorSpec, output: TensorSpec) -> None:
    """Raise `ShapeError` unless targets have the shape of the outputs."""
    if target.shape != output.shape:
        raise ShapeError(
            f"{name} was given targets of another shape than the outputs.",
            expected=f"targets of shape {show(output.shape)}, that of the outputs",
            got=show(target.shape),
            remedy="reshape the targets, or change the number of units of the last layer",
        )
