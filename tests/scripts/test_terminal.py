"""The command in a real terminal, in front of a reader that goes away, and without any output at all."""

import os
import re
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from framework.console.network import WIDEST
from tests.framework.console.consoles import ESCAPES
from tests.framework.console.screen import HIDE, SHOW, screen_of

if sys.platform == "win32":
    pytest.skip("no pseudo-terminals", allow_module_level=True)

import pty
import signal
import termios

ROOT = Path(__file__).resolve().parents[2]
SECONDS = 60
"""Nothing here takes as long."""
COLOUR = re.compile(r"\x1b\[(?:\d+;)*3\d(?:;\d+)*m")

# a shell that runs the tests in the background has told them, and so their children, to ignore Ctrl-C
HEED = "import signal; signal.signal(signal.SIGINT, signal.default_int_handler); from scripts.cli import main; main()"


@dataclass
class Terminal:
    """A process and the terminal it runs in."""

    process: subprocess.Popen[bytes]
    keyboard: int
    written: bytearray = field(default_factory=bytearray)

    def read_until(self, pattern: str) -> None:
        end = time.monotonic() + SECONDS
        while not re.search(pattern.encode(), self.written):
            assert time.monotonic() < end, self.text
            assert self._read(), self.text

    def read_to_the_end(self) -> int:
        """The exit code."""
        while self._read():
            pass
        return self.process.wait(SECONDS)

    def _read(self) -> bool:
        try:
            piece = os.read(self.keyboard, 65_536)
        except OSError:  # what Linux makes of a terminal whose last process is gone
            return False
        self.written += piece
        return bool(piece)

    @property
    def text(self) -> str:
        return self.written.decode().replace("\r\n", "\n")


@contextmanager
def _terminal(*arguments: object, width: int = 80, height: int = 24, **environment: str) -> Iterator[Terminal]:
    keyboard, screen = pty.openpty()
    termios.tcsetwinsize(screen, (height, width))
    kept = {
        name: value for name, value in os.environ.items() if name not in ("NO_COLOR", "FORCE_COLOR", "COLUMNS", "LINES")
    }
    with subprocess.Popen(
        [sys.executable, "-c", HEED, *map(str, arguments)],
        stdin=screen,
        stdout=screen,
        stderr=screen,
        start_new_session=True,
        env={**kept, "PYTHONPATH": str(ROOT), "TERM": "xterm-256color", **environment},
    ) as process:
        os.close(screen)
        try:
            yield Terminal(process, keyboard)
        finally:
            process.kill()
            os.close(keyboard)


@pytest.mark.parametrize(("width", "height"), [(80, 24), (120, 40), (80, 12)])
def test_a_run_in_a_terminal(width: int, height: int, tmp_path: Path, digits_csv: Path) -> None:
    options = ("--train", digits_csv, "--validation", 0.2, "--epochs", 30, "--run", tmp_path / "r")
    with _terminal("train", "plain-128", *options, width=width, height=height) as terminal:
        assert terminal.read_to_the_end() == 0
    assert "reading " in terminal.text
    assert "run  ━" in ESCAPES.sub("", terminal.text)
    screen = screen_of(terminal.text, height)
    lines = screen.text.splitlines()
    assert lines[0].startswith("╭─")
    assert "  plain-128 784-128-10  " in lines[0]
    assert len(lines[0]) == min(width, WIDEST)
    for words in (
        "A1 = max(0, Z1)",
        "480 samples, 120 held out, from",
        "30/30 ",
        " ★",
        "most often misread  ",
        "row ",
        "▀",
    ):
        assert words in screen.text
    assert re.search(r"^hold-out  \d\d\.\d\d% right, \d+ errors in 120, loss 0\.\d{4}$", screen.text, re.MULTILINE)
    assert re.search(rf"^saved in {re.escape(str(tmp_path))}/r  \(\d+\.\d s training, ", screen.text, re.MULTILINE)
    for gone in ("reading ", "━", "╸", " left"):
        assert gone not in screen.text
    assert screen.cursor_shown
    assert COLOUR.search(terminal.text)
    commands = lines[next(number for number, line in enumerate(lines) if line.startswith("saved in ")) :]
    assert max(map(len, set(lines) - set(commands))) <= width


def test_a_terminal_without_colours(tmp_path: Path, digits_csv: Path) -> None:
    options = ("--train", digits_csv, "--epochs", 2, "--run", tmp_path / "r")
    with _terminal("train", "plain-128", *options, NO_COLOR="1") as terminal:
        assert terminal.read_to_the_end() == 0
    assert not COLOUR.search(terminal.text)
    assert screen_of(terminal.text, 24).text.startswith("╭─")


def test_a_dumb_terminal_gets_lines(tmp_path: Path, digits_csv: Path) -> None:
    options = ("--train", digits_csv, "--epochs", 2, "--run", tmp_path / "r")
    with _terminal("train", "plain-128", *options, TERM="dumb") as terminal:
        assert terminal.read_to_the_end() == 0
    assert "\x1b" not in terminal.text
    assert terminal.text.startswith("reading ")
    assert re.search(r"^ +2/2 ", terminal.text, re.MULTILINE)


