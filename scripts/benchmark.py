"""All speed figures with one command: chalknet against PyTorch, Keras on JAX, JAX by hand, scikit-learn, naive NumPy.

    python -m scripts.benchmark [PART ...] [--train TRAIN.csv --test TEST.csv] [--rounds N] [--out FOLDER]

The parts are `steps`, `job`, `inference`, `cost` and `growth`; without a word, all of them. Everything is taken in
turn, round after round, every contender in a process of its own, so that a busy machine slows all alike. Tables in
Markdown come out on stdout as they are ready, and with --out they and every single round are kept in
FOLDER/benchmark.md and FOLDER/benchmark.json. Without --train and --test the whole job runs on tables of the size of
Kaggle's, made from the embedded digits. Needs the extra `bench`, but for `growth`.
"""

import json
import signal
import sys
import tempfile
from collections.abc import Callable, Iterable, Mapping
from functools import cache
from pathlib import Path

from framework.console.text import counted
from framework.errors import ChalknetError
from framework.files import publish
from scripts.benchmarks.cost import cost
from scripts.benchmarks.growth import growth
from scripts.benchmarks.inference import inference
from scripts.benchmarks.machine import Machine
from scripts.benchmarks.part import Part
from scripts.benchmarks.progress import Progress
from scripts.benchmarks.request import DATA, TEXT, Request
from scripts.benchmarks.sample_tables import Tables, embedded_tables
from scripts.benchmarks.steps import steps
from scripts.benchmarks.whole_job import whole_job
from scripts.failing import say_why
from scripts.interrupted import Interrupted, interrupt

FORMAT = 1
"""Of the JSON."""


def measured(part: str, tables: Callable[[], Tables], *, rounds: int, progress: Progress) -> Part:
    """One part; `tables` is called by those that need them."""
    match part:
        case "steps":
            return steps(rounds=rounds, progress=progress)
        case "job":
            return whole_job(tables(), rounds=rounds, progress=progress)
        case "inference":
            return inference(rounds=rounds, progress=progress)
        case "cost":
            return cost(tables(), rounds=rounds, progress=progress)
        case _:
            return growth(rounds=rounds, progress=progress)


def run(request: Request) -> None:
    """Measure and print, and keep what there is after each part: an hour's work is not lost to its last minute."""
    request.check()
    machine = Machine.here()
    text = [*machine.lines(), f"Medians of {counted(request.rounds, 'round')}, taken in turn.", ""]
    print("\n".join(text), flush=True)
    done: dict[str, Part] = {}
    with tempfile.TemporaryDirectory() as folder, Progress() as progress:

        @cache
        def tables() -> Tables:
            if request.tables is not None:
                return request.tables
            progress.stage("making tables from the embedded digits")
            return embedded_tables(Path(folder))

        for name in request.parts:
            done[name] = measured(name, tables, rounds=request.rounds, progress=progress)
            text += done[name].lines
            print("\n".join(done[name].lines), flush=True)
            if request.out is not None:
                keep(request.out, text, as_tree(machine, request, done))


def as_tree(machine: Machine, request: Request, done: Mapping[str, Part]) -> dict[str, object]:
    """Everything, for JSON."""
    return {
        "format": FORMAT,
        "machine": machine.as_tree(),
        "rounds": request.rounds,
        "tables": "embedded digits" if request.tables is None else "given",
        "parts": {name: part.measured for name, part in done.items()},
    }


def keep(folder: Path, text: Iterable[str], tree: Mapping[str, object]) -> None:
    """Publish both files. Raises EnvironmentFault where the disk says no."""
    publish(folder / DATA, f"{json.dumps(tree, indent=1, ensure_ascii=False)}\n".encode())
    publish(folder / TEXT, "\n".join(text).encode())


def main() -> None:
    """Run it and leave with an exit code of scripts/failing.py."""
    signal.signal(signal.SIGTERM, interrupt)
    try:
        run(Request.of(sys.argv[1:]))
    except (ChalknetError, KeyboardInterrupt, Interrupted) as error:
        sys.exit(say_why(error))


if __name__ == "__main__":
    main()
