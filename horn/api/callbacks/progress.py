"""The display of `fit`, `evaluate` and `predict`: one line on a terminal, one an epoch elsewhere."""

from __future__ import annotations

import os
import shutil
import sys
from time import perf_counter
from typing import TYPE_CHECKING, Any

from horn.api.callbacks.callback import Callback
from horn.api.callbacks.line import BAR, Forms, by_weight, cells, clock, compose, number, short, span

if TYPE_CHECKING:
    from collections.abc import Callable

    from horn.api.callbacks.callback import Logs

_SECONDS = 0.1  # how long a line stands before it is drawn anew
_ESCAPES = os.name != "nt"  # an old console of Windows shows them instead of obeying
# Wrapping is off meanwhile, as a terminal may be narrower than it has told yet.
_DRAWING = "\x1b[?7l\r\x1b[K{}\x1b[J{}\x1b[?7h"
_NO_LIMIT = 1 << 20
_SILENT, _LIVE, _LINES = 0, 1, 2


class Stretch:
    """The steps of one phase: how many are done, and in what time.

    Args:
        total: How many there are; None if nobody knows.
    """

    def __init__(self, total: int | None) -> None:
        self.total, self.done = total, 0
        self.begun = perf_counter()
        self.ended: float | None = None
        self.first: float | None = None

    def reach(self, done: int, total: int | None) -> None:
        """Note how many steps are done."""
        if done == 1:
            self.first = perf_counter()
        self.done, self.total = done, total

    def per_step(self) -> float | None:
        """Return the mean time of a step; without the first, which compiles, once there are others."""
        now = perf_counter() if self.ended is None else self.ended
        if self.first is not None and self.done > 1:
            return (now - self.first) / (self.done - 1)
        return (now - self.begun) / self.done if self.done else None