def test_ctrl_c_gives_the_cursor_back_and_says_so(tmp_path: Path, digits_csv: Path) -> None:
    run = tmp_path / "r"
    options = ("--train", digits_csv, "--epochs", 1_000_000, "--run", run)
    with _terminal("train", "six-steps", *options) as terminal:
        terminal.read_until(r" \d+/1000000 +\d")
        assert run.exists()
        assert terminal.text.rfind(HIDE) > terminal.text.rfind(SHOW)
        terminal.process.send_signal(signal.SIGINT)
        assert terminal.read_to_the_end() == 130
    screen = screen_of(terminal.text, 24)
    assert screen.cursor_shown
    assert re.search(r"\n\ninterrupted; go on with: chalknet resume \S+\Z", screen.text.replace("resume\n", "resume "))
    assert "Traceback" not in screen.text
    assert "━" not in screen.text
    assert re.search(r"^ *1/1000000 ", screen.text, re.MULTILINE)
    assert (run / "latest.safetensors").exists()


def test_a_divergence_is_told_below_the_rows_so_far(tmp_path: Path, digits_csv: Path) -> None:
    options = ("--train", digits_csv, "--set", "optimizer.learning_rate=1e30", "--run", tmp_path / "r")
    with _terminal("train", "six-steps", *options) as terminal:
        assert terminal.read_to_the_end() == 4
    screen = screen_of(terminal.text, 24)
    assert screen.cursor_shown
    assert "━" not in screen.text
    assert re.search(
        r"^error: training diverged: epoch \d+, step \d+, learning rate [\s\S]*\n  hint: ", screen.text, re.MULTILINE
    )


def test_a_fault_in_the_table_leaves_nothing_but_its_message(tmp_path: Path) -> None:
    table = tmp_path / "mine.csv"
    table.write_text("label,pixel0\n1,2\n")
    with _terminal("train", "six-steps", "--train", table, "--run", tmp_path / "r") as terminal:
        assert terminal.read_to_the_end() == 2
    assert "reading " in terminal.text
    assert screen_of(terminal.text, 24).text.startswith("error: ")
    assert screen_of(terminal.text, 24).cursor_shown


def _command(*arguments: object) -> list[str]:
    return [sys.executable, "-m", "scripts.cli", *map(str, arguments)]


def test_a_reader_that_has_seen_enough_ends_the_run_quietly(tmp_path: Path, digits_csv: Path) -> None:
    """As `chalknet train | head -1` does."""
    command = _command("train", "six-steps", "--train", digits_csv, "--epochs", 1_000_000, "--run", tmp_path / "r")
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, cwd=ROOT, env={**os.environ, "PYTHONUNBUFFERED": "1"}
    ) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        assert process.stdout.readline().startswith(b"reading ")
        process.stdout.close()
        assert process.stderr.read() == b""
        assert process.wait(SECONDS) == 141
    left = {path.name for path in (tmp_path / "r").iterdir()} if (tmp_path / "r").exists() else {"latest.safetensors"}
    assert "latest.safetensors" in left  # what was learnt is kept, or there was nothing yet


@pytest.mark.parametrize("command", ["show", "recipes", "schema"])
def test_no_command_minds_a_reader_that_is_gone(command: str) -> None:
    reading, writing = os.pipe()
    os.close(reading)
    arguments = ["plain-128"] if command == "show" else []
    done = subprocess.run(_command(command, *arguments), stdout=writing, stderr=subprocess.PIPE, cwd=ROOT, check=False)
    os.close(writing)
    assert (done.returncode, done.stderr) == (141, b"")


def test_without_any_output_the_run_is_made_all_the_same(tmp_path: Path, digits_csv: Path) -> None:
    command = _command("train", "plain-128", "--train", digits_csv, "--epochs", 2, "--run", tmp_path / "r")
    closed = ["sh", "-c", 'exec "$@" >&-', "sh", *command]
    done = subprocess.run(closed, stderr=subprocess.PIPE, cwd=ROOT, check=False)
    assert (done.returncode, done.stderr) == (0, b"")
    assert sorted(os.listdir(tmp_path / "r")) == [
        "history.csv",
        "job.json",
        "model.safetensors",
        "report.json",
        "spec.json",
    ]


@pytest.mark.parametrize("encoding", ["ascii", "cp1252"])
def test_an_output_without_the_signs_gets_question_marks(encoding: str, tmp_path: Path, digits_csv: Path) -> None:
    options = ("--train", digits_csv, "--validation", 0.2, "--epochs", 2, "--run", tmp_path / "r")
    environment = {**os.environ, "PYTHONIOENCODING": encoding, "PYTHONUTF8": "0"}
    done = subprocess.run(
        _command("train", "plain-128", *options), capture_output=True, cwd=ROOT, check=False, env=environment
    )
    assert (done.returncode, done.stderr) == (0, b"")
    text = done.stdout.decode(encoding)
    assert re.search(r"^ +2/2 .* \?", text, re.MULTILINE)
    assert "X ? X / 255" in text
    assert "hold-out  " in text
