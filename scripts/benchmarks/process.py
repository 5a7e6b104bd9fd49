"""A contender in a process of its own, which sleeps until it is its turn, and the race of several."""

import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager, suppress
from typing import IO, final

from framework.errors import EnvironmentFault
from framework.threads import usable_cores
from scripts.benchmarks.environment import environment
from scripts.benchmarks.figures import Figures
from scripts.benchmarks.group import end, last_line, send
from scripts.benchmarks.progress import Progress


@final
class Process:
    """A contender that has been started. Between its turns it is stopped, with all its threads and children: some would
    look again and again whether there is work, on a core that is another's then.
    """

    def __init__(self, name: str, threads: int, process: "subprocess.Popen[str]", errors: IO[str]) -> None:
        self.name, self.threads = name, threads
        self.process, self.errors = process, errors

    def wait_until_ready(self) -> None:
        """Raises EnvironmentFault where it says anything else."""
        if self._answer() != "ready":
            raise EnvironmentFault(f"{self.name}: could not be started: {last_line(self.errors)}")

    def speed(self, seconds: float) -> float:
        """Samples per second over about so many seconds. Raises EnvironmentFault where it has ended."""
        send(self.process, "SIGCONT")
        with suppress(BrokenPipeError):  # then there is no answer either
            print(seconds, file=self.process.stdin, flush=True)
        answer = self._answer().split()
        if len(answer) != 2:
            raise EnvironmentFault(f"{self.name}: ended while it was measured: {last_line(self.errors)}")
        return int(answer[0]) / float(answer[1])

    def _answer(self) -> str:
        line = "" if self.process.stdout is None else self.process.stdout.readline().strip()
        send(self.process, "SIGSTOP")
        return line


@contextmanager
def started(name: str, words: Sequence[str], threads: int) -> Iterator[Process]:
    """`python -m scripts.benchmarks.contender WORDS` with a number of threads, ready; afterwards it is ended.

    In a group of its own, so that its children are stopped with it; and where we are killed, the system ends a group
    that is stopped.
    """
    with tempfile.TemporaryFile("w+", encoding="utf-8", errors="replace") as errors:
        process = subprocess.Popen(
            [sys.executable, "-m", "scripts.benchmarks.contender", *words],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=errors,
            text=True,
            env=environment(threads),
            process_group=0,
        )
        one = Process(name, threads, process, errors)
        try:
            one.wait_until_ready()
            yield one
        finally:
            end(process)
            process.communicate()  # closes its pipes


def race(
    contenders: Mapping[str, Sequence[str]], *, rounds: int, seconds: float, progress: Progress | None = None
) -> list[Figures]:
    """Samples per second of each contender, by its name and words, with one thread and with all, in turn."""
    tell = progress.now if progress else lambda text: None
    speeds: dict[tuple[str, int], list[float]] = {}
    with ExitStack() as stack:
        processes = []
        for name, words in contenders.items():  # one after the other, so that no warming up disturbs another's
            for threads in sorted({1, usable_cores()}):
                tell(f"starting {name}, threads: {threads}")
                processes.append(stack.enter_context(started(name, words, threads)))
        for number in range(rounds):
            for one in processes:
                tell(f"round {number + 1} of {rounds}: {one.name}, threads: {one.threads}")
                speeds.setdefault((one.name, one.threads), []).append(one.speed(seconds))
    return [Figures(name, threads, tuple(found)) for (name, threads), found in speeds.items()]
