"""Rows and curves: every figure below its name, for runs of any length and numbers of any size."""

import itertools
import math
import re

import pytest

from framework import EpochReport, History
from framework.console.epochs import CURVE_WIDTH, MOST_ROWS, column_names, curves, epoch_row, history_rows
from framework.console.text import BLOCKS
from tests.framework.console.consoles import epoch_report, run_of

NARROWEST = 80
EPOCHS = (1, 10, 1000, 100_000)
LENGTHS = (1, 2, 3, 19, 20, 21, 22, 39, 40, 41, 59, 500, 1000, 9999)
MOST = MOST_ROWS + 3
"""Evenly spread rows, and the first, the best and the last."""
STAR = " ★"


def _figures(epochs: int, loss: float, validated: bool, *, best: bool = False) -> EpochReport:
    return epoch_report(
        epochs,
        epochs,
        loss=loss,
        accuracy=1.0,
        validation_loss=loss if validated else None,
        validation_accuracy=1.0 if validated else None,
        learning_rate=0.123456 * loss,
        samples_per_second=12_345_678.0,
        best=best,
    )


def _history(length: int, *, planned: int | None = None, best: int | None = None) -> History:
    history = History()
    history.epochs = [epoch_report(epoch, planned or length, best=epoch == best) for epoch in range(1, length + 1)]
    return history


def _curves(name: str, values: list[float], *, validated: bool = False) -> list[str]:
    """The lines of `curves` for a run in which `name` has these values, and the other figures have none."""
    history = History()
    history.epochs = [
        epoch_report(number, accuracy=None, validation_loss=0.5 if validated else None)
        for number in range(1, len(values) + 1)
    ]
    figures = history.history
    figures[name] = list(values)
    return [line.plain for line in curves(figures)]


def test_a_row_to_the_sign() -> None:
    report = epoch_report(3, 10, loss=0.12345, accuracy=0.96543, learning_rate=0.001, samples_per_second=123_456.7)
    assert epoch_row(report, best=False).plain == "     3/10    0.1235     96.54%    0.00100     123,457"
    report = epoch_report(3, 10, accuracy=None, validation_loss=1e-9, learning_rate=1e-7)
    row = "     3/10    0.5000          -   1.00e-09          -   1.00e-07       1,000"
    assert epoch_row(report, best=False).plain == row
    assert epoch_row(report, best=True).plain == row + STAR


@pytest.mark.parametrize("validated", [True, False])
def test_the_names_to_the_sign(validated: bool) -> None:
    above, names = (line.plain for line in column_names(run_of(validated=validated)))
    if validated:
        assert above == "               training            validation"
        assert names == "    epoch      loss   accuracy       loss   accuracy       rate   samples/s"
    else:
        assert above == "               training"
        assert names == "    epoch      loss   accuracy       rate   samples/s"


@pytest.mark.parametrize("loss", [0.0, 1e-300, 1e-9, 0.0723, 9999.99999, 1e5, 1e300, math.inf, math.nan])
@pytest.mark.parametrize("validated", [True, False])
@pytest.mark.parametrize("epochs", EPOCHS)
def test_figures_stand_apart_and_below_their_names(epochs: int, validated: bool, loss: float) -> None:
    _, names = (line.plain for line in column_names(run_of(epochs, validated=validated)))
    row = epoch_row(_figures(epochs, loss, validated), best=False).plain
    assert [found.end() for found in re.finditer(r"\S+", row)] == [found.end() for found in re.finditer(r"\S+", names)]


@pytest.mark.parametrize("loss", [1e-300, 0.0723, 9999.99999, 1e5])
@pytest.mark.parametrize("epochs", [1, 10, 1000, 10_000])
def test_the_widest_row_fits_the_narrowest_console(epochs: int, loss: float) -> None:
    for line in (*column_names(run_of(epochs, validated=True)), epoch_row(_figures(epochs, loss, True), best=True)):
        assert line.cell_len <= NARROWEST


