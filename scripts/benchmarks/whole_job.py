"""The whole job as a command, train.csv to submission.csv: chalknet and the same job in every library, in turn."""

import statistics
import tempfile
from collections.abc import Iterable, Mapping
from pathlib import Path

import numpy as np

from scripts.benchmarks.entries import entries, once_each
from scripts.benchmarks.figures import Figures, better, spread, table, threads_of
from scripts.benchmarks.part import Part
from scripts.benchmarks.progress import Progress
from scripts.benchmarks.sample_tables import Tables, held_out

EXPLAINED = """\
Seconds from the start of the command to its end, Python's start and the choice of threads included: train.csv in,
784-128-10 trained with Adam at 0.001 in batches of 128 for ten epochs, submission.csv out. Better of one thread and
all, medians of rounds taken in turn. Memory is the peak RSS of the largest process, as the system counts it; chalknet
may have two, and `cost` has the sum. The accuracy is on the last tenth of the rows of train.csv, after the same job on
the others, once for each, in a run that is not timed."""


def whole_job(tables: Tables, *, rounds: int, progress: Progress) -> Part:
    """One table, and how far chalknet's accuracy is from the others'."""
    seconds: dict[tuple[str, int | None], list[float]] = {}
    memory: dict[tuple[str, int | None], float] = {}
    peaks: list[dict[str, object]] = []
    for number in range(rounds):
        progress.stage(f"job, round {number + 1} of {rounds}")
        with tempfile.TemporaryDirectory() as folder:
            for entry in entries():
                progress.now(f"{entry.name}, threads: {entry.threads or 'auto'}")
                finished, _ = entry.run(tables, Path(folder))
                who = entry.name, entry.threads
                seconds.setdefault(who, []).append(finished.seconds)
                memory[who] = max(memory.get(who, 0.0), finished.largest or 0.0)
                peaks.append({"name": entry.name, "threads": entry.threads, "megabytes": finished.largest})
    found = [Figures(name, threads, tuple(times)) for (name, threads), times in seconds.items()]
    progress.stage("job, accuracy on rows held out")
    accuracies = accuracy_of_each(tables, progress)
    return Part(
        ("## The whole job", "", EXPLAINED, "", *lines(found, memory, accuracies), *agreement(accuracies)),
        {
            "seconds": [figures.as_tree() for figures in found],
            "largest_process": peaks,
            "held_out_accuracy": accuracies,
        },
    )


def accuracy_of_each(tables: Tables, progress: Progress) -> dict[str, float]:
    """Of each name on the last tenth of the rows, having learnt from the others."""
    accuracies = {}
    with tempfile.TemporaryDirectory() as folder:
        split, labels = held_out(tables.train, Path(folder))
        for entry in once_each():
            progress.now(entry.name)
            accuracies[entry.name] = float(np.mean(entry.run(split, Path(folder))[1] == labels))
    return accuracies


def lines(
    found: Iterable[Figures], memory: Mapping[tuple[str, int | None], float], accuracies: Mapping[str, float]
) -> list[str]:
    """A table in Markdown, each against the first."""
    best = better(found, most=False)
    rows = []
    for one in best:
        ratio = "" if one is best[0] else f"{one.median / best[0].median:.2f} x"
        figures = (f"{one.median:.2f}", spread(one, ".2f"), threads_of(one), ratio)
        rows.append((one.name, *figures, f"{memory[one.name, one.threads]:,.0f}", f"{accuracies[one.name]:.2%}"))
    heads = ("train.csv to submission.csv", "s", "from - to", "threads", f"{best[0].name}, is", "largest process, MB")
    return table((*heads, "hold-out"), rows)


def agreement(accuracies: Mapping[str, float]) -> list[str]:
    """How many points chalknet, the first, is from the mean of those that are not chalknet."""
    name, ours = next(iter(accuracies.items()))
    own = name.partition(",")[0]
    others = [accuracy for name, accuracy in accuracies.items() if not name.startswith(own)]
    apart = 100 * (ours - statistics.mean(others))
    return [
        f"On the rows held out {own} has {ours:.2%}, the others {min(others):.2%} to {max(others):.2%}: "
        f"{apart:+.2f} points from their mean.",
        "",
    ]
