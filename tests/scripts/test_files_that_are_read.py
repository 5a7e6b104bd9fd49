"""A submission never takes the place of a file that is read for it, whatever name that goes by, --force or not."""

import os
from pathlib import Path

import pytest

from tests.scripts.conftest import Chalknet

TRAIN = ("train", "plain-128", "--epochs", 1, "--quiet")


@pytest.fixture
def run(chalknet: Chalknet, digits_csv: Path, unlabelled_csv: Path) -> Path:
    """A short run r, its table t.csv, links to both, and a model of the run that lies elsewhere."""
    assert chalknet(*TRAIN, "--train", digits_csv, "--run", "r").code == 0
    Path("t.csv").write_bytes(unlabelled_csv.read_bytes())
    Path("link.csv").symlink_to("t.csv")
    os.link("t.csv", "hard.csv")
    Path("also-r").symlink_to("r")
    Path("r/model.safetensors").rename("m.safetensors")
    Path("r/model.safetensors").symlink_to("../m.safetensors")
    return Path("r")


def _contents() -> dict[str, bytes]:
    return {str(path): path.read_bytes() for path in Path().rglob("*") if path.is_file()}


READ = "which is read; expected the name of another file"
INSIDE = "which is in r; expected a name outside it"


@pytest.mark.parametrize(
    ("out", "why"),
    [
        ("t.csv", READ),
        ("./r/../t.csv", READ),
        ("link.csv", READ),
        ("hard.csv", READ),
        ("m.safetensors", READ),
        ("r/model.safetensors", INSIDE),
        ("r/spec.json", INSIDE),
        ("also-r/report.json", INSIDE),
        ("r/new.csv", INSIDE),
    ],
)
def test_predict_overwrites_nothing_it_reads(out: str, why: str, run: Path, chalknet: Chalknet) -> None:
    before = _contents()
    done = chalknet("predict", "r", "t.csv", "--out", out, "--force")
    assert (done.code, done.out) == (2, "")
    assert done.err == f"error: --out: got {Path(out)}, {why}\n"
    assert _contents() == before


def test_predict_overwrites_no_model_it_asks(run: Path, chalknet: Chalknet) -> None:
    before = _contents()
    done = chalknet("predict", "m.safetensors", "t.csv", "--out", "r/model.safetensors", "--force")
    assert (done.code, done.err) == (2, f"error: --out: got r/model.safetensors, {READ}\n")
    assert _contents() == before


def test_what_is_not_read_may_be_overwritten(run: Path, chalknet: Chalknet) -> None:
    Path("r.csv").write_text("old")
    assert chalknet("predict", "r", "t.csv", "--out", "r.csv", "--force").code == 0
    assert Path("r.csv").read_text().startswith("ImageId,Label\n1,")


def test_train_overwrites_neither_its_spec_nor_resume_its_run(run: Path, chalknet: Chalknet, digits_csv: Path) -> None:
    Path("mine.json").write_bytes(Path("r/spec.json").read_bytes())
    tables = ("--train", digits_csv, "--predict", "t.csv", "--force")
    for name in ("report.json", "history.csv", "model.safetensors"):
        Path("r", name).unlink()
    before = _contents()
    done = chalknet("train", "mine.json", *tables, "--out", "mine.json")
    assert (done.code, done.err) == (2, f"error: --out: got mine.json, {READ}\n")
    done = chalknet("resume", "r", *tables, "--out", "r/spec.json")
    assert (done.code, done.err) == (2, f"error: --out: got r/spec.json, {INSIDE}\n")
    assert _contents() == before


def test_a_folder_with_the_name_of_a_recipe_is_not_read(run: Path, chalknet: Chalknet, digits_csv: Path) -> None:
    Path("plain-128").mkdir()
    options = ("--train", digits_csv, "--predict", "t.csv", "--out", "plain-128/s.csv")
    assert chalknet(*TRAIN, *options).code == 0
