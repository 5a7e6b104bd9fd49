"""watch: run a training to its end and show how it goes, live where output can be redrawn, line by line elsewhere."""

import math
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import numpy as np
from rich.console import Console, ConsoleOptions, RenderResult
from rich.jupyter import JupyterMixin
from rich.live import Live
from rich.segment import Segments
from rich.text import Text

from framework.console.epochs import column_names, curves, epoch_row, epoch_width, history_rows, is_shown
from framework.console.network import print_opening
from framework.console.text import (
    BAD,
    GOOD,
    QUIET,
    TITLE,
    bar,
    clock,
    counted,
    default_console,
    percent,
    plain,
    say,
    shown_loss,
)
from framework.divergence import smaller_rate, too_large, usual_rate
from framework.history import EpochReport, StepReport
from framework.training import Training

REDRAW_SECONDS = 0.18
"""Drawing takes about a millisecond: half a percent of the time at this pace."""
MOST_OF_THE_TIME = 0.01
"""Where drawing takes longer, as on a slow line or after very many epochs, it is done less often."""
NOTEBOOK_SECONDS = 1.0
"""A notebook is sent the whole view anew, as HTML."""
WIDEST_BAR = 40
BESIDE_BAR = 39
"""Columns of `12,345,678 samples/s  27:46:40 left` and the gaps around it."""
BARELY_BETTER = 0.03
"""An accuracy less than this above that of always naming the commonest class is no learning."""
FAR_OFF = 2.0
"""A loss of this many times that of even guesses says that steps, or numbers, are far too large."""
FEW_STEPS = 20
"""So few are a reason by themselves: `six-steps`, the slowest of the recipes, was better than guessing after 15."""
BELOW_ROWS = 8
"""Lines of the live view below its rows, and the one the cursor is on."""


def watch(training: Training, console: Console | None = None, *, title: str = "", source: str = "") -> None:
    """Run `training` to its end: the network first, a row per epoch, the best marked. `source` names the data."""
    console = console or default_console()
    print_opening(training, console, title=title, source=source)
    if plain(console):
        _watch_lines(training, console)
    else:
        _watch_live(training, console)
    if closing := _closing(training):
        say(console, "", *closing)


def _watch_lines(training: Training, console: Console) -> None:
    say(console, *column_names(training), *history_rows(training.history))
    for event in training:
        if isinstance(event, EpochReport) and (is_shown(event.epoch, event.epochs) or training.history.stopped_early):
            say(console, epoch_row(event, best=event.best))


def _watch_live(training: Training, console: Console) -> None:
    view = LiveView(training)
    try:
        with _redrawn(view, console) as redraw:
            shortest = NOTEBOOK_SECONDS if console.is_jupyter else REDRAW_SECONDS
            due = 0.0
            for event in training:
                view.now = event if isinstance(event, StepReport) else None
                start = time.perf_counter()
                if start >= due:
                    redraw()
                    done = time.perf_counter()
                    due = done + max(shortest, (done - start) / MOST_OF_THE_TIME)
    finally:  # the live view is gone from the screen; what is known stays, however the run ended
        if len(training.history):
            lines = curves(training.history.history)
            say(console, *column_names(training), *history_rows(training.history), *([Text()] if lines else []), *lines)


@contextmanager
def _redrawn(view: "LiveView", console: Console) -> Iterator[Callable[[], None]]:
    """A function that draws the view anew, in the place of what it drew before; in the end the place is empty."""
    if console.is_jupyter:
        from framework.console.notebook import redrawn_in_a_notebook

        with redrawn_in_a_notebook(view) as redraw:
            yield redraw
    else:
        with Live(view, console=console, auto_refresh=False, transient=True) as live:
            yield live.refresh


