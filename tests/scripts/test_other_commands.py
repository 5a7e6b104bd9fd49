"""chalknet evaluate, predict and schema."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from framework.specs import json_schema
from tests.scripts.conftest import Outcome

Chalknet = Callable[..., Outcome]


@pytest.fixture
def run(chalknet: Chalknet, digits_csv: Path) -> str:
    """The folder of a small trained run."""
    assert chalknet("train", "--train", digits_csv, "--epochs", 2, "--quiet", "--run", "r").code == 0
    return "r"


def test_evaluate_measures_what_train_would_have(
    run: str, chalknet: Chalknet, digits_csv: Path, labelled_csv: Path
) -> None:
    done = chalknet("evaluate", run, labelled_csv, "--json")
    assert done.code == 0, done.err
    measured = json.loads(done.out)
    options = ("--train", digits_csv, "--test", labelled_csv, "--epochs", 2, "--json", "--run", "twin")
    report = json.loads(chalknet("train", *options).out)
    assert measured["rows"] == 200
    assert measured["accuracy"] == report["accuracy"]
    assert measured["loss"] == pytest.approx(report["loss"], rel=1e-5)
    confusion = measured["confusion"]
    assert sum(map(sum, confusion)) == 200
    assert sum(confusion[label][label] for label in range(10)) / 200 == measured["accuracy"]


def test_evaluate_shows_a_row_per_class(run: str, chalknet: Chalknet, labelled_csv: Path) -> None:
    done = chalknet("evaluate", run, labelled_csv)
    assert done.code == 0
    assert "accuracy" in done.out.splitlines()[0]
    assert [line.split()[0] for line in done.out.splitlines()[2:]] == [str(label) for label in range(10)]


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
