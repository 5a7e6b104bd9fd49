"""The published tables, once more: every recipe with several seeds, and committees of those very runs, on MNIST.

    python -m scripts.reproduce [--recipe NAME ...] [--seeds N] [--runs FOLDER] [--write]

Networks learn from the 60,000 training digits, and whatever is chosen is chosen on rows held out of them. The 10,000
test digits are opened once, when all runs are done. A run that was stopped goes on, and one that is finished is not
made again: runs/reproduce has them. `--write` keeps the figures in models/measured.csv and the reports of the runs in
models/reports, from where `chalknet recipes` and the README have them.
"""

import subprocess
import sys
from pathlib import Path
from typing import Annotated

import typer

from framework.errors import InputError
from models.recipes import TABLES
from scripts.reproduction.measuring import measure
from scripts.reproduction.rows import PUBLISHED, row_called
from scripts.reproduction.table import heading, lines
from scripts.reproduction.written import write
from scripts.run_folder import REPORT, RunFolder

RUNS = Path("runs") / "reproduce"


def main(
    rows: Annotated[
        list[str] | None,
        typer.Option("--recipe", metavar="NAME", help="A row of the table, or another recipe; else the whole table."),
    ] = None,
    seeds: Annotated[int | None, typer.Option(metavar="N", min=1, help="As many seeds, from 0, for every row.")] = None,
    runs: Annotated[Path, typer.Option(metavar="DIR", help="Where the runs are kept.")] = RUNS,
    keep: Annotated[bool, typer.Option("--write", help="Keep figures and reports under models/.")] = False,
) -> None:
    """Train what the rows need, then measure it on the test digits and print the table."""
    try:
        chosen = [row_called(name) for name in rows or PUBLISHED]
    except InputError as error:
        sys.exit(f"error: {error}")
    needed = {recipe: seeds or row_called(recipe).seeds for row in chosen for recipe in row.recipes}
    total = sum(needed.values())
    folders: dict[str, list[Path]] = {}
    for recipe, count in needed.items():
        for seed in range(count):
            done = sum(map(len, folders.values()))
            print(f"run {done + 1} of {total}: {recipe}, seed {seed}", file=sys.stderr, flush=True)
            folder = runs / f"{recipe}-{seed}"
            train(recipe, seed, folder)
            folders.setdefault(recipe, []).append(folder)
    results = [measure(row, folders) for row in chosen]
    print(heading(), *lines(results), sep="\n")
    if keep:
        write(results, folders)


def train(recipe: str, seed: int, folder: Path) -> None:
    """Begin this run, go on with it, or find it finished."""
    if (folder / REPORT).exists():
        return
    words = ["train", recipe, "--seed", str(seed), "--run", str(folder), "--no-test"]
    if recipe in TABLES:
        folder.parent.mkdir(parents=True, exist_ok=True)
        words += ["--out", str(folder.with_suffix(".csv"))]
    if RunFolder(folder).is_unfinished():
        words = ["resume", str(folder)]
    subprocess.run([sys.executable, "-m", "scripts.cli", *words], check=True)


if __name__ == "__main__":
    typer.run(main)
