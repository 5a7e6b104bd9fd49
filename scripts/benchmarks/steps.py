"""Training throughput side by side: every contender in a process of its own, with one thread and with all, in turn."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, replace

from scripts.benchmarks.contender import PEERS
from scripts.benchmarks.figures import Figures, better, spread, table, threads_of
from scripts.benchmarks.part import Part
from scripts.benchmarks.peers.job import StepJob
from scripts.benchmarks.process import race
from scripts.benchmarks.progress import Progress

JOBS = tuple(
    StepJob(hidden, batch, optimizer)
    for optimizer in ("sgd", "adam")
    for hidden, batch in ((128, 32), (128, 128), (128, 512), (800, 128))
)
SECONDS = 0.7
"""Of training at a time, about; long enough that a library's own threads wake up."""
EXPLAINED = """\
Samples per second of training 784-H-10 on the embedded digits in float32 (naive NumPy: float64), better of one thread
and all, medians of rounds taken in turn. PyTorch is eager, and its Adam fused. The last row is the limit: the five
matrix products of a step and nothing else. Two processes of chalknet leave out pixels that are 0 in all images, 64 of
784, where batches are of 64 or more; the others and the products have all."""


def steps(*, rounds: int, progress: Progress) -> Part:
    """All jobs, one after the other, and what Adam costs."""
    found = {}
    for number, job in enumerate(JOBS, start=1):
        progress.stage(f"steps, {number} of {len(JOBS)}: {title(job)}")
        found[job] = measure(job, rounds=rounds, progress=progress)
    text = [line for job, speeds in found.items() for line in lines(job, speeds)]
    return Part(
        ("## Training steps", "", EXPLAINED, "", *overview(found), *adam_lines(found), *text),
        {"jobs": [as_tree(job, speeds) for job, speeds in found.items()]},
    )


def measure(
    job: StepJob,
    *,
    names: Sequence[str] = tuple(PEERS),
    rounds: int = 5,
    seconds: float = SECONDS,
    progress: Progress | None = None,
) -> list[Figures]:
    """The speed of each contender with each number of threads."""
    contenders = {name: ("training", name, *job.words()) for name in names}
    return race(contenders, rounds=rounds, seconds=seconds, progress=progress)


def as_tree(job: StepJob, speeds: Iterable[Figures]) -> dict[str, object]:
    """For JSON."""
    return {**asdict(job), "samples_per_second": [speed.as_tree() for speed in speeds]}


def title(job: StepJob) -> str:
    return f"784-{job.hidden}-10, batches of {job.batch}, {job.optimizer}"


def overview(found: Mapping[StepJob, Iterable[Figures]]) -> list[str]:
    """A table in Markdown with a column per job: samples per second of the first, and how many times as fast it is."""
    columns = []
    for speeds in found.values():
        first, *others = better(speeds, most=True)
        beside = {f"beside {other.name}": f"{first.median / other.median:.2f} x" for other in others}
        columns.append({f"{first.name}, samples/s": f"{first.median:,.0f}", **beside})
    heads = ("784-H-10", *(f"H {job.hidden}, {job.batch}, {job.optimizer}" for job in found))
    return table(heads, [(name, *(column[name] for column in columns)) for name in columns[0]])


def lines(job: StepJob, speeds: Iterable[Figures]) -> list[str]:
    """A table in Markdown: samples per second, and how many times as fast the first is."""
    best = better(speeds, most=True)
    rows = []
    for speed in best:
        ratio = "" if speed is best[0] else f"{best[0].median / speed.median:.2f} x"
        rows.append((speed.name, f"{speed.median:,.0f}", spread(speed, ",.0f"), threads_of(speed), ratio))
    heads = (title(job), "samples/s", "from - to", "threads", f"{best[0].name} is")
    return table(heads, rows)


def adam_lines(found: Mapping[StepJob, Iterable[Figures]]) -> list[str]:
    """How much more time a sample takes chalknet with Adam than with SGD, for each network and batch."""
    speeds = {job: better(figures, most=True)[0] for job, figures in found.items()}
    costs = []
    for job, speed in speeds.items():
        plain = speeds.get(replace(job, optimizer="sgd"))
        if job.optimizer == "adam" and plain is not None:
            costs.append(f"{plain.median / speed.median - 1:+.0%} (H {job.hidden}, batches of {job.batch})")
    return [f"What Adam costs chalknet over SGD, in time: {', '.join(costs)}.", ""] if costs else []
