"""The display: one line in place on a terminal of any width, one line an epoch elsewhere."""

from __future__ import annotations

import io
import os
import re
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

import horn
from horn.api.callbacks import line, progress
from horn.api.callbacks.progress import ProgbarLogger

if TYPE_CHECKING:
    from collections.abc import Callable

WIDTHS = range(40, 201)
LONG = {"loss": 0.1234, "sparse_categorical_accuracy": 0.9, "mean_absolute_error": 12.5}


class Terminal(io.StringIO):
    """A stream that says it is a terminal, and what it would look like."""

    encoding = "utf-8"

    def isatty(self) -> bool:
        return True

    def draws(self) -> list[str]:
        """Return every text that was drawn, whether it was drawn over later or not."""
        plain = re.sub(r"\x1b\[\??\d*[A-Za-z]", "", self.getvalue())
        return [text for text in re.split(r"[\r\n]", plain) if text]

    def screen(self, width: int) -> list[str]:
        """Return the rows of a screen of that width, and last the one that the cursor is in."""
        rows, at, wraps = [""], 0, True
        for token in re.findall(r"\x1b\[\??\d*[A-Za-z]|.|\s", self.getvalue()):
            if token == "\r":
                at = 0
            elif token == "\n":
                rows.append("")
                at = 0
            elif token in ("\x1b[K", "\x1b[J"):
                rows[-1] = rows[-1][:at]
            elif token.startswith("\x1b"):
                wraps = token.endswith("h")
            elif at < width or not wraps:
                rows[-1] = (rows[-1][:at] + token + rows[-1][at + 1 :])[:width]
                at += 1
            else:
                rows.append(token)
                at = 1
        return rows


class Clock:
    """A clock that a test moves."""

    now = 100.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def terminal(monkeypatch: pytest.MonkeyPatch) -> Terminal:
    stream = Terminal()
    monkeypatch.setattr(progress, "sys", SimpleNamespace(stdout=stream))
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.setenv("COLUMNS", "100")
    return stream


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    moved = Clock()
    monkeypatch.setattr(progress, "perf_counter", moved)
    return moved


def display(steps: int | None = 1000, epochs: int = 5, verbose: int = 1) -> ProgbarLogger:
    shown = ProgbarLogger()
    shown.set_params({"epochs": epochs, "steps": steps, "verbose": verbose})
    return shown


def figures(**values: float) -> Callable[[], dict[str, float]]:
    return lambda: values


def run_epoch(shown: ProgbarLogger, clock: Clock, logs: dict[str, float], steps: int | None = 1000) -> None:
    """Play the hooks of an epoch of 1000 steps that takes one second."""
    shown.on_epoch_begin(0)
    for done in range(100, 1001, 100):
        clock.now += 0.1001
        shown.on_progress("train", done, steps, lambda: logs)
    shown.on_epoch_end(0, {**logs, **{f"val_{name}": value for name, value in logs.items()}})


def model() -> Any:
    made = horn.Sequential([horn.Input(shape=(3,)), horn.layers.Dense(2)], backend="numpy")
    made.compile("sgd", "mse", metrics=["mae"])
    return made


X, Y = np.ones((20, 3), "float32"), np.zeros((20, 2), "float32")


# -- the line ----------------------------------------------------------------------------------


def test_a_line_names_everything_where_there_is_room(terminal: Terminal, clock: Clock) -> None:
    shown = display()
    shown.on_epoch_begin(1)
    for done in (1, 251):
        clock.now += 0.5
        shown.on_progress("train", done, 1000, figures(loss=0.25, accuracy=0.5))
    assert terminal.draws()[-1] == (
        "Epoch 2/5  251/1000 ━━━━━━─────────────────── 2.000ms/step ETA   1.5s loss: 0.2500 accuracy: 0.5000"
    )


