"""chalknet train kaggle: with Kaggle's files in their place, one command from the tables to a submission."""

import json
import shlex
import shutil
from io import StringIO
from pathlib import Path

import pytest
from rich.console import Console

from models.recipes import KAGGLE, recipe
from scripts.next_steps import print_next_steps
from scripts.options import Options
from scripts.reproduction.measuring import measure
from scripts.reproduction.rows import row_called
from scripts.reproduction.runs import make
from tests.scripts.conftest import Chalknet

SHORT = ("--epochs", "1", "--threads", "1")


@pytest.fixture
def in_place(chalknet: Chalknet, digits_csv: Path, unlabelled_csv: Path) -> Path:
    """The current folder, with tables where Kaggle's are expected."""
    KAGGLE.mkdir(parents=True)
    shutil.copy(digits_csv, KAGGLE / "train.csv")
    shutil.copy(unlabelled_csv, KAGGLE / "test.csv")
    return Path.cwd()


def _labels(submission: Path) -> list[int]:
    head, *rows = submission.read_text().splitlines()
    assert head == "ImageId,Label"
    numbers, labels = zip(*(map(int, row.split(",")) for row in rows), strict=True)
    assert numbers == tuple(range(1, 201))
    return list(labels)


def test_one_command_trains_and_writes_the_submission(in_place: Path, chalknet: Chalknet) -> None:
    done = chalknet("train", "kaggle", *SHORT)
    assert done.code == 0, done.err
    assert set(_labels(in_place / "submission.csv")) <= set(range(10))
    report = json.loads((in_place / "runs" / "kaggle-1" / "report.json").read_text())
    assert report["measured_on"] == "hold-out"  # Kaggle's rows contain the embedded test digits
    assert "kaggle competitions submit -c digit-recognizer -f submission.csv -m chalknet" in done.out


def test_show_says_what_it_reads_and_writes(chalknet: Chalknet) -> None:
    shown = " ".join(chalknet("show", "kaggle").out.split())
    assert "tables data/kaggle/train.csv, data/kaggle/test.csv to submission.csv" in shown
    assert "tables" not in chalknet("show", "digits").out


def test_what_it_ends_with_can_be_pasted(in_place: Path, chalknet: Chalknet) -> None:
    file = StringIO()
    options = Options().of_recipe("kaggle")
    print_next_steps(Console(file=file, width=200), "kaggle", Path("runs/kaggle-1"), recipe("kaggle"), options)
    commands = [shlex.split(line[6:], comments=True) for line in file.getvalue().splitlines()]
    assert [words[:2] for words in commands] == [
        ["chalknet", "show"],
        ["kaggle", "competitions"],
        ["chalknet", "train"],
    ]
    assert commands[-1] == ["chalknet", "train", "kaggle", "--seed", "1", "--out", "submission-1.csv"]
    again = chalknet(*commands[-1][1:], *SHORT)
    assert again.code == 0, again.err
    assert len(_labels(in_place / "submission-1.csv")) == 200
    assert "--train data/kaggle/train.csv" in again.out  # with --epochs 1 it is no longer the recipe


def test_a_submission_is_never_overwritten_unasked(in_place: Path, chalknet: Chalknet) -> None:
    Path("submission.csv").write_text("mine")
    refused = chalknet("train", "kaggle", *SHORT)
    assert refused.code == 2
    assert "submission.csv" in refused.err
    assert Path("submission.csv").read_text() == "mine"
    assert chalknet("train", "kaggle", *SHORT, "--force").code == 0
    assert len(_labels(Path("submission.csv"))) == 200


def test_without_the_files_it_says_where_they_belong(chalknet: Chalknet) -> None:
    missing = chalknet("train", "kaggle")
    assert missing.code == 2
    assert f"{KAGGLE / 'train.csv'}: no such file" in missing.err
    assert "kaggle.com/c/digit-recognizer" in missing.err
    assert not Path("runs").exists()


def test_files_elsewhere_can_be_named(chalknet: Chalknet, digits_csv: Path, unlabelled_csv: Path) -> None:
    """And what it ends with names them again, and a submission beside the first one."""
    Path("sent").mkdir()
    tables = ("--train", digits_csv, "--predict", unlabelled_csv)
    done = chalknet("train", "kaggle", *SHORT, *tables, "--out", "sent/mine.csv")
    assert done.code == 0, done.err
    assert len(_labels(Path("sent/mine.csv"))) == 200
    last = shlex.split(done.out.rpartition("chalknet train ")[2], comments=True)
    assert last[0] == "runs/kaggle-1/spec.json"  # with --epochs 1 it is no longer the recipe
    again = chalknet("train", *last)
    assert again.code == 0, again.err
    assert len(_labels(Path("sent/mine-1.csv"))) == 200
    third = shlex.split(again.out.rpartition("chalknet train ")[2], comments=True)
    assert third[-1] == "sent/mine-2.csv"


def test_its_runs_are_measured_on_rows_held_out(
    in_place: Path, chalknet: Chalknet, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Never on the embedded test digits, which are among Kaggle's rows."""
    folder = in_place / "runs" / "reproduce" / "kaggle-0"
    asked: list[list[str]] = []

    def noted(words: list[str]) -> int:
        asked.append(words)
        return 0

    monkeypatch.setattr("scripts.reproduction.runs._command", noted)
    make("kaggle", 0, folder)
    done = chalknet(*asked[0], *SHORT)
    assert done.code == 0, done.err
    assert len(_labels(folder.with_suffix(".csv"))) == 200
    result = measure(row_called("kaggle"), {"kaggle": [folder]})
    accuracy = json.loads((folder / "report.json").read_text())["accuracy"]
    assert result.errors[0] == pytest.approx(100 * (1 - accuracy), abs=1e-4)
