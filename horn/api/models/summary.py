"""The summary of a model: its layers as a table, for terminals and for notebooks."""

from __future__ import annotations

import html
import re
import shutil
import textwrap
from itertools import pairwise
from typing import TYPE_CHECKING, Any, NamedTuple

from horn import dtypes, tree
from horn.api.layers import calls
from horn.engine.flops import flops
from horn.engine.step import recorded
from horn.errors import ArgumentError
from horn.spec.graph import spec_of
from horn.spec.sizes import Dim, public

if TYPE_CHECKING:
    from collections.abc import Iterable

    from horn.api.layers.layer import Layer

_WIDEST = 100
_UNITS = ("", "K", "M", "G", "T", "P")


class Row(NamedTuple):
    """One layer: how deep it lies, its name and class, its output, and what it costs."""

    depth: int
    name: str
    kind: str
    shape: str
    parameters: int
    flops: int | None
    trainable: str

    def cells(self, *, show_trainable: bool) -> list[str]:
        """Return the texts of the columns."""
        indent = "  " * self.depth
        number, unit = _scaled(self.flops)
        operations = f"{number} {unit or ' '}"  # the digits of all rows end in one place
        texts = [f"{indent}{self.name} ({self.kind})", self.shape, f"{self.parameters:,}", operations]
        return [*texts, self.trainable] if show_trainable else texts


class Table:
    """The layers of a model, in the order in which they are called.

    Args:
        model: A model; while its inputs are not known, there are no shapes and no operations.
        expand_nested: Whether to show the layers within layers.
        layer_range: Patterns for the names of the first and the last layer to show.
    """

    def __init__(self, model: Any, *, expand_nested: bool = False, layer_range: tuple[str, str] | None = None) -> None:
        self.model = model
        self.total: int | None = None
        shown: dict[int, Row] = {id(layer): _row(layer, 0, "?", None) for layer in model.layers}
        if model.input_specs is not None:
            trail, counts = _listen(model)
            self.total = _number(sum(counts.values(), start=0))
            top = trail[0][1] + 1
            shown = {}
            for layer, depth, path, outputs in trail[1:]:
                if (expand_nested or depth == top) and id(layer) not in shown:
                    mine = [n for scope, n in counts.items() if scope == path or scope.startswith(f"{path}/")]
                    shown[id(layer)] = _row(layer, depth - top, str(outputs), _number(sum(mine, start=0)))
        self.rows = _within(list(shown.values()), layer_range)

    def totals(self) -> list[str]:
        """Return the lines below the table."""
        trained = _elements(self.model.trainable_variables)
        others = _elements(self.model.non_trainable_variables)
        lines = [
            f"Total params: {trained + others:,} ({_bytes(self.model.variables)})",
            f"Trainable params: {trained:,}",
            f"Non-trainable params: {others:,}",
        ]
        if self.model.optimizer is not None:
            lines.append(f"Optimizer params: {_elements(self.model.optimizer.variables):,}")
        number, unit = _scaled(self.total)
        return lines if self.total is None else [*lines, f"Operations for one example: {number} {unit}FLOP"]

    def text(
        self, width: int | None = None, positions: list[float] | None = None, *, show_trainable: bool = False
    ) -> str:
        """Return the table as text.

        Args:
            width: The number of columns; by default that of the terminal, at most 100.
            positions: Where the columns end, as shares of the width; by default numbers have the room that
                they need, and names what is left.
            show_trainable: Whether to say which layers optimizers change.
        """
        width = width or min(shutil.get_terminal_size((_WIDEST, 24)).columns, _WIDEST)
        head = _HEAD if show_trainable else _HEAD[:-1]
        rows = [row.cells(show_trainable=show_trainable) for row in self.rows]
        if positions is None:
            spans = _spans([head, *rows], width)
        else:
            edges = [0, *(round(width * end) for end in positions)]
            spans = [stop - start for start, stop in pairwise(edges)]
        lines = [f'Model: "{self.model.name}"', "─" * width, *_fit(head, spans), "─" * width]
        for row in rows:
            lines += _fit(row, spans)
        return "\n".join([*lines, "─" * width, *self.totals()])

    def html(self) -> str:
        """Return the table as HTML."""
        cells = [row.cells(show_trainable=True) for row in self.rows]
        body = "".join(f"<tr>{''.join(_cell(i, text) for i, text in enumerate(row))}</tr>" for row in cells)
        head = "".join(_cell(i, text, "th") for i, text in enumerate(_HEAD))
        totals = "<br>".join(map(html.escape, self.totals()))
        name = html.escape(self.model.name)
        return f"<b>Model: {name}</b><table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table><p>{totals}</p>"


