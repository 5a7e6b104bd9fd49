"""What recipes reach: the figures of their runs, kept in measured.csv."""

import csv
import statistics
from dataclasses import dataclass
from pathlib import Path
from typing import final

MEASURED = Path(__file__).resolve().parent / "measured.csv"


@final
@dataclass(frozen=True)
class Measured:
    """What a recipe reaches on the embedded digits: test accuracy by seed from 0, and the median training time.

    measured.csv, beside this file, has a row per run, and scripts/reproduce.py writes it.
    """

    accuracies: tuple[float, ...]
    seconds: float | None
    """None where no run knows its time, as one that was resumed with nothing left to learn."""

    @property
    def accuracy(self) -> float:
        """The mean over the seeds."""
        return statistics.mean(self.accuracies)


def measured(name: str) -> Measured | None:
    """The figures of the recipe called `name`, as they were measured last; None for one that never was."""
    with MEASURED.open(newline="", encoding="utf-8") as file:
        runs = [row for row in csv.DictReader(file) if row["recipe"] == name]
    if not runs:
        return None
    seconds = [float(run["training_seconds"]) for run in runs if run["training_seconds"]]
    accuracies = tuple(float(run["accuracy"]) for run in runs)
    return Measured(accuracies, statistics.median(seconds) if seconds else None)
