"""The processes of a shared training: how they end, whatever ends it, and that none of them is left."""

import errno
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest

from framework import SGD, Diverged, EnvironmentFault
from framework.data.batches import Batch
from framework.randomness import Step
from framework.sharing.units import UnitGradients
from framework.threads import usable_cores
from tests.framework.sharing.common import UNITS, children, dense_layers, end_of, only_where_shared, small_training
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


@pytest.mark.parametrize("ranks", [2, 3])
@pytest.mark.parametrize("hidden", [(UNITS,), (UNITS, 20, UNITS)], ids=len)
def test_a_gradient_that_is_not_finite_in_another_rank_ends_it_too(
    hidden: tuple[int, ...], ranks: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = UnitGradients.__call__

    def failing(self: UnitGradients, batch: Batch, step: Step) -> tuple[float, int]:
        answer = whole(self, batch, step)
        if self.rank == 1 and step.index == 4:
            self._own.models[0].parameters.grads[0] = np.nan
        return answer

    monkeypatch.setattr(UnitGradients, "__call__", failing)
    before = children()
    training = small_training(ranks, layers=dense_layers(*hidden))
    with pytest.raises(Diverged, match=r"epoch 1, step 6, .*: a gradient is not finite"):
        end_of(training)
    assert children() == before
    assert np.isfinite(training.model.parameters.values).all()


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
