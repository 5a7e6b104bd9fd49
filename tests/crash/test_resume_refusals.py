"""What a resume does that has nothing to do, or that would not be the same run: nothing, and it says why."""

import json
import re
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from framework import EnvironmentFault, InputError, ModelFileError, fit
from framework.saving import Checkpoints, resume
from framework.saving.checkpoints import LATEST, PREVIOUS
from scripts.run_folder import REPORT
from scripts.submission import write_submission
from tests.crash.jobs import TO_THE_END, Job, copied, results
from tests.crash.nursery import Nursery
from tests.crash.trainings import Plan, StopAt, Stopped, bits, contents, fresh, rows, run, run_until_stopped

BAD_INPUT = 2
PLAN = Plan(validation=True)
Command = Callable[..., tuple[int, str]]


@pytest.fixture
def command(nursery: Nursery, tmp_path: Path) -> Command:
    """The command in a folder: its exit code, and what it said."""

    def run(place: Path, *words: str) -> tuple[int, str]:
        log = tmp_path / "log"
        log.unlink(missing_ok=True)
        pid = nursery.start("command", log, words=words, folder=str(place))
        nursery.go(pid)
        code = nursery.end(pid)
        return code, log.read_text()

    return run


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    run_until_stopped(PLAN.training(StopAt(Checkpoints(tmp_path / "run", every=3), step=7)))
    return tmp_path / "run"


def test_resumed_twice_and_then_once_more(command: Command, stopped_run: Path, job: Job, tmp_path: Path) -> None:
    place = copied(stopped_run, tmp_path / "job")
    assert command(place, *TO_THE_END) == (0, "")
    assert results(place) == job.results
    before = contents(place / "run")
    assert command(place, *TO_THE_END) == (0, "")
    code, said = command(place, "resume", "run")
    assert (code, said) == (0, "run: this run is finished; there is nothing to go on with\n")
    code, said = command(place, "resume", "run", "--json")
    assert json.loads(said.splitlines()[-1]) == json.loads(before[REPORT])
    assert contents(place / "run") == before
    assert results(place) == job.results


def test_states_that_a_kill_left_beside_a_report_are_cleared(
    command: Command, stopped_run: Path, tmp_path: Path
) -> None:
    place = copied(stopped_run, tmp_path / "job")
    state = (place / "run" / LATEST).read_bytes()
    assert command(place, *TO_THE_END) == (0, "")
    before = contents(place / "run")
    (place / "run" / LATEST).write_bytes(state)
    assert command(place, *TO_THE_END) == (0, "")
    assert contents(place / "run") == before


def _set(pointer: list[str | int], value: object) -> Callable[[Path], None]:
    def change(place: Path) -> None:
        path = place / "run" / "spec.json"
        tree = json.loads(path.read_text())
        branch = tree
        for key in pointer[:-1]:
            branch = branch[key]
        branch[pointer[-1]] = value
        path.write_text(json.dumps(tree))

    return change


def _other_rows(place: Path) -> None:
    """One cell of one row."""
    note = place / "run" / "job.json"
    table = Path(json.loads(note.read_text())["train"])
    lines = table.read_text().splitlines()
    lines[5] = lines[5].rpartition(",")[0] + (",3" if not lines[5].endswith(",3") else ",4")
    (place / "other.csv").write_text("\n".join(lines) + "\n")
    note.write_text(note.read_text().replace(str(table), str(place / "other.csv")))


CHANGES: dict[str, tuple[Callable[[Path], None], str]] = {
    "learning rate": (
        _set(["optimizer", "learning_rate"], 0.06),
        r"/optimizer/learning_rate: got '0.06' now, and '0.05'",
    ),
    "rule": (_set(["optimizer"], {"type": "adam"}), r"/optimizer/\w+: got '.*' now, and '.*'"),
    "layer": (_set(["model", "layers", 4, "rate"], 0.2), r"/model/layers/4/rate: got '0.2' now, and '0.1'"),
    "seed": (_set(["training", "seed"], 8), r"/training/seed: got '8' now, and '7'"),
    "epochs": (_set(["training", "epochs"], 4), r"/training/epochs: got '4' now, and '3'"),
    "threads": (_set(["training", "threads"], 2), r"/training/threads: got '2' now, and '1'"),
    "hold-out": (_set(["data", "validation_split"], 0.2), r"/data/validation_split: got '0.2' now, and '0.1'"),
    "augmentation": (_set(["augmentation"], None), r"/augmentation: got 'null' now, and '.*'"),
    "rows": (_other_rows, r"data: got rows with the SHA-256 [0-9a-f]{64} now, and [0-9a-f]{64}"),
}


@pytest.mark.parametrize(("change", "difference"), CHANGES.values(), ids=CHANGES)
def test_another_run_is_refused(
    change: Callable[[Path], None], difference: str, command: Command, stopped_run: Path, tmp_path: Path
) -> None:
    place = copied(stopped_run, tmp_path / "job")
    (place / "run" / "lock").unlink()
    change(place)
    before = contents(place / "run")
    code, said = command(place, *TO_THE_END)
    assert code == BAD_INPUT
    assert re.match(rf"error: run/{LATEST}: {difference} when the run began; expected the same", said), said
    assert contents(place / "run") == before


