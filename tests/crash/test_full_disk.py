"""A disk that is really full, and one that is really read-only: the training ends, and what it had saved stays."""

import hashlib
import os
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from framework import SGD, Dataset, Dense, EnvironmentFault, Sequential, Training, TrainingSettings
from framework.files import TEMPORARY
from framework.saving import Checkpoints
from framework.saving.checkpoints import LATEST, PREVIOUS, Found
from framework.saving.lock import NAME
from tests.crash.jobs import TO_THE_END, Job, copied, results, words
from tests.crash.nursery import Nursery
from tests.crash.trainings import bits, contents, run

Disk = Callable[[str], Path]
ENVIRONMENT = 3
AT_ONCE = 2.0
"""Seconds for a command that must not begin to train: it takes a twentieth."""


def _training(features: int, checkpoints: Checkpoints | None = None) -> Training:
    """A state of it takes 8 bytes for each of 10 times as many weights."""
    x = np.random.Generator(np.random.PCG64(3)).normal(size=(20, features)).astype(np.float32)
    return Training(
        Sequential([Dense(features, 10)], seed=1),
        Dataset(x, np.arange(20) % 10),
        optimizer=SGD(0.01, momentum=0.9),
        settings=TrainingSettings(epochs=4, batch_size=5, threads=1),
        checkpoints=checkpoints,
    )


def _tree(folder: Path) -> str:
    digest = hashlib.sha256()
    for name, content in sorted(contents(folder).items()):
        digest.update(f"{name}|{hashlib.sha256(content).hexdigest()}|".encode())
    return digest.hexdigest()


def test_a_disk_fills_up(disk: Disk) -> None:
    """One state is 400 KB: with a latest and a previous one there is no room on 1 MiB to write a third."""
    place = disk("size=1m")
    with pytest.raises(EnvironmentFault, match="No space left on device") as caught:
        run(_training(5000, Checkpoints(place / "run", every=3)))
    assert str(caught.value) == f"{place}/run/{LATEST}: cannot be written: No space left on device"
    found = contents(place / "run")
    assert sorted(found) == [LATEST, PREVIOUS]
    assert [Found.read(place / "run" / name, ()).progress.step for name in (LATEST, PREVIOUS)] == [6, 3]

    with pytest.raises(EnvironmentFault, match="No space left on device"):
        run(_training(5000, Checkpoints(place / "run", every=3, resume=True)))
    assert contents(place / "run") == found  # still
    disk("size=4m")
    assert bits(run(_training(5000, Checkpoints(place / "run", resume=True)))) == bits(run(_training(5000)))


def test_a_state_larger_than_the_disk(disk: Disk) -> None:
    place = disk("size=1m")
    training = _training(20_000, Checkpoints(place / "run", every=3))
    with pytest.raises(EnvironmentFault, match="No space left on device"):
        run(training)
    assert training.state.step == 3  # it never went on as if it were saved
    assert contents(place / "run") == {}


def test_a_disk_without_a_byte_left(disk: Disk) -> None:
    """Not even the name of the process can be written into the lock."""
    place = disk("size=1m")
    (place / "run").mkdir()
    with pytest.raises(OSError, match="No space left"):
        (place / "ballast").write_bytes(bytes(1 << 21))
    with pytest.raises(EnvironmentFault, match="No space left on device") as caught:
        Checkpoints(place / "run")
    assert str(caught.value) == f"{place}/run: cannot be locked: No space left on device"
    os.unlink(place / "ballast")
    with Checkpoints(place / "run"):
        assert contents(place / "run") == {NAME: f"{os.getpid()}\n".encode()}


def test_a_command_on_a_full_disk(disk: Disk, job: Job, nursery: Nursery, tmp_path: Path) -> None:
    place = disk("size=1m")
    log = tmp_path / "log"
    wide = [*words(job.place), "--set", "model.layers.1.out_features=900"]
    pid = nursery.start("command", log, words=wide, folder=str(place))
    nursery.go(pid)
    assert nursery.end(pid) == ENVIRONMENT
    said = log.read_text().splitlines()
    assert said[0] == f"error: run/{LATEST}: cannot be written: No space left on device"
    assert not [name for name in contents(place / "run") if name.startswith(TEMPORARY)]
    state = contents(place / "run")[LATEST]

    disk("size=16m")
    pid = nursery.start("command", log, words=TO_THE_END, folder=str(place))
    nursery.go(pid)
    assert nursery.end(pid) == 0
    assert len(state) > 400_000
    whole = tmp_path / "whole"
    whole.mkdir()
    pid = nursery.start("command", log, words=wide, folder=str(whole))
    nursery.go(pid)
    assert nursery.end(pid) == 0
    assert results(place) == results(whole)


def test_a_read_only_disk_ends_it_before_the_first_step(
    disk: Disk, stopped_run: Path, job: Job, nursery: Nursery, tmp_path: Path
) -> None:
    place = copied(stopped_run, disk("size=4m"))
    disk("ro")
    before = _tree(place / "run")
    log = tmp_path / "log"
    train = [word if word != "run" else "another" for word in words(job.place)]
    for arguments, message in (
        (TO_THE_END, "run: cannot be locked: Read-only file system"),
        (train, "submission.csv: cannot be written: no permission in ."),
        (train[: train.index("--predict")], "another: cannot be made: Read-only file system"),
    ):
        log.unlink(missing_ok=True)
        pid = nursery.start("command", log, words=arguments, folder=str(place))
        start = time.perf_counter()
        nursery.go(pid)
        assert nursery.end(pid) == ENVIRONMENT
        assert time.perf_counter() - start < AT_ONCE
        assert log.read_text() == f"error: {message}\n"
    with pytest.raises(EnvironmentFault, match="Read-only file system"):
        Checkpoints(place / "run", resume=True)  # without which there is no training
    assert _tree(place / "run") == before
    disk("rw")
    pid = nursery.start("command", log, words=TO_THE_END, folder=str(place))
    nursery.go(pid)
    assert nursery.end(pid) == 0
    assert results(place) == job.results
