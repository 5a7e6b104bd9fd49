"""Two processes, one run folder: exactly one trains, and the other says who it is."""

import os
import re
import shutil
import signal
from pathlib import Path

import pytest

from framework import EnvironmentFault
from framework.saving import Checkpoints
from framework.saving.lock import NAME, Lock
from tests.crash.jobs import TO_THE_END, Job, copied, results, resumed, wait_for_lock
from tests.crash.nursery import Nursery

ENVIRONMENT = 3
USED = r"error: run: got a run in use by another process, (\d+); expected one that nobody uses"


def _together(times: int, nursery: Nursery, job: Job, stopped_run: Path, place: Path) -> None:
    """Each time the one that trains is killed, so that the next two find its name in the lock, but not the lock held;
    the last one may go on.
    """
    folder, logs = copied(stopped_run, place / "job"), [place / "one", place / "two"]
    for left in reversed(range(times)):
        for log in logs:
            log.write_text("")
        pids = [nursery.start("command", log, words=TO_THE_END, folder=str(folder), halts=1) for log in logs]
        for pid in pids:
            nursery.go(pid)
        trains = [nursery.halted(pid) for pid in pids]  # in its first step
        assert sorted(trains) == [False, True], [log.read_text() for log in logs]
        winner, loser = trains.index(True), trains.index(False)
        assert nursery.end(pids[loser]) == ENVIRONMENT
        said = re.match(USED, logs[loser].read_text())
        assert said is not None, logs[loser].read_text()
        assert int(said[1]) == pids[winner]
        if left:
            os.kill(pids[winner], signal.SIGKILL)
        else:
            nursery.go(pids[winner])
        assert nursery.end(pids[winner]) == (-signal.SIGKILL if left else 0)
        assert logs[winner].read_text() == ""
    assert results(folder) == job.results


def test_twenty_times_two_processes_at_once(nursery: Nursery, job: Job, stopped_run: Path, tmp_path: Path) -> None:
    _together(20, nursery, job, stopped_run, tmp_path)


@pytest.mark.long
def test_fifty_times_two_processes_at_once(nursery: Nursery, job: Job, stopped_run: Path, tmp_path: Path) -> None:
    _together(50, nursery, job, stopped_run, tmp_path)


def test_a_killed_holder_leaves_the_folder_free(stopped_run: Path, tmp_path: Path) -> None:
    """The file that says who holds it is still there, and no longer true."""
    place = copied(stopped_run, tmp_path / "job")
    process = resumed(place)
    assert wait_for_lock(process, place)
    with pytest.raises(EnvironmentFault, match=f"in use by another process, {process.pid};"):
        Lock(place / "run")
    process.kill()
    process.communicate()
    assert process.returncode == -signal.SIGKILL
    assert (place / "run" / NAME).read_text() == f"{process.pid}\n"
    Lock(place / "run").release()
    assert not (place / "run" / NAME).exists()


def test_the_same_process_is_told_that_it_is_itself(tmp_path: Path) -> None:
    with Checkpoints(tmp_path), pytest.raises(EnvironmentFault, match="in use by this process") as caught:
        Checkpoints(tmp_path, resume=True)
    assert caught.value.hint == "close the Checkpoints that hold it"
    with Checkpoints(tmp_path, resume=True):
        pass


def test_a_folder_that_is_gone_while_it_is_held(tmp_path: Path) -> None:
    with Checkpoints(tmp_path / "run"):
        shutil.rmtree(tmp_path / "run")
