"""Every system call of a save killed, and every one failed: what was there before or what was to be, never less.

strace does it to a real process, at the k-th openat, write, ... after the save began, for every k there is.
"""

import os
import shutil
from collections import Counter
from errno import ENOSPC, errorcode
from pathlib import Path

import pytest

from framework.files import TEMPORARY
from framework.saving import Checkpoints
from framework.saving.checkpoints import LATEST, PREVIOUS
from tests.crash.faults import CALLS, ENVIRONMENT, FAULTS, Trials, is_tidying
from tests.crash.trainings import Plan, StopAt, bits, contents, run, run_until_stopped


class Saved:
    """A folder with two states in it, for a process that goes on, saves the third and ends."""

    def __init__(self, place: Path, *, validation: bool) -> None:
        self.plan = Plan(validation=validation)
        self.template, self.folder = place / "template", place / "folder"
        checkpoints = Checkpoints(self.template, every=3, seconds=3600)
        run_until_stopped(self.plan.training(StopAt(checkpoints, step=7)))
        self.before = contents(self.template)
        assert self.before.keys() >= {LATEST, PREVIOUS}
        self.arguments = {"folder": str(self.folder), "validation": validation}
        self.end = bits(run(self.plan.training()))
        self.known: set[tuple[tuple[str, bytes], ...]] = set()

    def renew(self) -> None:
        shutil.rmtree(self.folder, ignore_errors=True)
        shutil.copytree(self.template, self.folder)

    def states(self, new: bytes) -> list[dict[str, bytes]]:
        """What may be in the folder after no rename, after the first, and after both."""
        latest, previous = self.before[LATEST], self.before[PREVIOUS]
        return [
            {LATEST: latest, PREVIOUS: previous},
            {PREVIOUS: latest},
            {LATEST: new, PREVIOUS: latest},
        ]

    def found(self) -> dict[str, bytes]:
        return {name: content for name, content in contents(self.folder).items() if name in (LATEST, PREVIOUS)}

    def left(self) -> list[str]:
        return [name for name in contents(self.folder) if name.startswith(TEMPORARY)]

    def goes_on(self) -> bool:
        """Whether a resume ends with the same bits, and tidies up; a folder with known contents is not tried again."""
        key = tuple(sorted(contents(self.folder).items()))
        if key in self.known:
            return True
        self.known.add(key)
        training = self.plan.training(Checkpoints(self.folder, resume=True))
        return bits(run(training)) == self.end and not self.left()


@pytest.mark.parametrize("validation", [False, True])
def test_killed_at_any_call_of_a_save(trials: Trials, tmp_path: Path, validation: bool) -> None:
    saved = Saved(tmp_path, validation=validation)
    saved.renew()
    clean = trials("checkpoint", **saved.arguments)
    assert (clean.code, clean.errors) == (0, "")
    states = saved.states(contents(saved.folder)[LATEST])
    seen, kills = [], Counter[str]()
    for call in CALLS:
        while True:
            saved.renew()
            if not trials.killed("checkpoint", call, kills[call] + 1, **saved.arguments):
                break
            kills[call] += 1
            seen.append(states.index(saved.found()))
            assert len(saved.left()) <= 1
            assert saved.goes_on()
    assert kills == {call: clean.count(call) for call in CALLS}
    assert min(kills.values()) >= 1
    assert set(seen) == {0, 1, 2}


def _explains(errors: str, path: Path, error: int) -> bool:
    return errors == f"error: {path}: cannot be written: {os.strerror(error)}\n"


WAYS = [(error, "") for error in FAULTS] + [(ENOSPC, "+")]
"""Which error, and whether it lasts: what is true of a full disk for ever is true of the others."""
MORE_WAYS = [(error, "+") for error in FAULTS if error != ENOSPC]


@pytest.mark.parametrize(
    ("error", "lasting"), [*WAYS, *(pytest.param(*way, marks=pytest.mark.long) for way in MORE_WAYS)]
)
def test_any_call_of_a_save_fails(trials: Trials, tmp_path: Path, error: int, lasting: str) -> None:
    saved = Saved(tmp_path, validation=False)
    saved.renew()
    clean = trials("checkpoint", **saved.arguments)
    states = saved.states(contents(saved.folder)[LATEST])
    for call, name in CALLS.items():
        for number in range(1, clean.count(call) + 1):
            saved.renew()
            fault = f"{name}:error={errorcode[error]}:when={number}{lasting}"
            done = trials("checkpoint", fault, **saved.arguments)
            assert done.failed, f"{fault} hit nothing"
            harmless = all(map(is_tidying, done.failed))
            assert done.code == (0 if harmless else ENVIRONMENT), (fault, done)
            unheard = call == "write" and lasting  # then stderr cannot be written either
            assert harmless or unheard or _explains(done.errors, saved.folder / LATEST, error), (fault, done.errors)
            assert saved.found() == states[done.renamed], fault
            assert not saved.left(), fault
            assert saved.goes_on(), fault


def test_a_temporary_file_that_cannot_be_removed_is_removed_by_the_next_run(trials: Trials, tmp_path: Path) -> None:
    saved = Saved(tmp_path, validation=False)
    saved.renew()
    faults = ("fsync:error=EIO:when=1", f"{CALLS['unlink']}:error=EIO:when=1+")
    done = trials("checkpoint", *faults, **saved.arguments)
    assert done.code == ENVIRONMENT
    assert len(done.failed) == 3
    assert len(saved.left()) == 1
    assert saved.goes_on()


def test_a_failed_fsync_is_final(trials: Trials, tmp_path: Path) -> None:
    """The pages that it did not write may be gone: a second one would say that all is well."""
    saved = Saved(tmp_path, validation=False)
    saved.renew()
    done = trials("checkpoint", "fsync:error=EIO:when=1", **saved.arguments)
    assert (done.count("fsync"), done.renamed) == (1, 0)


def test_a_write_that_only_claims_to_have_written_is_found_out(trials: Trials, tmp_path: Path) -> None:
    saved = Saved(tmp_path, validation=False)
    saved.renew()
    trials("checkpoint", **saved.arguments)
    size = len(contents(saved.folder)[LATEST])
    saved.renew()
    done = trials("checkpoint", f"write:retval={size}:when=1", **saved.arguments)
    assert len(done.failed) == 1
    assert done.code == ENVIRONMENT
    reason = "cannot be written: got other bytes back than were written"
    assert done.errors == f"error: {saved.folder / LATEST}: {reason}\n"
    assert saved.found() == {name: saved.before[name] for name in (LATEST, PREVIOUS)}
    assert not saved.left()
