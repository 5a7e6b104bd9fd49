"""SIGKILL at random moments of a real `chalknet train`, and of its resumption: the end has the same bits."""

import random
import signal
import subprocess
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import pytest

from framework.files import TEMPORARY
from framework.saving.checkpoints import LATEST, PREVIOUS
from tests.crash.jobs import PATIENCE, Job, results, resumed, resumed_to_the_end, started, wait_for_lock

AT_ONCE = 2
"""Jobs side by side: a kill does not mind."""
ROUNDS = 5
"""Moments after the end of a job, which is not equally fast each time, hit nothing; then others are drawn."""
LEFT = ["history.csv", "job.json", "model.safetensors", "report.json", "spec.json"]


@dataclass(frozen=True)
class Killed:
    """A job that was killed, perhaps twice, and then resumed to its end."""

    again: bool
    in_a_save: bool
    results: dict[str, str]


def _kill(process: subprocess.Popen[str], place: Path, seconds: float) -> bool:
    """Whether it was killed, so many seconds after its training was set up; False if it had ended by itself."""
    if wait_for_lock(process, place):
        time.sleep(seconds)
        process.kill()
    _, errors = process.communicate(timeout=PATIENCE)
    assert process.returncode in (0, -signal.SIGKILL), errors
    return process.returncode == -signal.SIGKILL


def _killed(job: Job, place: Path, moment: float, *, twice: bool) -> Killed | None:
    """None where it had ended by itself; `moment` is from 0, its beginning, to 1, its end."""
    place.mkdir()
    if not _kill(started(job, place), place, moment * job.seconds):
        return None
    names = {path.name for path in (place / "run").iterdir()}
    in_a_save = any(name.startswith(TEMPORARY) for name in names) or (PREVIOUS in names and LATEST not in names)
    again = twice and _kill(resumed(place), place, (1 - moment) * job.seconds / 2)
    resumed_to_the_end(place)
    assert sorted(path.name for path in (place / "run").iterdir()) == LEFT
    return Killed(again, in_a_save, results(place))


def _kills(job: Job, place: Path, count: int) -> list[Killed]:
    """So many jobs that were really killed, at moments spread over the time that an undisturbed one takes."""
    draws = random.Random(count)
    killed: list[Killed] = []
    for turn in range(ROUNDS):
        missing = count - len(killed)
        # for a job that had ended before, being quicker than the one that was measured, an earlier moment
        moments = [0.7**turn * (number + draws.random()) / missing for number in range(missing)]

        def one(number: int, turn: int = turn, moments: list[float] = moments) -> Killed | None:
            return _killed(job, place / f"{turn}-{number}", moments[number], twice=number % 2 == 0)

        with ThreadPoolExecutor(AT_ONCE) as pool:
            killed += [done for done in pool.map(one, range(missing)) if done is not None]
        if len(killed) == count:
            return killed
    pytest.fail(f"{len(killed)} of {count} jobs were killed; the others had ended before")


def test_ten_killed_jobs_end_with_the_same_bits(job: Job, tmp_path: Path) -> None:
    killed = _kills(job, tmp_path, 10)
    assert [done.results for done in killed] == [job.results] * 10
    assert any(done.again for done in killed)


@pytest.mark.long
def test_sixty_killed_jobs_end_with_the_same_bits(job: Job, tmp_path: Path) -> None:
    killed = _kills(job, tmp_path, 60)
    assert [done.results for done in killed] == [job.results] * 60
    assert sum(done.again for done in killed) >= 15  # of the thirty that were to be
    in_saves = sum(done.in_a_save for done in killed)
    print(f"{in_saves} of 60 kills came in the middle of a save")
    assert in_saves
