"""The tables of a whole job: a person's own, or ones of the same size made from the embedded digits; and a split."""

from pathlib import Path
from typing import NamedTuple

from framework.data.table import read_table
from framework.types import Integers, Numbers
from models.digits import digit_table, load_training_digits

TRAIN_ROWS, TEST_ROWS = 42_000, 28_000
"""Of Kaggle's Digit Recognizer."""
HELD_OUT = 0.1
FORMAT = digit_table().table_format()


class Tables(NamedTuple):
    """train.csv, with labels, and test.csv, without."""

    train: Path
    test: Path

    def check(self) -> None:
        """Raise TableError where one is not what a job reads."""
        read_table(self.train, FORMAT, cache=False)
        read_table(self.test, FORMAT, labelled=False, cache=False)


def embedded_tables(folder: Path) -> Tables:
    """The first 42,000 and, without labels, the last 28,000 of the embedded training digits: they overlap, so they are
    for measuring time and memory.
    """
    digits = load_training_digits()
    tables = Tables(folder / "train.csv", folder / "test.csv")
    write_table(tables.train, digits.x[:TRAIN_ROWS], digits.y[:TRAIN_ROWS])
    write_table(tables.test, digits.x[-TEST_ROWS:])
    return tables


def held_out(train: Path, folder: Path) -> tuple[Tables, Integers]:
    """The first nine tenths of the rows of `train` to learn from, the others without labels, and their labels."""
    digits = read_table(train, FORMAT, cache=False).dataset()
    kept = len(digits) - int(HELD_OUT * len(digits))
    tables = Tables(folder / "first.csv", folder / "rest.csv")
    write_table(tables.train, digits.x[:kept], digits.y[:kept])
    write_table(tables.test, digits.x[kept:])
    labels: Integers = digits.y[kept:].astype(int)
    return tables, labels


def write_table(path: Path, x: Numbers, y: Numbers | None = None) -> None:
    """As Kaggle writes it."""
    header = ",".join(FORMAT.feature_columns)
    labels = [""] * len(x) if y is None else [f"{label}," for label in y.tolist()]
    with open(path, "w", encoding="ascii") as file:
        file.write(f"{'' if y is None else 'label,'}{header}\n")
        for label, row in zip(labels, x, strict=True):
            file.write(f"{label}{','.join(map(str, row.tolist()))}\n")
