"""chalknet evaluate and predict with several runs, and with --augment."""

import json
import shutil
from hashlib import sha256
from pathlib import Path

import numpy as np
import pytest

from framework import Augmented, Committee, RunSpec, Sequential, evaluate, read_spec, read_table
from framework.types import Integers
from models import digits
from models.digits import digit_table
from scripts import cautions
from scripts.submission import write_submission
from tests.scripts.conftest import Chalknet

LOSS_TOLERANCE = 1e-12
"""The same numbers from the same code: what remains is the last digit of a JSON float."""


@pytest.fixture
def runs(chalknet: Chalknet, digits_csv: Path) -> list[str]:
    """Three small trained runs: two with the same augmentation, and one without any."""
    for number, settings in enumerate((["augmentation.type=affine"], ["augmentation.type=affine"], [])):
        words = [word for setting in settings for word in ("--set", setting)]
        options = ("--train", digits_csv, "--epochs", 2, "--quiet", "--seed", number, "--run", f"r{number}", *words)
        done = chalknet("train", "plain-128", *options)
        assert done.code == 0, done.err
    return ["r0", "r1", "r2"]


def _models(runs: list[str]) -> list[Sequential]:
    return [Sequential.load(f"{run}/model.safetensors") for run in runs]


def _rows(table: Path) -> Integers:
    return read_table(table, digit_table().table_format(), labelled=False).features


def _augmented(run: str, versions: int, seed: int = 0) -> Augmented:
    spec = read_spec(f"{run}/spec.json")
    assert isinstance(spec, RunSpec)
    augmentation = spec.build_augmentation()
    assert augmentation is not None
    return Augmented(_models([run])[0], augmentation, versions=versions, seed=seed)


def _written(labels: Integers) -> bytes:
    write_submission(Path("expected.csv"), labels, force=True)
    return Path("expected.csv").read_bytes()


def test_one_run_predicts_what_its_model_does(runs: list[str], chalknet: Chalknet, unlabelled_csv: Path) -> None:
    for number, words in enumerate(([], ["--augment", 0], ["--augment", 0, "--seed", 9])):
        done = chalknet("predict", "r2", unlabelled_csv, "--out", f"{number}.csv", *words)
        assert (done.code, done.out, done.err) == (0, f"{number}.csv: 200 predictions, written and read again\n", "")
        assert Path(f"{number}.csv").read_bytes() == _written(_models(["r2"])[0].predict(_rows(unlabelled_csv)))


def test_several_runs_predict_what_their_committee_does(
    runs: list[str], chalknet: Chalknet, unlabelled_csv: Path
) -> None:
    done = chalknet("predict", *runs, unlabelled_csv, "--out", "s.csv")
    said = "averaged: 3 runs\ns.csv: 200 predictions, written and read again\n"
    assert (done.code, done.out, done.err) == (0, said, "")
    rows = _rows(unlabelled_csv)
    expected = Committee(_models(runs)).predict(rows)
    assert Path("s.csv").read_bytes() == _written(expected)
    assert all((model.predict(rows) != expected).any() for model in _models(runs))


@pytest.mark.parametrize(("members", "words"), [(1, ()), (2, ()), (2, ("--augment", 1))])
def test_probabilities_are_those_of_the_models_to_the_last_digit(
    runs: list[str], chalknet: Chalknet, unlabelled_csv: Path, members: int, words: tuple[object, ...]
) -> None:
    names = runs[:members]
    done = chalknet("predict", *names, unlabelled_csv, "--out", "p.csv", "--probabilities", *words)
    assert (done.code, done.err) == (0, "")
    header, *lines = Path("p.csv").read_text().splitlines()
    assert header == "ImageId,0,1,2,3,4,5,6,7,8,9"
    assert [line.split(",")[0] for line in lines] == [str(number) for number in range(1, 201)]
    written = np.array([line.split(",")[1:] for line in lines], np.float64)
    together = Committee(_models(names)) if members > 1 else _models(names)[0]
    one = Augmented(together, _augmented("r0", 1).augmentation, versions=1) if words else together
    expected = one.predict_proba(_rows(unlabelled_csv))
    np.testing.assert_array_equal(written.astype(expected.dtype), expected)
    again = chalknet("predict", *names, unlabelled_csv, "--out", "p.csv", "--probabilities", *words)
    assert again.code == 2
    assert "p.csv" in again.err


def test_several_runs_are_measured_as_their_committee_is(
    runs: list[str], chalknet: Chalknet, labelled_csv: Path
) -> None:
    data = read_table(labelled_csv, digit_table().table_format()).dataset()
    expected = evaluate(Committee(_models(runs)), data)
    done = chalknet("evaluate", *runs, labelled_csv, "--json")
    measured = json.loads(done.out)
    assert (done.code, done.err) == (0, "")
    assert measured["accuracy"] == expected.accuracy
    assert measured["loss"] == pytest.approx(expected.loss, rel=LOSS_TOLERANCE)
    shown = chalknet("evaluate", *runs, labelled_csv).out.splitlines()
    assert shown[0] == "averaged: 3 runs; the loss is the cross-entropy of the mean probabilities"
    assert shown[1].startswith(f"{labelled_csv}  {expected.accuracy:.2%} right")