_HEAD = ["Layer (type)", "Output Shape", "Param #", "FLOP", "Trainable"]


def _listen(model: Any) -> tuple[list[list[Any]], dict[str, Any]]:
    """Return the notes of every call within one call of the model, and the operations by path."""
    trail: list[list[Any]] = []

    def run(inputs: Any) -> Any:
        with calls.run() as notes:
            notes.trail = trail
            outputs = model(inputs)
        for note in trail:
            note[3] = tree.map_structure(lambda leaf: public(spec_of(leaf).shape), note[3])
        return outputs

    return trail, flops(recorded(run, model.input_specs)[0])


def _row(layer: Layer, depth: int, shape: str, operations: int | None) -> Row:
    weights = layer.variables
    trainable = "-" if not weights else "yes" if layer.trainable_variables else "no"
    return Row(depth, layer.name, type(layer).__name__, shape, _elements(weights), operations, trainable)


def _within(rows: list[Row], layer_range: tuple[str, str] | None) -> list[Row]:
    """Return the rows from the first that the first pattern fits to the last that the second fits."""
    if layer_range is None:
        return rows
    first = [i for i, row in enumerate(rows) if re.match(layer_range[0], row.name)]
    last = [i for i, row in enumerate(rows) if re.match(layer_range[1], row.name)]
    if not first or not last:
        raise ArgumentError(
            "layer_range names no layer of the model.",
            expected="two patterns that fit the names of layers",
            got=repr(layer_range),
            remedy=f"the layers are {', '.join(row.name for row in rows)}",
        )
    return rows[min(first) : max(last) + 1]


def _elements(variables: Iterable[Any]) -> int:
    return sum(int(variable.spec.size) for variable in variables)


def _bytes(variables: Iterable[Any]) -> str:
    count = float(sum(int(v.spec.size) * dtypes.numpy_dtype(v.dtype).itemsize for v in variables))
    for unit in ("B", "KB", "MB", "GB"):
        if count < 1024 or unit == "GB":
            break
        count /= 1024
    return f"{count:.2f} {unit}"


def _number(count: Any) -> int | None:
    """Return the operations for one example, or None where another size than the batch is unknown."""
    if isinstance(count, Dim):
        (name, *others) = count.unknowns()
        return None if others else int(count.evaluate({name: 1}))
    return int(count)


def _scaled(count: int | None) -> tuple[str, str]:
    """Return a count as three digits or fewer, and the unit that they count."""
    if count is None:
        return "-", ""
    size, unit = float(count), 0
    while size >= 1000 and unit < len(_UNITS) - 1:
        size, unit = size / 1000, unit + 1
    return f"{size:.3g}" if unit else str(count), _UNITS[unit]


def _spans(rows: list[list[str]], width: int) -> list[int]:
    """Return how wide the columns are: numbers as they need it, shapes too up to half of the rest."""
    needed = [max(map(len, column)) + 2 for column in zip(*rows, strict=True)]
    rest = max(width - sum(needed[2:]), 2)
    shape = min(needed[1], rest // 2)
    return [rest - shape, shape, *needed[2:]]


def _fit(texts: list[str], spans: list[int]) -> list[str]:
    """Return one line, or as many as the longest text needs: the first two columns wrap, numbers go right."""
    parts = []
    for i, (text, span) in enumerate(zip(texts, spans, strict=True)):
        room = max(span - 1, 1)
        indent = text[: len(text) - len(text.lstrip())]
        if i < 2:
            pieces = textwrap.wrap(text, room, subsequent_indent=indent, break_on_hyphens=False) or [""]
        else:
            pieces = [text[k : k + room] for k in range(0, len(text), room)] or [""]
        parts.append([piece.rjust(room) + " " if i in (2, 3) else piece.ljust(span) for piece in pieces])
    height = max(map(len, parts))
    lines = []
    for k in range(height):
        row = [part[k] if k < len(part) else " " * span for part, span in zip(parts, spans, strict=True)]
        lines.append("".join(row).rstrip())
    return lines


def _cell(column: int, text: str, tag: str = "td") -> str:
    # A notebook's own style would put every column on the right.
    side = "right" if column in (2, 3) else "left"
    return f'<{tag} style="text-align:{side}">{html.escape(text).replace("  ", "&emsp;")}</{tag}>'
