"""System calls made to fail, or to be the last thing that a process does: strace at work on children of the nursery."""

import contextlib
import signal
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from errno import EACCES, EIO, ENOSPC, EROFS
from pathlib import Path

from framework.saving.lock import NAME
from tests.crash.nursery import Nursery

CALLS = {
    "openat": "openat",
    "write": "write",
    "read": "read",
    "fsync": "fsync",
    "close": "close",
    "rename": "/^rename(at2?)?$",
    "unlink": "/^unlink(at)?$",
}
"""What Python's open, write, os.fsync, os.replace and Path.unlink become, on one processor or another."""
TRACED = "trace=/^(openat|write|read|fsync|close|rename(at2?)?|unlink(at)?)$"
FAULTS = (ENOSPC, EIO, EROFS, EACCES)
KILLED = -signal.SIGKILL
ENVIRONMENT = 3


@dataclass(frozen=True)
class Outcome:
    """How a process ended: its code, what it said, and the calls that it made, those that were made to fail marked."""

    code: int
    errors: str
    calls: tuple[str, ...]

    def count(self, call: str) -> int:
        return sum(line.startswith(call) for line in self.calls)

    @property
    def failed(self) -> list[str]:
        return [line for line in self.calls if line.endswith("(INJECTED)")]

    @property
    def renamed(self) -> int:
        return sum(line.startswith("rename") and line.endswith(" = 0") for line in self.calls)


class Trials:
    """Actions of the nursery, each with one fault, said as strace wants it."""

    def __init__(self, nursery: Nursery, place: Path) -> None:
        self.nursery = nursery
        self.errors, self.log = place / "errors", place / "log"

    def __call__(self, action: str, *faults: str, **arguments: object) -> Outcome:
        self.errors.unlink(missing_ok=True)
        pid = self.nursery.start(action, self.errors, **arguments)
        with traced(pid, self.log, TRACED, *(f"inject={fault}" for fault in faults)):
            self.nursery.go(pid)
            code = self.nursery.end(pid)
        lines = (line.split(maxsplit=1)[1] for line in self.log.read_text().splitlines())
        return Outcome(code, self.errors.read_text(), tuple(line for line in lines if line[0] not in "-+"))

    def killed(self, action: str, call: str, number: int, **arguments: object) -> bool:
        """Whether there is such a call; it is not made, as its process was killed first."""
        done = self(action, f"{CALLS[call]}:signal=KILL:when={number}", **arguments)
        assert done.code == (KILLED if done.count(call) == number else 0)
        return done.code == KILLED


@contextlib.contextmanager
def traced(pid: int, log: Path, *expressions: str) -> Iterator[None]:
    """Inside, strace watches the process, with these values of its option -e, and writes to `log`."""
    command = ["strace", "-f", "-y", "-o", str(log), "-p", str(pid)]
    tracer = subprocess.Popen(
        [*command, *(word for expression in expressions for word in ("-e", expression))],
        stderr=subprocess.PIPE,
        text=True,
    )
    assert tracer.stderr is not None
    first = tracer.stderr.readline()
    assert "attached" in first, f"strace: {first}"
    try:
        yield
    finally:
        said = tracer.communicate()[1]
        assert "invalid" not in said.lower(), said


def is_tidying(line: str) -> bool:
    """Whether it is one whose failure costs nothing: the state is saved, or its end is known already."""
    return line.startswith("unlink") or f"/{NAME}>" in line
