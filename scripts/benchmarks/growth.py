"""How chalknet's training time grows with the rows and with the hidden units, against growing in proportion."""

from collections.abc import Callable, Sequence

from scripts.benchmarks.figures import Figures, better, spread, table, threads_of
from scripts.benchmarks.part import Part
from scripts.benchmarks.peers.job import StepJob
from scripts.benchmarks.process import race
from scripts.benchmarks.progress import Progress

BATCH = 128
BY_ROWS = tuple(StepJob(128, BATCH, "adam", rows) for rows in (3_750, 15_000, 60_000))
BY_HIDDEN = tuple(StepJob(hidden, BATCH, "adam", 15_000) for hidden in (64, 256, 1024, 4096))
SECONDS = 2.0
"""Of training at a time: some epochs of most."""
EXPLAINED = """\
Seconds per epoch of chalknet alone, 784-H-10 with Adam in batches of 128, better of one thread and all. The last column
is the time against that of the first row, divided by how many times as large the job is: 1.00 is linear growth."""


def growth(*, rounds: int, progress: Progress) -> Part:
    """Two tables."""
    progress.stage("growth, 1 of 2: by rows")
    rows = measure(BY_ROWS, rounds=rounds, progress=progress)
    progress.stage("growth, 2 of 2: by hidden units")
    hidden = measure(BY_HIDDEN, rounds=rounds, progress=progress)
    text = [
        *lines("rows, H 128", BY_ROWS, rows, lambda job: job.rows),
        *lines("hidden units, 15,000 rows", BY_HIDDEN, hidden, lambda job: job.hidden),
    ]
    measured = {name: [figures.as_tree() for figures in found] for name, found in (("rows", rows), ("hidden", hidden))}
    return Part(("## Growth", "", EXPLAINED, "", *text), {"seconds_per_epoch": measured})


def measure(jobs: Sequence[StepJob], *, rounds: int, progress: Progress) -> list[Figures]:
    """Seconds per epoch of each job, by a name that says its size, with each number of threads."""
    sizes = {name(job): job for job in jobs}
    contenders = {size: ("training", "chalknet", *job.words()) for size, job in sizes.items()}
    speeds = race(contenders, rounds=rounds, seconds=SECONDS, progress=progress)
    return [_per_epoch(speed, sizes[speed.name].rows) for speed in speeds]


def _per_epoch(speed: Figures, rows: int) -> Figures:
    return speed.each(lambda samples: rows / samples)


def name(job: StepJob) -> str:
    return f"784-{job.hidden}-10, {job.rows:,} rows"


def lines(title: str, jobs: Sequence[StepJob], found: Sequence[Figures], size: Callable[[StepJob], int]) -> list[str]:
    """A table in Markdown, a row for each job; `size` is what grows."""
    best = {figures.name: figures for figures in better(found, most=False)}
    first = best[name(jobs[0])].median / size(jobs[0])
    rows = []
    for job in jobs:
        one = best[name(job)]
        ratio = f"{one.median / size(job) / first:.2f}"
        rows.append((f"{size(job):,}", f"{one.median:.3f}", spread(one, ".3f"), threads_of(one), ratio))
    return table((title, "s per epoch", "from - to", "threads", "to linear"), rows)