@pytest.mark.parametrize("logs", [{"loss": 0.5}, {"loss": 2.0, "accuracy": 0.5}, LONG], ids=len)
@pytest.mark.parametrize("steps", [1000, None])
def test_no_line_is_wider_than_the_terminal_minus_one(
    terminal: Terminal, clock: Clock, monkeypatch: pytest.MonkeyPatch, steps: int | None, logs: dict[str, float]
) -> None:
    for width in (*range(1, 40), *WIDTHS):
        monkeypatch.setenv("COLUMNS", str(width))
        run_epoch(display(steps), clock, logs, steps)
        assert max(map(len, terminal.draws()), default=0) <= width - 1
        assert max(map(len, re.findall("[━─]+", terminal.getvalue())), default=0) <= 30
        terminal.seek(0)
        terminal.truncate()


def test_an_epoch_stays_as_one_line_and_ends_with_a_newline(
    terminal: Terminal, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    for width in WIDTHS:
        monkeypatch.setenv("COLUMNS", str(width))
        run_epoch(display(), clock, {"loss": 0.1234, "accuracy": 0.9})
        row, cursor = terminal.screen(width)
        assert cursor == ""
        assert re.search("1/5 .*loss: 0.1234 .*val_loss: 0.1234", row)
        terminal.seek(0)
        terminal.truncate()


@pytest.mark.parametrize(
    ("width", "wanted"),
    [
        (40, "1/5  900/1000 ━━━━─   0.1s loss: 0.1234"),
        (60, "1/5  900/1000 ━━━━─ 1.001ms   0.1s loss: 0.1234 acc: 0.9000"),
        (80, "Epoch 1/5  900/1000 ━━━━━━━━━─ 1.001ms ETA   0.1s loss: 0.1234 accuracy: 0.9000"),
    ],
)
def test_narrow_lines_leave_out_what_is_missed_least(
    terminal: Terminal, clock: Clock, monkeypatch: pytest.MonkeyPatch, width: int, wanted: str
) -> None:
    monkeypatch.setenv("COLUMNS", str(width))
    run_epoch(display(), clock, {"loss": 0.1234, "accuracy": 0.9})
    assert terminal.draws()[-3] == wanted


def test_the_line_does_not_jump_while_figures_change(terminal: Terminal, clock: Clock) -> None:
    shown = display()
    shown.on_epoch_begin(0)
    places = []
    losses = [11.5, 2.0, 0.5, 1234.0, -3.0, 0.04, 9.999e9]  # the last is the first that needs more room
    for done, loss in enumerate([*losses, *losses, *losses], start=90):
        clock.now += 0.2
        shown.on_progress("train", done, 1000, figures(loss=loss, accuracy=0.5))
        places.append(tuple(terminal.draws()[-1].index(word) for word in ("/step", "ETA", "loss", "accuracy")))
    assert len(set(places[:5])) == 1
    assert len(set(places[6:])) == 1  # what a figure has been given once it keeps


def test_unknown_steps_are_counted_and_have_no_bar(terminal: Terminal, clock: Clock) -> None:
    run_epoch(display(None), clock, {"loss": 0.5}, None)
    assert terminal.draws()[-1] == "Epoch 1/5 1000 steps 1.001ms/step in   1.0s loss: 0.5000 val_loss: 0.5000"
    assert not re.search("[━─%]|ETA", terminal.getvalue())


def test_the_first_step_does_not_count_because_it_compiles(terminal: Terminal, clock: Clock) -> None:
    shown = display(11)
    shown.on_epoch_begin(0)
    for done, seconds in ((1, 30.0), (11, 1.0)):
        clock.now += seconds
        shown.on_progress("train", done, 11, figures(loss=0.5))
    assert "100.0ms/step" in terminal.draws()[-1]


def test_validation_shows_its_own_steps_and_does_not_slow_the_training_down(terminal: Terminal, clock: Clock) -> None:
    shown = display(10)
    shown.on_epoch_begin(0)
    clock.now += 1.0
    shown.on_progress("train", 10, 10, figures(loss=0.5))
    shown.on_test_begin()
    clock.now += 5.0
    shown.on_progress("test", 5, 20, figures(loss=0.25))
    assert "Epoch 1/5 val  5/20" in terminal.draws()[-1]
    assert "val_loss: 0.2500" in terminal.draws()[-1]
    shown.on_test_end({"loss": 0.25})
    shown.on_epoch_end(0, {"loss": 0.5, "val_loss": 0.25})
    assert "10/10" in terminal.draws()[-1]
    assert "100.0ms/step in   6.0s loss: 0.5000 val_loss: 0.2500" in terminal.draws()[-1]


def test_ascii_streams_get_ascii(terminal: Terminal, clock: Clock, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Terminal, "encoding", "ascii")
    run_epoch(display(), clock, {"loss": 0.5, "точность": 1.0})
    assert terminal.getvalue().isascii()
    assert "[=========.]" in terminal.getvalue() or "[====" in terminal.getvalue()


def test_wide_characters_take_two_columns(
    terminal: Terminal, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "40")
    run_epoch(display(), clock, {"損失" * 8: 0.5, "精度": 1.0})
    assert max(len(text) + len(re.findall("[損失精度]", text)) for text in terminal.draws()) <= 39
    assert line.cells("e\N{COMBINING ACUTE ACCENT}") == 1


def test_names_cannot_smuggle_control_characters(capsys: pytest.CaptureFixture[str], clock: Clock) -> None:
    run_epoch(display(), clock, {"lo\nss\x1b[2J": 0.5})
    assert "lo?ss?[2J: 0.5000" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (0.0, "0.000"), (1.0, "1.000"), (-0.5, "-0.5000"), (0.99996, "1.000"), (9999.4, "9999"), (12345, "1.234e4"),
        (0.00012344, "0.0001234"), (1.5e-12, "1.500e-12"), (float("nan"), "nan"), (float("inf"), "inf"),
    ],
)  # fmt: skip
def test_numbers_have_four_significant_digits(value: float, text: str) -> None:
    assert line.number(value) == text


