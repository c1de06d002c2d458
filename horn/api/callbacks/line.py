"""The text of a line of progress: figures of a stable width, cut down to what a terminal holds."""

from __future__ import annotations

from typing import TYPE_CHECKING
from unicodedata import combining, east_asian_width

if TYPE_CHECKING:
    from collections.abc import Iterable

Forms = list[str]
"""What may stand for one part of a line, from long to short; ``""`` leaves the part out."""

BAR = "bar"
_LONGEST_BAR = 30


def number(value: float) -> str:
    """Return a number with four significant digits.

    Example:
        >>> [number(value) for value in (0.5, 0.0123456, 1234.5, 123456.0, 1e-7, float("nan"))]
        ['0.5000', '0.01235', '1234', '1.235e5', '1.000e-7', 'nan']
    """
    digits, _, exponent = f"{value:#.4g}".partition("e")
    return digits.rstrip(".") + (f"e{int(exponent)}" if exponent else "")


def span(seconds: float) -> str:
    """Return the time of a step with its unit.

    Example:
        >>> [span(seconds) for seconds in (2.0, 0.0123456, 0.00045)]
        ['2.000s', '12.35ms', '450.0us']
    """
    for unit, factor in (("s", 1.0), ("ms", 1e3)):
        if seconds * factor >= 1:
            return number(seconds * factor) + unit
    return number(seconds * 1e6) + "us"


def clock(seconds: float) -> str:
    """Return a time to wait or one that has passed, in six characters or fewer.

    Example:
        >>> [clock(seconds) for seconds in (0.26, 59.4, 59.6, 3725, 90000)]
        ['0.3s', '59s', '1m00s', '1h02m', '1d01h']
    """
    if seconds < 9.95:
        return f"{seconds:.1f}s"
    minutes, s = divmod(round(seconds), 60)
    hours, m = divmod(minutes, 60)
    days, h = divmod(hours, 24)
    if days:
        return f"{days}d{h:02d}h"
    if hours:
        return f"{hours}h{m:02d}m"
    return f"{minutes}m{s:02d}s" if minutes else f"{s}s"


def short(name: str) -> str:
    """Return the name of a figure with its long words cut.

    Example:
        >>> short("val_sparse_categorical_accuracy"), short("loss")
        ('val_spa_cat_acc', 'loss')
    """
    return "_".join(word if len(word) <= 4 else word[:3] for word in name.split("_"))


def by_weight(names: Iterable[str]) -> list[str]:
    """Return the names of figures, the most telling first: each with its ``val_`` behind it.

    Example:
        >>> by_weight(["loss", "accuracy", "val_loss", "val_accuracy"])
        ['loss', 'val_loss', 'accuracy', 'val_accuracy']
    """
    order = {name: i for i, name in enumerate(names)}
    return sorted(order, key=lambda name: (order.get(name.removeprefix("val_"), order[name]), order[name]))


def cells(text: str) -> int:
    """Return how many columns a text takes: two for a wide character, none for a combining one."""
    if text.isascii():
        return len(text)
    return sum(0 if combining(c) else 2 if east_asian_width(c) in "WF" else 1 for c in text)


def compose(parts: dict[str, Forms], order: Iterable[str], share: float, width: int, *, plain: bool) -> str:
    """Return the parts in a row, none longer than the width allows.

    Args:
        parts: The parts by name, in the order of the line. The one called `BAR` is a placeholder:
            it grows into the room that is left.
        order: Which part to shorten by one form, one after the other until the line fits.
        share: How much of the bar is full, from 0 to 1.
        width: How many columns there are.
        plain: Whether to keep to ASCII.
    """
    left = {name: list(forms) for name, forms in parts.items()}
    for name in order:
        if _room(left, width) >= 0:
            break
        del left[name][: len(left[name]) > 1]
    chosen = {name: forms[0] for name, forms in left.items()}
    if chosen[BAR]:
        length = len(chosen[BAR]) + max(0, _room(left, width))
        chosen[BAR] = bar(share, min(_LONGEST_BAR, length), plain=plain)
    line = " ".join(text for text in chosen.values() if text)
    while cells(line) > width:
        line = line[:-1]
    return line


def _room(left: dict[str, Forms], width: int) -> int:
    """Return how many columns are free, less than none where the line is too long."""
    return width + 1 - sum(cells(forms[0]) + 1 for forms in left.values() if forms[0])


def bar(share: float, length: int, *, plain: bool) -> str:
    """Return a bar that is `length` columns long.

    Example:
        >>> bar(0.5, 12, plain=True), bar(1.0, 12, plain=True)
        ('[=====.....]', '[==========]')
    """
    inner = length - 2 if plain else length
    full = int(inner * share)
    return f"[{'=' * full}{'.' * (inner - full)}]" if plain else "━" * full + "─" * (inner - full)
