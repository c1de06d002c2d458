"""Windows over spatial axes as users write them: sizes, padding by name, and where the channels are."""

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING, Any

import numpy as np

from horn import settings
from horn.errors import ArgumentError, suggestion
from horn.spec.namespace import ops

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

Pairs = tuple[tuple[Any, Any], ...]
"""For each spatial axis how much is padded before and after."""

Sizes = tuple[int, ...]
"""One integer for each spatial axis."""

_FORMATS = ("channels_last", "channels_first")


def window_count(size: Any, window: int, stride: int, padding: tuple[Any, Any], dilation: int = 1) -> Any:
    """Return how many windows fit along one axis of a padded input."""
    reach = (window - 1) * dilation + 1
    # The stride inside of the quotient makes equal counts of an unknown size equal expressions.
    return (size + padding[0] + padding[1] - reach + stride) // stride


def places_of(window: Sizes, strides: Sizes, dilation: Sizes, counts: Sizes) -> Iterator[tuple[Sizes, Any]]:
    """Yield each offset of a window with the slice of a padded input that all windows have there."""
    for offset in itertools.product(*map(range, window)):
        places = tuple(
            np.s_[o * d : o * d + (n - 1) * s + 1 : s]
            for o, d, n, s in zip(offset, dilation, counts, strides, strict=True)
        )
        yield offset, (np.s_[:], *places)


def per_axis(value: Any, count: int, name: str, owner: str = "An op") -> Sizes:
    """Return one positive integer for each of `count` spatial axes."""
    given = tuple(value) if isinstance(value, tuple | list) else (value,) * count
    if len(given) != count or not all(
        isinstance(n, int | np.integer) and not isinstance(n, bool) and n >= 1 for n in given
    ):
        raise ArgumentError(
            f"{owner} was given something for {name} that does not fit {count} spatial axes.",
            expected=f"a positive integer, or {count} of them",
            got=f"{name}={value!r}",
            remedy=f"write {name}=3 or {name}={(3,) * count}",
        )
    return tuple(int(n) for n in given)


def named(name: Any, known: tuple[str, ...]) -> str:
    """Return the name of a padding if it is one of those known."""
    if name not in known:
        raise ArgumentError(
            f"There is no padding named {name!r} here.",
            expected=f"one of {', '.join(map(repr, known))}",
            got=repr(name),
            remedy=suggestion(name, known),
        )
    return name


def pairs(padding: str, sizes: Sequence[Any], window: Sizes, strides: Sizes, dilation: Sizes) -> Pairs:
    """Return explicit padding for a name; 'same' puts the odd zero after."""
    if padding == "valid":
        return ((0, 0),) * len(window)
    if padding == "full":
        return tuple(((k - 1) * d, (k - 1) * d) for k, d in zip(window, dilation, strict=True))
    if padding == "causal":
        return tuple(((k - 1) * d, 0) for k, d in zip(window, dilation, strict=True))
    totals = [_zeros(*row) for row in zip(sizes, window, strides, dilation, strict=True)]
    return tuple((total // 2, total - total // 2) for total in totals)


def _zeros(size: Any, window: int, stride: int, dilation: int) -> Any:
    """Return how many zeros make ``ceil(size / stride)`` windows fit; the size may be unknown.

    With r the reach of a window and u what the size lacks to a multiple of the stride s, it is
    ``max(r - s + u, 0)``. Since u < s, that is a sum where it cannot be seen to be positive.
    """
    reach = (window - 1) * dilation + 1
    lacking = (size + stride - 1) // stride * stride - size if stride > 1 else 0
    if reach >= stride:
        return reach - stride + lacking
    return sum((lacking + stride - k) // stride for k in range(stride - reach + 1, stride))


def is_channels_first(data_format: str | None) -> bool:
    """Return whether the channels come second; None stands for the format of `horn.config`."""
    name = settings.image_data_format() if data_format is None else data_format
    if name not in _FORMATS:
        raise ArgumentError(
            f"There is no data format named {name!r}.",
            expected="'channels_last' or 'channels_first'",
            got=repr(name),
            remedy=suggestion(name, _FORMATS),
        )
    return name == "channels_first"


def channels_last(x: Any, data_format: str | None) -> Any:
    """Return `x` with its channels last, whatever its format."""
    rank = len(x.shape)
    return ops.transpose(x, (0, *range(2, rank), 1)) if is_channels_first(data_format) else x


def in_format(y: Any, data_format: str | None) -> Any:
    """Return `y`, which has its channels last, in a format."""
    rank = len(y.shape)
    return ops.transpose(y, (0, rank - 1, *range(1, rank - 1))) if is_channels_first(data_format) else y
