"""The published tables: finished runs are measured, not made again, stopped ones go on, committees are of them."""

import csv
import hashlib
import json
import math
import os
import signal
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import typer
from typer.testing import CliRunner

from framework import Committee, Dataset, Sequential, evaluate
from framework.errors import InputError
from models.digits import load_test_digits
from models.recipes import FOLDER, RECIPES, TABLES, recipe
from scripts import reproduce
from scripts.reproduction.measuring import Result, measure
from scripts.reproduction.rows import PUBLISHED, Row, row_called
from scripts.reproduction.runs import check, make
from scripts.reproduction.table import lines
from scripts.reproduction.written import write
from scripts.run_folder import RunFolder
from tests.crash.jobs import PATIENCE
from tests.scripts.conftest import Chalknet

SEEDS = 2
ALONE = Row("plain-128", "784-128-10", ("plain-128",), SEEDS, "")
TOGETHER = Row("committee", "both", ("plain-128",), 0, "0.3 (somebody)", committee=True)


@pytest.fixture
def runs(chalknet: Chalknet, tmp_path: Path, digits_csv: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Two runs where reproduce looks for them, of a plain-128 that is an epoch long, on 600 digits as all there are."""
    whole = recipe("plain-128")
    short = whole.model_copy(update={"training": whole.training.model_copy(update={"epochs": 1})})
    monkeypatch.setattr("scripts.reproduction.runs.recipe", lambda name: short)
    monkeypatch.setattr("scripts.reproduction.runs.TRAIN_SHA256", hashlib.sha256(digits_csv.read_bytes()).hexdigest())
    for seed in range(SEEDS):
        folder = tmp_path / "runs" / f"plain-128-{seed}"
        words = ["--train", digits_csv, "--epochs", 1, "--seed", seed, "--run", folder, "--quiet"]
        assert chalknet("train", "plain-128", *words).code == 0
    return tmp_path / "runs"


def _folders(runs: Path) -> dict[str, list[Path]]:
    return {"plain-128": [runs / f"plain-128-{seed}" for seed in range(SEEDS)]}


def test_runs_are_measured_alone_and_together(runs: Path) -> None:
    alone, together = measure(ALONE, _folders(runs)), measure(TOGETHER, _folders(runs))
    models = [RunFolder(folder).read_trained()[1] for folder in _folders(runs)["plain-128"]]
    test = load_test_digits()
    assert alone.errors == tuple(_percent(model, test) for model in models)
    assert together.errors == (_percent(Committee(models), test),)
    assert alone.members == together.members == SEEDS
    assert all(0 < seconds < math.inf for seconds in alone.seconds)


def test_a_line_has_the_mean_and_its_deviation() -> None:
    result = Result(ALONE, (1.0, 1.2, 1.4), 3, (61.0, 62.0, 59.0))
    assert result.mean == pytest.approx(1.2)
    assert result.deviation == pytest.approx(float(np.std([1.0, 1.2, 1.4], ddof=1)))
    committee = Result(TOGETHER, (0.31,), 3, (61.0, 62.0, 59.0))
    assert lines([result, committee])[2:] == [
        "| 784-128-10 (`plain-128`) |  | **1.20** ± 0.20 (1.00, 1.20, 1.40) | 3 | 1:02 |",
        "| both (`committee`) | 0.3 (somebody) | **0.31** | 3 |  |",
    ]


def test_one_run_has_no_deviation() -> None:
    result = Result(ALONE, (1.0,), 1, (61.0,))
    assert result.deviation is None
    assert "±" not in lines([result])[-1]


def test_a_finished_run_is_not_made_again(runs: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("scripts.reproduction.runs._command", pytest.fail)
    before = {path: path.read_bytes() for path in runs.rglob("*") if path.is_file()}
    said = CliRunner().invoke(_app(), ["--recipe", "plain-128", "--seeds", str(SEEDS), "--runs", str(runs)])
    assert said.exit_code == 0, said.output
    assert "| plain-128 (`plain-128`) |  | **" in said.output
    assert {path: path.read_bytes() for path in runs.rglob("*") if path.is_file()} == before


def test_a_stopped_run_goes_on_and_another_begins(runs: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    asked = _noted(monkeypatch)
    (runs / "plain-128-0" / "report.json").unlink()
    make("plain-128", 0, runs / "plain-128-0")
    make("plain-128", 7, runs / "plain-128-7")
    assert asked == [
        ["resume", str(runs / "plain-128-0")],
        ["train", "plain-128", "--seed", "7", "--run", str(runs / "plain-128-7"), "--no-test"],
    ]


@pytest.mark.parametrize(("code", "expected"), [(3, 3), (-9, 137)])
def test_where_a_run_fails_its_code_is_ours(
    code: int, expected: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    _noted(monkeypatch, code)
    with pytest.raises(SystemExit) as stop:
        make("plain-128", 0, tmp_path / "plain-128-0")
    assert stop.value.code == expected


@pytest.mark.skipif(sys.platform == "win32", reason="processes have no groups, and no SIGTERM")
def test_where_it_is_stopped_so_is_the_run_which_saves(tmp_path: Path) -> None:
    """By a SIGTERM for it alone: no process goes on behind its back."""
    words = ["--recipe", "six-steps", "--seeds", "1", "--runs", str(tmp_path)]
    command = [sys.executable, "-m", "scripts.reproduce", *words]
    with subprocess.Popen(command, cwd=FOLDER.parent, stderr=subprocess.DEVNULL, start_new_session=True) as process:
        state = tmp_path / "six-steps-0" / "latest.safetensors"
        deadline = time.monotonic() + PATIENCE
        while not state.exists() and process.poll() is None and time.monotonic() < deadline:
            time.sleep(0.05)
        before = state.read_bytes()
        process.terminate()
        assert process.wait(PATIENCE) == 128 + signal.SIGTERM
    with pytest.raises(ProcessLookupError):
        os.killpg(process.pid, 0)
    assert RunFolder(state.parent).is_unfinished()
    assert state.read_bytes() != before


def test_another_run_in_its_place_is_refused_before_any_is_made(
    runs: Path, chalknet: Chalknet, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("scripts.reproduction.runs._command", pytest.fail)
    check("plain-128", 1, runs / "plain-128-1")
    with pytest.raises(InputError, match=r"plain-128-1: got another run; expected that of plain-128 .* seed 0\n"):
        check("plain-128", 0, runs / "plain-128-1")
    (runs / "plain-128-1").rename(runs / "plain-128-2")
    said = CliRunner().invoke(_app(), ["--recipe", "plain-128", "--seeds", "3", "--runs", str(runs)])
    assert isinstance(said.exception, InputError)


def test_a_run_that_learnt_other_rows_is_refused(runs: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("scripts.reproduction.runs.TRAIN_SHA256", "0" * 64)
    with pytest.raises(InputError, match="learnt other rows than the embedded digits"):
        check("plain-128", 0, runs / "plain-128-0")


def test_missing_tables_are_named_before_any_run(
    tmp_path: Path, chalknet: Chalknet, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("scripts.reproduction.runs._command", pytest.fail)
    words = ["--recipe", "plain-128", "--recipe", "kaggle", "--runs", str(tmp_path / "runs")]
    said = CliRunner().invoke(_app(), words)
    assert isinstance(said.exception, InputError)
    assert str(said.exception).endswith("train.csv: no such file")


def test_what_is_kept_has_all_seeds_of_a_row(tmp_path: Path) -> None:
    said = CliRunner().invoke(_app(), ["--seeds", "1", "--write", "--runs", str(tmp_path)])
    assert isinstance(said.exception, InputError)


def test_a_run_that_had_nothing_left_to_learn_has_no_time(runs: Path) -> None:
    report = runs / "plain-128-0" / "report.json"
    report.write_text(json.dumps({**json.loads(report.read_text()), "samples_per_second": 0.0}))
    result = measure(ALONE, _folders(runs))
    assert math.isnan(result.seconds[0])
    assert result.longest == result.seconds[1]
    assert lines([replace(result, seconds=(math.nan, math.nan))])[-1].endswith(" 2 |  |")


def test_what_is_written_takes_the_place_of_what_was(
    runs: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("MEASURED", "COMMITTEES", "REPORTS"):
        monkeypatch.setattr(f"scripts.reproduction.written.{name}", tmp_path / name)
    (tmp_path / "MEASURED").write_bytes((FOLDER / "measured.csv").read_bytes())
    (tmp_path / "COMMITTEES").write_bytes((FOLDER / "committees.csv").read_bytes())
    for _ in range(2):
        write([measure(row, _folders(runs)) for row in (ALONE, TOGETHER)], _folders(runs))
    before, after = _recipes(FOLDER / "measured.csv"), _recipes(tmp_path / "MEASURED")
    assert after.count("plain-128") == SEEDS
    assert [name for name in after if name != "plain-128"] == [name for name in before if name != "plain-128"]
    committees = (tmp_path / "COMMITTEES").read_text().splitlines()
    assert [line.rpartition(",")[0].rpartition(",")[0] for line in committees[1:]].count("committee,plain-128,2") == 1
    for seed in range(SEEDS):
        report = json.loads((runs / f"plain-128-{seed}" / "report.json").read_text())
        kept = json.loads((tmp_path / "REPORTS" / f"plain-128-{seed}.json").read_text())
        assert kept == {name: value for name, value in report.items() if name != "run"}
        assert str(runs) not in json.dumps(kept)


def test_the_rows_of_the_table_are_recipes_and_committees_of_them() -> None:
    for row in PUBLISHED.values():
        assert set(row.recipes) <= RECIPES.keys()
        assert row.committee or row.name in RECIPES
        assert not set(row.recipes) & TABLES.keys()  # they never meet the test digits
        assert row.published
    with pytest.raises(InputError, match=r"^--recipe: got 'digts'; expected one of digits-800, "):
        row_called("digts")


def _noted(monkeypatch: pytest.MonkeyPatch, code: int = 0) -> list[list[str]]:
    """The commands that would be run; each leaves with `code`."""
    asked: list[list[str]] = []

    def run(words: list[str]) -> int:
        asked.append(words)
        return code

    monkeypatch.setattr("scripts.reproduction.runs._command", run)
    return asked


def _percent(model: Sequential | Committee, test: Dataset) -> float:
    """Of 10,000."""
    return (evaluate(model, test).errors or 0) / 100


def _recipes(table: Path) -> list[str]:
    with table.open(newline="") as file:
        return [row["recipe"] for row in csv.DictReader(file)]


def _app() -> typer.Typer:
    app = typer.Typer()
    app.command()(reproduce.main)
    return app
