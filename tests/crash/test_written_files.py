"""The files that a job leaves: every system call of their writing killed and failed, and the order of the calls."""

import os
import re
import shutil
from collections.abc import Iterator, Sequence
from errno import ENOSPC, errorcode
from pathlib import Path

import pytest

from framework.files import TEMPORARY
from framework.saving.checkpoints import BEST, LATEST, PREVIOUS
from tests.crash.faults import CALLS, ENVIRONMENT, FAULTS, Trials, is_tidying
from tests.crash.jobs import TO_THE_END, Job, copied, results, words
from tests.crash.trainings import contents

WRITERS = {"submission": "submission.csv", "spec": "spec.json", "history": "history.csv", "report": "report.json"}
OLD = b"what was there before"


def _file_faults(errors: Sequence[int], lastings: Sequence[str]) -> Iterator[tuple[int, str]]:
    return ((error, lasting) for error in errors for lasting in lastings)


def _every_call_of_a_file(trials: Trials, place: Path, action: str, faults: Sequence[tuple[int, str]]) -> int:
    """Kill each call once, and have each fail in each of these ways; the number of faults."""
    path = place / "there" / WRITERS[action]
    path.parent.mkdir()

    def left() -> list[str]:
        return [name for name in contents(path.parent) if name != path.name]

    path.write_bytes(OLD)
    clean = trials(action, path=str(path))
    new = path.read_bytes()
    assert (clean.code, clean.errors, new != OLD, left()) == (0, "", True, [])
    hits = 0
    for call, name in CALLS.items():
        count = clean.count(call)
        assert count
        for number in range(1, count + 1):
            path.write_bytes(OLD)
            assert trials.killed(action, call, number, path=str(path))
            hits += 1
            assert path.read_bytes() in (OLD, new)
            for temporary in left():
                (path.parent / temporary).unlink()
            for error, lasting in faults:
                path.write_bytes(OLD)
                fault = f"{name}:error={errorcode[error]}:when={number}{lasting}"
                done = trials(action, fault, path=str(path))
                hits += 1
                assert done.failed, f"{fault} hit nothing"
                assert path.read_bytes() == (new if done.renamed else OLD), fault
                harmless = all(map(is_tidying, done.failed))
                assert done.code == (0 if harmless else ENVIRONMENT), (fault, done)
                heard = re.fullmatch(rf"error: {path}: .*: {os.strerror(error)}\n", done.errors)
                assert heard or harmless or (call == "write" and lasting), (fault, done.errors)
                assert not left(), fault
        path.write_bytes(OLD)
        assert not trials.killed(action, call, count + 1, path=str(path))
    return hits


@pytest.mark.parametrize("action", WRITERS)
def test_every_call_of_a_file_killed_and_failed(trials: Trials, tmp_path: Path, action: str) -> None:
    """They share one writer; the submission, which is read once more, has them all."""
    faults = list(_file_faults(FAULTS, [""])) if action == "submission" else [(ENOSPC, "+")]
    assert _every_call_of_a_file(trials, tmp_path, action, faults)


@pytest.mark.long
@pytest.mark.parametrize("action", WRITERS)
def test_every_call_of_a_file_fails_in_every_way(trials: Trials, tmp_path: Path, action: str) -> None:
    hits = _every_call_of_a_file(trials, tmp_path, action, list(_file_faults(FAULTS, ["", "+"])))
    print(f"{action}: {hits} faults")


def test_contents_are_on_disk_before_the_name_and_the_name_before_anything_else(
    trials: Trials, job: Job, tmp_path: Path
) -> None:
    """For every file of a whole job: write < fsync(file) < rename < fsync(folder), and no write after the fsync."""
    place = tmp_path / "job"
    place.mkdir()
    done = trials("command", words=words(job.place), folder=str(place))
    assert done.code == 0
    published = []
    for at, line in enumerate(done.calls):
        renaming = re.fullmatch(r'rename\w*\(.*?"(.*?)", .*?"(.*?)".*\) = 0', line)
        if renaming is None:
            continue
        source, target = (place / name for name in renaming.groups())
        if source.name == LATEST:
            assert target.name == PREVIOUS
            continue
        assert source.name.startswith(TEMPORARY)
        assert source.parent == target.parent
        before, after = done.calls[:at], done.calls[at:]
        of_it = re.compile(rf"\w+\(\d+<{re.escape(str(source))}>")  # not what a thread was interrupted in, and resumed
        own = [call.partition("(")[0] for call in before if of_it.match(call)]
        assert own[0] == "write"
        assert own[: own.index("fsync") + 1] == ["write"] * (own.index("fsync")) + ["fsync"]
        assert "write" not in own[own.index("fsync") :]
        synced = next(index for index, call in enumerate(after) if re.match(rf"fsync\(\d+<{target.parent}>", call))
        assert not any(call.startswith("rename") for call in after[1:synced])
        published.append(target.name)
    names = {LATEST, BEST, *WRITERS.values(), "job.json", "model.safetensors"}
    assert set(published) == names
    assert published.count(LATEST) >= 32


@pytest.fixture
def nearly_done(trials: Trials, stopped_run: Path, tmp_path: Path) -> Path:
    """A job whose training is over and saved, killed when it was about to publish its model."""
    resume = {"words": TO_THE_END}
    first = copied(stopped_run, tmp_path / "first")
    clean = trials("command", **resume, folder=str(first))
    assert clean.code == 0
    renames = [line for line in clean.calls if line.startswith("rename")]
    model = next(number for number, line in enumerate(renames, start=1) if '"run/model.safetensors"' in line)
    place = copied(stopped_run, tmp_path / "nearly done")
    assert trials.killed("command", "rename", model, **resume, folder=str(place))
    return place


def _kill_the_end_of_a_job(trials: Trials, job: Job, nearly_done: Path, calls: Sequence[str]) -> int:
    kills = 0
    for call in calls:
        number = 1
        while True:
            place = copied(nearly_done, nearly_done.parent / f"{call}-{number}")
            killed = trials.killed("command", call, number, words=TO_THE_END, folder=str(place))
            if killed:
                kills += 1
                again = trials("command", words=TO_THE_END, folder=str(place))
                assert (again.code, again.errors) == (0, ""), (call, number)
            assert results(place) == job.results, (call, number)
            shutil.rmtree(place)
            if not killed:
                assert number > 1
                break
            number += 1
    return kills


def test_killed_while_the_results_are_written(trials: Trials, job: Job, nearly_done: Path) -> None:
    """Between any two of model, history, submission and report, and while the states are cleared away."""
    assert _kill_the_end_of_a_job(trials, job, nearly_done, ["rename", "unlink"]) >= 12


@pytest.mark.long
def test_killed_at_any_call_at_the_end_of_a_job(trials: Trials, job: Job, nearly_done: Path) -> None:
    kills = _kill_the_end_of_a_job(trials, job, nearly_done, list(CALLS))
    print(f"{kills} kills")
