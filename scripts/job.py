"""The main job, in order: read, split, train, evaluate, save, predict, report; and the way on after a stop."""

import json
import platform
import signal
import time
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.metadata import version
from pathlib import Path

import numpy as np
from rich.console import Console

from framework import __version__
from framework.console import default_console, print_results, say, watch
from framework.console.network import sizes
from framework.console.text import counted, meanwhile
from framework.data.dataset import Dataset
from framework.data.table import Table
from framework.errors import ChalknetError, Diverged, EnvironmentFault, TableError, shown_path
from framework.evaluation import Evaluation, evaluate
from framework.saving import Checkpoints
from framework.sharing.ranks import Sharing
from framework.specs import RunSpec
from framework.training import Training
from models import digits
from models.recipes import RECIPES
from scripts import cautions
from scripts.clock import peak_rss_mb, seconds_since_start
from scripts.interrupted import Interrupted
from scripts.interruptible import Interruptible
from scripts.job_file import Job
from scripts.next_steps import print_next_steps
from scripts.options import Options
from scripts.run_folder import Report, RunFolder
from scripts.run_spec import find_run_spec
from scripts.submission import write_submission
from scripts.tables import check_columns, read
from scripts.words import word


def run_job(recipe: str, settings: list[str], options: Options) -> None:
    """Train `recipe`, changed by `settings`, and keep everything in a run folder."""
    console, options = _console(options), options.of_recipe(recipe)
    options.check(None if recipe in RECIPES else Path(recipe))
    spec = find_run_spec(recipe, settings)
    folder = RunFolder.claim(options.run, Path(recipe).stem)
    to_resume = Options(force=options.force and options.out is not None).typed()  # the rest is in job.json
    with _kept(folder, to_resume, new=True), Checkpoints(folder.path, every=options.every) as checkpoints:
        folder.write_spec(spec)
        folder.write_job(Job.of(recipe, options))
        _work(recipe, spec, folder, options, console, checkpoints)


def resume_job(run: Path, asked: Options, *, accept_drift: bool) -> None:
    """Go on with the run in the folder `run`, on the table it had, or the one asked for where that has moved."""
    console, folder = _console(asked), RunFolder(run)
    spec = folder.read_spec()
    checkpoints = Checkpoints(run, resume=True, every=asked.every, accept_drift=accept_drift)
    to_resume = f"{asked.typed()}{' --accept-drift' if accept_drift else ''}"
    with checkpoints, _kept(folder, to_resume, new=False):
        if report := folder.read_report():
            checkpoints.clear()
            say(console, f"{shown_path(run)}: this run is finished; there is nothing to go on with")
            if asked.json:
                print(json.dumps(report))
            return
        job = folder.read_job()
        options = job.options(asked)
        options.check(run, resumed=True, written=folder.has_model())
        _work(job.recipe, spec, folder, options, console, checkpoints)


def _work(
    recipe: str, spec: RunSpec, folder: RunFolder, options: Options, console: Console, checkpoints: Checkpoints
) -> None:
    """From the table to the report, from the beginning or from where the checkpoints are."""
    seconds: dict[str, float] = {}
    checkpoints.plan = spec
    model, source = spec.build(), options.train or digits.TRAIN
    title, origin = f"{Path(recipe).stem} {sizes(model)}", _origin(source)
    with _timed(seconds, "load"), meanwhile(console, f"reading {origin}"):
        table, test = _read(source, spec, console), options.test_table()
        if test is not None:
            check_columns(test, spec.data)  # its rows are for the end
        to_predict = _unlabelled(options.predict, spec, table)
        interruptible = Interruptible(checkpoints)
        training = spec.prepare(table.dataset(), model=model, checkpoints=interruptible)
    before = training.state.step
    if before:
        say(console, _going_on(folder, training))
    samples = training.state.samples
    with _timed(seconds, "train"), np.errstate(all="ignore"), interruptible.heeding():
        try:
            if options.quiet:
                for _ in training:
                    pass
            else:
                watch(training, console, title=title, source=origin)
        except (BrokenPipeError, SystemExit):  # nobody reads what we print any more; the work is kept all the same
            if training.state.step > before:
                checkpoints.save()
            raise

    folder.write_model(training.model)  # at once: what fails from here on must not cost the training
    folder.write_history(training.history)

    with _timed(seconds, "evaluate"):
        measured_on, data = _measured_on(training, spec, table, test, console)
        evaluation = None if data is None else evaluate(training.model, data, loss=training.loss)
    say(console, "")
    if data is None or evaluation is None:
        say(console, "nothing to measure on: hold rows out with --validation 0.1")
    else:
        name, shape = measured_on or "", spec.data.image_shape
        print_results(training.model, data, evaluation, console, name=name, image_shape=shape)

    if to_predict is not None and options.out is not None:
        write_submission(options.out, training.model.predict(to_predict.features), force=options.force)
        say(console, f"{options.out}: {len(to_predict.features):,} predictions, written and read again")

    seconds["total"] = seconds_since_start()
    report = _report(spec, table, training, evaluation, measured_on, seconds)
    report |= {"run": str(folder.path), "resumed_at_step": before or None}
    report["samples_per_second"] = round((training.state.samples - samples) / seconds["train"], 1)
    folder.write_report(report)
    checkpoints.clear()
    took = f"{seconds['train']:.1f} s training, {seconds['total']:.1f} s in all"
    say(console, f"\nsaved in {folder.path}  ({took}, with {_hands(training.threads, training.sharing)})")
    print_next_steps(console, recipe, folder.path, spec, options)
    if options.json:
        print(json.dumps(report))


