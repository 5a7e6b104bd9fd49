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
from framework.console import default_console, print_results, say, watch
from framework.console.network import sizes
from framework.console.text import meanwhile
from framework.data.dataset import Dataset
from framework.data.table import Table, read_table
from framework.errors import ChalknetError, InputError, TableError, shown_path
from framework.evaluation import Evaluation, evaluate
from framework.specs import RunSpec
from framework.training import Training
from models import digits
from scripts.clock import peak_rss_mb, seconds_since_start
from scripts.next_steps import print_next_steps
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
    console = Console(stderr=True) if options.json else default_console()
    console.quiet = options.quiet
    options.check()
    spec = find_run_spec(recipe, settings)
    with _claimed(options, Path(recipe).stem) as folder:
        folder.write_spec(spec)
        seconds: dict[str, float] = {}

        model, source = spec.build(), options.train or digits.TRAIN
        title, origin = f"{Path(recipe).stem} {sizes(model)}", _origin(source)
        with _timed(seconds, "load"), meanwhile(console, f"reading {origin}"):
            table = _read(source, spec, console)
            to_predict = _unlabelled(options.predict, spec)
            training = spec.prepare(table.dataset(), model=model)
        with _timed(seconds, "train"), np.errstate(all="ignore"):  # what is not finite ends in Diverged
            if options.quiet:
                for _ in training:
                    pass
            else:
                watch(training, console, title=title, source=origin)

        folder.write_model(training.model)  # at once: what fails from here on must not cost the training
        folder.write_history(training.history)

        with _timed(seconds, "evaluate"):
            measured_on, data = _measured_on(training, spec, options.test_table(), console)
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
        report["run"] = str(folder.path)
        folder.write_report(report)
        took = f"{seconds['train']:.1f} s training, {seconds['total']:.1f} s in all"
        say(console, f"\nsaved in {folder.path}  ({took})")
        print_next_steps(console, recipe, folder.path, spec, train=options.train, measured=options.test_table())
        if options.json:
            print(json.dumps(report))


def _origin(path: Path) -> str:
    return "the embedded digits" if path == digits.TRAIN else shown_path(path)


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
            print(f"the trained model is safe in {shown_path(folder.path)}", file=sys.stderr)
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


def _measured_on(
    training: Training, spec: RunSpec, test: Path | None, console: Console
) -> tuple[str | None, Dataset | None]:
    """The test set, opened here for the first and only time, or else the rows held out, if any were."""
    if test is not None:
        return "test", _read(test, spec, console).dataset()
    return (None, None) if training.validation is None else ("hold-out", training.validation)


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
