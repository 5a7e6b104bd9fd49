"""A run in rows and curves: the figures of each epoch, below their names, and how they went over time."""

import math
from collections.abc import Mapping, Sequence

from rich.text import Text

from framework.console.text import ACCENT, GOOD, QUIET, TITLE, percent, shown_loss, sparkline
from framework.history import EpochReport, History
from framework.training import Training

MOST_ROWS = 20
"""A run of more epochs than this is shown by about this many of them, evenly spread."""
CURVE_WIDTH = 34
SMALLEST_LOSS = 1e-12
"""Of a loss of 0 there is no logarithm."""


def column_names(training: Training) -> list[Text]:
    """Two lines of words above the figures of `epoch_row`."""
    width = epoch_width(training.settings.epochs)
    above = f"{'':>{width}}{'training':>14}{'':>7}"
    names = f"{'epoch':>{width}}{'loss':>10}{'accuracy':>11}"
    if training.validation is not None:
        above += f"{'validation':>15}"
        names += f"{'loss':>11}{'accuracy':>11}"
    return [Text(above.rstrip(), TITLE), Text(f"{names}{'rate':>11}{'samples/s':>12}", TITLE)]


def epoch_row(report: EpochReport, *, best: bool) -> Text:
    """The figures of an epoch; the best bears a star."""
    width = epoch_width(report.epochs)
    row = f"{f'{report.epoch}/{report.epochs}':>{width}}{shown_loss(report.loss):>10}{percent(report.accuracy):>11}"
    if report.validation_loss is not None:
        row += f"{shown_loss(report.validation_loss):>11}{percent(report.validation_accuracy):>11}"
    speed = "" if report.samples_per_second is None else f"{report.samples_per_second:,.0f}"
    row += f"{report.learning_rate:>#11.3g}{speed:>12}"
    return Text(f"{row} ★", f"{TITLE} {GOOD}") if best else Text(row)


def history_rows(history: History) -> list[Text]:
    """The rows of a finished run: evenly spread ones if it was long, and always the best."""
    best = history.best
    shown = [report for report in history if is_shown(report.epoch, len(history)) or report is best]
    return [epoch_row(report, best=report is best) for report in shown]


def is_shown(epoch: int, epochs: int) -> bool:
    """Whether this epoch of so many has a row: the first, the last, and evenly spread ones between them."""
    every = -(-epochs // MOST_ROWS)
    return epoch % every == 0 or epoch in (1, epochs)


def curves(history: Mapping[str, Sequence[float | None]]) -> list[Text]:
    """Loss (its logarithm) and accuracy over the epochs as small curves, of the validation data if there are any.

    `history` is History.history, the figures of every epoch by name. One epoch makes no curve.
    """
    prefix = "validation_" if any(figure is not None for figure in history["validation_loss"]) else ""
    lines = []
    for name, shown in (("loss", shown_loss), ("accuracy", percent)):
        figures = [figure for figure in history[f"{prefix}{name}"] if figure is not None]
        if len(figures) > 1:
            heights = [math.log(max(figure, SMALLEST_LOSS)) for figure in figures] if name == "loss" else figures
            ends = f"  {shown(figures[0])} → {shown(figures[-1])}"
            lines.append(_curve(f"{prefix}{name}".replace("_", " "), heights, ends))
    return lines


def _curve(name: str, heights: Sequence[float], ends: str) -> Text:
    curve = sparkline(heights, CURVE_WIDTH)
    return Text.assemble((f"{name:>21}  ", QUIET), (curve, ACCENT), (ends, QUIET))


def epoch_width(epochs: int) -> int:
    """Columns that hold the last epoch's `1000/1000`."""
    return max(9, 2 * len(str(epochs)) + 1)