def _console(options: Options) -> Console:
    console = Console(stderr=True) if options.json else default_console()
    console.quiet = options.quiet
    return console


def _going_on(folder: RunFolder, training: Training) -> str:
    state, total = training.state, training.total_steps
    where = f"step {state.step:,} of {total:,}, after {counted(state.epoch, 'epoch')} of {training.settings.epochs}"
    return f"{shown_path(folder.path)}: going on at {where}"


def _hands(threads: int, sharing: Sharing) -> str:
    """How many there were to do the work; with another number of them the same run gives other bits."""
    return counted(threads, "thread") if sharing == "none" else f"{threads} processes"


def _origin(path: Path) -> str:
    return "the embedded digits" if path == digits.TRAIN else shown_path(path)


@contextmanager
def _kept(folder: RunFolder, to_resume: str, *, new: bool) -> Iterator[None]:
    """A new run folder is gone again if nothing came of its run; if something did, whoever ends the run is told, and
    how to go on, with the options `to_resume`.
    """
    try:
        yield
    except (KeyboardInterrupt, Interrupted) as error:
        if folder.has_work():
            number = error.number if isinstance(error, Interrupted) else signal.SIGINT
            raise Interrupted(number, folder.path, to_resume) from error
        if new:
            folder.abandon()
        raise
    except BaseException as error:
        if new and not folder.has_work():
            folder.abandon()
        elif isinstance(error, Diverged | EnvironmentFault) or (new and isinstance(error, ChalknetError)):
            if folder.has_model():
                way_on = f"{shown_path(folder.path)} has the trained model"
                if isinstance(error, TableError):
                    way_on += f", and chalknet resume {word(folder.path)} --no-test does the rest without that table"
            else:
                way_on = f"what was learnt before is safe in {shown_path(folder.best() or folder.path)}"
            raise type(error)(str(error), hint=f"{error.hint}; {way_on}" if error.hint else way_on) from error
        raise


@contextmanager
def _timed(seconds: dict[str, float], name: str) -> Iterator[None]:
    start = time.perf_counter()
    yield
    seconds[name] = time.perf_counter() - start


def _unlabelled(path: Path | None, spec: RunSpec, learnt: Table) -> Table | None:
    """Read before the training, so that a fault in it does not cost the training, nor what the caution is about."""
    if path is None:
        return None
    table = read(path, spec.data, labelled=False)
    cautions.warn([("", cautions.on_predicting(learnt.sha256, table))])
    return table


def _read(path: Path, spec: RunSpec, console: Console) -> Table:
    table = read(path, spec.data)
    if table.notice:
        say(console, table.notice)
    return table


def _measured_on(
    training: Training, spec: RunSpec, learnt: Table, test: Path | None, console: Console
) -> tuple[str | None, Dataset | None]:
    """The test set, opened here for the first and only time, or else the rows held out, if any were."""
    if test is not None:
        table = _read(test, spec, console)
        cautions.warn([("", cautions.on_measuring(learnt.sha256, table))])
        return "test", table.dataset()
    return (None, None) if training.validation is None else ("hold-out", training.validation)


def _report(
    spec: RunSpec,
    table: Table,
    training: Training,
    evaluation: Evaluation | None,
    measured_on: str | None,
    seconds: dict[str, float],
) -> Report:
    best = training.history.best
    return {
        "accuracy": None if evaluation is None else evaluation.accuracy,
        "loss": None if evaluation is None else evaluation.loss,
        "measured_on": measured_on,
        "seconds": {name: round(value, 4) for name, value in seconds.items()},
        "samples_per_second": 0.0,
        "samples_seen": training.state.samples,
        "epochs": len(training.history),
        "best_epoch": None if best is None else best.epoch,
        "weights_are": training.model.weights_are,
        "peak_rss_mb": peak_rss_mb(),
        "threads": training.threads,
        "versions": _versions(),
        "data_sha256": table.sha256,
        "seed": spec.training.seed,
    }


def _versions() -> Report:
    return {
        "chalknet": __version__,
        "python": platform.python_version(),
        **{name: version(name) for name in ("numpy", "pandas", "pydantic", "rich", "safetensors")},
    }
