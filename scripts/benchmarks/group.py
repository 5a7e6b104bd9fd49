"""A process and its children as one: a group of its own, which is stopped, goes on and is ended together."""

import os
import signal
import subprocess
import sys
from contextlib import suppress
from typing import IO, Literal, TypeAlias

AnyProcess: TypeAlias = "subprocess.Popen[str] | subprocess.Popen[bytes]"


def send(process: AnyProcess, name: Literal["SIGSTOP", "SIGCONT", "SIGKILL"]) -> None:
    """A signal to all of the group that `process` was started with, where the system has such a thing."""
    if sys.platform != "win32":
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.Signals[name])


def end(process: AnyProcess) -> None:
    """At once."""
    send(process, "SIGKILL")
    process.kill()
    process.wait()


def last_line(errors: IO[str]) -> str:
    """What it said last on stderr, for a message."""
    errors.seek(0)
    lines = errors.read().strip().splitlines()
    return lines[-1] if lines else "it did not say why"
