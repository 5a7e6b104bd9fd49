"""Watching a run: a progress bar in a terminal, plain lines anywhere else."""

from rich.console import Console
from rich.markup import escape
from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn

from framework.history import EpochReport, StepReport
from framework.training import Training

MOST_ROWS = 20
"""A run of more epochs than this shows about this many of them, evenly spread."""


def watch(training: Training, console: Console | None = None) -> None:
    """Run `training` to its end and show how it goes."""
    console = console or Console()
    console.print(heading(training), highlight=False, soft_wrap=True)
    if console.is_terminal:
        _watch_live(training, console)
    else:
        for event in training:
            if isinstance(event, EpochReport) and _shown(event):
                console.print(epoch_line(event), highlight=False, soft_wrap=True)
    best = training.history.best
    if training.history.stopped_early:
        console.print(f"stopped early: no better epoch in {training.settings.patience}", highlight=False)
    if best is not None and training.settings.restore_best and best.epoch < len(training.history):
        console.print(f"weights of the best epoch, {best.epoch}, restored", highlight=False)


def heading(training: Training) -> str:
    """One line: what is trained, on how much, how."""
    held_out = f", {len(training.validation):,} held out" if training.validation is not None else ""
    threads = f"{training.threads} BLAS thread{'s' if training.threads > 1 else ''}"
    return escape(
        f"{training.model.parameters.values.size:,} parameters, {len(training.data):,} rows{held_out}, "
        f"batch {training.batches.batch_size:,}, {training.optimizer!r}, {threads}"
    )


def epoch_line(report: EpochReport) -> str:
    """One line of figures; the best epoch so far bears a star."""
    width = len(str(report.epochs))
    parts = [f"epoch {report.epoch:>{width}}/{report.epochs}", f"loss {report.loss:.4f}"]
    if report.accuracy is not None:
        parts.append(f"accuracy {report.accuracy:.4f}")
    if report.validation_loss is not None:
        parts.append(f"validation loss {report.validation_loss:.4f}")
    if report.validation_accuracy is not None:
        parts.append(f"accuracy {report.validation_accuracy:.4f}")
    parts.append(f"{report.samples_per_second:>9,.0f} samples/s")
    return "  ".join(parts) + ("  *" if report.best else "")


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
                progress.console.print(epoch_line(event), highlight=False, soft_wrap=True)


def _shown(report: EpochReport) -> bool:
    every = -(-report.epochs // MOST_ROWS)
    return report.epoch % every == 0 or report.epoch in (1, report.epochs)