def test_in_process_too(folder: Path) -> None:
    before = contents(folder)
    for plan, words in (
        (Plan("adam", validation=True), "/optimizer/type: got '\"adam\"' now, and '\"sgd\"'"),
        (Plan(validation=True, settings={"seed": 1}), "/training/seed: got '1' now, and '0'"),
        (Plan(validation=True, weighted=True), "data: got rows"),
        (Plan(), "data: got rows"),  # those it was validated on count as well
    ):
        with pytest.raises(InputError) as caught:
            plan.training(Checkpoints(folder, resume=True))
        assert words in str(caught.value)
        assert str(caught.value).startswith(f"{folder / LATEST}: ")
    assert contents(folder).keys() - {"lock"} == before.keys()
    assert bits(run(PLAN.training(Checkpoints(folder, resume=True)))) == bits(run(PLAN.training()))


def test_another_arithmetic_is_refused_unless_it_is_accepted(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("framework.saving.checkpoints.arithmetic", lambda: "numpy 9.9.9, openblas 1 Z80")
    with pytest.raises(InputError) as caught:
        PLAN.training(Checkpoints(folder, resume=True))
    assert "got 'numpy 9.9.9, openblas 1 Z80' now, and 'chalknet " in str(caught.value)
    assert caught.value.hint is not None
    assert "--accept-drift" in caught.value.hint
    training = PLAN.training(Checkpoints(folder, resume=True, accept_drift=True))
    assert training.state.step == 6
    run(training)
    assert PLAN.training(Checkpoints(folder, resume=True)).state.epoch == 4  # from now on it is the one of the run


def test_the_command_accepts_drift(command: Command, stopped_run: Path, job: Job, tmp_path: Path) -> None:
    place = copied(stopped_run, tmp_path / "job")
    assert command(place, *TO_THE_END, "--accept-drift") == (0, "")
    assert results(place) == job.results  # as in truth nothing has drifted


def test_fit_again_goes_on(tmp_path: Path) -> None:
    """The same call, in a script that was killed and is started once more; and when all is done, it does nothing."""

    def script(checkpoints: Any) -> tuple[Any, dict[str, np.ndarray[Any, Any]]]:
        model = PLAN.model()
        history = fit(
            model,
            rows(),
            optimizer=fresh("momentum"),
            epochs=4,
            batch_size=5,
            threads=1,
            validation_data=rows(9, seed=3),
            show=False,
            checkpoints=checkpoints,
        )
        return history.history, model.get_weights()

    keeper = StopAt(Checkpoints(tmp_path / "run", every=3), step=13)
    with pytest.raises(Stopped):
        script(keeper)
    history, weights = script(tmp_path / "run")
    whole, expected = script(None)
    assert history == whole
    before = contents(tmp_path / "run")
    again, same = script(tmp_path / "run")
    assert again == whole
    assert contents(tmp_path / "run") == before
    for name, array in expected.items():
        np.testing.assert_array_equal(weights[name], array)
        np.testing.assert_array_equal(same[name], array)


def test_a_folder_that_holds_a_run_is_not_begun_anew(folder: Path) -> None:
    before = contents(folder)
    for missing in (None, LATEST):  # nor where there is only the one before
        if missing is not None:
            (folder / missing).unlink()
            before.pop(missing)
        with pytest.raises(InputError, match="got a folder that holds a run; expected a new one"):
            Checkpoints(folder)
        assert contents(folder) == before
    assert PREVIOUS in before


def test_resume_makes_nothing_where_there_is_nothing(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="got no such folder"):
        resume(tmp_path / "typo", rows())
    assert not (tmp_path / "typo").exists()
    (tmp_path / "empty").mkdir()
    with pytest.raises(InputError, match="got no saved state"):
        resume(tmp_path / "empty", rows())
    assert list((tmp_path / "empty").iterdir()) == []


def test_resume_tells_a_run_that_is_finished_from_one_that_never_was(tmp_path: Path) -> None:
    model = tmp_path / "model.safetensors"
    model.write_bytes(b"of a finished run")
    with pytest.raises(InputError) as caught:
        resume(tmp_path, rows())
    assert str(caught.value) == f"{tmp_path}: got a run that is finished; expected one that was stopped"
    assert caught.value.hint == f"its model is Sequential.load({str(model)!r})"


def test_states_of_another_run_in_one_folder(folder: Path, tmp_path: Path) -> None:
    """A model in the place of a state is no state."""
    shutil.copy(folder / "best.safetensors", folder / LATEST)
    (folder / PREVIOUS).unlink()
    with pytest.raises(ModelFileError, match="got a model; expected a checkpoint"):
        Checkpoints(folder, resume=True)


def test_checkpoints_serve_one_training(tmp_path: Path) -> None:
    checkpoints = Checkpoints(tmp_path)
    with pytest.raises(InputError, match="got no training to save"):
        checkpoints.save()
    training = PLAN.training(checkpoints)
    with pytest.raises(InputError, match="got those of another training"):
        PLAN.training(checkpoints)
    checkpoints.save()  # before the first step, too
    checkpoints.close()
    assert PLAN.training(Checkpoints(tmp_path, resume=True)).state == training.state


def test_a_submission_that_is_there_already(tmp_path: Path) -> None:
    """A resumed run finds its own, and may go on; another one stays."""
    path = tmp_path / "submission.csv"
    write_submission(path, np.arange(3), force=False)
    write_submission(path, np.arange(3), force=False)
    before = path.read_bytes()
    with pytest.raises(InputError, match="got a file that exists"):
        write_submission(path, np.arange(4), force=False)
    with pytest.raises(InputError, match="got a file that exists"):
        write_submission(path, np.arange(3)[::-1], force=False)
    assert path.read_bytes() == before


def test_a_file_where_a_folder_should_be(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("mine")
    with pytest.raises(InputError, match="got a file; expected a folder"):
        Checkpoints(tmp_path / "file")
    with pytest.raises(EnvironmentFault, match="cannot be made"):
        Checkpoints(tmp_path / "file" / "below")
