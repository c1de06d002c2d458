"""Names that nobody chose: made from the class, and counted."""

from __future__ import annotations

import re

_counts: dict[str, int] = {}


def automatic_name(base: str) -> str:
    """Return `base`, or ``base_1``, ``base_2`` ... from its second use in the process on."""
    number = _counts.get(base, 0)
    _counts[base] = number + 1
    return base if number == 0 else f"{base}_{number}"


def clear_names() -> None:
    """Begin to count automatic names anew."""
    _counts.clear()


def snake_case(name: str) -> str:
    """Return ``"max_pooling2d"`` for ``"MaxPooling2D"``."""
    name = re.sub(r"([A-Z]+)([A-Z][a-z])", r"\1_\2", name)
    return re.sub(r"([a-z])([A-Z])", r"\1_\2", name).lower()
