"""chalknet evaluate, predict and schema."""

import json
import re
from collections.abc import Callable
from pathlib import Path

import pytest

from framework.specs import json_schema
from models import digits
from tests.scripts.conftest import Outcome

Chalknet = Callable[..., Outcome]


@pytest.fixture
def run(chalknet: Chalknet, digits_csv: Path) -> str:
    """The folder of a small trained run."""
    assert chalknet("train", "plain-128", "--train", digits_csv, "--epochs", 2, "--quiet", "--run", "r").code == 0
    return "r"


def test_evaluate_measures_what_train_would_have(
    run: str, chalknet: Chalknet, digits_csv: Path, labelled_csv: Path
) -> None:
    done = chalknet("evaluate", run, labelled_csv, "--json")
    assert done.code == 0, done.err
    measured = json.loads(done.out)
    options = ("--train", digits_csv, "--test", labelled_csv, "--epochs", 2, "--json", "--run", "twin")
    report = json.loads(chalknet("train", "plain-128", *options).out)
    assert measured["rows"] == 200
    assert measured["accuracy"] == report["accuracy"]
    assert measured["loss"] == pytest.approx(report["loss"], rel=1e-5)
    confusion = measured["confusion"]
    assert sum(map(sum, confusion)) == 200
    assert sum(confusion[label][label] for label in range(10)) / 200 == measured["accuracy"]


def test_evaluate_shows_result_matrix_and_confusions(run: str, chalknet: Chalknet, labelled_csv: Path) -> None:
    measured = json.loads(chalknet("evaluate", run, labelled_csv, "--json").out)
    done = chalknet("evaluate", run, labelled_csv)
    assert (done.code, done.err) == (0, "")
    result, empty, _, names, *rows, blank, pairs = done.out.splitlines()
    errors = round(200 * (1 - measured["accuracy"]))
    assert result == (
        f"{labelled_csv}  {measured['accuracy']:.2%} right, {errors} errors in 200, loss {measured['loss']:.4f}"
    )
    assert (empty, blank) == ("", "")
    assert names.replace("│", " ").split() == ["true", *map(str, range(10)), "right"]
    for label, row in enumerate(rows):
        true, cells, right = row.split("│")
        assert int(true) == label
        assert [0 if cell == "·" else int(cell) for cell in cells.split()] == measured["confusion"][label]
        assert right.strip() == f"{measured['classes']['recall'][label]:.1%}"
    first = re.match(r"most often misread  (\d) as (\d) \((\d+)\)", pairs)
    assert first is not None
    true_label, taken, count = map(int, first.groups())
    assert measured["confusion"][true_label][taken] == count
    assert count == max(cell for i, row in enumerate(measured["confusion"]) for j, cell in enumerate(row) if i != j)


CAUTION = "caution: this model did not learn from the embedded training digits"


def test_evaluate_warns_of_test_digits_the_model_may_have_seen(
    run: str, chalknet: Chalknet, labelled_csv: Path
) -> None:
    done = chalknet("evaluate", run, digits.TEST)
    assert done.code == 0
    assert done.err.startswith(CAUTION)
    assert "caution" not in done.out
    Path("link.csv.gz").symlink_to(digits.TEST)
    done = chalknet("evaluate", run, "link.csv.gz", "--json")
    assert done.err.startswith(CAUTION)
    assert json.loads(done.out)["rows"] == 10_000
    assert chalknet("evaluate", run, labelled_csv).err == ""


def test_evaluate_does_not_warn_of_a_model_of_the_embedded_digits(chalknet: Chalknet) -> None:
    assert chalknet("train", "six-steps", "--epochs", 1, "--no-test", "--quiet", "--run", "r").code == 0
    done = chalknet("evaluate", "r", digits.TEST)
    assert (done.code, done.err) == (0, "")
    Path("r/report.json").unlink()  # but the job says so too
    assert chalknet("evaluate", "r", digits.TEST).err == ""
    Path("r/job.json").unlink()
    done = chalknet("evaluate", "r", digits.TEST)
    assert done.err.startswith("caution: nothing says what this model has learnt from; if its rows were Kaggle's, ")


def test_evaluate_wants_labels_and_predict_wants_none(
    run: str, chalknet: Chalknet, labelled_csv: Path, unlabelled_csv: Path
) -> None:
    assert "'label'" in chalknet("evaluate", run, unlabelled_csv).err
    refused = chalknet("predict", run, labelled_csv, "--out", "s.csv")
    assert refused.code == 2
    assert "training file" in refused.err
    assert not Path("s.csv").exists()


def test_predict_refuses_to_overwrite(run: str, chalknet: Chalknet, unlabelled_csv: Path) -> None:
    assert chalknet("predict", run, unlabelled_csv, "--out", "s.csv").code == 0
    first = Path("s.csv").read_bytes()
    again = chalknet("predict", run, unlabelled_csv, "--out", "s.csv")
    assert again.code == 2
    assert "--force" in again.err
    assert chalknet("predict", run, unlabelled_csv, "--out", "s.csv", "--force").code == 0
    assert Path("s.csv").read_bytes() == first


def test_a_damaged_model_is_refused(run: str, chalknet: Chalknet, labelled_csv: Path) -> None:
    path = Path(run, "model.safetensors")
    content = bytearray(path.read_bytes())
    content[-1] ^= 1
    path.write_bytes(content)
    done = chalknet("evaluate", run, labelled_csv)
    assert done.code == 2
    assert "SHA-256" in done.err


def test_schema_prints_the_schema(chalknet: Chalknet) -> None:
    done = chalknet("schema")
    assert done.code == 0
    assert json.loads(done.out) == json_schema()
