"""The main job, in order: read, split, train, evaluate, save, predict, report."""

import json
import os
import platform
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import final

import numpy as np
from rich.console import Console

from framework import __version__
from framework.console import say, watch
from framework.data.dataset import Dataset
from framework.data.split import split
from framework.data.table import Table, read_table
from framework.errors import ChalknetError, InputError, TableError, shown_path
from framework.evaluation import Evaluation, evaluate
from framework.sequential import Sequential
from framework.specs import RunSpec
from framework.training import Training
from models import digits
from scripts.clock import peak_rss_mb, seconds_since_start
from scripts.panels import result_line
from scripts.run_folder import Report, RunFolder
from scripts.run_spec import find_run_spec
from scripts.submission import check_target, write_submission


@final
@dataclass(frozen=True)
class Options:
    """What was asked for on the command line, beside the recipe and its settings."""

    train: Path | None = None
    test: Path | None = None
    no_test: bool = False
    run: Path | None = None
    predict: Path | None = None
    out: Path | None = None
    force: bool = False
    json: bool = False
    quiet: bool = False

    def test_table(self) -> Path | None:
        """The table the finished model is measured on. Kaggle's training rows contain the embedded test digits, so
        rows of the user's own are never followed by ours.
        """
        if self.test is not None or self.no_test or self.train is not None:
            return self.test
        return digits.TEST

    def check(self) -> None:
        """Raise InputError for what would otherwise go wrong only after the training."""
        if (self.predict is None) != (self.out is None):
            raise InputError("--predict and --out: got one of the two; expected both or neither")
        if self.test is not None and self.no_test:
            raise InputError("--test and --no-test: got both; expected at most one")
        for path in (self.train or digits.TRAIN, self.test_table(), self.predict):
            if path is not None and not os.path.exists(path):
                own = path in (digits.TRAIN, digits.TEST)
                hint = "the digits come with a clone of the project; or give a table with --train" if own else None
                raise InputError(f"{shown_path(path)}: no such file", hint=hint)
            if (
                path is not None
                and self.out is not None
                and os.path.exists(self.out)
                and os.path.samefile(path, self.out)
            ):
                raise InputError(f"--out: got {shown_path(path)}, which is read; expected the name of another file")
        if self.out is not None:
            check_target(self.out, force=self.force)


def run_job(recipe: str, settings: list[str], options: Options) -> None:
    """Train `recipe`, changed by `settings`, and keep everything in a run folder."""
    console = Console(stderr=options.json, quiet=options.quiet)
    options.check()
    spec = find_run_spec(recipe, settings)
    with _claimed(options, Path(recipe).stem) as folder:
        folder.write_spec(spec)
        seconds: dict[str, float] = {}

        model, source = spec.build(), options.train or digits.TRAIN
        say(console, f"{recipe}: {_sizes(model)} on {_short(source)}")
        with _timed(seconds, "load"):
            table = _read(source, spec, console)
            to_predict = _unlabelled(options.predict, spec)
            training = _training(model, spec, table)
        with _timed(seconds, "train"), np.errstate(all="ignore"):  # what is not finite ends in Diverged
            if options.quiet:
                for _ in training:
                    pass
            else:
                watch(training, console)

        folder.write_model(training.model)  # at once: what fails from here on must not cost the training
        folder.write_history(training.history)

        with _timed(seconds, "evaluate"):
            measured_on, evaluation = _measure(training, spec, options.test_table(), console)
        if evaluation is None:
            say(console, "\nnothing to measure on: hold rows out with --validation 0.1")
        else:
            say(console, f"\n{result_line(evaluation, measured_on or '')}")

        if to_predict is not None and options.out is not None:
            write_submission(options.out, training.model.predict(to_predict.features), force=options.force)
            say(console, f"{options.out}: {len(to_predict.features):,} predictions, written and read again")

        seconds["total"] = seconds_since_start()
        report = _report(spec, table, training, evaluation, measured_on, seconds)
        report["run"] = str(folder.path)
        folder.write_report(report)
        say(console, f"saved in {folder.path}  ({seconds['train']:.1f} s training, {seconds['total']:.1f} s in all)")
        if options.json:
            print(json.dumps(report))


def _short(path: Path) -> str:
    """`path` as seen from here, where it lies below."""
    here = Path.cwd()
    return str(path.relative_to(here)) if path.is_relative_to(here) else str(path)


def _sizes(model: Sequential) -> str:
    """784-128-10: the numbers in, and out of every layer that learns."""
    learnt = [shape for layer, shape in zip(model.layers, model.shapes, strict=True) if layer.parameters]
    return "-".join("x".join(map(str, shape)) for shape in (model.input_shape, *learnt))


@contextmanager
def _claimed(options: Options, name: str) -> Iterator[RunFolder]:
    """A new run folder, gone again if its training does not come to an end."""
    folder = RunFolder.claim(options.run, name)
    try:
        yield folder
    except BaseException as error:
        if not folder.has_model():
            folder.abandon()
        elif isinstance(error, ChalknetError):
            safe = f"the trained model is safe in {folder.path}"
            raise type(error)(str(error), hint=f"{error.hint}; {safe}" if error.hint else safe) from error
        else:
            print(f"the trained model is safe in {folder.path}", file=sys.stderr)
        raise


@contextmanager
def _timed(seconds: dict[str, float], name: str) -> Iterator[None]:
    start = time.perf_counter()
    yield
    seconds[name] = time.perf_counter() - start


def _unlabelled(path: Path | None, spec: RunSpec) -> Table | None:
    """Read before the training, so that a fault in it does not cost the training."""
    return None if path is None else read_table(path, spec.data.table_format(), labelled=False)


def _read(path: Path, spec: RunSpec, console: Console) -> Table:
    try:
        table = read_table(path, spec.data.table_format())
    except TableError as error:
        if path in (digits.TRAIN, digits.TEST) and error.hint is None:
            raise TableError(str(error), hint="this recipe is for another table: give it with --train CSV") from None
        raise
    if table.notice:
        say(console, table.notice)
    return table


def _training(model: Sequential, spec: RunSpec, table: Table) -> Training:
    data, held_out = table.dataset(), None
    if spec.data.validation_split:
        data, held_out = split(data, spec.data.validation_split, seed=spec.data.split_seed)
    return Training(
        model,
        data,
        optimizer=spec.optimizer.build(),
        loss=spec.loss.build(),
        schedule=spec.schedule.build(),
        validation_data=held_out,
        settings=spec.training.build(),
    )


def _measure(
    training: Training, spec: RunSpec, test: Path | None, console: Console
) -> tuple[str | None, Evaluation | None]:
    """On the test set, opened here for the first and only time, or else on the rows held out, if any were."""
    data: Dataset | None = training.validation
    name = "hold-out"
    if test is not None:
        name, data = "test", _read(test, spec, console).dataset()
    return (None, None) if data is None else (name, evaluate(training.model, data, loss=training.loss))


def _report(
    spec: RunSpec,
    table: Table,
    training: Training,
    evaluation: Evaluation | None,
    measured_on: str | None,
    seconds: dict[str, float],
) -> Report:
    seen = training.state.samples
    best = training.history.best
    return {
        "accuracy": None if evaluation is None else evaluation.accuracy,
        "loss": None if evaluation is None else evaluation.loss,
        "measured_on": measured_on,
        "seconds": {name: round(value, 4) for name, value in seconds.items()},
        "samples_per_second": round(seen / seconds["train"], 1),
        "samples_seen": seen,
        "epochs": len(training.history),
        "best_epoch": None if best is None else best.epoch,
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
