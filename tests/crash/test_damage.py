"""Damaged states: every bit, every length. What is not whole is never used, and never takes the place of what is."""

import os
import socket
import sys
import warnings
from collections.abc import Callable
from pathlib import Path

import pytest

from framework import Dense, EnvironmentFault, InputError, ModelFileError, Sequential, Training, TrainingSettings
from framework.optimizers import SGD
from framework.saving import Checkpoints
from framework.saving.checkpoints import BEST, LATEST, PREVIOUS
from framework.saving.container import CHECKPOINT, unpack
from framework.saving.lock import NAME
from tests.crash.jobs import Job, copied
from tests.crash.nursery import Nursery
from tests.crash.trainings import Plan, StopAt, bits, contents, rows, run, run_until_stopped

Damage = Callable[[Path], None]
BAD_INPUT = 2
LONGER = 64
PLAN = Plan(validation=True)


@pytest.fixture(scope="module")
def tiny(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    """The smallest checkpoint there is."""
    folder = tmp_path_factory.mktemp("tiny")
    settings = TrainingSettings(epochs=1, threads=1)
    model = Sequential([Dense(3, 3)], seed=0)
    run(Training(model, rows(), optimizer=SGD(0.1), settings=settings, checkpoints=Checkpoints(folder)))
    return (folder / LATEST).read_bytes()


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A run that was killed after its second save, at step 6 of 20."""
    run_until_stopped(PLAN.training(StopAt(Checkpoints(tmp_path / "run", every=3), step=7)))
    assert contents(tmp_path / "run").keys() == {LATEST, PREVIOUS, BEST}
    return tmp_path / "run"


def _refused(content: bytes) -> bool:
    try:
        unpack(CHECKPOINT, content, Path("file"))
    except ModelFileError:
        return True
    return False


def test_every_flipped_bit_is_found(tiny: bytes) -> None:
    assert not _refused(tiny)
    damaged, missed = bytearray(tiny), []
    for bit in range(8 * len(tiny)):
        damaged[bit // 8] ^= 1 << bit % 8
        if not _refused(bytes(damaged)):
            missed.append(bit)
        damaged[bit // 8] ^= 1 << bit % 8
    assert damaged == tiny
    assert not missed, f"{len(missed)} of {8 * len(tiny)}"


@pytest.mark.parametrize("filler", [b"\0", b" ", b"\xff"])
def test_every_other_length_is_found(tiny: bytes, filler: bytes) -> None:
    lengths = [length for length in range(len(tiny)) if not _refused(tiny[:length])]
    longer = [more for more in range(1, LONGER + 1) if not _refused(tiny + filler * more)]
    holes = [start for start in range(len(tiny)) if tiny[start:].strip(filler)]
    unseen = [start for start in holes if not _refused(tiny[:start] + filler * (len(tiny) - start))]
    assert (lengths, longer, unseen) == ([], [], [])


def _flip(path: Path) -> None:
    content = bytearray(path.read_bytes())
    content[-5] ^= 16
    path.write_bytes(content)


def _halve(path: Path) -> None:
    os.truncate(path, path.stat().st_size // 2)


def _empty(path: Path) -> None:
    os.truncate(path, 0)


def _replace(path: Path) -> None:
    path.write_bytes(b"\x80\x04 a pickle of another program")


DAMAGES: dict[Damage, str] = {_flip: "SHA-256", _halve: "expected", _empty: "an empty file", _replace: "a pickle"}


@pytest.mark.parametrize("damage", DAMAGES)
def test_a_damaged_latest_gives_way_to_the_one_before(folder: Path, damage: Damage) -> None:
    before = contents(folder)
    damage(folder / LATEST)
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        checkpoints = Checkpoints(folder, resume=True, every=3)
    assert len(caught) == 1
    message = str(caught[0].message)
    assert message.startswith(f"{folder / LATEST}: ")
    assert DAMAGES[damage] in message
    assert message.endswith(f"; going on from {folder / PREVIOUS}, the state before it")

    training = PLAN.training(StopAt(checkpoints, step=7))
    assert training.state.step == 3
    run_until_stopped(training)  # it has saved at step 6: never may the damaged one push out the good one
    after = contents(folder)
    assert after == before
    assert bits(run(PLAN.training(Checkpoints(folder, resume=True)))) == bits(run(PLAN.training()))


@pytest.mark.parametrize("damage", DAMAGES)
def test_both_damaged_is_the_end_and_nothing_is_deleted(folder: Path, damage: Damage) -> None:
    damage(folder / LATEST)
    _flip(folder / PREVIOUS)
    before = contents(folder)
    with pytest.raises(ModelFileError) as caught:
        Checkpoints(folder, resume=True)
    assert str(caught.value).startswith(f"{folder / LATEST}: ")
    assert caught.value.hint is not None
    assert f"{folder / PREVIOUS}: " in caught.value.hint
    assert contents(folder) == before


def test_a_damaged_latest_alone_is_the_end(folder: Path) -> None:
    (folder / PREVIOUS).unlink()
    _flip(folder / LATEST)
    before = contents(folder)
    with pytest.raises(ModelFileError, match="SHA-256"):
        Checkpoints(folder, resume=True)
    assert contents(folder) == before


def test_a_damaged_previous_beside_a_good_latest_is_nobodys_business(folder: Path) -> None:
    _flip(folder / PREVIOUS)
    assert bits(run(PLAN.training(Checkpoints(folder, resume=True)))) == bits(run(PLAN.training()))


def test_the_command_says_it_in_one_line_and_goes_on(
    stopped_run: Path, job: Job, nursery: Nursery, tmp_path: Path
) -> None:
    place, log = copied(stopped_run, tmp_path / "job"), tmp_path / "log"
    (place / "run" / PREVIOUS).write_bytes((place / "run" / LATEST).read_bytes())
    _flip(place / "run" / LATEST)
    pid = nursery.start("command", log, words=["resume", "run", "--quiet"], folder=str(place))
    nursery.go(pid)
    assert nursery.end(pid) == 0
    reason = "got other bytes than were saved; expected contents that match the file's SHA-256"
    way_on = f"going on from run/{PREVIOUS}, the state before it"
    assert log.read_text() == f"warning: run/{LATEST}: {reason}; {way_on}\n"


def test_the_command_refuses_two_damaged_states(stopped_run: Path, nursery: Nursery, tmp_path: Path) -> None:
    place, log = copied(stopped_run, tmp_path / "job"), tmp_path / "log"
    (place / "run" / PREVIOUS).write_bytes((place / "run" / LATEST).read_bytes())
    for name in (LATEST, PREVIOUS):
        _flip(place / "run" / name)
    (place / "run" / NAME).unlink()
    before = contents(place / "run")
    pid = nursery.start("command", log, words=["resume", "run", "--quiet"], folder=str(place))
    nursery.go(pid)
    assert nursery.end(pid) == BAD_INPUT
    assert len(log.read_text().splitlines()) == 2
    assert contents(place / "run") == before


def test_a_disk_that_loses_what_it_was_given_is_found_out(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    before = contents(folder)
    checkpoints = Checkpoints(folder, resume=True, every=2)

    def lose(handle: int) -> None:
        os.ftruncate(handle, 100)

    monkeypatch.setattr("os.fsync", lose)
    with pytest.raises(EnvironmentFault, match="got other bytes back than were written"):
        run(PLAN.training(checkpoints))
    assert contents(folder) == before


def _link(path: Path, target: Path) -> None:
    path.symlink_to(target)


def _pipe(path: Path, target: Path) -> None:
    os.mkfifo(path)


def _folder(path: Path, target: Path) -> None:
    path.mkdir()


def _socket(path: Path, target: Path) -> None:
    with socket.socket(socket.AF_UNIX) as server:
        server.bind(os.path.relpath(path))  # its full name may be too long


ODD = [_link, _pipe, _folder, _socket]


@pytest.mark.skipif(sys.platform == "win32", reason="needs links and pipes")
@pytest.mark.parametrize("make", ODD)
def test_what_is_no_plain_file_is_no_state(folder: Path, make: Callable[[Path, Path], None]) -> None:
    """Not even a link to a good one: whoever put it there decides what is read, and where it is written."""
    target = folder.parent / "target"
    (folder / LATEST).rename(target)
    good = target.read_bytes()
    make(folder / LATEST, target)
    with pytest.warns(UserWarning, match="got no plain file"):
        checkpoints = Checkpoints(folder, resume=True)
    training = PLAN.training(checkpoints)
    assert training.state.step == 3  # from the one before
    if make is _folder:
        with pytest.raises(EnvironmentFault, match="Is a directory"):
            run(training)
        assert os.path.isdir(folder / LATEST)
    else:
        assert bits(run(training)) == bits(run(PLAN.training()))
        assert not (folder / LATEST).is_symlink()
    assert target.read_bytes() == good

    (folder / PREVIOUS).unlink()
    if make is not _folder:
        (folder / LATEST).unlink()
        make(folder / LATEST, target)
    for resume, error in ((True, ModelFileError), (False, InputError)):
        with pytest.raises(error):
            Checkpoints(folder, resume=resume)
    assert target.read_bytes() == good


@pytest.mark.skipif(sys.platform == "win32", reason="needs links and pipes")
@pytest.mark.parametrize("make", ODD)
def test_an_odd_lock_is_refused(folder: Path, make: Callable[[Path, Path], None]) -> None:
    target = folder.parent / "target"
    target.write_bytes(b"somebody's")
    before = contents(folder)
    make(folder / NAME, target)
    with pytest.raises(EnvironmentFault, match="cannot be locked"):
        Checkpoints(folder, resume=True)
    assert target.read_bytes() == b"somebody's"
    assert {name: (folder / name).read_bytes() for name in before} == before
