"""Watching a run: a row per epoch, below a progress bar in a terminal, plain lines anywhere else."""

from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn

from framework.history import EpochReport, StepReport
from framework.training import Training

MOST_ROWS = 20
"""A run of more epochs than this shows about this many of them, evenly spread."""


def watch(training: Training, console: Console | None = None) -> None:
    """Run `training` to its end and show how it goes."""
    console = console or Console()
    for line in (*heading(training), "", column_names(training)):
        say(console, line)
    if console.is_terminal:
        _watch_live(training, console)
    else:
        for event in training:
            if isinstance(event, EpochReport) and _shown(event):
                say(console, epoch_row(event))
    history, settings = training.history, training.settings
    if history.stopped_early:
        say(console, f"\nstopped early: no better epoch in {settings.patience}")
    if history.best is not None and settings.restore_best and history.best.epoch < len(history):
        say(console, "\nthe weights of the best epoch are restored")
        say(console, epoch_row(history.best))


def say(console: Console, line: str) -> None:
    """One line as it is: no markup, no colours by guess, no folding at the console's width."""
    console.print(line, markup=False, emoji=False, highlight=False, soft_wrap=True)


def heading(training: Training) -> tuple[str, str]:
    """What is trained on how much, and how."""
    held_out = f", {len(training.validation):,} held out" if training.validation is not None else ""
    plural = "" if training.threads == 1 else "s"
    optimizer = repr(training.optimizer)
    if "learning_rate=" not in optimizer:  # it is the default, and still the first thing to know
        optimizer += f", learning rate {training.optimizer.learning_rate:g}"
    return (
        f"{training.model.parameters.values.size:,} parameters, {len(training.data):,} rows{held_out}",
        f"{optimizer}, batch {training.batches.batch_size:,}, {training.threads} thread{plural}",
    )


def column_names(training: Training) -> str:
    """The words above the figures of `epoch_row`."""
    words = f"{'epoch':>9} {'loss':>9} {'accuracy':>9}"
    if training.validation is not None:
        words += f"   {'val. loss':>9} {'val. acc.':>9}"
    return words + f" {'samples/s':>12}"


def epoch_row(report: EpochReport) -> str:
    """The figures of an epoch; the best so far bears a star."""
    row = f"{f'{report.epoch}/{report.epochs}':>9} {report.loss:>9.4f} {_percent(report.accuracy)}"
    if report.validation_loss is not None:
        row += f"   {report.validation_loss:>9.4f} {_percent(report.validation_accuracy)}"
    return row + f" {report.samples_per_second:>12,.0f}" + (" *" if report.best else "")


def _percent(fraction: float | None) -> str:
    return f"{'-':>9}" if fraction is None else f"{fraction:>9.2%}"


def _watch_live(training: Training, console: Console) -> None:
    columns = (
        TextColumn("epoch {task.fields[epoch]}/{task.fields[epochs]}"),
        BarColumn(bar_width=None),
        TextColumn("loss {task.fields[loss]:.4f}"),
        TextColumn("{task.fields[speed]:,.0f} samples/s"),
        TimeRemainingColumn(compact=True),
    )
    with Progress(*columns, console=console, transient=True, expand=True, refresh_per_second=10) as progress:
        task = progress.add_task(
            "", total=training.total_steps, epoch=1, epochs=training.settings.epochs, loss=0.0, speed=0.0
        )
        for event in training:
            if isinstance(event, StepReport):
                done = (event.epoch - 1) * event.batches + event.batch
                progress.update(
                    task, completed=done, epoch=event.epoch, loss=event.loss, speed=event.samples_per_second
                )
            elif _shown(event):
                say(progress.console, epoch_row(event))


def _shown(report: EpochReport) -> bool:
    every = -(-report.epochs // MOST_ROWS)
    return report.epoch % every == 0 or report.epoch in (1, report.epochs)
