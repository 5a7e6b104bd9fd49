"""The processes of a shared training: how they end, whatever ends it, and that none of them is left."""

import dataclasses
import errno
import os
import pkgutil
import signal
import subprocess
import sys
import time
from pathlib import Path
from types import FrameType
from typing import NoReturn

import numpy as np
import pytest

from framework import SGD, Diverged, EnvironmentFault, EpochReport, InputError
from framework.data.batches import Batch
from framework.randomness import Step
from framework.saving import Checkpoints
from framework.sharing.units import UnitGradients
from framework.threads import usable_cores
from tests.framework.sharing.common import (
    FLOAT64,
    UNITS,
    children,
    dense_layers,
    end_of,
    only_where_shared,
    small_training,
)
from tests.source import ROOT

pytestmark = only_where_shared


def test_no_process_is_left_however_a_training_ends() -> None:
    before = children()
    end_of(small_training(3))
    assert children() == before

    events = iter(small_training(3, epochs=1000))
    next(events)
    assert len(children() - before) == 2
    del events  # as when a loop is broken off
    assert children() == before

    failing = small_training(3, epochs=1000, checkpoints=None)
    events = iter(failing)
    next(events)
    failing.batches.take = None  # type: ignore[method-assign, assignment]
    with pytest.raises(TypeError):
        list(events)
    assert children() == before


@pytest.mark.parametrize("ranks", [1, 2])
def test_a_training_that_diverges_says_so(ranks: int) -> None:
    before = children()
    training = small_training(ranks, SGD(1e200))
    with pytest.raises(Diverged, match=r"epoch 1, step \d, learning rate") as caught, np.errstate(all="ignore"):
        end_of(training)
    assert "the first number that is not finite is in" in str(caught.value)
    assert children() == before


@pytest.mark.parametrize("ranks", [1, 2])
def test_where_the_loss_is_not_finite_the_weights_are_those_before_the_step(ranks: int) -> None:
    results = []
    for number in (1, ranks):
        training = small_training(number)
        for event in training:
            if isinstance(event, EpochReport):
                break
        training.optimizer.learning_rate = 1e305
        with pytest.raises(Diverged, match=r"epoch 2, step \d+, .*: the loss is ") as caught, np.errstate(all="ignore"):
            end_of(training)
        results.append((training.model.parameters.values, str(caught.value)))
    np.testing.assert_allclose(results[1][0], results[0][0], rtol=FLOAT64)
    assert results[0][1] == results[1][1]


def _plant_at(step: int, where: set[int], monkeypatch: pytest.MonkeyPatch) -> None:
    """Let a gradient of these ranks be NaN at this step."""
    whole = UnitGradients.__call__

    def failing(self: UnitGradients, batch: Batch, at: Step) -> tuple[float, int]:
        answer = whole(self, batch, at)
        if self.rank in where and at.index == step:
            self._own.models[0].parameters.grads[0] = np.nan
        return answer

    monkeypatch.setattr(UnitGradients, "__call__", failing)


