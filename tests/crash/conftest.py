"""What the faults need: a nursery, a tracer, disks to fill, a small real job and how it ends undisturbed."""

import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.crash.faults import Trials
from tests.crash.jobs import ROOT, Job, finished, started, stopped
from tests.crash.nursery import Nursery

Disk = Callable[[str], Path]


@pytest.fixture(scope="session")
def nursery() -> Iterator[Nursery]:
    if sys.platform != "linux":
        pytest.skip("needs fork and signals as Linux has them")
    nursery = Nursery(ROOT)
    yield nursery
    nursery.close()


@pytest.fixture(scope="session")
def tracer() -> None:
    """strace, and the permission to look at our own processes."""
    if sys.platform != "linux" or shutil.which("strace") is None:
        pytest.skip("needs strace")
    sleeper = subprocess.Popen(["sleep", "60"])
    try:
        command = ["timeout", "1", "strace", "-p", str(sleeper.pid)]
        if "attached" not in subprocess.run(command, capture_output=True, text=True).stderr:
            pytest.skip("needs the permission to trace a process")
    finally:
        sleeper.kill()
        sleeper.wait()


@pytest.fixture
def trials(nursery: Nursery, tracer: None, tmp_path: Path) -> Trials:
    return Trials(nursery, tmp_path)


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[Disk]:
    """A disk of its own with mount options such as size=1m; calling it again changes the options."""
    place = tmp_path / "disk"
    place.mkdir()
    mounted = False

    def mount(options: str) -> Path:
        nonlocal mounted
        options = f"remount,{options}" if mounted else options
        command = ["mount", "-t", "tmpfs", "-o", options, "none", str(place)]
        done = subprocess.run(command, capture_output=True, text=True)
        if done.returncode and not mounted:
            pytest.skip(f"needs the permission to mount a disk: {done.stderr.strip()}")
        assert not done.returncode, done.stderr
        mounted = True
        return place

    if shutil.which("mount") is None:
        pytest.skip("needs mount")
    yield mount
    if mounted:
        subprocess.run(["umount", str(place)], check=True)


@pytest.fixture(scope="session")
def job(tmp_path_factory: pytest.TempPathFactory) -> Job:
    """A small real job that nothing disturbs: what it leaves, and how long it takes."""
    return finished(tmp_path_factory.mktemp("job"))


@pytest.fixture(scope="session")
def stopped_run(job: Job, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of the same job, killed in the middle; to be copied."""
    place = tmp_path_factory.mktemp("stopped")
    return stopped(started(job, place), place)
