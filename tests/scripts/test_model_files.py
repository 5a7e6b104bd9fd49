"""evaluate, predict and show take a model file where they take a run."""

import json
from pathlib import Path

import pytest

from framework import Dense, Rescale, Sequential
from tests.scripts.conftest import Chalknet


@pytest.fixture
def run(chalknet: Chalknet, small_digits_csv: Path) -> Path:
    """A finished run on a table of its own, with 64 features and 5 classes, and a loss of its own."""
    layers = [{"type": "rescale", "scale": 0.0625}, {"type": "dense", "out_features": 5}]
    data = {"label_column": "digit", "feature_columns": {"prefix": "cell_", "count": 64}, "maximum": 16, "classes": 5}
    spec = {"format": 1, "model": {"input_shape": [64], "layers": layers}, "data": data}
    Path("mine.json").write_text(json.dumps(spec | {"loss": {"type": "softmax_cross_entropy", "label_smoothing": 0.3}}))
    assert chalknet("train", "mine.json", "--train", small_digits_csv, "--quiet", "--run", "r").code == 0
    return Path("r")


@pytest.mark.parametrize("name", ["model.safetensors", "best.safetensors"])
def test_a_model_in_the_folder_of_its_run_has_its_table(
    name: str, run: Path, chalknet: Chalknet, small_digits_csv: Path
) -> None:
    expected = chalknet("evaluate", run, small_digits_csv, "--json").out
    (run / "model.safetensors").rename(run / name)
    done = chalknet("evaluate", run / name, small_digits_csv, "--json")
    assert (done.code, done.out) == (0, expected)


def test_the_best_model_of_a_run_that_goes_on_is_named_and_can_be_asked(
    run: Path, chalknet: Chalknet, small_digits_csv: Path
) -> None:
    (run / "model.safetensors").rename(run / "best.safetensors")
    (run / "report.json").unlink()
    refused = chalknet("evaluate", run, small_digits_csv)
    assert refused.code == 2
    hint = "chalknet resume r goes on with it; r/best.safetensors, the best model so far, may stand in its place"
    assert refused.err.endswith(f"\n  hint: {hint}\n")
    assert chalknet("evaluate", "r/best.safetensors", small_digits_csv).code == 0
    assert chalknet("show", "r/best.safetensors").code == 0


def test_a_model_saved_in_python_reads_digits(chalknet: Chalknet, labelled_csv: Path, unlabelled_csv: Path) -> None:
    model = Sequential([Rescale(1 / 255), Dense(784, 10)], seed=0)
    model.save("digits.safetensors")
    shown = chalknet("show", "digits.safetensors")
    assert (shown.code, shown.err) == (0, "")
    assert shown.out.startswith("digits 784-10\n")
    assert "7,850" in shown.out
    assert "weights  initial" in shown.out or f"weights  {model.weights_are}" in shown.out
    assert "softmax" not in shown.out  # nobody knows its loss
    measured = chalknet("evaluate", "digits.safetensors", labelled_csv, "--json")
    assert json.loads(measured.out)["rows"] == 200
    assert chalknet("predict", "digits.safetensors", unlabelled_csv, "--out", "s.csv").code == 0


def test_a_model_for_something_else_belongs_beside_its_spec(run: Path, chalknet: Chalknet, labelled_csv: Path) -> None:
    (run / "model.safetensors").rename("alone.safetensors")
    done = chalknet("evaluate", "alone.safetensors", labelled_csv)
    assert (done.code, done.out) == (2, "")
    assert done.err == (
        "error: alone.safetensors: got a model of inputs (64,) and outputs (5,); expected one for digits, (784,) and "
        "(10,), or one in the folder of its run\n"
        "  hint: put it beside a spec.json that says what its table looks like\n"
    )
    assert chalknet("show", "alone.safetensors").code == 0


def test_what_is_no_model_is_refused(run: Path, chalknet: Chalknet, labelled_csv: Path) -> None:
    Path("x.safetensors").write_bytes(b"no model")
    for command in (("show", "x.safetensors"), ("evaluate", "x.safetensors", labelled_csv), ("show", "y.safetensors")):
        done = chalknet(*command)
        assert (done.code, done.out) == (2, "")
        assert done.err.startswith(f"error: {command[1]}: ")
    done = chalknet("show", run / "model.safetensors", "--set", "training.epochs=3")
    assert done.err == "error: --set: got a trained model; expected a recipe or a spec file\n"
