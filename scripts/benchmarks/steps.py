"""Training throughput side by side: every contender in a process of its own, with one thread and with all, in turn."""

import os
import statistics
import subprocess
import sys
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import asdict, dataclass
from typing import Self, final

from framework.threads import usable_cores
from scripts.benchmarks.contender import NAMES
from scripts.benchmarks.peers.job import StepJob

JOBS = tuple(
    StepJob(hidden, batch, optimizer)
    for optimizer in ("sgd", "adam")
    for hidden, batch in ((128, 32), (128, 128), (128, 512), (800, 128))
)
SECONDS = 0.7
"""Of training at a time, about; long enough that a library's own threads wake up."""


@final
@dataclass(frozen=True)
class Speed:
    """Samples per second of one contender at its better number of threads: the median of the rounds and their ends."""

    name: str
    threads: int
    median: float
    lowest: float
    highest: float


class Process:
    """A contender that waits until it is its turn."""

    def __init__(self, name: str, job: StepJob, threads: int) -> None:
        self.name, self.threads = name, threads
        one = {"XLA_FLAGS": "--xla_cpu_multi_thread_eigen=false", "NPROC": "1"} if threads == 1 else {}
        counts = dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"), str(threads))
        words = (name, str(job.hidden), str(job.batch), job.optimizer)
        self.process = subprocess.Popen(
            [sys.executable, "-m", "scripts.benchmarks.contender", *words],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
            env={**os.environ, **counts, **one},
        )

    def __enter__(self) -> Self:
        if self._answer() != "ready":
            raise RuntimeError(f"{self.name}: could not be started; the extra `bench` brings what it needs")
        return self

    def __exit__(self, *error: object) -> None:
        self.process.kill()
        self.process.communicate()

    def speed(self, seconds: float) -> float:
        """Samples per second over about so many seconds of training."""
        if self.process.stdin is None:
            raise RuntimeError(f"{self.name}: no pipe")
        print(seconds, file=self.process.stdin, flush=True)
        samples, took = self._answer().split()
        return int(samples) / float(took)

    def _answer(self) -> str:
        return "" if self.process.stdout is None else self.process.stdout.readline().strip()


def measure(job: StepJob, *, names: Sequence[str] = NAMES, rounds: int = 5, seconds: float = SECONDS) -> list[Speed]:
    """The speed of each contender, in the order of `names`."""
    counts = sorted({1, usable_cores()})
    speeds: dict[tuple[str, int], list[float]] = {}
    with ExitStack() as stack:
        # one after the other, so that no warming up disturbs another's
        contenders = [stack.enter_context(Process(name, job, count)) for name in names for count in counts]
        for _ in range(rounds):
            for one in contenders:
                speeds.setdefault((one.name, one.threads), []).append(one.speed(seconds))
    best = []
    for name in names:
        threads = max(counts, key=lambda count: statistics.median(speeds[name, count]))
        found = speeds[name, threads]
        best.append(Speed(name, threads, statistics.median(found), min(found), max(found)))
    return best


def as_tree(job: StepJob, speeds: Sequence[Speed]) -> dict[str, object]:
    """For JSON."""
    return {**asdict(job), "speeds": [asdict(speed) for speed in speeds]}


def lines(job: StepJob, speeds: Sequence[Speed]) -> list[str]:
    """A table in Markdown: samples per second, and how many times as fast chalknet is."""
    ours = speeds[0].median
    shown = [
        f"784-{job.hidden}-10, batches of {job.batch}, {job.optimizer}",
        "| | samples/s | from - to | threads | chalknet is |",
        "| --- | ---: | ---: | ---: | ---: |",
    ]
    for speed in speeds:
        ratio = "" if speed.name == speeds[0].name else f"{ours / speed.median:.2f} x"
        spread = f"{speed.lowest:,.0f} - {speed.highest:,.0f}"
        shown.append(f"| {speed.name} | {speed.median:,.0f} | {spread} | {speed.threads} | {ratio} |")
    return shown
