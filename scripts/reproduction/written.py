"""Keeping results: figures in models/measured.csv and models/committees.csv, reports of runs in models/reports."""

import csv
import json
import math
from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from pathlib import Path

from framework.files import publish
from models.measured import MEASURED
from models.recipes import FOLDER, RECIPES
from scripts.reproduction.measuring import Result
from scripts.run_folder import RunFolder

COMMITTEES = FOLDER / "committees.csv"
REPORTS = FOLDER / "reports"

Lines = list[list[str]]


def write(results: Sequence[Result], folders: Mapping[str, Sequence[Path]]) -> None:
    """Put the figures in the place of those of the same recipes and committees, and copy the reports."""
    today = date.today().isoformat()
    alone, together = [[result for result in results if result.row.committee is kind] for kind in (False, True)]
    runs = [
        [result.row.name, str(seed), f"{1 - errors / 100:.4f}", "" if math.isnan(took) else f"{took:.1f}", today]
        for result in alone
        for seed, (errors, took) in enumerate(zip(result.errors, result.seconds, strict=True))
    ]
    _replace(MEASURED, runs, order=list(RECIPES))
    committees = [
        [row.name, " ".join(row.recipes), str(result.members), f"{1 - result.errors[0] / 100:.4f}", today]
        for result in together
        for row in [result.row]
    ]
    _replace(COMMITTEES, committees, order=[])
    REPORTS.mkdir(exist_ok=True)
    for recipe, places in folders.items():
        for seed, folder in enumerate(places):
            report = RunFolder(folder).read_report()
            report.pop("run")  # a place on the machine it was made on
            publish(REPORTS / f"{recipe}-{seed}.json", f"{json.dumps(report, indent=2)}\n".encode())


def _replace(path: Path, lines: Lines, *, order: Sequence[str]) -> None:
    """Write `lines` in the place of those whose first cell they share; the recipes in their own order."""
    header, *before = _read(path)
    names = {line[0] for line in lines}
    every = [line for line in before if line[0] not in names] + lines  # those of a name come in their own order
    every.sort(key=lambda line: (order.index(line[0]) if line[0] in order else len(order), line[0]))
    publish(path, "".join(f"{','.join(line)}\n" for line in (header, *every)).encode())


def _read(path: Path) -> Iterable[list[str]]:
    with path.open(newline="", encoding="utf-8") as file:
        return list(csv.reader(file))
