"""Ctrl-C and SIGTERM: soon over, one line with the way on, and at the end of that way the same bits."""

import os
import random
import signal
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import pytest

from framework.saving.checkpoints import LATEST, Found
from scripts.run_folder import REPORT
from tests.crash.jobs import PATIENCE, TO_THE_END, Job, copied, results, resumed_to_the_end, started, wait_for_state
from tests.crash.nursery import Nursery

CODES = {signal.SIGINT: 130, signal.SIGTERM: 143, signal.SIGHUP: 129}
ENDED_IN = 2.0
"""Seconds from the signal to the end of the process: the promise. A step and a save take a hundredth of it."""
AT_ONCE = 2
ROUNDS = 5
"""Moments after the end of a job, which is not equally fast each time, hit nothing; then others are drawn."""
ADVICE = "\ninterrupted; go on with: chalknet resume run\n"


@dataclass(frozen=True)
class Interrupted:
    """How a job ended that a signal was sent to, and how it did once it was resumed."""

    code: int
    expected: int
    said: str
    seconds: float
    results: dict[str, str]


def _interrupted(job: Job, place: Path, moment: float, number: signal.Signals) -> Interrupted | None:
    """None where it had ended by itself. `moment` is from 0, its first saved state, to 1, its end."""
    place.mkdir()
    process = started(job, place)
    wait_for_state(process, place)
    time.sleep(moment * job.seconds)
    start = time.perf_counter()
    process.send_signal(number)
    said = process.communicate(timeout=PATIENCE)[1]
    seconds = time.perf_counter() - start
    over = process.returncode in (0, -number) and (place / "run" / REPORT).exists()  # an ending Python heeds no signal
    if over and results(place) == job.results:
        return None
    resumed_to_the_end(place)
    return Interrupted(process.returncode, CODES[number], said, seconds, results(place))


def _interrupts(job: Job, place: Path, count: int) -> list[Interrupted]:
    draws = random.Random(count)
    done: list[Interrupted] = []
    for turn in range(ROUNDS):
        missing = count - len(done)
        # for a job that had ended before, being quicker than the one that was measured, an earlier moment
        moments = [0.7**turn * (number + draws.random()) / missing for number in range(missing)]

        def one(number: int, turn: int = turn, moments: list[float] = moments) -> Interrupted | None:
            kind = list(CODES)[(turn + number) % len(CODES)]
            return _interrupted(job, place / f"{turn}-{number}", moments[number], kind)

        with ThreadPoolExecutor(AT_ONCE) as pool:
            done += [each for each in pool.map(one, range(missing)) if each is not None]
        if len(done) == count:
            return done
    pytest.fail(f"{len(done)} of {count} jobs were interrupted; the others had ended before")


def _check(done: list[Interrupted], job: Job) -> None:
    for each in done:
        assert each.code == each.expected
        assert each.said == ADVICE
        assert each.seconds < ENDED_IN
        assert each.results == job.results


def test_six_interrupts(job: Job, tmp_path: Path) -> None:
    _check(_interrupts(job, tmp_path, 6), job)


@pytest.mark.long
def test_fifty_interrupts(job: Job, tmp_path: Path) -> None:
    done = _interrupts(job, tmp_path, 50)
    print(f"the longest took {max(each.seconds for each in done):.2f} s")
    _check(done, job)


@pytest.mark.parametrize("number", CODES)
def test_the_first_signal_ends_it_after_the_step_under_way(
    nursery: Nursery, stopped_run: Path, tmp_path: Path, number: signal.Signals
) -> None:
    place, log = copied(stopped_run, tmp_path / "job"), tmp_path / "log"
    before = Found.read(place / "run" / LATEST, ()).progress.step
    pid = nursery.start("command", log, words=TO_THE_END, folder=str(place), halts=1)
    nursery.go(pid)
    assert nursery.halted(pid)
    os.kill(pid, number)
    nursery.go(pid)
    assert nursery.end(pid) == CODES[number]
    assert log.read_text() == ADVICE
    assert Found.read(place / "run" / LATEST, ()).progress.step == before + 1


@pytest.mark.long  # which of stop and signal the process takes first is not always the same: see to it
@pytest.mark.parametrize("number", CODES)
def test_a_second_signal_ends_it_at_once(
    nursery: Nursery, job: Job, stopped_run: Path, tmp_path: Path, number: signal.Signals
) -> None:
    """In the middle of a step that takes a minute."""
    place, log = copied(stopped_run, tmp_path / "job"), tmp_path / "log"
    pid = nursery.start("command", log, words=TO_THE_END, folder=str(place), halts=2, seconds=60)
    nursery.go(pid)
    assert nursery.halted(pid)
    before = {path.name: path.read_bytes() for path in (place / "run").glob("*.safetensors")}
    assert before
    os.kill(pid, number)
    nursery.go(pid)
    while _waits(pid, number):  # a second one would be taken for the same
        time.sleep(0.01)
    assert nursery.halted(pid)  # the first one has been noted, and nothing has come of it yet
    assert log.read_text() == ""
    start = time.perf_counter()
    os.kill(pid, number)
    nursery.go(pid)
    assert nursery.end(pid) == CODES[number]
    assert time.perf_counter() - start < ENDED_IN
    assert log.read_text() == ADVICE
    assert {path.name: path.read_bytes() for path in (place / "run").glob("*.safetensors")} == before
    resumed_to_the_end(place)
    assert results(place) == job.results


def _waits(pid: int, number: signal.Signals) -> bool:
    """Whether the signal has been sent and not yet been taken."""
    lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    masks = [int(line.split()[1], 16) for line in lines if line.startswith(("SigPnd", "ShdPnd"))]
    return any(mask >> (number - 1) & 1 for mask in masks)