# -- when --------------------------------------------------------------------------------------


def test_ten_draws_a_second_and_logs_are_read_only_for_them(terminal: Terminal, clock: Clock) -> None:
    reads = []
    shown = display()
    shown.on_epoch_begin(0)
    for done in range(1, 1001):
        clock.now += 0.003
        shown.on_progress("train", done, 1000, lambda: reads.append(clock.now) or {"loss": 0.5})
    assert len(terminal.draws()) == len(reads) + 1  # the first comes before any step
    assert 28 <= len(reads) <= 30
    assert np.diff(reads).min() >= 0.1


def test_short_epochs_cost_one_draw_each(terminal: Terminal, clock: Clock) -> None:
    shown = display()
    for epoch in range(100):
        shown.on_epoch_begin(epoch)
        shown.on_progress("train", 1000, 1000, pytest.fail)
        shown.on_epoch_end(epoch, {"loss": 0.5})
    assert len(terminal.draws()) == 101


def test_the_width_is_read_anew_for_each_draw(
    terminal: Terminal, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    shown = display()
    shown.on_epoch_begin(0)
    for done, width in ((1, 200), (2, 40), (3, 120), (4, 60)):
        monkeypatch.setenv("COLUMNS", str(width))
        clock.now += 1
        shown.on_progress("train", done, 1000, figures(loss=0.5, accuracy=0.5))
        assert width * 0.7 < len(terminal.draws()[-1]) < width or width > 110
    assert len(terminal.screen(200)) == 1


# -- where -------------------------------------------------------------------------------------


@pytest.mark.parametrize("verbose", [1, 2])
def test_elsewhere_an_epoch_is_one_line_without_control_characters(
    capsys: pytest.CaptureFixture[str], verbose: int
) -> None:
    model().fit(X, Y, epochs=3, batch_size=4, verbose=verbose, validation_data=(X, Y))
    rows = capsys.readouterr().out.splitlines()
    number = r" *[\d.e+-]+"
    shown = " ".join(f"{name}:{number}" for name in ("loss", "mae", "val_loss", "val_mae"))
    pattern = rf"Epoch {{}}/3 5/5 {number}[mu]?s/step in {number}s {shown}"
    assert len(rows) == 3
    for i, row in enumerate(rows):
        assert re.fullmatch(pattern.format(i + 1), row), row


def test_verbose_2_is_plain_on_a_terminal_too(terminal: Terminal) -> None:
    model().fit(X, Y, epochs=2, verbose=2)
    assert re.fullmatch(r"(Epoch \d/2 [ -~]*\n){2}", terminal.getvalue())


def test_a_dumb_terminal_gets_plain_lines(terminal: Terminal, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TERM", "dumb")
    model().evaluate(X, Y)
    assert re.fullmatch(r"Evaluate [ -~]*\n", terminal.getvalue())


def test_verbose_0_is_silent(terminal: Terminal) -> None:
    trained = model()
    trained.fit(X, Y, verbose=0, validation_data=(X, Y))
    trained.evaluate(X, Y, verbose=0)
    trained.predict(X, verbose=0)
    trained.fit(X, Y, verbose=0, callbacks=[ProgbarLogger()])
    assert terminal.getvalue() == ""


def test_a_program_without_a_stdout_can_train(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(progress, "sys", SimpleNamespace(stdout=None))
    model().fit(X, Y)


def test_evaluate_and_predict_show_one_line(terminal: Terminal) -> None:
    trained = model()
    trained.evaluate(X, Y, batch_size=4)
    trained.predict(X, batch_size=4)
    evaluated, predicted, cursor = terminal.screen(100)
    assert re.match("Evaluate 5/5 ━+ .*loss: .* mae: ", evaluated)
    assert re.match("Predict 5/5 ━+ .*step in", predicted)
    assert cursor == ""


def test_a_display_that_is_passed_is_the_only_one(terminal: Terminal) -> None:
    model().fit(X, Y, callbacks=[ProgbarLogger()])
    assert len(terminal.screen(100)) == 2


# -- the end -----------------------------------------------------------------------------------


class Breaks(horn.callbacks.Callback):
    """Raises after a few steps."""

    def __init__(self, error: BaseException) -> None:
        self.error = error

    def on_progress(self, phase: str, done: int, total: int | None, read_logs: Any) -> None:
        if done >= 3:
            raise self.error


@pytest.mark.parametrize("error", [KeyboardInterrupt(), ValueError("broken")], ids=repr)
@pytest.mark.parametrize("method", ["fit", "evaluate", "predict"])
def test_an_exception_leaves_the_cursor_on_a_fresh_line(
    terminal: Terminal, method: str, error: BaseException
) -> None:
    arguments = [X] if method == "predict" else [X, Y]
    with pytest.raises(type(error)):
        getattr(model(), method)(*arguments, batch_size=2, callbacks=[Breaks(error)])
    row, cursor = terminal.screen(100)
    assert "/10 " in row
    assert cursor == ""


def test_an_exception_in_validation_leaves_the_cursor_on_a_fresh_line(terminal: Terminal) -> None:
    def batches() -> Any:
        yield X, Y
        raise ValueError("broken")

    with pytest.raises(ValueError, match="broken"):
        model().fit(X, Y, validation_data=batches())
    assert len(terminal.screen(100)) == 2
    assert terminal.getvalue().endswith("\n\x1b[?7h")


def test_a_display_serves_again_after_an_exception(terminal: Terminal) -> None:
    shown, trained = ProgbarLogger(), model()
    with pytest.raises(ValueError, match="broken"):
        trained.fit(X, Y, batch_size=2, callbacks=[shown, Breaks(ValueError("broken"))])
    trained.evaluate(X, Y, callbacks=[shown])
    assert terminal.screen(100)[1].startswith("Evaluate 1/1")


@pytest.mark.skipif(os.name == "nt", reason="there is no pty")
def test_a_real_terminal_counts_as_one(monkeypatch: pytest.MonkeyPatch) -> None:
    parent, child = os.openpty()
    with os.fdopen(child, "w", encoding="utf-8") as stream:
        monkeypatch.setattr(progress, "sys", SimpleNamespace(stdout=stream))
        monkeypatch.setenv("TERM", "xterm")
        model().fit(X, Y)
        seen = os.read(parent, 65536).decode()
    os.close(parent)
    assert "\r" in seen
    assert "Epoch 1/1" in seen
