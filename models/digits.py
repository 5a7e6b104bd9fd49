"""What there is to know about the digits: shape, classes, pixel range, and where the embedded ones lie."""

from pathlib import Path

from framework.data.dataset import Dataset
from framework.data.table import read_table
from framework.errors import InputError, shown_path
from framework.specs import DataSpec, NumberedColumns

HEIGHT = WIDTH = 28
FEATURES = HEIGHT * WIDTH
CLASSES = 10
DARKEST = 255
"""Pixels are integers from 0, the paper, to 255, the ink."""

DATA_FOLDER = Path(__file__).resolve().parent.parent / "data"
TRAIN = DATA_FOLDER / "train.csv.gz"
TEST = DATA_FOLDER / "test.csv.gz"
TRAIN_SHA256 = "8518c90905ee1f207a98434643d1c52e205d21bb19eabf668e3b8a9b2dcace64"


def digit_table(*, validation_split: float = 0.0) -> DataSpec:
    """A table as in Kaggle's Digit Recognizer: label, then pixel0 to pixel783, row by row from the top left."""
    return DataSpec(
        feature_columns=NumberedColumns(prefix="pixel", count=FEATURES),
        image_shape=(HEIGHT, WIDTH),
        minimum=0,
        maximum=DARKEST,
        classes=CLASSES,
        validation_split=validation_split,
    )


def load_training_digits() -> Dataset:
    """The 60,000 embedded digits to learn from: x (60000, 784) and y (60000,), both uint8."""
    return _read(TRAIN)


def load_test_digits() -> Dataset:
    """The 10,000 embedded digits to measure on, once and at the end: x (10000, 784) and y (10000,), both uint8."""
    return _read(TEST)


def _read(path: Path) -> Dataset:
    if not path.exists():
        hint = (
            "the digits come with a clone of the project: pip install -e . there; read_table takes a table of your own"
        )
        raise InputError(f"{shown_path(path)}: got no such file; expected the embedded digits", hint=hint)
    return read_table(path, digit_table().table_format()).dataset()
