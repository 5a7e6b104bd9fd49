"""Runs and tables in the wrong place: a changed spec, a run that is not there, a table where a recipe belongs."""

import json
import re
from collections.abc import Callable
from pathlib import Path

import pytest

from models.digits import TRAIN_SHA256
from scripts import cautions
from tests.scripts.conftest import Outcome

Chalknet = Callable[..., Outcome]


@pytest.fixture
def run(chalknet: Chalknet, digits_csv: Path) -> Path:
    """The folder of a short run."""
    done = chalknet(
        "train", "plain-128", "--train", digits_csv, "--epochs", 1, "--validation", 0.1, "--quiet", "--run", "runs/one"
    )
    assert done.code == 0
    return Path("runs/one")


@pytest.mark.parametrize("command", ["show", "evaluate", "predict"])
@pytest.mark.parametrize("change", [("out_features", "64"), ("type", '"tanh"')])
def test_a_changed_spec_is_not_the_trained_one(
    command: str, change: tuple[str, str], run: Path, chalknet: Chalknet, labelled_csv: Path, unlabelled_csv: Path
) -> None:
    text = (run / "spec.json").read_text()
    old = '"out_features": 128' if change[0] == "out_features" else '"type": "relu"'
    assert old in text
    (run / "spec.json").write_text(text.replace(old, f'"{change[0]}": {change[1]}'))
    more = {"show": (), "evaluate": (labelled_csv,), "predict": (unlabelled_csv, "--out", "out.csv")}[command]
    done = chalknet(command, run, *more)
    assert done.code == 2
    assert done.err == (
        "error: runs/one/spec.json: got another network than the trained one; expected it as it was\n"
        "  hint: a changed spec is trained from a copy: chalknet train COPY.json\n"
    )
    assert not Path("out.csv").exists()


@pytest.mark.parametrize(
    ("name", "got", "hint"),
    [
        ("runs/on", "no such folder", "runs/one"),
        ("one", "no such folder", "runs/one"),
        ("runs/one/spec.json", "no such folder", "runs/one"),
        ("runs", "no spec.json in it", None),
        ("elsewhere/zzz", "no such folder", None),
    ],
)
def test_a_run_that_is_not_there(
    name: str, got: str, hint: str | None, run: Path, chalknet: Chalknet, labelled_csv: Path
) -> None:
    done = chalknet("evaluate", name, labelled_csv)
    assert done.code == 2
    expected = f"error: {name}: got {got}; expected the folder of a run\n"
    assert done.err == expected + (f"  hint: did you mean {hint}?\n" if hint else "")


@pytest.mark.parametrize(
    ("name", "meant"),
    [("mine.csv", "--train mine.csv"), ("a b.csv.gz", "--train 'a b.csv.gz'"), ("runs/one", "runs/one/spec.json")],
)
def test_what_stands_where_a_recipe_belongs(name: str, meant: str, run: Path, chalknet: Chalknet) -> None:
    Path("mine.csv").write_text("label\n")
    Path("a b.csv.gz").write_bytes(b"")
    done = chalknet("train", name)
    assert done.code == 2
    assert re.fullmatch(rf"error: recipe: got '{name}'; expected .*\n  hint: did you mean {meant}\?\n", done.err)


@pytest.mark.parametrize("setting", ["model.layers.4.type=dropout", "model.layers.9.type=relu", "model.layers.4=x"])
def test_settings_add_no_layer(setting: str, chalknet: Chalknet) -> None:
    done = chalknet("show", "plain-128", "--set", setting)
    assert done.code == 2
    assert "hint: --set adds no layer: add one to a copy of a run's spec.json, and train that file\n" in done.err


@pytest.mark.parametrize(
    ("rows", "sha", "warned"), [(200, TRAIN_SHA256, True), (199, TRAIN_SHA256, False), (200, "0", False)]
)
def test_kaggles_test_images_and_a_model_that_has_seen_them(
    rows: int,
    sha: str,
    warned: bool,
    run: Path,
    chalknet: Chalknet,
    unlabelled_csv: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(cautions, "KAGGLE_TEST", rows)
    report = json.loads((run / "report.json").read_text())
    (run / "report.json").write_text(json.dumps({**report, "data_sha256": sha}))
    done = chalknet("predict", run, unlabelled_csv, "--out", "out.csv")
    assert done.code == 0
    assert ("has learnt from 24,015 of them" in done.err) == warned