def test_the_loss_of_several_is_the_cross_entropy_whatever_theirs_was(
    chalknet: Chalknet, digits_csv: Path, labelled_csv: Path
) -> None:
    smooth = ("--set", "loss.label_smoothing=0.2", "--epochs", 1, "--quiet")
    assert chalknet("train", "plain-128", "--train", digits_csv, "--run", "a", *smooth).code == 0
    shutil.copytree("a", "b")
    data = read_table(labelled_csv, digit_table().table_format()).dataset()
    one = json.loads(chalknet("evaluate", "a", labelled_csv, "--json").out)["loss"]
    twice = json.loads(chalknet("evaluate", "a", "b", labelled_csv, "--json").out)["loss"]
    assert twice == pytest.approx(evaluate(Committee(_models(["a", "b"])), data).loss, rel=LOSS_TOLERANCE)
    assert abs(one - twice) > 0.01


def test_distorted_versions_are_those_of_the_run_s_own_augmentation(
    runs: list[str], chalknet: Chalknet, unlabelled_csv: Path
) -> None:
    done = chalknet("predict", "r0", unlabelled_csv, "--out", "s.csv", "--augment", 3, "--seed", 5)
    assert done.out == "averaged: 4 views of each row\ns.csv: 200 predictions, written and read again\n"
    rows = _rows(unlabelled_csv)
    expected = _augmented("r0", 3, seed=5).predict(rows)
    assert Path("s.csv").read_bytes() == _written(expected)
    assert (expected != _augmented("r0", 3, seed=6).predict(rows)).any()
    assert chalknet("predict", "r0", unlabelled_csv, "--out", "t.csv", "--augment", 3, "--seed", 5).code == 0
    assert Path("t.csv").read_bytes() == Path("s.csv").read_bytes()


def test_several_runs_each_distort_by_their_own_augmentation(
    runs: list[str], chalknet: Chalknet, digits_csv: Path, labelled_csv: Path
) -> None:
    elastic = ("--set", "augmentation.type=elastic", "--set", "augmentation.strength=3", "--epochs", 1, "--quiet")
    assert chalknet("train", "plain-128", "--train", digits_csv, "--run", "e", *elastic).code == 0
    data = read_table(labelled_csv, digit_table().table_format()).dataset()
    for members in (["r0", "r1"], ["r0", "e"]):
        expected = evaluate(Committee(_augmented(run, 2) for run in members), data)
        done = chalknet("evaluate", *members, labelled_csv, "--augment", 2, "--json")
        measured = json.loads(done.out)
        assert measured["accuracy"] == expected.accuracy
        assert measured["loss"] == pytest.approx(expected.loss, rel=LOSS_TOLERANCE)
    shown = chalknet("evaluate", "r0", "e", labelled_csv, "--augment", 2).out.splitlines()
    assert shown[0].startswith("averaged: 2 runs, 3 views of each row; the loss is ")


def test_a_run_without_augmentation_cannot_distort(runs: list[str], chalknet: Chalknet, unlabelled_csv: Path) -> None:
    for members in (["r2"], ["r0", "r2"]):
        done = chalknet("predict", *members, unlabelled_csv, "--out", "s.csv", "--augment", 4)
        assert done.code == 2
        assert done.err == (
            "error: --augment 4: got r2, a run without augmentation; expected one with it\n"
            "  hint: leave --augment out, or train with an augmentation: --set augmentation.type=affine\n"
        )
        assert not Path("s.csv").exists()


def _spec_text(columns: object = None, *, features: int = 784, classes: int = 10, maximum: int = 255) -> str:
    layers = [{"type": "rescale", "scale": 0.01}, {"type": "dense", "out_features": classes}]
    data = {"feature_columns": columns or {"prefix": "pixel", "count": features}, "maximum": maximum}
    model = {"input_shape": [features], "layers": layers}
    return json.dumps({"format": 1, "model": model, "data": {**data, "classes": classes}})


@pytest.mark.parametrize(
    ("text", "got", "expected"),
    [
        (_spec_text(classes=11), "11 classes", "10 classes"),
        (_spec_text(features=783), "783 features", "784 features"),
        (_spec_text(maximum=254), "values from 0 to 254", "values from 0 to 255"),
        (
            _spec_text([f"pixel{number}" for number in (1, 0, *range(2, 784))]),
            "the feature column 'pixel1'",
            "the feature column 'pixel0'",
        ),
    ],
    ids=["classes", "features", "values", "columns"],
)
def test_runs_for_different_tables_are_refused(
    text: str, got: str, expected: str, chalknet: Chalknet, unlabelled_csv: Path
) -> None:
    for name, content in (("a", _spec_text()), ("b", text)):
        spec = read_spec_text(content)
        Path(name).mkdir()
        Path(name, "spec.json").write_text(spec.model_dump_json())
        spec.build().save(f"{name}/model.safetensors")
    for command in (["predict", "a", "b", unlabelled_csv, "--out", "s.csv"], ["evaluate", "a", "b", digits.TEST]):
        done = chalknet(*command)
        assert (done.code, done.out) == (2, "")
        assert done.err == f"error: b: got a run for {got}; expected {expected}, as for a\n"
    assert not Path("s.csv").exists()


