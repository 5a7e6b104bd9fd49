"""The processes of the benchmark: contenders that wait for their turn, commands and their memory, who may answer."""

import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from framework import Sequential
from framework.errors import CheckFailed, EnvironmentFault
from framework.types import Array, Numbers
from models.recipes import recipe
from scripts.benchmarks import answering, process, steps
from scripts.benchmarks.command import run_command
from scripts.benchmarks.environment import COUNTS, NO_BYTECODE, environment
from scripts.benchmarks.launcher import BETWEEN_LOOKS, group_memory
from scripts.benchmarks.peers import naive_numpy
from scripts.benchmarks.peers.job import StepJob
from scripts.benchmarks.progress import Progress

SMALL = StepJob(16, 32, "adam", rows=640)
TENTH = 0.1
"""Seconds a contender works at a time here."""
PYTHON_MB = 40
"""More than a bare Python has in memory (some 10), with room to spare."""
BLOCK_MB = 64
"""What each of two processes takes in the test of memory, for itself."""

linux = pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")


class TestProcesses:
    def test_chalknet_and_naive_numpy_take_turns(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(process, "usable_cores", lambda: 1)
        found = steps.measure(SMALL, names=("chalknet", "naive NumPy"), rounds=2, seconds=TENTH)
        assert [(one.name, one.threads, len(one.rounds)) for one in found] == [
            ("chalknet", 1, 2),
            ("naive NumPy", 1, 2),
        ]
        assert all(one.lowest > 0 for one in found)

    @linux
    def test_between_its_turns_it_is_stopped_and_in_the_end_gone(self) -> None:
        words = ("training", "matrix products", *SMALL.words())
        with process.started("matrix products", words, 1) as one:
            for _ in range(2):
                stopped = os.waitid(os.P_PID, one.process.pid, os.WSTOPPED)  # comes back only once it is
                assert stopped is not None
                assert one.speed(TENTH / 10) > 0
        assert one.process.returncode is not None

    def test_who_cannot_be_started_says_why(self) -> None:
        with pytest.raises(EnvironmentFault, match=r"^x: could not be started: ValueError: .*'many'"):  # noqa: SIM117
            with process.started("x", ("training", "matrix products", "many", "32", "sgd", "64"), 1):
                pass

    def test_a_command_that_fails_says_why(self) -> None:
        with pytest.raises(EnvironmentFault, match=r"^x: ended with 7: no luck$"):
            run_command("x", ["-c", "import sys; print('no luck', file=sys.stderr); sys.exit(7)"], os.environ)

    def test_a_command_takes_time_and_memory(self) -> None:
        """Its own memory: that of the process which measures it, larger here, is not on its account."""
        ours = np.ones(2 * BLOCK_MB * 125_000)
        assert ours.nbytes == 2 * BLOCK_MB * 1e6
        code = f"block = b'x' * {BLOCK_MB}_000_000; import time; time.sleep({20 * BETWEEN_LOOKS})"
        finished = run_command("x", ["-c", code], os.environ, sampled=True)
        assert finished.seconds > 20 * BETWEEN_LOOKS
        if sys.platform == "linux":
            assert finished.largest is not None
            assert finished.together is not None
            assert BLOCK_MB < finished.largest < BLOCK_MB + PYTHON_MB
            assert BLOCK_MB < finished.together < BLOCK_MB + PYTHON_MB

    @linux
    def test_memory_of_a_process_and_its_child_counts_what_they_share_once(self) -> None:
        code = f"""
import os
shared = b"x" * {BLOCK_MB}_000_000
seen, say = os.pipe()
if os.fork():
    own = b"y" * {BLOCK_MB}_000_000
    os.write(say, b".")
    os.wait()
else:
    own = b"z" * {BLOCK_MB}_000_000
    os.read(seen, 1)
    print(os.getpid(), flush=True)
    input()
"""
        with subprocess.Popen(
            [sys.executable, "-c", code], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, process_group=0
        ) as parent:
            assert parent.stdout is not None
            child = int(parent.stdout.readline())
            memory, without = group_memory(parent.pid), group_memory(parent.pid, leave_out=child)
            parent.communicate("\n")
        assert memory is not None
        assert without is not None
        assert 2 * BLOCK_MB < without < 2 * BLOCK_MB + PYTHON_MB
        assert 3 * BLOCK_MB < memory < 3 * BLOCK_MB + PYTHON_MB
        assert group_memory(parent.pid) is None

    def test_the_environment_sets_threads_for_everybody(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv(NO_BYTECODE, "1")
        monkeypatch.delenv("XLA_FLAGS", raising=False)
        one, two, own = environment(1), environment(2), environment(None, CHALKNET_CACHE="there")
        assert [one[name] for name in COUNTS] + [two[name] for name in COUNTS] == ["1"] * 3 + ["2"] * 3
        assert "XLA_FLAGS" in one
        assert "XLA_FLAGS" not in two
        assert NO_BYTECODE not in own
        assert own["CHALKNET_CACHE"] == "there"

    def test_progress_is_lines_where_there_is_no_terminal(self, capsys: pytest.CaptureFixture[str]) -> None:
        with Progress() as progress:
            progress.stage("first")
            progress.now("not shown")
        captured = capsys.readouterr()
        assert (captured.out, captured.err.split()) == ("", ["0:00", "first"])


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The saved network that answers; it need not have learnt anything."""
    path = tmp_path_factory.mktemp("model") / "model.safetensors"
    recipe("plain-128").build(seed=0).save(path)
    return path


class TestAnswering:
    @pytest.mark.parametrize("name", ["chalknet, predict_proba", "chalknet, forward", "naive NumPy"])
    def test_few_images_are_answered_for_many_times(self, model: Path, name: str) -> None:
        assert answering.answering(name, [str(model), "1"])() == answering.CALLS
        assert answering.answering(name, [str(model), "300"])() == 300

    def test_who_says_something_else_takes_no_part(self, model: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        def answerer(model: Sequential, images: Numbers) -> object:
            scores: Array = model.forward(images)
            scores[0] = -scores[0]
            return lambda: scores

        monkeypatch.setattr(naive_numpy, "answerer", answerer)
        with pytest.raises(CheckFailed, match=r"naive NumPy: agrees with the model on 99\.0% of the images"):
            answering.answering("naive NumPy", [str(model), "100"])
