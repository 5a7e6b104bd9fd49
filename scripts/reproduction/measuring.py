"""Measuring: how many errors finished runs make, each alone, or all of a row together."""

import math
import statistics
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import final

from framework import Committee, evaluate
from models.digits import load_test_digits
from models.recipes import TABLES
from scripts.reproduction.rows import Row
from scripts.run_folder import RunFolder


@final
@dataclass(frozen=True)
class Result:
    """A row and its errors in percent: a number for each run, or one for a committee of so many members."""

    row: Row
    errors: tuple[float, ...]
    members: int
    seconds: tuple[float, ...]
    """Of training, for each run; NaN where that is not known."""

    @property
    def mean(self) -> float:
        return statistics.mean(self.errors)

    @property
    def deviation(self) -> float | None:
        """The standard deviation over the seeds, if there are several."""
        return statistics.stdev(self.errors) if len(self.errors) > 1 else None

    @property
    def longest(self) -> float | None:
        """Seconds of training, of the runs of which they are known."""
        return max((seconds for seconds in self.seconds if not math.isnan(seconds)), default=None)


def measure(row: Row, folders: Mapping[str, Sequence[Path]]) -> Result:
    """The result of a row whose runs are finished and lie in `folders`, by recipe: on the test digits.

    A recipe with tables of its own never meets them, as they may be among its rows: its runs were measured on rows held
    out, in training.
    """
    runs = [RunFolder(folder) for recipe in row.recipes for folder in folders[recipe]]
    if TABLES.keys() & set(row.recipes):
        accuracies = [float(str(run.read_report()["accuracy"])) for run in runs]
    else:
        test = load_test_digits()
        models = [run.read_trained()[1] for run in runs]
        asked = [Committee(models)] if row.committee else models
        accuracies = [evaluate(model, test).accuracy or 0.0 for model in asked]
    errors = tuple(round(100 * (1 - accuracy), 4) for accuracy in accuracies)
    return Result(row, errors, len(runs), tuple(map(_training_seconds, runs)))


def _training_seconds(run: RunFolder) -> float:
    """By the speed at the end, as a resumed run knows only the time since; NaN if it had nothing left to learn."""
    report = run.read_report()
    seen, speed = report.get("samples_seen"), report.get("samples_per_second")
    return float(seen) / float(speed) if isinstance(seen, int) and isinstance(speed, float) and speed else math.nan
