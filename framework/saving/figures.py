"""The history of a training as vectors, one for each figure: as text it would outgrow the header after some thousand
epochs. Times are left out, so that equal runs write equal files.
"""

from collections.abc import Mapping
from pathlib import Path

import numpy as np

from framework.errors import ModelFileError, quoted, shown_path
from framework.evaluation import classes_of
from framework.history import EpochReport, History
from framework.saving.container import check_tensors
from framework.training import Training
from framework.types import Array

HISTORY = "history."
ALWAYS = ("loss", "learning_rate", "best")
FRACTIONS = ("accuracy", "validation_accuracy", "best")
FIGURES = ("loss", "accuracy", "validation_loss", "validation_accuracy", "learning_rate", "best")


def history_tensors(history: History) -> dict[str, Array]:
    """A vector (epochs,) of float64 for each figure that its epochs have; none before the first has ended."""
    columns = {name: [getattr(report, name) for report in history] for name in FIGURES}
    return {
        f"{HISTORY}{name}": np.array(column, np.float64)
        for name, column in columns.items()
        if column and None not in column
    }


def check_history(tensors: Mapping[str, Array], epochs: int, path: Path) -> None:
    """Raise ModelFileError unless `tensors` are what `history_tensors` makes of so many epochs."""
    names = [name for name in FIGURES if name in ALWAYS or f"{HISTORY}{name}" in tensors] if epochs else []
    check_tensors(tensors, {f"{HISTORY}{name}": (epochs,) for name in names}, np.dtype(np.float64), path)
    for name in names:
        column = tensors[f"{HISTORY}{name}"]
        wrong = np.flatnonzero((column < 0) | (column > 1) | ((name == "best") & (column % 1 != 0)))
        if name in FRACTIONS and len(wrong):
            expected = "0 or 1" if name == "best" else "a number from 0 to 1"
            raise ModelFileError(
                f"{shown_path(path)}: tensor {quoted(HISTORY + name)}: row {wrong[0]}: got {column[wrong[0]]}; "
                f"expected {expected}"
            )


def check_figures(tensors: Mapping[str, Array], training: Training, path: Path) -> None:
    """Raise ModelFileError where the history in `tensors`, if there is one, lacks a figure of this training, or has one
    that its data cannot give.
    """
    model, held_out = training.model, training.validation
    given = {
        "accuracy": classes_of(model, training.data) is not None,
        "validation_loss": held_out is not None,
        "validation_accuracy": held_out is not None and classes_of(model, held_out) is not None,
    }
    for name, there in given.items():
        if f"{HISTORY}loss" in tensors and there != (f"{HISTORY}{name}" in tensors):
            state = "got nothing; expected a number per epoch" if there else "got one; expected no such tensor"
            raise ModelFileError(f"{shown_path(path)}: tensor {quoted(HISTORY + name)}: {state}, by the data")


def epoch_reports(tensors: Mapping[str, Array], done: int, epochs: int) -> list[EpochReport]:
    """The reports of the `done` epochs of a run of so many."""
    columns = {name: tensors[f"{HISTORY}{name}"].tolist() for name in FIGURES if f"{HISTORY}{name}" in tensors}
    missing = [None] * done
    return [
        EpochReport(
            epoch=row + 1,
            epochs=epochs,
            loss=columns["loss"][row],
            accuracy=columns.get("accuracy", missing)[row],
            validation_loss=columns.get("validation_loss", missing)[row],
            validation_accuracy=columns.get("validation_accuracy", missing)[row],
            learning_rate=columns["learning_rate"][row],
            seconds=None,
            samples_per_second=None,
            best=bool(columns["best"][row]),
        )
        for row in range(done)
    ]
