"""The runs that evaluate and predict were given: one model, or several that read the same table and answer together."""

import os
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import final

from framework.committee import Augmented, Committee, Member
from framework.data.augmentation import Augmentation
from framework.data.table import Table, TableFormat
from framework.errors import InputError, quoted, shown_path
from framework.randomness import checked_seed
from scripts import cautions
from scripts.run_folder import MODEL
from scripts.tables import TABLES, check_table, read
from scripts.trained import Trained


@final
class Members:
    """The trained models of `runs`, and how many distorted versions of every row each is to see.

    Raises InputError where a run is not finished, is there twice or has no augmentation to distort with, and where two
    runs are for different tables: other features, classes, values or names of columns.
    """

    def __init__(self, runs: Sequence[Path], *, augment: int, seed: int) -> None:
        tables = [shown_path(run) for run in runs if run.name.endswith(TABLES) and not run.is_dir()]
        if tables:
            raise InputError(f"runs: got the table {tables[0]}; expected folders of runs, and one table after them")
        if augment < 0:
            raise InputError(f"--augment: got {augment}; expected an integer of 0 or more")
        self.augment, self.seed = augment, checked_seed(seed)
        _check_distinct(runs)
        self.trained = [Trained.read(run) for run in runs]
        self.specs = [trained.spec for trained in self.trained]
        self.models = [trained.model for trained in self.trained]
        self.names = [trained.name for trained in self.trained]
        self.table_format = self.specs[0].data.table_format()
        for name, spec in zip(self.names, self.specs, strict=True):
            _check_same_table(name, spec.data.table_format(), self.names[0], self.table_format)

    def classifier(self) -> Member:
        """What answers for them: the one model itself, or the mean of all there is to average."""
        if not self.augment:
            return self.models[0] if len(self.models) == 1 else Committee(self.models)
        augmentations = [self._augmentation(number) for number in range(len(self.models))]
        kinds = [(spec.augmentation, spec.data.image_shape) for spec in self.specs]
        if all(kind == kinds[0] for kind in kinds):  # every version is drawn once, for all
            return Augmented(Committee(self.models), augmentations[0], versions=self.augment, seed=self.seed)
        return Committee(
            Augmented(model, augmentation, versions=self.augment, seed=self.seed)
            for model, augmentation in zip(self.models, augmentations, strict=True)
        )

    def averaged(self) -> str:
        """Of what their answer is the mean; empty for one model that sees every row as it is."""
        runs = [f"{len(self.models)} runs"] if len(self.models) > 1 else []
        views = [f"{1 + self.augment} views of each row"] if self.augment else []
        return ", ".join(runs + views)

    def read(self, path: Path, *, labelled: bool = True) -> Table:
        """The table at `path` for them, with a caution on stderr where it holds rows that one has learnt from."""
        check_table(path, like="test.csv")
        table = read(path, self.specs[0].data, labelled=labelled)
        if table.notice:
            print(table.notice, file=sys.stderr)
        caution = cautions.on_measuring if labelled else cautions.on_predicting
        cautions.warn([(trained.name, caution(trained.learnt_from, table)) for trained in self.trained])
        return table

    def _augmentation(self, number: int) -> Augmentation:
        augmentation = self.specs[number].build_augmentation()
        if augmentation is None:
            raise InputError(
                f"--augment {self.augment}: got {self.names[number]}, a run without augmentation; expected one with it",
                hint="leave --augment out, or train with an augmentation: --set augmentation.type=affine",
            )
        return augmentation


def _check_distinct(runs: Sequence[Path]) -> None:
    """Raise InputError where a run is named twice, however it is written: its vote would count twice."""
    files = [run / MODEL if os.path.isdir(run) else run for run in runs]
    for number, file in enumerate(files):
        if any(os.path.exists(one) and os.path.exists(file) and os.path.samefile(one, file) for one in files[:number]):
            raise InputError(f"runs: got {shown_path(runs[number])} twice; expected each run once")


def _check_same_table(name: str, got: TableFormat, first: str, expected: TableFormat) -> None:
    for one, other in zip(_described(got), _described(expected), strict=False):  # as many where they agree so far
        if one != other:
            raise InputError(f"{name}: got a run for {one}; expected {other}, as for {first}")


def _described(table: TableFormat) -> list[str]:
    return [
        f"{len(table.feature_columns)} features",
        f"{table.classes} classes",
        f"values from {table.minimum} to {table.maximum}",
        f"the label column {quoted(table.label_column)}",
        *(f"the feature column {quoted(column)}" for column in table.feature_columns),
    ]
