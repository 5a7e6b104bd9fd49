"""watch: what a person sees of a run while it goes on, and what stays when it ends, however it ends."""

import itertools
import math
import re
import time
from collections.abc import Callable
from types import SimpleNamespace

import numpy as np
import pytest

from framework import (
    SGD,
    Adam,
    Dataset,
    Dense,
    Diverged,
    Layer,
    MeanSquaredError,
    Optimizer,
    Rescale,
    Sequential,
    SoftmaxCrossEntropy,
    Step,
    StepReport,
    Training,
    fit,
)
from framework.console.epochs import MOST_ROWS
from framework.console.watching import FEW_STEPS, LiveView, watch
from framework.training import REPORT_SECONDS
from framework.types import Array
from tests.framework.console.consoles import (
    FOREIGN,
    FRAME,
    HARMFUL,
    KINDS,
    LINES,
    TERMINALS,
    WIDTHS,
    Kind,
    Odd,
    Shown,
    Told,
    epoch_report,
    regression,
    run_of,
    two_classes,
)

MOST_A_SECOND = 10
STAR = "★"
BLOCKS_AND_BARS = "━╸"
HINT = "no better than guessing"


def _watched(training: Training, kind: Kind = "terminal", width: int = 80, height: int = 24) -> Shown:
    shown = Shown(kind, width, height)
    watch(training, shown.console)
    return shown


def _rows(shown: Shown) -> list[str]:
    """The rows of the epochs that stand there in the end."""
    return [line for line in shown.lines if re.match(r" *\d+/\d+ +\S+ +\S+ ", line)]


@pytest.fixture
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """The live view is drawn at every event."""
    monkeypatch.setattr("framework.console.watching.REDRAW_SECONDS", 0.0)
    monkeypatch.setattr("framework.console.watching.MOST_OF_THE_TIME", math.inf)


@pytest.mark.parametrize("kind", KINDS)
def test_every_epoch_has_its_row_below_the_names(kind: Kind) -> None:
    training = run_of(3, validated=True)
    shown = _watched(training, kind)
    lines = shown.lines
    start = next(number for number, line in enumerate(lines) if line.split()[:2] == ["epoch", "loss"])
    assert lines[start - 1].split() == ["training", "validation"]
    for line, report in zip(lines[start + 1 : start + 4], training.history, strict=True):
        assert report.accuracy is not None
        assert report.validation_loss is not None
        assert report.validation_accuracy is not None
        assert line.split()[:7] == [
            f"{report.epoch}/3",
            f"{report.loss:.4f}",
            f"{report.accuracy:.2%}",
            f"{report.validation_loss:.4f}",
            f"{report.validation_accuracy:.2%}",
            "0.00",
            f"{report.samples_per_second:,.0f}",
        ]


@pytest.mark.parametrize("kind", LINES)
def test_lines_have_no_escape_codes_no_frames_and_no_bars(kind: Kind) -> None:
    shown = _watched(run_of(3, validated=True), kind)
    assert "\x1b" not in shown.raw
    assert "\r" not in shown.raw
    assert not set(shown.raw) & {*FRAME, *BLOCKS_AND_BARS, "│"}


def test_without_colours_there_are_none() -> None:
    colours = re.compile(r"\x1b\[(?:\d+;)*(?:3\d|4\d|9\d|10\d)(?:;\d+)*m")
    assert colours.search(_watched(run_of(3, validated=True)).raw)
    assert not colours.search(_watched(run_of(3, validated=True), "no color").raw)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("width", WIDTHS)
