"""The runs that evaluate and predict were given: one model, or several that read the same table and answer together."""

import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import final

from framework.committee import Augmented, Committee, Member
from framework.data.augmentation import Augmentation
from framework.data.table import TableFormat
from framework.errors import InputError, quoted, shown_path
from framework.randomness import checked_seed
from scripts.run_folder import RunFolder

TABLES = (".csv", ".csv.gz")


@final
class Members:
    """The trained models of `runs`, and how many distorted versions of every row each is to see.

    Raises InputError where a run is not finished or has no augmentation to distort with, and where two runs are for
    different tables: other features, classes, values or names of columns.
    """

    def __init__(self, runs: Sequence[Path], *, augment: int, seed: int) -> None:
        tables = [shown_path(run) for run in runs if run.name.endswith(TABLES) and not run.is_dir()]
        if tables:
            raise InputError(f"runs: got the table {tables[0]}; expected folders of runs, and one table after them")
        if augment < 0:
            raise InputError(f"--augment: got {augment}; expected an integer of 0 or more")
        self.augment, self.seed = augment, checked_seed(seed)
        self.folders = [RunFolder(run) for run in runs]
        read = [folder.read_trained() for folder in self.folders]
        self.specs = [spec for spec, _ in read]
        self.models = [model for _, model in read]
        self.names = [shown_path(run) for run in runs]
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

    def warn(self, text: str, *, learnt_from: Callable[[object], bool]) -> None:
        """Say `text` on stderr if any of them gives reason by the digest of the rows it learnt from, and which do."""
        digests = [folder.read_report().get("data_sha256") for folder in self.folders]
        reasons = [name for name, digest in zip(self.names, digests, strict=True) if learnt_from(digest)]
        if reasons:
            which = f"{', '.join(reasons)}: " if len(self.names) > 1 else ""
            print(f"caution: {which}{text}", file=sys.stderr)

    def _augmentation(self, number: int) -> Augmentation:
        augmentation = self.specs[number].build_augmentation()
        if augmentation is None:
            raise InputError(
                f"--augment {self.augment}: got {self.names[number]}, a run without augmentation; expected one with it",
                hint="leave --augment out, or train with an augmentation: --set augmentation.type=affine",
            )
        return augmentation


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
