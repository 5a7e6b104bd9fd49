"""chalknet resume: what it may overwrite, and where its table may have gone."""

import json
from collections.abc import Callable
from pathlib import Path

from tests.scripts.conftest import Outcome

Chalknet = Callable[..., Outcome]


def _stopped(chalknet: Chalknet, digits_csv: Path, unlabelled_csv: Path) -> bytes:
    """A run in the folder r that was killed before it saved anything, and the submission it would have made."""
    options = ("--train", digits_csv, "--epochs", 1, "--threads", 1, "--quiet", "--run", "r")
    done = chalknet("train", "plain-128", *options, "--predict", unlabelled_csv, "--out", "out.csv")
    assert done.code == 0, done.err
    for name in ("report.json", "model.safetensors", "history.csv"):
        Path("r", name).unlink()
    return Path("out.csv").read_bytes()


def test_a_run_folder_gives_no_leave_to_overwrite(chalknet: Chalknet, digits_csv: Path, unlabelled_csv: Path) -> None:
    submission = _stopped(chalknet, digits_csv, unlabelled_csv)
    Path("out.csv").write_text("precious\n")
    done = chalknet("resume", "r", "--quiet")
    assert done.code == 2
    assert done.err.endswith("got a file that exists; expected a new name\n  hint: --force overwrites it\n")
    assert Path("out.csv").read_text() == "precious\n"
    assert chalknet("resume", "r", "--quiet", "--force").code == 0
    assert Path("out.csv").read_bytes() == submission


def test_a_table_may_move_but_not_change(chalknet: Chalknet, digits_csv: Path, unlabelled_csv: Path) -> None:
    table = Path("moved.csv")
    table.write_bytes(digits_csv.read_bytes())
    submission = _stopped(chalknet, table, unlabelled_csv)
    Path("out.csv").unlink()
    table.rename("elsewhere.csv")
    done = chalknet("resume", "r", "--quiet")
    assert done.code == 2
    assert "moved.csv: no such file" in done.err
    done = chalknet("resume", "r", "--quiet", "--train", "elsewhere.csv")
    assert (done.code, done.err) == (0, "")
    assert Path("out.csv").read_bytes() == submission


def test_a_finished_run_is_left_alone(chalknet: Chalknet, digits_csv: Path) -> None:
    assert chalknet("train", "plain-128", "--train", digits_csv, "--epochs", 1, "--quiet", "--run", "r").code == 0
    before = {path.name: path.read_bytes() for path in Path("r").iterdir()}
    done = chalknet("resume", "r", "--json")
    assert done.code == 0
    assert json.loads(done.out) == json.loads(before["report.json"])
    assert "r: this run is finished" in done.err
    assert {path.name: path.read_bytes() for path in Path("r").iterdir()} == before
