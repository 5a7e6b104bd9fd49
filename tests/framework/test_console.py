"""console: what a person sees of a run, with and without a terminal."""

import re
from io import StringIO

import numpy as np
import pytest
from rich.console import Console

from framework import SGD, Dataset, Dense, MeanSquaredError, Optimizer, Sequential, Training, TrainingSettings
from framework.console import MOST_ROWS, watch
from framework.types import Array

HEAD = 4
"""Two lines about the run, an empty one, and the names of the columns."""
MOST_LINES = HEAD + MOST_ROWS + 2 + 2
"""Besides the evenly spread epochs the first and the last, and two lines about how the run ended."""


def _training(
    epochs: int, *, optimizer: Optimizer | None = None, patience: int | None = None, validated: bool = False
) -> Training:
    """A run in which nothing changes, so that the first epoch is the best."""
    data = Dataset(np.arange(24, dtype=np.float32).reshape(8, 3) / 24, np.arange(8) % 2)
    return Training(
        Sequential([Dense(3, 2)], seed=0),
        data,
        optimizer=optimizer or SGD(0.0),
        validation_data=data if validated else None,
        settings=TrainingSettings(epochs, 4, patience=patience, threads=1),
    )


def _watched(training: Training, *, width: int = 80, terminal: bool = False, quiet: bool = False) -> str:
    file = StringIO()
    watch(training, Console(file=file, width=width, force_terminal=terminal, quiet=quiet))
    return file.getvalue()


def test_plain_lines_without_a_terminal() -> None:
    training = _training(2, validated=True)
    lines = _watched(training).splitlines()
    assert lines[:3] == ["8 parameters, 8 rows, 8 held out", "SGD(learning_rate=0.0), batch 4, 1 thread", ""]
    assert lines[3].split() == ["epoch", "loss", "accuracy", "val.", "loss", "val.", "acc.", "samples/s"]
    for line, report in zip(lines[4:6], training.history, strict=True):
        assert report.accuracy is not None
        assert line.split()[:5] == [
            f"{report.epoch}/2",
            f"{report.loss:.4f}",
            f"{report.accuracy:.2%}",
            f"{report.validation_loss:.4f}",
            f"{report.validation_accuracy:.2%}",
        ]
    assert lines[4].endswith(" *")
    assert not lines[5].endswith("*")
    assert lines[6:] == ["", "the weights of the best epoch are restored", lines[4]]
    assert "\x1b" not in "".join(lines)


@pytest.mark.parametrize("validated", [True, False])
def test_the_figures_stand_below_their_names(validated: bool) -> None:
    lines = _watched(_training(1, validated=validated)).splitlines()
    names, row = lines[3], lines[4].removesuffix(" *")
    assert len(names) == len(row)
    for end in (9, 19, 29):
        assert names[:end].endswith(("epoch", "loss", "accuracy"))
        assert row[:end].strip()
        assert row[end] == " "


def test_figures_that_are_not_there_are_not_shown() -> None:
    data = Dataset([[1.0], [2.0]], [[0.5], [1.0]])
    training = Training(
        Sequential([Dense(1, 1)], seed=0),
        data,
        optimizer=SGD(0.0),
        loss=MeanSquaredError(),
        settings=TrainingSettings(1, threads=1),
    )
    lines = _watched(training).splitlines()
    assert "held out" not in lines[0]
    assert "val." not in lines[3]
    assert lines[4].split()[2] == "-"
    assert "%" not in lines[4]


def test_stopping_early_is_told() -> None:
    lines = _watched(_training(9, patience=2, validated=True)).splitlines()
    assert lines[-4:-1] == ["stopped early: no better epoch in 2", "", "the weights of the best epoch are restored"]
    assert re.fullmatch(r" +1/9 +\d.* \*", lines[-1])


@pytest.mark.parametrize("epochs", [1, 2, 19, 20, 21, 39, 41, 500])
@pytest.mark.parametrize("terminal", [False, True])
def test_the_number_of_rows_is_bounded(epochs: int, terminal: bool) -> None:
    shown = _watched(_training(epochs), terminal=terminal)
    rows = [int(number) for number in re.findall(rf"(\d+)/{epochs} +\d\.\d{{4}} +\d", shown)]
    assert min(epochs, MOST_ROWS // 2) <= len(rows) <= MOST_ROWS + 2
    assert (rows[0], rows[-1]) == (1, epochs)
    assert rows == sorted(set(rows))


def test_five_hundred_epochs_fit_a_log() -> None:
    assert len(_watched(_training(500, validated=True)).splitlines()) <= MOST_LINES


@pytest.mark.parametrize("width", [80, 120])
def test_a_terminal_gets_a_bar_that_is_gone_in_the_end(width: int) -> None:
    training = _training(3, validated=True)
    shown = _watched(training, width=width, terminal=True)
    assert len(training.history) == 3
    assert "\x1b[" in shown
    assert "━" in shown
    assert re.search(r"3/3 +0\.", shown)
    erase = "\x1b[1A\x1b[2K"  # up one line, and clear it
    assert f"{erase}\nthe weights of the best epoch are restored\n" in shown
    assert re.fullmatch(r" +1/3 .* \*", shown.splitlines()[-1])


@pytest.mark.parametrize("terminal", [False, True])
def test_a_quiet_console_shows_nothing(terminal: bool) -> None:
    training = _training(3)
    assert _watched(training, terminal=terminal, quiet=True) == ""
    assert len(training.history) == 3


class Odd(Optimizer):
    def __init__(self, note: str) -> None:
        super().__init__()
        self.learning_rate = 0.0
        self.note = note

    def slot_names(self) -> tuple[str, ...]:
        return ()

    def step(self, values: Array, grads: Array, learning_rate: float, index: int) -> None:
        pass


@pytest.mark.parametrize("terminal", [False, True])
@pytest.mark.parametrize("name", ["[red]Odd[/red]", "[link=https://example.org]x", "[/]", "[bold", "\\[red]", "a\\"])
def test_foreign_text_is_never_read_as_markup(name: str, terminal: bool) -> None:
    optimizer = type(name, (Odd,), {})("[blink]note[/blink]")
    shown = _watched(_training(1, optimizer=optimizer), width=200, terminal=terminal)
    assert f"{name}('[blink]note[/blink]')" in shown.splitlines()[1]


def test_words_between_colons_stay_words() -> None:
    assert "Odd(':warning:')" in _watched(_training(1, optimizer=Odd(":warning:")))


def test_long_lines_are_not_folded() -> None:
    shown = _watched(_training(1, optimizer=Odd("x" * 300), validated=True), width=40)
    assert f"Odd('{'x' * 300}'), learning rate 0, batch 4, 1 thread" in shown.splitlines()
