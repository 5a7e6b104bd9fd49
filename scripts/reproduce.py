"""The published tables, once more: every recipe with several seeds, and committees of those very runs, on MNIST.

    python -m scripts.reproduce [--recipe NAME ...] [--seeds N] [--runs FOLDER] [--write]

Networks learn from the 60,000 training digits, and whatever is chosen is chosen on rows held out of them. The 10,000
test digits are opened when all runs are done. A run that was stopped goes on, and one that is finished is not made
again: runs/reproduce has them. `--write` keeps the figures in models/measured.csv and the reports of the runs in
models/reports, from where `chalknet recipes` and the README have them. The table goes to stdout, all else to stderr.
"""

import signal
import sys
from pathlib import Path
from typing import Annotated

import typer

from framework.errors import ChalknetError, InputError
from scripts.failing import say_why
from scripts.interrupted import Interrupted, interrupt
from scripts.reproduction.measuring import measure
from scripts.reproduction.rows import PUBLISHED, row_called
from scripts.reproduction.runs import check, make
from scripts.reproduction.table import heading, lines
from scripts.reproduction.written import write

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
    if seeds is not None and keep:
        raise InputError("--seeds and --write: got both; expected at most one, as what is kept has all seeds of a row")
    chosen = [row_called(name) for name in rows or PUBLISHED]
    needed = {name: seeds or row_called(name).seeds for row in chosen for name in row.recipes}
    folders = {name: [runs / f"{name}-{seed}" for seed in range(count)] for name, count in needed.items()}
    every = [(name, seed, folder) for name, places in folders.items() for seed, folder in enumerate(places)]
    for run in every:
        check(*run)
    for number, (name, seed, folder) in enumerate(every, start=1):
        print(f"run {number} of {len(every)}: {name}, seed {seed}", file=sys.stderr, flush=True)
        make(name, seed, folder)
        check(name, seed, folder)
    results = [measure(row, folders) for row in chosen]
    print(heading(), *lines(results), sep="\n")
    if keep:
        write(results, folders)


if __name__ == "__main__":
    signal.signal(signal.SIGTERM, interrupt)
    try:
        typer.run(main)
    except (ChalknetError, Interrupted) as error:
        sys.exit(say_why(error))
