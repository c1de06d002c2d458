"""Pictures of ratios as SVG, written by hand: nothing to install."""

from __future__ import annotations

from html import escape
from math import ceil, floor, log2
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pairs import Ratio

COLOURS = {"numpy": "#4c72b0", "jax": "#55a868", "torch": "#dd8452", "tensorflow": "#8172b3"}
LEAST, MOST = -5, 8  # powers of two; an interval that is wider is cut off
LEFT, RIGHT, TOP, ROW, GAP = 110, 690, 60, 16, 12


def ratios(title: str, points: list[tuple[str, str, Ratio]]) -> str:
    """Return a picture of ratios with their intervals, a row each, on a logarithmic axis.

    Args:
        title: What is compared.
        points: Workload, backend and ratio, those of a workload together.
    """
    low = max(floor(min(-1.0, *(log2(value.low) for *_, value in points))), LEAST)
    high = min(ceil(max(1.0, *(log2(value.high) for *_, value in points))), MOST)

    def across(value: float) -> float:
        return LEFT + (RIGHT - LEFT) * (min(max(log2(value), low), high) - low) / (high - low)

    marks, y, before = [], TOP, points[0][0]
    for i, (task, backend, value) in enumerate(points):
        y += ROW + (GAP if task != before else 0)
        if i == 0 or task != before:
            marks.append(_text(LEFT - 8, y + 4, task, "end"))
        before, colour, x = task, COLOURS[backend], across(value.value)
        marks.append(_line(across(value.low), y, across(value.high), y, colour, 2))
        marks.append(f'<circle cx="{x:.1f}" cy="{y}" r="4" fill="{colour}"/>')
        marks.append(_text(RIGHT + 8, y + 4, f"{value.value:.2f}x"))
    bottom = y + ROW
    grid = []
    for power in range(low, high + 1):
        x = across(2.0**power)
        grid.append(_line(x, TOP, x, bottom, "#333" if power == 0 else "#ddd", 1))
        grid.append(_text(x, bottom + 16, f"{2.0**power:g}x", "middle"))
    shown = {backend for _, backend, _ in points}
    for i, backend in enumerate(backend for backend in COLOURS if backend in shown):
        grid.append(f'<circle cx="{LEFT + 110 * i}" cy="42" r="4" fill="{COLOURS[backend]}"/>')
        grid.append(_text(LEFT + 110 * i + 8, 46, backend))
    head = (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="760" height="{bottom + 30}" font-family="sans-serif"'
    )
    body = [_text(LEFT, 24, f"{title} (right of 1x: Horn is faster)", size=14), *grid, *marks]
    return "\n".join(
        [f'{head} font-size="12">', '<rect width="100%" height="100%" fill="white"/>', *body, "</svg>\n"]
    )


def _line(x1: float, y1: float, x2: float, y2: float, colour: str, width: int) -> str:
    ends = f'x1="{x1:.1f}" y1="{y1:.1f}" x2="{x2:.1f}" y2="{y2:.1f}"'
    return f'<line {ends} stroke="{colour}" stroke-width="{width}"/>'


def _text(x: float, y: float, text: str, anchor: str = "start", size: int = 12) -> str:
    return f'<text x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}" font-size="{size}">{escape(text)}</text>'
