"""Tables that are not there or not as expected: the one that was meant, and what to do about the columns and labels."""

from pathlib import Path

import pytest

from models.recipes import KAGGLE
from tests.scripts.conftest import Chalknet


@pytest.fixture
def in_place(chalknet: Chalknet) -> None:
    """Tables where Kaggle's are expected, and others beside."""
    KAGGLE.mkdir(parents=True)
    for path in (KAGGLE / "train.csv", KAGGLE / "test.csv", Path("mine.csv.gz"), Path("notes.txt")):
        path.write_text("label\n")


@pytest.mark.parametrize(
    ("words", "said", "hint"),
    [
        ("train --train data/kaggle/trian.csv", "data/kaggle/trian.csv: no such file", "data/kaggle/train.csv"),
        ("train --train data/kaggle/Train.csv.gz", "data/kaggle/Train.csv.gz: no such file", "data/kaggle/train.csv"),
        ("train --train data/kaggle", "data/kaggle: got a folder; expected a table", "data/kaggle/train.csv"),
        ("train --test data/kaggle", "data/kaggle: got a folder; expected a table", "data/kaggle/test.csv"),
        ("train --predict data/kaggle --out s.csv", "data/kaggle: got a folder", "data/kaggle/test.csv"),
        ("train --train mine.csv", "mine.csv: no such file", "mine.csv.gz"),
        ("train --train notes.csv", "notes.csv: no such file", None),
        ("train --train data/kaggle/zzz.csv", "data/kaggle/zzz.csv: no such file", None),
        ("train --train nowhere/train.csv", "nowhere/train.csv: no such file", None),
    ],
)
@pytest.mark.usefixtures("in_place")
def test_the_table_that_was_meant(words: str, said: str, hint: str | None, chalknet: Chalknet) -> None:
    done = chalknet(*words.split(" "))
    assert (done.code, done.out) == (2, "")
    message, *rest = done.err.splitlines()
    assert message.startswith(f"error: {said}")
    assert rest == ([f"  hint: did you mean {hint}?"] if hint else [])


def test_evaluate_and_predict_know_it_too(chalknet: Chalknet, digits_csv: Path) -> None:
    Path("rows").mkdir()
    Path("rows/test.csv").write_bytes(digits_csv.read_bytes())
    assert chalknet("train", "six-steps", "--train", digits_csv, "--epochs", 1, "--quiet", "--run", "r").code == 0
    for table, said in (("rows", "rows: got a folder; expected a table"), ("rows/tset.csv", "rows/tset.csv: no such")):
        for command in (("evaluate", "r", table), ("predict", "r", table, "--out", "s.csv")):
            done = chalknet(*command)
            assert done.code == 2
            assert done.err.startswith(f"error: {said}")
            assert done.err.endswith("\n  hint: did you mean rows/test.csv?\n")


OWN = "other columns than the digits' take a spec that names them: README.md, 'A table of your own'"
LABELS = "labels are numbers that count from 0, with 10 classes up to 9"


def _hint(done_err: str) -> str:
    return done_err.partition("\n  hint: ")[2].rstrip("\n")


@pytest.mark.parametrize(
    ("header", "hint"),
    [
        ("digit,cell_0,cell_1", OWN),
        ("label,pixel0,pixel1", f"782 columns are missing; {OWN}"),
        (",".join(f"pixel{n}" for n in range(784)), "is this the test file? It has no labels"),
    ],
)
def test_other_columns_take_a_spec_of_their_own(header: str, hint: str, chalknet: Chalknet) -> None:
    Path("mine.csv").write_text(header + "\n" + ",".join("1" for _ in header.split(",")) + "\n")
    done = chalknet("train", "plain-128", "--train", "mine.csv")
    assert done.code == 2
    assert _hint(done.err) == hint


@pytest.mark.parametrize(
    ("labels", "hint"),
    [
        ((1, 5, 10), LABELS),
        (("a", 5, 9), LABELS),
        (("a", "b", 9), f"1 more line is wrong: 3; {LABELS}"),
        ((-1, 5, 9), LABELS),
    ],
)
def test_labels_count_from_0(labels: tuple[object, ...], hint: str, chalknet: Chalknet, digits_csv: Path) -> None:
    head, *rows = digits_csv.read_text().splitlines()[:4]
    changed = [f"{label},{row.partition(',')[2]}" for label, row in zip(labels, rows, strict=True)]
    Path("mine.csv").write_text("\n".join([head, *changed]) + "\n")
    done = chalknet("train", "plain-128", "--train", "mine.csv")
    assert done.code == 2
    assert "column 'label': got '" in done.err
    assert _hint(done.err) == hint


def test_a_wrong_pixel_has_nothing_to_do_with_labels_or_columns(chalknet: Chalknet, digits_csv: Path) -> None:
    lines = digits_csv.read_text().splitlines()[:14]
    lines[-1] = f"{lines[-1].rpartition(',')[0]},999"
    Path("mine.csv").write_text("\n".join(lines) + "\n")
    done = chalknet("train", "plain-128", "--train", "mine.csv")
    assert "line 14, column 'pixel783': got '999'" in done.err
    assert _hint(done.err) == ""