def read_spec_text(text: str) -> RunSpec:
    Path("spec.json").write_text(text)
    spec = read_spec("spec.json")
    assert isinstance(spec, RunSpec)
    return spec


def test_two_tables_are_one_too_many(runs: list[str], chalknet: Chalknet, labelled_csv: Path) -> None:
    done = chalknet("evaluate", "r0", labelled_csv, labelled_csv)
    assert done.code == 2
    assert done.err == (
        f"error: runs: got the table {labelled_csv}; expected folders of runs, and one table after them\n"
    )


@pytest.mark.parametrize("again", ["r0", "./r0/", "link", "r0/model.safetensors"])
def test_a_run_votes_once(again: str, runs: list[str], chalknet: Chalknet, unlabelled_csv: Path) -> None:
    Path("link").symlink_to("r0")
    done = chalknet("predict", "r1", "r0", "r2", again, unlabelled_csv, "--out", "s.csv")
    assert (done.code, done.out) == (2, "")
    assert done.err == f"error: runs: got {Path(again)} twice; expected each run once\n"
    assert not Path("s.csv").exists()


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["--augment", -1], "--augment: got -1; expected an integer of 0 or more"),
        (["--augment", "many"], "--augment: got 'many'; expected an integer"),
        (["--augment=1.5"], "--augment: got '1.5'; expected an integer"),
        (["--augment=3", "--augment", "x"], "--augment: got 'x'; expected an integer"),
        (["--seed", -1], "seed: got -1; expected an integer from 0 to 18446744073709551615"),
        (["--seed", "x", "--augment", 2], "--seed: got 'x'; expected an integer"),
    ],
)
def test_numbers_that_are_none_are_refused(words: list[object], message: str, chalknet: Chalknet) -> None:
    done = chalknet("predict", "a", "b", "c.csv", "--out", "s.csv", *words)
    assert (done.code, done.out) == (2, "")
    assert done.err.splitlines()[0] == f"error: {message}"


def test_a_caution_is_said_if_any_member_gives_reason(
    runs: list[str], chalknet: Chalknet, labelled_csv: Path, unlabelled_csv: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(cautions, "KAGGLE_TEST", 200)
    monkeypatch.setattr(cautions, "EMBEDDED_TEST", {sha256(labelled_csv.read_bytes()).hexdigest()})
    assert chalknet("predict", *runs, unlabelled_csv, "--out", "s.csv").err == ""
    assert chalknet("evaluate", *runs, labelled_csv).err.startswith("caution: r0, r1, r2: this model did not learn")
    for number, named in ((1, "r1"), (2, "r1, r2")):
        report = Path(f"r{number}/report.json")  # as if it had learnt from the embedded digits
        report.write_text(json.dumps({**json.loads(report.read_text()), "data_sha256": digits.TRAIN_SHA256}))
        done = chalknet("predict", *runs, unlabelled_csv, "--out", "s.csv", "--force")
        assert done.code == 0
        assert done.err.startswith(f"caution: {named}: if these are Kaggle's test images, this model has learnt")
        assert done.err.count("\n") == 1
    assert chalknet("evaluate", *runs, labelled_csv).err.startswith("caution: r0: this model did not learn from")
    assert chalknet("evaluate", "r1", "r2", labelled_csv).err == ""
    alone = chalknet("predict", "r1", unlabelled_csv, "--out", "s.csv", "--force").err
    assert alone.startswith("caution: if these are Kaggle's test images, this model has learnt")


def test_help_shows_runs_and_then_a_table(chalknet: Chalknet, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "80")
    for command in ("predict", "evaluate"):
        usage = chalknet(command, "--help").out.split("Usage: ")[1].splitlines()[0]
        assert usage.split()[-4:] == [command, "[OPTIONS]", "{RUN}...", "{CSV}"]


def test_labels_are_those_of_the_table_s_rows_in_order(
    runs: list[str], chalknet: Chalknet, unlabelled_csv: Path
) -> None:
    chalknet("predict", "r0", "r1", unlabelled_csv, "--out", "s.csv", "--augment", 1)
    written = np.loadtxt("s.csv", delimiter=",", skiprows=1, dtype=int)
    assert written[:, 0].tolist() == list(range(1, 201))
    one, two = (_augmented(run, 1).predict_proba(_rows(unlabelled_csv)) for run in ("r0", "r1"))
    assert written[:, 1].tolist() == (one + two).argmax(axis=1).tolist()