class LiveView(JupyterMixin):
    """The rows so far, as many as there is room for, a bar of the epoch and one of the run, and two curves."""

    def __init__(self, training: Training) -> None:
        self.training = training
        self.now: StepReport | None = None
        self.first_step = training.state.step
        self.start = time.perf_counter()
        self._rows: Segments | None = None
        self._drawn_for: tuple[int, int, int] | None = None

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        options = options.update(no_wrap=True, overflow="crop")
        yield self._finished_epochs(console, options)
        for line in (*self._bars(options.max_width), Text(), *curves(self.training.history.history)):
            yield from console.render(line, options)

    def _bars(self, room: int) -> tuple[Text, Text]:
        """How far the epoch is, and how far the run."""
        state, settings, now = self.training.state, self.training.settings, self.now
        names = epoch_width(settings.epochs)
        width = max(4, min(WIDEST_BAR, room - names - BESIDE_BAR))
        done = state.step / self.training.total_steps
        epoch = f"{min(state.epoch + 1, settings.epochs)}/{settings.epochs}"
        part, words = (now.batch / now.batches, f"loss {shown_loss(now.loss)}") if now else (0.0, "")
        speed = f"{now.samples_per_second:,.0f} samples/s" if now else ""
        elapsed = time.perf_counter() - self.start
        made = state.step - self.first_step
        left = f"{clock(elapsed * (self.training.total_steps - state.step) / made)} left" if made else ""
        return (
            Text.assemble((f"{epoch:>{names}}  ", TITLE), bar(part, width), f"  {words}"),
            Text.assemble((f"{'run':>{names}}  ", QUIET), bar(done, width, GOOD), f"  {speed}  {left}"),
        )

    def _finished_epochs(self, console: Console, options: ConsoleOptions) -> Segments:
        """Rendered once an epoch and kept: drawing them is most of the work."""
        history = self.training.history
        key = (len(history), options.max_width, options.size.height)
        if self._rows is None or key != self._drawn_for:
            room = max(1, options.size.height - BELOW_ROWS - 2)
            best = history.best
            rows = [epoch_row(report, best=report is best) for report in history.epochs[-room:]]
            lines = [*column_names(self.training), *rows, Text()]
            self._rows = Segments([segment for line in lines for segment in console.render(line, options)])
            self._drawn_for = key
        return self._rows


def _closing(training: Training) -> list[Text]:
    """How the run ended, if there is more to say than its rows do."""
    history, settings, lines = training.history, training.settings, []
    best, last = history.best, history.epochs[-1]
    if history.stopped_early:
        lines.append(Text(f"stopped early: no better epoch in {settings.patience}"))
    if best is not None and best.validation_loss is not None and settings.restore_best and best is not last:
        accuracy = "" if best.validation_accuracy is None else f", accuracy {percent(best.validation_accuracy)}"
        figures = f"loss {shown_loss(best.validation_loss)}{accuracy}"
        lines.append(Text(f"the model has the weights of its best epoch, {best.epoch}: {figures}"))
    labels = training.data.labels
    if last.accuracy is not None and labels is not None:
        guess = float(np.bincount(labels).max()) / len(labels)
        if max(last.accuracy, last.validation_accuracy or 0.0) < guess + BARELY_BETTER:
            # without rows held out nobody has asked the weights of the end, but those before each step
            when = " while it trained" if training.validation is None else ""
            lines.append(Text(f"no better than guessing{when}: {percent(guess)} are of the commonest class", BAD))
            lines.append(Text(f"  hint: {_remedy(training, len(np.unique(labels)))}"))
    return lines


def _remedy(training: Training, classes: int) -> str:
    """What to try after a run that learnt nothing, by its loss in the first and the last epoch."""
    optimizer, steps, epochs = training.optimizer, training.state.step, training.history.epochs
    first, last, usual = epochs[0].loss, epochs[-1].loss, usual_rate(optimizer)
    smaller = f"a smaller learning rate: {smaller_rate(optimizer):.3g}"
    if first > FAR_OFF * math.log(classes):
        return too_large(training.model, training.data.x[:1000]) or smaller
    if steps < FEW_STEPS:
        return f"{counted(steps, 'step')} cannot teach it much: more epochs, or smaller batches"
    if abs(last - first) >= 0.01 * first:
        return f"more epochs, or {smaller}"
    if usual is None:
        return "a learning rate ten times larger, or ten times smaller"
    return smaller if optimizer.learning_rate >= usual else f"a larger learning rate: {usual:g} is usual"
