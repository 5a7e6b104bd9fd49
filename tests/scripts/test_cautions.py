"""Cautions: every meeting of a model with rows it has learnt from is told, by each of the commands, and no other."""

import gzip
import json
import shutil
from hashlib import sha256
from pathlib import Path

import pytest

from models import digits
from scripts import cautions
from tests.scripts.conftest import Chalknet

RUN = ("plain-128", "--epochs", 1, "--quiet")


def _digest(path: Path) -> str:
    return sha256(path.read_bytes()).hexdigest()


@pytest.fixture
def stand_ins(
    digits_csv: Path, labelled_csv: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> tuple[Path, Path]:
    """Small tables in place of the embedded ones, and another two that count as Kaggle's, by their numbers of rows."""
    monkeypatch.setattr(digits, "TRAIN", digits_csv)
    monkeypatch.setattr(digits, "TEST", labelled_csv)
    monkeypatch.setattr(cautions, "EMBEDDED_TRAIN", {_digest(digits_csv)})
    monkeypatch.setattr(cautions, "EMBEDDED_TEST", {_digest(labelled_csv)})
    monkeypatch.setattr(cautions, "KAGGLE_TRAIN", 300)
    monkeypatch.setattr(cautions, "KAGGLE_TEST", 100)
    lines = digits_csv.read_text().splitlines()
    train, test = tmp_path / "train.csv", tmp_path / "test.csv"
    train.write_text("\n".join(lines[:301]) + "\n")
    test.write_text("\n".join(line.partition(",")[2] for line in lines[:101]) + "\n")
    return train, test


def test_the_embedded_tables_are_known_as_they_come_and_unpacked() -> None:
    for path, known in ((digits.TRAIN, cautions.EMBEDDED_TRAIN), (digits.TEST, cautions.EMBEDDED_TEST)):
        assert known == {_digest(path), sha256(gzip.decompress(path.read_bytes())).hexdigest()}


def test_train_on_the_embedded_digits_to_predict_kaggles(chalknet: Chalknet, stand_ins: tuple[Path, Path]) -> None:
    train, test = stand_ins
    done = chalknet("train", *RUN, "--no-test", "--predict", test, "--out", "a.csv")
    assert (done.code, done.err) == (0, f"caution: {cautions.KAGGLES_IMAGES}\n")
    right = chalknet("train", *RUN, "--train", train, "--predict", test, "--out", "b.csv")
    assert (right.code, right.err) == (0, "")


def test_the_caution_comes_before_the_training(chalknet: Chalknet, stand_ins: tuple[Path, Path]) -> None:
    options = ("--no-test", "--predict", stand_ins[1], "--out", "a.csv", "--set", "optimizer.learning_rate=1e38")
    done = chalknet("train", *RUN, *options)
    assert done.code == 4
    assert done.err.startswith("caution: if these are Kaggle's test images, this model has learnt from 24,015 of them")


def test_train_on_kaggles_rows_to_measure_on_the_embedded_ones(
    chalknet: Chalknet, stand_ins: tuple[Path, Path]
) -> None:
    for test, seen in ((digits.TEST, "6,015 of the 10,000 test"), (digits.TRAIN, "35,985 of these 60,000")):
        done = chalknet("train", *RUN, "--train", stand_ins[0], "--test", test)
        assert done.code == 0
        assert done.err == (
            "caution: this model did not learn from the embedded training digits; if its rows were Kaggle's, it has "
            f"seen {seen} digits, and the figures flatter it\n"
        )
    assert chalknet("train", *RUN).err == ""  # the embedded test digits, after the embedded training digits


def test_evaluate_a_run_of_the_embedded_digits_on_kaggles_rows(
    chalknet: Chalknet, stand_ins: tuple[Path, Path]
) -> None:
    assert chalknet("train", *RUN, "--run", "r").code == 0
    for words in (("evaluate", "r", stand_ins[0]), ("train", *RUN, "--test", stand_ins[0])):
        done = chalknet(*words)
        assert (done.code, done.err) == (0, f"caution: {cautions.KAGGLES_ROWS}\n")
    assert chalknet("evaluate", "r", digits.TEST).err == ""


def test_the_rows_it_has_learnt_from_say_nothing_new(chalknet: Chalknet, stand_ins: tuple[Path, Path]) -> None:
    for number, table in enumerate((digits.TRAIN, stand_ins[0])):
        shutil.copy(table, "same.csv")
        trained = chalknet("train", *RUN, "--train", table, "--test", "same.csv", "--run", f"r{number}")
        assert (trained.code, trained.err) == (0, f"caution: {cautions.LEARNT}\n")
        measured = chalknet("evaluate", f"r{number}", "same.csv")
        assert (measured.code, measured.err) == (0, f"caution: {cautions.LEARNT}\n")


def test_a_table_is_the_same_packed_or_not(chalknet: Chalknet) -> None:
    assert chalknet("train", "six-steps", "--epochs", 1, "--no-test", "--quiet", "--run", "r").code == 0
    with gzip.open(digits.TRAIN) as packed:
        Path("train.csv").write_bytes(packed.read())
    done = chalknet("evaluate", "r", "train.csv", "--json")
    assert (done.code, done.err) == (0, f"caution: {cautions.LEARNT}\n")
    assert json.loads(done.out)["rows"] == 60_000


def test_of_an_unfinished_run_the_job_says_what_it_learns_from(
    chalknet: Chalknet, stand_ins: tuple[Path, Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its best model is asked, while there is no report; and one alone says nothing at all."""
    monkeypatch.setattr(digits, "TRAIN_SHA256", _digest(digits.TRAIN))
    assert chalknet("train", *RUN, "--run", "r").code == 0
    Path("r/model.safetensors").rename("r/best.safetensors")
    Path("r/report.json").unlink()
    shutil.copy("r/best.safetensors", "alone.safetensors")
    best = chalknet("predict", "r/best.safetensors", stand_ins[1], "--out", "a.csv")
    assert (best.code, best.err) == (0, f"caution: {cautions.KAGGLES_IMAGES}\n")
    alone = chalknet("predict", "alone.safetensors", stand_ins[1], "--out", "b.csv")
    assert (alone.code, alone.err) == (0, f"caution: {cautions.PERHAPS_KAGGLES_IMAGES}\n")
