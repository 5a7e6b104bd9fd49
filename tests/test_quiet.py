"""What nobody asked for does not happen: no word to the network, ever, and nothing at all by an import alone."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

ROOT = Path(__file__).resolve().parent.parent
NETWORK_CALLS = "socket,connect,bind,listen,accept,accept4,sendto,sendmsg,sendmmsg"

HEARD = """
import json, sys
heard = []
kinds = ("socket.", "urllib.", "http.")
sys.addaudithook(lambda event, words: heard.append(event) if event.startswith(kinds) else None)
"""
JOB = """
try:
    from scripts.cli import main
    main()
finally:
    print(json.dumps(heard), file=sys.stderr)
"""
NOISE = """
import socket
line = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
line.sendto(b"hello", ("127.0.0.1", 9))
print(json.dumps(heard), file=sys.stderr)
"""
"""A word to this very machine: what a test that hears nothing has to hear."""

IMPORT = """
import json, os, sys
import numpy
events = ("subprocess.", "os.", "shutil.", "tempfile.", "_thread.start_new_thread", "socket.", "ctypes.", "pty.")
harmless = ("os.listdir", "os.scandir")
done = []

def note(event, words):
    if event.startswith(events) and event not in harmless:
        done.append(event)
    if event == "open" and (set(str(words[1] or "r")) & set("wax+") or (words[2] or 0) & (os.O_RDWR | os.O_WRONLY)):
        done.append(f"open {words[0]}")

def threads():
    return len(os.listdir("/proc/self/task")) if sys.platform == "linux" else 0

before = threads()
sys.addaudithook(note)
%s
if threads() > before:
    done.append("a thread more")
print(json.dumps(done))
"""


def _python(code: str, *words: object, folder: Path, trace: Path | None = None) -> str:
    """What a Python in `folder` says last on stderr; with `trace` strace notes there whom it calls."""
    command = [sys.executable, "-c", HEARD + code, *map(str, words)]
    if trace is not None:
        command = ["strace", "-f", "-qq", "-e", f"trace={NETWORK_CALLS}", "-o", str(trace), *command]
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "CHALKNET_CACHE": str(folder / "cache")}
    done = subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return done.stderr.splitlines()[-1]


def _calls(trace: Path) -> list[str]:
    """The system calls that could leave the machine: sockets of the file system cannot."""
    lines = [line for line in trace.read_text().splitlines() if not line.startswith("+++") and "(" in line]
    return [line for line in lines if "AF_UNIX" not in line and "---" not in line]


def _job(folder: Path) -> list[object]:
    """A command that reads, trains, evaluates, saves, predicts and writes."""
    rng = np.random.default_rng(0)
    names = [f"pixel{number}" for number in range(784)]
    for name, header in (("train.csv", ["label", *names]), ("test.csv", names)):
        cells = rng.integers(0, 10, (60, len(header))).tolist()
        (folder / name).write_text("\n".join(",".join(map(str, row)) for row in (header, *cells)) + "\n")
    words = ["train", "plain-128", "--train", "train.csv", "--epochs", 1, "--validation", 0.2, "--run", "run"]
    return [*words, "--save-every", 1, "--predict", "test.csv", "--out", "submission.csv"]


def test_a_whole_job_opens_no_socket(tmp_path: Path) -> None:
    assert json.loads(_python(JOB, *_job(tmp_path), folder=tmp_path)) == []
    assert (tmp_path / "submission.csv").exists()


def test_a_word_to_the_network_is_heard(tmp_path: Path) -> None:
    assert "socket.sendto" in json.loads(_python(NOISE, folder=tmp_path))


@pytest.mark.skipif(shutil.which("strace") is None, reason="there is no strace to look at the system's own calls")
class TestSystemCalls:
    """What no Python hook sees: what the libraries do in C."""

    def test_a_whole_job_makes_no_call_to_the_network(self, tmp_path: Path) -> None:
        trace = tmp_path / "trace"
        _python(JOB, *_job(tmp_path), folder=tmp_path, trace=trace)
        assert _calls(trace) == []
        assert (tmp_path / "submission.csv").exists()

    def test_a_call_to_the_network_is_seen(self, tmp_path: Path) -> None:
        trace = tmp_path / "trace"
        _python(NOISE, folder=tmp_path, trace=trace)
        assert [line.split("(")[0].split()[-1] for line in _calls(trace)] == ["socket", "sendto"]


def _done_by(statement: str, folder: Path) -> list[str]:
    """What a Python does beside reading while it executes `statement`. Without -B it would keep bytecode."""
    command = [sys.executable, "-B", "-c", IMPORT % statement]
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    done = subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, check=True)
    events: list[str] = json.loads(done.stdout)
    return events


def test_an_import_starts_no_thread_or_process_and_writes_nothing(tmp_path: Path) -> None:
    assert _done_by("import framework", tmp_path) == []
    assert list(tmp_path.iterdir()) == []


@pytest.mark.skipif(sys.platform != "linux", reason="threads are counted in /proc")
@pytest.mark.parametrize(
    ("statement", "event"),
    [
        ("open('x', 'w')", "open x"),
        ("os.mkdir('x')", "os.mkdir"),
        ("import subprocess; subprocess.run(['true'])", "subprocess.Popen"),
        (
            "import threading, time; threading.Thread(target=time.sleep, args=(9,), daemon=True).start()",
            "a thread more",
        ),
    ],
)
def test_what_an_import_must_not_do_is_noticed(statement: str, event: str, tmp_path: Path) -> None:
    assert event in _done_by(statement, tmp_path)
