"""What an interrupted command says how to go on with: typed as it stands, it does."""

import shlex
import signal
import sys
from pathlib import Path

import pytest
from rich.console import Console

from framework.history import EpochReport
from framework.training import Training
from tests.scripts.conftest import Chalknet, Outcome

SAID = "\ninterrupted; go on with: chalknet "


@pytest.fixture
def ctrl_c_after_an_epoch(monkeypatch: pytest.MonkeyPatch) -> None:
    """Somebody who watches presses Ctrl-C at the first epoch that ends."""

    def watch(training: Training, console: Console, **_: object) -> None:
        pressed = False
        for event in training:
            if isinstance(event, EpochReport) and not pressed:
                pressed = True
                signal.raise_signal(signal.SIGINT)

    monkeypatch.setattr("scripts.job.watch", watch)


def _advice(done: Outcome) -> list[str]:
    assert done.code == 130
    assert done.err.startswith(SAID)
    return shlex.split(done.err.removeprefix(SAID))


@pytest.mark.skipif(sys.platform == "win32", reason="POSIX signals")
@pytest.mark.usefixtures("ctrl_c_after_an_epoch")
def test_leave_to_overwrite_is_given_again(chalknet: Chalknet, digits_csv: Path, unlabelled_csv: Path) -> None:
    Path("s.csv").write_text("old")
    options = ("--train", digits_csv, "--epochs", 3, "--run", "r", "--predict", unlabelled_csv, "--out", "s.csv")
    stopped = chalknet("train", "plain-128", *options, "--force")
    assert _advice(stopped) == ["resume", "r", "--force"]
    assert chalknet(*_advice(stopped), "--quiet").code == 0
    assert Path("s.csv").read_text().startswith("ImageId,Label\n1,")


@pytest.mark.skipif(sys.platform == "win32", reason="POSIX signals")
@pytest.mark.usefixtures("ctrl_c_after_an_epoch")
def test_what_a_resume_was_told_is_told_again(chalknet: Chalknet, digits_csv: Path, unlabelled_csv: Path) -> None:
    Path("first.csv").write_bytes(digits_csv.read_bytes())
    options = ("--train", "first.csv", "--epochs", 4, "--run", "r", "--predict", unlabelled_csv, "--out", "s.csv")
    stopped = chalknet("train", "plain-128", *options)
    assert _advice(stopped) == ["resume", "r"]  # the folder knows the rest
    Path("first.csv").rename("now here.csv")
    told = ["--train", "now here.csv", "--out", "s77.csv", "--no-test", "--force", "--accept-drift"]
    again = chalknet("resume", "r", *told)
    assert _advice(again) == ["resume", "r", *told]
    assert chalknet(*_advice(again), "--quiet").code == 0
    assert Path("s77.csv").exists()
    assert not Path("s.csv").exists()
