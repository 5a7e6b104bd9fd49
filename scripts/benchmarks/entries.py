"""Who takes part in the whole job, and with which command; and one run of it, its submission read again."""

import csv
from dataclasses import dataclass
from pathlib import Path
from typing import final

import numpy as np

from framework.errors import EnvironmentFault
from framework.threads import usable_cores
from framework.types import Integers
from scripts.benchmarks.command import Finished, run_command
from scripts.benchmarks.environment import environment
from scripts.benchmarks.sample_tables import Tables

CACHE = "cache"


@final
@dataclass(frozen=True)
class Entry:
    """A library's way to do the job. `module` is a file in scripts/benchmarks/jobs; None is chalknet itself."""

    name: str
    threads: int | None
    module: str | None = None
    options: tuple[str, ...] = ()

    def words(self, tables: Tables, out: Path) -> list[str]:
        """What Python is called with."""
        train, test = map(str, tables)
        if self.module is not None:
            return ["-m", f"scripts.benchmarks.jobs.{self.module}", train, test, str(out), *self.options]
        chalknet = ["-m", "scripts.cli", "train", "plain-128", "--train", train, "--predict", test]
        return [*chalknet, "--run", str(out.with_suffix("")), "--out", str(out)]

    def run(self, tables: Tables, folder: Path, *, sampled: bool = False) -> tuple[Finished, Integers]:
        """Do the job once, and read the labels that came out. `folder` is where the cache of parsed tables is, too.

        Raises EnvironmentFault where the job fails.
        """
        out = folder / f"{self.name}, {self.threads}.csv"
        env = environment(self.threads, CHALKNET_CACHE=str(folder / CACHE))
        finished = run_command(self.name, self.words(tables, out), env, sampled=sampled)
        return finished, submitted(self.name, out)


def entries() -> list[Entry]:
    """chalknet with an empty cache comes first, and fills it. It chooses its threads; others run with one and all."""
    found = [Entry(f"chalknet, cache {state}", None) for state in ("cold", "warm")]
    for threads in sorted({1, usable_cores()}):
        found += [
            Entry("PyTorch", threads, "pytorch"),
            Entry("PyTorch, DataLoader", threads, "pytorch", ("--loader",)),
            Entry("Keras on JAX", threads, "keras_on_jax"),
            Entry("JAX, a step a call", threads, "jax_by_hand"),
            Entry("scikit-learn", threads, "scikit_learn"),
        ]
    return found


def once_each() -> list[Entry]:
    """Of each name the one with the fewest threads: where other programs are at work, more can take minutes."""
    return list({entry.name: entry for entry in reversed(entries())}.values())[::-1]


def submitted(name: str, path: Path) -> Integers:
    """The labels in a submission, in the order of its ids. Raises EnvironmentFault where it is none."""
    try:
        with open(path, newline="", encoding="ascii") as file:
            header, *rows = list(csv.reader(file))
        values = np.array(rows, np.int64).reshape(-1, 2)
    except (OSError, ValueError) as error:
        raise EnvironmentFault(f"{name}: its submission cannot be read: {error}") from error
    if header != ["ImageId", "Label"] or not np.array_equal(values[:, 0], np.arange(1, len(values) + 1)):
        raise EnvironmentFault(f"{name}: its submission has other columns or ids than Kaggle's")
    labels: Integers = values[:, 1]
    return labels