@pytest.mark.parametrize("length", LENGTHS)
def test_the_table_of_a_finished_run_is_bounded(length: int) -> None:
    best = max(1, length // 3)
    rows = [row.plain for row in history_rows(_history(length, best=best))]
    epochs = [int(row.split("/")[0]) for row in rows]
    assert min(length, MOST_ROWS // 2) <= len(rows) <= MOST
    assert epochs == sorted(set(epochs))
    assert {1, best, length} <= set(epochs)
    assert [epoch for epoch, row in zip(epochs, rows, strict=True) if row.endswith(STAR)] == [best]


@pytest.mark.parametrize("length", [length for length in LENGTHS if length <= MOST_ROWS])
def test_a_short_run_is_shown_whole(length: int) -> None:
    assert len(history_rows(_history(length))) == length


@pytest.mark.parametrize("length", [length for length in LENGTHS if length > MOST_ROWS])
def test_the_rows_of_a_long_run_are_evenly_spread(length: int) -> None:
    epochs = [int(row.plain.split("/")[0]) for row in history_rows(_history(length))]
    steps = {b - a for a, b in itertools.pairwise(epochs[1:-1])}
    assert len(steps) == 1
    assert max(b - a for a, b in itertools.pairwise(epochs)) == steps.pop()


def test_a_run_that_ended_early_is_shown_by_the_epochs_it_had() -> None:
    rows = [row.plain for row in history_rows(_history(7, planned=1000))]
    assert [row.split()[0] for row in rows] == [f"{epoch}/1000" for epoch in range(1, 8)]


def test_the_last_of_several_best_so_far_is_the_best() -> None:
    history = _history(4)
    history.epochs = [epoch_report(epoch, 4, best=epoch in (1, 3)) for epoch in range(1, 5)]
    assert [row.plain.endswith(STAR) for row in history_rows(history)] == [False, False, True, False]


def test_without_validation_there_is_no_star() -> None:
    assert not [row for row in history_rows(_history(5)) if STAR in row.plain]


def test_the_curve_of_a_loss_is_that_of_its_logarithm() -> None:
    assert _curves("loss", [10.0**-exponent for exponent in range(8)]) == [
        f"{'loss':>21}  {BLOCKS[::-1]}  1.0000 → 1.00e-07"
    ]


def test_the_curve_of_an_accuracy_is_straight() -> None:
    history = History()
    history.epochs = [epoch_report(number + 1, accuracy=number / 7) for number in range(8)]
    _, line = (line.plain for line in curves(history.history))
    assert line == f"{'accuracy':>21}  {BLOCKS}  0.00% → 100.00%"


def test_with_validation_data_the_curves_are_of_those() -> None:
    history = History()
    history.epochs = [
        epoch_report(1, validation_loss=1.0, validation_accuracy=0.5),
        epoch_report(2, validation_loss=0.1, validation_accuracy=0.9),
    ]
    assert [line.plain.split("  ", 1)[0] + line.plain[21:] for line in curves(history.history)] == [
        "  █▁  1.0000 → 0.1000",
        "  ▁█  50.00% → 90.00%",
    ]
    assert [line.plain[:21].strip() for line in curves(history.history)] == ["validation loss", "validation accuracy"]


def test_a_loss_of_0_and_one_that_is_no_number_have_a_curve() -> None:
    (line,) = _curves("loss", [1.0, 0.0, 1e-12, math.nan, math.inf])
    assert line == f"{'loss':>21}  █▁▁    1.0000 → inf"


@pytest.mark.parametrize("values", [[], [0.5]])
def test_one_epoch_makes_no_curve(values: list[float]) -> None:
    assert _curves("loss", values) == []


def test_what_was_not_measured_has_no_curve() -> None:
    (line,) = _curves("loss", [1.0, 0.5])
    assert "accuracy" not in line


@pytest.mark.parametrize("ends", [(1e300, 1e-300), (1e-9, 9999.9999), (0.5, 0.25)])
@pytest.mark.parametrize("name", ["loss", "validation_loss"])
def test_a_curve_of_many_epochs_fits_the_narrowest_console(name: str, ends: tuple[float, float]) -> None:
    (line,) = _curves(name, [ends[0], *[1.0] * 1000, ends[1]], validated=name != "loss")
    assert len(line) <= NARROWEST
    assert len(re.findall(f"[{BLOCKS}]", line)) == CURVE_WIDTH


def test_a_curve_of_accuracies_fits_the_narrowest_console() -> None:
    history = History()
    history.epochs = [epoch_report(epoch, validation_loss=1.0, validation_accuracy=1.0) for epoch in range(1, 1000)]
    assert max(line.cell_len for line in curves(history.history)) <= NARROWEST