@pytest.mark.parametrize("forgetful", [False, True])
@pytest.mark.parametrize(("ranks", "where"), [(2, {0}), (2, {1}), (3, {0}), (3, {2}), (3, {0, 1}), (3, {1, 2})])
@pytest.mark.parametrize(("step", "epoch"), [(4, 1), (6, 1), (9, 2), (13, 2)])
@pytest.mark.parametrize("hidden", [(UNITS,), (UNITS, 20, UNITS)], ids=len)
def test_a_gradient_that_is_not_finite_in_some_ranks_ends_it_with_weights_that_belong_together(
    ranks: int,
    hidden: tuple[int, ...],
    step: int,
    epoch: int,
    where: set[int],
    forgetful: bool,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Also in the last step of an epoch, and of all; also where the system forgets how a process has ended."""
    _plant_at(step, where, monkeypatch)
    before, handler = children(), signal.getsignal(signal.SIGCHLD)
    training = small_training(ranks, layers=dense_layers(*hidden))
    seen = [training.model.parameters.values.copy()]
    signal.signal(signal.SIGCHLD, signal.SIG_IGN if forgetful else handler)
    try:
        with pytest.raises(Diverged, match=rf"epoch {epoch}, step {step + 1}, .*: a gradient is not finite"):
            seen.extend(training.model.parameters.values.copy() for _ in training)
    finally:
        signal.signal(signal.SIGCHLD, handler)
    assert children() == before
    np.testing.assert_array_equal(training.model.parameters.values, seen[-1])


def test_what_has_come_after_the_last_report_is_not_counted_as_learnt(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where it is lost, as here, nothing goes on as if it were not."""
    _plant_at(4, {1}, monkeypatch)
    training = small_training(2)
    with pytest.raises(Diverged):
        list(training)
    assert (training.optimizer.steps, training.state.step) == (0, 5)
    with pytest.raises(InputError, match="got an optimizer that has made 0 steps; expected 5"):
        list(training)


def test_a_state_that_is_not_finite_is_not_saved(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    _plant_at(5, {1}, monkeypatch)
    training = small_training(2, checkpoints=Checkpoints(tmp_path, every=3))
    with pytest.raises(Diverged):
        end_of(training)
    assert small_training(2, checkpoints=Checkpoints(tmp_path, resume=True)).state.step == 3


def test_a_training_that_is_made_longer_says_that_a_process_has_ended() -> None:
    """Never is an old sum taken for a new one."""
    training = small_training(2, epochs=1)

    def go_on() -> None:
        for _ in training:
            training.settings = dataclasses.replace(training.settings, epochs=2)

    with pytest.raises(EnvironmentFault, match="a process of the training ended with 0; expected it to go on"):
        go_on()
    assert training.state.step == training.optimizer.steps == 7


def test_a_script_that_forks_ends_nothing_but_its_copy() -> None:
    code = (
        "import os, sys\n"
        "import tests.framework.sharing.common as own\n"
        "training = own.small_training(2)\n"
        "for number, _ in enumerate(training):\n"
        "    if number == 0 and not os.fork():\n"
        "        sys.exit(0)\n"
        "print(training.state.step, training.optimizer.steps)\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, cwd=ROOT)
    assert (done.stdout, done.stderr) == ("14 14\n", "")


def test_memory_that_cannot_be_had_is_a_fault_of_the_machine(monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*words: object) -> NoReturn:
        raise OSError(errno.ENOMEM, "Cannot allocate memory")

    monkeypatch.setattr("framework.sharing.meeting.mmap.mmap", full)
    with pytest.raises(EnvironmentFault, match=r"^memory for processes to share: Cannot allocate memory"):
        end_of(small_training(2))
    monkeypatch.setattr("framework.choosing.usable_cores", lambda: 2)
    training = small_training("auto")
    list(training)
    assert training.threads == 1


@pytest.mark.parametrize("place", ["framework.sharing.units.UnitShare.give", "framework.sharing.ranks.Meeting.end"])
def test_ctrl_c_again_and_again_while_it_ends_loses_nothing(place: str, monkeypatch: pytest.MonkeyPatch) -> None:
    whole, interrupted = small_training(2), small_training(2)
    here, before = os.getpid(), children()
    owner, _, name = place.rpartition(".")
    real = getattr(pkgutil.resolve_name(owner), name)

    def press(*words: object) -> object:
        if os.getpid() == here:
            os.kill(here, signal.SIGINT)
        return real(*words)

    events = iter(interrupted)
    for event in events:
        if isinstance(event, EpochReport):
            break
    with monkeypatch.context() as keyboard:
        keyboard.setattr(place, press)
        with pytest.raises(KeyboardInterrupt):
            events.throw(KeyboardInterrupt)  # type: ignore[attr-defined]
    assert interrupted.state.step == interrupted.optimizer.steps == 7
    assert children() == before
    assert end_of(interrupted)[0].tobytes() == end_of(whole)[0].tobytes()


def test_measuring_threads_leaves_it_to_the_first_step_to_diverge(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("framework.choosing.usable_cores", lambda: 2)
    training = small_training("auto")
    training.model.parameters.values[...] = 1e300
    with pytest.raises(Diverged, match="epoch 1, step 1, "), np.errstate(all="ignore"):
        list(training)


def test_where_no_process_can_be_started_one_will_do(monkeypatch: pytest.MonkeyPatch) -> None:
    def full() -> int:
        raise BlockingIOError(errno.EAGAIN, "Resource temporarily unavailable")

    monkeypatch.setattr("framework.sharing.ranks.os.fork", full)
    monkeypatch.setattr("framework.choosing.usable_cores", lambda: 2)
    training = small_training("auto")
    list(training)
    assert training.threads == 1


def test_a_signal_at_the_birth_of_a_process_is_for_the_first_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As from a terminal, which signals all; a child that raised would run the rest of the script."""
    here, fork, marker = os.getpid(), os.fork, tmp_path / "unwound"

    def stop(number: int, frame: FrameType | None) -> None:
        raise TimeoutError

    def fork_and_signal() -> int:
        process = fork()
        os.kill(os.getpid(), signal.SIGTERM)
        return process

    before, handler = children(), signal.signal(signal.SIGTERM, stop)
    monkeypatch.setattr("framework.sharing.ranks.os.fork", fork_and_signal)
    try:
        with pytest.raises(TimeoutError):
            list(small_training(3))
    finally:
        if os.getpid() != here:
            marker.touch()
            os._exit(1)
        signal.signal(signal.SIGTERM, handler)
    assert children() == before
    assert not marker.exists()


def test_a_machine_that_allows_no_more_processes_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    def full() -> int:
        raise BlockingIOError(errno.EAGAIN, "Resource temporarily unavailable")

    monkeypatch.setattr("framework.sharing.ranks.os.fork", full)
    with pytest.raises(EnvironmentFault, match=r"^a process cannot be started: Resource temporarily unavailable"):
        end_of(small_training(2))


def test_somebody_who_never_wants_to_hear_of_ended_processes_can_train(monkeypatch: pytest.MonkeyPatch) -> None:
    """The system forgets them then, and waiting for one is an error."""
    before = signal.signal(signal.SIGCHLD, signal.SIG_IGN)
    try:
        assert end_of(small_training(2))[0].tobytes() == end_of(small_training(2))[0].tobytes()
    finally:
        signal.signal(signal.SIGCHLD, before)


def test_a_rank_that_is_killed_ends_the_training_with_a_word() -> None:
    before = children()
    events = iter(small_training(2, epochs=100_000))
    next(events)
    os.kill((children() - before).pop(), signal.SIGKILL)
    with pytest.raises(EnvironmentFault, match="a process of the training ended with -9"):
        list(events)
    assert children() == before


@pytest.mark.skipif(usable_cores() < 2, reason="the other process has the cores there are")
def test_ranks_end_with_the_process_that_has_begun_them(tmp_path: Path) -> None:
    code = (
        "import tests.framework.sharing.common as own\n"
        "for _ in own.small_training(2, epochs=100_000):\n"
        "    print(*own.children(), flush=True)\n"
    )
    with subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, text=True, cwd=ROOT) as first:
        assert first.stdout is not None
        other = int(first.stdout.readline())
        first.kill()
        first.wait()
        deadline = time.monotonic() + 30
        while Path(f"/proc/{other}/stat").exists() and time.monotonic() < deadline:
            if Path(f"/proc/{other}/stat").read_text().rpartition(")")[2].split()[0] == "Z":
                break
            time.sleep(0.01)
        else:
            assert not Path(f"/proc/{other}").exists()
