"""Small real tables for the command line: the first of the embedded digits, and the same scaled down to 8x8."""

import gzip
import sys
from collections.abc import Callable
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from models.digits import TEST, TRAIN
from scripts import cli


@dataclass(frozen=True)
class Outcome:
    """How a command ended."""

    code: int
    out: str
    err: str


Chalknet = Callable[..., Outcome]


@pytest.fixture
def chalknet(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Callable[..., Outcome]:
    """Run the command in this process, in an empty folder."""
    monkeypatch.chdir(tmp_path)

    def run(*arguments: object) -> Outcome:
        monkeypatch.setattr(sys, "argv", ["chalknet", *map(str, arguments)])
        with pytest.raises(SystemExit) as stop:
            cli.main()
        captured = capsys.readouterr()
        return Outcome(int(stop.value.code or 0), captured.out, captured.err)

    return run


def _first_rows(source: Path, rows: int) -> list[str]:
    with gzip.open(source, "rt", encoding="ascii") as lines:
        return [line.rstrip("\n") for line in islice(lines, rows + 1)]


@pytest.fixture(scope="session")
def digits_csv(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """600 labelled digits in Kaggle's format."""
    path = tmp_path_factory.mktemp("digits") / "train.csv"
    path.write_text("\n".join(_first_rows(TRAIN, 600)) + "\n")
    return path


@pytest.fixture(scope="session")
def labelled_csv(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """200 other labelled digits."""
    path = tmp_path_factory.mktemp("digits") / "holdout.csv"
    path.write_text("\n".join(_first_rows(TEST, 200)) + "\n")
    return path


@pytest.fixture(scope="session")
def unlabelled_csv(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The same 200 digits without labels."""
    path = tmp_path_factory.mktemp("digits") / "test.csv"
    path.write_text("\n".join(row.partition(",")[2] for row in _first_rows(TEST, 200)) + "\n")
    return path


@pytest.fixture(scope="session")
def small_digits_csv(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """800 digits of classes 0 to 4 at 8x8 with 17 shades, other column names, the label last."""
    rows = np.array([row.split(",") for row in _first_rows(TRAIN, 1600)[1:]], dtype=np.int64)
    rows = rows[rows[:, 0] < 5][:800]
    header = ",".join([*(f"cell_{number}" for number in range(64)), "digit"])
    lines = [",".join(map(str, row)) for row in np.column_stack([_shrunk(rows[:, 1:]), rows[:, 0]]).tolist()]
    path = tmp_path_factory.mktemp("small") / "mine.csv"
    path.write_text("\n".join([header, *lines]) + "\n")
    return path


def _shrunk(pixels: NDArray[np.int64]) -> NDArray[np.int64]:
    """28x28 with 0 to 255, cut to 24x24, averaged over 3x3 cells, to 8x8 with 0 to 16."""
    images = pixels.reshape(-1, 28, 28)[:, 2:26, 2:26]
    means = images.reshape(-1, 8, 3, 8, 3).mean(axis=(2, 4))
    shades: NDArray[np.int64] = np.rint(means * 16 / 255).astype(np.int64)
    return shades.reshape(len(pixels), 64)