@pytest.mark.parametrize("epochs", [1, 3, 100])
@pytest.mark.usefixtures("quick")
def test_no_line_is_ever_wider_than_the_console(epochs: int, width: int, kind: Kind) -> None:
    shown = _watched(run_of(epochs, validated=True, loss=Told(1e5, 1e-9)), kind, width)
    assert max(map(len, re.split(r"[\r\n]+", shown.ever))) <= width


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("epochs", [1, 2, 20, 21, 41, 500])
def test_the_rows_of_a_run_are_bounded(epochs: int, kind: Kind) -> None:
    rows = [int(row.split("/")[0]) for row in _rows(_watched(run_of(epochs), kind))]
    assert min(epochs, MOST_ROWS // 2) <= len(rows) <= MOST_ROWS + 2
    assert (rows[0], rows[-1]) == (1, epochs)
    assert rows == sorted(set(rows))


@pytest.mark.parametrize("kind", TERMINALS)
def test_on_a_terminal_the_best_epoch_and_only_it_has_a_star(kind: Kind) -> None:
    training = run_of(5, validated=True, optimizer=SGD(0.5), loss=SoftmaxCrossEntropy())
    rows = _rows(_watched(training, kind))
    best = training.history.best
    assert best is not None
    assert [row for row in rows if STAR in row] == [rows[best.epoch - 1]]
    assert sum(report.best for report in training.history) > 1


@pytest.mark.parametrize("kind", LINES)
def test_line_by_line_each_best_so_far_has_a_star(kind: Kind) -> None:
    training = run_of(5, validated=True, optimizer=SGD(0.5))
    rows = _rows(_watched(training, kind))
    assert [STAR in row for row in rows] == [report.best for report in training.history]
    assert sum(STAR in row for row in rows) > 1


@pytest.mark.parametrize("kind", KINDS)
def test_curves_are_for_terminals_and_for_more_than_one_epoch(kind: Kind) -> None:
    assert ("validation loss" in _watched(run_of(2, validated=True), kind).screen.text) == (kind in TERMINALS)
    assert "validation loss" not in _watched(run_of(1, validated=True), kind).screen.text


@pytest.mark.parametrize("kind", TERMINALS)
@pytest.mark.parametrize("epochs", [1, 3, 100])
@pytest.mark.parametrize("height", [10, 24, 50])
@pytest.mark.usefixtures("quick")
def test_the_live_view_is_gone_in_the_end(height: int, epochs: int, kind: Kind) -> None:
    shown = _watched(run_of(epochs, validated=True), kind, height=height)
    assert set(shown.ever) & set(BLOCKS_AND_BARS)
    assert not set(shown.screen.text) & set(BLOCKS_AND_BARS)
    assert shown.screen.cursor_shown
    assert shown.screen.text.count("samples/s") == 1
    assert 1 < shown.screen.most_erased <= height  # the line of the cursor with it
    assert "..." not in shown.ever


@pytest.mark.parametrize("height", range(10, 51))
@pytest.mark.parametrize("epochs", [0, 1, 5, 200])
def test_the_live_view_fits_the_terminal(epochs: int, height: int) -> None:
    """Of the rows as many are shown as there is room for, the last ones; the bars and the curves always stay."""
    training = run_of(1000, validated=True)
    for epoch in range(1, epochs + 1):
        report = epoch_report(epoch, 1000, validation_loss=1 / epoch, validation_accuracy=0.5, best=True)
        training.history.epochs.append(report)
    training.state.epoch = epochs
    view = LiveView(training)
    view.now = StepReport(epochs + 1, 1, 2, 0.25, 0.5, 0.1, 123_456.0)
    shown = Shown(height=height)
    shown.console.print(view)
    lines = shown.file.getvalue().count("\n")
    assert lines <= height - 1
    text = shown.ever
    rows = re.findall(r"(\d+)/1000 +0\.5", text)
    assert rows == [str(epoch) for epoch in range(1, epochs + 1)][-max(1, height - 10) :]
    assert f"{epochs + 1}/1000  ━" in text
    assert "run  ━" in text
    assert ("validation loss  " in text) == (epochs > 1)
    assert ("validation accuracy  " in text) == (epochs > 1)
    if epochs >= height:
        assert lines == height - 2 + (height == 10)


def test_in_the_live_view_the_best_epoch_and_only_it_has_a_star() -> None:
    training = run_of(9, validated=True)
    training.history.epochs = [
        epoch_report(epoch, 9, validation_loss=0.5, best=epoch in (1, 3)) for epoch in range(1, 6)
    ]
    shown = Shown()
    shown.console.print(LiveView(training))
    assert [int(row.split("/")[0]) for row in shown.ever.splitlines() if STAR in row] == [3]


@pytest.mark.usefixtures("quick")
def test_the_live_view_follows_the_run() -> None:
    """Of three epochs of 16 steps, each long enough for a report."""
    pause = Said(lambda: time.sleep(REPORT_SECONDS / 4))
    training = run_of(3, data=two_classes(64), model=Sequential([Dense(3, 2), pause], seed=0))
    shown = _watched(training)
    frames = shown.ever.split("run  ━")
    losses = [found for frame in frames for found in re.findall(r"(\d)/3  ━.*━  loss (0\.\d{4})", frame)]
    assert {epoch for epoch, _ in losses} == {"1", "2", "3"}
    assert len(set(losses)) >= 9
    assert len(re.findall(r"━  [\d,]+ samples/s  \d+:\d\d left", shown.ever)) >= 9


@pytest.mark.parametrize("width", [20, 40, 60, 80, 120])
def test_the_live_view_never_folds(width: int) -> None:
    training = run_of(100_000, validated=True)
    training.history.epochs = [epoch_report(epoch, 100_000, validation_loss=1e-300) for epoch in range(1, 50)]
    view = LiveView(training)
    training.state.step = training.total_steps // 2
    view.start -= 99_990  # seconds ago
    view.now = StepReport(50, 1, 2, 1e-300, 1.0, 1e-300, 12_345_678.0)
    shown = Shown(width=width, height=24)
    shown.console.print(view)
    lines = shown.ever.splitlines()
    assert len(lines) == 21
    assert max(map(len, lines)) <= width
    if width >= 80:
        epoch, run, empty, curve = lines[-4:]
        assert epoch.startswith("     1/100000  ━")
        assert epoch.endswith("━  loss 1.00e-300")
        assert run.startswith("          run  ━")
        assert re.search(r"━  12,345,678 samples/s  27:46:\d\d left$", run)
        assert (empty, curve[-23:]) == ("", "  1.00e-300 → 1.00e-300")


@pytest.mark.parametrize(("part", "cells"), [(0, 0), (1, 4), (4, 16), (8, 32)])
def test_the_bars_are_as_long_as_the_work_that_is_done(part: int, cells: int) -> None:
    training = run_of(4)
    view = LiveView(training)
    view.now = StepReport(1, part, 8, 0.5, 0.5, 0.1, 1000.0)
    training.state.step = part
    view.start -= 60.0
    shown = Shown()
    shown.console.print(view)
    epoch, run = [line for line in shown.raw.splitlines() if "━" in line]
    assert epoch.count("━") == run.count("━") == 32
    assert _coloured(epoch, 36) == _coloured(run, 32) == cells
    left = {1: "7:00 left", 4: "1:00 left", 8: "0:00 left"}
    assert left.get(part, "samples/s") in run
    assert ("left" in run) == (part > 0)


def _coloured(line: str, colour: int) -> int:
    """How many cells of the bar in `line` have this colour."""
    return sum(len(cells) for cells in re.findall(rf"\x1b\[{colour}m([━╸]+)", line))


@pytest.mark.parametrize("tick", [0.001, 0.03, 0.1, 0.5])
def test_the_view_is_redrawn_at_most_ten_times_a_second(tick: float, monkeypatch: pytest.MonkeyPatch) -> None:
    """By a clock that goes on by a tick whenever it is asked, and were drawing for nothing."""
    monkeypatch.setattr("framework.console.watching.MOST_OF_THE_TIME", math.inf)
    seconds = itertools.count(1)
    drawn: list[int] = []
    monkeypatch.setattr("framework.console.watching.time", SimpleNamespace(perf_counter=lambda: tick * next(seconds)))
    monkeypatch.setattr("rich.live.Live.refresh", lambda _: drawn.append(next(seconds)))
    _watched(run_of(300))
    in_any_case = 2  # at the start and at the end
    assert len(drawn) - in_any_case <= MOST_A_SECOND * tick * next(seconds)
    assert len(drawn) > 3


def test_where_drawing_is_slow_it_is_done_less_often(monkeypatch: pytest.MonkeyPatch) -> None:
    """By a clock that goes on by a second at every look, and at every drawing."""
    clock = [0.0]
    drawn: list[float] = []

    def now() -> float:
        clock[0] += 1.0
        return clock[0]

    def draw(_: object) -> None:
        clock[0] += 1.0
        drawn.append(clock[0])

    monkeypatch.setattr("framework.console.watching.time", SimpleNamespace(perf_counter=now))
    monkeypatch.setattr("rich.live.Live.refresh", draw)
    _watched(run_of(600))
    first, *between, last = drawn
    assert len(between) > 3
    assert len(between) <= 0.01 * (last - first) + 1


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("epochs", [1, 2])
def test_there_is_one_empty_line_between_two_parts(epochs: int, kind: Kind) -> None:
    shown = _watched(run_of(epochs), kind)
    assert "\n\n\n" not in shown.screen.text
    assert "\n\nno better than guessing" in shown.screen.text


@pytest.mark.parametrize("kind", KINDS)
def test_a_quiet_console_shows_nothing(kind: Kind) -> None:
    training = run_of(3, validated=True)
    shown = Shown(kind, quiet=True)
    watch(training, shown.console)
    assert shown.raw == ""
    assert len(training.history) == 3


@pytest.mark.parametrize("kind", KINDS)
def test_stopping_early_is_told_and_the_last_epoch_is_shown(kind: Kind) -> None:
    shown = _watched(run_of(1000, patience=7, validated=True), kind)
    assert _rows(shown)[-1].split()[0] == "8/1000"
    figures = r"loss 0\.8421, accuracy 37\.50%"
    ending = rf"\n\nstopped early: no better epoch in 7\nthe model has the weights of its best epoch, 1: {figures}\n"
    assert re.search(ending, shown.screen.text)


@pytest.mark.parametrize("kind", KINDS)
def test_the_weights_of_the_best_epoch_are_told_only_where_they_are_others(kind: Kind) -> None:
    told = "has the weights of its best epoch"
    assert f"{told}, 1: loss" in _watched(run_of(2, validated=True), kind).screen.text
    assert told not in _watched(run_of(1, validated=True), kind).screen.text
    assert told not in _watched(run_of(2), kind).screen.text
    assert told not in _watched(run_of(2, validated=True, restore_best=False), kind).screen.text
    best_last = run_of(2, validated=True, optimizer=SGD(0.01))
    assert told not in _watched(best_last, kind).screen.text


def test_a_regression_has_a_best_epoch_without_an_accuracy() -> None:
    text = _watched(regression(2, validated=True, loss=Told(0.25))).screen.text
    assert "has the weights of its best epoch, 1: loss 0.2500\n" in f"{text}\n"


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.usefixtures("quick")
def test_after_a_divergence_the_rows_so_far_stay(kind: Kind) -> None:
    """Two epochs of two steps are well, then the loss is no number."""
    training = run_of(1000, loss=Told(0.5, 0.5, 0.25, 0.25, math.nan))
    shown = Shown(kind)
    with pytest.raises(Diverged, match="epoch 3, step 5, learning rate 0: the loss is nan"):
        watch(training, shown.console)
    rows = _rows(shown)
    assert [row.split()[0] for row in rows] == (["1/1000", "2/1000"] if kind in TERMINALS else ["1/1000"])
    assert not set(shown.screen.text) & set(BLOCKS_AND_BARS)
    assert shown.screen.cursor_shown


@pytest.mark.parametrize("kind", KINDS)
def test_a_divergence_in_the_first_epoch_shows_no_rows(kind: Kind) -> None:
    shown = Shown(kind)
    with pytest.raises(Diverged):
        watch(run_of(3, loss=Told(math.nan)), shown.console)
    assert _rows(shown) == []
    assert shown.screen.cursor_shown


class Interrupting(Layer):
    """y = x, until somebody presses Ctrl-C in a step."""

    def __init__(self, step: int) -> None:
        self.step = step

    def forward(self, x: Array, *, step: Step | None = None) -> Array:
        if step is not None and step.index == self.step:
            raise KeyboardInterrupt
        return x

    def backward(self, dy: Array, *, need_dx: bool = True) -> Array | None:
        return dy


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.usefixtures("quick")
def test_ctrl_c_goes_on_and_the_rows_so_far_stay(kind: Kind) -> None:
    training = run_of(9, model=Sequential([Dense(3, 2), Interrupting(7)], seed=0))
    shown = Shown(kind)
    with pytest.raises(KeyboardInterrupt):
        watch(training, shown.console)
    assert [row.split()[0] for row in _rows(shown)] == ["1/9", "2/9", "3/9"]
    assert not set(shown.screen.text) & set(BLOCKS_AND_BARS)
    assert shown.screen.cursor_shown


class Said(Layer):
    """y = x, and does something on the way."""

    def __init__(self, action: Callable[[], None]) -> None:
        self.action = action

    def forward(self, x: Array, *, step: Step | None = None) -> Array:
        self.action()
        return x

    def backward(self, dy: Array, *, need_dx: bool = True) -> Array | None:
        return dy


def _hinted(training: Training, kind: Kind = "piped") -> bool:
    text = _watched(training, kind).screen.text
    assert (HINT in text) == ("  hint: " in text)
    return HINT in text


def _of_classes(counts: list[int], epochs: int = 2, optimizer: Optimizer | None = None) -> Training:
    """A run on so many samples of each class, which tell nothing of their class; unless told, with no step at all."""
    labels = np.repeat(np.arange(len(counts)), counts)
    data = Dataset(np.ones((len(labels), 1), np.float32), labels)
    model = Sequential([Dense(1, len(counts))], seed=0)
    return run_of(epochs, data=data, model=model, optimizer=optimizer, batch_size=len(labels))


@pytest.mark.parametrize("kind", KINDS)
def test_a_model_that_guesses_is_told_so(kind: Kind) -> None:
    assert _hinted(_of_classes([10] * 10), kind)
    text = _watched(_of_classes([50, 30, 20], 30, SGD(0.5)), kind).screen.text
    assert "no better than guessing while it trained: 50.00% are of the commonest class" in text


def test_what_was_measured_on_rows_held_out_is_true_of_the_weights_of_the_end() -> None:
    assert "no better than guessing: 50.00% are " in _watched(run_of(2, validated=True), "piped").screen.text


LARGE = Dataset(255 * two_classes().x, two_classes().y)


@pytest.mark.parametrize(
    ("losses", "optimizer", "data", "remedy"),
    [
        ((50.0, 0.7), SGD(50.0), None, "a smaller learning rate: 0.1"),
        ((50.0, 0.7), SGD(0.5), None, "a smaller learning rate: 0.05"),
        ((50.0, 0.7), Adam(0.01), None, "a smaller learning rate: 0.001"),
        ((50.0, 0.7), SGD(0.1), LARGE, "x reaches 244, far from 1: try Rescale(1 / 244) as the first layer"),
        ((0.7, 0.701), SGD(0.01), None, "a larger learning rate: 0.1 is usual"),
        ((0.7, 0.701), SGD(0.1), None, "a smaller learning rate: 0.01"),
        ((0.7, 0.701), Odd(""), None, "a learning rate ten times larger, or ten times smaller"),
        ((0.7, 0.5), SGD(0.1), LARGE, "more epochs, or a smaller learning rate: 0.01"),
    ],
)
def test_what_to_try_goes_by_the_losses(
    losses: tuple[float, float], optimizer: Optimizer, data: Dataset | None, remedy: str
) -> None:
    training = run_of(FEW_STEPS, loss=Told(*losses), optimizer=optimizer, data=data, batch_size=8)
    assert f"\n  hint: {remedy}\n" in _watched(training, "piped").raw


def test_where_there_is_a_rescale_none_is_recommended() -> None:
    model = Sequential([Rescale(1 / 255), Dense(3, 2)], seed=0)
    training = run_of(FEW_STEPS, loss=Told(50.0), optimizer=SGD(50.0), data=LARGE, model=model)
    assert "\n  hint: a smaller learning rate: 0.1\n" in _watched(training, "piped").raw


@pytest.mark.parametrize(("epochs", "said"), [(1, "1 step cannot"), (FEW_STEPS - 1, f"{FEW_STEPS - 1} steps cannot")])
def test_few_steps_are_a_reason_by_themselves(epochs: int, said: str) -> None:
    text = _watched(run_of(epochs, loss=Told(0.7), optimizer=SGD(0.1), batch_size=8), "piped").raw
    assert f"\n  hint: {said} teach it much: more epochs, or smaller batches\n" in text


def test_always_naming_the_commonest_class_is_guessing() -> None:
    assert _hinted(_of_classes([90, 10], 20, SGD(0.5)))


@pytest.mark.parametrize("epochs", [1, 40])
def test_two_classes_told_apart_are_no_guess(epochs: int) -> None:
    """60 % of two equal classes is more than guessing, though far less than one and a half times as much."""
    x = np.zeros((20, 1), np.float32)
    x[[0, 2]], x[[1, 3]] = 1, -1  # what class these are of can be seen, of the others it can't
    y = np.arange(20) % 2
    model = Sequential([Dense(1, 2)], seed=0)
    model.set_weights({"layers.0.weight": np.array([[1.0, -1.0]]), "layers.0.bias": np.array([1.0, 1.0])})
    training = run_of(epochs, data=Dataset(x, y), model=model, batch_size=20)
    assert not _hinted(training)
    assert training.history.epochs[-1].accuracy == 0.6


def test_what_has_learned_is_told_nothing() -> None:
    x = np.arange(8, dtype=np.float32)[:, np.newaxis] - 3.5
    data = Dataset(x, (x[:, 0] > 0).astype(int))
    model = Sequential([Dense(1, 2)], seed=0)
    assert not _hinted(run_of(30, data=data, model=model, optimizer=SGD(0.5)))


def test_one_that_is_right_on_the_validation_data_does_not_guess() -> None:
    """The accuracy in training is that before the only step; after it the model knows."""
    x = np.repeat(np.eye(4, dtype=np.float32), 5, axis=0)
    data = Dataset(x, np.repeat(np.arange(4), 5))
    model = Sequential([Dense(4, 4)])
    model.set_weights({"layers.0.weight": np.zeros((4, 4)), "layers.0.bias": np.zeros(4)})
    training = run_of(1, data=data, model=model, optimizer=SGD(10.0), batch_size=20, validated=True)
    assert not _hinted(training)
    assert training.history.epochs[0].accuracy == 0.25


@pytest.mark.parametrize("validated", [True, False])
def test_a_regression_is_never_told_that_it_guesses(validated: bool) -> None:
    assert not _hinted(regression(validated=validated))
    whole = Dataset(np.ones((4, 1), np.float32), np.arange(4))
    assert not _hinted(
        run_of(data=whole, loss=MeanSquaredError(), model=Sequential([Dense(1, 1)], seed=0), validated=validated)
    )


@pytest.mark.parametrize("kind", KINDS)
def test_a_regression_shows_no_accuracy(kind: Kind) -> None:
    shown = _watched(regression(3, validated=True), kind)
    assert "%" not in shown.screen.text
    assert {row.split()[2] for row in _rows(shown)} == {row.split()[4] for row in _rows(shown)} == {"-"}
    assert "accuracy  " not in shown.screen.text.split("samples/s")[1]


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("name", FOREIGN + HARMFUL)
@pytest.mark.usefixtures("quick")
def test_foreign_names_come_out_as_names(name: str, kind: Kind) -> None:
    shown = Shown(kind, width=200)
    watch(run_of(2, optimizer=Odd(name)), shown.console, title=name, source=name)
    plain = name if name in FOREIGN else name.encode("unicode_escape").decode()
    assert plain in shown.lines[0]
    assert f"from {plain}" in shown.screen.text
    assert not [sign for sign in shown.ever if not sign.isprintable() and sign not in "\r\n"]


def test_fit_shows_itself_on_stdout(capsys: pytest.CaptureFixture[str]) -> None:
    fit(Sequential([Dense(3, 2)], seed=0), two_classes(), epochs=2, threads=1)
    shown = capsys.readouterr()
    assert shown.out.startswith("3-2\n\nlayer ")
    assert re.search(r"^ +2/2 +0\.", shown.out, re.MULTILINE)
    assert shown.err == ""


@pytest.mark.parametrize("kind", TERMINALS)
@pytest.mark.usefixtures("quick")
def test_what_a_script_prints_meanwhile_stays_above_the_view(kind: Kind, capsys: pytest.CaptureFixture[str]) -> None:
    said = iter(range(10))

    training = run_of(2, model=Sequential([Dense(3, 2), Said(lambda: print(f"step {next(said)}"))], seed=0))
    shown = _watched(training, kind)
    assert [line for line in shown.lines if line.startswith("step")] == [f"step {number}" for number in range(4)]
    assert capsys.readouterr().out == ""