class ProgbarLogger(Callback):
    """Shows how far training is.

    On a terminal it is one line, drawn anew in place, ten times a second at most. Elsewhere, and
    with ``verbose=2``, it is one plain line at the end of each epoch.

    Example:
        >>> from horn.api.layers.core import Dense
        >>> from horn.api.models.sequential import Sequential
        >>> model = Sequential([Dense(1, kernel_initializer="zeros")])
        >>> model.compile("sgd", "mse")
        >>> history = model.fit(np.ones((2, 3)), np.ones((2, 1)), verbose=2, callbacks=[ProgbarLogger()])
        Epoch 1/1 ... loss: 1.000
    """

    def __init__(self) -> None:
        self._label: Forms = []
        self._main = Stretch(None)
        self._validation: Stretch | None = None
        self._mode = _SILENT
        self._figures: Logs = {}
        self._widths: dict[str, int] = {}
        self._drawn = float("-inf")

    def on_epoch_begin(self, epoch: int, logs: Logs | None = None) -> None:
        last = str(self.params["epochs"])
        count = f"{epoch + 1:>{len(last)}}/{last}"
        self._begin([f"Epoch {count}", count, ""])

    def on_epoch_end(self, epoch: int, logs: Logs | None = None) -> None:
        self._end(logs)

    def on_test_begin(self, logs: Logs | None = None) -> None:
        if not self._label:
            self._begin(["Evaluate", "Eval", ""])
            return
        self._main.ended = perf_counter()
        self._validation = Stretch(None)

    def on_test_end(self, logs: Logs | None = None) -> None:
        if self._validation is None:
            self._end(logs)
        self._validation = None

    def on_predict_begin(self, logs: Logs | None = None) -> None:
        self._begin(["Predict", "Pred", ""])

    def on_predict_end(self, logs: Logs | None = None) -> None:
        self._end(logs)

    def on_progress(self, phase: str, done: int, total: int | None, read_logs: Callable[[], Logs]) -> None:
        if self._mode == _SILENT:
            return
        (self._validation or self._main).reach(done, total)
        if self._mode == _LIVE and perf_counter() - self._drawn >= _SECONDS:
            prefix = "" if self._validation is None else "val_"
            self._figures = {prefix + name: value for name, value in read_logs().items()}
            self._draw()

    def on_exit(self) -> None:
        """Finish a line that an exception has left open, also where Ctrl-C has left its mark on it."""
        if self._label and self._mode == _LIVE:
            self._draw(end="\n")
        self._label, self._validation = [], None

    def _begin(self, label: Forms) -> None:
        self._label, self._figures, self._validation = label, {}, None
        self._main = Stretch(self.params["steps"])
        self._mode = _mode(self.params["verbose"])
        if self._mode == _LIVE and perf_counter() - self._drawn >= _SECONDS:
            self._draw()

    def _end(self, logs: Logs | None) -> None:
        self._main.ended = self._main.ended or perf_counter()
        self._validation, self._figures = None, logs or {}
        if self._mode == _LIVE:
            self._draw(ended=True, end="\n")
        elif self._mode == _LINES:
            _write(self._line(_NO_LIMIT, ended=True) + "\n")
        self._label = []

    def _draw(self, *, ended: bool = False, end: str = "\r") -> None:
        """Draw the line over the last one, and leave the cursor at its first column.

        There the cursor stays where a terminal that becomes narrower folds the line into several:
        so the next line goes over the first of them, and what is below is erased.
        """
        width = shutil.get_terminal_size().columns - 1
        line = self._line(width, ended=ended)
        _write(_DRAWING.format(line, end) if _ESCAPES else f"\r{line}{' ' * (width - cells(line))}{end}")
        self._drawn = perf_counter()

    def _line(self, width: int, *, ended: bool) -> str:
        now = self._validation or self._main
        parts = {
            "label": self._label,
            "count": _count(now, ended=ended, validation=now is not self._main),
            BAR: ["#" * 10, "#" * 4, ""] if now.total and width < _NO_LIMIT else [""],
            **self._times(now, ended=ended),
            **{f"figure {name}": self._figure(name, value) for name, value in self._figures.items()},
        }
        share = min(1.0, now.done / now.total) if now.total else 0.0
        plain = _encoded("━─") != "━─"
        return compose(parts, _order(self._figures, ended=ended), share, width, plain=plain)

    def _times(self, now: Stretch, *, ended: bool) -> dict[str, Forms]:
        """Return the time per step; and what is left, or where nobody can know it, what has passed."""
        per_step = now.per_step()
        step = f"{'?' if per_step is None else span(per_step):>7}"
        if ended or not now.total:
            word, wait = "in", clock(perf_counter() - self._main.begun)
        else:
            word, wait = "ETA", "?" if per_step is None else clock(per_step * max(0, now.total - now.done))
        return {"step": [f"{step}/step", step, ""], "rest": [f"{word} {wait:>6}", f"{wait:>6}", ""]}

    def _figure(self, name: str, value: Any) -> Forms:
        """Return the forms of a figure, as wide as it has ever been, so that the line does not jump."""
        text = number(value)
        width = self._widths[name] = max(self._widths.get(name, 6), len(text))
        shown = "".join(c if c.isprintable() else "?" for c in name)
        return [f"{shown}: {text:>{width}}", f"{short(shown)}: {text:>{width}}", ""]


def _count(now: Stretch, *, ended: bool, validation: bool) -> Forms:
    """Return the forms of the number of steps; only at the end of an epoch it can be done without."""
    known = [f"{now.done:>{len(str(now.total))}}/{now.total}"]
    forms = known if now.total else [f"{now.done:>4} steps", str(now.done)]
    return [f"val {text}" if validation else text for text in forms] + [""] * ended


def _order(figures: Logs, *, ended: bool) -> list[str]:
    """Return what a line can do without, first what it misses least."""
    names = [f"figure {name}" for name in reversed(by_weight(figures))]
    if ended:
        return [BAR, BAR, "step", "label", "rest", *names, "step", "count", "count", "rest", *names]
    return ["step", "label", BAR, "rest", "count", *names, *names[:-1], "step", BAR, *names[-1:], "rest", "label"]


def _mode(verbose: int) -> int:
    """Return how to show progress: not at all, in place, or in whole lines."""
    if not verbose or sys.stdout is None:
        return _SILENT
    terminal = sys.stdout.isatty() and os.environ.get("TERM") != "dumb"
    return _LIVE if verbose == 1 and terminal else _LINES


def _encoded(text: str) -> str:
    """Return a text with a question mark for each character that the stream has no code for."""
    encoding = getattr(sys.stdout, "encoding", None) or "ascii"
    return text.encode(encoding, "replace").decode(encoding)


def _write(text: str) -> None:
    sys.stdout.write(_encoded(text))
    sys.stdout.flush()
