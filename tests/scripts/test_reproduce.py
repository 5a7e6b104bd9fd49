"""The published tables: finished runs are measured, not made again, stopped ones go on, committees are of them."""

import csv
import json
import math
import subprocess
from pathlib import Path

import numpy as np
import pytest
import typer
from typer.testing import CliRunner

from framework import Committee, Dataset, Sequential, evaluate
from framework.errors import InputError
from models.digits import load_test_digits
from models.recipes import FOLDER, RECIPES
from scripts import reproduce
from scripts.reproduction.measuring import Result, measure
from scripts.reproduction.rows import PUBLISHED, Row, row_called
from scripts.reproduction.table import lines
from scripts.reproduction.written import write
from scripts.run_folder import RunFolder
from tests.scripts.conftest import Chalknet

SEEDS = 2
ALONE = Row("plain-128", "784-128-10", ("plain-128",), SEEDS, "")
TOGETHER = Row("committee", "both", ("plain-128",), 0, "0.3 (somebody)", committee=True)


@pytest.fixture
def runs(chalknet: Chalknet, tmp_path: Path, digits_csv: Path) -> Path:
    """Two runs of plain-128 on 600 digits, where reproduce looks for them."""
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
    monkeypatch.setattr(subprocess, "run", pytest.fail)
    before = {path: path.read_bytes() for path in runs.rglob("*") if path.is_file()}
    said = CliRunner().invoke(_app(), ["--recipe", "plain-128", "--seeds", str(SEEDS), "--runs", str(runs)])
    assert said.exit_code == 0, said.output
    assert "| plain-128 (`plain-128`) |  | **" in said.output
    assert {path: path.read_bytes() for path in runs.rglob("*") if path.is_file()} == before


def test_a_stopped_run_goes_on_and_another_begins(runs: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[list[str]] = []

    def noted(command: list[str], *, check: bool) -> None:
        assert check
        asked.append(command[3:])

    monkeypatch.setattr(subprocess, "run", noted)
    (runs / "plain-128-0" / "report.json").unlink()
    reproduce.train("plain-128", 0, runs / "plain-128-0")
    reproduce.train("plain-128", 7, runs / "plain-128-7")
    assert asked == [
        ["resume", str(runs / "plain-128-0")],
        ["train", "plain-128", "--seed", "7", "--run", str(runs / "plain-128-7"), "--no-test"],
    ]


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
        assert row.published
    with pytest.raises(InputError, match=r"^--recipe: got 'digts'; expected one of digits-800, "):
        row_called("digts")


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
